// SPDX-License-Identifier: Apache-2.0
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <algorithm>
#include <map>

#include "engine/base/try.h"
#include "engine/kv/rocksdb_check_files.h"
#include "engine/kv/rocksdb_database.h"
#include "engine/kv/verify_files.h"

namespace cairn::kv {
namespace {

class FileVerification {
 public:
  explicit FileVerification(const OpenOptions& options) : options_(options) {
    options_.read_only = true;
  }

  Result<FileReport> Run() {
    CAIRN_TRY(CheckLogs());
    std::map<std::string, std::string> tables;  // name, and what it holds
    Result<std::unique_ptr<RocksDatabase>> opened = OpenDatabase(options_);
    report_.opens = opened.ok();
    if (opened.ok()) {
      report_.recovered = (*opened)->recovered.number;
      if (report_.recovered < report_.mark) {
        Report("HIGH_WATER", "commits up to " + std::to_string(report_.mark) +
                                 " were synced, but the store ends at " +
                                 std::to_string(report_.recovered));
      }
      tables = LiveTables((*opened)->db.get());
    } else if (opened.status().code() == ErrorCode::kStoreFormatUnknown ||
               opened.status().code() == ErrorCode::kStoreLocked) {
      return std::move(opened).status();
    } else {
      Report("the store", "it cannot be read: " + opened.status().message());
      for (const std::string& name : names_) {
        if (name.ends_with(".sst") && !name.starts_with("ingest-")) tables[name] = "a table";
      }
    }
    for (const auto& [name, holds] : tables) {
      const Status sound = CheckTable(rocksdb::Env::Default(), options_.path + "/" + name);
      if (!sound.ok()) Report(name, "a table (" + holds + ") is damaged: " + sound.message());
    }
    return std::move(report_);
  }

 private:
  void Report(const std::string& file, const std::string& what) {
    report_.damages.push_back(file + ": " + what);
  }

  Status CheckLogs() {
    CAIRN_TRY_ASSIGN(const std::unique_ptr<StoreFiles> files, StoreFiles::Open(options_));
    rocksdb::Env* env = files->env();
    env->GetChildren(files->path(), &names_).PermitUncheckedError();
    for (const std::string& name : names_) {
      uint64_t size = 0;
      if (!env->GetFileSize(files->path() + "/" + name, &size).ok() || name == kArchiveName)
        continue;
      ++report_.files;
      report_.bytes += size;
    }
    const std::optional<HighWater> mark = files->ReadHighWater();
    if (mark) report_.mark = mark->number;
    if (!mark) Report("HIGH_WATER", "it is missing or cannot be read");
    const SyncedSizes& sizes = *files->open_logs().sizes;
    const std::vector<std::string> cut = sizes.FindShort();
    for (const std::string& name : cut) {
      Report(name, "it has been cut short: " + std::to_string(sizes.Find(name)) +
                       " bytes of it were synced");
    }
    std::vector<std::string> logs = files->Logs();
    // Where CURRENT is damaged, to open the store says so.
    if (Result<std::string> manifest = files->CurrentManifest(); manifest.ok()) {
      logs.push_back(std::move(manifest).value());
    }
    for (const std::string& log : logs) {
      if (std::find(cut.begin(), cut.end(), log) != cut.end()) continue;
      const Result<std::string> damage = files->DamageOf(log);
      if (!damage.ok()) {
        Report(log, damage.status().message());
      } else if (!damage->empty()) {
        Report(log, *damage);
      }
    }
    return Status::Ok();
  }

  OpenOptions options_;
  FileReport report_;
  std::vector<std::string> names_;
};

}  // namespace

Result<FileReport> VerifyFiles(const OpenOptions& options) {
  return FileVerification(options).Run();
}

}  // namespace cairn::kv
