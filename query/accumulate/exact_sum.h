// SPDX-License-Identifier: Apache-2.0
// Sums of numbers of all four types without the errors of a naive double sum: integers and doubles
// are added as an unevaluated pair of doubles (Knuth's two-sum; Dekker 1971, "A floating-point
// technique for extending the available precision"), decimals apart. What $sum and $avg return is
// decided by the widest type that was added. Thread safety: values.
#pragma once

#include <cstdint>
#include <optional>

#include "cairn/bson.h"
#include "engine/bson/number.h"

namespace cairn::accumulate {

/// A sum of doubles and integers with about 106 bits.
class DoubleDouble {
 public:
  void AddDouble(double value);
  /// Exact: the halves of a long integer are doubles.
  void AddInt64(int64_t value);
  void Add(const DoubleDouble& other);
  double ToDouble() const;
  bson::Decimal128 ToDecimal() const;
  /// The sum, if it is an integer within int64.
  std::optional<int64_t> ToInt64() const;

  // The parts, to be stored and restored.
  double high() const { return high_; }
  double low() const { return low_; }
  double special() const { return special_; }
  static DoubleDouble FromParts(double high, double low, double special);

 private:
  double high_ = 0;
  double low_ = 0;      // What high_ lost.
  double special_ = 0;  // A plain sum: right once an infinity or NaN came.
};

/// A sum of numbers.
class ExactSum {
 public:
  void Add(bson::Number number);
  void Add(const ExactSum& other);
  /// As $sum: int32, or int64 when the sum needs it, of int32 only; int64 once one was added,
  /// double beyond int64; double; decimal.
  bson::Number Sum() const;
  /// As $avg: double or decimal. `count` must not be 0.
  bson::Number Average(int64_t count) const;

  void AppendState(std::string_view name, bson::Builder* out) const;
  static ExactSum FromState(bson::View state);

 private:
  bson::Decimal128 DecimalTotal() const;
  DoubleDouble total_;
  bson::Decimal128 decimal_ = bson::Decimal128::FromInt64(0);
  bson::Type widest_ = bson::Type::kInt32;
};

}  // namespace cairn::accumulate
