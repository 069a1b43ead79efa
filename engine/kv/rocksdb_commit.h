// SPDX-License-Identifier: Apache-2.0
// The commit section over RocksDB: checks conflicts, numbers commits, keeps counts, writes one
// WriteBatch for each group without syncing it.
//
// Invariants: commit numbers are contiguous in the log; a commit is visible() only after it can be
// read; latches are released after that; a write that fails for want of space consumes no number,
// and any other failed write ends all writing for good, because what it left behind is not known.
// Thread safety: any thread, except for members marked as the section's.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/kv/commit_queue.h"
#include "engine/kv/pending_commit.h"
#include "engine/kv/recent_writes.h"
#include "engine/kv/rocksdb_database.h"
#include "engine/kv/rocksdb_log_keeper.h"

namespace rocksdb {
class Status;
class WriteBatch;
}  // namespace rocksdb

namespace cairn::kv {

class CommitSection {
 public:
  /// `published` is called after each group has become visible.
  CommitSection(const RocksDatabase& database, LogKeeper* keeper, std::function<void()> published);
  ~CommitSection();

  /// Reads counts; call once before anything else.
  Status Load();

  Result<CommitNumber> Commit(PendingCommit* pending);
  /// Runs `task` while no commit is being written.
  Status RunExclusive(std::function<Status()> task);

  CommitNumber visible() const { return visible_.load(); }
  /// The newest commit that a snapshot at RocksDB's `sequence` sees; nothing when that is no longer
  /// known, because many commits have come since.
  std::optional<CommitNumber> NumberAt(uint64_t sequence) const;
  const RecentWrites& recent() const { return recent_; }
  Counts GetCounts(uint32_t collection_id) const;

  /// Ends all writing.
  void TurnReadOnly(const std::string& why);
  Status write_state() const;

  uint64_t groups() const { return groups_.load(std::memory_order_relaxed); }
  uint64_t conflicts() const { return conflicts_.load(std::memory_order_relaxed); }

 private:
  struct Request;
  struct Publication {
    uint64_t sequence = 0;
    CommitNumber number = 0;
  };
  static constexpr size_t kPublicationsMax = 1024;
  static constexpr size_t kGroupBytesMax = size_t{4} << 20;
  static constexpr size_t kForgottenMax = 64;

  // The section's.
  void Work(const std::vector<CommitQueue::Entry*>& group);
  void AwaitFlush() const;
  bool IsFlushing() const;
  void WriteGroup();
  void Admit(Request* request);
  bool Conflicts(const PendingCommit& pending) const;
  void StageCounts(const PendingCommit& pending);
  Status BuildBatch(uint64_t sequence_before);
  Status AppendShared(uint64_t sequence_before);
  Status AppendCommit(const Request& request);
  void Publish();
  void Failed(const rocksdb::Status& status);
  void WithdrawMarks();
  void NotePublication();

  const RocksDatabase& database_;
  LogKeeper* const keeper_;
  const std::function<void()> published_;
  CommitQueue queue_;

  std::atomic<CommitNumber> visible_{0};
  std::atomic<bool> read_only_{false};
  std::atomic<uint64_t> groups_{0};
  std::atomic<uint64_t> conflicts_{0};

  // The section's:
  CommitNumber number_;
  uint64_t timestamp_;
  uint64_t group_timestamp_ = 0;
  int64_t wall_ms_ = 0;
  bool position_due_ = true;  // the first commit after opening notes its position
  CommitNumber position_number_ = 0;
  std::vector<Request*> admitted_;
  size_t admitted_bytes_ = 0;
  std::vector<CountsChange> staged_counts_;  // absolute; one a collection
  std::unique_ptr<rocksdb::WriteBatch> batch_;
  std::string scratch_;
  RecentWrites recent_;

  mutable std::mutex publications_mutex_;
  std::array<Publication, kPublicationsMax>
      publications_;              // guarded by publications_mutex_, a ring
  size_t publication_count_ = 0;  // guarded by publications_mutex_

  mutable std::shared_mutex counts_mutex_;
  std::unordered_map<uint32_t, Counts> counts_;  // guarded by counts_mutex_

  mutable std::mutex state_mutex_;
  std::string read_only_why_;  // guarded by state_mutex_
};

}  // namespace cairn::kv
