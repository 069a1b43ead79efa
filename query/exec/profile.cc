// SPDX-License-Identifier: Apache-2.0
#include "query/exec/profile.h"

#include "engine/base/clock.h"

namespace cairn {
namespace {

thread_local OperationProfile* current = nullptr;
thread_local int64_t slow_from_us = 0;

}  // namespace

Profiling::Profiling(OperationProfile* profile, int64_t slow_ms)
    : outer_(current), outer_slow_us_(slow_from_us) {
  current = profile;
  slow_from_us = base::Clock::System()->MonotonicUs() + slow_ms * 1000;
}

Profiling::~Profiling() {
  current = outer_;
  slow_from_us = outer_slow_us_;
}

namespace exec {

OperationProfile* CurrentProfile() { return current; }

bool IsSlowByNow() { return base::Clock::System()->MonotonicUs() >= slow_from_us; }

}  // namespace exec
}  // namespace cairn
