// SPDX-License-Identifier: Apache-2.0
// createIndexes: what is asked for is checked first, then built; see index_build.h.
#include <mutex>
#include <utility>

#include "engine/base/try.h"
#include "engine/index/definition.h"
#include "engine/store/index_build.h"
#include "engine/store/store_impl.h"

namespace cairn::store {
namespace {

// The wanted indexes but the one on _id, which exists.
Result<std::vector<catalog::IndexSpec>> MakeSpecs(const std::vector<IndexDefinition>& indexes) {
  std::vector<catalog::IndexSpec> specs;
  for (const IndexDefinition& definition : indexes) {
    CAIRN_TRY_ASSIGN(catalog::IndexSpec spec,
                     index::MakeSpec(definition.name, definition.key_pattern, definition.unique,
                                     definition.options));
    if (spec.name == catalog::kIdIndexName) continue;
    CAIRN_TRY_ASSIGN(const bool twice, index::FindExisting(spec, specs));
    if (twice) {
      return Status(ErrorCode::kIndexAlreadyExists, "Identical index already exists: " + spec.name);
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace

Result<CreateIndexesOutcome> StoreImpl::CreateIndexes(std::string_view database,
                                                      std::string_view name,
                                                      const std::vector<IndexDefinition>& indexes) {
  if (indexes.empty()) {
    return Status(ErrorCode::kBadValue, "Must specify at least one index to create");
  }
  CAIRN_TRY_ASSIGN(const std::vector<catalog::IndexSpec> specs, MakeSpecs(indexes));
  CreateIndexesOutcome outcome;
  for (;;) {
    CollectionPtr collection = catalog_.Find(database, name);
    if (collection == nullptr) {
      Result<CollectionPtr> created =
          CreateCollection(database, name, catalog::Layout::kById, bson::Document(), nullptr);
      if (created.status().code() == ErrorCode::kNamespaceExists) continue;
      CAIRN_TRY_ASSIGN(collection, std::move(created));
      outcome.created_collection = true;
    }
    const std::shared_ptr<CollectionState> state = StateOf(*collection);
    if (state == nullptr) continue;  // Dropped meanwhile.
    const std::lock_guard building(state->build_mutex);
    const Status status = IndexBuild(this, state.get()).Run(specs, &outcome);
    if (status.code() == ErrorCode::kNamespaceNotFound) continue;
    CAIRN_TRY(status);
    return outcome;
  }
}

}  // namespace cairn::store
