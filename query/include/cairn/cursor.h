// SPDX-License-Identifier: Apache-2.0
// The documents that a query or a pipeline gives, one after another.
#pragma once

#include <memory>

#include "cairn/bson.h"
#include "cairn/export.h"
#include "cairn/status.h"

namespace cairn {

namespace exec {
class DocumentStream;
}

/// Walks the results of a query or of a pipeline. Belongs to one thread at a time; must not outlive
/// its Database. A write that happens while a cursor is open may or may not be seen by it, but no
/// document is seen twice and none that stays is left out.
class CAIRN_API Cursor {
 public:
  explicit Cursor(std::unique_ptr<exec::DocumentStream> stream);
  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) noexcept;
  ~Cursor();

  /// Moves to the next document; false at the end. After an error the cursor is at its end. A
  /// tailable cursor may go on after false. Errors: those of the filter, MaxTimeMSExpired,
  /// QueryPlanKilled when the collection is dropped, CappedPositionLost when a tailable cursor's
  /// place was overwritten.
  Result<bool> Next();
  /// Whether it stays open at its end. A tailable cursor that finds the collection empty does not.
  bool tailable() const;
  /// Of a tailable cursor at its end: waits until something is added (true) or the time is over
  /// (false). Holds no snapshot meanwhile.
  bool Await(int64_t timeout_ms);
  /// The current document. Valid until the next call of any function of this cursor.
  bson::View document() const;
  /// Gives back snapshots and iterators; the next Next goes on where this one stopped. Call it when
  /// a cursor will rest, as between two batches.
  void Pause();

 private:
  std::unique_ptr<exec::DocumentStream> stream_;
};

}  // namespace cairn
