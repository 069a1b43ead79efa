// SPDX-License-Identifier: Apache-2.0
// dropIndexes. An index build that is to be dropped is cancelled first.
#include <algorithm>
#include <mutex>
#include <utility>

#include "engine/base/try.h"
#include "engine/kv/retry.h"
#include "engine/store/change_index.h"
#include "engine/store/change_record.h"
#include "engine/store/store_impl.h"

namespace cairn::store {
namespace {

using catalog::IndexSpec;

Status NamespaceGone(std::string_view database, std::string_view name) {
  return Status(ErrorCode::kNamespaceNotFound,
                "ns not found " + std::string(database) + "." + std::string(name));
}

Status IsIdIndex() { return Status(ErrorCode::kInvalidOptions, "cannot drop _id index"); }

bool IsIdKey(bson::View pattern) {
  bson::Builder id;
  id.AppendInt32("_id", 1);
  return bson::Compare(pattern, id.Finish().view()) == 0;
}

// Ids of what is selected. A cancelled build has left nothing: it counts as found. What is not
// ready belongs to a build that the end of an earlier process interrupted.
Result<std::vector<uint32_t>> Resolve(const catalog::Collection& collection,
                                      const IndexSelection& selection,
                                      const CancelledBuild& cancelled) {
  std::vector<uint32_t> ids;
  if (selection.all) {
    for (const IndexSpec& index : collection.indexes) {
      if (index.name != catalog::kIdIndexName) ids.push_back(index.id);
    }
    return ids;
  }
  if (!selection.key_pattern.empty()) {
    if (IsIdKey(selection.key_pattern)) return IsIdIndex();
    const Result<const IndexSpec*> index = FindIndexByKey(collection, selection.key_pattern);
    const bool was_built =
        index.status().code() == ErrorCode::kIndexNotFound && cancelled.Has(selection.key_pattern);
    if (!index.ok() && !was_built) return index.status();
    if (index.ok()) ids.push_back((*index)->id);
  }
  for (const std::string& name : selection.names) {
    if (name == catalog::kIdIndexName) return IsIdIndex();
    const IndexSpec* index = collection.FindIndex(name);
    if (index == nullptr) {
      if (cancelled.Has(name)) continue;
      return IndexNotFound("name [" + name + "]");
    }
    if (std::find(ids.begin(), ids.end(), index->id) != ids.end()) {
      return IndexNotFound("name [" + name + "]");
    }
    ids.push_back(index->id);
  }
  return ids;
}

std::string DropRecord(const catalog::Collection& collection, const std::vector<uint32_t>& ids) {
  bson::Builder out;
  out.OpenArray("indexes");
  for (const IndexSpec& index : collection.indexes) {
    if (!index.ready || std::find(ids.begin(), ids.end(), index.id) == ids.end()) continue;
    out.OpenDocument(out.NextIndex());
    out.AppendInt32("v", 2);
    out.AppendDocument("key", index.key_pattern);
    out.AppendString("name", index.name);
    if (index.unique) out.AppendBool("unique", true);
    out.AppendAll(index.options);
    out.Close();
  }
  out.Close();
  const bson::Document indexes = out.Finish();
  const std::string ns = collection.Namespace();
  std::string record;
  AppendChange({.kind = ChangeKind::kDropIndexes,
                .collection_id = collection.id,
                .ns = ns,
                .indexes = indexes.bytes()},
               &record);
  return record;
}

}  // namespace

CancelledBuild CollectionState::CancelBuild(const IndexSelection& selection) {
  const std::lock_guard lock(progress_mutex);
  if (progress == nullptr) return {};
  const CancelledBuild build{progress->names, progress->key_patterns};
  const auto& names = selection.names;
  const bool wanted = selection.all ||
                      (!selection.key_pattern.empty() && build.Has(selection.key_pattern.view())) ||
                      std::any_of(names.begin(), names.end(), [&](const std::string& name) {
                        return build.Has(std::string_view(name));
                      });
  if (!wanted) return {};
  progress->cancelled = true;
  return build;
}

bool CancelledBuild::Has(std::string_view name) const {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool CancelledBuild::Has(bson::View key_pattern) const {
  return std::any_of(key_patterns.begin(), key_patterns.end(), [&](const bson::Document& each) {
    return bson::Compare(each.view(), key_pattern) == 0;
  });
}

Result<DdlOutcome> StoreImpl::DropIndexes(std::string_view database, std::string_view name,
                                          const IndexSelection& selection) {
  const CollectionPtr collection = catalog_.Find(database, name);
  const std::shared_ptr<CollectionState> state =
      collection == nullptr ? nullptr : StateOf(*collection);
  if (state == nullptr) return NamespaceGone(database, name);
  const CancelledBuild cancelled = state->CancelBuild(selection);
  const std::lock_guard building(state->build_mutex);
  const std::unique_lock latch(state->latch);
  if (state->dropped) return NamespaceGone(database, name);
  catalog::Collection changed = state->writer().collection;
  DdlOutcome outcome;
  outcome.existed = true;
  outcome.indexes_were = static_cast<int>(changed.CountIndexes() - changed.indexes.size());
  for (const IndexSpec& index : changed.indexes) outcome.indexes_were += index.ready ? 1 : 0;
  CAIRN_TRY_ASSIGN(const std::vector<uint32_t> ids, Resolve(changed, selection, cancelled));
  if (ids.empty()) return outcome;
  const std::string record = DropRecord(changed, ids);
  std::vector<IndexSpec> dropped;
  std::erase_if(changed.indexes, [&](const IndexSpec& index) {
    if (std::find(ids.begin(), ids.end(), index.id) == ids.end()) return false;
    dropped.push_back(index);
    return true;
  });
  CAIRN_TRY_ASSIGN(outcome.commit,
                   kv::RunTransaction(kv_.get(), {}, [&](kv::Transaction& transaction) {
                     CAIRN_TRY(catalog::PutCollection(transaction, changed));
                     for (const IndexSpec& index : dropped) {
                       CAIRN_TRY(catalog::PutIndexDropped(transaction, index));
                     }
                     transaction.AppendLog(record);
                     return Status::Ok();
                   }));
  state->Replace(changed, true);
  Publish(std::move(changed), state);
  reclaimer_->Notify();
  return outcome;
}

std::vector<IndexBuildStatus> StoreImpl::IndexBuilds() const {
  std::vector<IndexBuildStatus> builds;
  for (const CollectionPtr& collection : catalog_.List({})) {
    auto* state = static_cast<CollectionState*>(collection->shared.get());
    if (state == nullptr) continue;
    const std::lock_guard lock(state->progress_mutex);
    if (state->progress == nullptr) continue;
    const BuildProgress& progress = *state->progress;
    builds.push_back({collection->Namespace(), progress.names, progress.key_patterns,
                      progress.phase, progress.done, progress.total});
  }
  return builds;
}

}  // namespace cairn::store
