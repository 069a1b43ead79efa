// SPDX-License-Identifier: Apache-2.0
// Percentiles of numbers. Pure; any thread.
#pragma once

#include <span>

#include "query/accumulate/accumulator.h"

namespace cairn::accumulate {

/// How many values the approximate method keeps before it begins to estimate.
inline constexpr size_t kExactQuantileValues = size_t{1} << 20;

/// The value at `p` (0..1) of values in ascending order, at least one. kApproximate gives the same
/// as kDiscrete: the least value that at least a part p of all does not exceed.
[[nodiscard]] double Quantile(std::span<const double> sorted, double p, Method method);

}  // namespace cairn::accumulate
