// SPDX-License-Identifier: Apache-2.0
// A store that passes everything on to another one and fails now and then, so that what stands
// above shows how it copes. Faults are scripted (the next commits or reads fail in a given way, in
// order) or drawn from a seed. Thread safety: as Store.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <random>

#include "engine/kv/store.h"

namespace cairn::kv {

enum class Fault {
  kNone,
  kConflict,           ///< Commit: WriteConflict, nothing applied.
  kUnknownApplied,     ///< Commit: CommitOutcomeUnknown, applied.
  kUnknownNotApplied,  ///< Commit: CommitOutcomeUnknown, not applied.
  kUnavailable,        ///< Commit: OutOfDiskSpace, nothing applied.
  kSlow,               ///< Commit: applied after a wait of kSlowMs.
  kReadFails,          ///< Read: OperationFailed.
};

class FaultyStore final : public Store {
 public:
  static constexpr int kSlowMs = 20;

  /// Chances in a thousand for each commit, and for each read.
  struct Chances {
    int conflict = 0;
    int unknown_applied = 0;
    int unknown_not_applied = 0;
    int unavailable = 0;
    int slow = 0;
    int read_fails = 0;
  };

  /// Without faults until told otherwise.
  explicit FaultyStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  /// Draws faults from `seed` from now on.
  void Draw(uint64_t seed, const Chances& chances);
  /// The next commit that writes something (or, for kReadFails, the next read) meets `fault`.
  /// Scripted faults come before drawn ones, in the order of the calls.
  void Script(Fault fault);
  /// No more faults.
  void Stop();
  uint64_t faults() const { return faults_.load(); }

  Limits limits() const override { return store_->limits(); }
  std::unique_ptr<Reader> NewSnapshot() override;
  Result<bool> Get(Family family, std::string_view key, PinnedValue* value) override;
  std::unique_ptr<Transaction> Begin(const TransactionOptions& options) override;
  Result<CommitNumber> Commit(std::unique_ptr<Transaction> transaction) override;
  CommitNumber visible() const override { return store_->visible(); }
  CommitNumber durable() const override { return store_->durable(); }
  Status WaitDurable(CommitNumber number) override { return store_->WaitDurable(number); }
  void WhenDurable(CommitNumber number, std::function<void(const Status&)> done) override {
    store_->WhenDurable(number, std::move(done));
  }
  Counts GetCounts(uint32_t collection_id) const override {
    return store_->GetCounts(collection_id);
  }
  Result<std::unique_ptr<LogReader>> ReadLog(CommitNumber after) override {
    return store_->ReadLog(after);
  }
  bool WaitLog(CommitNumber after, int64_t timeout_ms) override {
    return store_->WaitLog(after, timeout_ms);
  }
  std::shared_ptr<void> PinLog(CommitNumber after) override { return store_->PinLog(after); }
  Status Ingest(Family family, const IngestSource& source) override {
    return store_->Ingest(family, source);
  }
  Status DiscardTables(Family family, const Range& range) override {
    return store_->DiscardTables(family, range);
  }
  Status write_state() const override { return store_->write_state(); }
  std::vector<std::pair<std::string, uint64_t>> Metrics() const override {
    return store_->Metrics();
  }

  /// For the readers and transactions of this store.
  Status ReadFault();

 private:
  Fault CommitFault();

  const std::unique_ptr<Store> store_;
  std::atomic<uint64_t> faults_{0};
  std::atomic<bool> active_{false};
  std::mutex mutex_;
  // Guarded by mutex_:
  std::mt19937_64 random_;
  Chances chances_;
  std::deque<Fault> commit_script_;
  std::deque<Fault> read_script_;
};

}  // namespace cairn::kv
