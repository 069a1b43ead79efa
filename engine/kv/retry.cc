// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/retry.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/base/clock.h"

namespace cairn::kv {

void BackOff(int attempt) {
  constexpr int64_t kFirstUs = 20;
  constexpr int64_t kLongestUs = 20'000;
  const int64_t longest = std::min(kLongestUs, kFirstUs << std::clamp(attempt - 1, 0, 20));
  // Anything up to the longest, so that those who met do not meet again.
  const auto wait =
      static_cast<int64_t>(base::Clock::System()->Random() % static_cast<uint64_t>(longest + 1));
  std::this_thread::sleep_for(std::chrono::microseconds(wait));
}

}  // namespace cairn::kv
