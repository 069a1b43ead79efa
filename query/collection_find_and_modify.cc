// SPDX-License-Identifier: Apache-2.0
// Collection: changing one document and giving it back.
#include <optional>
#include <utility>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "query/globals.h"
#include "query/mutation.h"
#include "query/project/projection.h"
#include "query/updater.h"

namespace cairn {
namespace {

// What is given back of a document.
Result<bson::Document> Project(const project::Projection& projection, bson::View document,
                               const match::MatchDetails& details) {
  if (projection.IsIdentity()) return bson::Document(document);
  bson::Builder builder;
  CAIRN_TRY(projection.Apply(document, &builder, details));
  return builder.Finish();
}

class FindOneAndDeleteMutation final : public Mutation {
 public:
  FindOneAndDeleteMutation(const project::Projection* projection,
                           std::optional<bson::Document>* deleted)
      : projection_(projection), deleted_(deleted) {}

  bool NeedsDetails() const override { return true; }
  Status Apply(store::WriteTransaction& transaction, std::string_view suffix, bson::View before,
               const match::MatchDetails& details, bool* changed) const override {
    CAIRN_TRY_ASSIGN(*deleted_, Project(*projection_, before, details));
    *changed = true;
    return transaction.Delete(suffix, before);
  }

 private:
  const project::Projection* const projection_;
  std::optional<bson::Document>* const deleted_;
};

Result<FindOneAndResult> Run(Engine* engine, const Collection& collection, bson::View filter,
                             const Result<update::Update>& update,
                             const FindOneAndUpdateOptions& options,
                             const expression::Globals& globals) {
  CAIRN_TRY(update.status());
  CAIRN_TRY_ASSIGN(const match::Matcher matcher, match::Matcher::Parse(filter, globals));
  CAIRN_TRY_ASSIGN(const auto projection, project::Projection::Parse(options.projection, globals));
  FindOneAndResult result;
  const auto witness = [&](const bson::View* before, bson::View after,
                           const match::MatchDetails& details) {
    result.document.reset();
    if (before == nullptr && !options.return_updated) return Status::Ok();
    CAIRN_TRY_ASSIGN(result.document,
                     Project(projection, options.return_updated ? after : *before, details));
    return Status::Ok();
  };
  CAIRN_TRY_ASSIGN(UpdateResult updated,
                   Updater(engine, collection, &matcher, &*update)
                       .Run(SelectionOf(options, globals, false), options.upsert, witness));
  result.found = updated.matched != 0;
  result.upserted_id = std::move(updated.upserted_id);
  result.commit = updated.commit;
  if (!result.found && result.upserted_id.missing()) result.document.reset();
  CAIRN_TRY(engine->Settle(options, result.commit));
  return result;
}

}  // namespace

Result<FindOneAndResult> Collection::FindOneAndUpdate(bson::View filter, bson::View update,
                                                      const FindOneAndUpdateOptions& options) {
  const OperationDeadline deadline(engine_->environment().clock, options.max_time_ms);
  CAIRN_TRY_ASSIGN(const auto globals,
                   GlobalsOf(options, engine_->store().FindCollection(database_, name_).get()));
  return Run(engine_, *this, filter, ParseUpdate(update, options, globals), options, globals);
}

Result<FindOneAndResult> Collection::FindOneAndReplace(bson::View filter, bson::View replacement,
                                                       const FindOneAndUpdateOptions& options) {
  const OperationDeadline deadline(engine_->environment().clock, options.max_time_ms);
  CAIRN_TRY_ASSIGN(const auto globals,
                   GlobalsOf(options, engine_->store().FindCollection(database_, name_).get()));
  return Run(engine_, *this, filter, ParseReplacement(replacement, options), options, globals);
}

Result<FindOneAndResult> Collection::FindOneAndDelete(bson::View filter,
                                                      const FindOneAndDeleteOptions& options) {
  const OperationDeadline deadline(engine_->environment().clock, options.max_time_ms);
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  CAIRN_TRY_ASSIGN(const auto globals, GlobalsOf(options, collection.get()));
  CAIRN_TRY_ASSIGN(const match::Matcher matcher, match::Matcher::Parse(filter, globals));
  CAIRN_TRY_ASSIGN(const auto projection, project::Projection::Parse(options.projection, globals));
  FindOneAndResult result;
  const FindOneAndDeleteMutation mutation(&projection, &result.document);
  CAIRN_TRY_ASSIGN(
      const MutationCounts counts,
      Mutator(engine_, &matcher, &mutation)
          .Run(collection, {false, options.sort, options.hint, options.max_time_ms, &globals}));
  result.found = counts.matched != 0;
  result.commit = counts.commit;
  if (!result.found) result.document.reset();
  CAIRN_TRY(engine_->Settle(options, result.commit));
  return result;
}

}  // namespace cairn
