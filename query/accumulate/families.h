// SPDX-License-Identifier: Apache-2.0
// The makers of all accumulators by family, for the table of operators.cc, and what the families
// share. Any thread.
#pragma once

#include <string>

#include "query/accumulate/accumulator.h"

namespace cairn::accumulate {

/// Any number of values in one buffer: a type byte and the payload each.
class ValueList {
 public:
  /// Not for missing values.
  void Append(bson::Value value) {
    bytes_ += static_cast<char>(value.type());
    bytes_.append(value.payload(), value.size());
  }
  void Clear() { bytes_.clear(); }
  size_t bytes() const { return bytes_.size(); }
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (size_t at = 0; at < bytes_.size();) {
      const bson::Value value(static_cast<bson::Type>(static_cast<uint8_t>(bytes_[at])),
                              bytes_.data() + at + 1);
      visit(value);
      at += 1 + value.size();
    }
  }

 private:
  std::string bytes_;
};

/// An owned value in the order of a collator, for sets.
struct ValueLess {
  const collation::Collator* collator;
  bool operator()(const bson::OwnedValue& a, const bson::OwnedValue& b) const {
    return collation::CompareValues(a.value(), b.value(), collator) < 0;
  }
};

/// What a value counts for in a tree.
inline constexpr size_t kNodeBytes = 96;
inline size_t HeldBytes(bson::Value value) {
  return kNodeBytes + (value.missing() ? 0 : value.size());
}

/// Error ExceededMemoryLimit.
Status CheckBytes(std::string_view name, size_t bytes, size_t bytes_max);

/// Appends `value`, or null for a missing one.
inline void AppendOrNull(std::string_view name, bson::Value value, bson::Builder* out) {
  if (value.missing()) {
    out->AppendNull(name);
  } else {
    out->Append(name, value);
  }
}

// arithmetic.cc
AccumulatorPtr MakeSum(const Settings& settings);
AccumulatorPtr MakeAvg(const Settings& settings);
AccumulatorPtr MakeCount(const Settings& settings);
AccumulatorPtr MakeStdDevPop(const Settings& settings);
AccumulatorPtr MakeStdDevSamp(const Settings& settings);
// collect.cc
AccumulatorPtr MakePush(const Settings& settings);
AccumulatorPtr MakeConcatArrays(const Settings& settings);
AccumulatorPtr MakeAddToSet(const Settings& settings);
AccumulatorPtr MakeSetUnion(const Settings& settings);
// extremes.cc
AccumulatorPtr MakeFirst(const Settings& settings);
AccumulatorPtr MakeLast(const Settings& settings);
AccumulatorPtr MakeMin(const Settings& settings);
AccumulatorPtr MakeMax(const Settings& settings);
// merge_objects.cc
AccumulatorPtr MakeMergeObjects(const Settings& settings);
// quantile.cc
AccumulatorPtr MakeMedian(const Settings& settings);
AccumulatorPtr MakePercentile(const Settings& settings);
// ranked.cc
AccumulatorPtr MakeFirstN(const Settings& settings);
AccumulatorPtr MakeLastN(const Settings& settings);
AccumulatorPtr MakeMinN(const Settings& settings);
AccumulatorPtr MakeMaxN(const Settings& settings);
AccumulatorPtr MakeTop(const Settings& settings);
AccumulatorPtr MakeBottom(const Settings& settings);
AccumulatorPtr MakeTopN(const Settings& settings);
AccumulatorPtr MakeBottomN(const Settings& settings);

}  // namespace cairn::accumulate
