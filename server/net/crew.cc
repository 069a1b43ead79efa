// SPDX-License-Identifier: Apache-2.0
#include "server/net/crew.h"

#include <algorithm>
#include <chrono>

namespace cairn::server {
namespace {

constexpr std::chrono::milliseconds kTick(1);
constexpr int kQuietTicks = 100;  // Then Watch sleeps until somebody begins.
constexpr int kTicksTold = 4;
constexpr int kOfProcessor = 2;
constexpr int64_t kLooks = 16;       // That count.
constexpr int64_t kClearly = 5'000;  // Nanoseconds a tick, so as not to go to and fro.

}  // namespace

Crew::Crew(int workers, int processors, const Turns* turns)
    : workers_(workers),
      processors_(std::clamp(processors, 1, workers)),
      turns_(turns),
      size_(workers + (turns == nullptr ? 0 : static_cast<int>(turns->threads_max()))),
      all_(std::make_unique<Worker[]>(static_cast<size_t>(size_))),
      places_(std::min(kOfProcessor * processors_, workers)),
      wanted_(places_) {}

bool Crew::Join() {
  std::unique_lock lock(mutex_);
  called_more_.wait(lock, [this] { return dismissed_ || called_ < wanted_; });
  if (dismissed_) return false;
  ++called_;
  return true;
}

void Crew::Begin(int number) {
  all_[static_cast<size_t>(number)].turn.fetch_add(1);
  if (watched_.load()) return;
  const std::scoped_lock lock(mutex_);
  watched_.store(true);
  begun_.notify_one();
}

bool Crew::End(int number) {
  all_[static_cast<size_t>(number)].turn.fetch_add(1);
  if (called_.load(std::memory_order_relaxed) <= wanted_.load(std::memory_order_relaxed)) {
    return true;
  }
  {
    const std::scoped_lock lock(mutex_);
    if (called_ <= wanted_) return !dismissed_;
    --called_;
  }
  return Join();
}

void Crew::Watch(const Foreman& foreman) {
  std::unique_lock lock(mutex_);
  for (int quiet = 0; !dismissed_;) {
    quiet = Look(foreman) ? 0 : quiet + 1;
    if (quiet < kQuietTicks) {
      begun_.wait_for(lock, kTick, [this] { return dismissed_; });
      continue;
    }
    watched_.store(false);
    // One that began before it could see this is seen here.
    if (Look(foreman)) watched_.store(true);
    begun_.wait(lock, [this] { return dismissed_ || watched_.load(); });
    quiet = 0;
  }
}

int Crew::Places() {
  const int64_t more_to_make = to_make_.exchange(0) - to_send_.exchange(0);
  more_to_make_ += (more_to_make - more_to_make_) / kLooks;
  if (more_to_make_ > kClearly) places_ = std::min(kOfProcessor * processors_, workers_);
  if (more_to_make_ < -kClearly) places_ = processors_;
  return places_;
}

bool Crew::Look(const Foreman& foreman) {
  int working = 0;
  int long_at_work = 0;
  for (int i = 0; i < hired_; ++i) {
    Worker& worker = all_[static_cast<size_t>(i)];
    const uint64_t turn = worker.turn.load();
    if (turn % 2 == 1) ++working;
    worker.ticks = turn == worker.seen ? worker.ticks + 1 : 0;
    worker.seen = turn;
    if (turn % 2 == 0 || worker.ticks == 0) continue;
    ++long_at_work;
    if (worker.ticks <= kTicksTold) foreman.is_long(i);
  }
  const int long_ones = turns_ == nullptr ? 0 : static_cast<int>(turns_->threads());
  wanted_.store(std::min({size_, workers_ + long_ones, Places() + long_at_work}));
  int idle = hired_ - called_;
  for (int more = wanted_ - called_; more > 0; --more) {
    if (idle-- > 0) {
      called_more_.notify_one();
    } else if (foreman.hire(hired_)) {
      ++hired_;
    } else {
      return true;
    }
  }
  return working > 0;
}

void Crew::Dismiss() {
  const std::scoped_lock lock(mutex_);
  dismissed_ = true;
  called_more_.notify_all();
  begun_.notify_all();
}

}  // namespace cairn::server
