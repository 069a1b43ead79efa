// SPDX-License-Identifier: Apache-2.0
// What all versions of one open collection share: its latch, and what writers need to know of it.
//
// Invariants
//   1. A WriterView holds only what is committed. The catalog may show multikey flags that are just
//      being committed; a writer must not rely on those, or its entries could outlive the flag.
//   2. The current view is replaced by who holds the latch alone, or by who holds it shared and
//   flags_mutex.
//      Views that were replaced live until somebody holds the latch alone: writers use them
//      unlocked.
//   3. Lock order: build_mutex, latch, flags_mutex.
// Thread safety: see the members.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/catalog/collection.h"
#include "engine/catalog/latch.h"
#include "engine/index/key_generator.h"

namespace cairn::store {

/// An index as writers keep it up.
struct WriterIndex {
  explicit WriterIndex(const catalog::IndexSpec* index)
      : spec(index), generator(index->key_pattern), known(*index, generator) {}
  const catalog::IndexSpec* spec;
  index::KeyGenerator generator;
  index::KnownFlags known;
};

/// A collection as writers see it. Immutable.
struct WriterView {
  explicit WriterView(catalog::Collection of) : collection(std::move(of)) {
    collection.shared.reset();  // The shared state holds this view: no cycle.
    for (const catalog::IndexSpec& index : collection.indexes) {
      if (index.ready) indexes.emplace_back(&index);
    }
  }
  WriterView(const WriterView&) = delete;
  WriterView& operator=(const WriterView&) = delete;

  catalog::Collection collection;
  std::vector<WriterIndex> indexes;  ///< The ready ones.
};

class CollectionState : public catalog::Shared {
 public:
  explicit CollectionState(const catalog::Collection& collection) { Replace(collection, true); }

  /// While the latch is held, shared or alone.
  const WriterView& writer() const { return *current_.load(std::memory_order_acquire); }
  /// See invariant 2. `alone`: the latch is held alone.
  void Replace(const catalog::Collection& collection, bool alone) {
    auto view = std::make_unique<const WriterView>(collection);
    current_.store(view.get(), std::memory_order_release);
    if (alone) views_.clear();
    views_.push_back(std::move(view));
  }

  catalog::Latch latch;
  bool dropped = false;  ///< Written with the latch held alone.

  std::mutex flags_mutex;
  std::mutex build_mutex;                ///< One index build or drop at a time.
  std::atomic<bool> drop_wanted{false};  ///< An index build is to give up.
  std::atomic<uint64_t> last_record{0};  ///< Layout by_record.

 private:
  std::atomic<const WriterView*> current_{nullptr};
  std::vector<std::unique_ptr<const WriterView>> views_;
};

}  // namespace cairn::store
