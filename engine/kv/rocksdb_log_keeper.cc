// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_log_keeper.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/transaction_log.h>

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/kv/rocksdb_settings.h"
#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {

LogKeeper::LogKeeper(const RocksDatabase& database) : database_(database) {}

Status LogKeeper::Load() {
  const std::string begin(1, key::kCommitTag);
  std::unique_ptr<rocksdb::Iterator> entries(
      database_.db->NewIterator(ScanReadOptions(), database_.family(Family::kCatalog)));
  std::lock_guard lock(mutex_);
  for (entries->Seek(begin); entries->Valid() && entries->key().starts_with(begin);
       entries->Next()) {
    if (entries->key().size() != 9 || entries->value().size() != 8) {
      return Status(ErrorCode::kDataCorruptionDetected, "a position of the commit log is damaged");
    }
    positions_.emplace_back(base::LoadBig<uint64_t>(entries->key().data() + 1),
                            base::LoadLittle<uint64_t>(entries->value().data()));
  }
  return FromRocksDb(entries->status(), "cannot read the positions of the commit log");
}

void LogKeeper::AddPosition(CommitNumber number, uint64_t sequence) {
  std::lock_guard lock(mutex_);
  positions_.emplace_back(number, sequence);
}

uint64_t LogKeeper::SequenceBefore(CommitNumber number) const {
  std::lock_guard lock(mutex_);
  const auto above = std::upper_bound(
      positions_.begin(), positions_.end(), number,
      [](CommitNumber wanted, const auto& position) { return wanted < position.first; });
  return above == positions_.begin() ? 0 : std::prev(above)->second;
}

std::vector<CommitNumber> LogKeeper::TakeForgotten(size_t count_max) {
  std::vector<CommitNumber> forgotten;
  std::lock_guard lock(mutex_);
  // The last position at or below the oldest log is still the way into it.
  while (forgotten.size() < count_max && positions_.size() > 1 &&
         positions_[1].second <= oldest_sequence_) {
    forgotten.push_back(positions_.front().first);
    positions_.pop_front();
  }
  return forgotten;
}

std::shared_ptr<void> LogKeeper::Pin(CommitNumber after) {
  std::lock_guard lock(pins_->mutex);
  const auto place = pins_->after.insert(after);
  return {nullptr, [pins = pins_, place](void*) {
            std::lock_guard release(pins->mutex);
            pins->after.erase(place);
          }};
}

void LogKeeper::Retain() {
  std::vector<std::unique_ptr<rocksdb::LogFile>> logs;
  if (!database_.db->GetSortedWalFiles(logs).ok() || logs.empty()) return;
  // Held to the end: a pin taken meanwhile waits, and then pins what is left.
  std::lock_guard pinned(pins_->mutex);
  const uint64_t needed =
      pins_->after.empty() ? ~uint64_t{0} : SequenceBefore(*pins_->after.begin() + 1);
  uint64_t bytes = 0;
  for (const auto& log : logs) bytes += log->SizeFileBytes();
  uint64_t bytes_max = database_.options.log_bytes;
  // In memory the log competes with the data for the same budget.
  if (database_.options.in_memory) {
    bytes_max = std::min<uint64_t>(bytes_max, database_.options.cache_bytes / 4);
  }
  const auto now = static_cast<uint64_t>(database_.options.clock->WallMs() / 1000);
  size_t first = 0;
  for (; first + 1 < logs.size(); ++first) {
    const rocksdb::LogFile& log = *logs[first];
    if (log.Type() != rocksdb::kArchivedLogFile || logs[first + 1]->StartSequence() > needed) break;
    if (bytes <= bytes_max) {
      uint64_t written = 0;
      const rocksdb::Status got = database_.files->env()->GetFileModificationTime(
          database_.files->path() + log.PathName(), &written);
      if (!got.ok() || written + database_.options.log_seconds >= now) break;
    }
    if (!database_.db->DeleteFile(log.PathName()).ok()) break;
    if (!database_.files->SyncArchive().ok()) break;
    bytes -= std::min(bytes, log.SizeFileBytes());
  }
  std::lock_guard lock(mutex_);
  oldest_sequence_ = logs[first]->StartSequence();
  log_bytes_ = bytes;
}

uint64_t LogKeeper::log_bytes() const {
  std::lock_guard lock(mutex_);
  return log_bytes_;
}

}  // namespace cairn::kv
