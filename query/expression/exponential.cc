// SPDX-License-Identifier: Apache-2.0
// Powers, roots and logarithms. Decimals give decimals, all other numbers doubles; $pow of integers
// gives an integer where there is one.
#include <cmath>
#include <optional>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/decimal_arithmetic.h"
#include "query/expression/numeric_argument.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;
using bson::DecimalFunction;
using bson::Number;

bool IsDecimal(Number number) { return number.type() == bson::Type::kDecimal128; }

bool IsPositiveOrNaN(Number number) { return bson::IsNaN(number) || bson::Sign(number) > 0; }

Result<bson::Value> Apply(Number number, DecimalFunction of_decimal, double (*of_double)(double),
                          Scratch* scratch) {
  if (IsDecimal(number)) {
    return scratch->Number(Number::Decimal(bson::ApplyDecimal(of_decimal, number.decimal())));
  }
  return scratch->Number(Number::Double(of_double(bson::ToDouble(number))));
}

Status NotPositive(std::string_view name, ErrorCode code) {
  return Status(code, std::string(name) + "'s argument must be a positive number");
}

// By repeated squaring; empty on overflow. `power` is not negative.
std::optional<int64_t> IntegerPower(int64_t base, int64_t power) {
  int64_t result = 1;
  while (true) {
    if ((power & 1) != 0 && __builtin_mul_overflow(result, base, &result)) return std::nullopt;
    power >>= 1;
    if (power == 0) return result;
    if (__builtin_mul_overflow(base, base, &base)) return std::nullopt;
  }
}

Result<bson::Value> PowOfIntegers(Number base, Number power, Scratch* scratch) {
  if (base.integer() == -1 && power.integer() < 0) power = Number::Int64(-(power.integer() % 2));
  if (base.integer() == 1 && power.integer() < 0) power = Number::Int64(0);
  const auto exact =
      power.integer() < 0 ? std::nullopt : IntegerPower(base.integer(), power.integer());
  if (!exact) {
    return scratch->Number(Number::Double(std::pow(bson::ToDouble(base), bson::ToDouble(power))));
  }
  const bool is_long = base.type() == bson::Type::kInt64 || power.type() == bson::Type::kInt64;
  return scratch->Number(is_long ? Number::Int64(*exact) : Number::Smallest(*exact));
}

bson::Decimal128 PowOfDecimals(const bson::Decimal128& base, const bson::Decimal128& power) {
  // Adding the zero of the least exponent gives zeros one form, and other results all their digits.
  return bson::AddDecimals(bson::PowDecimals(base, power),
                           bson::JoinDecimal({.biased_exponent = 0}));
}

class Sigmoid : public Expression {
 public:
  explicit Sigmoid(ExpressionPtr input) : input_(std::move(input)) {}
  Result<bson::Value> Evaluate(const Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value input, input_->Evaluate(context));
    if (input.IsNullish()) return Scratch::Null();
    if (!input.IsNumber()) {
      return Status(ErrorCode::kTypeMismatch,
                    "$sigmoid only supports numeric types, not " + std::string(NameOfType(input)));
    }
    const Number number = Number::From(input);
    if (!IsDecimal(number)) {
      return context.scratch->Number(Number::Double(1 / (1 + std::exp(-bson::ToDouble(number)))));
    }
    const bson::Decimal128 one = bson::Decimal128::FromInt64(1);
    const bson::Decimal128 negated =
        bson::MultiplyDecimals(bson::Decimal128::FromInt64(-1), number.decimal());
    return context.scratch->Number(Number::Decimal(bson::DivideDecimals(
        one, bson::AddDecimals(one, bson::ApplyDecimal(DecimalFunction::kExp, negated)))));
  }
  bool IsConstant() const override { return input_->IsConstant(); }
  void AddDependencies(Dependencies* dependencies) const override {
    input_->AddDependencies(dependencies);
  }

 private:
  const ExpressionPtr input_;
};

}  // namespace

Result<bson::Value> Exp(Arguments arguments, const Context& context) {
  return OfOneNumber("$exp", arguments[0], [&](Number number) {
    return Apply(number, DecimalFunction::kExp, std::exp, context.scratch);
  });
}

Result<bson::Value> Ln(Arguments arguments, const Context& context) {
  return OfOneNumber("$ln", arguments[0], [&](Number number) -> Result<bson::Value> {
    if (!IsPositiveOrNaN(number)) return NotPositive("$ln", ErrorCode::kLocation28766);
    return Apply(number, DecimalFunction::kLog, std::log, context.scratch);
  });
}

