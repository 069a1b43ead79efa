// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_commit.h"

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/kv/rocksdb_settings.h"
#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {
namespace {

// A batch that has grown past this is given back to the allocator.
constexpr size_t kBatchKeptMax = size_t{8} << 20;
constexpr int kPublicationYields = 100;
constexpr int kStallMsMax = 60'000;
constexpr int kPublicationWaitsMax = 1000;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

struct CommitSection::Request : CommitQueue::Entry {
  PendingCommit* pending = nullptr;
  std::function<Status()> task;  // instead of a commit
  Status status;
  CommitNumber number = 0;
  uint64_t timestamp = 0;
};

CommitSection::CommitSection(const RocksDatabase& database, LogKeeper* keeper,
                             std::function<void()> published)
    : database_(database),
      keeper_(keeper),
      published_(std::move(published)),
      queue_([this](const std::vector<CommitQueue::Entry*>& group) { Work(group); }),
      visible_(database.recovered.number),
      number_(database.recovered.number),
      timestamp_(database.recovered.timestamp),
      batch_(std::make_unique<rocksdb::WriteBatch>()) {
  NotePublication();
}

CommitSection::~CommitSection() = default;

Status CommitSection::Load() {
  const std::string begin(1, key::kCountsTag);
  std::unique_ptr<rocksdb::Iterator> entries(
      database_.db->NewIterator(ScanReadOptions(), database_.family(Family::kCatalog)));
  std::unique_lock lock(counts_mutex_);
  for (entries->Seek(begin); entries->Valid() && entries->key().starts_with(begin);
       entries->Next()) {
    const std::optional<CountsRecord> record =
        DecodeCounts({entries->value().data(), entries->value().size()});
    if (!record || entries->key().size() != 5) {
      return Status(ErrorCode::kDataCorruptionDetected, "the counts of a collection are damaged");
    }
    counts_[base::LoadBig<uint32_t>(entries->key().data() + 1)] = record->counts;
  }
  return FromRocksDb(entries->status(), "cannot read counts");
}

Result<CommitNumber> CommitSection::Commit(PendingCommit* pending) {
  Request request;
  request.pending = pending;
  queue_.Enter(&request);
  if (!request.status.ok()) return std::move(request.status);
  return request.number;
}

Status CommitSection::RunExclusive(std::function<Status()> task) {
  Request request;
  request.task = std::move(task);
  queue_.Enter(&request);
  return std::move(request.status);
}

void CommitSection::Work(const std::vector<CommitQueue::Entry*>& group) {
  for (CommitQueue::Entry* entry : group) {
    auto* request = static_cast<Request*>(entry);
    if (request->task) {
      WriteGroup();
      request->status = request->task();
      NotePublication();
      continue;
    }
    if (admitted_bytes_ >= kGroupBytesMax) WriteGroup();
    Admit(request);
  }
  WriteGroup();
}

void CommitSection::Admit(Request* request) {
  if (read_only_) {
    request->status = write_state();
    return;
  }
  const PendingCommit& pending = *request->pending;
  if (Conflicts(pending)) {
    conflicts_.fetch_add(1, std::memory_order_relaxed);
    request->status = Status(ErrorCode::kWriteConflict,
                             "another transaction changed a key that this one read for update");
    return;
  }
  if (admitted_.empty()) {
    wall_ms_ = database_.options.clock->WallMs();
    group_timestamp_ = static_cast<uint64_t>(std::max<int64_t>(wall_ms_, 0) / 1000) << 32;
  }
  request->number = number_ + admitted_.size() + 1;
  const uint64_t last = admitted_.empty() ? timestamp_ : admitted_.back()->timestamp;
  request->timestamp = std::max(group_timestamp_, last + 1);
  // At once, so that later members of the group meet the changes of earlier ones.
  for (const WriteBuffer::Operation& write : pending.writes.operations()) {
    recent_.Record(write.hash, request->number);
  }
  StageCounts(pending);
  admitted_.push_back(request);
  admitted_bytes_ += pending.writes.bytes() + pending.log.size();
}

bool CommitSection::Conflicts(const PendingCommit& pending) const {
  for (const ReadMark& read : pending.reads) {
    if (recent_.ChangedSince(read.hash, read.number)) return true;
  }
  if (!pending.snapshot) return false;
  return std::any_of(pending.writes.operations().begin(), pending.writes.operations().end(),
                     [&](const WriteBuffer::Operation& write) {
                       return recent_.ChangedSince(write.hash, pending.read_number);
                     });
}

void CommitSection::StageCounts(const PendingCommit& pending) {
  for (const CountsChange& change : pending.counts) {
    auto staged = std::find_if(
        staged_counts_.begin(), staged_counts_.end(),
        [&](const CountsChange& each) { return each.collection_id == change.collection_id; });
    if (staged == staged_counts_.end()) {
      staged_counts_.push_back({change.collection_id, false, GetCounts(change.collection_id)});
      staged = std::prev(staged_counts_.end());
    }
    staged->dropped = change.dropped;
    if (change.dropped) {
      staged->by = {};
    } else {
      staged->by.documents += change.by.documents;
      staged->by.bytes += change.by.bytes;
    }
  }
}

bool CommitSection::IsFlushing() const {
  for (rocksdb::ColumnFamilyHandle* const family : database_.families) {
    for (const std::string& what : {rocksdb::DB::Properties::kMemTableFlushPending,
                                    rocksdb::DB::Properties::kNumRunningFlushes}) {
      uint64_t count = 0;
      if (database_.db->GetIntProperty(family, what, &count) && count != 0) return true;
    }
  }
  return false;
}

// While memtables that are being flushed take more than their share. Those still written to do not
// count: the next write is what makes RocksDB flush them. Nor do those that a read keeps: waiting
// would not free them, and the reader may be who writes.
void CommitSection::AwaitFlush() const {
  const rocksdb::WriteBufferManager& buffers = *database_.write_buffers;
  const size_t limit = buffers.buffer_size();
  for (int waited_ms = 0; waited_ms < kStallMsMax; ++waited_ms) {
    const bool full =
        buffers.memory_usage() >= limit && buffers.mutable_memtable_memory_usage() < limit / 2;
    if (!full || database_.health->background_failed || !IsFlushing()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void CommitSection::WriteGroup() {
  if (admitted_.empty()) return;
  AwaitFlush();
  const Status built = BuildBatch(database_.db->GetLatestSequenceNumber());
  if (built.ok()) {
    // Not synced: durability is a ticket's.
    const rocksdb::Status written = database_.db->Write(rocksdb::WriteOptions(), batch_.get());
    written.ok() ? Publish() : Failed(written);
  } else {
    for (Request* request : admitted_) request->status = built;
    WithdrawMarks();
  }
  groups_.fetch_add(1, std::memory_order_relaxed);
  for (Request* request : admitted_) request->pending->held.ReleaseAll();
  admitted_.clear();
  admitted_bytes_ = 0;
  staged_counts_.clear();
  if (batch_->GetDataSize() > kBatchKeptMax) batch_ = std::make_unique<rocksdb::WriteBatch>();
}

Status CommitSection::BuildBatch(uint64_t sequence_before) {
  batch_->Clear();
  CAIRN_TRY(AppendShared(sequence_before));
  for (const Request* request : admitted_) CAIRN_TRY(AppendCommit(*request));
  return Status::Ok();
}

Status CommitSection::AppendShared(uint64_t sequence_before) {
  rocksdb::ColumnFamilyHandle* catalog = database_.family(Family::kCatalog);
  rocksdb::Status status;
  const auto put = [&](const std::string& at, const std::string& value) {
    if (status.ok()) status = batch_->Put(catalog, at, value);
  };
  const Request& last = *admitted_.back();
  const LastCommit as_of{last.number, last.timestamp};
  bool noted = false;
  for (const CountsChange& staged : staged_counts_) {
    if (!staged.dropped) {
      scratch_.clear();
      EncodeCounts({staged.by, as_of}, &scratch_);
      put(key::CountsKey(staged.collection_id), scratch_);
      noted = true;
    } else if (status.ok()) {
      status = batch_->Delete(catalog, key::CountsKey(staged.collection_id));
    }
  }
  // Counts say which commit they are of, which spares most groups a record of the last commit.
  if (!noted) {
    scratch_.clear();
    EncodeLastCommit(as_of, &scratch_);
    put(key::LastCommitKey(), scratch_);
  }
  const CommitNumber first_number = admitted_.front()->number;
  position_number_ = 0;
  if (position_due_ || last.number / kSparseEvery != (first_number - 1) / kSparseEvery) {
    position_number_ = first_number;
    std::string sequence;
    base::AppendLittle<uint64_t>(&sequence, sequence_before + 1);
    put(key::CommitKey(first_number), sequence);
    for (const CommitNumber forgotten : keeper_->TakeForgotten(kForgottenMax)) {
      if (status.ok()) status = batch_->Delete(catalog, key::CommitKey(forgotten));
    }
  }
  return FromRocksDb(status, "cannot build a commit");
}

Status CommitSection::AppendCommit(const Request& request) {
  const PendingCommit& pending = *request.pending;
  scratch_.clear();
  EncodeLogHead(request.number, request.timestamp, wall_ms_, &scratch_);
  scratch_ += pending.log;
  rocksdb::Status status = batch_->PutLogData(scratch_);
  for (const WriteBuffer::Operation& write : pending.writes.operations()) {
    if (!status.ok()) break;
    rocksdb::ColumnFamilyHandle* family = database_.family(write.family);
    switch (write.kind) {
      case WriteBuffer::Kind::kPut:
        status = batch_->Put(family, ToSlice(write.key), ToSlice(write.second));
        break;
      case WriteBuffer::Kind::kDelete:
        status = batch_->Delete(family, ToSlice(write.key));
        break;
    }
  }
  return FromRocksDb(status, "cannot build a commit");
}

void CommitSection::Publish() {
  if (position_number_ != 0) {
    // The batch has just been written, and nothing else writes: it ends at the newest sequence.
    keeper_->AddPosition(position_number_,
                         database_.db->GetLatestSequenceNumber() + 1 - batch_->Count());
    position_due_ = false;
  }
  if (!staged_counts_.empty()) {
    std::unique_lock lock(counts_mutex_);
    for (const CountsChange& staged : staged_counts_) {
      if (staged.dropped) {
        counts_.erase(staged.collection_id);
      } else {
        counts_[staged.collection_id] = staged.by;
      }
    }
  }
  number_ = admitted_.back()->number;
  timestamp_ = admitted_.back()->timestamp;
  visible_.store(number_);
  NotePublication();
  database_.health->disk_full = false;
  published_();
}

void CommitSection::Failed(const rocksdb::Status& status) {
  // RocksDB may have used up sequence numbers; the commit numbers are given again.
  NotePublication();
  position_due_ = true;
  Status outcome;
  if (status.IsNoSpace()) {
    database_.health->disk_full = true;
    outcome = DiskFull();
  } else {
    const std::string text = FromRocksDb(status, "a write failed").message();
    TurnReadOnly(text);
    outcome = Status(ErrorCode::kCommitOutcomeUnknown, text);
  }
  for (Request* request : admitted_) request->status = outcome;
  WithdrawMarks();
}

// Whoever tries again reads as of the last commit that there is, and must not meet the marks of one
// that did not come about: it would conflict with itself for ever.
void CommitSection::WithdrawMarks() {
  for (const Request* request : admitted_) {
    for (const WriteBuffer::Operation& write : request->pending->writes.operations()) {
      recent_.Lower(write.hash, number_);
    }
  }
}

void CommitSection::NotePublication() {
  const uint64_t sequence = database_.db->GetLatestSequenceNumber();
  std::lock_guard lock(publications_mutex_);
  publications_[publication_count_++ % kPublicationsMax] = {sequence, visible_.load()};
}

std::optional<CommitNumber> CommitSection::NumberAt(uint64_t sequence) const {
  for (int waits = 0; waits < kPublicationWaitsMax; ++waits) {
    {
      std::lock_guard lock(publications_mutex_);
      const size_t kept = std::min(publication_count_, kPublicationsMax);
      for (size_t back = 1; back <= kept; ++back) {
        const Publication& at = publications_[(publication_count_ - back) % kPublicationsMax];
        // Newer than the newest: that group can be read and is about to be published.
        if (back == 1 && at.sequence < sequence) break;
        if (at.sequence <= sequence) return at.number;
        if (back == kept) return std::nullopt;
      }
    }
    if (waits < kPublicationYields) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
  return std::nullopt;
}

Counts CommitSection::GetCounts(uint32_t collection_id) const {
  std::shared_lock lock(counts_mutex_);
  const auto found = counts_.find(collection_id);
  return found == counts_.end() ? Counts{} : found->second;
}

void CommitSection::TurnReadOnly(const std::string& why) {
  std::lock_guard lock(state_mutex_);
  if (read_only_why_.empty()) read_only_why_ = why;
  read_only_ = true;
}

Status CommitSection::write_state() const {
  if (read_only_) {
    std::lock_guard lock(state_mutex_);
    return Status(ErrorCode::kStoreReadOnly,
                  "the store has stopped writing until it is opened again: " + read_only_why_);
  }
  return database_.health->disk_full ? DiskFull() : Status::Ok();
}

}  // namespace cairn::kv
