// SPDX-License-Identifier: Apache-2.0
// Changes of collections that keep their documents: options, index options and names. Who locks two
// collections holds names_mutex_, so that no two of them wait for each other.
#include <mutex>
#include <utility>

#include "engine/base/try.h"
#include "engine/catalog/names.h"
#include "engine/kv/retry.h"
#include "engine/store/change_record.h"
#include "engine/store/store_impl.h"

namespace cairn::store {
namespace {

Status Dropped(const catalog::Collection& collection) {
  return Status(ErrorCode::kNamespaceNotFound,
                "collection " + collection.Namespace() + " has been dropped");
}

Status CheckTarget(const catalog::Collection* source, const catalog::Collection* target,
                   const Rename& rename) {
  const auto& wanted = rename.target_uuid;
  if (wanted.has_value() && (target == nullptr || target->uuid != *wanted)) {
    return Status(ErrorCode::kCollectionUUIDMismatch,
                  "the target of the rename does not have the given UUID");
  }
  if (source == nullptr) return Status::Ok();
  if (target == source) {
    return Status(ErrorCode::kIllegalOperation, "Can't rename a collection to itself");
  }
  if (target != nullptr && (!rename.drop_target || target->is_view)) {
    return Status(ErrorCode::kNamespaceExists, "target namespace exists: " + target->Namespace());
  }
  return Status::Ok();
}

}  // namespace

Result<kv::CommitNumber> StoreImpl::ModifyCollection(
    const CollectionPtr& collection, const std::function<Status(catalog::Collection*)>& change) {
  const std::shared_ptr<CollectionState> state = StateOf(*collection);
  if (state == nullptr) return Dropped(*collection);
  const std::unique_lock latch(state->latch);
  if (state->dropped) return Dropped(*collection);
  catalog::Collection changed = state->writer().collection;
  CAIRN_TRY(change(&changed));
  Result<kv::CommitNumber> committed =
      kv::RunTransaction(kv_.get(), {}, [&](kv::Transaction& transaction) {
        CAIRN_TRY(catalog::PutCollection(transaction, changed));
        const std::string ns = changed.Namespace();
        std::string record;
        AppendChange({.kind = ChangeKind::kModifyCollection,
                      .collection_id = changed.id,
                      .ns = ns,
                      .uuid = UuidBytes(changed),
                      .options = changed.options.bytes()},
                     &record);
        transaction.AppendLog(record);
        return Status::Ok();
      });
  if (!committed.ok()) return committed;
  state->Replace(*Publish(std::move(changed), state), true);
  return committed;
}

Result<kv::CommitNumber> StoreImpl::RenameCollection(std::string_view database,
                                                     std::string_view name, const Rename& rename) {
  CAIRN_TRY(catalog::CheckWritableCollectionName(rename.database, rename.name));
  const std::lock_guard names(names_mutex_);
  const CollectionPtr source = catalog_.Find(database, name);
  const CollectionPtr target = catalog_.Find(rename.database, rename.name);
  CAIRN_TRY(CheckTarget(source.get(), target.get(), rename));
  if (source == nullptr) {
    return Status(ErrorCode::kNamespaceNotFound, "Source collection " + std::string(database) +
                                                     "." + std::string(name) + " does not exist");
  }
  const std::shared_ptr<CollectionState> target_state =
      target == nullptr ? nullptr : StateOf(*target);
  std::unique_lock<std::mutex> target_build;
  std::unique_lock<catalog::Latch> target_latch;
  if (target_state != nullptr) {
    target_state->drop_wanted = true;  // An index build would hold build_mutex for long.
    target_build = std::unique_lock(target_state->build_mutex);
    target_latch = std::unique_lock(target_state->latch);
  }
  Result<kv::CommitNumber> committed = RenameLocked(source, target_state.get(), rename);
  if (!committed.ok() && target_state != nullptr) target_state->drop_wanted = false;
  if (committed.ok() && target_state != nullptr) reclaimer_->Notify();
  return committed;
}

// names_mutex_ is held, and the target's latch alone.
Result<kv::CommitNumber> StoreImpl::RenameLocked(const CollectionPtr& source,
                                                 CollectionState* target, const Rename& rename) {
  const bool replaces = target != nullptr && !target->dropped;
  if (rename.fill && replaces) CAIRN_TRY(rename.fill(target->writer().collection));
  const std::shared_ptr<CollectionState> state = StateOf(*source);
  if (state == nullptr) return Dropped(*source);
  const std::unique_lock build(state->build_mutex, std::try_to_lock);
  if (!build.owns_lock()) {
    return Status(ErrorCode::kBackgroundOperationInProgressForNamespace,
                  "an index of " + source->Namespace() + " is being built");
  }
  const std::unique_lock latch(state->latch);
  if (state->dropped) return Dropped(*source);
  const catalog::Collection& before = state->writer().collection;
  catalog::Collection after = before;
  after.database = rename.database;
  after.name = rename.name;
  if (after.database != before.database) after.uuid = catalog::NewUuid(options_.clock);
  if (rename.options.has_value()) after.SetOptions(*rename.options);
  Result<kv::CommitNumber> committed =
      kv::RunTransaction(kv_.get(), {}, [&](kv::Transaction& transaction) {
        std::string record;
        if (replaces) CAIRN_TRY(PutDrop(transaction, target->writer().collection, &record));
        CAIRN_TRY(catalog::DeleteCollection(transaction, before));
        CAIRN_TRY(catalog::PutCollection(transaction, after));
        const std::string ns = after.Namespace();
        const std::string from = before.Namespace();
        AppendChange({.kind = ChangeKind::kRenameCollection,
                      .collection_id = after.id,
                      .ns = ns,
                      .uuid = UuidBytes(after),
                      .from = from},
                     &record);
        transaction.AppendLog(record);
        return Status::Ok();
      });
  if (!committed.ok()) return committed;
  if (replaces) {
    target->dropped = true;
    target->NoteAddition();
    catalog_.Remove(target->writer().collection.id);
  }
  state->Replace(*Publish(std::move(after), state), true);
  return committed;
}

}  // namespace cairn::store
