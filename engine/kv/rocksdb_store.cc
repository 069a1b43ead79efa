// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "engine/base/try.h"
#include "engine/kv/rocksdb_check_files.h"
#include "engine/kv/rocksdb_ingest.h"
#include "engine/kv/rocksdb_log_reader.h"
#include "engine/kv/rocksdb_read.h"
#include "engine/kv/rocksdb_status.h"
#include "engine/kv/rocksdb_transaction.h"

namespace cairn::kv {
namespace {

constexpr int kSnapshotAttemptsMax = 8;
constexpr size_t kValueBytesMax = size_t{32} << 20;
constexpr size_t kTransactionOperationsMax = 2'000'000;
constexpr size_t kTransactionBytesMax = size_t{256} << 20;

}  // namespace

RocksStore::RocksStore(std::unique_ptr<RocksDatabase> database)
    : database_(std::move(database)),
      keeper_(*database_),
      section_(*database_, &keeper_, [this] { durability_.NoteCommit(); }),
      durability_(this, {database_->options.in_memory || database_->options.read_only,
                         database_->options.sync_interval_ms}) {
  limits_.value_bytes_max = kValueBytesMax;
  limits_.transaction_operations_max = kTransactionOperationsMax;
  limits_.transaction_bytes_max = kTransactionBytesMax;
}

RocksStore::~RocksStore() {
  {
    std::lock_guard lock(database_->health->mutex);
    database_->health->flushed = nullptr;
  }
  durability_.Stop();
}

Limits RocksStore::limits() const {
  Limits limits = limits_;
  limits.ingestion = !database_->health->background_ever_failed;
  return limits;
}

Status RocksStore::Start() {
  CAIRN_TRY(keeper_.Load());
  CAIRN_TRY(section_.Load());
  if (database_->options.read_only) {
    section_.TurnReadOnly("it is open for reading only");
    return Status::Ok();
  }
  durability_.Start(database_->recovered.number);
  std::lock_guard lock(database_->health->mutex);
  database_->health->flushed = [this] { durability_.WakeForUpkeep(); };
  return Status::Ok();
}

std::pair<std::unique_ptr<HeldSnapshot>, CommitNumber> RocksStore::TakeSnapshot() {
  for (int attempt = 1;; ++attempt) {
    const CommitNumber at_least = visible();
    auto snapshot = std::make_unique<HeldSnapshot>(*database_);
    const std::optional<CommitNumber> number = section_.NumberAt(snapshot->sequence());
    if (number) return {std::move(snapshot), std::max(*number, at_least)};
    // This thread slept while many commits passed. A number that is too low is right, only not
    // exact.
    if (attempt == kSnapshotAttemptsMax) return {std::move(snapshot), at_least};
  }
}

std::unique_ptr<Reader> RocksStore::NewSnapshot() {
  auto [snapshot, number] = TakeSnapshot();
  return std::make_unique<SnapshotReader>(*database_, std::move(snapshot), number);
}

Result<bool> RocksStore::Get(Family family, std::string_view key, PinnedValue* value) {
  return ReadOne(*database_, nullptr, family, key, value);
}

std::unique_ptr<Transaction> RocksStore::Begin(const TransactionOptions& options) {
  std::unique_ptr<HeldSnapshot> snapshot;
  CommitNumber number = 0;
  if (options.snapshot) {
    std::tie(snapshot, number) = TakeSnapshot();
  }
  return std::make_unique<RocksTransaction>(*database_, section_, &latches_, limits_,
                                            std::move(snapshot), number);
}

Result<CommitNumber> RocksStore::Commit(std::unique_ptr<Transaction> transaction) {
  auto* own = dynamic_cast<RocksTransaction*>(transaction.get());
  if (own == nullptr || &own->database() != database_.get()) {
    return Status(ErrorCode::kBadValue, "the transaction belongs to another store");
  }
  CAIRN_TRY_ASSIGN(PendingCommit * pending, own->Finish());
  if (pending->empty()) return visible();
  return section_.Commit(pending);
}

Result<std::unique_ptr<LogReader>> RocksStore::ReadLog(CommitNumber after) {
  if (after > visible()) {
    return Status(ErrorCode::kChangeStreamHistoryLost,
                  "commit " + std::to_string(after) +
                      " is not in this store's log, which ends at " + std::to_string(visible()));
  }
  return std::unique_ptr<LogReader>(std::make_unique<RocksLogReader>(
      *database_, keeper_, [this] { return durable(); }, after));
}

Status RocksStore::Ingest(Family family, const IngestSource& source) {
  CAIRN_TRY(section_.write_state());
  TableSet tables(*database_, family, ++ingests_);
  CAIRN_TRY(tables.Write(source));
  if (tables.empty()) return Status::Ok();
  // What is taken in stays, so the commits that announced it (such as the one that chose an index's
  // id) must stay too.
  CAIRN_TRY(WaitDurable(visible()));
  return section_.RunExclusive([&tables] { return tables.TakeIn(); });
}

FileCheck RocksStore::CheckFiles(std::string_view from) {
  return CheckOpenFiles(
      *database_, [this] { return visible(); }, from);
}

Status RocksStore::DiscardTables(Family family, const Range& range) {
  CAIRN_TRY(section_.write_state());
  const rocksdb::Slice begin(range.begin);
  const rocksdb::Slice end(range.end);
  const rocksdb::RangePtr tables(&begin, range.end.empty() ? nullptr : &end);
  return FromRocksDb(
      rocksdb::DeleteFilesInRanges(database_->db.get(), database_->family(family), &tables, 1,
                                   /*include_end=*/false),
      "cannot discard tables");
}

Status RocksStore::SyncLog() {
  const Status synced = database_->files->open_logs().SyncNewest();
  if (synced.ok()) return Status::Ok();
  section_.TurnReadOnly(synced.message());
  database_->Log(LogLevel::kError, synced.message() + "; the store has stopped writing");
  // An fsync that was tried and failed on a full disk has failed all the same.
  return Status(ErrorCode::kStoreReadOnly, synced.message());
}

void RocksStore::MarkDurable(CommitNumber number) {
  database_->files->open_logs().NoteNewest();
  const Status written = database_->files->WriteHighWater(number);
  if (!written.ok()) database_->Log(LogLevel::kWarning, written.message());
}

void RocksStore::Upkeep() {
  keeper_.Retain();
  // RocksDB comes back by itself when it noticed the full disk in the background. When a commit
  // noticed it, this asks; Busy while the other way is under way.
  if (database_->health->disk_full && database_->db->Resume().ok()) {
    database_->health->disk_full = false;
  }
}

std::vector<std::pair<std::string, uint64_t>> RocksStore::Metrics() const {
  uint64_t tables = 0;
  uint64_t memtables = 0;
  uint64_t pending_compaction = 0;
  database_->db->GetAggregatedIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &tables);
  database_->db->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables,
                                          &memtables);
  database_->db->GetAggregatedIntProperty(rocksdb::DB::Properties::kEstimatePendingCompactionBytes,
                                          &pending_compaction);
  return {
      {"cache_bytes", database_->cache->GetCapacity()},
      {"cache_used_bytes", database_->cache->GetUsage()},
      {"cache_pinned_bytes", database_->cache->GetPinnedUsage()},
      {"memtable_bytes", memtables},
      {"table_bytes", tables},
      {"compaction_pending_bytes", pending_compaction},
      {"log_bytes", keeper_.log_bytes()},
      {"commits_visible", visible()},
      {"commits_durable", durable()},
      {"commit_groups", section_.groups()},
      {"commit_conflicts", section_.conflicts()},
      {"log_syncs", durability_.syncs()},
      {"flushes", database_->health->flushes},
  };
}

Result<std::unique_ptr<Store>> OpenRocksDb(const OpenOptions& options) {
  CAIRN_TRY_ASSIGN(std::unique_ptr<RocksDatabase> database, OpenDatabase(options));
  auto store = std::make_unique<RocksStore>(std::move(database));
  CAIRN_TRY(store->Start());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace cairn::kv
