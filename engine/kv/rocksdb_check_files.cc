// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_check_files.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/metadata.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>

#include <chrono>
#include <optional>
#include <vector>

#include "engine/base/try.h"
#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookMax{1000};
constexpr int kMarkAttempts = 3;

class OpenFileCheck {
 public:
  OpenFileCheck(const RocksDatabase& database, const std::function<CommitNumber()>& visible)
      : database_(database), files_(*database.files), visible_(visible) {}

  FileCheck Run(std::string_view from) {
    const SteadyClock::time_point end = SteadyClock::now() + kLookMax;
    if (from.empty()) {
      CountFiles();
      if (!database_.options.in_memory) CheckSmallFiles();
    }
    for (const auto& [name, holds] : LiveTables(database_.db.get())) {
      if (name <= from) continue;
      const Status sound = CheckTable(files_.env(), files_.path() + "/" + name);
      // Compaction removes tables meanwhile.
      if (!sound.ok() && LiveTables(database_.db.get()).contains(name)) {
        Report(name, "a table (" + holds + ") is damaged: " + sound.message());
      }
      if (SteadyClock::now() < end) continue;
      check_.next = name;
      break;
    }
    return std::move(check_);
  }

 private:
  void Report(const std::string& file, const std::string& what) {
    check_.damages.push_back(file + ": " + what);
  }

  void CountFiles() {
    std::vector<std::string> names;
    files_.env()->GetChildren(files_.path(), &names).PermitUncheckedError();
    for (const std::string& name : names) {
      uint64_t size = 0;
      if (name == kArchiveName ||
          !files_.env()->GetFileSize(files_.path() + "/" + name, &size).ok()) {
        continue;
      }
      ++check_.files;
      check_.bytes += size;
    }
  }

  // The logs themselves are read by whoever follows the commit log.
  void CheckSmallFiles() {
    const std::optional<HighWater> mark = ReadMark();
    if (!mark) {
      Report("HIGH_WATER", "it is missing or cannot be read");
    } else if (mark->number > visible_()) {
      Report("HIGH_WATER", "commits up to " + std::to_string(mark->number) +
                               " were synced, but the store ends at " + std::to_string(visible_()));
    }
    const SyncedSizes& sizes = *files_.open_logs().sizes;
    for (const std::string& name : sizes.FindShort()) {
      Report(name, "it has been cut short: " + std::to_string(sizes.Find(name)) +
                       " bytes of it were synced");
    }
    const Result<std::string> manifest = files_.CurrentManifest();
    if (!manifest.ok()) return Report("CURRENT", manifest.status().message());
    const Result<std::string> damage = files_.DamageOf(*manifest);
    if (!damage.ok()) return Report(*manifest, damage.status().message());
    if (!damage->empty()) Report(*manifest, *damage);
  }

  // The sync thread may be writing one of the two slots.
  std::optional<HighWater> ReadMark() const {
    for (int attempt = 1;; ++attempt) {
      const std::optional<HighWater> mark = files_.ReadHighWater();
      if (mark || attempt == kMarkAttempts) return mark;
    }
  }

  const RocksDatabase& database_;
  const StoreFiles& files_;
  const std::function<CommitNumber()>& visible_;
  FileCheck check_;
};

}  // namespace

std::map<std::string, std::string> LiveTables(rocksdb::DB* db) {
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  std::map<std::string, std::string> tables;
  for (const rocksdb::LiveFileMetaData& file : files) {
    tables[file.relative_filename] =
        file.column_family_name + ", " + std::to_string(file.num_entries) + " entries";
  }
  return tables;
}

Status CheckTable(rocksdb::Env* env, const std::string& path) {
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;
  rocksdb::Options options;
  options.env = env;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::SstFileReader reader(options);
  rocksdb::Status status = reader.Open(path);
  if (status.ok()) status = reader.VerifyChecksum();
  return FromRocksDb(status, "read");
}

FileCheck CheckOpenFiles(const RocksDatabase& database,
                         const std::function<CommitNumber()>& visible, std::string_view from) {
  return OpenFileCheck(database, visible).Run(from);
}

}  // namespace cairn::kv
