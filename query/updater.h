// SPDX-License-Identifier: Apache-2.0
// One update command on one collection: matching documents are changed, or one is inserted.
// Thread safety: belongs to one thread.
#pragma once

#include "cairn/collection.h"
#include "query/engine.h"
#include "query/match/matcher.h"
#include "query/mutation.h"
#include "query/update/update.h"

namespace cairn {

/// The document that an update was about, where someone asks for it.
struct Images {
  bson::Document before;  ///< {} when it was inserted.
  bson::Document after;
  match::MatchDetails details;  ///< How `before` matched.
};

class Updater {
 public:
  /// Borrows all.
  Updater(Engine* engine, const Collection& collection, const match::Matcher* filter,
          const update::Update* update)
      : engine_(engine), collection_(collection), filter_(filter), update_(update) {}

  /// `images` may be null; it is only for single updates. Upserts that lose to another insert are
  /// tried again.
  Result<UpdateResult> Run(const Selection& selection, bool upsert, Images* images);

 private:
  Status Insert(UpdateResult* result, Images* images);

  Engine* const engine_;
  const Collection& collection_;
  const match::Matcher* const filter_;
  const update::Update* const update_;
};

/// The selection that `options` describe; borrows from them.
Selection SelectionOf(const UpdateOptions& options, bool multi);

}  // namespace cairn
