// SPDX-License-Identifier: Apache-2.0
// The storage interface: an ordered key-value store in three families, with snapshots,
// transactions, durability tickets and a commit log. Everything above speaks to this alone;
// RocksDB, its in-memory environment, a fault-injecting wrapper and (later) a distributed store
// stand behind it, and one suite of tests runs on all of them.
//
// Outcomes, as error codes: WriteConflict (nothing applied, run the whole closure again),
// OutOfDiskSpace and StoreReadOnly (nothing applied), CommitOutcomeUnknown (may have been applied),
// SnapshotTooOld, TransactionTooLarge, BadValue (invalid use), DataCorruptionDetected.
//
// Thread safety: a Store may be used from any thread. A Reader, Transaction, Scan or LogReader
// belongs to one thread at a time. No Scan outlives its Reader, no Reader or Transaction its Store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/status.h"
#include "engine/key/keyspace.h"

namespace cairn::kv {

using key::Family;
using key::Range;

/// Counts commits from 1 without gaps, in the order in which they became visible. 0: no commit.
using CommitNumber = uint64_t;

/// What the store behind the interface can do.
struct Limits {
  size_t key_bytes_max = key::kMaxKeyBytes;
  size_t value_bytes_max = 0;
  size_t transaction_operations_max = 0;
  size_t transaction_bytes_max = 0;
  int64_t transaction_ms_max = 0;
  bool ingestion = false;  ///< Store::Ingest works; may end while the store is open.
  bool remote = false;     ///< Reads cost a round trip: batch them by hundreds.
};

/// Bytes that a backend keeps alive, without a copy where it can. Reuse one for many reads.
class PinnedValue {
 public:
  /// What a backend keeps to keep the bytes alive.
  class Holder {
   public:
    virtual ~Holder() = default;
  };

  bool found() const { return found_; }
  /// Valid until the next read into this object, and at most as long as the Reader.
  std::string_view view() const { return view_; }

  /// For backends.
  Holder* holder() const { return holder_.get(); }
  void set_holder(std::unique_ptr<Holder> holder) { holder_ = std::move(holder); }
  void SetFound(std::string_view view) {
    view_ = view;
    found_ = true;
  }
  void SetMissing() {
    view_ = {};
    found_ = false;
  }

 private:
  std::unique_ptr<Holder> holder_;
  std::string_view view_;
  bool found_ = false;
};

/// One pass over a range. Starts before the first entry:
///   while (scan->Next()) use(scan->key(), scan->value());
///   CAIRN_TRY(scan->status());
class Scan {
 public:
  virtual ~Scan() = default;
  /// Moves on; false at the end or on an error.
  virtual bool Next() = 0;
  /// Jumps forward (in the scan's direction) to the first entry at or past `key`, so that the next
  /// Next() returns it. Never moves back.
  virtual void SkipTo(std::string_view key) = 0;
  virtual Status status() const = 0;
  /// Valid until the next Next or SkipTo.
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

