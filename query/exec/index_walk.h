// SPDX-License-Identifier: Apache-2.0
// Walks the entries of one index whose columns all lie in their bounds; jumps over the others.
// Thread safety: belongs to its Execution.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "query/exec/entry_source.h"
#include "query/exec/read_context.h"
#include "query/plan/plan.h"

namespace cairn::exec {

class IndexWalk final : public EntrySource {
 public:
  /// Borrows both.
  IndexWalk(ReadContext* context, const plan::IndexScan* plan);

  /// Errors: TrialOver, MaxTimeMSExpired, QueryPlanKilled when the index is gone.
  Result<bool> Next() override;
  void Pause() override;
  void AppendOrder(std::string* out) const override;
  bool Repeats() const override { return multikey_; }
  void SkipColumns(int columns) override;

 private:
  enum class Place { kInside, kElsewhere, kBehind };

  Status Open();
  key::Range WholeRange() const;
  key::Range RangeOfBounds() const;
  /// Where the current key lies; jumps ahead when it is elsewhere.
  Place Examine();
  Place LeaveColumn(size_t column, size_t begin, std::string_view value);
  /// No entry that begins with the first `prefix_bytes` of the current fields is left.
  Place LeavePrefix(size_t column, size_t prefix_bytes);
  void Jump(std::string target);
  /// The encoding of a column within the current fields.
  std::string_view ColumnBytes(int column) const;

  ReadContext* const context_;
  const plan::IndexScan* const plan_;
  std::vector<plan::Intervals> bounds_;
  key::Range part_;
  std::unique_ptr<store::IndexScan> scan_;
  std::string resume_key_;  // Where to go on: the current entry's key, or the target of a jump.
  bool resumes_ = false;    // resume_key_ is to be left out.
  bool jumped_ = false;     // Nothing was read since a jump to resume_key_.
  bool multikey_;
  bool widened_ = false;  // bounds_ and part_ are those for an index that has become multikey.
};

}  // namespace cairn::exec
