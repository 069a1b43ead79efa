// SPDX-License-Identifier: Apache-2.0
// $jsonSchema and $expr as filters: what is valid, and errors by code.
#include <gtest/gtest.h>

#include "query/match/matcher.h"
#include "tests/query/documents.h"

namespace cairn {
namespace {

struct SchemaCase {
  const char* schema;
  const char* document;
  bool valid;
};

class JsonSchema : public testing::TestWithParam<SchemaCase> {};

TEST_P(JsonSchema, Decides) {
  const SchemaCase& c = GetParam();
  const auto matcher =
      match::Matcher::Parse(Doc(std::string(R"({"$jsonSchema":)") + c.schema + "}"));
  ASSERT_TRUE(matcher.ok()) << c.schema << ": " << matcher.status().ToString();
  EXPECT_EQ(matcher->Matches(Doc(c.document)).value(), c.valid) << c.schema << " " << c.document;
}

constexpr SchemaCase kCases[] = {
    {R"({})", R"({"a":1})", true},
    {R"({"required":["a","b"]})", R"({"a":1,"b":null})", true},
    {R"({"required":["a","b"]})", R"({"a":1})", false},
    {R"({"properties":{"a":{"bsonType":"int"}}})", R"({"a":1})", true},
    {R"({"properties":{"a":{"bsonType":"int"}}})", R"({"a":"x"})", false},
    {R"({"properties":{"a":{"bsonType":"int"}}})", R"({})", true},
    {R"({"properties":{"a":{"bsonType":"int"}}})", R"({"a":[1]})", false},
    {R"({"properties":{"a":{"bsonType":["int","null"]}}})", R"({"a":null})", true},
    {R"({"properties":{"a":{"type":"boolean"}}})", R"({"a":true})", true},
    {R"({"properties":{"a":{"type":["number","object"]}}})", R"({"a":"x"})", false},
    {R"({"properties":{"a":{"enum":[1,{"x":1,"y":2}]}}})", R"({"a":{"y":2,"x":1}})", true},
    {R"({"properties":{"a":{"enum":[1,"b"]}}})", R"({"a":1.0})", true},
    {R"({"properties":{"a":{"enum":[1,"b"]}}})", R"({"a":2})", false},
    {R"({"properties":{"a":{"minimum":2,"maximum":4}}})", R"({"a":4})", true},
    {R"({"properties":{"a":{"minimum":2,"maximum":4,"exclusiveMaximum":true}}})", R"({"a":4})",
     false},
    {R"({"properties":{"a":{"minimum":2}}})", R"({"a":1})", false},
    {R"({"properties":{"a":{"minimum":2}}})", R"({"a":"x"})", true},
    {R"({"properties":{"a":{"multipleOf":0.1}}})", R"({"a":0.3})", true},
    {R"({"properties":{"a":{"multipleOf":2}}})", R"({"a":3})", false},
    {R"({"properties":{"a":{"minLength":2,"maxLength":2}}})", R"({"a":"éé"})", true},
    {R"({"properties":{"a":{"maxLength":1}}})", R"({"a":"ab"})", false},
    {R"({"properties":{"a":{"pattern":"^x"}}})", R"({"a":"xy"})", true},
    {R"({"properties":{"a":{"pattern":"^x"}}})", R"({"a":"yx"})", false},
    {R"({"properties":{"a":{"pattern":"^x"}}})", R"({"a":1})", true},
    {R"({"properties":{"a":{"items":{"bsonType":"int"}}}})", R"({"a":[1,2]})", true},
    {R"({"properties":{"a":{"items":{"bsonType":"int"}}}})", R"({"a":[1,"x"]})", false},
    {R"({"properties":{"a":{"items":[{"bsonType":"int"}],"additionalItems":false}}})",
     R"({"a":[1]})", true},
    {R"({"properties":{"a":{"items":[{"bsonType":"int"}],"additionalItems":false}}})",
     R"({"a":[1,2]})", false},
    {R"({"properties":{"a":{"items":[{}],"additionalItems":{"type":"string"}}}})",
     R"({"a":[1,"x",3]})", false},
    {R"({"properties":{"a":{"minItems":1,"maxItems":2}}})", R"({"a":[]})", false},
    {R"({"properties":{"a":{"maxItems":2}}})", R"({"a":[1,2,3]})", false},
    {R"({"properties":{"a":{"uniqueItems":true}}})", R"({"a":[1,2,"1"]})", true},
    {R"({"properties":{"a":{"uniqueItems":true}}})", R"({"a":[1,2,1.0]})", false},
    {R"({"properties":{"a":{"uniqueItems":true}}})", R"({"a":[{"x":1,"y":2},{"y":2,"x":1}]})",
     false},
    {R"({"minProperties":2})", R"({"a":1})", false},
    {R"({"maxProperties":1})", R"({"a":1})", true},
    {R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1})", true},
    {R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1,"b":1})", false},
    {R"({"additionalProperties":{"type":"number"}})", R"({"a":1,"b":"x"})", false},
    {R"({"patternProperties":{"^a":{"type":"string"}},"additionalProperties":false})",
     R"({"ab":"x"})", true},
    {R"({"patternProperties":{"^a":{"type":"string"}}})", R"({"ab":1})", false},
    {R"({"dependencies":{"a":["b"]}})", R"({"a":1})", false},
    {R"({"dependencies":{"a":["b"]}})", R"({"c":1})", true},
    {R"({"dependencies":{"a":{"required":["b"]}}})", R"({"a":1,"b":1})", true},
    {R"({"dependencies":{"a":{"required":["b"]}}})", R"({"a":1})", false},
    {R"({"allOf":[{"required":["a"]},{"required":["b"]}]})", R"({"a":1})", false},
    {R"({"anyOf":[{"required":["a"]},{"required":["b"]}]})", R"({"a":1})", true},
    {R"({"oneOf":[{"required":["a"]},{"required":["b"]}]})", R"({"a":1,"b":1})", false},
    {R"({"not":{"required":["a"]}})", R"({"a":1})", false},
    {R"({"title":"t","description":"d"})", R"({})", true},
    {R"({"properties":{"a":{"properties":{"b":{"type":"string"}},"required":["b"]}}})",
     R"({"a":{"b":1}})", false},
};
INSTANTIATE_TEST_SUITE_P(Cases, JsonSchema, testing::ValuesIn(kCases));

