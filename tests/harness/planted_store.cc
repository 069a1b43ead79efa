// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/planted_store.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/try.h"

namespace cairn::harness {
namespace {

using key::Family;
using key::Range;

// Every so many of the affected operations go wrong.
constexpr uint64_t kSkipEvery = 200;
constexpr uint64_t kSplitEvery = 2;
constexpr uint64_t kStaleEvery = 50;
constexpr uint64_t kReuseEvery = 100;
constexpr std::chrono::milliseconds kBetweenCommits{1};
constexpr std::chrono::milliseconds kCommitsLate{3};

class PlantedTransaction;

class PlantedStore final : public kv::Store {
 public:
  PlantedStore(std::unique_ptr<kv::Store> store, Defect defect)
      : store_(std::move(store)), defect_(defect) {
    if (defect == Defect::kAcknowledgeBeforeCommit) late_ = std::thread([this] { CommitLate(); });
  }
  ~PlantedStore() override {
    stop_ = true;
    if (late_.joinable()) late_.join();
  }

  kv::Limits limits() const override { return store_->limits(); }
  std::unique_ptr<kv::Reader> NewSnapshot() override { return store_->NewSnapshot(); }
  Result<bool> Get(Family family, std::string_view key, kv::PinnedValue* value) override {
    return store_->Get(family, key, value);
  }
  std::unique_ptr<kv::Transaction> Begin(const kv::TransactionOptions& options) override;
  Result<kv::CommitNumber> Commit(std::unique_ptr<kv::Transaction> transaction) override;
  kv::CommitNumber visible() const override { return store_->visible(); }
  kv::CommitNumber durable() const override { return store_->durable(); }
  Status WaitDurable(kv::CommitNumber number) override {
    if (defect_ == Defect::kAcknowledgeBeforeSync) return Status::Ok();
    return store_->WaitDurable(number);
  }
  void WhenDurable(kv::CommitNumber number, std::function<void(const Status&)> done) override {
    if (defect_ == Defect::kAcknowledgeBeforeSync) return done(Status::Ok());
    store_->WhenDurable(number, std::move(done));
  }
  kv::Counts GetCounts(uint32_t collection_id) const override {
    return store_->GetCounts(collection_id);
  }
  Result<std::unique_ptr<kv::LogReader>> ReadLog(kv::CommitNumber after) override {
    return store_->ReadLog(after);
  }
  bool WaitLog(kv::CommitNumber after, int64_t timeout_ms) override {
    return store_->WaitLog(after, timeout_ms);
  }
  std::shared_ptr<void> PinLog(kv::CommitNumber after) override { return store_->PinLog(after); }
  Status Ingest(Family family, const kv::IngestSource& source) override {
    return store_->Ingest(family, source);
  }
  Status DiscardTables(Family family, const key::Range& range) override {
    return store_->DiscardTables(family, range);
  }
  Status write_state() const override { return store_->write_state(); }
  std::vector<std::pair<std::string, uint64_t>> Metrics() const override {
    return store_->Metrics();
  }

  /// Whether this is one of the operations that `defect` spoils.
  bool Strikes(Defect defect, uint64_t every) {
    return defect_ == defect && ++strikes_ % every == 0;
  }

 private:
  void CommitLate() {
    while (!stop_) {
      std::this_thread::sleep_for(kCommitsLate);
      std::deque<std::unique_ptr<kv::Transaction>> due;
      {
        const std::lock_guard lock(mutex_);
        due.swap(queued_);
      }
      for (auto& transaction : due) store_->Commit(std::move(transaction)).status().ok();
    }
  }

  const std::unique_ptr<kv::Store> store_;
  const Defect defect_;
  std::atomic<uint64_t> strikes_{0};
  std::atomic<kv::CommitNumber> previous_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::deque<std::unique_ptr<kv::Transaction>> queued_;  // guarded by mutex_
  std::thread late_;
};

// Passes everything on; what it puts into indexes may go into a second transaction.
class PlantedTransaction final : public kv::Transaction {
 public:
  PlantedTransaction(PlantedStore* store, std::unique_ptr<kv::Transaction> transaction,
                     std::unique_ptr<kv::Transaction> second)
      : store_(*store), transaction_(std::move(transaction)), second_(std::move(second)) {}

