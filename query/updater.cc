// SPDX-License-Identifier: Apache-2.0
// Updates and upserts.
#include "query/updater.h"

#include <utility>
#include <vector>

#include "engine/base/try.h"
#include "query/pipeline_update.h"

namespace cairn {
namespace {

// Upserts that lose to other inserts run again at most so often.
constexpr int kUpsertAttemptsMax = 64;

class UpdateMutation final : public Mutation {
 public:
  /// `validators`: null to bypass them.
  UpdateMutation(const update::Update* update, const Witness* witness, Validators* validators)
      : update_(update), witness_(witness), validators_(validators) {}

  bool NeedsDetails() const override { return *witness_ || update_->NeedsMatchedPosition(); }
  Status Apply(store::WriteTransaction& transaction, std::string_view suffix, bson::View before,
               const match::MatchDetails& details, bool* changed) const override {
    const int64_t position =
        details.array_index.has_value() ? static_cast<int64_t>(*details.array_index) : -1;
    CAIRN_TRY_ASSIGN(const update::Outcome outcome, update_->Apply(before, position));
    if (*witness_) CAIRN_TRY((*witness_)(&before, outcome.document, details));
    if (outcome.modified) {
      if (validators_ != nullptr) {
        CAIRN_TRY(validators_->Check(transaction.collection(), &before, outcome.document));
      }
      CAIRN_TRY(transaction.Update(suffix, before, outcome.document, outcome.diff));
    }
    *changed = outcome.modified;
    return Status::Ok();
  }

 private:
  const update::Update* const update_;
  const Witness* const witness_;
  Validators* const validators_;
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

// Whether `field` of a duplicate key is `value`, or what an index in the collator's order makes of
// it.
bool IsKey(bson::Value value, const collation::Collator* collator, const bson::Element& field) {
  if (bson::Compare(value, field.value) == 0) return true;
  if (collator == nullptr) return false;
  bson::Builder key;
  collation::AppendWithSortKeys(field.name, value, *collator, &key);
  const bson::Document shown = collation::WithKeyTexts(key.Finish());
  return bson::Compare(shown[field.name], field.value) == 0;
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
        found += IsKey(equality->operand(), filter.collator().get(), field) ? 1 : 0;
      }
    }
  }
  return found == equalities.size();
}

}  // namespace

Result<update::Update> ParseUpdate(bson::View update, const UpdateOptions& options,
                                   const expression::Globals& globals) {
  if (!options.pipeline)
    return update::Update::ParseOperators(update, options.array_filters, globals);
  if (!options.array_filters.empty()) {
    return Status(ErrorCode::kFailedToParse,
                  "arrayFilters may not be specified for pipeline-style updates");
  }
  return ParsePipelineUpdate(update, globals);
}

Result<update::Update> ParseReplacement(bson::View replacement, const UpdateOptions& options) {
  if (!options.array_filters.empty()) {
    return Status(ErrorCode::kFailedToParse, "arrayFilters may not be specified for replacements");
  }
  return update::Update::ParseReplacement(replacement);
}

Selection SelectionOf(const UpdateOptions& options, const expression::Globals& globals,
                      bool multi) {
  return {
      multi, options.sort, options.hint, options.max_time_ms, &globals, options.bypass_validation};
}

Result<UpdateResult> Updater::Run(const Selection& selection, bool upsert, const Witness& witness) {
  validators_ = selection.bypass_validation ? nullptr : &engine_->validators();
  const UpdateMutation mutation(update_, &witness, validators_);
  Mutator mutator(engine_, filter_, &mutation);
  for (int attempt = 1;; ++attempt) {
    CAIRN_TRY_ASSIGN(
        const MutationCounts counts,
        mutator.Run(engine_->store().FindCollection(collection_.database(), collection_.name()),
                    selection));
    UpdateResult result;
    result.matched = counts.matched;
    result.modified = counts.changed;
    result.commit = counts.commit;
    if (!upsert || counts.matched != 0) return result;
    Status status = Insert(&result, witness);
    if (status.ok()) return result;
    if (attempt == kUpsertAttemptsMax || !LostToInsert(status, *filter_)) return status;
  }
}

Status Updater::Insert(UpdateResult* result, const Witness& witness) {
  CAIRN_TRY_ASSIGN(const bson::Document made, update_->MakeUpsert(*filter_));
  CAIRN_TRY_ASSIGN(const bson::Document prepared, store::PrepareForInsert(made));
  if (witness) CAIRN_TRY(witness(nullptr, prepared, {}));
  CAIRN_TRY_ASSIGN(
      result->commit,
      engine_->WriteCreating(
          collection_.database(), collection_.name(), [&](store::WriteTransaction& transaction) {
            if (validators_ != nullptr) {
              CAIRN_TRY(validators_->Check(transaction.collection(), nullptr, prepared));
            }
            return transaction.Insert(prepared);
          }));
  result->upserted_id = bson::OwnedValue(prepared["_id"]);
  return Status::Ok();
}

}  // namespace cairn
