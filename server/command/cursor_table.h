// SPDX-License-Identifier: Apache-2.0
// Cursors that wait for their next getMore. Ids are random, so that nobody can guess another's; a
// cursor that nobody asks for expires; each client, and the table, holds a bounded number. Thread
// safety: any thread. A cursor that is out (Take) is used by one thread; others get CursorInUse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cairn/cairn.h"
#include "server/command/document_source.h"

namespace cairn::server {

struct CursorTableOptions {
  int64_t idle_ms_max = 10 * 60 * 1000;
  size_t per_client_max = 1000;
  size_t total_max = 10000;
  /// Threads that wait for data at a time; others come back at once. Half of those that serve HTTP,
  /// so that waiting clients never hold up all others.
  size_t waiting_max = 16;
  /// Milliseconds that only grow; empty: the system's steady clock.
  std::function<int64_t()> now_ms;
};

/// A query's results so far, and where they go on.
struct OpenCursor {
  std::string ns;      ///< "database.collection".
  std::string client;  ///< Who opened it.
  std::unique_ptr<DocumentSource> source;
  /// Read, but too large for the batch before: comes first in the next.
  std::optional<bson::Document> held;
  MemoryShare held_memory{};
  int64_t work_bytes = 0;  ///< Of the memory for work: what it holds between two batches, about.
  /// Documents that may still be given; negative: no limit.
  int64_t remaining = -1;
  bool ended = false;       ///< Nothing is left.
  bool await_data = false;  ///< getMore waits for new documents.
  std::stop_source stop;    ///< Ends the work of `source`, from any thread.
};

class CursorTable {
 public:
  explicit CursorTable(CursorTableOptions options = {});

  /// Keeps `cursor`; its id. Error TooManyRequests.
  Result<int64_t> Add(OpenCursor cursor);
  /// Takes the cursor out to read from it; follow with GiveBack. Errors: CursorNotFound,
  /// CursorInUse, Unauthorized when it belongs to another namespace.
  Result<OpenCursor> Take(int64_t id, std::string_view ns);
  /// Puts a taken cursor back, or forgets it when it has ended or was killed meanwhile.
  void GiveBack(int64_t id, OpenCursor cursor);
  /// Whether one more thread may wait for data; if so, follow with EndWait.
  bool BeginWait();
  void EndWait();
  /// Forgets the cursor; work on its next batch ends soon. False when there is no such cursor.
  bool Kill(int64_t id);

  /// Forgets those that hold memory for work and have not been used for `idle_ms`, as others need
  /// it: those that were used last stay. Whether there were any.
  bool CloseIdle(int64_t idle_ms);

  size_t size() const;
  /// From now on a cursor expires after so long without use.
  void SetIdleMax(int64_t ms);

 private:
  struct Entry {
    OpenCursor cursor;
    std::string ns;
    std::string client;
    std::stop_source stop;
    int64_t used_ms = 0;
    bool in_use = false;
    bool killed = false;
  };
  using Entries = std::unordered_map<int64_t, Entry>;

  int64_t NowMs() const;
  Entries::iterator EraseLocked(Entries::iterator entry, std::vector<OpenCursor>* dropped);
  void ExpireLocked(int64_t now_ms, std::vector<OpenCursor>* dropped);
  Result<int64_t> NewIdLocked() const;

  const CursorTableOptions options_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  int64_t idle_ms_max_;
  Entries entries_;
  std::unordered_map<std::string, size_t> per_client_;
  int64_t next_sweep_ms_ = 0;
  size_t waiting_ = 0;
};

}  // namespace cairn::server
