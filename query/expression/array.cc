// SPDX-License-Identifier: Apache-2.0
// Arrays.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/try.h"
#include "query/expression/array_maker.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;

int64_t Count(bson::View array) { return std::distance(array.begin(), array.end()); }

// The element at `index`, which counts from the end when negative; missing outside.
bson::Value At(bson::View array, int64_t index) {
  if (index < 0) index += Count(array);
  if (index < 0) return bson::Value();
  for (const bson::Element& element : array) {
    if (index-- == 0) return element.value;
  }
  return bson::Value();
}

Status NotAnArray(ErrorCode code, std::string_view what, bson::Value found) {
  return Status(code, std::string(what) +
                          " must be an array, but is of type: " + std::string(NameOfType(found)));
}

Result<bson::Value> End(std::string_view name, bson::Value array, int64_t index) {
  if (array.IsNullish()) return Scratch::Null();
  if (array.type() != bson::Type::kArray) {
    return NotAnArray(ErrorCode::kLocation28689, std::string(name) + "'s argument", array);
  }
  return At(array.AsView(), index);
}

Result<int64_t> SliceNumber(std::string_view which, bson::Value value, ErrorCode not_number,
                            ErrorCode not_integer) {
  if (!value.IsNumber()) {
    return Status(not_number, std::string(which) +
                                  " argument to $slice must be numeric, but is of type: " +
                                  std::string(NameOfType(value)));
  }
  const auto integer = bson::ToInt32Exact(bson::Number::From(value));
  if (!integer) {
    return Status(not_integer, std::string(which) +
                                   " argument to $slice can't be represented as a 32-bit integer");
  }
  return int64_t{*integer};
}

// Where $indexOfArray begins or ends.
Result<int64_t> IndexBound(bson::Value value) {
  const auto bound =
      value.IsNumber() ? bson::ToInt32Exact(bson::Number::From(value)) : std::optional<int32_t>();
  if (!bound) {
    return Status(ErrorCode::kLocation40096, "$indexOfArray requires integral indexes, found " +
                                                 std::string(NameOfType(value)));
  }
  if (*bound < 0) {
    return Status(ErrorCode::kLocation40097,
                  "$indexOfArray requires nonnegative indexes, found " + std::to_string(*bound));
  }
  return int64_t{*bound};
}

}  // namespace

Result<bson::Value> ArrayElemAt(Arguments arguments, const Context&) {
  const bson::Value array = arguments[0];
  const bson::Value index = arguments[1];
  if (array.IsNullish() || index.IsNullish()) return Scratch::Null();
  if (array.type() != bson::Type::kArray) {
    return NotAnArray(ErrorCode::kLocation28689, "$arrayElemAt's first argument", array);
  }
  if (!index.IsNumber()) {
    return Status(ErrorCode::kLocation28690,
                  "$arrayElemAt's second argument must be a numeric value, but is " +
                      std::string(NameOfType(index)));
  }
  const auto at = bson::ToInt32Exact(bson::Number::From(index));
  if (!at) {
    return Status(ErrorCode::kLocation28691,
                  "$arrayElemAt's second argument must be representable as a 32-bit integer");
  }
  return At(array.AsView(), *at);
}

Result<bson::Value> ConcatArrays(Arguments arguments, const Context& context) {
  ArrayMaker made;
  for (const bson::Value value : arguments) {
    if (value.IsNullish()) return Scratch::Null();
    if (value.type() != bson::Type::kArray) {
      return Status(ErrorCode::kLocation28664,
                    "$concatArrays only supports arrays, not " + std::string(NameOfType(value)));
    }
    for (const bson::Element& element : value.AsView()) CAIRN_TRY(made.Append(element.value));
  }
  return made.Finish(context.scratch);
}

Result<bson::Value> First(Arguments arguments, const Context&) {
  return End("$first", arguments[0], 0);
}

Result<bson::Value> Last(Arguments arguments, const Context&) {
  return End("$last", arguments[0], -1);
}

Result<bson::Value> In(Arguments arguments, const Context& context) {
  const bson::Value array = arguments[1];
  if (array.type() != bson::Type::kArray) {
    return Status(ErrorCode::kLocation40081, "$in requires an array as a second argument, found: " +
                                                 std::string(NameOfType(array)));
  }
  for (const bson::Element& element : array.AsView()) {
    if (Compare(element.value, arguments[0], context) == 0) return Scratch::Bool(true);
  }
  return Scratch::Bool(false);
}

Result<bson::Value> IsArray(Arguments arguments, const Context&) {
  return Scratch::Bool(arguments[0].type() == bson::Type::kArray);
}

Result<bson::Value> Size(Arguments arguments, const Context& context) {
  if (arguments[0].type() != bson::Type::kArray) {
    return NotAnArray(ErrorCode::kLocation17124, "The argument to $size", arguments[0]);
  }
  return context.scratch->Int32(static_cast<int32_t>(Count(arguments[0].AsView())));
}

