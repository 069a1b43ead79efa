// SPDX-License-Identifier: Apache-2.0
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <filesystem>

#include "engine/base/try.h"
#include "engine/kv/rocksdb_database.h"
#include "engine/kv/rocksdb_settings.h"
#include "engine/kv/rocksdb_status.h"
#include "engine/kv/salvage.h"

namespace cairn::kv {
namespace {

namespace fs = std::filesystem;

// Tables of which not even the end can be read: they spoil reading whatever is beside them.
std::vector<std::string> UnreadableTables(const OpenOptions& options) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(options.path, ignored)) {
    const std::string name = file.path().filename().string();
    if (!name.ends_with(".sst") || name.starts_with("ingest-")) continue;
    rocksdb::SstFileReader reader{rocksdb::Options()};
    if (!reader.Open(file.path().string()).ok()) names.push_back(name);
  }
  return names;
}

Status CopyStore(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directory(to, error);
  for (const auto& file : fs::directory_iterator(from, error)) {
    if (error) break;
    const std::string name = file.path().filename().string();
    if (!file.is_regular_file() || name.starts_with("ingest-")) continue;
    std::error_code linked;
    if (name.ends_with(".sst")) {
      fs::create_hard_link(file.path(), to / name, linked);
      if (!linked) continue;
    }
    fs::copy_file(file.path(), to / name, error);
    if (error) break;
  }
  if (!error) return Status::Ok();
  return Status(ErrorCode::kOperationFailed, "cannot copy the store: " + error.message());
}

// A manifest from the tables and logs that can be read.
Status MakeManifest(const OpenOptions& options) {
  RocksDatabase database;
  database.options = options;
  CAIRN_TRY_ASSIGN(database.files, StoreFiles::Open(options));
  const auto logger = NewSinkLogger(options.log);
  rocksdb::DBOptions settings = MakeDatabaseOptions(&database, Recovery::kPointInTime, logger);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (int i = 0; i < key::kFamilyCount; ++i) {
    families.emplace_back(key::kFamilyNames[i],
                          MakeFamilyOptions(database, static_cast<Family>(i)));
  }
  return FromRocksDb(rocksdb::RepairDB(options.path, settings, families),
                     "the manifest cannot be made anew");
}

}  // namespace

Result<std::unique_ptr<Store>> OpenForSalvage(const OpenOptions& options, const std::string& work,
                                              std::vector<std::string>* notes) {
  OpenOptions reading = options;
  reading.read_only = true;
  const std::vector<std::string> unreadable = UnreadableTables(options);
  for (const std::string& name : unreadable) {
    notes->push_back(name + ": nothing of this table can be read");
  }
  Result<std::unique_ptr<Store>> opened = OpenRocksDb(reading);
  const ErrorCode code = opened.status().code();
  const bool damaged = code == ErrorCode::kDataCorruptionDetected ||
                       code == ErrorCode::kOperationFailed || !unreadable.empty();
  if (!damaged) return opened;
  if (!opened.ok()) notes->push_back(opened.status().message());
  opened = Status(ErrorCode::kInternalError, "closed");
  CAIRN_TRY(CopyStore(options.path, work));
  reading.path = work;
  notes->push_back("the manifest was made anew, without the tables that have any damage");
  // Without CURRENT it would be no store; RepairDB writes its own.
  std::error_code ignored;
  if (!fs::exists(fs::path(work) / "CURRENT")) {
    fs::copy_file(fs::path(work) / "HIGH_WATER", fs::path(work) / "CURRENT", ignored);
  }
  OpenOptions writing = reading;
  writing.read_only = false;
  writing.accept_data_loss = true;
  CAIRN_TRY(MakeManifest(writing));
  fs::remove(fs::path(work) / "SYNCED_SIZES", ignored);
  // A family whose tables are all lost is missing from the new manifest; opening makes it.
  CAIRN_TRY(OpenRocksDb(writing).status());
  return OpenRocksDb(reading);
}

}  // namespace cairn::kv
