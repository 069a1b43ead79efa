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

}  // namespace

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
  CAIRN_TRY(CheckIsCollection(*collection));
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
