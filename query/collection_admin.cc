// SPDX-License-Identifier: Apache-2.0
// Collection: what concerns it as a whole.
#include <utility>
#include <vector>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "engine/catalog/names.h"
#include "query/engine.h"
#include "query/listing.h"

namespace cairn {
namespace {

Status NoSuchCollection(const std::string& database, const std::string& name) {
  return Status(ErrorCode::kNamespaceNotFound,
                "Collection [" + database + "." + name + "] not found.");
}

// What is kept of `create_options`.
Result<bson::Document> CollectionOptions(bson::View create_options) {
  bson::Builder options;
  for (const bson::Element& option : create_options) {
    if (option.name != "collation" || option.value.type() != bson::Type::kDocument) {
      return Status(ErrorCode::kInvalidOptions,
                    "the collection option '" + std::string(option.name) + "' is not supported");
    }
    CAIRN_TRY_ASSIGN(const auto collator, collation::Collator::Parse(option.value.AsView()));
    if (collator != nullptr) options.AppendDocument(option.name, collator->spec());
  }
  return options.Finish();
}

}  // namespace

Result<CommitNumber> Collection::Create(bson::View create_options) {
  CAIRN_TRY(catalog::CheckWritableCollectionName(database_, name_));
  CAIRN_TRY_ASSIGN(const bson::Document wanted, CollectionOptions(create_options));
  CommitNumber commit = 0;
  const Result<catalog::CollectionPtr> created =
      engine_->store().CreateCollection(database_, name_, catalog::Layout::kById, wanted, &commit);
  if (created.ok()) return commit;
  if (created.status().code() == ErrorCode::kNamespaceExists) {
    const catalog::CollectionPtr existing = engine_->store().FindCollection(database_, name_);
    if (existing != nullptr && existing->options.bytes() == wanted.bytes()) return CommitNumber{0};
  }
  return created.status();
}

Result<bool> Collection::Drop(CommitNumber* commit) {
  CAIRN_TRY_ASSIGN(const store::DdlOutcome dropped,
                   engine_->store().DropCollection(database_, name_));
  if (commit != nullptr) *commit = dropped.commit;
  return dropped.existed;
}

Result<CollectionInfo> Collection::Info() const {
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  if (collection == nullptr) return NoSuchCollection(database_, name_);
  return DescribeCollection(engine_->store(), *collection);
}

Result<ValidateResult> Collection::Validate() const {
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  if (collection == nullptr) return NoSuchCollection(database_, name_);
  CAIRN_TRY_ASSIGN(store::ValidateOutcome outcome, engine_->store().Validate(*collection));
  ValidateResult result;
  result.valid = outcome.valid;
  result.documents = outcome.documents;
  result.counted_documents = outcome.counted_documents;
  result.index_keys = std::move(outcome.index_keys);
  result.errors = std::move(outcome.errors);
  return result;
}

}  // namespace cairn
