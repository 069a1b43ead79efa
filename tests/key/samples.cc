// SPDX-License-Identifier: Apache-2.0
#include "tests/key/samples.h"

#include <cmath>
#include <cstdio>
#include <limits>

#include "engine/bson/number.h"

namespace cairn::key {
namespace {

using bson::Builder;
using bson::OwnedValue;
using Uint128 = unsigned __int128;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Uint128 PowerOfTen(int exponent) {
  Uint128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

void AddIntegers(std::vector<OwnedValue>* out, int64_t value) {
  out->push_back(Int64(value));
  out->push_back(Decimal(bson::Decimal128::FromInt64(value)));
  if (value >= INT32_MIN && value <= INT32_MAX) out->push_back(Int32(static_cast<int32_t>(value)));
  // Decimals between the integer and the next ones.
  const bool negative = value < 0;
  const Uint128 magnitude = negative ? Uint128{0} - static_cast<Uint128>(value) : value;
  out->push_back(Decimal(negative, magnitude * 10 + 5, -1));
  out->push_back(Decimal(negative, magnitude * 10 + 1, -1));
  out->push_back(Decimal(negative, magnitude * PowerOfTen(14) + 1, -14));
  if (magnitude > 0) {
    out->push_back(Decimal(negative, magnitude * 10 - 1, -1));
    out->push_back(Decimal(negative, magnitude * PowerOfTen(14) - 1, -14));
  }
  out->push_back(Decimal(negative, magnitude * 100, -2));
}

/// The double and the decimals of 34 digits on both sides of it.
void AddDouble(std::vector<OwnedValue>* out, double value) {
  out->push_back(Double(value));
  char text[64];
  std::snprintf(text, sizeof(text), "%.33e", std::fabs(value));
  Uint128 coefficient = static_cast<Uint128>(text[0] - '0');
  for (int i = 2; i < 35; ++i) coefficient = coefficient * 10 + static_cast<Uint128>(text[i] - '0');
  const int exponent = std::atoi(text + 36) - 33;
  if (value == 0) return;
  out->push_back(Decimal(value < 0, coefficient, exponent));
  out->push_back(Decimal(value < 0, coefficient - 1, exponent));
  if (coefficient + 1 < PowerOfTen(34)) {
    out->push_back(Decimal(value < 0, coefficient + 1, exponent));
  }
}

void AddDoubleAndNeighbours(std::vector<OwnedValue>* out, double magnitude) {
  for (const double value : {magnitude, -magnitude}) {
    AddDouble(out, value);
    for (const double toward : {kInfinity, -kInfinity}) {
      const double next = std::nextafter(value, toward);
      if (std::isfinite(next)) AddDouble(out, next);
    }
  }
}

void AddSpecialNumbers(std::vector<OwnedValue>* out) {
  for (const double value : {0.0, -0.0, kInfinity, -kInfinity}) out->push_back(Double(value));
  for (const uint64_t bits : {0x7FF8000000000000u, 0xFFF8000000000000u, 0x7FF0000000000001u}) {
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    out->push_back(MakeValue([value](Builder* b) { b->AppendDouble("", value); }));
  }
  for (const char* text : {"NaN",
                           "Infinity",
                           "-Infinity",
                           "0",
                           "-0",
                           "0E3",
                           "-0E3",
                           "0.00",
                           "0E-6176",
                           "0E6111",
                           "-0E-6176",
                           "1.0",
                           "1.00",
                           "100",
                           "1E2",
                           "-1.000000000000000000000000000000000",
                           "1E6144",
                           "1E-6176",
                           "1000000000000000000000000000000000E6111",
                           "1E6111",
                           "12E6111"}) {
    out->push_back(DecimalOf(text));
  }
  // Encodings that stand for a number that has a canonical one: a coefficient over 10^34 - 1 (a
  // zero), the other form of the combination field, NaN and infinities with further bits.
  for (const uint64_t high : {0x3041FFFFFFFFFFFFu, 0x6C10000000000000u, 0x7C00000000000001u,
                              0xFC00000000000000u, 0x7E00000000000000u, 0x7800000000000001u}) {
    out->push_back(Decimal(bson::Decimal128{7, high}));
  }
  for (const bool negative : {false, true}) {
    for (const int exponent : {-6176, -6175, -400, -324, -20, 0, 275, 308, 309, 6000, 6111}) {
      for (const Uint128 digits : {Uint128{1}, Uint128{2}, Uint128{49}, PowerOfTen(33),
                                   PowerOfTen(33) + 1, PowerOfTen(34) - 1, PowerOfTen(34) - 2}) {
        out->push_back(Decimal(negative, digits, exponent));
      }
    }
  }
}

}  // namespace

OwnedValue MakeValue(const std::function<void(Builder*)>& build) {
  Builder builder;
  build(&builder);
  const bson::Document document = builder.Finish();
  return OwnedValue(document.view().begin()->value);
}

OwnedValue Int32(int32_t value) {
  return MakeValue([&](Builder* b) { b->AppendInt32("", value); });
}
OwnedValue Int64(int64_t value) {
  return MakeValue([&](Builder* b) { b->AppendInt64("", value); });
}
OwnedValue Double(double value) {
  return MakeValue([&](Builder* b) { b->AppendDouble("", value); });
}
OwnedValue String(std::string_view value) {
  return MakeValue([&](Builder* b) { b->AppendString("", value); });
}
OwnedValue Decimal(const bson::Decimal128& value) {
  return MakeValue([&](Builder* b) { b->AppendDecimal128("", value); });
}
OwnedValue Decimal(bool negative, Uint128 coefficient, int exponent) {
  bson::DecimalParts parts;
  parts.negative = negative;
  parts.biased_exponent = exponent + 6176;
  parts.coefficient_high = static_cast<uint64_t>(coefficient >> 64);
  parts.coefficient_low = static_cast<uint64_t>(coefficient);
  return Decimal(bson::JoinDecimal(parts));
}
OwnedValue DecimalOf(const char* text) {
  return Decimal(bson::Decimal128::FromString(text).value());
}

std::vector<OwnedValue> NumberSamples() {
  std::vector<OwnedValue> out;
  AddSpecialNumbers(&out);
  for (int power = 0; power < 64; ++power) {
    const uint64_t magnitude = uint64_t{1} << power;
    for (int64_t off = -2; off <= 2; ++off) {
      const auto value = static_cast<int64_t>(magnitude + static_cast<uint64_t>(off));
      AddIntegers(&out, value);
      if (value != INT64_MIN) AddIntegers(&out, -value);
    }
  }
  // Where doubles are 2, and 1024, apart: every remainder.
  const int64_t two53 = int64_t{1} << 53;
  for (int64_t value = two53 - 8; value <= two53 + 8; ++value) {
    AddIntegers(&out, value);
    AddIntegers(&out, -value);
    AddDouble(&out, static_cast<double>(value));
    AddDouble(&out, static_cast<double>(-value));
  }
  for (int64_t back = 0; back <= 2100; back += back < 8 ? 1 : 31) {
    AddIntegers(&out, INT64_MAX - back);
    AddIntegers(&out, INT64_MIN + back);
    out.push_back(Decimal(false, (Uint128{1} << 63) + static_cast<Uint128>(back), 0));
    out.push_back(Decimal(true, (Uint128{1} << 63) + static_cast<Uint128>(back), 0));
    out.push_back(Decimal(true, (Uint128{1} << 63) * 10 + static_cast<Uint128>(back), -1));
  }
  for (int power = -1074; power <= 1023; ++power)
    AddDoubleAndNeighbours(&out, std::ldexp(1, power));
  for (const double value : {0.1, 0.3, 0.5, 1.5, 3.14, 19.99, 1e22, 1e23, 4.35, 2.675}) {
    AddDoubleAndNeighbours(&out, value);
  }
  AddDoubleAndNeighbours(&out, std::numeric_limits<double>::max());
  AddDoubleAndNeighbours(&out, std::numeric_limits<double>::min());
  for (const char* text : {"0.1", "0.10", "19.99", "-19.99", "4.35", "0.5", "0.50", "2.675"}) {
    out.push_back(DecimalOf(text));
  }
  return out;
}

namespace {

void AddStrings(std::vector<OwnedValue>* out) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view text :
       {""sv,           "a"sv,         "ab"sv,          "b"sv,         "a\0"sv,
        "a\0b"sv,       "a\1"sv,       "a\1\1"sv,       "a\2"sv,       "a\xFF"sv,
        "\0"sv,         "\0\0"sv,      "\0\xFF"sv,      "\1"sv,        "\1\1"sv,
        "\1\2"sv,       "\2"sv,        "\xFF"sv,        "1234567"sv,   "12345678"sv,
        "12345678\0"sv, "1234567\0"sv, "12345678\1x"sv, "123456789"sv, "\xC3\xA4"sv}) {
    out->push_back(String(text));
    out->push_back(MakeValue([&](Builder* b) { b->AppendSymbol("", text); }));
    out->push_back(MakeValue([&](Builder* b) { b->AppendCode("", text); }));
    for (const char* field : {"", "a", "b"}) {
      Builder scope;
      if (*field != 0) scope.AppendInt32(field, 1);
      const bson::Document document = scope.Finish();
      out->push_back(MakeValue([&](Builder* b) { b->AppendCodeWithScope("", text, document); }));
    }
  }
}

void AddNested(std::vector<OwnedValue>* out) {
  const auto object = [out](const std::function<void(Builder*)>& build) {
    for (const bool array : {false, true}) {
      out->push_back(MakeValue([&](Builder* b) {
        array ? b->OpenArray("") : b->OpenDocument("");
        build(b);
        b->Close();
      }));
    }
  };
  object([](Builder*) {});
  for (const char* name : {"0", "1", "\1", "\2", "a", "aa"}) {
    object([&](Builder* b) { b->AppendInt32(name, 1); });
    object([&](Builder* b) { b->AppendDouble(name, 1.5); });
    object([&](Builder* b) { b->AppendNull(name); });
    object([&](Builder* b) { b->AppendString(name, ""); });
    object([&](Builder* b) { b->AppendString(name, "x"); });
    object([&](Builder* b) { b->AppendMinKey(name); });
    object([&](Builder* b) { b->AppendMaxKey(name); });
    object([&](Builder* b) { b->OpenDocument(name).Close(); });
    object([&](Builder* b) { b->OpenArray(name).AppendInt64("0", 3).Close(); });
    object([&](Builder* b) { b->AppendInt32(name, 1).AppendInt32("b", 1); });
  }
}

void AddBytes(std::vector<OwnedValue>* out) {
  for (const size_t length : {0, 1, 2, 4, 253, 254, 255, 256, 700}) {
    for (const uint8_t subtype : {0, 2, 4, 0x80, 0xFF}) {
      for (const char fill : {'\0', 'x', '\xFF'}) {
        const std::string data(length, fill);
        out->push_back(MakeValue([&](Builder* b) { b->AppendBinary("", subtype, data); }));
      }
    }
  }
  for (const uint8_t byte : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
    bson::ObjectId id;
    id.bytes.fill(byte);
    out->push_back(MakeValue([&](Builder* b) { b->AppendObjectId("", id); }));
    for (const char* ns : {"", "a", "b", "ab", "\1"}) {
      out->push_back(MakeValue([&](Builder* b) { b->AppendDbPointer("", ns, id); }));
    }
  }
}

}  // namespace

