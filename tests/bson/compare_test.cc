// SPDX-License-Identifier: Apache-2.0
// MongoDB's order over all types: a ladder of values of which each must be below all later ones.
#include <gtest/gtest.h>

#include "cairn/json.h"

namespace cairn::bson {
namespace {

/// Each line's values are equal; lines ascend.
const std::vector<std::vector<const char*>> kLadder = {
    {R"({"$minKey":1})"},
    {R"({"$undefined":true})"},
    {"null"},
    {R"({"$numberDouble":"NaN"})", R"({"$numberDecimal":"NaN"})"},
    {R"({"$numberDouble":"-Infinity"})"},
    {"-1", "-1.0", R"({"$numberDecimal":"-1.00"})"},
    {"0", "-0.0", R"({"$numberLong":"0"})", R"({"$numberDecimal":"-0"})"},
    {"0.5"},
    {"1", R"({"$numberLong":"1"})"},
    {R"({"$numberDouble":"Infinity"})"},
    {R"("")", R"({"$symbol":""})"},
    {R"("A")"},
    {R"("a")", R"({"$symbol":"a"})"},
    {R"("a\u0000")"},
    {R"("aa")"},
    {R"("b")"},
    {R"("é")"},
    {"{}"},
    {R"({"a":null})"},
    {R"({"a":1})", R"({"a":1.0})"},
    {R"({"a":1,"b":1})"},
    {R"({"a":2})"},
    {R"({"b":1})"},
    // The type decides before the name.
    {R"({"a":"x"})"},
    {R"({"a":{}})"},
    {"[]"},
    {"[1]"},
    {"[1,1]"},
    {"[2]"},
    {R"(["a"])"},
    {"[[]]"},
    {R"({"$binary":{"base64":"","subType":"05"}})"},
    {R"({"$binary":{"base64":"AA==","subType":"00"}})"},
    {R"({"$binary":{"base64":"/w==","subType":"00"}})"},
    {R"({"$binary":{"base64":"AA==","subType":"80"}})"},
    {R"({"$binary":{"base64":"AAA=","subType":"00"}})"},
    {R"({"$oid":"000000000000000000000000"})"},
    {R"({"$oid":"7fffffffffffffffffffffff"})"},
    {R"({"$oid":"ffffffffffffffffffffffff"})"},
    {"false"},
    {"true"},
    {R"({"$date":{"$numberLong":"-9223372036854775808"}})"},
    {R"({"$date":{"$numberLong":"-1"}})"},
    {R"({"$date":{"$numberLong":"0"}})"},
    {R"({"$timestamp":{"t":0,"i":4294967295}})"},
    {R"({"$timestamp":{"t":1,"i":0}})"},
    {R"({"$timestamp":{"t":4294967295,"i":0}})"},
    {R"({"$regularExpression":{"pattern":"a","options":""}})"},
    {R"({"$regularExpression":{"pattern":"a","options":"i"}})"},
    {R"({"$regularExpression":{"pattern":"b","options":""}})"},
    {R"({"$dbPointer":{"$ref":"b","$id":{"$oid":"000000000000000000000000"}}})"},
    {R"({"$dbPointer":{"$ref":"b","$id":{"$oid":"000000000000000000000001"}}})"},
    {R"({"$dbPointer":{"$ref":"aa","$id":{"$oid":"000000000000000000000000"}}})"},
    {R"({"$code":"a"})"},
    {R"({"$code":"b"})"},
    {R"({"$code":"a","$scope":{}})"},
    {R"({"$code":"a","$scope":{"x":1}})"},
    {R"({"$code":"b","$scope":{}})"},
    {R"({"$maxKey":1})"},
};

Document Of(const char* text) {
  auto parsed = json::ParseValue(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.status().ToString();
  return parsed.ok() ? parsed.value() : Document();
}

TEST(Compare, Ladder) {
  for (size_t i = 0; i < kLadder.size(); ++i) {
    for (size_t j = 0; j < kLadder.size(); ++j) {
      const int expected = i < j ? -1 : (i > j ? 1 : 0);
      for (const char* a : kLadder[i]) {
        for (const char* b : kLadder[j]) {
          EXPECT_EQ(Compare(Of(a)[""], Of(b)[""]), expected) << a << " with " << b;
        }
      }
    }
  }
}

TEST(Compare, MissingIsBelowNullAndEqualsUndefined) {
  const Document null = Of("null");
  const Document undefined = Of(R"({"$undefined":true})");
  EXPECT_EQ(Compare(Value(), null[""]), -1);
  EXPECT_EQ(Compare(null[""], Value()), 1);
  EXPECT_EQ(Compare(Value(), undefined[""]), 0);
  EXPECT_EQ(Compare(Value(), Value()), 0);
  EXPECT_EQ(Compare(Of(R"({"$minKey":1})")[""], Value()), -1);
}

TEST(Compare, ArraysIgnoreTheNamesOfTheirElements) {
  const auto array = [](std::string_view name) {
    Builder inner;
    inner.AppendInt32(name, 1);
    Builder outer;
    outer.AppendArray("a", inner.Finish());
    return outer.Finish();
  };
  EXPECT_EQ(Compare(array("0")["a"], array("7")["a"]), 0);
  EXPECT_LT(Compare(Document(array("0"))["a"].AsView(), array("7")["a"].AsView()), 0);
}

}  // namespace
}  // namespace cairn::bson
