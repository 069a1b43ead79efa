// SPDX-License-Identifier: Apache-2.0
// Documents one after another: what a Cursor walks, be it a query or a pipeline. Belongs to one
// thread at a time.
#pragma once

#include <cstdint>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::exec {

class DocumentStream {
 public:
  virtual ~DocumentStream() = default;
  /// Moves to the next document; false at the end, and from then on, also after an error.
  virtual Result<bool> Next() = 0;
  /// Whether Next may go on after false: what was added meanwhile comes then.
  virtual bool tailable() const { return false; }
  /// Of a tailable one at its end: waits until something was added (true), or the time is over.
  virtual bool Await(int64_t timeout_ms) {
    (void)timeout_ms;
    return false;
  }
  /// The current document. Valid until the next Next or Pause.
  virtual bson::View document() const = 0;
  /// Gives back snapshot, iterators and pinned memory; the next Next goes on behind the current
  /// document.
  virtual void Pause() = 0;
};

}  // namespace cairn::exec