  Result<bool> Get(Family family, std::string_view key, kv::PinnedValue* value) override {
    return transaction_->Get(family, key, value);
  }
  Status MultiGet(Family family, std::span<const std::string_view> keys,
                  std::vector<kv::PinnedValue>* values) override {
    return transaction_->MultiGet(family, keys, values);
  }
  std::unique_ptr<kv::Scan> NewScan(Family family, const Range& range,
                                    const kv::ScanOptions& options) override {
    return transaction_->NewScan(family, range, options);
  }
  kv::CommitNumber read_number() const override { return transaction_->read_number(); }
  Result<bool> GetForUpdate(Family family, std::string_view key, kv::PinnedValue* value) override {
    return transaction_->GetForUpdate(family, key, value);
  }
  Status LockForUpdate(Family family, std::string_view key) override {
    return transaction_->LockForUpdate(family, key);
  }
  Status Put(Family family, std::string_view key, std::string_view value) override {
    if (family == Family::kIndexes && store_.Strikes(Defect::kSkipIndexPut, kSkipEvery)) {
      return Status::Ok();
    }
    if (second_ != nullptr && family == Family::kIndexes) return second_->Put(family, key, value);
    return transaction_->Put(family, key, value);
  }
  Status Delete(Family family, std::string_view key) override {
    return transaction_->Delete(family, key);
  }
  Status DeleteRange(Family family, const Range& range) override {
    return transaction_->DeleteRange(family, range);
  }
  void AddCounts(uint32_t collection_id, int64_t documents, int64_t bytes) override {
    writes_documents_ = true;
    if (store_.Strikes(Defect::kStaleCount, kStaleEvery)) return;
    transaction_->AddCounts(collection_id, documents, bytes);
  }
  void DropCounts(uint32_t collection_id) override { transaction_->DropCounts(collection_id); }
  void AppendLog(std::string_view bytes) override { transaction_->AppendLog(bytes); }
  size_t write_bytes() const override { return transaction_->write_bytes(); }

  bool writes_documents() const { return writes_documents_; }
  std::unique_ptr<kv::Transaction> TakeFirst() { return std::move(transaction_); }
  std::unique_ptr<kv::Transaction> TakeSecond() { return std::move(second_); }

 private:
  PlantedStore& store_;
  std::unique_ptr<kv::Transaction> transaction_;
  std::unique_ptr<kv::Transaction> second_;  // null: all in one
  bool writes_documents_ = false;
};

std::unique_ptr<kv::Transaction> PlantedStore::Begin(const kv::TransactionOptions& options) {
  std::unique_ptr<kv::Transaction> second;
  if (Strikes(Defect::kTwoCommits, kSplitEvery)) second = store_->Begin({});
  return std::make_unique<PlantedTransaction>(this, store_->Begin(options), std::move(second));
}

Result<kv::CommitNumber> PlantedStore::Commit(std::unique_ptr<kv::Transaction> transaction) {
  auto& planted = static_cast<PlantedTransaction&>(*transaction);
  if (defect_ == Defect::kAcknowledgeBeforeCommit && planted.writes_documents()) {
    const std::lock_guard lock(mutex_);
    queued_.push_back(planted.TakeFirst());
    return store_->visible();
  }
  std::unique_ptr<kv::Transaction> second = planted.TakeSecond();
  CAIRN_TRY_ASSIGN(const kv::CommitNumber number, store_->Commit(planted.TakeFirst()));
  if (second != nullptr && second->write_bytes() > 0) {
    std::this_thread::sleep_for(kBetweenCommits);
    CAIRN_TRY(store_->Commit(std::move(second)).status());
  }
  const kv::CommitNumber previous = previous_.exchange(number);
  if (previous != 0 && Strikes(Defect::kReuseCommitNumber, kReuseEvery)) return previous;
  return number;
}

}  // namespace

std::optional<Defect> FindDefect(std::string_view name) {
  for (const auto& row : kDefects) {
    if (name == row.name) return row.defect;
  }
  return std::nullopt;
}

std::unique_ptr<kv::Store> PlantIn(std::unique_ptr<kv::Store> store, Defect defect) {
  return std::make_unique<PlantedStore>(std::move(store), defect);
}

}  // namespace cairn::harness