struct SchemaErrorCase {
  const char* schema;
  ErrorCode code;
};

class JsonSchemaError : public testing::TestWithParam<SchemaErrorCase> {};

TEST_P(JsonSchemaError, HasCode) {
  const auto matcher =
      match::Matcher::Parse(Doc(std::string(R"({"$jsonSchema":)") + GetParam().schema + "}"));
  EXPECT_EQ(matcher.status().code(), GetParam().code) << GetParam().schema;
}

constexpr ErrorCode kParse = ErrorCode::kFailedToParse;
constexpr ErrorCode kType = ErrorCode::kTypeMismatch;
constexpr SchemaErrorCase kErrors[] = {
    {R"(1)", kType},
    {R"({"foo":1})", kParse},
    {R"({"$ref":"x"})", kParse},
    {R"({"properties":1})", kType},
    {R"({"properties":{"a":1}})", kType},
    {R"({"required":[]})", kParse},
    {R"({"required":[1]})", kType},
    {R"({"required":["a","a"]})", kParse},
    {R"({"bsonType":"foo"})", ErrorCode::kBadValue},
    {R"({"bsonType":"integer"})", kParse},
    {R"({"bsonType":1})", kType},
    {R"({"bsonType":[]})", kParse},
    {R"({"type":"int"})", ErrorCode::kBadValue},
    {R"({"type":"string","bsonType":"string"})", kParse},
    {R"({"enum":[]})", kParse},
    {R"({"enum":[1,1.0]})", kParse},
    {R"({"minimum":"x"})", kType},
    {R"({"exclusiveMinimum":true})", kParse},
    {R"({"minimum":1,"exclusiveMinimum":1})", kType},
    {R"({"multipleOf":0})", kParse},
    {R"({"minLength":-1})", kParse},
    {R"({"maxItems":1.5})", kParse},
    {R"({"pattern":"("})", ErrorCode::kLocation51091},
    {R"({"patternProperties":{"(":{}}})", ErrorCode::kBadValue},
    {R"({"items":[1]})", kType},
    {R"({"uniqueItems":1})", kType},
    {R"({"additionalItems":1})", kType},
    {R"({"additionalProperties":1})", kType},
    {R"({"allOf":[]})", ErrorCode::kBadValue},
    {R"({"anyOf":[1]})", kType},
    {R"({"not":1})", kType},
    {R"({"dependencies":{"a":[]}})", kParse},
    {R"({"dependencies":{"a":1}})", kType},
    {R"({"title":1})", kType},
};
INSTANTIATE_TEST_SUITE_P(Cases, JsonSchemaError, testing::ValuesIn(kErrors));

TEST(Expr, FiltersByExpression) {
  const struct {
    const char* filter;
    bool matches;
  } kFilters[] = {
      {R"({"$expr":{"$gt":["$a","$b"]}})", true},
      {R"({"$expr":{"$eq":["$a.x",1]}})", false},
      {R"({"$or":[{"a":0},{"$expr":{"$lt":["$b","$a"]}}]})", true},
      {R"({"$nor":[{"$expr":"$zz"}]})", true},
      {R"({"$expr":{}})", true},
      {R"({"$expr":"$$REMOVE"})", false},
  };
  for (const auto& c : kFilters) {
    const auto matcher = match::Matcher::Parse(Doc(c.filter));
    ASSERT_TRUE(matcher.ok()) << c.filter;
    EXPECT_EQ(matcher->Matches(Doc(R"({"a":5,"b":2})")).value(), c.matches) << c.filter;
  }
}

TEST(Expr, ErrorsAreNoAnswers) {
  for (const char* filter :
       {R"({"$expr":{"$divide":["$a","$b"]}})", R"({"$nor":[{"$expr":{"$divide":["$a","$b"]}}]})",
        R"({"$or":[{"$expr":{"$divide":["$a","$b"]}},{"a":1}]})"}) {
    const auto matcher = match::Matcher::Parse(Doc(filter)).value();
    EXPECT_EQ(matcher.Matches(Doc(R"({"a":1,"b":0})")).status().code(), ErrorCode::kBadValue);
  }
}

}  // namespace
}  // namespace cairn
