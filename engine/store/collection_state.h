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
//   3. Lock order: build_mutex, latch, records_mutex, flags_mutex; progress_mutex is a leaf.
// Thread safety: see the members.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/catalog/collection.h"
#include "engine/catalog/latch.h"
#include "engine/index/key_generator.h"
#include "engine/store/document_store.h"

namespace cairn::store {

/// An index as writers keep it up.
struct WriterIndex {
  WriterIndex(const catalog::IndexSpec* index, index::FilterCompiler compiler)
      : spec(index),
        unique_entries(catalog::HasUniqueEntries(*index)),
        refuses_duplicates(catalog::RefusesDuplicates(*index)),
        generator(*index, compiler),
        known(*index, generator) {}
  const catalog::IndexSpec* spec;
  bool unique_entries;
  bool refuses_duplicates;
  index::KeyGenerator generator;
  index::KnownFlags known;
};

/// A collection as writers see it. Immutable.
struct WriterView {
  WriterView(catalog::Collection of, index::FilterCompiler compiler) : collection(std::move(of)) {
    collection.shared.reset();  // The shared state holds this view: no cycle.
    for (const catalog::IndexSpec& index : collection.indexes) {
      if (index.ready) indexes.emplace_back(&index, compiler);
    }
  }
  WriterView(const WriterView&) = delete;
  WriterView& operator=(const WriterView&) = delete;

  catalog::Collection collection;
  std::vector<WriterIndex> indexes;  ///< The ready ones.
};

/// An index build that is going on.
struct BuildProgress {
  std::vector<std::string> names;
  std::vector<bson::Document> key_patterns;
  std::atomic<BuildPhase> phase{BuildPhase::kScan};
  std::atomic<uint64_t> done{0};
  std::atomic<uint64_t> total{0};
  std::atomic<bool> cancelled{false};
};

/// The indexes of a build that was told to stop; empty: of none.
struct CancelledBuild {
  std::vector<std::string> names = {};
  std::vector<bson::Document> key_patterns = {};
  bool Has(std::string_view name) const;
  bool Has(bson::View key_pattern) const;
};

class CollectionState : public catalog::Shared {
 public:
  CollectionState(const catalog::Collection& collection, index::FilterCompiler compiler)
      : compiler_(compiler) {
    Replace(collection, true);
  }

  /// While the latch is held, shared or alone.
  const WriterView& writer() const { return *current_.load(std::memory_order_acquire); }
  /// See invariant 2. `alone`: the latch is held alone.
  void Replace(const catalog::Collection& collection, bool alone) {
    auto view = std::make_unique<const WriterView>(collection, compiler_);
    current_.store(view.get(), std::memory_order_release);
    if (alone) views_.clear();
    views_.push_back(std::move(view));
  }

  catalog::Latch latch;
  bool dropped = false;  ///< Written with the latch held alone.

  std::mutex flags_mutex;
  std::mutex build_mutex;                ///< One index build or drop at a time.
  std::atomic<bool> drop_wanted{false};  ///< An index build is to give up.
  mutable std::mutex progress_mutex;
  /// Keeps the log for an interrupted build until it goes on. Guarded by build_mutex.
  std::shared_ptr<void> build_log_pin;
  std::shared_ptr<BuildProgress> progress;  ///< Of the build that holds build_mutex; or null.
  /// Cancels a build of one of the selected indexes. Returns what it builds.
  CancelledBuild CancelBuild(const IndexSelection& selection);

  // Of layout by_id. No document has a suffix above `highest_suffix`, nor is one with such a
  // suffix being written: who has a higher one need not look whether it is taken.
  std::mutex highest_mutex;    ///< A leaf.
  bool highest_known = false;  ///< Not before the first insert.
  std::string highest_suffix;

  // Of layout by_record. One transaction at a time writes to such a collection, and holds this.
  std::mutex records_mutex;
  // Guarded by records_mutex.
  uint64_t last_record = 0;   ///< The highest number that was given.
  uint64_t record_mark = 0;   ///< What the store says of it: it is never below.
  uint64_t first_record = 0;  ///< No document has a lower number: room is made from there on.

  // Who waits for new documents of a capped collection. additions_mutex is a leaf.
  std::mutex additions_mutex;
  std::condition_variable additions_changed;
  uint64_t additions = 0;  ///< Guarded by additions_mutex.
  void NoteAddition() {
    {
      const std::lock_guard lock(additions_mutex);
      ++additions;
    }
    additions_changed.notify_all();
  }

 private:
  const index::FilterCompiler compiler_;
  std::atomic<const WriterView*> current_{nullptr};
  std::vector<std::unique_ptr<const WriterView>> views_;
};

}  // namespace cairn::store
