// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/write_buffer.h"

#include <algorithm>
#include <cstring>

#include "engine/kv/key_hash.h"

namespace cairn::kv {

std::string_view WriteBuffer::Keep(std::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes.empty()) return {};
  auto* to = static_cast<char*>(arena_.allocate(bytes.size(), 1));
  std::memcpy(to, bytes.data(), bytes.size());
  return {to, bytes.size()};
}

void WriteBuffer::Add(Operation operation) {
  operations_.push_back(operation);
  bytes_ += 8;  // what a backend adds to each operation, roughly
}

void WriteBuffer::Put(Family family, std::string_view key, std::string_view value) {
  Add({family, Kind::kPut, HashKey(family, key), Keep(key), Keep(value)});
}

void WriteBuffer::Delete(Family family, std::string_view key) {
  Add({family, Kind::kDelete, HashKey(family, key), Keep(key), {}});
}

void WriteBuffer::IndexOne(size_t position) const {
  const Operation& added = operations_[position];
  const size_t mask = slots_.size() - 1;
  for (size_t slot = added.hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] != 0) {
      const Operation& there = operations_[slots_[slot] - 1];
      if (there.hash != added.hash || there.family != added.family || there.key != added.key) {
        continue;
      }
    }
    slots_[slot] = static_cast<uint32_t>(position + 1);
    return;
  }
}

void WriteBuffer::Grow() const {
  if (operations_.size() * 2 > slots_.size()) {
    size_t size = 64;
    while (size < operations_.size() * 4) size *= 2;
    slots_.assign(size, 0);
    indexed_ = 0;
  }
  for (; indexed_ < operations_.size(); ++indexed_) IndexOne(indexed_);
}

const WriteBuffer::Operation* WriteBuffer::Find(Family family, std::string_view key) const {
  if (operations_.empty()) return nullptr;
  const uint64_t hash = HashKey(family, key);
  const auto matches = [&](const Operation& operation) {
    return operation.hash == hash && operation.family == family && operation.key == key;
  };
  if (operations_.size() <= kLinearMax) {
    const auto found = std::find_if(operations_.rbegin(), operations_.rend(), matches);
    return found == operations_.rend() ? nullptr : &*found;
  }
  Grow();
  const size_t mask = slots_.size() - 1;
  for (size_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const Operation& operation = operations_[slots_[slot] - 1];
    if (matches(operation)) return &operation;
  }
  return nullptr;
}

std::vector<const WriteBuffer::Operation*> WriteBuffer::Sorted(Family family,
                                                               const Range& range) const {
  std::vector<const Operation*> sorted;
  for (const Operation& operation : operations_) {
    if (operation.family != family) continue;
    if (operation.key < range.begin || (!range.end.empty() && operation.key >= range.end)) continue;
    sorted.push_back(&operation);
  }
  // Stable: of equal keys the newest stands last, and only that one stays.
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Operation* a, const Operation* b) { return a->key < b->key; });
  size_t kept = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i + 1 < sorted.size() && sorted[i]->key == sorted[i + 1]->key) continue;
    sorted[kept++] = sorted[i];
  }
  sorted.resize(kept);
  return sorted;
}

namespace {

class OverlayScan final : public Scan {
 public:
  OverlayScan(std::unique_ptr<Scan> stored, std::vector<const WriteBuffer::Operation*> writes,
              bool reverse)
      : stored_(std::move(stored)), writes_(std::move(writes)), reverse_(reverse) {
    if (reverse_) std::reverse(writes_.begin(), writes_.end());
  }

  bool Next() override {
    while (true) {
      if (!stored_ready_ && !stored_done_) {
        stored_ready_ = stored_->Next();
        stored_done_ = !stored_ready_;
        if (stored_done_ && !stored_->status().ok()) return false;
      }
      const bool have_write = next_write_ < writes_.size();
      if (!have_write && !stored_ready_) return false;
      if (stored_ready_ && (!have_write || Before(stored_->key(), writes_[next_write_]->key))) {
        stored_ready_ = false;
        key_ = stored_->key();
        value_ = stored_->value();
        return true;
      }
      const WriteBuffer::Operation& write = *writes_[next_write_++];
      if (stored_ready_ && stored_->key() == write.key) stored_ready_ = false;
      if (write.kind == WriteBuffer::Kind::kDelete) continue;
      key_ = write.key;
      value_ = write.second;
      return true;
    }
  }

  void SkipTo(std::string_view key) override {
    while (next_write_ < writes_.size() && Before(writes_[next_write_]->key, key)) ++next_write_;
    if (stored_ready_ && !Before(stored_->key(), key)) return;
    if (stored_done_) return;
    stored_ready_ = false;
    stored_->SkipTo(key);
  }

  Status status() const override { return stored_->status(); }

 private:
  bool Before(std::string_view a, std::string_view b) const { return reverse_ ? a > b : a < b; }

  std::unique_ptr<Scan> stored_;
  std::vector<const WriteBuffer::Operation*> writes_;
  const bool reverse_;
  size_t next_write_ = 0;
  bool stored_ready_ = false;  // stored_ stands on an entry that has not been returned
  bool stored_done_ = false;
};

}  // namespace

std::unique_ptr<Scan> OverlayWrites(std::unique_ptr<Scan> stored, const WriteBuffer& buffer,
                                    Family family, const Range& range, bool reverse) {
  if (buffer.empty()) return stored;
  std::vector<const WriteBuffer::Operation*> writes = buffer.Sorted(family, range);
  if (writes.empty()) return stored;
  return std::make_unique<OverlayScan>(std::move(stored), std::move(writes), reverse);
}

}  // namespace cairn::kv
