// SPDX-License-Identifier: Apache-2.0
#include "engine/key/number_encoding.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/base/bytes.h"
#include "engine/bson/number.h"
#include "engine/key/grammar.h"

namespace cairn::key {
namespace {

using bson::Decimal128;
using bson::DecimalParts;
using Uint128 = unsigned __int128;

constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr double kTwo53 = 9007199254740992.0;
constexpr double kTwo63 = 9223372036854775808.0;
/// What BSON stores for a double NaN, an infinite and a NaN decimal that carry no further bits.
constexpr uint64_t kUsualNaN = 0x7FF8000000000000;
constexpr Decimal128 kDecimalInfinity{0, 0x7800000000000000};
constexpr Decimal128 kDecimalNegativeInfinity{0, 0xF800000000000000};
constexpr Decimal128 kDecimalNaN{0, 0x7C00000000000000};
// Full digits lower the least exponent, -6176, by up to 33; the tail's exponent counts from there.
constexpr int kTailExponentBias = 33;
constexpr int kTailCoefficientBits = 113;
constexpr int kDecimalExponentMax = 12287;  // Biased.
constexpr int kDecimalExponentBias = 6176;
constexpr int kTrailingZerosMax = 33;

constexpr Uint128 PowerOfTen(int exponent) {
  Uint128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}
constexpr Uint128 kCoefficientEnd = PowerOfTen(34);

Uint128 Coefficient(const DecimalParts& parts) {
  return static_cast<Uint128>(parts.coefficient_high) << 64 | parts.coefficient_low;
}

/// A number as the key sees it.
struct Encoded {
  double floor = 0;
  uint16_t remainder = 0;
  bool has_tail = false;
};

uint64_t FoldDouble(double value) {
  if (std::isnan(value)) return 0;
  if (value == 0) return kSignBit;
  const auto bits = std::bit_cast<uint64_t>(value);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

double UnfoldDouble(uint64_t folded) {
  if (folded == 0) return std::numeric_limits<double>::quiet_NaN();
  return std::bit_cast<double>((folded & kSignBit) != 0 ? folded & ~kSignBit : ~folded);
}

bool SameNumber(const Encoded& a, const Encoded& b) {
  return FoldDouble(a.floor) == FoldDouble(b.floor) && a.remainder == b.remainder &&
         a.has_tail == b.has_tail;
}

inline void AppendBody(const Encoded& number, std::string* key) {
  char body[kNumberBytes];
  base::StoreLittle(body, base::ByteSwap(FoldDouble(number.floor)));
  const auto low = static_cast<uint16_t>(number.remainder << 1 | (number.has_tail ? kTailFlag : 0));
  base::StoreLittle(body + 8, base::ByteSwap(low));
  key->append(body, sizeof(body));
}

bool InInt32(double value) { return value >= -2147483648.0 && value < 2147483648.0; }
bool InInt64(double value) { return value >= -kTwo63 && value < kTwo63; }
bool IsIntegral(double value) { return std::trunc(value) == value; }

/// The first of int32, int64, double and decimal that holds the value.
bson::Type DefaultType(const Encoded& number) {
  if (number.has_tail) return bson::Type::kDecimal128;
  if (!InInt64(number.floor) || !IsIntegral(number.floor)) return bson::Type::kDouble;
  if (number.remainder == 0 && InInt32(number.floor)) return bson::Type::kInt32;
  return bson::Type::kInt64;
}

Encoded FromInt64(int64_t value) {
  const double floor = bson::FloorToDouble(value);
  return {floor, static_cast<uint16_t>(value - static_cast<int64_t>(floor)), false};
}

Encoded FromDecimal(const Decimal128& value, const DecimalParts& parts) {
  const double floor = bson::FloorToDouble(value);
  if (parts.kind != DecimalParts::Class::kFinite || floor == 0) {
    return {floor, 0, parts.kind == DecimalParts::Class::kFinite && !parts.IsZero()};
  }
  // Below 2^53 doubles are at most 1 apart, so the remainder would always be 0.
  if (InInt64(floor) && std::fabs(floor) >= kTwo53) {
    const bson::Number number = bson::Number::Decimal(value);
    if (const auto integer = bson::ToInt64Floor(number); integer.has_value()) {
      const auto remainder = static_cast<uint16_t>(*integer - static_cast<int64_t>(floor));
      const bool exact = bson::CompareNumbers(number, bson::Number::Int64(*integer)) == 0;
      return {floor, remainder, !exact};
    }
  }
  return {floor, 0, bson::CompareDecimalToDouble(value, floor) != 0};
}

void AppendTail(const DecimalParts& parts, std::string* key) {
  Uint128 coefficient = Coefficient(parts);
  int exponent = parts.biased_exponent + kTailExponentBias;
  for (; coefficient < kCoefficientEnd / 10; --exponent) coefficient *= 10;
  Uint128 tail = static_cast<Uint128>(exponent) << kTailCoefficientBits | coefficient;
  if (parts.negative) tail = ~tail;
  base::AppendBig(key, static_cast<uint64_t>(tail >> 64));
  base::AppendBig(key, static_cast<uint64_t>(tail));
}

void AddDoubleType(double value, const Encoded& number, TypeBits* type_bits) {
  if (std::isnan(value)) {
    if (std::bit_cast<uint64_t>(value) == kUsualNaN) return type_bits->AddDefault();
    return type_bits->Add(TypeKind::kDoubleBits,
                          {reinterpret_cast<const char*>(&value), sizeof(value)});
  }
  if (value == 0 && std::signbit(value)) return type_bits->Add(TypeKind::kNegativeZero);
  if (DefaultType(number) == bson::Type::kDouble) return type_bits->AddDefault();
  type_bits->Add(TypeKind::kDouble);
}

bool IsUsual(const Decimal128& value, const DecimalParts& parts) {
  if (parts.kind == DecimalParts::Class::kNaN) return value == kDecimalNaN;
  if (parts.kind == DecimalParts::Class::kInfinite) {
    return value == kDecimalInfinity || value == kDecimalNegativeInfinity;
  }
  return bson::JoinDecimal(parts) == value;
}

void AddDecimalType(const Decimal128& value, const DecimalParts& parts, const Encoded& number,
                    TypeBits* type_bits) {
  if (!IsUsual(value, parts)) {
    char bits[sizeof(value)];
    std::memcpy(bits, &value, sizeof(value));
    return type_bits->Add(TypeKind::kDecimalBits, {bits, sizeof(bits)});
  }
  if (parts.kind != DecimalParts::Class::kFinite) return type_bits->Add(TypeKind::kDecimal);
  if (parts.IsZero()) {
    const auto zero = static_cast<uint16_t>((parts.negative ? 0x8000 : 0) | parts.biased_exponent);
    char payload[sizeof(zero)];
    base::StoreLittle(payload, zero);
    return type_bits->Add(TypeKind::kDecimalZero, {payload, sizeof(payload)});
  }
  const int zeros = bson::StripTrailingZeros(parts).biased_exponent - parts.biased_exponent;
  if (zeros > 0) {
    const char payload = static_cast<char>(zeros);
    return type_bits->Add(TypeKind::kDecimalZeros, {&payload, 1});
  }
  if (number.has_tail) return type_bits->AddDefault();
  type_bits->Add(TypeKind::kDecimal);
}

Status Damaged(const char* what) {
  return Status(ErrorCode::kDataCorruptionDetected, std::string("damaged key: ") + what);
}

/// The parts of a finite double, without trailing zeros; false when 34 digits cannot hold it.
bool ExactParts(double value, DecimalParts* parts) {
  int exponent;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  if (mantissa == 0) return false;
  const int twos = std::countr_zero(mantissa);
  mantissa >>= twos;
  exponent += twos;
  // mantissa * 2^exponent with an odd mantissa, as coefficient * 10^tens.
  Uint128 coefficient = mantissa;
  int tens = 0;
  for (; exponent > 0 && coefficient % 5 == 0; --exponent, ++tens) coefficient /= 5;
  for (; exponent > 0 && coefficient < kCoefficientEnd; --exponent) coefficient *= 2;
  for (; exponent < 0 && coefficient < kCoefficientEnd; ++exponent, --tens) coefficient *= 5;
  if (exponent != 0 || coefficient >= kCoefficientEnd) return false;
  parts->negative = value < 0;
  parts->biased_exponent = tens + kDecimalExponentBias;
  parts->coefficient_high = static_cast<uint64_t>(coefficient >> 64);
  parts->coefficient_low = static_cast<uint64_t>(coefficient);
  return true;
}

bool TailParts(std::string_view body, DecimalParts* parts) {
  Uint128 tail = static_cast<Uint128>(base::LoadBig<uint64_t>(body.data() + kNumberBytes)) << 64 |
                 base::LoadBig<uint64_t>(body.data() + kNumberBytes + 8);
  parts->negative = (tail >> 127) != 0;
  if (parts->negative) tail = ~tail;
  const Uint128 coefficient = tail & ((Uint128{1} << kTailCoefficientBits) - 1);
  if (coefficient < kCoefficientEnd / 10 || coefficient >= kCoefficientEnd) return false;
  parts->biased_exponent = static_cast<int>(tail >> kTailCoefficientBits) - kTailExponentBias;
  parts->coefficient_high = static_cast<uint64_t>(coefficient >> 64);
  parts->coefficient_low = static_cast<uint64_t>(coefficient);
  *parts = bson::StripTrailingZeros(*parts);
  return true;
}

/// A body taken apart.
struct Decoded {
  Encoded number;
  int64_t integer = 0;  // When IsInteger.
  std::string_view body;

  bool IsInteger() const {
    return !number.has_tail && InInt64(number.floor) && IsIntegral(number.floor);
  }
  bool IsZero() const { return number.floor == 0 && !number.has_tail; }
};

Result<Decoded> Split(std::string_view body) {
  Decoded decoded;
  const auto low = base::LoadBig<uint16_t>(body.data() + 8);
  const auto folded = base::LoadBig<uint64_t>(body.data());
  decoded.number = {UnfoldDouble(folded), static_cast<uint16_t>(low >> 1), (low & kTailFlag) != 0};
  decoded.body = body;
  const Encoded& number = decoded.number;
  if (FoldDouble(number.floor) != folded) return Damaged("a number that is never written");
  if (number.remainder != 0) {
    if (!InInt64(number.floor) || std::fabs(number.floor) < kTwo53) {
      return Damaged("a remainder where there is none");
    }
    const double next = std::nextafter(number.floor, std::numeric_limits<double>::infinity());
    if (number.remainder >= next - number.floor) return Damaged("a remainder that is too large");
  }
  if (std::isnan(number.floor) && number.has_tail) return Damaged("a tail after NaN");
  if (decoded.IsInteger()) {
    decoded.integer = static_cast<int64_t>(number.floor) + number.remainder;
  }
  return decoded;
}

/// The one decimal without trailing zeros, then with `zeros` of them.
Status AppendFiniteDecimal(const Decoded& decoded, int zeros, std::string_view name,
                           bson::Builder* out) {
  DecimalParts parts;
  if (decoded.number.has_tail) {
    if (!TailParts(decoded.body, &parts)) return Damaged("a tail");
  } else if (decoded.IsInteger()) {
    parts = bson::StripTrailingZeros(bson::SplitDecimal(Decimal128::FromInt64(decoded.integer)));
  } else if (!ExactParts(decoded.number.floor, &parts)) {
    return Damaged("a number that is no decimal");
  }
  const Uint128 coefficient = Coefficient(parts);
  if (coefficient > kCoefficientEnd / PowerOfTen(zeros)) return Damaged("too many trailing zeros");
  const Uint128 scaled = coefficient * PowerOfTen(zeros);
  parts.biased_exponent -= zeros;
  parts.coefficient_high = static_cast<uint64_t>(scaled >> 64);
  parts.coefficient_low = static_cast<uint64_t>(scaled);
  if (scaled >= kCoefficientEnd || parts.biased_exponent < 0 ||
      parts.biased_exponent > kDecimalExponentMax) {
    return Damaged("a decimal out of range");
  }
  const Decimal128 decimal = bson::JoinDecimal(parts);
  if (decoded.number.has_tail && !SameNumber(FromDecimal(decimal, parts), decoded.number)) {
    return Damaged("a tail that belongs to another number");
  }
  out->AppendDecimal128(name, decimal);
  return Status::Ok();
}

Status AppendDecimal(const Decoded& decoded, const TypeEntry& type, std::string_view name,
                     bson::Builder* out) {
  const double floor = decoded.number.floor;
  const bool special = !decoded.number.has_tail && !std::isfinite(floor);
  if (type.kind == TypeKind::kDecimalBits) {
    const auto decimal = base::LoadLittle<Decimal128>(type.payload.data());
    const DecimalParts parts = bson::SplitDecimal(decimal);
    const bool plain = parts.kind == DecimalParts::Class::kFinite && !parts.IsZero();
    if (plain || !SameNumber(FromDecimal(decimal, parts), decoded.number)) {
      return Damaged("the bits of another decimal");
    }
    out->AppendDecimal128(name, decimal);
    return Status::Ok();
  }
  if (type.kind == TypeKind::kDecimalZero) {
    const auto zero = base::LoadLittle<uint16_t>(type.payload.data());
    DecimalParts parts;
    parts.negative = (zero & 0x8000) != 0;
    parts.biased_exponent = zero & 0x7FFF;
    if (!decoded.IsZero() || parts.biased_exponent > kDecimalExponentMax) return Damaged("a zero");
    out->AppendDecimal128(name, bson::JoinDecimal(parts));
    return Status::Ok();
  }
  int zeros = 0;
  if (type.kind == TypeKind::kDecimalZeros) {
    zeros = static_cast<uint8_t>(type.payload[0]);
    if (zeros < 1 || zeros > kTrailingZerosMax || special) return Damaged("trailing zeros");
  }
  if (special) {
    out->AppendDecimal128(name, std::isnan(floor) ? kDecimalNaN
                                : floor > 0       ? kDecimalInfinity
                                                  : kDecimalNegativeInfinity);
    return Status::Ok();
  }
  if (decoded.IsZero()) return Damaged("a zero without an exponent");
  return AppendFiniteDecimal(decoded, zeros, name, out);
}

Status AppendDouble(const Decoded& decoded, TypeKind kind, std::string_view name,
                    bson::Builder* out) {
  const Encoded& number = decoded.number;
  if (number.remainder != 0 || number.has_tail) return Damaged("a number that is no double");
  if (kind == TypeKind::kNegativeZero && !decoded.IsZero()) return Damaged("a negative zero");
  out->AppendDouble(name, kind == TypeKind::kNegativeZero ? -0.0 : number.floor);
  return Status::Ok();
}

Status AppendDefault(const Decoded& decoded, std::string_view name, bson::Builder* out) {
  switch (DefaultType(decoded.number)) {
    case bson::Type::kInt32:
      out->AppendInt32(name, static_cast<int32_t>(decoded.integer));
      return Status::Ok();
    case bson::Type::kInt64:
      out->AppendInt64(name, decoded.integer);
      return Status::Ok();
    case bson::Type::kDouble:
      return AppendDouble(decoded, TypeKind::kDouble, name, out);
    default:
      return AppendFiniteDecimal(decoded, 0, name, out);
  }
}

}  // namespace

void AppendNumber(bson::Value value, std::string* key, TypeBits* type_bits) {
  switch (value.type()) {
    case bson::Type::kInt32:
      AppendBody({static_cast<double>(value.AsInt32()), 0, false}, key);
      if (type_bits != nullptr) type_bits->AddDefault();
      return;
    case bson::Type::kInt64: {
      const Encoded number = FromInt64(value.AsInt64());
      AppendBody(number, key);
      if (type_bits == nullptr) return;
      if (DefaultType(number) == bson::Type::kInt64) return type_bits->AddDefault();
      return type_bits->Add(TypeKind::kInt64);
    }
    case bson::Type::kDouble: {
      const Encoded number{value.AsDouble(), 0, false};
      AppendBody(number, key);
      if (type_bits != nullptr) AddDoubleType(value.AsDouble(), number, type_bits);
      return;
    }
    default: {
      const Decimal128 decimal = value.AsDecimal128();
      const DecimalParts parts = bson::SplitDecimal(decimal);
      const Encoded number = FromDecimal(decimal, parts);
      AppendBody(number, key);
      if (number.has_tail) AppendTail(parts, key);
      if (type_bits != nullptr) AddDecimalType(decimal, parts, number, type_bits);
      return;
    }
  }
}

Status DecodeNumber(std::string_view body, const TypeEntry& type, std::string_view name,
                    bson::Builder* out) {
  Result<Decoded> decoded = Split(body);
  if (!decoded.ok()) return std::move(decoded).status();
  switch (type.kind) {
    case TypeKind::kDefault:
      return AppendDefault(*decoded, name, out);
    case TypeKind::kInt64:
      if (!decoded->IsInteger()) return Damaged("a number that is no integer");
      out->AppendInt64(name, decoded->integer);
      return Status::Ok();
    case TypeKind::kDouble:
    case TypeKind::kNegativeZero:
      return AppendDouble(*decoded, type.kind, name, out);
    case TypeKind::kDoubleBits: {
      const auto real = base::LoadLittle<double>(type.payload.data());
      if (!std::isnan(decoded->number.floor) || !std::isnan(real)) {
        return Damaged("the bits of a plain double");
      }
      out->AppendDouble(name, real);
      return Status::Ok();
    }
    case TypeKind::kSymbol:
      return Damaged("the type of a string for a number");
    default:
      return AppendDecimal(*decoded, type, name, out);
  }
}

}  // namespace cairn::key
