// SPDX-License-Identifier: Apache-2.0
// The only file that sees Intel's headers. The library is the variant that takes arguments by
// value, the rounding mode as an argument and the flags through a pointer; the definitions must say
// the same.
#include "engine/bson/decimal_arithmetic.h"

#include <iterator>

#include "engine/bson/number.h"

#define DECIMAL_CALL_BY_REFERENCE 0
#define DECIMAL_GLOBAL_ROUNDING 0
#define DECIMAL_GLOBAL_EXCEPTION_FLAGS 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#include <bid_conf.h>
#include <bid_functions.h>
#pragma GCC diagnostic pop

namespace cairn::bson {
namespace {

BID_UINT128 In(const Decimal128& value) {
  BID_UINT128 bid;
  bid.w[0] = value.low;
  bid.w[1] = value.high;
  return bid;
}

Decimal128 Out(const BID_UINT128& bid) { return {.low = bid.w[0], .high = bid.w[1]}; }

using Function = BID_UINT128 (*)(BID_UINT128, _IDEC_round, _IDEC_flags*);

// In the order of DecimalFunction.
constexpr Function kFunctions[] = {
    bid128_acos, bid128_acosh, bid128_asin, bid128_asinh, bid128_atan,  bid128_atanh,
    bid128_cos,  bid128_cosh,  bid128_exp,  bid128_log,   bid128_log10, bid128_sin,
    bid128_sinh, bid128_sqrt,  bid128_tan,  bid128_tanh,
};
static_assert(std::size(kFunctions) == static_cast<size_t>(DecimalFunction::kTanh) + 1);

_IDEC_round Mode(DecimalRounding rounding) {
  switch (rounding) {
    case DecimalRounding::kNearestEven:
      return BID_ROUNDING_TO_NEAREST;
    case DecimalRounding::kDown:
      return BID_ROUNDING_DOWN;
    case DecimalRounding::kUp:
      return BID_ROUNDING_UP;
    case DecimalRounding::kTowardZero:
      break;
  }
  return BID_ROUNDING_TO_ZERO;
}

}  // namespace

Decimal128 AddDecimals(const Decimal128& a, const Decimal128& b) noexcept {
  _IDEC_flags flags = 0;
  return Out(bid128_add(In(a), In(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 SubtractDecimals(const Decimal128& a, const Decimal128& b) noexcept {
  _IDEC_flags flags = 0;
  return Out(bid128_sub(In(a), In(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 MultiplyDecimals(const Decimal128& a, const Decimal128& b) noexcept {
  _IDEC_flags flags = 0;
  return Out(bid128_mul(In(a), In(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 DivideDecimals(const Decimal128& a, const Decimal128& b) noexcept {
  _IDEC_flags flags = 0;
  return Out(bid128_div(In(a), In(b), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 ModDecimals(const Decimal128& a, const Decimal128& b) noexcept {
  _IDEC_flags flags = 0;
  return Out(bid128_fmod(In(a), In(b), &flags));
}

Decimal128 DecimalFromDouble(double value) noexcept {
  _IDEC_flags flags = 0;
  return Out(binary64_to_bid128(value, BID_ROUNDING_TO_NEAREST, &flags));
}

double DecimalToNearestDouble(const Decimal128& value) noexcept {
  _IDEC_flags flags = 0;
  return bid128_to_binary64(In(value), BID_ROUNDING_TO_NEAREST, &flags);
}

double DecimalToDoubleBelow(const Decimal128& value) noexcept {
  _IDEC_flags flags = 0;
  return bid128_to_binary64(In(value), BID_ROUNDING_DOWN, &flags);
}

int CompareDecimals(const Decimal128& a, const Decimal128& b) noexcept {
  _IDEC_flags flags = 0;
  if (bid128_quiet_less(In(a), In(b), &flags) != 0) return -1;
  return bid128_quiet_equal(In(a), In(b), &flags) != 0 ? 0 : 1;
}

Decimal128 ApplyDecimal(DecimalFunction function, const Decimal128& value) noexcept {
  _IDEC_flags flags = 0;
  return Out(kFunctions[static_cast<size_t>(function)](In(value), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 PowDecimals(const Decimal128& base, const Decimal128& power) noexcept {
  _IDEC_flags flags = 0;
  return Out(bid128_pow(In(base), In(power), BID_ROUNDING_TO_NEAREST, &flags));
}

Decimal128 Atan2Decimals(const Decimal128& y, const Decimal128& x) noexcept {
  _IDEC_flags flags = 0;
  return Out(bid128_atan2(In(y), In(x), BID_ROUNDING_TO_NEAREST, &flags));
}

std::optional<Decimal128> QuantizeDecimal(const Decimal128& value, int exponent,
                                          DecimalRounding rounding) noexcept {
  const Decimal128 quantum = JoinDecimal({.biased_exponent = exponent + 6176});
  _IDEC_flags flags = 0;
  const Decimal128 made = Out(bid128_quantize(In(value), In(quantum), Mode(rounding), &flags));
  if (made.IsNaN() || made.IsInfinite()) return std::nullopt;
  return made;
}

Decimal128 DecimalFromDoubleFully(double value) noexcept {
  _IDEC_flags flags = 0;
  return Out(binary64_to_bid128(value, BID_ROUNDING_TO_NEAREST, &flags));
}

}  // namespace cairn::bson