std::vector<OwnedValue> TypeSamples() {
  std::vector<OwnedValue> out;
  AddStrings(&out);
  AddNested(&out);
  AddBytes(&out);
  out.push_back(MakeValue([](Builder* b) { b->AppendMinKey(""); }));
  out.push_back(MakeValue([](Builder* b) { b->AppendMaxKey(""); }));
  out.push_back(MakeValue([](Builder* b) { b->AppendNull(""); }));
  out.push_back(MakeValue([](Builder* b) { b->AppendUndefined(""); }));
  out.push_back(MakeValue([](Builder* b) { b->AppendBool("", false); }));
  out.push_back(MakeValue([](Builder* b) { b->AppendBool("", true); }));
  for (const int64_t ms : {INT64_MIN, INT64_MIN + 1, int64_t{-1}, int64_t{0}, int64_t{1},
                           int64_t{255}, int64_t{256}, INT64_MAX}) {
    out.push_back(MakeValue([&](Builder* b) { b->AppendDate("", ms); }));
  }
  for (const uint32_t seconds : {0u, 1u, 0x80000000u, 0xFFFFFFFFu}) {
    for (const uint32_t increment : {0u, 1u, 256u, 0xFFFFFFFFu}) {
      out.push_back(MakeValue([&](Builder* b) {
        b->AppendTimestamp("", bson::Timestamp{increment, seconds});
      }));
    }
  }
  for (const char* pattern : {"", "a", "ab", "\1", "a\1"}) {
    for (const char* options : {"", "i", "im"}) {
      out.push_back(MakeValue([&](Builder* b) { b->AppendRegex("", pattern, options); }));
    }
  }
  for (const double value : {-kInfinity, -1.0, 0.0, 0.5, 1.0, kInfinity}) {
    out.push_back(Double(value));
  }
  for (const int32_t value : {INT32_MIN, -1, 0, 1, 2, INT32_MAX}) {
    out.push_back(Int32(value));
    out.push_back(Int64(value));
    out.push_back(Decimal(bson::Decimal128::FromInt64(value)));
  }
  for (const char* text : {"NaN", "0.1", "-0.1", "1.00", "-0E3"}) out.push_back(DecimalOf(text));
  return out;
}

