// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/faulty_store.h"

#include <chrono>
#include <thread>

#include "engine/base/try.h"

namespace cairn::kv {
namespace {

/// Fails in status() before its first entry.
class FailedScan final : public Scan {
 public:
  explicit FailedScan(Status status) : status_(std::move(status)) {}
  bool Next() override { return false; }
  void SkipTo(std::string_view /*key*/) override {}
  Status status() const override { return status_; }

 private:
  const Status status_;
};

class FaultyReader final : public Reader {
 public:
  FaultyReader(FaultyStore* store, std::unique_ptr<Reader> reader)
      : store_(store), reader_(std::move(reader)) {}

  Result<bool> Get(Family family, std::string_view key, PinnedValue* value) override {
    CAIRN_TRY(store_->ReadFault());
    return reader_->Get(family, key, value);
  }
  Status MultiGet(Family family, std::span<const std::string_view> keys,
                  std::vector<PinnedValue>* values) override {
    CAIRN_TRY(store_->ReadFault());
    return reader_->MultiGet(family, keys, values);
  }
  std::unique_ptr<Scan> NewScan(Family family, const Range& range,
                                const ScanOptions& options) override {
    Status fault = store_->ReadFault();
    if (!fault.ok()) return std::make_unique<FailedScan>(std::move(fault));
    return reader_->NewScan(family, range, options);
  }
  CommitNumber read_number() const override { return reader_->read_number(); }

 private:
  FaultyStore* const store_;
  const std::unique_ptr<Reader> reader_;
};

class FaultyTransaction final : public Transaction {
 public:
  FaultyTransaction(FaultyStore* store, std::unique_ptr<Transaction> transaction)
      : store_(store), transaction_(std::move(transaction)) {}

  Result<bool> Get(Family family, std::string_view key, PinnedValue* value) override {
    CAIRN_TRY(store_->ReadFault());
    return transaction_->Get(family, key, value);
  }
  Status MultiGet(Family family, std::span<const std::string_view> keys,
                  std::vector<PinnedValue>* values) override {
    CAIRN_TRY(store_->ReadFault());
    return transaction_->MultiGet(family, keys, values);
  }
  std::unique_ptr<Scan> NewScan(Family family, const Range& range,
                                const ScanOptions& options) override {
    Status fault = store_->ReadFault();
    if (!fault.ok()) return std::make_unique<FailedScan>(std::move(fault));
    return transaction_->NewScan(family, range, options);
  }
  CommitNumber read_number() const override { return transaction_->read_number(); }
  Result<bool> GetForUpdate(Family family, std::string_view key, PinnedValue* value) override {
    CAIRN_TRY(store_->ReadFault());
    return transaction_->GetForUpdate(family, key, value);
  }
  Status LockForUpdate(Family family, std::string_view key) override {
    return transaction_->LockForUpdate(family, key);
  }
  Status Put(Family family, std::string_view key, std::string_view value) override {
    writes_ = true;
    return transaction_->Put(family, key, value);
  }
  Status Delete(Family family, std::string_view key) override {
    writes_ = true;
    return transaction_->Delete(family, key);
  }
  Status DeleteRange(Family family, const Range& range) override {
    writes_ = true;
    return transaction_->DeleteRange(family, range);
  }
  void AddCounts(uint32_t collection_id, int64_t documents, int64_t bytes) override {
    writes_ = true;
    transaction_->AddCounts(collection_id, documents, bytes);
  }
  void DropCounts(uint32_t collection_id) override {
    writes_ = true;
    transaction_->DropCounts(collection_id);
  }
  void AppendLog(std::string_view bytes) override {
    writes_ = true;
    transaction_->AppendLog(bytes);
  }
  size_t write_bytes() const override { return transaction_->write_bytes(); }

  const FaultyStore* store() const { return store_; }
  bool writes() const { return writes_; }
  std::unique_ptr<Transaction> Release() { return std::move(transaction_); }