Result<bson::Value> Slice(Arguments arguments, const Context& context) {
  for (const bson::Value value : arguments) {
    if (value.IsNullish()) return Scratch::Null();
  }
  if (arguments[0].type() != bson::Type::kArray) {
    return NotAnArray(ErrorCode::kLocation28724, "First argument to $slice", arguments[0]);
  }
  const bson::View array = arguments[0].AsView();
  const int64_t size = Count(array);
  CAIRN_TRY_ASSIGN(int64_t start, SliceNumber("Second", arguments[1], ErrorCode::kLocation28725,
                                              ErrorCode::kLocation28726));
  int64_t count = 0;
  if (arguments.size() == 2) {
    count = std::min(std::abs(start), size);
    start = start < 0 ? size - count : 0;
  } else {
    CAIRN_TRY_ASSIGN(count, SliceNumber("Third", arguments[2], ErrorCode::kLocation28727,
                                        ErrorCode::kLocation28728));
    if (count <= 0) {
      return Status(ErrorCode::kLocation28729,
                    "Third argument to $slice must be positive: " + std::to_string(count));
    }
    start = start < 0 ? std::max<int64_t>(start + size, 0) : start;
  }
  ArrayMaker made;
  int64_t position = 0;
  for (const bson::Element& element : array) {
    if (position >= start && position < start + count) CAIRN_TRY(made.Append(element.value));
    ++position;
  }
  return made.Finish(context.scratch);
}

Result<bson::Value> IndexOfArray(Arguments arguments, const Context& context) {
  if (arguments[0].IsNullish()) return Scratch::Null();
  if (arguments[0].type() != bson::Type::kArray) {
    return NotAnArray(ErrorCode::kLocation40090, "$indexOfArray's first argument", arguments[0]);
  }
  int64_t bounds[2] = {0, std::numeric_limits<int32_t>::max()};
  for (size_t i = 2; i < arguments.size(); ++i) {
    CAIRN_TRY_ASSIGN(bounds[i - 2], IndexBound(arguments[i]));
  }
  int32_t position = 0;
  for (const bson::Element& element : arguments[0].AsView()) {
    if (position >= bounds[1]) break;
    if (position >= bounds[0] && Compare(element.value, arguments[1], context) == 0) {
      return context.scratch->Int32(position);
    }
    ++position;
  }
  return context.scratch->Int32(-1);
}

Result<bson::Value> Range(Arguments arguments, const Context& context) {
  static constexpr std::string_view kNames[] = {"start", "end", "step"};
  static constexpr ErrorCode kNotNumber[] = {ErrorCode::kLocation34443, ErrorCode::kLocation34445,
                                             ErrorCode::kLocation34447};
  static constexpr ErrorCode kNotInt32[] = {ErrorCode::kLocation34444, ErrorCode::kLocation34446,
                                            ErrorCode::kLocation34448};
  int64_t numbers[3] = {0, 0, 1};
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string what = "$range's " + std::string(kNames[i]) + " value";
    if (!arguments[i].IsNumber()) {
      return Status(kNotNumber[i],
                    what + " must be numeric, not " + std::string(NameOfType(arguments[i])));
    }
    const auto number = bson::ToInt32Exact(bson::Number::From(arguments[i]));
    if (!number) return Status(kNotInt32[i], what + " must be a 32-bit integer");
    numbers[i] = *number;
  }
  const auto [start, end, step] = numbers;
  if (step == 0) return Status(ErrorCode::kLocation34449, "$range's step must not be 0");
  if ((end - start) / step > 0) {
    CAIRN_TRY(ArrayMaker::Expect(static_cast<uint64_t>((end - start) / step), sizeof(int32_t)));
  }
  ArrayMaker made;
  for (int64_t i = start; step > 0 ? i < end : i > end; i += step) {
    const auto element = static_cast<int32_t>(i);
    CAIRN_TRY(
        made.Append(bson::Value(bson::Type::kInt32, reinterpret_cast<const char*>(&element))));
  }
  return made.Finish(context.scratch);
}

Result<bson::Value> ReverseArray(Arguments arguments, const Context& context) {
  if (arguments[0].IsNullish()) return Scratch::Null();
  if (arguments[0].type() != bson::Type::kArray) {
    return NotAnArray(ErrorCode::kLocation34435, "The argument to $reverseArray", arguments[0]);
  }
  std::vector<bson::Value> values;
  for (const bson::Element& element : arguments[0].AsView()) values.push_back(element.value);
  ArrayMaker made;
  for (size_t i = values.size(); i-- > 0;) CAIRN_TRY(made.Append(values[i]));
  return made.Finish(context.scratch);
}

}  // namespace cairn::expression
