// SPDX-License-Identifier: Apache-2.0
// Matching documents of a collection in the order of their keys. Rejected documents are not copied,
// and nothing is allocated for a row. Thread safety: belongs to its Execution.
#pragma once

#include <memory>
#include <string>

#include "engine/key/keyspace.h"
#include "query/exec/read_context.h"
#include "query/exec/source.h"
#include "query/match/matcher.h"

namespace cairn::exec {

class CollectionScan final : public Source {
 public:
  /// Documents with suffixes in `ids`. Borrows `context` and `filter`. `tailable`: forward alone;
  /// after its end and a Pause it goes on with what was added, and fails with CappedPositionLost
  /// when the last document that it saw is gone.
  CollectionScan(ReadContext* context, const match::Matcher* filter, key::Range ids, bool reverse,
                 bool tailable = false)
      : context_(context),
        filter_(filter),
        all_match_(filter->MatchesAll()),
        range_(std::move(ids)),
        reverse_(reverse),
        tailable_(tailable) {}

  Result<bool> Next() override;
  void Pause() override;

 private:
  Status Open();
  Status CheckPosition(kv::Reader* reader) const;

  ReadContext* const context_;
  const match::Matcher* const filter_;
  const bool all_match_;
  key::Range range_;  // What is left: Pause moves its begin, or its end, behind the current row.
  const bool reverse_;
  const bool tailable_;
  std::string seen_;     // Of a tailable scan: the suffix of the last document that it looked at.
  bool at_row_ = false;  // scan_ has a current row.
  std::unique_ptr<store::DocumentScan> scan_;
};

}  // namespace cairn::exec
