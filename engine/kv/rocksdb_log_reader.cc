// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_log_reader.h"

#include <rocksdb/db.h>
#include <rocksdb/transaction_log.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <tuple>

#include "engine/base/try.h"
#include "engine/kv/commit_record.h"
#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {
namespace {

std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace

/// Splits a batch into commits. Views point into the batch.
class RocksLogReader::BatchParser final : public rocksdb::WriteBatch::Handler {
 public:
  explicit BatchParser(RocksLogReader* reader) : reader_(*reader) {}

  rocksdb::Status PutCF(uint32_t family, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    return Add(family, true, key, value);
  }
  rocksdb::Status DeleteCF(uint32_t family, const rocksdb::Slice& key) override {
    return Add(family, false, key, {});
  }
  void LogData(const rocksdb::Slice& blob) override {
    Commit commit{{}, reader_.operations_.size(), reader_.operations_.size()};
    if (!DecodeLogRecord(ToView(blob), &commit.entry)) {
      damaged_ = true;
      return;
    }
    reader_.commits_.push_back(commit);
  }

  bool damaged() const { return damaged_; }

 private:
  rocksdb::Status Add(uint32_t family, bool put, const rocksdb::Slice& key,
                      const rocksdb::Slice& value) {
    // What stands before the first log record belongs to the group, not to a commit.
    if (reader_.commits_.empty()) return rocksdb::Status::OK();
    if (family >= key::kFamilyCount) return rocksdb::Status::Corruption("unknown column family");
    reader_.operations_.push_back({static_cast<Family>(family), put, ToView(key), ToView(value)});
    reader_.commits_.back().end = reader_.operations_.size();
    return rocksdb::Status::OK();
  }

  RocksLogReader& reader_;
  bool damaged_ = false;
};

RocksLogReader::RocksLogReader(const RocksDatabase& database, const LogKeeper& keeper,
                               std::function<CommitNumber()> durable, CommitNumber after)
    : database_(database),
      keeper_(keeper),
      durable_(std::move(durable)),
      next_(after + 1),
      sequence_(keeper.SequenceBefore(next_)) {}

RocksLogReader::~RocksLogReader() = default;

Result<bool> RocksLogReader::Next(LogEntry* entry) {
  if (next_ > durable_()) return false;
  current_ = nullptr;
  for (int reopens = 0; reopens <= kReopensMax;) {
    if (NextInBatch(entry)) return true;
    // A commit beyond the wanted one: the log has a gap here, or the iterator met the remains of a
    // damaged log. Looking again from behind the last commit tells.
    const bool gap = at_ < commits_.size();
    commits_.clear();
    at_ = 0;
    if (gap) {
      iterator_.reset();
      ++reopens;
    }
    if (!NextBatch()) {
      iterator_.reset();
      ++reopens;
      continue;
    }
    const auto before = sequence_;
    CAIRN_TRY_ASSIGN(const bool parsed, Parse());
    // Ingestions take sequence numbers, which stop an iterator: any number of them may lie on the
    // way.
    if (sequence_ > before) reopens = 0;
    if (!parsed) ++reopens;
  }
  return Missing();
}

bool RocksLogReader::NextInBatch(LogEntry* entry) {
  while (at_ < commits_.size() && commits_[at_].entry.number < next_) ++at_;
  if (at_ == commits_.size() || commits_[at_].entry.number != next_) return false;
  current_ = &commits_[at_++];
  sorted_.clear();
  *entry = current_->entry;
  ++next_;
  return true;
}

bool RocksLogReader::NextBatch() {
  if (iterator_ == nullptr) {
    if (!database_.db->GetUpdatesSince(sequence_, &iterator_).ok()) return false;
  } else {
    iterator_->Next();
  }
  return iterator_->Valid() && iterator_->status().ok();
}

Result<bool> RocksLogReader::Parse() {
  rocksdb::BatchResult result = iterator_->GetBatch();
  commits_.clear();
  operations_.clear();
  batch_ = std::move(result.writeBatchPtr);
  BatchParser parser(this);
  const rocksdb::Status iterated = batch_->Iterate(&parser);
  if (!iterated.ok() || parser.damaged()) {
    commits_.clear();
    return Status(
        ErrorCode::kDataCorruptionDetected,
        "the commit log holds a record that cannot be read, near commit " + std::to_string(next_));
  }
  // Only past what continues the log: behind a gap the same place is looked at again.
  if (commits_.empty() || commits_.front().entry.number <= next_) {
    sequence_ = std::max(sequence_, result.sequence + batch_->Count());
  }
  return true;
}

// A durable commit that does not turn up has been passed by retention, or the log has a hole.
Status RocksLogReader::Missing() const {
  const CommitNumber oldest = OldestKept();
  if (oldest == 0 || oldest > next_) {
    return Status(ErrorCode::kChangeStreamHistoryLost,
                  "commit " + std::to_string(next_) +
                      " is no longer in the log; the oldest that is kept is " +
                      std::to_string(oldest));
  }
  return Status(ErrorCode::kDataCorruptionDetected,
                "commit " + std::to_string(next_) + " is missing from the log, which begins at " +
                    std::to_string(oldest));
}

CommitNumber RocksLogReader::OldestKept() const {
  RocksLogReader first(database_, keeper_, durable_, 0);
  first.sequence_ = 0;
  while (first.NextBatch()) {
    const Result<bool> parsed = first.Parse();
    if (!parsed.ok()) return 0;
    if (!first.commits_.empty()) return first.commits_.front().entry.number;
  }
  return 0;
}

bool RocksLogReader::FindPut(Family family, std::string_view key, std::string_view* value) const {
  if (current_ == nullptr) return false;
  const Operation* found = nullptr;
  if (current_->end - current_->begin <= kLinearMax) {
    for (size_t i = current_->end; i-- > current_->begin;) {
      if (operations_[i].family != family || operations_[i].key != key) continue;
      found = &operations_[i];
      break;
    }
  } else {
    const auto order = [](const Operation* a, const Operation* b) {
      return std::tie(a->family, a->key) < std::tie(b->family, b->key);
    };
    if (sorted_.empty()) {
      for (size_t i = current_->begin; i < current_->end; ++i) sorted_.push_back(&operations_[i]);
      std::stable_sort(sorted_.begin(), sorted_.end(), order);
    }
    const Operation wanted{family, false, key, {}};
    const auto above = std::upper_bound(sorted_.begin(), sorted_.end(), &wanted, order);
    if (above != sorted_.begin() && !order(*std::prev(above), &wanted)) found = *std::prev(above);
  }
  if (found == nullptr || !found->put) return false;
  *value = found->value;
  return true;
}

}  // namespace cairn::kv
