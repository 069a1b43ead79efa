// SPDX-License-Identifier: Apache-2.0
// Mixed-type arithmetic, conversions and exact comparison. The comparison of decimals with doubles
// is checked against a second method: exact decimal expansions, compared as text.
#include "engine/bson/number.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <random>

namespace cairn::bson {
namespace {

constexpr int32_t kInt32Max = std::numeric_limits<int32_t>::max();
constexpr int32_t kInt32Min = std::numeric_limits<int32_t>::min();
constexpr int64_t kInt64Max = std::numeric_limits<int64_t>::max();
constexpr int64_t kInt64Min = std::numeric_limits<int64_t>::min();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Number I(int32_t v) { return Number::Int32(v); }
Number L(int64_t v) { return Number::Int64(v); }
Number R(double v) { return Number::Double(v); }
Decimal128 Dec(std::string_view text) { return Decimal128::FromString(text).value(); }
Number D(std::string_view text) { return Number::Decimal(Dec(text)); }

std::string Show(Number n) {
  const std::string type(TypeName(n.type()));
  if (n.IsInteger()) return type + " " + std::to_string(n.integer());
  if (n.type() == Type::kDecimal128) return type + " " + n.decimal().ToString();
  char text[64];
  const auto end = std::to_chars(text, std::end(text), n.real()).ptr;
  return type + " " + std::string(text, end);
}

std::string Show(const Result<Number>& result) {
  return result.ok() ? Show(result.value()) : ErrorName(result.status().code());
}

TEST(Number, AddsWithPromotion) {
  constexpr auto kError = OnOverflow::kError;
  constexpr auto kDouble = OnOverflow::kDouble;
  EXPECT_EQ(Show(Add(I(1), I(2), kError)), "int 3");
  EXPECT_EQ(Show(Add(I(kInt32Max), I(1), kError)), "long 2147483648");
  EXPECT_EQ(Show(Add(I(1), L(2), kError)), "long 3");
  EXPECT_EQ(Show(Add(L(kInt64Max), I(1), kError)), "Overflow");
  EXPECT_EQ(Show(Add(L(kInt64Max), I(1), kDouble)), "double 9223372036854775808");
  EXPECT_EQ(Show(Add(I(1), R(0.5), kError)), "double 1.5");
  EXPECT_EQ(Show(Add(L(1), D("0.5"), kError)), "decimal 1.5");
  EXPECT_EQ(Show(Add(R(2.5), D("0.5"), kError)), "decimal 3.00000000000000");
  EXPECT_EQ(Show(Add(D("0.1"), D("0.2"), kError)), "decimal 0.3");
  EXPECT_EQ(Show(Subtract(I(kInt32Min), I(1), kError)), "long -2147483649");
  EXPECT_EQ(Show(Subtract(L(kInt64Min), I(1), kError)), "Overflow");
  EXPECT_EQ(Show(Subtract(D("1"), D("0.9"), kError)), "decimal 0.1");
}

TEST(Number, MultipliesAndNegates) {
  constexpr auto kError = OnOverflow::kError;
  EXPECT_EQ(Show(Multiply(I(3), I(-4), kError)), "int -12");
  EXPECT_EQ(Show(Multiply(I(kInt32Max), I(2), kError)), "long 4294967294");
  EXPECT_EQ(Show(Multiply(I(3), L(4), kError)), "long 12");
  EXPECT_EQ(Show(Multiply(L(kInt64Min), L(-1), kError)), "Overflow");
  EXPECT_EQ(Show(Multiply(L(kInt64Min), L(-1), OnOverflow::kDouble)), "double 9223372036854775808");
  EXPECT_EQ(Show(Multiply(R(1.5), I(2), kError)), "double 3");
  EXPECT_EQ(Show(Multiply(D("1.5"), I(2), kError)), "decimal 3.0");
  EXPECT_EQ(Show(Negate(I(5), kError)), "int -5");
  EXPECT_EQ(Show(Negate(I(kInt32Min), kError)), "long 2147483648");
  EXPECT_EQ(Show(Negate(L(5), kError)), "long -5");
  EXPECT_EQ(Show(Negate(L(kInt64Min), kError)), "Overflow");
  EXPECT_EQ(Show(Negate(R(0.0), kError)), "double -0");
  EXPECT_EQ(Show(Negate(D("-1.50"), kError)), "decimal 1.50");
  EXPECT_EQ(Show(Negate(D("NaN"), kError)), "decimal NaN");
}

// Results that are only right when the library's calling convention and rounding mode are.
TEST(Number, DecimalArithmeticRoundsToEven) {
  constexpr auto kError = OnOverflow::kError;
  EXPECT_EQ(Show(Add(D("9999999999999999999999999999999999"), I(1), kError)),
            "decimal 1.000000000000000000000000000000000E+34");
  EXPECT_EQ(Show(Add(D("1000000000000000000000000000000000"), D("0.5"), kError)),
            "decimal 1000000000000000000000000000000000");
  EXPECT_EQ(Show(Add(D("1000000000000000000000000000000001"), D("0.5"), kError)),
            "decimal 1000000000000000000000000000000002");
  EXPECT_EQ(Show(Multiply(D("9.999999999999999999999999999999999E+6144"), I(10), kError)),
            "decimal Infinity");
  EXPECT_EQ(Show(Multiply(D("1E-6176"), D("0.1"), kError)), "decimal 0E-6176");
  EXPECT_EQ(Show(Multiply(D("1.1"), D("1.1"), kError)), "decimal 1.21");
  EXPECT_EQ(Show(Add(D("Infinity"), D("-Infinity"), kError)), "decimal NaN");
}

TEST(Number, ConvertsToIntegers) {
  struct Case {
    Number number;
    std::optional<int64_t> exact, truncated, floor;
  };
  const Case cases[] = {
      {I(-7), -7, -7, -7},
      {L(kInt64Min), kInt64Min, kInt64Min, kInt64Min},
      {R(3), 3, 3, 3},
      {R(-0.0), 0, 0, 0},
      {R(2.5), {}, 2, 2},
      {R(-2.5), {}, -2, -3},
      {R(9223372036854775808.0), {}, {}, {}},
      {R(-9223372036854775808.0), kInt64Min, kInt64Min, kInt64Min},
      {R(9223372036854774784.0), 9223372036854774784, 9223372036854774784, 9223372036854774784},
      {R(kNaN), {}, {}, {}},
      {R(-kInfinity), {}, {}, {}},
      {D("3.00"), 3, 3, 3},
      {D("3E+2"), 300, 300, 300},
      {D("0E+6111"), 0, 0, 0},
      {D("-0.1"), {}, 0, -1},
      {D("-1E-6176"), {}, 0, -1},
      {D("2.999999999999999999999999999999999"), {}, 2, 2},
      {D("9223372036854775807"), kInt64Max, kInt64Max, kInt64Max},
      {D("9223372036854775807.5"), {}, kInt64Max, kInt64Max},
      {D("9223372036854775808"), {}, {}, {}},
      {D("-9223372036854775808"), kInt64Min, kInt64Min, kInt64Min},
      {D("-9223372036854775808.5"), {}, kInt64Min, {}},
      {D("18446744073709551615.5"), {}, {}, {}},
      {D("-18446744073709551615.5"), {}, {}, {}},
      {D("1E+19"), {}, {}, {}},
      {D("1E+6000"), {}, {}, {}},
      {D("NaN"), {}, {}, {}},
      {D("Infinity"), {}, {}, {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(Show(c.number));
    EXPECT_EQ(ToInt64Exact(c.number), c.exact);
    EXPECT_EQ(ToInt64Truncated(c.number), c.truncated);
    EXPECT_EQ(ToInt64Floor(c.number), c.floor);
  }
  EXPECT_EQ(ToInt32Exact(L(kInt32Max)), kInt32Max);
  EXPECT_EQ(ToInt32Exact(L(int64_t{kInt32Max} + 1)), std::nullopt);
  EXPECT_EQ(Show(Number::Smallest(kInt32Min)), "int -2147483648");
  EXPECT_EQ(Show(Number::Smallest(int64_t{kInt32Min} - 1)), "long -2147483649");
}

TEST(Number, ConvertsToDoubleAndDecimal) {
  EXPECT_EQ(ToDouble(D("0.1")), 0.1);
  EXPECT_EQ(ToDouble(D("1E+400")), kInfinity);
  EXPECT_EQ(ToDouble(D("-1E-400")), 0.0);
  EXPECT_EQ(ToDouble(D("9007199254740993")), 9007199254740992.0);
  EXPECT_TRUE(std::isnan(ToDouble(D("NaN"))));
  EXPECT_EQ(ToDecimal(R(0.1)).ToString(), "0.100000000000000");
  EXPECT_EQ(ToDecimal(R(2.5)).ToString(), "2.50000000000000");
  EXPECT_EQ(ToDecimal(R(123456789012345678.0)).ToString(), "1.23456789012346E+17");
  EXPECT_EQ(ToDecimal(R(1e-320)).ToString(), "9.99988867182683E-321");
  EXPECT_EQ(ToDecimal(R(-0.0)).ToString(), "-0");
  EXPECT_EQ(ToDecimal(R(kNaN)).ToString(), "NaN");
  EXPECT_EQ(ToDecimal(R(-kInfinity)).ToString(), "-Infinity");
  EXPECT_EQ(ToDecimal(L(kInt64Min)).ToString(), "-9223372036854775808");
  EXPECT_TRUE(IsNaN(R(kNaN)));
  EXPECT_TRUE(IsNaN(D("NaN")));
  EXPECT_FALSE(IsNaN(I(0)));
  EXPECT_EQ(Sign(R(-0.0)), 0);
  EXPECT_EQ(Sign(D("-1E-6176")), -1);
  EXPECT_EQ(Sign(L(7)), 1);
  EXPECT_EQ(Sign(R(kNaN)), 0);
}

// Groups in ascending order; members of one group are equal. Neighbours, not random pairs.
TEST(Number, ComparesExactly) {
  const std::vector<std::vector<Number>> groups = {
      {R(kNaN), R(-kNaN), D("NaN")},
      {R(-kInfinity), D("-Infinity")},
      {D("-9.999999999999999999999999999999999E+6144")},
      {D("-1.8E+308")},
      {R(-std::numeric_limits<double>::max())},
      {D("-9223372036854775809")},
      {L(kInt64Min), R(-9223372036854775808.0), D("-9223372036854775808.0")},
      {D("-9223372036854775807.5")},
      {L(kInt64Min + 1)},
      {R(-9007199254740994.0), L(-9007199254740994)},
      {L(-9007199254740993), D("-9007199254740993")},
      {R(-9007199254740992.0), D("-9007199254740992.0")},
      {R(-1.0), I(-1), L(-1), D("-1.000")},
      {R(-std::numeric_limits<double>::denorm_min())},
      {D("-1E-400")},
      {D("-1E-6176")},
      {I(0), L(0), R(0.0), R(-0.0), D("0"), D("-0"), D("0E+6111"), D("0E-6176")},
      {D("1E-6176")},
      {D("4.940656458412465441765687928682213E-324")},
      {R(std::numeric_limits<double>::denorm_min())},
      {D("4.940656458412465441765687928682214E-324")},
      {R(std::nextafter(0.1, 0))},
      {D("0.1"), D("0.10"), D("0.1000000000000000000000000000000000")},
      {D("0.1000000000000000055511151231257827")},
      {R(0.1)},
      {D("0.1000000000000000055511151231257828")},
      {R(std::nextafter(0.1, 1))},
      {R(0.5), D("0.5"), D("0.50")},
      {I(1), L(1), R(1.0), D("1"), D("1.0"), D("10E-1")},
      {D("1.000000000000000000000000000000001")},
      {R(std::nextafter(1.0, 2))},
      {R(9007199254740992.0), L(9007199254740992), D("9007199254740992")},
      {L(9007199254740993), D("9007199254740993")},
      {R(9007199254740994.0)},
      {R(9223372036854774784.0), L(9223372036854774784)},
      {L(kInt64Max - 1)},
      {L(kInt64Max), D("9223372036854775807")},
      {D("9223372036854775807.5")},
      {R(9223372036854775808.0), D("9223372036854775808"), D("9223372036854775808.0")},
      {D("9223372036854775809")},
      {R(std::numeric_limits<double>::max())},
      {D("1.797693134862315708145274237317044E+308")},
      {D("1E+400")},
      {D("9.999999999999999999999999999999999E+6144")},
      {R(kInfinity), D("Infinity")},
  };
  for (size_t i = 0; i < groups.size(); ++i) {
    for (size_t j = 0; j < groups.size(); ++j) {
      for (const Number& a : groups[i]) {
        for (const Number& b : groups[j]) {
          const int expected = i < j ? -1 : (i > j ? 1 : 0);
          EXPECT_EQ(CompareNumbers(a, b), expected) << Show(a) << " with " << Show(b);
        }
      }
    }
  }
}

/// The number's digits before and after the point, of equal length with any other's.
std::string Expansion(const std::string& plain) {
  std::string text = plain;
  size_t point = text.find('.');
  if (point == std::string::npos) {
    point = text.size();
    text.push_back('.');
  }
  const size_t after = text.size() - point - 1;
  return std::string(400 - point, '0') + text + std::string(1300 - after, '0');
}

std::string ExactText(double magnitude) {
  std::string text(1600, '\0');
  const auto end = std::to_chars(text.data(), text.data() + text.size(), magnitude,
                                 std::chars_format::fixed, 1074);
  text.resize(static_cast<size_t>(end.ptr - text.data()));
  return Expansion(text);
}

/// Of a decimal whose digits and exponent are given.
std::string ExactText(const std::string& digits, int exponent) {
  if (exponent >= 0) return Expansion(digits + std::string(static_cast<size_t>(exponent), '0'));
  const auto fraction = static_cast<size_t>(-exponent);
  const std::string padded =
      digits.size() > fraction ? digits : std::string(fraction + 1 - digits.size(), '0') + digits;
  return Expansion(padded.substr(0, padded.size() - fraction) + "." +
                   padded.substr(padded.size() - fraction));
}

TEST(Number, RandomDecimalsAgainstExactExpansions) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000; ++i) {
    std::string digits(1 + random() % 34, '0');
    for (char& c : digits) c = static_cast<char>('0' + random() % 10);
    digits[0] = static_cast<char>('1' + random() % 9);
    const int exponent = static_cast<int>(random() % 2 == 0 ? random() % 620 : random() % 30) -
                         (random() % 2 == 0 ? 340 : 15);
    if (static_cast<int>(digits.size()) + exponent > 308) continue;
    const std::string text = digits + "E" + std::to_string(exponent);
    const bool negative = random() % 2 == 0;
    const Decimal128 decimal = Dec(negative ? "-" + text : text);
    const std::string exact = ExactText(digits, exponent);
    const double nearest = ToDouble(Number::Decimal(decimal));
    for (const double real :
         {nearest, std::nextafter(nearest, kInfinity), std::nextafter(nearest, -kInfinity)}) {
      int expected = 0;
      if (real == 0 || (real < 0) != negative) {
        expected = negative ? -1 : 1;
      } else {
        expected = exact.compare(ExactText(std::fabs(real)));
        expected = expected < 0 ? -1 : (expected > 0 ? 1 : 0);
        if (negative) expected = -expected;
      }
      ASSERT_EQ(CompareDecimalToDouble(decimal, real), expected)
          << decimal.ToString() << " " << real;
    }
    const double floor = FloorToDouble(decimal);
    ASSERT_GE(CompareDecimalToDouble(decimal, floor), 0) << decimal.ToString();
    ASSERT_LT(CompareDecimalToDouble(decimal, std::nextafter(floor, kInfinity)), 0)
        << decimal.ToString();
  }
}

TEST(Number, FloorsToDouble) {
  constexpr double kMax = std::numeric_limits<double>::max();
  constexpr double kTiny = std::numeric_limits<double>::denorm_min();
  EXPECT_EQ(FloorToDouble(Dec("0.5")), 0.5);
  EXPECT_EQ(FloorToDouble(Dec("0.1")), std::nextafter(0.1, 0));
  EXPECT_EQ(FloorToDouble(Dec("-0.1")), -0.1);
  EXPECT_EQ(FloorToDouble(Dec("1E+400")), kMax);
  EXPECT_EQ(FloorToDouble(Dec("-1E+400")), -kInfinity);
  EXPECT_EQ(FloorToDouble(Dec("1E-400")), 0.0);
  EXPECT_EQ(FloorToDouble(Dec("-1E-400")), -kTiny);
  EXPECT_FALSE(std::signbit(FloorToDouble(Dec("-0"))));
  EXPECT_EQ(FloorToDouble(Dec("Infinity")), kInfinity);
  EXPECT_EQ(FloorToDouble(Dec("-Infinity")), -kInfinity);
  EXPECT_TRUE(std::isnan(FloorToDouble(Dec("NaN"))));
  EXPECT_EQ(FloorToDouble(int64_t{9007199254740993}), 9007199254740992.0);
  EXPECT_EQ(FloorToDouble(int64_t{-9007199254740993}), -9007199254740994.0);
  EXPECT_EQ(FloorToDouble(kInt64Max), 9223372036854774784.0);
  EXPECT_EQ(FloorToDouble(kInt64Min), -9223372036854775808.0);
}

TEST(Number, TakesDecimalsApart) {
  const DecimalParts parts = SplitDecimal(Dec("-12.300"));
  EXPECT_TRUE(parts.negative);
  EXPECT_EQ(parts.exponent(), -3);
  EXPECT_EQ(parts.coefficient_low, 12300U);
  EXPECT_EQ(CoefficientDigits(parts), 5);
  EXPECT_EQ(JoinDecimal(parts), Dec("-12.300"));
  const DecimalParts stripped = StripTrailingZeros(parts);
  EXPECT_EQ(stripped.coefficient_low, 123U);
  EXPECT_EQ(stripped.exponent(), -1);
  EXPECT_EQ(StripTrailingZeros(SplitDecimal(Dec("0E+77"))).exponent(), 0);
  EXPECT_EQ(CoefficientDigits(SplitDecimal(Dec("0"))), 1);
  EXPECT_EQ(CoefficientDigits(SplitDecimal(Dec("9999999999999999999999999999999999"))), 34);
  EXPECT_EQ(StripTrailingZeros(SplitDecimal(Dec("1000000000000000000000000000000000"))),
            StripTrailingZeros(SplitDecimal(Dec("1E+33"))));
  const DecimalParts full = ScaleToFullDigits(SplitDecimal(Dec("1E-6176")));
  EXPECT_EQ(CoefficientDigits(full), 34);
  EXPECT_EQ(full.biased_exponent, -33);
  EXPECT_EQ(SplitDecimal(Dec("-Infinity")).kind, DecimalParts::Class::kInfinite);
  EXPECT_EQ(SplitDecimal(Dec("NaN")).kind, DecimalParts::Class::kNaN);
  for (int digits = 1; digits <= 34; ++digits) {
    const std::string low = "1" + std::string(static_cast<size_t>(digits - 1), '0');
    const std::string high(static_cast<size_t>(digits), '9');
    EXPECT_EQ(CoefficientDigits(SplitDecimal(Dec(low))), digits);
    EXPECT_EQ(CoefficientDigits(SplitDecimal(Dec(high))), digits);
    EXPECT_EQ(ScaleToFullDigits(SplitDecimal(Dec(low))).biased_exponent, 6176 - (34 - digits));
  }
}

}  // namespace
}  // namespace cairn::bson
