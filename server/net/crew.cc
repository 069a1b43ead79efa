// SPDX-License-Identifier: Apache-2.0
#include "server/net/crew.h"

#include <algorithm>
#include <chrono>

namespace cairn::server {
namespace {

constexpr std::chrono::milliseconds kTick(1);
constexpr int kQuietTicks = 100;  // Then Watch sleeps until somebody begins.

}  // namespace

Crew::Crew(int workers, int places)
    : workers_(workers),
      places_(std::clamp(places, 1, workers)),
      all_(std::make_unique<Worker[]>(static_cast<size_t>(workers))),
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

void Crew::Watch(const std::function<void(int number)>& is_long) {
  std::unique_lock lock(mutex_);
  for (int quiet = 0; !dismissed_;) {
    quiet = Look(is_long) ? 0 : quiet + 1;
    if (quiet < kQuietTicks) {
      begun_.wait_for(lock, kTick, [this] { return dismissed_; });
      continue;
    }
    watched_.store(false);
    // One that began before it could see this is seen here.
    if (Look(is_long)) watched_.store(true);
    begun_.wait(lock, [this] { return dismissed_ || watched_.load(); });
    quiet = 0;
  }
}

bool Crew::Look(const std::function<void(int number)>& is_long) {
  int working = 0;
  int long_at_work = 0;
  for (int i = 0; i < workers_; ++i) {
    Worker& worker = all_[static_cast<size_t>(i)];
    const uint64_t turn = worker.turn.load();
    if (turn % 2 == 1) ++working;
    if (turn % 2 == 1 && turn == worker.seen) {
      ++long_at_work;
      is_long(i);
    }
    worker.seen = turn;
  }
  wanted_.store(std::min(workers_, places_ + long_at_work));
  for (int more = wanted_ - called_; more > 0; --more) called_more_.notify_one();
  return working > 0;
}

void Crew::Dismiss() {
  const std::scoped_lock lock(mutex_);
  dismissed_ = true;
  called_more_.notify_all();
  begun_.notify_all();
}

}  // namespace cairn::server