 protected:
  std::string_view key_;
  std::string_view value_;
};

struct ScanOptions {
  bool reverse = false;    ///< From the end of the range down.
  bool fill_cache = true;  ///< False for scans that would only wash the cache.
};

/// Consistent reads.
class Reader {
 public:
  virtual ~Reader() = default;
  /// Whether `key` exists; its value goes to `value`.
  virtual Result<bool> Get(Family family, std::string_view key, PinnedValue* value) = 0;
  /// One value a key, in the order of `keys`; `values` is resized.
  virtual Status MultiGet(Family family, std::span<const std::string_view> keys,
                          std::vector<PinnedValue>* values) = 0;
  /// Never null; errors show in status() of the scan.
  virtual std::unique_ptr<Scan> NewScan(Family family, const Range& range,
                                        const ScanOptions& options) = 0;
  /// Every commit up to this number is seen (a Transaction without a snapshot: at least these).
  virtual CommitNumber read_number() const = 0;
};

/// Documents and bytes of one collection.
struct Counts {
  int64_t documents = 0;
  int64_t bytes = 0;
};

struct TransactionOptions {
  /// True: all reads see one snapshot, taken at the start, and a commit fails with WriteConflict
  /// when a key that it wrote or read for update has changed since (snapshot isolation). False:
  /// reads see the newest commits; a key that was read for update is checked from that read on.
  bool snapshot = false;
};

/// Reads and buffered writes that take effect together or not at all. Reads and scans see the
/// transaction's own writes. Dropping it without a commit undoes nothing and leaves nothing.
class Transaction : public Reader {
 public:
  /// As Get, and makes the commit fail with WriteConflict when someone else changes the key
  /// (present or absent) before. May wait for another transaction that holds the key; answers
  /// WriteConflict at once where waiting could deadlock. `value` may be null where only existence
  /// matters.
  virtual Result<bool> GetForUpdate(Family family, std::string_view key, PinnedValue* value) = 0;
  /// The same without the read, by who knows otherwise what the key has.
  virtual Status LockForUpdate(Family family, std::string_view key) = 0;
  /// Later writes of a key win. Errors: TransactionTooLarge.
  virtual Status Put(Family family, std::string_view key, std::string_view value) = 0;
  virtual Status Delete(Family family, std::string_view key) = 0;
  /// Deletes each key that this transaction sees in the range now. Errors: as Delete and NewScan.
  virtual Status DeleteRange(Family family, const Range& range) = 0;
  /// Adds to a collection's counts. The commit turns this into absolute values under the catalog's
  /// counts key, in the same batch.
  virtual void AddCounts(uint32_t collection_id, int64_t documents, int64_t bytes) = 0;
  /// Forgets a dropped collection's counts with this commit.
  virtual void DropCounts(uint32_t collection_id) = 0;
  /// Appends to the commit's log record (its meaning belongs to engine/store).
  virtual void AppendLog(std::string_view bytes) = 0;
  /// Bytes written so far.
  virtual size_t write_bytes() const = 0;
};

/// One commit as the log keeps it. Valid until the reader moves.
struct LogEntry {
  CommitNumber number = 0;
  uint64_t timestamp = 0;   ///< Hybrid: seconds << 32 | increment; strictly increasing.
  int64_t wall_ms = 0;      ///< Wall time of the commit, milliseconds since 1970.
  std::string_view record;  ///< What AppendLog was given, concatenated.
};

/// Reads durable commits in order, each once.
class LogReader {
 public:
  virtual ~LogReader() = default;
  /// True: `entry` is the next commit. False: no further commit is durable yet.
  /// Errors: ChangeStreamHistoryLost once retention has passed the position,
  /// DataCorruptionDetected when the log has a hole.
  virtual Result<bool> Next(LogEntry* entry) = 0;
  /// The value that the current entry's commit put under `key`, if it did.
  virtual bool FindPut(Family family, std::string_view key, std::string_view* value) const = 0;
};

/// An ordered stream of entries for Ingest: true and a pair, or false at the end. Keys strictly
/// ascend.
using IngestSource = std::function<Result<bool>(std::string_view* key, std::string_view* value)>;

class Store {
 public:
  virtual ~Store() = default;

  virtual Limits limits() const = 0;

  /// Reads of everything committed so far.
  virtual std::unique_ptr<Reader> NewSnapshot() = 0;
  /// Point reads of the newest commits, each on its own: cheaper than a snapshot for one Get.
  virtual Result<bool> Get(Family family, std::string_view key, PinnedValue* value) = 0;

  virtual std::unique_ptr<Transaction> Begin(const TransactionOptions& options) = 0;
  /// Applies the transaction; it is visible when this returns and durable once its ticket
  /// completes. A transaction that wrote nothing gives the newest commit number. Use RunTransaction
  /// (retry.h).
  virtual Result<CommitNumber> Commit(std::unique_ptr<Transaction> transaction) = 0;

  /// The newest visible commit, and the newest that is known to be synced.
  virtual CommitNumber visible() const = 0;
  virtual CommitNumber durable() const = 0;
  /// Returns when `number` is durable. Error CommitOutcomeUnknown when its sync failed.
  virtual Status WaitDurable(CommitNumber number) = 0;
  /// Calls `done` once `number` is durable or its sync has failed: at once on this thread when that
  /// is known already, else later on the sync thread, where it must not block.
  virtual void WhenDurable(CommitNumber number, std::function<void(const Status&)> done) = 0;

  /// Counts of a collection as of visible().
  virtual Counts GetCounts(uint32_t collection_id) const = 0;

  /// A reader whose first entry is the commit after `after`.
  virtual Result<std::unique_ptr<LogReader>> ReadLog(CommitNumber after) = 0;
  /// Waits until a commit beyond `after` is durable (true) or the time is over (false).
  virtual bool WaitLog(CommitNumber after, int64_t timeout_ms) = 0;
  /// Keeps the log from `after` on until the returned handle is dropped.
  virtual std::shared_ptr<void> PinLog(CommitNumber after) = 0;

  /// Adds sorted entries beneath every later write, without the commit log. Only for keys that
  /// nothing else writes meanwhile (an index being built). Error CommandNotSupported without the
  /// capability.
  virtual Status Ingest(Family family, const IngestSource& source) = 0;

  /// Throws away whole tables that hold nothing but keys of the range, also for snapshots: only for
  /// what nobody reads or writes any more, once the commit that said so is durable. Some keys may
  /// stay.
  virtual Status DiscardTables(Family family, const Range& range) = 0;

  /// Empty when writes are accepted; else why not (after a failed sync, or on a full disk).
  virtual Status write_state() const = 0;

  /// What operators of the machine want to know: (name, value) pairs, such as cache bytes used.
  virtual std::vector<std::pair<std::string, uint64_t>> Metrics() const = 0;
};

}  // namespace cairn::kv
