// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_database.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/kv/rocksdb_settings.h"
#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {

RocksDatabase::~RocksDatabase() {
  if (db == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : families) {
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  db->Close().PermitUncheckedError();
}

namespace {

/// One attempt to open a store, or to find out why it does not open.
class Opener {
 public:
  explicit Opener(RocksDatabase* database)
      : database_(*database), logger_(NewSinkLogger(database->options.log)) {}

  Status Run() {
    if (database_.options.read_only) return RunReadOnly();
    CAIRN_TRY(Prepare());
    mark_ = database_.files->ReadHighWater();
    Status opened = OpenWith(Recovery::kTolerateTornTail);
    const bool damaged = opened.code() == ErrorCode::kDataCorruptionDetected;
    if (damaged) {
      if (!database_.options.accept_data_loss) CAIRN_TRY(ProveNothingSyncedIsLost(opened));
      // Behind the damage the old logs may hold commits whose numbers are given again: readers must
      // not meet them, also when the power fails before they are gone.
      CAIRN_TRY(database_.files->CondemnHistory());
      opened = OpenWith(Recovery::kPointInTime);
    }
    CAIRN_TRY(std::move(opened));
    CAIRN_TRY(CheckFormat());
    CAIRN_TRY_ASSIGN(database_.recovered, ReadLastCommit(database_));
    if (!database_.options.accept_data_loss) CAIRN_TRY(CheckAgainstMark(database_.recovered));
    // Opening has put what the logs held into tables.
    if (database_.files->history_condemned()) {
      CAIRN_TRY(database_.files->DropHistory(logs_));
      database_.Log(LogLevel::kWarning, "the change history before the damage has been dropped");
    }
    if (database_.options.in_memory) return Status::Ok();
    return database_.files->WriteHighWater(database_.recovered.number);
  }

 private:
  Status RunReadOnly() {
    CAIRN_TRY_ASSIGN(database_.files, StoreFiles::Open(database_.options));
    CAIRN_TRY(database_.files->CurrentManifest().status());
    CAIRN_TRY(CheckFamilies());
    Status opened = OpenReadOnly(Recovery::kTolerateTornTail, &database_);
    if (opened.code() == ErrorCode::kDataCorruptionDetected) {
      opened = OpenReadOnly(Recovery::kPointInTime, &database_);
    }
    CAIRN_TRY(std::move(opened));
    CAIRN_TRY(CheckFormat());
    CAIRN_TRY_ASSIGN(database_.recovered, ReadLastCommit(database_));
    return Status::Ok();
  }

  Status Prepare() {
    CAIRN_TRY_ASSIGN(database_.files, StoreFiles::Open(database_.options));
    existed_ = database_.files->Exists("CURRENT");
    if (!database_.options.in_memory) {
      // The mark is there before the first log, so that a damaged log never lacks one.
      if (!existed_) CAIRN_TRY(database_.files->WriteHighWater(0));
      CAIRN_TRY(database_.files->SyncLogs());
    }
    database_.files->RemoveUnfinishedIngests();
    logs_ = database_.files->Logs();
    CAIRN_TRY(CheckSizes());
    if (!database_.options.accept_data_loss) CAIRN_TRY(CheckLogs(true));
    if (!existed_) return Status::Ok();
    const Result<std::string> manifest = database_.files->CurrentManifest();
    if (manifest.status().code() == ErrorCode::kDataCorruptionDetected) {
      return Refusal(manifest.status().message());
    }
    CAIRN_TRY(manifest.status());
    if (!database_.options.accept_data_loss) CAIRN_TRY(RefuseDamage(*manifest, false));
    return CheckFamilies();
  }

  // RocksDB takes a log or manifest that was cut short for one that was not written any further.
  Status CheckSizes() {
    const SyncedSizes* sizes = database_.files->open_logs().sizes.get();
    if (sizes == nullptr) return Status::Ok();
    const std::vector<std::string> files = sizes->FindShort();
    if (files.empty()) return Status::Ok();
    if (!database_.options.accept_data_loss) return Refusal(files[0] + " has been cut short");
    // Commits behind a hole are not to be replayed.
    const auto first = std::find_if(logs_.begin(), logs_.end(), [&](const std::string& log) {
      return std::find(files.begin(), files.end(), log) != files.end();
    });
    if (first == logs_.end()) return Status::Ok();
    const std::vector<std::string> later(first + 1, logs_.end());
    logs_.erase(first + 1, logs_.end());
    return database_.files->DropHistory(later);
  }

  // Whether a log is damaged in bytes that were synced. RocksDB reports damage except in the last
  // block, where it takes much of it for a torn end: that one is looked at always, the rest once
  // RocksDB has found some damage.
  Status CheckLogs(bool last_block_only) {
    for (const std::string& log : logs_) CAIRN_TRY(RefuseDamage(log, last_block_only));
    return Status::Ok();
  }

  Status RefuseDamage(const std::string& name, bool last_block_only) {
    const SyncedSizes* sizes = database_.files->open_logs().sizes.get();
    if (sizes == nullptr || sizes->Find(name) == 0) return Status::Ok();
    uint64_t from = 0;
    if (last_block_only) {
      CAIRN_TRY_ASSIGN(from, database_.files->LastBlock(name));
    }
    CAIRN_TRY_ASSIGN(const std::string damage, database_.files->DamageOf(name, from));
    return damage.empty() ? Status::Ok() : Refusal(name + ": " + damage);
  }

  Status CheckFamilies() {
    std::vector<std::string> names;
    const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(
        MakeDatabaseOptions(&database_, Recovery::kTolerateTornTail, logger_),
        database_.files->path(), &names);
    if (!listed.ok()) return FromRocksDb(listed, "cannot read the store's manifest");
    for (const std::string& name : names) {
      if (std::find(std::begin(key::kFamilyNames), std::end(key::kFamilyNames), name) ==
          std::end(key::kFamilyNames)) {
        return Status(ErrorCode::kStoreFormatUnknown,
                      "the store has a keyspace that this version does not know: " + name);
      }
    }
    return Status::Ok();
  }

  std::vector<rocksdb::ColumnFamilyDescriptor> Families() const {
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (int i = 0; i < key::kFamilyCount; ++i) {
      families.emplace_back(key::kFamilyNames[i],
                            MakeFamilyOptions(database_, static_cast<Family>(i)));
    }
    return families;
  }

  Status OpenWith(Recovery recovery) {
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    const rocksdb::DBOptions options = MakeDatabaseOptions(&database_, recovery, logger_);
    const rocksdb::Status opened =
        rocksdb::DB::Open(options, database_.files->path(), Families(), &handles, &db);
    if (!opened.ok()) return FromRocksDb(opened, "cannot open the store");
    database_.db.reset(db);
    std::copy(handles.begin(), handles.end(), database_.families.begin());
    return Status::Ok();
  }

  // Leaves the files as they are.
  Status OpenReadOnly(Recovery recovery, RocksDatabase* to) {
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DBOptions options = MakeDatabaseOptions(&database_, recovery, logger_);
    options.create_if_missing = false;
    options.create_missing_column_families = false;
    const rocksdb::Status opened =
        rocksdb::DB::OpenForReadOnly(options, database_.files->path(), Families(), &handles, &db);
    if (!opened.ok()) return FromRocksDb(opened, "cannot open the store");
    to->db.reset(db);
    std::copy(handles.begin(), handles.end(), to->families.begin());
    return Status::Ok();
  }

  /// The newest of the record of the last commit and the commits that all counts are of.
  static Result<LastCommit> ReadLastCommit(const RocksDatabase& database) {
    const Status damaged(ErrorCode::kDataCorruptionDetected,
                         "the record of the last commit is damaged");
    rocksdb::ColumnFamilyHandle* catalog = database.family(Family::kCatalog);
    LastCommit newest;
    std::string bytes;
    const rocksdb::Status got = database.db->Get({}, catalog, key::LastCommitKey(), &bytes);
    if (got.ok()) {
      const std::optional<LastCommit> last = DecodeLastCommit(bytes);
      if (!last) return damaged;
      newest = *last;
    } else if (!got.IsNotFound()) {
      return FromRocksDb(got, "cannot read the last commit");
    }
    const std::string begin(1, key::kCountsTag);
    std::unique_ptr<rocksdb::Iterator> counts(database.db->NewIterator(ScanReadOptions(), catalog));
    for (counts->Seek(begin); counts->Valid() && counts->key().starts_with(begin); counts->Next()) {
      const std::optional<CountsRecord> record =
          DecodeCounts({counts->value().data(), counts->value().size()});
      if (!record) return damaged;
      if (record->as_of.number > newest.number) newest = record->as_of;
    }
    const Status read = FromRocksDb(counts->status(), "cannot read the last commit");
    if (!read.ok()) return read;
    return newest;
  }

  // Opens read-only, which leaves the files as they are, to see how far the undamaged log goes.
  Status ProveNothingSyncedIsLost(const Status& damage) {
    CAIRN_TRY(CheckLogs(false));
    RocksDatabase reading;
    if (!OpenReadOnly(Recovery::kPointInTime, &reading).ok()) return Refusal(damage.message());
    CAIRN_TRY_ASSIGN(const LastCommit last, ReadLastCommit(reading));
    const std::string log = DamagedFile();
    if (!mark_) {
      return Refusal("the log " + log + " is damaged after commit " + std::to_string(last.number) +
                     " and there is no high-water mark that says what was synced");
    }
    if (last.number < mark_->number) {
      return Refusal("the log " + log + " is damaged after commit " + std::to_string(last.number) +
                     ", but commits up to " + std::to_string(mark_->number) + " were synced");
    }
    database_.Log(LogLevel::kWarning,
                  "the log " + log + " is damaged after commit " + std::to_string(last.number) +
                      "; everything that was known to be synced is there, so the rest is dropped");
    return Status::Ok();
  }

  Status CheckAgainstMark(const LastCommit& last) const {
    if (!mark_) {
      if (existed_ && !database_.options.in_memory) {
        database_.Log(LogLevel::kWarning, "the store has no readable high-water mark");
      }
      return Status::Ok();
    }
    if (last.number >= mark_->number) return Status::Ok();
    return Refusal("the log " + DamagedFile() + " ends at commit " + std::to_string(last.number) +
                   ", but commits up to " + std::to_string(mark_->number) + " were synced");
  }

  std::string DamagedFile() const {
    const std::string damaged = DamagedLog(*logger_);
    if (!damaged.empty()) return damaged;
    return logs_.empty() ? "(all logs are missing)" : logs_.back();
  }

  static Status Refusal(std::string why) {
    return Status(ErrorCode::kDataCorruptionDetected,
                  std::move(why) +
                      "; restore the file, or give up the lost commits with "
                      "`cairn repair --accept-data-loss`");
  }

  Status CheckFormat() {
    rocksdb::DB& db = *database_.db;
    rocksdb::ColumnFamilyHandle* catalog = database_.family(Family::kCatalog);
    std::string bytes;
    const rocksdb::Status got = db.Get({}, catalog, key::FormatVersionKey(), &bytes);
    if (got.IsNotFound() && !database_.options.read_only) return WriteFormat();
    if (got.IsNotFound()) {
      return Status(ErrorCode::kStoreFormatUnknown, "the store has no format version");
    }
    if (!got.ok()) return FromRocksDb(got, "cannot read the store's format version");
    const uint32_t version = bytes.size() == 4 ? base::LoadLittle<uint32_t>(bytes.data()) : 0;
    if (version == kStoreFormatVersion) return Status::Ok();
    return Status(ErrorCode::kStoreFormatUnknown,
                  "the store has format version " + std::to_string(version) +
                      "; this program reads version " + std::to_string(kStoreFormatVersion));
  }

  // Only into an empty store: a new one, or one whose making was interrupted; or one that has lost
  // its catalog.
  Status WriteFormat() {
    for (rocksdb::ColumnFamilyHandle* family : database_.families) {
      if (database_.options.accept_data_loss) break;
      std::unique_ptr<rocksdb::Iterator> entries(
          database_.db->NewIterator(ScanReadOptions(), family));
      entries->SeekToFirst();
      if (entries->Valid() || !entries->status().ok()) {
        return Status(ErrorCode::kStoreFormatUnknown,
                      "the directory holds a RocksDB that is no store of this program");
      }
    }
    std::string bytes;
    base::AppendLittle<uint32_t>(&bytes, kStoreFormatVersion);
    rocksdb::WriteOptions durable;
    durable.sync = true;
    return FromRocksDb(database_.db->Put(durable, database_.family(Family::kCatalog),
                                         key::FormatVersionKey(), bytes),
                       "cannot write the store's format version");
  }

  RocksDatabase& database_;
  const std::shared_ptr<rocksdb::Logger> logger_;
  std::optional<HighWater> mark_;
  std::vector<std::string> logs_;  // as they were found, oldest first
  bool existed_ = false;
};

}  // namespace

Result<std::unique_ptr<RocksDatabase>> OpenDatabase(const OpenOptions& options) {
  auto database = std::make_unique<RocksDatabase>();
  database->options = options;
  CAIRN_TRY(Opener(database.get()).Run());
  return database;
}

}  // namespace cairn::kv
