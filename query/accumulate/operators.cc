// SPDX-License-Identifier: Apache-2.0
#include "query/accumulate/operators.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/accumulate/families.h"

namespace cairn::accumulate {
namespace {

// table "accumulators": sorted
constexpr Operator kOperators[] = {
    {"$addToSet", Form::kValue, MakeAddToSet},
    {"$avg", Form::kValue, MakeAvg},
    {"$bottom", Form::kSorted, MakeBottom},
    {"$bottomN", Form::kSortedN, MakeBottomN},
    {"$concatArrays", Form::kValue, MakeConcatArrays},
    {"$count", Form::kNothing, MakeCount},
    {"$first", Form::kValue, MakeFirst},
    {"$firstN", Form::kN, MakeFirstN},
    {"$last", Form::kValue, MakeLast},
    {"$lastN", Form::kN, MakeLastN},
    {"$max", Form::kValue, MakeMax},
    {"$maxN", Form::kN, MakeMaxN},
    {"$median", Form::kMedian, MakeMedian},
    {"$mergeObjects", Form::kValue, MakeMergeObjects},
    {"$min", Form::kValue, MakeMin},
    {"$minN", Form::kN, MakeMinN},
    {"$percentile", Form::kPercentile, MakePercentile},
    {"$push", Form::kValue, MakePush},
    {"$setUnion", Form::kValue, MakeSetUnion},
    {"$stdDevPop", Form::kValue, MakeStdDevPop},
    {"$stdDevSamp", Form::kValue, MakeStdDevSamp},
    {"$sum", Form::kValue, MakeSum},
    {"$top", Form::kSorted, MakeTop},
    {"$topN", Form::kSortedN, MakeTopN},
};
static_assert(std::is_sorted(std::begin(kOperators), std::end(kOperators),
                             [](const Operator& a, const Operator& b) { return a.name < b.name; }));

constexpr std::string_view kUnsupported[] = {"$accumulator"};

std::string TypeText(bson::Value value) { return std::string(bson::TypeName(value.type())); }

bool IsSorted(Form form) { return form == Form::kSorted || form == Form::kSortedN; }

// {n, input} and {n, sortBy, output}: the codes of the two kinds differ.
Status ParseFields(bson::Value argument, Call* call) {
  const std::string name(call->op->name);
  const bool sorted = IsSorted(call->op->form);
  if (argument.type() != bson::Type::kDocument) {
    return {sorted ? ErrorCode::kLocation5788001 : ErrorCode::kLocation5787900,
            "specification must be an object; found " + name + " :" + TypeText(argument)};
  }
  const std::string_view input = sorted ? "output" : "input";
  const bool has_n = call->op->form != Form::kSorted;
  for (const bson::Element& field : argument.AsView()) {
    if (field.name == "n" && has_n) {
      call->n = field.value;
    } else if (field.name == input) {
      call->input = field.value;
    } else if (field.name == "sortBy" && sorted) {
      call->sort_by = field.value;
    } else {
      return {sorted ? ErrorCode::kLocation5788002 : ErrorCode::kLocation5787901,
              "Unknown argument to " + name + " '" + std::string(field.name) + "'"};
    }
  }
  if (has_n && call->n.missing()) {
    return {sorted ? ErrorCode::kLocation5788003 : ErrorCode::kLocation5787906,
            "Missing value for 'n'"};
  }
  if (call->input.missing()) {
    return {sorted ? ErrorCode::kLocation5788004 : ErrorCode::kLocation5787907,
            "Missing value for '" + std::string(input) + "'"};
  }
  if (!sorted) return {};
  if (call->sort_by.missing()) {
    return {ErrorCode::kLocation5788005, "Missing value for 'sortBy'"};
  }
  if (call->sort_by.type() != bson::Type::kDocument) {
    return {ErrorCode::kLocation10065, "invalid parameter: expected an object (sortBy)"};
  }
  return {};
}

// {input, method} and {input, method, p}.
Status ParseQuantile(bson::Value argument, Call* call) {
  const std::string name(call->op->name);
  const bool has_p = call->op->form == Form::kPercentile;
  if (argument.type() != bson::Type::kDocument) {
    return {has_p ? ErrorCode::kLocation7429703 : ErrorCode::kLocation7436100,
            name + " expects an object, but got a " + TypeText(argument)};
  }
  bson::Value method;
  for (const bson::Element& field : argument.AsView()) {
    if (field.name == "input") {
      call->input = field.value;
    } else if (field.name == "method") {
      method = field.value;
    } else if (field.name == "p" && has_p) {
      call->p = field.value;
    } else {
      return {ErrorCode::kLocation40415,
              "BSON field '" + name + "." + std::string(field.name) + "' is an unknown field."};
    }
  }
  for (const auto& [field, value] :
       {std::pair{"input", call->input}, {"p", call->p}, {"method", method}}) {
    if (!value.missing() || (field[0] == 'p' && !has_p)) continue;
    return {ErrorCode::kLocation40414,
            "BSON field '" + name + "." + field + "' is missing but a required field"};
  }
  CAIRN_TRY_ASSIGN(call->method, ParseMethod(method));
  return {};
}

}  // namespace

const Operator* FindOperator(std::string_view name) {
  const auto* const row =
      std::lower_bound(std::begin(kOperators), std::end(kOperators), name,
                       [](const Operator& a, std::string_view b) { return a.name < b; });
  return row != std::end(kOperators) && row->name == name ? row : nullptr;
}

bool IsUnsupportedOperator(std::string_view name) {
  return std::find(std::begin(kUnsupported), std::end(kUnsupported), name) !=
         std::end(kUnsupported);
}

Result<Method> ParseMethod(bson::Value method) {
  const std::string_view name =
      method.type() == bson::Type::kString ? method.AsString() : std::string_view();
  if (name == "approximate") return Method::kApproximate;
  if (name == "discrete") return Method::kDiscrete;
  if (name == "continuous") return Method::kContinuous;
  return Status(ErrorCode::kBadValue,
                "'method' must be one of 'approximate', 'discrete' and 'continuous'");
}

Result<Call> ParseCall(const bson::Element& call, Place place) {
  Call parsed;
  parsed.op = FindOperator(call.name);
  const std::string name(call.name);
  if (parsed.op == nullptr) {
    if (IsUnsupportedOperator(call.name)) {
      return Status(ErrorCode::kNotImplemented, name + " is not supported");
    }
    return Status(ErrorCode::kLocation15952, "unknown group operator '" + name + "'");
  }
  switch (parsed.op->form) {
    case Form::kValue:
      if (place == Place::kGroup && call.value.type() == bson::Type::kArray) {
        return Status(ErrorCode::kLocation40237,
                      "The " + name + " accumulator is a unary operator");
      }
      parsed.input = call.value;
      break;
    case Form::kNothing:
      if (call.value.type() != bson::Type::kDocument || !call.value.AsView().empty()) {
        return Status(
            place == Place::kWindow ? ErrorCode::kFailedToParse : ErrorCode::kTypeMismatch,
            name + " takes no arguments, i.e. " + name + ":{}");
      }
      break;
    case Form::kN:
    case Form::kSorted:
    case Form::kSortedN:
      CAIRN_TRY(ParseFields(call.value, &parsed));
      break;
    case Form::kMedian:
    case Form::kPercentile:
      CAIRN_TRY(ParseQuantile(call.value, &parsed));
      break;
  }
  return parsed;
}

Result<int64_t> CheckN(bson::Value n, Place place) {
  const auto code = [place](ErrorCode elsewhere) {
    return place == Place::kGroup ? ErrorCode::kLocation7548606 : elsewhere;
  };
  if (!n.IsNumber()) {
    return Status(code(ErrorCode::kLocation5787902),
                  "Value for 'n' must be of integral type, but found " + TypeText(n));
  }
  const std::optional<int64_t> integer = bson::ToInt64Exact(bson::Number::From(n));
  if (!integer) {
    return Status(code(ErrorCode::kLocation5787903),
                  "Value for 'n' must be of integral type, but it is not an integer");
  }
  if (*integer <= 0) {
    return Status(code(ErrorCode::kLocation5787908),
                  "'n' must be greater than 0, found " + std::to_string(*integer));
  }
  return *integer;
}

Result<std::vector<double>> CheckP(bson::Value p) {
  if (p.type() != bson::Type::kArray || p.AsView().empty()) {
    return Status(ErrorCode::kLocation7750301,
                  "The $percentile 'p' field must be an array of numbers from [0.0, 1.0]");
  }
  std::vector<double> parts;
  for (const bson::Element& element : p.AsView()) {
    if (!element.value.IsNumber()) {
      return Status(
          ErrorCode::kLocation7750302,
          "The $percentile 'p' field must hold numbers, but found " + TypeText(element.value));
    }
    const double part = bson::ToDouble(bson::Number::From(element.value));
    if (!(part >= 0 && part <= 1)) {
      return Status(ErrorCode::kLocation7750303,
                    "The $percentile 'p' field must hold numbers from [0.0, 1.0]");
    }
    parts.push_back(part);
  }
  return parts;
}

}  // namespace cairn::accumulate
