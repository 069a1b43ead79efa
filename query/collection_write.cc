// SPDX-License-Identifier: Apache-2.0
// Collection: updates and deletes.
#include <utility>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "query/mutation.h"
#include "query/update/update.h"

namespace cairn {
namespace {

// Upserts that lose to other inserts run again at most so often.
constexpr int kUpsertAttemptsMax = 64;

class UpdateMutation final : public Mutation {
 public:
  explicit UpdateMutation(const update::Update* update) : update_(update) {}
  Status Apply(store::WriteTransaction& transaction, std::string_view suffix, bson::View before,
               bool* changed) const override {
    CAIRN_TRY_ASSIGN(const update::Outcome outcome, update_->Apply(before));
    if (outcome.modified) {
      CAIRN_TRY(transaction.Update(suffix, before, outcome.document, outcome.diff));
    }
    *changed = outcome.modified;
    return Status::Ok();
  }

 private:
  const update::Update* const update_;
};

class DeleteMutation final : public Mutation {
 public:
  Status Apply(store::WriteTransaction& transaction, std::string_view suffix, bson::View before,
               bool* changed) const override {
    *changed = true;
    return transaction.Delete(suffix, before);
  }
};

// Collects the equalities of a filter that is nothing but equalities; false for any other filter.
bool Equalities(const match::Expression& root, std::vector<const match::Comparison*>* equalities) {
  if (root.kind() == match::Kind::kEq) {
    equalities->push_back(static_cast<const match::Comparison*>(&root));
    return true;
  }
  if (root.kind() != match::Kind::kAnd) return false;
  for (const auto& child : root.children()) {
    if (child->kind() != match::Kind::kEq) return false;
    equalities->push_back(static_cast<const match::Comparison*>(child.get()));
  }
  return true;
}

// Whether the document that stands in the way of an upsert is one that its filter asks for: someone
// else has inserted it since the filter was tried, and trying again will find it.
bool LostToInsert(const Status& status, const match::Matcher& filter) {
  if (status.code() != ErrorCode::kDuplicateKey || status.details().empty()) return false;
  const bson::Value key = bson::View(status.details().data())["keyValue"];
  if (key.type() != bson::Type::kDocument) return false;
  std::vector<const match::Comparison*> equalities;
  if (!Equalities(filter.root(), &equalities)) return false;
  size_t found = 0;
  for (const bson::Element& field : key.AsView()) {
    for (const match::Comparison* equality : equalities) {
      if (equality->path().dotted() == field.name) {
        found += bson::Compare(equality->operand(), field.value) == 0 ? 1 : 0;
      }
    }
  }
  return found == equalities.size();
}

class Updater {
 public:
  Updater(Engine* engine, const Collection& collection, const match::Matcher* filter,
          const update::Update* update)
      : engine_(engine), collection_(collection), filter_(filter), update_(update) {}

  Result<UpdateResult> Run(bool multi, bool upsert) {
    const UpdateMutation mutation(update_);
    Mutator mutator(engine_, filter_, &mutation);
    for (int attempt = 1;; ++attempt) {
      CAIRN_TRY_ASSIGN(
          const MutationCounts counts,
          mutator.Run(engine_->store().FindCollection(collection_.database(), collection_.name()),
                      multi));
      UpdateResult result;
      result.matched = counts.matched;
      result.modified = counts.changed;
      result.commit = counts.commit;
      if (!upsert || counts.matched != 0) return result;
      Status status = Insert(&result);
      if (status.ok()) return result;
      if (attempt == kUpsertAttemptsMax || !LostToInsert(status, *filter_)) return status;
    }
  }

 private:
  Status Insert(UpdateResult* result) {
    CAIRN_TRY_ASSIGN(const bson::Document made, update_->MakeUpsert(*filter_));
    CAIRN_TRY_ASSIGN(const bson::Document prepared, store::PrepareForInsert(made));
    CAIRN_TRY_ASSIGN(result->commit,
                     engine_->WriteCreating(collection_.database(), collection_.name(),
                                            [&prepared](store::WriteTransaction& transaction) {
                                              return transaction.Insert(prepared);
                                            }));
    result->upserted_id = bson::OwnedValue(prepared["_id"]);
    return Status::Ok();
  }

  Engine* const engine_;
  const Collection& collection_;
  const match::Matcher* const filter_;
  const update::Update* const update_;
};

Result<UpdateResult> RunUpdate(Engine* engine, const Collection& collection, bson::View filter,
                               const Result<update::Update>& update, bool multi,
                               const UpdateOptions& options) {
  CAIRN_TRY(update.status());
  CAIRN_TRY_ASSIGN(const match::Matcher matcher, match::Matcher::Parse(filter));
  CAIRN_TRY_ASSIGN(UpdateResult result,
                   Updater(engine, collection, &matcher, &*update).Run(multi, options.upsert));
  CAIRN_TRY(engine->Settle(options, result.commit));
  return result;
}

Result<DeleteResult> RunDelete(Engine* engine, const Collection& collection, bson::View filter,
                               bool multi, const WriteOptions& options) {
  CAIRN_TRY_ASSIGN(const match::Matcher matcher, match::Matcher::Parse(filter));
  const DeleteMutation mutation;
  CAIRN_TRY_ASSIGN(
      const MutationCounts counts,
      Mutator(engine, &matcher, &mutation)
          .Run(engine->store().FindCollection(collection.database(), collection.name()), multi));
  CAIRN_TRY(engine->Settle(options, counts.commit));
  return DeleteResult{counts.changed, counts.commit};
}

}  // namespace

Result<UpdateResult> Collection::UpdateOne(bson::View filter, bson::View update,
                                           const UpdateOptions& options) {
  return RunUpdate(engine_, *this, filter, update::Update::ParseOperators(update), false, options);
}

Result<UpdateResult> Collection::UpdateMany(bson::View filter, bson::View update,
                                            const UpdateOptions& options) {
  return RunUpdate(engine_, *this, filter, update::Update::ParseOperators(update), true, options);
}

Result<UpdateResult> Collection::ReplaceOne(bson::View filter, bson::View replacement,
                                            const UpdateOptions& options) {
  return RunUpdate(engine_, *this, filter, update::Update::ParseReplacement(replacement), false,
                   options);
}

Result<DeleteResult> Collection::DeleteOne(bson::View filter, const WriteOptions& options) {
  return RunDelete(engine_, *this, filter, false, options);
}

Result<DeleteResult> Collection::DeleteMany(bson::View filter, const WriteOptions& options) {
  return RunDelete(engine_, *this, filter, true, options);
}

}  // namespace cairn
