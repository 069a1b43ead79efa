// SPDX-License-Identifier: Apache-2.0
// Preferred numbers, to which $bucketAuto rounds its boundaries: the Renard series (ISO 3), the E
// series (IEC 60063), 1-2-5 and the powers of two. Pure; any thread.
#pragma once

#include <span>
#include <string_view>

#include "cairn/bson.h"
#include "engine/bson/number.h"

namespace cairn::pipeline {

class Granularity {
 public:
  /// Error Location40257 for an unknown name.
  static Result<Granularity> Find(std::string_view name);

  /// Errors: Location40258 (no number), Location40259 (NaN), Location40260 (negative).
  static Status Check(bson::Value value);
  /// The least number of the series that is greater; 0 for 0. Of a checked number.
  bson::Number RoundUp(bson::Number number) const;
  /// The greatest number of the series that is less; 0 for 0. Of a checked number.
  bson::Number RoundDown(bson::Number number) const;

 private:
  explicit Granularity(std::span<const int16_t> series) : series_(series) {}
  std::span<const int16_t> series_;  // Of one decade, ascending; empty: the powers of two.
};

}  // namespace cairn::pipeline
