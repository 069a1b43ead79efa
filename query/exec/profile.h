// SPDX-License-Identifier: Apache-2.0
// Where reads tell what they did; see cairn/profile.h. Thread safety: each thread has its own.
#pragma once

#include "cairn/profile.h"

namespace cairn::exec {

/// The profile that reads of this thread are added to; null: none.
OperationProfile* CurrentProfile();
/// Whether its operation counts as slow by now.
bool IsSlowByNow();

}  // namespace cairn::exec
