// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_read.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/snapshot.h>

#include <chrono>
#include <typeinfo>

#include "engine/kv/rocksdb_settings.h"
#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {
namespace {

class SliceHolder final : public PinnedValue::Holder {
 public:
  // Shared, so that a value that outlives the store can still give its block back.
  std::shared_ptr<rocksdb::Cache> cache;
  rocksdb::PinnableSlice slice;
};

/// The holder of `value`, reused when it is one of ours.
SliceHolder& HolderOf(const RocksDatabase& database, PinnedValue* value) {
  PinnedValue::Holder* there = value->holder();
  if (there != nullptr && typeid(*there) == typeid(SliceHolder)) {
    auto& holder = static_cast<SliceHolder&>(*there);
    holder.slice.Reset();
    if (holder.cache != database.cache) holder.cache = database.cache;
    return holder;
  }
  auto made = std::make_unique<SliceHolder>();
  SliceHolder& holder = *made;
  holder.cache = database.cache;
  value->set_holder(std::move(made));
  return holder;
}

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

/// A RocksDB iterator pins memtables and files for as long as it lives, and pinned memtables stall
/// writers. So a scan that takes long makes a new one now and then, over the same snapshot.
class RocksScan final : public Scan {
 public:
  RocksScan(const RocksDatabase& database, const rocksdb::Snapshot* snapshot, Family family,
            const Range& range, const ScanOptions& options)
      : database_(database), family_(family), reverse_(options.reverse), range_(range) {
    if (snapshot == nullptr) {
      own_snapshot_ = std::make_unique<HeldSnapshot>(database);
      snapshot = own_snapshot_->get();
    }
    lower_ = range_.begin;
    upper_ = range_.end;
    read_options_.snapshot = snapshot;
    read_options_.fill_cache = options.fill_cache;
    read_options_.background_purge_on_iterator_cleanup = true;
    if (!range_.begin.empty()) read_options_.iterate_lower_bound = &lower_;
    if (!range_.end.empty()) read_options_.iterate_upper_bound = &upper_;
    empty_ = !range_.end.empty() && range_.begin >= range_.end;
  }

  bool Next() override {
    if (empty_ || !status_.ok()) return false;
    switch (place_) {
      case Place::kStart:
        Make();
        reverse_ ? iterator_->SeekToLast() : iterator_->SeekToFirst();
        break;
      case Place::kReady:
        break;
      case Place::kReturned:
        if (++steps_ % kStepsBetweenLooks == 0) Refresh();
        reverse_ ? iterator_->Prev() : iterator_->Next();
        break;
    }
    place_ = Place::kReturned;
    if (!iterator_->Valid()) {
      status_ = FromRocksDb(iterator_->status(), "cannot read");
      empty_ = true;
      iterator_.reset();
      return false;
    }
    key_ = ToView(iterator_->key());
    value_ = ToView(iterator_->value());
    return true;
  }

  void SkipTo(std::string_view key) override {
    if (empty_ || !status_.ok()) return;
    if (place_ == Place::kStart) {
      Make();
      Seek(key);
    } else {
      const std::string_view here = iterator_->Valid() ? ToView(iterator_->key()) : key;
      if (place_ == Place::kReturned && (reverse_ ? key >= here : key <= here)) return;
      if (place_ == Place::kReady && (reverse_ ? key >= here : key <= here)) return;
      Seek(key);
    }
    place_ = Place::kReady;
  }

  Status status() const override { return status_; }

 private:
  enum class Place { kStart, kReady, kReturned };  // kReady: stands on what Next returns
  static constexpr uint64_t kStepsBetweenLooks = 256;
  static constexpr std::chrono::milliseconds kIteratorAgeMax{1000};

  void Make() {
    iterator_.reset(database_.db->NewIterator(read_options_, database_.family(family_)));
    made_ = std::chrono::steady_clock::now();
  }

  void Seek(std::string_view key) {
    // RocksDB clamps a target to the bounds going forward; going back it must be done here.
    if (!reverse_) return iterator_->Seek(ToSlice(key < range_.begin ? range_.begin : key));
    if (!range_.end.empty() && key >= range_.end) return iterator_->SeekToLast();
    iterator_->SeekForPrev(ToSlice(key));
  }

  void Refresh() {
    if (std::chrono::steady_clock::now() - made_ < kIteratorAgeMax) return;
    const std::string here = iterator_->key().ToString();
    Make();
    Seek(here);
  }

  const RocksDatabase& database_;
  const Family family_;
  const bool reverse_;
  const Range range_;
  rocksdb::Slice lower_;
  rocksdb::Slice upper_;
  std::unique_ptr<HeldSnapshot> own_snapshot_;
  rocksdb::ReadOptions read_options_ = ScanReadOptions();
  std::unique_ptr<rocksdb::Iterator> iterator_;
  std::chrono::steady_clock::time_point made_;
  uint64_t steps_ = 0;
  Place place_ = Place::kStart;
  bool empty_ = false;
  Status status_;
};

}  // namespace

Result<bool> ReadOne(const RocksDatabase& database, const rocksdb::Snapshot* snapshot,
                     Family family, std::string_view key, PinnedValue* value) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  if (value == nullptr) {
    rocksdb::PinnableSlice unseen;
    const rocksdb::Status there =
        database.db->Get(options, database.family(family), ToSlice(key), &unseen);
    if (there.ok() || there.IsNotFound()) return there.ok();
    return FromRocksDb(there, "cannot read");
  }
  SliceHolder& holder = HolderOf(database, value);
  const rocksdb::Status got =
      database.db->Get(options, database.family(family), ToSlice(key), &holder.slice);
  if (got.ok()) {
    value->SetFound(ToView(holder.slice));
    return true;
  }
  value->SetMissing();
  if (got.IsNotFound()) return false;
  return FromRocksDb(got, "cannot read");
}

Status ReadMany(const RocksDatabase& database, const rocksdb::Snapshot* snapshot, Family family,
                std::span<const std::string_view> keys, std::vector<PinnedValue>* values) {
  values->resize(keys.size());
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::vector<rocksdb::Slice> slices;
  slices.reserve(keys.size());
  for (const std::string_view key : keys) slices.push_back(ToSlice(key));
  std::vector<rocksdb::PinnableSlice> found(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  database.db->MultiGet(options, database.family(family), keys.size(), slices.data(), found.data(),
                        statuses.data());
  for (size_t i = 0; i < keys.size(); ++i) {
    PinnedValue& value = (*values)[i];
    if (statuses[i].IsNotFound()) {
      value.SetMissing();
    } else if (statuses[i].ok()) {
      SliceHolder& holder = HolderOf(database, &value);
      holder.slice = std::move(found[i]);
      value.SetFound(ToView(holder.slice));
    } else {
      return FromRocksDb(statuses[i], "cannot read");
    }
  }
  return Status::Ok();
}

std::unique_ptr<Scan> ScanRange(const RocksDatabase& database, const rocksdb::Snapshot* snapshot,
                                Family family, const Range& range, const ScanOptions& options) {
  return std::make_unique<RocksScan>(database, snapshot, family, range, options);
}

HeldSnapshot::HeldSnapshot(const RocksDatabase& database)
    : database_(database), snapshot_(database.db->GetSnapshot()) {}
HeldSnapshot::~HeldSnapshot() { database_.db->ReleaseSnapshot(snapshot_); }
uint64_t HeldSnapshot::sequence() const { return snapshot_->GetSequenceNumber(); }

}  // namespace cairn::kv
