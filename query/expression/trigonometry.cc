// SPDX-License-Identifier: Apache-2.0
// Angles in radians. Decimals give decimals, all other numbers doubles; NaN gives NaN.
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/decimal_arithmetic.h"
#include "query/expression/numeric_argument.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;
using bson::DecimalFunction;
using bson::Number;

struct Function {
  std::string_view name;
  DecimalFunction of_decimal;
  double (*of_double)(double);
  // What it is defined for: a closed range, or everything but the infinities.
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool open = false;
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Function kAcos = {"$acos", DecimalFunction::kAcos, std::acos, -1, 1};
constexpr Function kAcosh = {"$acosh", DecimalFunction::kAcosh, std::acosh, 1};
constexpr Function kAsin = {"$asin", DecimalFunction::kAsin, std::asin, -1, 1};
constexpr Function kAsinh = {"$asinh", DecimalFunction::kAsinh, std::asinh};
constexpr Function kAtan = {"$atan", DecimalFunction::kAtan, std::atan};
constexpr Function kAtanh = {"$atanh", DecimalFunction::kAtanh, std::atanh, -1, 1};
constexpr Function kCos = {"$cos", DecimalFunction::kCos, std::cos, -kInfinity, kInfinity, true};
constexpr Function kCosh = {"$cosh", DecimalFunction::kCosh, std::cosh};
constexpr Function kSin = {"$sin", DecimalFunction::kSin, std::sin, -kInfinity, kInfinity, true};
constexpr Function kSinh = {"$sinh", DecimalFunction::kSinh, std::sinh};
constexpr Function kTan = {"$tan", DecimalFunction::kTan, std::tan, -kInfinity, kInfinity, true};
constexpr Function kTanh = {"$tanh", DecimalFunction::kTanh, std::tanh};

bool IsInside(Number number, const Function& function) {
  const int above = bson::CompareNumbers(number, Number::Double(function.min));
  const int below = bson::CompareNumbers(number, Number::Double(function.max));
  return function.open ? above > 0 && below < 0 : above >= 0 && below <= 0;
}

Result<bson::Value> Apply(const Function& function, Arguments arguments, const Context& context) {
  return OfOneNumber(function.name, arguments[0], [&](Number number) -> Result<bson::Value> {
    if (!bson::IsNaN(number) && !IsInside(number, function)) {
      return Status(ErrorCode::kLocation50989,
                    "cannot apply " + std::string(function.name) +
                        " to this value, it must be in " + (function.open ? "(" : "[") +
                        std::to_string(function.min) + "," + std::to_string(function.max) +
                        (function.open ? ")" : "]"));
    }
    if (number.type() == bson::Type::kDecimal128) {
      return context.scratch->Number(
          Number::Decimal(bson::ApplyDecimal(function.of_decimal, number.decimal())));
    }
    return context.scratch->Number(Number::Double(function.of_double(bson::ToDouble(number))));
  });
}

Result<bson::Value> Scale(std::string_view name, Arguments arguments, const char* of_decimal,
                          double of_double, Scratch* scratch) {
  return OfOneNumber(name, arguments[0], [&](Number number) -> Result<bson::Value> {
    if (number.type() == bson::Type::kDecimal128) {
      CAIRN_TRY_ASSIGN(const bson::Decimal128 factor, bson::Decimal128::FromString(of_decimal));
      return scratch->Number(Number::Decimal(bson::MultiplyDecimals(number.decimal(), factor)));
    }
    return scratch->Number(Number::Double(bson::ToDouble(number) * of_double));
  });
}

}  // namespace

Result<bson::Value> Acos(Arguments arguments, const Context& context) {
  return Apply(kAcos, arguments, context);
}
Result<bson::Value> Acosh(Arguments arguments, const Context& context) {
  return Apply(kAcosh, arguments, context);
}
Result<bson::Value> Asin(Arguments arguments, const Context& context) {
  return Apply(kAsin, arguments, context);
}
Result<bson::Value> Asinh(Arguments arguments, const Context& context) {
  return Apply(kAsinh, arguments, context);
}
Result<bson::Value> Atan(Arguments arguments, const Context& context) {
  return Apply(kAtan, arguments, context);
}
Result<bson::Value> Atanh(Arguments arguments, const Context& context) {
  return Apply(kAtanh, arguments, context);
}
Result<bson::Value> Cos(Arguments arguments, const Context& context) {
  return Apply(kCos, arguments, context);
}
Result<bson::Value> Cosh(Arguments arguments, const Context& context) {
  return Apply(kCosh, arguments, context);
}
Result<bson::Value> Sin(Arguments arguments, const Context& context) {
  return Apply(kSin, arguments, context);
}
Result<bson::Value> Sinh(Arguments arguments, const Context& context) {
  return Apply(kSinh, arguments, context);
}
Result<bson::Value> Tan(Arguments arguments, const Context& context) {
  return Apply(kTan, arguments, context);
}
Result<bson::Value> Tanh(Arguments arguments, const Context& context) {
  return Apply(kTanh, arguments, context);
}

Result<bson::Value> Atan2(Arguments arguments, const Context& context) {
  static constexpr ErrorCode kNotNumber[] = {ErrorCode::kLocation51044, ErrorCode::kLocation51045};
  for (size_t i = 0; i < 2; ++i) {
    if (arguments[i].IsNullish()) return Scratch::Null();
    if (arguments[i].IsNumber()) continue;
    return Status(kNotNumber[i], "$atan2 only supports numeric types, not " +
                                     std::string(NameOfType(arguments[i])));
  }
  const Number y = Number::From(arguments[0]);
  const Number x = Number::From(arguments[1]);
  if (y.type() == bson::Type::kDecimal128 || x.type() == bson::Type::kDecimal128) {
    return context.scratch->Number(
        Number::Decimal(bson::Atan2Decimals(bson::ToDecimal(y), bson::ToDecimal(x))));
  }
  return context.scratch->Number(Number::Double(std::atan2(bson::ToDouble(y), bson::ToDouble(x))));
}

Result<bson::Value> DegreesToRadians(Arguments arguments, const Context& context) {
  return Scale("$degreesToRadians", arguments, "0.01745329251994329576923690768488613",
               std::numbers::pi / 180, context.scratch);
}

Result<bson::Value> RadiansToDegrees(Arguments arguments, const Context& context) {
  return Scale("$radiansToDegrees", arguments, "57.29577951308232087679815481410517",
               180 / std::numbers::pi, context.scratch);
}

}  // namespace cairn::expression
