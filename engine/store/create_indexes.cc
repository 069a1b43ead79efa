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
Result<std::vector<catalog::IndexSpec>> MakeSpecs(const std::vector<IndexDefinition>& indexes,
                                                  const collation::Collator* collator,
                                                  index::FilterCompiler compiler) {
  std::vector<catalog::IndexSpec> specs;
  for (const IndexDefinition& definition : indexes) {
    bson::Builder options;
    options.AppendAll(definition.options);
    // An index has its collection's collation, unless it is given one.
    if (collator != nullptr && definition.options["collation"].missing() &&
        !index::IsIdPattern(definition.key_pattern)) {
      options.AppendDocument("collation", collator->spec());
    }
    CAIRN_TRY_ASSIGN(catalog::IndexSpec spec,
                     index::MakeSpec(definition.name, definition.key_pattern, definition.unique,
                                     options.Finish(), compiler));
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
  CAIRN_TRY(MakeSpecs(indexes, nullptr, filter_compiler_).status());
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
    CAIRN_TRY_ASSIGN(const std::vector<catalog::IndexSpec> specs,
                     MakeSpecs(indexes, collection->collator.get(), filter_compiler_));
    ResumeBuildsOf(collection);
    const std::lock_guard building(state->build_mutex);
    const Status status = IndexBuild(this, state.get()).Run(specs, &outcome);
    if (status.code() == ErrorCode::kNamespaceNotFound) continue;
    CAIRN_TRY(status);
    return outcome;
  }
}

void StoreImpl::ResumeBuildsOf(const CollectionPtr& collection) {
  const std::shared_ptr<CollectionState> state = StateOf(*collection);
  if (state == nullptr || closing_) return;
  const std::lock_guard building(state->build_mutex);
  const Status status = IndexBuild(this, state.get()).Resume();
  if (status.ok() || closing_) return;
  Log(LogLevel::kWarning, "an interrupted index build of " + collection->Namespace() +
                              " has failed: " + status.ToString());
}

void StoreImpl::ResumeIndexBuilds() {
  if (resume_thread_.joinable() || !kv_->write_state().ok()) return;
  std::vector<CollectionPtr> interrupted;
  for (const CollectionPtr& collection : catalog_.List({})) {
    for (const catalog::IndexSpec& index : collection->indexes) {
      if (index.ready) continue;
      interrupted.push_back(collection);
      break;
    }
  }
  if (interrupted.empty()) return;
  resume_thread_ = std::thread([this, interrupted = std::move(interrupted)] {
    for (const CollectionPtr& collection : interrupted) {
      if (!closing_) ResumeBuildsOf(collection);
    }
  });
}

}  // namespace cairn::store
