// SPDX-License-Identifier: Apache-2.0
// Idempotency-Key: a POST that a client sends again, because it does not know whether the first one
// arrived, is done once. The table keeps the replies of the last day in memory, within limits; it
// does not live across a restart. Thread safety: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "server/http/request.h"

namespace cairn::server {

struct IdempotencyOptions {
  size_t replies_max = 10'000;
  size_t bytes_max = size_t{64} << 20;  ///< Of the replies kept.
  int64_t age_ms_max = int64_t{24} * 60 * 60 * 1000;
  /// Milliseconds that only grow; empty: the system's steady clock.
  std::function<int64_t()> now_ms;
};

class IdempotencyTable {
 public:
  static constexpr size_t kKeyBytesMax = 255;

  explicit IdempotencyTable(IdempotencyOptions options = {});

  /// Runs `work` for a request without a key, or with a new one. With a known key the reply that
  /// was given then is given again, with Idempotency-Replayed: true; 422 when the request is not
  /// the same, 409 while the first one is still being worked on. Replies of 500 and above, 429 and
  /// streams are not kept, so that the request may be tried again, but for streams that a reply can
  /// do without.
  Reply Once(const Request& request, const std::function<Reply()>& work);

  size_t size() const;

 private:
  using Hash = std::array<unsigned char, 32>;
  struct Entry {
    Hash request{};
    bool done = false;
    Reply reply;  ///< Without a source.
    int64_t since_ms = 0;
    size_t bytes = 0;
  };

  std::optional<Reply> Begin(const Request& request, const std::string& key, const Hash& hash);
  void End(const std::string& key, const Reply& reply);
  void TrimLocked(int64_t now_ms);
  int64_t NowMs() const;

  const IdempotencyOptions options_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::string> order_;  // Keys of those that are done, the oldest first.
  size_t bytes_ = 0;
};

}  // namespace cairn::server