Result<bson::Value> Log10(Arguments arguments, const Context& context) {
  return OfOneNumber("$log10", arguments[0], [&](Number number) -> Result<bson::Value> {
    if (!IsPositiveOrNaN(number)) return NotPositive("$log10", ErrorCode::kLocation28761);
    return Apply(number, DecimalFunction::kLog10, std::log10, context.scratch);
  });
}

Result<bson::Value> Log(Arguments arguments, const Context& context) {
  if (arguments[0].IsNullish() || arguments[1].IsNullish()) return Scratch::Null();
  static constexpr ErrorCode kNotNumber[] = {ErrorCode::kLocation28756, ErrorCode::kLocation28757};
  for (size_t i = 0; i < 2; ++i) {
    if (arguments[i].IsNumber()) continue;
    return Status(kNotNumber[i], std::string(i == 0 ? "$log's argument" : "$log's base") +
                                     " must be numeric, not " +
                                     std::string(NameOfType(arguments[i])));
  }
  const Number number = Number::From(arguments[0]);
  const Number base = Number::From(arguments[1]);
  if (!IsPositiveOrNaN(number)) return NotPositive("$log", ErrorCode::kLocation28758);
  const bool base_is_one = bson::CompareNumbers(base, Number::Int32(1)) == 0;
  if (!IsPositiveOrNaN(base) || base_is_one) {
    return Status(ErrorCode::kLocation28759,
                  "$log's base must be a positive number not equal to 1");
  }
  if (IsDecimal(number) || IsDecimal(base)) {
    return context.scratch->Number(Number::Decimal(
        bson::DivideDecimals(bson::ApplyDecimal(DecimalFunction::kLog, bson::ToDecimal(number)),
                             bson::ApplyDecimal(DecimalFunction::kLog, bson::ToDecimal(base)))));
  }
  return context.scratch->Number(
      Number::Double(std::log(bson::ToDouble(number)) / std::log(bson::ToDouble(base))));
}

Result<bson::Value> Pow(Arguments arguments, const Context& context) {
  if (arguments[0].IsNullish() || arguments[1].IsNullish()) return Scratch::Null();
  static constexpr ErrorCode kNotNumber[] = {ErrorCode::kLocation28762, ErrorCode::kLocation28763};
  for (size_t i = 0; i < 2; ++i) {
    if (arguments[i].IsNumber()) continue;
    return Status(kNotNumber[i], std::string(i == 0 ? "$pow's base" : "$pow's exponent") +
                                     " must be numeric, not " +
                                     std::string(NameOfType(arguments[i])));
  }
  const Number base = Number::From(arguments[0]);
  const Number power = Number::From(arguments[1]);
  if (!bson::IsNaN(base) && bson::Sign(base) == 0 && bson::Sign(power) < 0) {
    return Status(ErrorCode::kLocation28764,
                  "$pow cannot take a base of 0 and a negative exponent");
  }
  if (IsDecimal(base) || IsDecimal(power)) {
    return context.scratch->Number(
        Number::Decimal(PowOfDecimals(bson::ToDecimal(base), bson::ToDecimal(power))));
  }
  if (base.IsInteger() && power.IsInteger()) return PowOfIntegers(base, power, context.scratch);
  return context.scratch->Number(
      Number::Double(std::pow(bson::ToDouble(base), bson::ToDouble(power))));
}

Result<bson::Value> Sqrt(Arguments arguments, const Context& context) {
  return OfOneNumber("$sqrt", arguments[0], [&](Number number) -> Result<bson::Value> {
    if (bson::Sign(number) < 0) {
      return Status(ErrorCode::kLocation28714,
                    "$sqrt's argument must be greater than or equal to 0");
    }
    return Apply(number, DecimalFunction::kSqrt, std::sqrt, context.scratch);
  });
}

Result<ExpressionPtr> ParseSigmoid(bson::Value operand, Scope* scope, int depth) {
  // An array is no list of arguments here, but a value of the wrong type.
  CAIRN_TRY_ASSIGN(auto input, Parse(operand, scope, depth + 1));
  return ExpressionPtr(std::make_unique<Sigmoid>(std::move(input)));
}

}  // namespace cairn::expression
