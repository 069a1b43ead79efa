// SPDX-License-Identifier: Apache-2.0
// What the program tells the shell. Stable: scripts depend on these.
#pragma once

namespace cairn::server {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

}  // namespace cairn::server
