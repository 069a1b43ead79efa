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

// Ids of what is selected. A cancelled build has no ready index: it counts as found.
Result<std::vector<uint32_t>> Resolve(const catalog::Collection& collection,
                                      const IndexSelection& selection,
                                      const std::vector<std::string>& cancelled) {
  std::vector<uint32_t> ids;
  if (selection.all) {
    for (const IndexSpec& index : collection.indexes) {
      if (index.ready && index.name != catalog::kIdIndexName) ids.push_back(index.id);
    }
    return ids;
  }
  if (!selection.key_pattern.empty()) {
    if (IsIdKey(selection.key_pattern)) return IsIdIndex();
    CAIRN_TRY_ASSIGN(const IndexSpec* const index,
                     FindIndexByKey(collection, selection.key_pattern));
    ids.push_back(index->id);
  }
  for (const std::string& name : selection.names) {
    if (name == catalog::kIdIndexName) return IsIdIndex();
    const IndexSpec* index = collection.FindIndex(name);
    if (index == nullptr || !index->ready) {
      if (std::find(cancelled.begin(), cancelled.end(), name) != cancelled.end()) continue;
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
    if (std::find(ids.begin(), ids.end(), index.id) == ids.end()) continue;
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

std::vector<std::string> CollectionState::CancelBuild(const IndexSelection& selection) {
  const std::lock_guard lock(progress_mutex);
  if (progress == nullptr) return {};
  const auto& names = progress->names;
  const bool wanted =
      selection.all || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return std::find(selection.names.begin(), selection.names.end(), name) !=
               selection.names.end();
      });
  if (!wanted) return {};
  progress->cancelled = true;
  return names;
}

Result<DdlOutcome> StoreImpl::DropIndexes(std::string_view database, std::string_view name,
                                          const IndexSelection& selection) {
  const CollectionPtr collection = catalog_.Find(database, name);
  const std::shared_ptr<CollectionState> state =
      collection == nullptr ? nullptr : StateOf(*collection);
  if (state == nullptr) return NamespaceGone(database, name);
  const std::vector<std::string> cancelled = state->CancelBuild(selection);
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
  std::erase_if(changed.indexes, [&](const IndexSpec& index) {
    return std::find(ids.begin(), ids.end(), index.id) != ids.end();
  });
  CAIRN_TRY_ASSIGN(
      outcome.commit, kv::RunTransaction(kv_.get(), {}, [&](kv::Transaction& transaction) {
        CAIRN_TRY(catalog::PutCollection(transaction, changed));
        for (const uint32_t id : ids) {
          CAIRN_TRY(catalog::PutDropped(transaction, id, catalog::DroppedKind::kIndex));
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
    builds.push_back(
        {collection->Namespace(), progress.names, progress.phase, progress.done, progress.total});
  }
  return builds;
}

}  // namespace cairn::store