OwnedValue RandomValue(std::mt19937_64* random, int depth) {
  static const std::vector<OwnedValue> kScalars = [] {
    std::vector<OwnedValue> scalars;
    for (OwnedValue& sample : TypeSamples()) {
      if (sample.value().size() < 40) scalars.push_back(std::move(sample));
    }
    return scalars;
  }();
  static constexpr const char* kNames[] = {"a", "b", "ab", "\1", ""};
  if (depth == 0 || (*random)() % 3 == 0) return kScalars[(*random)() % kScalars.size()];
  const bool array = (*random)() % 2 == 0;
  const size_t count = (*random)() % 4;
  return MakeValue([&](Builder* b) {
    array ? b->OpenArray("") : b->OpenDocument("");
    for (size_t i = 0; i < count; ++i) {
      const OwnedValue inner = RandomValue(random, depth - 1);
      b->Append(array ? b->NextIndex() : kNames[(*random)() % std::size(kNames)], inner.value());
    }
    b->Close();
  });
}

uint64_t PrintedSeed() {
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

std::string Describe(bson::Value value) {
  return std::string(bson::TypeName(value.type())) + " " + ToHex({value.payload(), value.size()});
}

std::string ToHex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    hex.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return hex;
}

int SignOf(int comparison) { return (comparison > 0) - (comparison < 0); }

}  // namespace cairn::key
