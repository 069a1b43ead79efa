// SPDX-License-Identifier: Apache-2.0
#include "engine/index/message_text.h"

#include <gtest/gtest.h>

#include "cairn/json.h"

namespace cairn::index {
namespace {

TEST(MessageText, Values) {
  const struct {
    const char* json;
    const char* text;
  } kCases[] = {
      {"{}", "{}"},
      {R"({"_id":1})", "{ _id: 1 }"},
      {R"({"a":1.0,"b":1.5})", "{ a: 1.0, b: 1.5 }"},
      {R"({"a":{"$numberLong":"7"}})", "{ a: 7 }"},
      {R"({"a":"x\"y"})", "{ a: \"x\"y\" }"},
      {R"({"a":null,"b":true})", "{ a: null, b: true }"},
      {R"({"a":{"$oid":"0123456789abcdef01234567"}})",
       "{ a: ObjectId('0123456789abcdef01234567') }"},
      {R"({"a":{"$date":{"$numberLong":"5"}}})", "{ a: new Date(5) }"},
      {R"({"a":{"b":[1,"c"]},"d":[]})", "{ a: { b: [ 1, \"c\" ] }, d: [] }"},
      {R"({"a":{"$undefined":true},"b":{"$minKey":1},"c":{"$maxKey":1}})",
       "{ a: undefined, b: MinKey, c: MaxKey }"},
      {R"({"a":{"$timestamp":{"t":1,"i":2}}})", "{ a: Timestamp(1, 2) }"},
      {R"({"a":{"$numberDecimal":"1.50"}})", "{ a: 1.50 }"},
      {R"({"a":{"$uuid":"00010203-0405-0607-0809-0a0b0c0d0e0f"}})",
       "{ a: UUID(\"00010203-0405-0607-0809-0a0b0c0d0e0f\") }"},
      {R"({"a":{"$binary":{"base64":"AQI=","subType":"00"}}})", "{ a: BinData(0, 0102) }"},
      {R"({"a":{"$regularExpression":{"pattern":"p","options":"i"}}})", "{ a: /p/i }"},
  };
  for (const auto& c : kCases) {
    const Result<bson::Document> document = json::Parse(c.json);
    ASSERT_TRUE(document.ok()) << c.json;
    EXPECT_EQ(MessageText(*document), c.text);
  }
}

TEST(MessageText, StaysShort) {
  bson::Builder out;
  for (int i = 0; i < 1000; ++i) out.AppendString("a" + std::to_string(i), std::string(1000, 'x'));
  EXPECT_LT(MessageText(out.Finish()).size(), 2 * kMessageTextBytesMax);
  std::string deep;
  for (int i = 0; i < 90; ++i) deep += "{\"a\":";
  deep += "1" + std::string(90, '}');
  EXPECT_LT(MessageText(*json::Parse(deep)).size(), 100u);
}

}  // namespace
}  // namespace cairn::index
