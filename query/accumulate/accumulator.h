// SPDX-License-Identifier: Apache-2.0
// An accumulator takes values one by one and has a result at any time: $sum, $push, $topN, … of
// $group, $bucket, $bucketAuto and $setWindowFields, and of the expressions with the same names.
// What a value is (the argument, evaluated) is the caller's part; operators.h parses the calls and
// makes the accumulators.
//
//   $sum $avg $min $max $first $last $push        Add(value): the argument for one document; a
//   $addToSet $stdDevPop $stdDevSamp              missing value where it has none.
//   $mergeObjects $setUnion $concatArrays
//   $median $percentile
//   $count                                        Add({}): once a document.
//   $firstN $lastN $minN $maxN                    Add(value): `input`; Settings::n.
//   $top $bottom $topN $bottomN                   Add(value, key): `output` and the sort key of the
//                                                 document, whose bytes sort as `sortBy` asks
//                                                 (directions and collation included);
//                                                 Settings::n for the N-forms.
//
// Spilling: AppendState writes everything that an accumulator knows as one BSON value; Merge takes
// such a value as if what made it had been added now. Partial states of one group must be merged in
// the order of their documents, for the sake of $first, $last, $push and ties.
//
// Thread safety: none; an accumulator belongs to one group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/collation/collator.h"

namespace cairn::accumulate {

/// What one accumulator may hold.
inline constexpr size_t kAccumulatorBytesMax = size_t{100} << 20;

/// How $median and $percentile find their answer.
enum class Method : uint8_t {
  kApproximate,  ///< Values among the inputs; beyond kExactQuantileValues estimated.
  kDiscrete,     ///< Exactly one of the inputs.
  kContinuous,   ///< Interpolated between two of them.
};

/// What is fixed before the first value.
struct Settings {
  /// How strings compare; null: by their bytes. Borrowed.
  const collation::Collator* collator = nullptr;
  int64_t n = 1;          ///< Of the N-forms: at least 1.
  std::vector<double> p;  ///< Of $percentile.
  Method method = Method::kApproximate;
  size_t bytes_max = kAccumulatorBytesMax;
};

class Accumulator {
 public:
  virtual ~Accumulator() = default;
  Accumulator(const Accumulator&) = delete;
  Accumulator& operator=(const Accumulator&) = delete;

  /// Takes one value, which is copied. `sort_key` matters to $top and its kin only. Errors:
  /// ExceededMemoryLimit beyond Settings::bytes_max, Location40400 ($mergeObjects), TypeMismatch
  /// ($concatArrays, $setUnion).
  virtual Status Add(bson::Value value, std::string_view sort_key) = 0;
  Status Add(bson::Value value) { return Add(value, {}); }

  /// Appends the result of what has been added. Where MongoDB's is missing ($first of a missing
  /// field, $min of nothing) it is null, which is what $group makes of it.
  virtual void AppendTo(std::string_view name, bson::Builder* out) const = 0;

  /// See the head of this file. Merge's errors: as Add; `state` is trusted to come from AppendState
  /// of the same operator with the same settings.
  virtual void AppendState(std::string_view name, bson::Builder* out) const = 0;
  virtual Status Merge(bson::Value state) = 0;

  /// Forgets all values.
  virtual void Reset() = 0;
  /// What it holds, about.
  size_t bytes() const { return bytes_; }

 protected:
  Accumulator() = default;
  size_t bytes_ = sizeof(Accumulator);
};

using AccumulatorPtr = std::unique_ptr<Accumulator>;

}  // namespace cairn::accumulate
