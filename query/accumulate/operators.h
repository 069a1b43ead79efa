// SPDX-License-Identifier: Apache-2.0
// The table of accumulators, and how their calls are written:
//
//   call     := {$operator: argument}
//   argument := expression                                kValue
//             | {}                                        kNothing: $count
//             | {n: expression, input: expression}        kN: $firstN $lastN $minN $maxN
//             | {sortBy: document, output: expression}    kSorted: $top $bottom
//             | {n, sortBy, output}                       kSortedN: $topN $bottomN
//             | {input: expression, method: name}         kMedian
//             | {input, method, p: expression}            kPercentile
//
// The caller parses the expressions in a Call, evaluates `n` when a group begins (in $group it sees
// the group's _id) and `p` at once (it must be constant), checks them with CheckN and CheckP, and
// makes one accumulator a group. Any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/accumulate/accumulator.h"

namespace cairn::accumulate {

enum class Form : uint8_t { kValue, kNothing, kN, kSorted, kSortedN, kMedian, kPercentile };

/// One row of the table.
struct Operator {
  std::string_view name;  ///< With its dollar.
  Form form;
  AccumulatorPtr (*make)(const Settings& settings);
};

/// The operator called `name`, or null.
const Operator* FindOperator(std::string_view name);
/// MongoDB has it and Cairn does not: $accumulator, which is JavaScript.
bool IsUnsupportedOperator(std::string_view name);

/// Where a call stands; some errors differ.
enum class Place : uint8_t { kGroup, kWindow, kExpression };

/// A parsed call. Values borrow from the element that was parsed; missing ones were not given.
struct Call {
  const Operator* op = nullptr;
  bson::Value input;    ///< The expression to evaluate for each document; `output` of $top.
  bson::Value n;        ///< Of kN and kSortedN.
  bson::Value sort_by;  ///< Of kSorted and kSortedN: a document, not checked further.
  bson::Value p;        ///< Of kPercentile.
  Method method = Method::kApproximate;
};

/// Parses {$operator: argument}, given as an element. Errors: Location15952 for an unknown name,
/// NotImplemented, Location40237 (an array as the argument of kValue in a group), TypeMismatch
/// ($count), Location5787900 and following (N-forms), Location5788001 and following ($top and its
/// kin), Location40414, Location40415 and BadValue ($median, $percentile).
Result<Call> ParseCall(const bson::Element& call, Place place);

/// `n` as evaluated. Errors: Location7548606 in a group; elsewhere Location5787902 (no number),
/// Location5787903 (no integer), Location5787908 (not positive).
Result<int64_t> CheckN(bson::Value n, Place place);
/// `p` as evaluated: Errors: Location7750301 (no array, or an empty one), Location7750302 (no
/// number in it), Location7750303 (outside 0..1).
Result<std::vector<double>> CheckP(bson::Value p);
/// The name of a method. Error: BadValue.
Result<Method> ParseMethod(bson::Value method);

}  // namespace cairn::accumulate
