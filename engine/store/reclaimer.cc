// SPDX-License-Identifier: Apache-2.0
#include "engine/store/reclaimer.h"

#include <chrono>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/catalog/catalog.h"
#include "engine/kv/retry.h"

namespace cairn::store {

using key::Family;

Reclaimer::Reclaimer(kv::Store* kv, LogSink log)
    : kv_(kv), log_(std::move(log)), thread_([this] { Run(); }) {}

Reclaimer::~Reclaimer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Reclaimer::Notify() {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_all();
}

bool Reclaimer::stopping() {
  const std::lock_guard lock(mutex_);
  return stop_;
}

void Reclaimer::Run() {
  std::unique_lock lock(mutex_);
  bool failed_before = false;
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || wanted_; });
    if (stop_) return;
    wanted_ = false;
    lock.unlock();
    const Status status = ReclaimAll();
    lock.lock();
    if (status.ok()) {
      failed_before = false;
      continue;
    }
    // Perhaps the disk is full: once said is enough.
    if (!failed_before && log_)
      log_(LogLevel::kWarning, "reclaiming dropped data: " + status.ToString());
    failed_before = true;
    changed_.wait_for(lock, std::chrono::milliseconds(kRetryMs), [this] { return stop_; });
    wanted_ = true;
  }
}

Status Reclaimer::ReclaimAll() {
  std::vector<std::pair<std::string, char>> notes;
  kv::CommitNumber read = 0;
  {
    const std::unique_ptr<kv::Reader> reader = kv_->NewSnapshot();
    read = reader->read_number();
    const std::unique_ptr<kv::Scan> scan =
        reader->NewScan(Family::kCatalog, key::DroppedRange(), {});
    while (scan->Next()) {
      notes.emplace_back(scan->key(), scan->value().empty() ? '\0' : scan->value()[0]);
    }
    CAIRN_TRY(scan->status());
  }
  for (const auto& [note, kind] : notes) {
    if (static_cast<catalog::DroppedKind>(kind) == catalog::DroppedKind::kRun) {
      CAIRN_TRY(kv_->WaitDurable(read));
      CAIRN_TRY(kv_->DiscardTables(Family::kIndexes, key::PrefixRange(note.substr(1))));
    }
    for (bool done = false; !done;) {
      if (stopping()) return Status::Ok();
      CAIRN_TRY_ASSIGN(done, Step(note, kind));
    }
  }
  return Status::Ok();
}

Result<bool> Reclaimer::Step(std::string_view note_key, char kind) {
  const auto dropped = static_cast<catalog::DroppedKind>(kind);
  if (note_key.size() != 1 + sizeof(uint32_t) || dropped < catalog::DroppedKind::kDocuments ||
      dropped > catalog::DroppedKind::kRun) {
    return Status(ErrorCode::kDataCorruptionDetected, "the note of a dropped id is damaged");
  }
  const Family family =
      dropped == catalog::DroppedKind::kDocuments ? Family::kDocuments : Family::kIndexes;
  std::vector<std::string> keys;
  size_t bytes = 0;
  bool done = false;
  {
    const std::unique_ptr<kv::Reader> reader = kv_->NewSnapshot();
    const std::unique_ptr<kv::Scan> scan =
        reader->NewScan(family, key::PrefixRange(note_key.substr(1)), {.fill_cache = false});
    while (keys.size() < kKeysPerStep && bytes < kBytesPerStep) {
      if (!scan->Next()) {
        done = true;
        break;
      }
      bytes += scan->key().size();
      keys.emplace_back(scan->key());
    }
    CAIRN_TRY(scan->status());
  }
  CAIRN_TRY_ASSIGN([[maybe_unused]] const kv::CommitNumber commit,
                   kv::RunTransaction(kv_, {}, [&](kv::Transaction& transaction) {
                     for (const std::string& key : keys) {
                       CAIRN_TRY(transaction.Delete(family, key));
                     }
                     if (done) CAIRN_TRY(transaction.Delete(Family::kCatalog, note_key));
                     return Status::Ok();
                   }));
  return done;
}

}  // namespace cairn::store
