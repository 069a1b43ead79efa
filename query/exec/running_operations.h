// SPDX-License-Identifier: Apache-2.0
// The operations that run now: what $currentOp shows and killOp stops. An entry is a node of a list
// and lives where its operation does, so that entering and leaving cost no allocation. Thread
// safety: any thread; an entry belongs to its operation's thread but for what the list reads of it,
// which does not change while it is in the list.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "engine/base/clock.h"

namespace cairn::exec {

class RunningOperations {
 public:
  struct Entry {
    std::string_view kind;  ///< "query", "command", …: one of MongoDB's words.
    std::string_view database;
    std::string_view collection;  ///< Empty: none.
    std::string_view client;
    bson::View command;
    std::stop_source stop = {};
    // Set by Add.
    size_t shard = 0;
    int64_t id = 0;
    int64_t started_us = 0;
    Entry* previous = nullptr;
    Entry* next = nullptr;
    const RunningOperations* outer = nullptr;  // Of this thread before.
  };

  explicit RunningOperations(base::Clock* clock) : clock_(clock) {}

  /// What this thread does from now on is the operation. `entry` and what it borrows stay until
  /// Remove, on the same thread; those of one thread nest.
  void Add(Entry* entry);
  void Remove(Entry* entry);
  /// The list that this thread's operation is in; null: it has none.
  static const RunningOperations* OfThisThread() { return of_this_thread_; }
  /// Asks the operation to stop; false when there is none with this id.
  bool Kill(int64_t id);
  /// As $currentOp shows them, the oldest first.
  std::vector<bson::Document> Describe() const;

 private:
  // Threads mostly have one each, as otherwise all would wait for the same few bytes.
  static constexpr size_t kShards = 16;
  struct alignas(64) Shard {
    std::mutex mutex;
    // Guarded by it.
    Entry* first = nullptr;
    Entry* last = nullptr;
    int32_t added = 0;
  };

  bson::Document Describe(const Entry& entry, int64_t now_us) const;

  inline static thread_local const RunningOperations* of_this_thread_ = nullptr;

  base::Clock* const clock_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace cairn::exec
