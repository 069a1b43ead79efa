// SPDX-License-Identifier: Apache-2.0
// What a query knows about the document that it is at, beside its fields: what $meta gives. Who
// moves on to a document says so to its thread, and expressions ask there, for what they are given
// is the document alone. Thread safety: belongs to one thread.
#pragma once

#include <cstdint>
#include <utility>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/scratch.h"

namespace cairn::expression {

class RowMetadata {
 public:
  enum class Kind : uint8_t { kIndexKey, kRecordId, kSortKey };

  virtual ~RowMetadata() = default;
  /// Of the current document; missing where it has none.
  virtual Result<bson::Value> Get(Kind kind, Scratch* scratch) = 0;

  /// Of this thread's document; null: nothing is known.
  static RowMetadata* current() { return current_; }
  static void SetCurrent(RowMetadata* metadata) { current_ = metadata; }

  /// While it lives, `*own` is the thread's; at its end what was set meanwhile is in `*own`, and
  /// the thread has what it had before.
  class Scope {
   public:
    explicit Scope(RowMetadata** own) : own_(own) { std::swap(*own_, current_); }
    ~Scope() { std::swap(*own_, current_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    RowMetadata** const own_;
  };

 private:
  inline static thread_local RowMetadata* current_ = nullptr;
};

}  // namespace cairn::expression