 private:
  FaultyStore* const store_;
  std::unique_ptr<Transaction> transaction_;
  bool writes_ = false;
};

}  // namespace

void FaultyStore::Draw(uint64_t seed, const Chances& chances) {
  std::lock_guard lock(mutex_);
  random_.seed(seed);
  chances_ = chances;
  active_ = true;
}

void FaultyStore::Script(Fault fault) {
  std::lock_guard lock(mutex_);
  (fault == Fault::kReadFails ? read_script_ : commit_script_).push_back(fault);
  active_ = true;
}

void FaultyStore::Stop() {
  std::lock_guard lock(mutex_);
  chances_ = {};
  commit_script_.clear();
  read_script_.clear();
  active_ = false;
}

Fault FaultyStore::CommitFault() {
  if (!active_) return Fault::kNone;
  std::lock_guard lock(mutex_);
  if (!commit_script_.empty()) {
    const Fault fault = commit_script_.front();
    commit_script_.pop_front();
    return fault;
  }
  auto drawn = static_cast<int>(random_() % 1000);
  const std::pair<Fault, int> table[] = {
      {Fault::kConflict, chances_.conflict},
      {Fault::kUnknownApplied, chances_.unknown_applied},
      {Fault::kUnknownNotApplied, chances_.unknown_not_applied},
      {Fault::kUnavailable, chances_.unavailable},
      {Fault::kSlow, chances_.slow},
  };
  for (const auto& [fault, chance] : table) {
    if (drawn < chance) return fault;
    drawn -= chance;
  }
  return Fault::kNone;
}

Status FaultyStore::ReadFault() {
  if (!active_) return Status::Ok();
  std::lock_guard lock(mutex_);
  bool fails = false;
  if (!read_script_.empty()) {
    fails = true;
    read_script_.pop_front();
  } else if (chances_.read_fails > 0) {
    fails = static_cast<int>(random_() % 1000) < chances_.read_fails;
  }
  if (!fails) return Status::Ok();
  ++faults_;
  return Status(ErrorCode::kOperationFailed, "injected: a read failed");
}

std::unique_ptr<Reader> FaultyStore::NewSnapshot() {
  return std::make_unique<FaultyReader>(this, store_->NewSnapshot());
}

Result<bool> FaultyStore::Get(Family family, std::string_view key, PinnedValue* value) {
  CAIRN_TRY(ReadFault());
  return store_->Get(family, key, value);
}

std::unique_ptr<Transaction> FaultyStore::Begin(const TransactionOptions& options) {
  return std::make_unique<FaultyTransaction>(this, store_->Begin(options));
}

Result<CommitNumber> FaultyStore::Commit(std::unique_ptr<Transaction> transaction) {
  auto* own = dynamic_cast<FaultyTransaction*>(transaction.get());
  if (own == nullptr || own->store() != this) {
    return Status(ErrorCode::kBadValue, "the transaction belongs to another store");
  }
  const Fault fault = own->writes() ? CommitFault() : Fault::kNone;
  if (fault != Fault::kNone) ++faults_;
  switch (fault) {
    case Fault::kConflict:
      return Status(ErrorCode::kWriteConflict, "injected: a conflict");
    case Fault::kUnknownNotApplied:
      return Status(ErrorCode::kCommitOutcomeUnknown, "injected: the outcome is unknown");
    case Fault::kUnavailable:
      return Status(ErrorCode::kOutOfDiskSpace, "injected: the disk is full");
    case Fault::kUnknownApplied: {
      // A conflict stays one: only an applied commit may be called unknown here.
      CAIRN_TRY_ASSIGN(const CommitNumber number, store_->Commit(own->Release()));
      return Status(ErrorCode::kCommitOutcomeUnknown,
                    "injected: the outcome of commit " + std::to_string(number) + " is unknown");
    }
    case Fault::kSlow:
      std::this_thread::sleep_for(std::chrono::milliseconds(kSlowMs));
      break;
    case Fault::kNone:
    case Fault::kReadFails:
      break;
  }
  return store_->Commit(own->Release());
}

}  // namespace cairn::kv
