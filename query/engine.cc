// SPDX-License-Identifier: Apache-2.0
#include "query/engine.h"

#include "engine/base/try.h"
#include "engine/catalog/names.h"
#include "query/ttl_monitor.h"

namespace cairn {
namespace {

// How often a collection may be dropped below a writer's hands.
constexpr int kCreationsMax = 16;

}  // namespace

Engine::Engine(std::unique_ptr<store::DocumentStore> store, size_t cache_bytes,
               std::string temporary_directory, LogSink log)
    : store_(std::move(store)),
      scan_cache_bytes_(cache_bytes / 2),
      temporary_directory_(std::move(temporary_directory)),
      validators_(std::move(log)) {}

Engine::~Engine() = default;

void Engine::StartTtlMonitor(int64_t interval_ms) {
  if (interval_ms > 0) ttl_monitor_ = std::make_unique<TtlMonitor>(this, interval_ms);
}

Result<CommitNumber> Engine::WriteCreating(
    std::string_view database, std::string_view name,
    const std::function<Status(store::WriteTransaction&)>& body) {
  for (int attempt = 1;; ++attempt) {
    store::CollectionPtr collection = store_->FindCollection(database, name);
    if (collection == nullptr) {
      CAIRN_TRY(catalog::CheckWritableCollectionName(database, name));
      CAIRN_TRY_ASSIGN(collection, store_->FindOrCreateCollection(database, name));
    }
    CAIRN_TRY(CheckIsCollection(*collection));
    Result<CommitNumber> commit = store_->Write(collection, body);
    if (commit.ok() || commit.status().code() != ErrorCode::kNamespaceNotFound ||
        attempt == kCreationsMax) {
      return commit;
    }
  }
}

Status Engine::Settle(const WriteOptions& options, CommitNumber commit) {
  if (options.durability == Durability::kRelaxed || commit == 0) return Status::Ok();
  return store_->kv().WaitDurable(commit);
}

Status CheckIsCollection(const catalog::Collection& collection) {
  if (!collection.is_view) return Status::Ok();
  return Status(ErrorCode::kCommandNotSupportedOnView,
                "Namespace " + collection.Namespace() + " is a view, not a collection");
}

bool IsDocumentError(const Status& status) {
  switch (status.code()) {
    case ErrorCode::kInternalError:
    case ErrorCode::kNamespaceNotFound:
    case ErrorCode::kShutdownInProgress:
    case ErrorCode::kWriteConflict:
    case ErrorCode::kDataCorruptionDetected:
    case ErrorCode::kSnapshotTooOld:
    case ErrorCode::kTransactionTooLarge:
    case ErrorCode::kOutOfDiskSpace:
    case ErrorCode::kCommitOutcomeUnknown:
    case ErrorCode::kStoreReadOnly:
      return false;
    default:
      return !status.ok();
  }
}

}  // namespace cairn
