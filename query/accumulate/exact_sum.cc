// SPDX-License-Identifier: Apache-2.0
#include "query/accumulate/exact_sum.h"

#include <cmath>

#include "engine/bson/decimal_arithmetic.h"

namespace cairn::accumulate {
namespace {

// The rank of a type in int32 < int64 < double < decimal.
int Width(bson::Type type) {
  switch (type) {
    case bson::Type::kInt32:
      return 0;
    case bson::Type::kInt64:
      return 1;
    case bson::Type::kDouble:
      return 2;
    default:
      return 3;
  }
}

}  // namespace

void DoubleDouble::AddDouble(double value) {
  special_ += value;
  const double sum = high_ + value;
  const double value_part = sum - high_;
  const double high_part = sum - value_part;
  low_ += (high_ - high_part) + (value - value_part);
  high_ = sum;
}

void DoubleDouble::AddInt64(int64_t value) {
  const int64_t high = value / (int64_t{1} << 32) * (int64_t{1} << 32);
  AddDouble(static_cast<double>(value - high));
  AddDouble(static_cast<double>(high));
}

void DoubleDouble::Add(const DoubleDouble& other) {
  const double special = special_ + other.special_;
  AddDouble(other.high_);
  AddDouble(other.low_);
  special_ = special;
}

double DoubleDouble::ToDouble() const {
  const double sum = high_ + low_;
  return std::isfinite(sum) ? sum : special_;
}

bson::Decimal128 DoubleDouble::ToDecimal() const {
  if (!std::isfinite(high_ + low_)) return bson::DecimalFromDouble(special_);
  return bson::AddDecimals(bson::DecimalFromDouble(high_), bson::DecimalFromDouble(low_));
}

std::optional<int64_t> DoubleDouble::ToInt64() const {
  constexpr double kTwo63 = 9223372036854775808.0;
  if (!std::isfinite(high_ + low_)) return std::nullopt;
  // Normalized, so that high is the sum rounded and low the small rest.
  const double high = high_ + low_;
  const double low = low_ - (high - high_);
  if (std::trunc(high) != high || std::trunc(low) != low) return std::nullopt;
  if (high < -kTwo63 || high > kTwo63) return std::nullopt;
  if (high == kTwo63) {
    if (low >= 0) return std::nullopt;
    return INT64_MAX + (static_cast<int64_t>(low) + 1);
  }
  int64_t sum;
  if (__builtin_add_overflow(static_cast<int64_t>(high), static_cast<int64_t>(low), &sum)) {
    return std::nullopt;
  }
  return sum;
}

DoubleDouble DoubleDouble::FromParts(double high, double low, double special) {
  DoubleDouble sum;
  sum.high_ = high;
  sum.low_ = low;
  sum.special_ = special;
  return sum;
}

void ExactSum::Add(bson::Number number) {
  if (Width(number.type()) > Width(widest_)) widest_ = number.type();
  if (number.IsInteger()) {
    total_.AddInt64(number.integer());
  } else if (number.type() == bson::Type::kDouble) {
    total_.AddDouble(number.real());
  } else {
    decimal_ = bson::AddDecimals(decimal_, number.decimal());
  }
}

void ExactSum::Add(const ExactSum& other) {
  if (Width(other.widest_) > Width(widest_)) widest_ = other.widest_;
  total_.Add(other.total_);
  decimal_ = bson::AddDecimals(decimal_, other.decimal_);
}

bson::Decimal128 ExactSum::DecimalTotal() const {
  return bson::AddDecimals(decimal_, total_.ToDecimal());
}

bson::Number ExactSum::Sum() const {
  if (widest_ == bson::Type::kDecimal128) return bson::Number::Decimal(DecimalTotal());
  if (widest_ != bson::Type::kDouble) {
    if (const std::optional<int64_t> sum = total_.ToInt64()) {
      return widest_ == bson::Type::kInt32 ? bson::Number::Smallest(*sum)
                                           : bson::Number::Int64(*sum);
    }
  }
  return bson::Number::Double(total_.ToDouble());
}

bson::Number ExactSum::Average(int64_t count) const {
  if (widest_ == bson::Type::kDecimal128) {
    return bson::Number::Decimal(
        bson::DivideDecimals(DecimalTotal(), bson::Decimal128::FromInt64(count)));
  }
  return bson::Number::Double(total_.ToDouble() / static_cast<double>(count));
}

void ExactSum::AppendState(std::string_view name, bson::Builder* out) const {
  out->OpenDocument(name);
  out->AppendInt32("t", static_cast<int32_t>(widest_));
  out->AppendDouble("h", total_.high()).AppendDouble("l", total_.low());
  out->AppendDouble("s", total_.special()).AppendDecimal128("d", decimal_);
  out->Close();
}

ExactSum ExactSum::FromState(bson::View state) {
  ExactSum sum;
  sum.widest_ = static_cast<bson::Type>(state["t"].AsInt32());
  sum.total_ =
      DoubleDouble::FromParts(state["h"].AsDouble(), state["l"].AsDouble(), state["s"].AsDouble());
  sum.decimal_ = state["d"].AsDecimal128();
  return sum;
}

}  // namespace cairn::accumulate
