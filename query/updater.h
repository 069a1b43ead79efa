// SPDX-License-Identifier: Apache-2.0
// One update command on one collection: matching documents are changed, or one is inserted.
// Thread safety: belongs to one thread.
#pragma once

#include <functional>

#include "cairn/collection.h"
#include "query/engine.h"
#include "query/match/matcher.h"
#include "query/mutation.h"
#include "query/update/update.h"

namespace cairn {

/// Looks at the document that an update is about, before it is written; its error keeps the
/// document as it is. `before` is null for an insert; `details` tells how it matched. May be called
/// more than once: the last call counts.
using Witness = std::function<Status(const bson::View* before, bson::View after,
                                     const match::MatchDetails& details)>;

class Updater {
 public:
  /// Borrows all.
  Updater(Engine* engine, const Collection& collection, const match::Matcher* filter,
          const update::Update* update)
      : engine_(engine), collection_(collection), filter_(filter), update_(update) {}

  /// `witness` may be empty. Upserts that lose to another insert are tried again.
  Result<UpdateResult> Run(const Selection& selection, bool upsert, const Witness& witness);

 private:
  Status Insert(UpdateResult* result, const Witness& witness);

  Engine* const engine_;
  const Collection& collection_;
  const match::Matcher* const filter_;
  const update::Update* const update_;
  Validators* validators_ = nullptr;  // Null: they are bypassed.
};

/// The update that `options` say `update` to be: operators or a pipeline. Error FailedToParse for a
/// pipeline with array filters.
Result<update::Update> ParseUpdate(bson::View update, const UpdateOptions& options,
                                   const expression::Globals& globals);
/// Error FailedToParse for array filters.
Result<update::Update> ParseReplacement(bson::View replacement, const UpdateOptions& options);

/// The selection that `options` describe; borrows from both.
Selection SelectionOf(const UpdateOptions& options, const expression::Globals& globals, bool multi);

}  // namespace cairn
