// SPDX-License-Identifier: Apache-2.0
#include "engine/key/type_bits.h"

#include <gtest/gtest.h>

#include "engine/key/encoding.h"
#include "tests/key/samples.h"

namespace cairn::key {
namespace {

std::string TypesOf(const bson::OwnedValue& value) {
  std::string key;
  TypeBits types;
  AppendValue(value.value(), Direction::kAscending, &key, &types);
  return ToHex(types.bytes());
}

TEST(TypeBits, DefaultsTakeNoBytes) {
  EXPECT_EQ(TypesOf(Int32(7)), "");
  EXPECT_EQ(TypesOf(Int64(INT64_MAX)), "");
  EXPECT_EQ(TypesOf(Double(0.5)), "");
  EXPECT_EQ(TypesOf(Double(1e300)), "");
  EXPECT_EQ(TypesOf(DecimalOf("19.99")), "");
  EXPECT_EQ(TypesOf(String("text")), "");
  EXPECT_EQ(TypesOf(MakeValue([](bson::Builder* b) {
              b->OpenDocument("").AppendInt32("a", 1).AppendString("b", "x");
              b->OpenArray("c").AppendDouble("0", 2.5).AppendBool("1", true).Close().Close();
            })),
            "");
}

TEST(TypeBits, Vectors) {
  EXPECT_EQ(TypesOf(Int64(7)), "01");
  EXPECT_EQ(TypesOf(Double(7)), "02");
  EXPECT_EQ(TypesOf(Double(-0.0)), "03");
  EXPECT_EQ(TypesOf(DecimalOf("7")), "05");
  EXPECT_EQ(TypesOf(DecimalOf("NaN")), "05");
  EXPECT_EQ(TypesOf(DecimalOf("7.00")), "0602");
  EXPECT_EQ(TypesOf(DecimalOf("19.990")), "0601");
  EXPECT_EQ(TypesOf(DecimalOf("0")), "072018");
  EXPECT_EQ(TypesOf(DecimalOf("-0E3")), "072398");
  EXPECT_EQ(TypesOf(MakeValue([](bson::Builder* b) { b->AppendSymbol("", "x"); })), "09");
}

TEST(TypeBits, CountsDefaultSlotsBeforeAnEntry) {
  for (const uint64_t defaults : {0u, 1u, 14u, 15u, 16u, 142u, 143u, 144u, 20000u}) {
    TypeBits types;
    for (uint64_t i = 0; i < defaults; ++i) types.AddDefault();
    types.Add(TypeKind::kDecimalZeros, "\x05");
    types.Add(TypeKind::kSymbol);
    types.AddDefault();
    TypeBitsReader reader(types.bytes());
    for (uint64_t i = 0; i < defaults; ++i) {
      const auto entry = reader.Next();
      ASSERT_TRUE(entry.has_value());
      ASSERT_EQ(entry->kind, TypeKind::kDefault) << i << " of " << defaults;
    }
    auto entry = reader.Next();
    ASSERT_TRUE(entry.has_value());
    EXPECT_EQ(entry->kind, TypeKind::kDecimalZeros);
    EXPECT_EQ(entry->payload, "\x05");
    EXPECT_EQ(reader.Next()->kind, TypeKind::kSymbol);
    EXPECT_EQ(reader.Next()->kind, TypeKind::kDefault);
    EXPECT_EQ(reader.Next()->kind, TypeKind::kDefault);
  }
}

TEST(TypeBits, RefusesDamage) {
  using std::string_view_literals::operator""sv;
  // An unknown kind, kind 0, a payload that is cut off, a count that is cut off or has no end.
  for (const std::string_view bytes :
       {"\x0A"sv, "\x0F"sv, "\x00"sv, "\x06"sv,
        "\x04"
        "1234567"sv,
        "\xF1"sv, "\xF1\x80"sv, "\xF1\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"sv}) {
    TypeBitsReader reader(bytes);
    EXPECT_FALSE(reader.Next().has_value()) << ToHex(bytes);
  }
}

}  // namespace
}  // namespace cairn::key
