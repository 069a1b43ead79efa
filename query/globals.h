// SPDX-License-Identifier: Apache-2.0
// What the options of an operation fix for all its expressions. Any thread.
#pragma once

#include "engine/base/deadline.h"
#include "engine/base/try.h"
#include "engine/catalog/collection.h"
#include "engine/collation/collator.h"
#include "query/expression/scope.h"

namespace cairn {

/// The collator of an operation: of the option `collation`, or, when that is {}, of the collection,
/// which may be null. Errors: as collation::Collator::Parse.
inline Result<std::shared_ptr<const collation::Collator>> CollatorOf(
    bson::View collation, const catalog::Collection* collection) {
  if (!collation.empty()) return collation::Collator::Parse(collation);
  if (collection == nullptr) return std::shared_ptr<const collation::Collator>();
  return collection->collator;
}

/// The deadline of a whole operation, its parsing included, which evaluates what is constant.
/// Runs while it lives.
class OperationDeadline {
 public:
  OperationDeadline(base::Clock* clock, int64_t max_time_ms, std::stop_token stop = {},
                    base::Turn* turn = nullptr)
      : deadline_(clock, max_time_ms, std::move(stop), turn), running_(&deadline_) {}

  const base::Deadline& deadline() const { return deadline_; }

 private:
  base::Deadline deadline_;
  const base::Deadline::Running running_;
};

/// `options` is any of FindOptions, UpdateOptions and DeleteOptions. Errors: as CollatorOf and
/// Globals::AddLet.
template <typename Options>
Result<expression::Globals> GlobalsOf(const Options& options,
                                      const catalog::Collection* collection) {
  expression::Globals globals;
  CAIRN_TRY_ASSIGN(globals.collator, CollatorOf(options.collation, collection));
  CAIRN_TRY(globals.AddLet(options.let));
  return globals;
}

}  // namespace cairn
