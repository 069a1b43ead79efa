// SPDX-License-Identifier: Apache-2.0
// What clients wrote and what they were told: the outside record that a store is checked against.
// One journal covers the time from one opening to the next check. Thread safety: any thread, until
// the store is closed; then one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/kv/store.h"
#include "engine/store/change_record.h"

namespace cairn::harness {

/// The collections that are checked document by document.
enum class Target { kMain = 0, kRecords = 1 };
inline constexpr const char* kDatabase = "proof";
inline constexpr const char* kTargetNames[] = {"main", "records"};
inline constexpr int kTargets = 2;

/// One document of one commit. Every version of a document has a token of its own, and names the
/// token of the version that it was made from.
struct DocumentWrite {
  Target target = Target::kMain;
  store::ChangeKind kind = store::ChangeKind::kInsert;
  int64_t id = 0;
  int64_t before = 0;  ///< Token of the version that went; 0 when there was none.
  std::string after;   ///< BSON; empty when deleted.
};

struct CommitEntry {
  std::vector<DocumentWrite> writes;
  kv::CommitNumber number = 0;
  std::atomic<bool> acknowledged{false};  ///< Said to be durable.
};

class Journal {
 public:
  /// What clients are told after `cut` has come true does not count.
  explicit Journal(std::function<bool()> cut) : cut_(std::move(cut)) {}

  /// The store gave `number`.
  std::shared_ptr<CommitEntry> AddCommitted(std::vector<DocumentWrite> writes,
                                            kv::CommitNumber number) {
    auto entry = std::make_shared<CommitEntry>();
    entry->writes = std::move(writes);
    entry->number = number;
    const std::lock_guard lock(mutex_);
    committed_.push_back(entry);
    return entry;
  }
  /// The store said that the commit is durable.
  void Acknowledge(const std::shared_ptr<CommitEntry>& entry) {
    if (!cut_()) entry->acknowledged = true;
  }
  /// The store said CommitOutcomeUnknown.
  void AddUnknown(std::vector<DocumentWrite> writes) {
    const std::lock_guard lock(mutex_);
    unknown_.push_back(std::move(writes));
  }
  /// A collection's drop, or an index of the main collection, was said to be durable.
  void AddDropped(std::string collection) {
    if (cut_()) return;
    const std::lock_guard lock(mutex_);
    dropped_.push_back(std::move(collection));
  }
  void AddIndex(std::string name) {
    if (cut_()) return;
    const std::lock_guard lock(mutex_);
    indexes_.push_back(std::move(name));
  }
  /// Something that no crash excuses. The first one stays.
  void AddViolation(std::string what) {
    const std::lock_guard lock(mutex_);
    if (violation_.empty()) violation_ = std::move(what);
  }

  // Once nobody writes.
  const std::vector<std::shared_ptr<CommitEntry>>& committed() const { return committed_; }
  const std::vector<std::vector<DocumentWrite>>& unknown() const { return unknown_; }
  const std::vector<std::string>& dropped() const { return dropped_; }
  const std::vector<std::string>& indexes() const { return indexes_; }
  const std::string& violation() const { return violation_; }
  uint64_t acknowledged() const {
    uint64_t count = 0;
    for (const auto& entry : committed_) count += entry->acknowledged ? 1 : 0;
    return count;
  }

 private:
  const std::function<bool()> cut_;
  std::mutex mutex_;
  // Guarded by mutex_ while there are writers:
  std::vector<std::shared_ptr<CommitEntry>> committed_;
  std::vector<std::vector<DocumentWrite>> unknown_;
  std::vector<std::string> dropped_;
  std::vector<std::string> indexes_;
  std::string violation_;
};

}  // namespace cairn::harness
