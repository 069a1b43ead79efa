// SPDX-License-Identifier: Apache-2.0
// Deletes in the background what was dropped: a bounded number of keys a commit, from the notes
// that each drop left in the catalog, so it goes on after a restart. No range deletions: thousands
// of them make every read slow. Thread safety: any thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "cairn/log.h"
#include "cairn/status.h"
#include "engine/kv/store.h"

namespace cairn::store {

class Reclaimer {
 public:
  /// `kv` outlives the reclaimer. Looks for notes at once.
  Reclaimer(kv::Store* kv, LogSink log);
  ~Reclaimer();

  /// There is a new note.
  void Notify();

 private:
  static constexpr int kKeysPerStep = 1000;
  static constexpr size_t kBytesPerStep = size_t{1} << 20;
  static constexpr int kRetryMs = 1000;

  void Run();
  /// Works off all notes that are there.
  Status ReclaimAll();
  /// One commit; true when nothing is left of the id.
  Result<bool> Step(std::string_view note_key, char kind);
  bool stopping();

  kv::Store* const kv_;
  const LogSink log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool stop_ = false;
  bool wanted_ = true;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace cairn::store
