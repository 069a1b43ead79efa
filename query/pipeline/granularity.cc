// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/granularity.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/bson/decimal_arithmetic.h"

namespace cairn::pipeline {
namespace {

constexpr int16_t kOneTwoFive[] = {10, 20, 50};
constexpr int16_t kE12[] = {10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82};
constexpr int16_t kE192[] = {
    100, 101, 102, 104, 105, 106, 107, 109, 110, 111, 113, 114, 115, 117, 118, 120, 121, 123,
    124, 126, 127, 129, 130, 132, 133, 135, 137, 138, 140, 142, 143, 145, 147, 149, 150, 152,
    154, 156, 158, 160, 162, 164, 165, 167, 169, 172, 174, 176, 178, 180, 182, 184, 187, 189,
    191, 193, 196, 198, 200, 203, 205, 208, 210, 213, 215, 218, 221, 223, 226, 229, 232, 234,
    237, 240, 243, 246, 249, 252, 255, 258, 261, 264, 267, 271, 274, 277, 280, 284, 287, 291,
    294, 298, 301, 305, 309, 312, 316, 320, 324, 328, 332, 336, 340, 344, 348, 352, 357, 361,
    365, 370, 374, 379, 383, 388, 392, 397, 402, 407, 412, 417, 422, 427, 432, 437, 442, 448,
    453, 459, 464, 470, 475, 481, 487, 493, 499, 505, 511, 517, 523, 530, 536, 542, 549, 556,
    562, 569, 576, 583, 590, 597, 604, 612, 619, 626, 634, 642, 649, 657, 665, 673, 681, 690,
    698, 706, 715, 723, 732, 741, 750, 759, 768, 777, 787, 796, 806, 816, 825, 835, 845, 856,
    866, 876, 887, 898, 909, 920, 931, 942, 953, 965, 976, 988};
constexpr int16_t kE24[] = {10, 11, 12, 13, 15, 16, 18, 20, 22, 24, 27, 30,
                            33, 36, 39, 43, 47, 51, 56, 62, 68, 75, 82, 91};
constexpr int16_t kE48[] = {100, 105, 110, 115, 121, 127, 133, 140, 147, 154, 162, 169,
                            178, 187, 196, 205, 215, 226, 237, 249, 261, 274, 287, 301,
                            316, 332, 348, 365, 383, 402, 422, 442, 464, 487, 511, 536,
                            562, 590, 619, 649, 681, 715, 750, 787, 825, 866, 909, 953};
constexpr int16_t kE6[] = {10, 15, 22, 33, 47, 68};
constexpr int16_t kE96[] = {100, 102, 105, 107, 110, 113, 115, 118, 121, 124, 127, 130, 133, 137,
                            140, 143, 147, 150, 154, 158, 162, 165, 169, 174, 178, 182, 187, 191,
                            196, 200, 205, 210, 215, 221, 226, 232, 237, 243, 249, 255, 261, 267,
                            274, 280, 287, 294, 301, 309, 316, 324, 332, 340, 348, 357, 365, 374,
                            383, 392, 402, 412, 422, 432, 442, 453, 464, 475, 487, 499, 511, 523,
                            536, 549, 562, 576, 590, 604, 619, 634, 649, 665, 681, 698, 715, 732,
                            750, 768, 787, 806, 825, 845, 866, 887, 909, 931, 953, 976};
constexpr int16_t kR10[] = {100, 125, 160, 200, 250, 315, 400, 500, 630, 800};
constexpr int16_t kR20[] = {100, 112, 125, 140, 160, 180, 200, 224, 250, 280,
                            315, 355, 400, 450, 500, 560, 630, 710, 800, 900};
constexpr int16_t kR40[] = {100, 106, 112, 118, 125, 132, 140, 150, 160, 170, 180, 190, 200, 212,
                            224, 236, 250, 265, 280, 300, 315, 335, 355, 375, 400, 425, 450, 475,
                            500, 530, 560, 600, 630, 670, 710, 750, 800, 850, 900, 950};
constexpr int16_t kR5[] = {10, 16, 25, 40, 63};
constexpr int16_t kR80[] = {100, 103, 106, 109, 112, 115, 118, 122, 125, 128, 132, 136, 140, 145,
                            150, 155, 160, 165, 170, 175, 180, 185, 190, 195, 200, 206, 212, 218,
                            224, 230, 236, 243, 250, 258, 265, 272, 280, 290, 300, 307, 315, 325,
                            335, 345, 355, 365, 375, 387, 400, 412, 425, 437, 450, 462, 475, 487,
                            500, 515, 530, 545, 560, 575, 600, 615, 630, 650, 670, 690, 710, 730,
                            750, 775, 800, 825, 850, 875, 900, 925, 950, 975};

struct Series {
  std::string_view name;
  std::span<const int16_t> numbers;
};

// table: sorted
constexpr Series kSeries[] = {
    {"1-2-5", kOneTwoFive}, {"E12", kE12}, {"E192", kE192}, {"E24", kE24},
    {"E48", kE48},          {"E6", kE6},   {"E96", kE96},   {"POWERSOF2", {}},
    {"R10", kR10},          {"R20", kR20}, {"R40", kR40},   {"R5", kR5},
    {"R80", kR80},
};
static_assert(std::ranges::is_sorted(kSeries, {}, &Series::name));

// Integers and doubles round as doubles, decimals as decimals.
struct DoubleArithmetic {
  using Number = double;
  static double From(int value) { return value; }
  static double Times(double a, double b) { return a * b; }
  static double Over(double a, double b) { return a / b; }
  static bool Less(double a, double b) { return a < b; }
};

struct DecimalArithmetic {
  using Number = bson::Decimal128;
  static Number From(int value) { return bson::Decimal128::FromInt64(value); }
  static Number Times(const Number& a, const Number& b) { return bson::MultiplyDecimals(a, b); }
  static Number Over(const Number& a, const Number& b) { return bson::DivideDecimals(a, b); }
  static bool Less(const Number& a, const Number& b) { return bson::CompareDecimals(a, b) < 0; }
};

// The neighbour of a finite `number` above 0. Loops run once a decade.
template <typename Arithmetic>
typename Arithmetic::Number Neighbour(typename Arithmetic::Number number, bool up,
                                      std::span<const int16_t> series) {
  using Number = typename Arithmetic::Number;
  const Number ten = Arithmetic::From(10);
  const auto scaled = [](int value, const Number& by) {
    return Arithmetic::Times(Arithmetic::From(value), by);
  };
  const auto at_least = [](const Number& a, const Number& b) { return !Arithmetic::Less(a, b); };
  Number by = Arithmetic::From(1);
  if (up) {
    while (at_least(number, scaled(series.back(), by))) by = Arithmetic::Times(by, ten);
    while (Arithmetic::Less(number, scaled(series.front(), by))) {
      const Number above = scaled(series.front(), by);
      by = Arithmetic::Over(by, ten);
      if (at_least(number, scaled(series.back(), by))) return above;
    }
    for (int16_t value : series) {
      if (Arithmetic::Less(number, scaled(value, by))) return scaled(value, by);
    }
    return scaled(series.back(), by);
  }
  while (at_least(scaled(series.front(), by), number)) by = Arithmetic::Over(by, ten);
  while (Arithmetic::Less(scaled(series.back(), by), number)) {
    const Number below = scaled(series.back(), by);
    by = Arithmetic::Times(by, ten);
    if (at_least(scaled(series.front(), by), number)) return below;
  }
  for (size_t i = series.size(); i-- > 0;) {
    if (Arithmetic::Less(scaled(series[i], by), number)) return scaled(series[i], by);
  }
  return scaled(series.front(), by);
}

bson::Number PowerOfTwo(bson::Number number, bool up) {
  const double log = std::log2(bson::ToDouble(number));
  const double exponent = up ? std::floor(log) + 1 : std::ceil(log) - 1;
  if (number.type() == bson::Type::kDecimal128) {
    return bson::Number::Decimal(bson::DecimalFromDouble(std::exp2(exponent)));
  }
  if (exponent < 0 || exponent > 62) return bson::Number::Double(std::exp2(exponent));
  return bson::Number::Smallest(int64_t{1} << static_cast<int>(exponent));
}

bson::Number Round(bson::Number number, bool up, std::span<const int16_t> series) {
  const double real = bson::ToDouble(number);
  if (bson::Sign(number) == 0 || !std::isfinite(real) || real == 0) return number;
  if (series.empty()) return PowerOfTwo(number, up);
  if (number.type() == bson::Type::kDecimal128) {
    return bson::Number::Decimal(Neighbour<DecimalArithmetic>(number.decimal(), up, series));
  }
  return bson::Number::Double(Neighbour<DoubleArithmetic>(real, up, series));
}

}  // namespace

Result<Granularity> Granularity::Find(std::string_view name) {
  const auto* const row = std::ranges::lower_bound(kSeries, name, {}, &Series::name);
  if (row == std::end(kSeries) || row->name != name) {
    return Status(ErrorCode::kLocation40257,
                  "Unknown rounding granularity '" + std::string(name) + "'");
  }
  return Granularity(row->numbers);
}

Status Granularity::Check(bson::Value value) {
  if (!value.IsNumber()) {
    return Status(ErrorCode::kLocation40258,
                  "$bucketAuto can specify a 'granularity' with numeric boundaries only, but found "
                  "a value with type " +
                      std::string(bson::TypeName(value.type())));
  }
  const auto number = bson::Number::From(value);
  if (bson::IsNaN(number)) {
    return Status(ErrorCode::kLocation40259,
                  "$bucketAuto can specify a 'granularity' with numeric boundaries only, but found "
                  "a NaN");
  }
  if (bson::Sign(number) < 0) {
    return Status(ErrorCode::kLocation40260,
                  "$bucketAuto can specify a 'granularity' with non-negative numbers only");
  }
  return Status::Ok();
}

bson::Number Granularity::RoundUp(bson::Number number) const {
  return Round(number, true, series_);
}
bson::Number Granularity::RoundDown(bson::Number number) const {
  return Round(number, false, series_);
}

}  // namespace cairn::pipeline
