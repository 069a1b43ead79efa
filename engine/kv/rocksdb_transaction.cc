// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_transaction.h"

#include <algorithm>
#include <utility>

#include "engine/base/try.h"
#include "engine/kv/key_hash.h"

namespace cairn::kv {
namespace {

Status Conflict() {
  return Status(ErrorCode::kWriteConflict,
                "another transaction is changing or has changed this key");
}

struct SpareMemory {
  ~SpareMemory() { ::operator delete(memory); }
  void* memory = nullptr;
};
thread_local SpareMemory spare;

}  // namespace

void* RocksTransaction::operator new(size_t size) {
  return spare.memory != nullptr ? std::exchange(spare.memory, nullptr) : ::operator new(size);
}

void RocksTransaction::operator delete(void* memory) {
  ::operator delete(std::exchange(spare.memory, memory));
}

RocksTransaction::RocksTransaction(const RocksDatabase& database, const CommitSection& section,
                                   Latches* latches, const Limits& limits,
                                   std::unique_ptr<HeldSnapshot> snapshot, CommitNumber read_number)
    : database_(database),
      section_(section),
      limits_(limits),
      snapshot_(std::move(snapshot)),
      pending_(latches) {
  pending_.snapshot = snapshot_ != nullptr;
  pending_.read_number = read_number;
}

CommitNumber RocksTransaction::read_number() const {
  return pending_.snapshot ? pending_.read_number : section_.visible();
}

Result<bool> RocksTransaction::Get(Family family, std::string_view key, PinnedValue* value) {
  if (const WriteBuffer::Operation* own = pending_.writes.Find(family, key)) {
    const bool found = own->kind == WriteBuffer::Kind::kPut;
    if (value == nullptr) return found;
    found ? value->SetFound(own->second) : value->SetMissing();
    return found;
  }
  return ReadOne(database_, snapshot(), family, key, value);
}

Status RocksTransaction::MultiGet(Family family, std::span<const std::string_view> keys,
                                  std::vector<PinnedValue>* values) {
  CAIRN_TRY(ReadMany(database_, snapshot(), family, keys, values));
  if (pending_.writes.empty()) return Status::Ok();
  for (size_t i = 0; i < keys.size(); ++i) {
    const WriteBuffer::Operation* own = pending_.writes.Find(family, keys[i]);
    if (own == nullptr) continue;
    if (own->kind == WriteBuffer::Kind::kPut) {
      (*values)[i].SetFound(own->second);
    } else {
      (*values)[i].SetMissing();
    }
  }
  return Status::Ok();
}

std::unique_ptr<Scan> RocksTransaction::NewScan(Family family, const Range& range,
                                                const ScanOptions& options) {
  return OverlayWrites(ScanRange(database_, snapshot(), family, range, options), pending_.writes,
                       family, range, options.reverse);
}

Status RocksTransaction::LockForUpdate(Family family, std::string_view key) {
  if (conflicted_) return Conflict();
  const uint64_t hash = HashKey(family, key);
  CommitNumber number = pending_.read_number;
  if (pending_.snapshot) {
    conflicted_ = section_.recent().ChangedSince(hash, number);
  } else {
    conflicted_ = !pending_.held.Hold(hash);
    // Before the read: everything up to here is seen, whatever else is.
    number = section_.visible();
  }
  if (conflicted_) return Conflict();
  pending_.reads.push_back({hash, number});
  return Status::Ok();
}

Result<bool> RocksTransaction::GetForUpdate(Family family, std::string_view key,
                                            PinnedValue* value) {
  CAIRN_TRY(LockForUpdate(family, key));
  return Get(family, key, value);
}

Status RocksTransaction::Room(std::string_view key, size_t bytes) const {
  if (key.empty() || key.size() > limits_.key_bytes_max) {
    return Status(ErrorCode::kBadValue, "a key has 1 to " + std::to_string(limits_.key_bytes_max) +
                                            " bytes, not " + std::to_string(key.size()));
  }
  if (pending_.writes.operations().size() >= limits_.transaction_operations_max ||
      write_bytes() + bytes > limits_.transaction_bytes_max) {
    return Status(ErrorCode::kTransactionTooLarge,
                  "a transaction takes " + std::to_string(limits_.transaction_operations_max) +
                      " operations and " + std::to_string(limits_.transaction_bytes_max) +
                      " bytes at most");
  }
  return Status::Ok();
}

Status RocksTransaction::Put(Family family, std::string_view key, std::string_view value) {
  CAIRN_TRY(Room(key, key.size() + value.size()));
  if (value.size() > limits_.value_bytes_max) {
    return Status(ErrorCode::kBadValue, "a value has at most " +
                                            std::to_string(limits_.value_bytes_max) +
                                            " bytes, not " + std::to_string(value.size()));
  }
  pending_.writes.Put(family, key, value);
  section_.recent().Prefetch(pending_.writes.operations().back().hash);
  return Status::Ok();
}

Status RocksTransaction::Delete(Family family, std::string_view key) {
  CAIRN_TRY(Room(key, key.size()));
  pending_.writes.Delete(family, key);
  return Status::Ok();
}

Status RocksTransaction::DeleteRange(Family family, const Range& range) {
  if (range.end.empty()) {
    return Status(ErrorCode::kBadValue, "a range to be deleted needs an end");
  }
  CAIRN_TRY(Room(range.end, range.begin.size() + range.end.size()));
  const std::unique_ptr<Scan> scan = NewScan(family, range, {});
  while (scan->Next()) CAIRN_TRY(Delete(family, scan->key()));
  return scan->status();
}

void RocksTransaction::AddCounts(uint32_t collection_id, int64_t documents, int64_t bytes) {
  if (!pending_.counts.empty() && pending_.counts.back().collection_id == collection_id &&
      !pending_.counts.back().dropped) {
    pending_.counts.back().by.documents += documents;
    pending_.counts.back().by.bytes += bytes;
    return;
  }
  pending_.counts.push_back({collection_id, false, {documents, bytes}});
}

void RocksTransaction::DropCounts(uint32_t collection_id) {
  pending_.counts.push_back({collection_id, true, {}});
}

Result<PendingCommit*> RocksTransaction::Finish() {
  if (conflicted_) return Conflict();
  if (write_bytes() > limits_.transaction_bytes_max) {
    return Status(ErrorCode::kTransactionTooLarge,
                  "the transaction and its log record are too long");
  }
  return &pending_;
}

}  // namespace cairn::kv
