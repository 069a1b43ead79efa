// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/opening.h"

#include <utility>

#include "engine/base/try.h"
#include "engine/kv/open.h"
#include "tests/harness/rocksdb_simulated_fs.h"

namespace cairn::harness {

LogSink LogTail::Sink() {
  return [this](LogLevel /*level*/, std::string_view message) {
    const std::lock_guard lock(mutex_);
    text_.append("  ").append(message).append("\n");
    if (text_.size() > kBytesMax) text_.erase(0, text_.size() - kBytesMax);
  };
}

std::string LogTail::Text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

void PrepareDisk(SimulatedDisk* disk) {
  if (disk->MakeDirectory("/data", true) == 0) disk->SyncDirectory("/");
}

Result<std::unique_ptr<store::DocumentStore>> OpenOn(SimulatedDisk* disk, const Opening& opening,
                                                     kv::CommitNumber* recovered) {
  kv::OpenOptions options;
  options.path = "/data/store";
  options.file_system = NewSimulatedFileSystem(disk);
  options.cache_bytes = opening.cache_bytes;
  options.log_bytes = opening.log_bytes;
  options.sync_interval_ms = opening.sync_interval_ms;
  options.accept_data_loss = opening.accept_data_loss;
  if (opening.log != nullptr) options.log = opening.log->Sink();
  PrepareDisk(disk);
  CAIRN_TRY_ASSIGN(std::unique_ptr<kv::Store> kv, kv::OpenRocksDb(options));
  if (recovered != nullptr) *recovered = kv->visible();
  if (opening.defect != Defect::kNone) kv = PlantIn(std::move(kv), opening.defect);
  return store::DocumentStore::Over(std::move(kv), options);
}

}  // namespace cairn::harness
