// SPDX-License-Identifier: Apache-2.0
// The one retry loop: runs a transaction's closure again after a WriteConflict, with jittered
// waits. Thread safety: any thread.
#pragma once

#include <memory>
#include <utility>

#include "engine/base/try.h"
#include "engine/kv/store.h"

namespace cairn::kv {

/// Closures run at most this often before WriteConflict goes to the caller.
inline constexpr int kAttemptsMax = 64;

/// Waits before attempt `attempt` (1 is the first retry): exponential with jitter, at most 20 ms.
void BackOff(int attempt);

/// Runs `body(Transaction&) -> Status` in a transaction and commits it. `body` may run several
/// times and must not leave traces outside the transaction before it returns ok. Any other error of
/// `body` aborts. Returns the commit number.
template <typename Body>
Result<CommitNumber> RunTransaction(Store* store, const TransactionOptions& options, Body&& body) {
  for (int attempt = 1;; ++attempt) {
    std::unique_ptr<Transaction> transaction = store->Begin(options);
    Status status = body(*transaction);
    if (status.ok()) {
      Result<CommitNumber> committed = store->Commit(std::move(transaction));
      if (committed.ok()) return committed;
      status = std::move(committed).status();
    }
    if (status.code() != ErrorCode::kWriteConflict || attempt == kAttemptsMax) return status;
    transaction.reset();
    BackOff(attempt);
  }
}

}  // namespace cairn::kv
