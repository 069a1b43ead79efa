// SPDX-License-Identifier: Apache-2.0
// Updates and deletes of matching documents: candidates are found on snapshots, and each is read
// again, asked again and changed within a transaction. No document is changed twice by one run,
// also when the change moves it in the index that the run walks. Thread safety: a Mutator belongs
// to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/options.h"
#include "cairn/status.h"
#include "query/engine.h"
#include "query/exec/execution.h"
#include "query/match/matcher.h"

namespace cairn {

/// What is done to a matching document.
class Mutation {
 public:
  virtual ~Mutation() = default;
  /// Whether Apply looks at `details`.
  virtual bool NeedsDetails() const { return false; }
  /// `details`: how the document matched. `*changed`: whether something was written. May run more
  /// than once for one document; the last run counts.
  virtual Status Apply(store::WriteTransaction& transaction, std::string_view suffix,
                       bson::View before, const match::MatchDetails& details,
                       bool* changed) const = 0;
};

struct MutationCounts {
  int64_t matched = 0;
  int64_t changed = 0;
  CommitNumber commit = 0;  ///< The last one; 0 when nothing matched.
};

/// Which matches are meant, and how they are found. Borrows all.
struct Selection {
  bool multi = false;  ///< All, or the first.
  bson::View sort;     ///< Of the first; {}: any.
  bson::Value hint;
  int64_t max_time_ms = 0;
  const expression::Globals* globals = nullptr;  ///< Of the filter.
  bool bypass_validation = false;
};

class Mutator {
 public:
  /// Borrows all.
  Mutator(Engine* engine, const match::Matcher* filter, const Mutation* mutation)
      : engine_(engine), filter_(filter), mutation_(mutation) {}

  /// Applies the mutation to the first match, or to all. `collection` may be null. After an error,
  /// what was changed before stays.
  Result<MutationCounts> Run(const store::CollectionPtr& collection, const Selection& selection);

 private:
  Result<std::unique_ptr<exec::Execution>> Search(const store::CollectionPtr& collection,
                                                  const Selection& selection) const;
  Status RunOverScan(const store::CollectionPtr& collection, const Selection& selection);
  Status RunOnFirstInOrder(const store::CollectionPtr& collection, const Selection& selection);
  /// Whether `status` of a search means that the collection is gone, and with it all matches.
  bool IsDropped(const store::CollectionPtr& collection, const Status& status) const;
  /// Changes those of `suffixes` that still match.
  Status Process(const store::CollectionPtr& collection, std::span<const std::string> suffixes);
  /// One commit; sets `*done` to how many were looked at.
  Status ProcessOnce(const store::CollectionPtr& collection, std::span<const std::string> suffixes,
                     size_t* done);

  Engine* const engine_;
  const match::Matcher* const filter_;
  const Mutation* const mutation_;
  MutationCounts counts_;
  bool dropped_ = false;  // The collection is gone: there are no more matches.
};

}  // namespace cairn
