// SPDX-License-Identifier: Apache-2.0
// Collection: changing one document and giving it back.
#include <utility>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "query/mutation.h"
#include "query/project/projection.h"
#include "query/updater.h"

namespace cairn {
namespace {

class FindOneAndDeleteMutation final : public Mutation {
 public:
  explicit FindOneAndDeleteMutation(Images* images) : images_(images) {}

  bool NeedsDetails() const override { return true; }
  Status Apply(store::WriteTransaction& transaction, std::string_view suffix, bson::View before,
               const match::MatchDetails& details, bool* changed) const override {
    *changed = true;
    images_->before = bson::Document(before);
    images_->details = details;
    return transaction.Delete(suffix, before);
  }

 private:
  Images* const images_;
};

bson::Document Project(const project::Projection& projection, bson::Document document) {
  if (projection.IsIdentity()) return document;
  bson::Builder builder;
  projection.Apply(document, &builder);
  return builder.Finish();
}

Result<FindOneAndResult> Run(Engine* engine, const Collection& collection, bson::View filter,
                             const Result<update::Update>& update,
                             const FindOneAndUpdateOptions& options) {
  CAIRN_TRY(update.status());
  CAIRN_TRY_ASSIGN(const match::Matcher matcher, match::Matcher::Parse(filter));
  CAIRN_TRY_ASSIGN(const auto projection, project::Projection::Parse(options.projection));
  Images images;
  CAIRN_TRY_ASSIGN(UpdateResult updated,
                   Updater(engine, collection, &matcher, &*update)
                       .Run(SelectionOf(options, false), options.upsert, &images));
  FindOneAndResult result;
  result.found = updated.matched != 0;
  result.upserted_id = std::move(updated.upserted_id);
  result.commit = updated.commit;
  if (options.return_updated && (result.found || !result.upserted_id.missing())) {
    result.document = Project(projection, std::move(images.after));
  } else if (result.found) {
    result.document = Project(projection, std::move(images.before));
  }
  CAIRN_TRY(engine->Settle(options, result.commit));
  return result;
}

}  // namespace

Result<FindOneAndResult> Collection::FindOneAndUpdate(bson::View filter, bson::View update,
                                                      const FindOneAndUpdateOptions& options) {
  return Run(engine_, *this, filter, update::Update::ParseOperators(update, options.array_filters),
             options);
}

Result<FindOneAndResult> Collection::FindOneAndReplace(bson::View filter, bson::View replacement,
                                                       const FindOneAndUpdateOptions& options) {
  if (!options.array_filters.empty()) {
    return Status(ErrorCode::kFailedToParse, "a replacement cannot have array filters");
  }
  return Run(engine_, *this, filter, update::Update::ParseReplacement(replacement), options);
}

Result<FindOneAndResult> Collection::FindOneAndDelete(bson::View filter,
                                                      const FindOneAndDeleteOptions& options) {
  CAIRN_TRY_ASSIGN(const match::Matcher matcher, match::Matcher::Parse(filter));
  CAIRN_TRY_ASSIGN(const auto projection, project::Projection::Parse(options.projection));
  Images images;
  const FindOneAndDeleteMutation mutation(&images);
  CAIRN_TRY_ASSIGN(const MutationCounts counts,
                   Mutator(engine_, &matcher, &mutation)
                       .Run(engine_->store().FindCollection(database_, name_),
                            {false, options.sort, options.hint, options.max_time_ms}));
  FindOneAndResult result;
  result.found = counts.matched != 0;
  result.commit = counts.commit;
  if (result.found) result.document = Project(projection, std::move(images.before));
  CAIRN_TRY(engine_->Settle(options, result.commit));
  return result;
}

}  // namespace cairn
