// SPDX-License-Identifier: Apache-2.0
// Collection: updates and deletes.
#include <utility>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "query/globals.h"
#include "query/mutation.h"
#include "query/update/update.h"
#include "query/updater.h"

namespace cairn {
namespace {

class DeleteMutation final : public Mutation {
 public:
  Status Apply(store::WriteTransaction& transaction, std::string_view suffix, bson::View before,
               const match::MatchDetails&, bool* changed) const override {
    *changed = true;
    return transaction.Delete(suffix, before);
  }
};

Result<UpdateResult> RunUpdate(Engine* engine, const Collection& collection, bson::View filter,
                               const Result<update::Update>& update, bool multi,
                               const UpdateOptions& options, const expression::Globals& globals) {
  CAIRN_TRY(update.status());
  CAIRN_TRY_ASSIGN(const match::Matcher matcher, match::Matcher::Parse(filter, globals));
  CAIRN_TRY_ASSIGN(UpdateResult result,
                   Updater(engine, collection, &matcher, &*update)
                       .Run(SelectionOf(options, globals, multi), options.upsert, {}));
  CAIRN_TRY(engine->Settle(options, result.commit));
  return result;
}

Result<DeleteResult> RunDelete(Engine* engine, const Collection& collection, bson::View filter,
                               bool multi, const DeleteOptions& options) {
  const OperationDeadline deadline(engine->environment().clock, options.max_time_ms);
  const store::CollectionPtr target =
      engine->store().FindCollection(collection.database(), collection.name());
  CAIRN_TRY_ASSIGN(const auto globals, GlobalsOf(options, target.get()));
  CAIRN_TRY_ASSIGN(const match::Matcher matcher, match::Matcher::Parse(filter, globals));
  const DeleteMutation mutation;
  CAIRN_TRY_ASSIGN(const MutationCounts counts, Mutator(engine, &matcher, &mutation)
                                                    .Run(target, {multi, bson::View(), options.hint,
                                                                  options.max_time_ms, &globals}));
  CAIRN_TRY(engine->Settle(options, counts.commit));
  return DeleteResult{counts.changed, counts.commit};
}

}  // namespace

Result<UpdateResult> Collection::UpdateOne(bson::View filter, bson::View update,
                                           const UpdateOptions& options) {
  const OperationDeadline deadline(engine_->environment().clock, options.max_time_ms);
  CAIRN_TRY_ASSIGN(const auto globals,
                   GlobalsOf(options, engine_->store().FindCollection(database_, name_).get()));
  return RunUpdate(engine_, *this, filter, ParseUpdate(update, options, globals), false, options,
                   globals);
}

Result<UpdateResult> Collection::UpdateMany(bson::View filter, bson::View update,
                                            const UpdateOptions& options) {
  const OperationDeadline deadline(engine_->environment().clock, options.max_time_ms);
  CAIRN_TRY_ASSIGN(const auto globals,
                   GlobalsOf(options, engine_->store().FindCollection(database_, name_).get()));
  return RunUpdate(engine_, *this, filter, ParseUpdate(update, options, globals), true, options,
                   globals);
}

Result<UpdateResult> Collection::ReplaceOne(bson::View filter, bson::View replacement,
                                            const UpdateOptions& options) {
  const OperationDeadline deadline(engine_->environment().clock, options.max_time_ms);
  CAIRN_TRY_ASSIGN(const auto globals,
                   GlobalsOf(options, engine_->store().FindCollection(database_, name_).get()));
  return RunUpdate(engine_, *this, filter, ParseReplacement(replacement, options), false, options,
                   globals);
}

Result<DeleteResult> Collection::DeleteOne(bson::View filter, const DeleteOptions& options) {
  return RunDelete(engine_, *this, filter, false, options);
}

Result<DeleteResult> Collection::DeleteMany(bson::View filter, const DeleteOptions& options) {
  return RunDelete(engine_, *this, filter, true, options);
}

}  // namespace cairn
