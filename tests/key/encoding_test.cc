// SPDX-License-Identifier: Apache-2.0
// Test vectors of the encoding: part of the on-disk format. docs/format.md lists the same ones.
#include "engine/key/encoding.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "tests/key/samples.h"
#include "tests/source_directory.h"

namespace cairn::key {
namespace {

struct Vector {
  const char* what;
  bson::OwnedValue value;
  const char* key;
};

std::vector<Vector> Vectors() {
  using bson::Builder;
  using std::string_view_literals::operator""sv;
  bson::ObjectId id;
  for (uint8_t i = 0; i < 12; ++i) id.bytes[i] = i;
  const auto make = [](const std::function<void(Builder*)>& build) { return MakeValue(build); };
  return {
      {"MinKey", make([](Builder* b) { b->AppendMinKey(""); }), "10"},
      {"undefined", make([](Builder* b) { b->AppendUndefined(""); }), "18"},
      {"null", make([](Builder* b) { b->AppendNull(""); }), "20"},
      {"NaN, double", Double(std::numeric_limits<double>::quiet_NaN()), "2800000000000000000000"},
      {"NaN, decimal", DecimalOf("NaN"), "2800000000000000000000"},
      {"-Infinity", Double(-std::numeric_limits<double>::infinity()), "28000fffffffffffff0000"},
      {"-9E6144, decimal", DecimalOf("-9E6144"),
       "28000fffffffffffff00019fbe4444079705d30133cca5ffffffff"},
      {"-9223372036854775808, int64", Int64(INT64_MIN), "283c1fffffffffffff0000"},
      {"-9007199254740993, int64", Int64(-9007199254740993), "283cbffffffffffffe0002"},
      {"-1, int32", Int32(-1), "28400fffffffffffff0000"},
      {"-0.1, decimal", DecimalOf("-0.1"),
       "2840466666666666650001cfc1ceb239bb726cc73ea4f5ffffffff"},
      {"-0.1, double", Double(-0.1), "2840466666666666650000"},
      {"-1E-6176, decimal", DecimalOf("-1E-6176"),
       "287ffffffffffffffe0001ffffceb239bb726cc73ea4f5ffffffff"},
      {"0, int32", Int32(0), "2880000000000000000000"},
      {"-0.0, double", Double(-0.0), "2880000000000000000000"},
      {"0E3, decimal", DecimalOf("0E3"), "2880000000000000000000"},
      {"1E-6176, decimal", DecimalOf("1E-6176"),
       "28800000000000000000010000314dc6448d9338c15b0a00000000"},
      {"5e-324, double", Double(5e-324), "2880000000000000010000"},
      {"0.1, decimal", DecimalOf("0.1"), "28bfb99999999999990001303e314dc6448d9338c15b0a00000000"},
      {"0.1, double", Double(0.1), "28bfb999999999999a0000"},
      {"0.5, double", Double(0.5), "28bfe00000000000000000"},
      {"0.50, decimal", DecimalOf("0.50"), "28bfe00000000000000000"},
      {"1, int32", Int32(1), "28bff00000000000000000"},
      {"1, int64", Int64(1), "28bff00000000000000000"},
      {"1, double", Double(1), "28bff00000000000000000"},
      {"1.00, decimal", DecimalOf("1.00"), "28bff00000000000000000"},
      {"19.99, decimal", DecimalOf("19.99"),
       "28c033fd70a3d70a3d00013042628eed5c7e562b0dc829c0000000"},
      {"9007199254740992, int64", Int64(9007199254740992), "28c3400000000000000000"},
      {"9007199254740993, int64", Int64(9007199254740993), "28c3400000000000000002"},
      {"9007199254740993.5, decimal", DecimalOf("9007199254740993.5"),
       "28c3400000000000000003305fbc16d674ec8014d1120d7b160000"},
      {"9223372036854775807, int64", Int64(INT64_MAX), "28c3dfffffffffffff07fe"},
      {"9223372036854775807.5, decimal", DecimalOf("9223372036854775807.5"),
       "28c3dfffffffffffff07ff3065c6bf52633ffffffe3940ad9cc000"},
      {"9223372036854775808, double", Double(9223372036854775808.0), "28c3e00000000000000000"},
      {"9223372036854775809, decimal", DecimalOf("9223372036854775809"),
       "28c3e000000000000000013065c6bf5263400000038d7ea4c68000"},
      {"9.999999999999999999999999999999999E6144, decimal",
       DecimalOf("9.999999999999999999999999999999999E6144"),
       "28ffefffffffffffff00016041ed09bead87c0378d8e63ffffffff"},
      {"Infinity", Double(std::numeric_limits<double>::infinity()), "28fff00000000000000000"},
      {"\"\", string", String(""), "3000"},
      {"\"abc\", string", String("abc"), "3061626300"},
      {"\"abc\", symbol", make([](Builder* b) { b->AppendSymbol("", "abc"); }), "3061626300"},
      {"\"a\" NUL \"b\", string", String("a\0b"sv), "306101016200"},
      {"01 02 FF, string", String("\x01\x02\xFF"), "30010202ff00"},
      {"{}", make([](Builder* b) { b->OpenDocument("").Close(); }), "3800"},
      {"{\"a\": 1, \"b\": \"x\"}", make([](Builder* b) {
         b->OpenDocument("").AppendInt32("a", 1).AppendString("b", "x").Close();
       }),
       "38286100bff00000000000000000306200780000"},
      {"{\"a\": {\"b\": null}}", make([](Builder* b) {
         b->OpenDocument("").OpenDocument("a").AppendNull("b").Close().Close();
       }),
       "383861002062000000"},
      {"[]", make([](Builder* b) { b->OpenArray("").Close(); }), "4000"},
      {"[1, \"x\", []]", make([](Builder* b) {
         b->OpenArray("").AppendInt32("0", 1).AppendString("1", "x").OpenArray("2").Close().Close();
       }),
       "4028bff00000000000000000307800400000"},
      {"binary of subtype 4: 00 FF", make([](Builder* b) { b->AppendBinary("", 4, "\x00\xFF"sv); }),
       "48020400ff"},
      {"binary of subtype 2: \"x\"", make([](Builder* b) { b->AppendBinary("", 2, "x"); }),
       "4805020100000078"},
      {"binary of subtype 0: 255 times 61",
       make([](Builder* b) { b->AppendBinary("", 0, std::string(255, 0x61)); }),
       "48ff000000ff0061616161616161616161616161616161616161616161616161616161616161616161616161616"
       "1616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
       "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616"
       "1616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
       "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616"
       "161616161616161616161616161616161616161616161616161616161616161616161"},
      {"ObjectId 000102030405060708090a0b", make([&](Builder* b) { b->AppendObjectId("", id); }),
       "50000102030405060708090a0b"},
      {"false", make([](Builder* b) { b->AppendBool("", false); }), "5800"},
      {"true", make([](Builder* b) { b->AppendBool("", true); }), "5801"},
      {"date -1 ms", make([](Builder* b) { b->AppendDate("", -1); }), "607fffffffffffffff"},
      {"date 1700000000000 ms", make([](Builder* b) { b->AppendDate("", 1700000000000); }),
       "608000018bcfe56800"},
      {"timestamp 1 s, increment 2", make([](Builder* b) {
         b->AppendTimestamp("", bson::Timestamp{2, 1});
       }),
       "680000000100000002"},
      {"/ab/i", make([](Builder* b) { b->AppendRegex("", "ab", "i"); }), "706162006900"},
      {"DBPointer \"a.b\", 000102030405060708090a0b",
       make([&](Builder* b) { b->AppendDbPointer("", "a.b", id); }),
       "7803612e62000102030405060708090a0b"},
      {"code \"f\"", make([](Builder* b) { b->AppendCode("", "f"); }), "806600"},
      {"code \"f\" with scope {\"a\": true}", make([](Builder* b) {
         Builder scope;
         scope.AppendBool("a", true);
         const bson::Document document = scope.Finish();
         b->AppendCodeWithScope("", "f", document);
       }),
       "8866005861000100"},
      {"MaxKey", make([](Builder* b) { b->AppendMaxKey(""); }), "90"},
  };
}

std::string Encode(bson::Value value, Direction direction) {
  std::string key;
  AppendValue(value, direction, &key);
  return key;
}

TEST(Encoding, Vectors) {
  for (const Vector& row : Vectors()) {
    EXPECT_EQ(ToHex(Encode(row.value.value(), Direction::kAscending)), row.key) << row.what;
  }
}

TEST(Encoding, DescendingIsTheComplement) {
  for (const Vector& row : Vectors()) {
    std::string key = Encode(row.value.value(), Direction::kDescending);
    for (char& c : key) c = static_cast<char>(~c);
    EXPECT_EQ(ToHex(key), row.key) << row.what;
  }
}

TEST(Encoding, AppendsAfterWhatIsThere) {
  std::string key = "before";
  AppendValue(Int32(1).value(), Direction::kDescending, &key);
  EXPECT_EQ(ToHex(key), "6265666f7265d7400fffffffffffffffff");
}

TEST(Encoding, MissingBecomesNull) {
  EXPECT_EQ(ToHex(Encode(bson::Value(), Direction::kAscending)), "20");
}

TEST(Encoding, TheFormatPageListsEveryVector) {
  std::ifstream file(SourceDirectory() / "docs/format.md");
  ASSERT_TRUE(file.good());
  std::stringstream page;
  page << file.rdbuf();
  for (const Vector& row : Vectors()) {
    const std::string line = std::string("| ") + row.what + " | `" + row.key + "` |";
    EXPECT_NE(page.str().find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace cairn::key
