// SPDX-License-Identifier: Apache-2.0
// Filters: rows of success, type, null and array cases for each operator, and errors by code.
#include <gtest/gtest.h>

#include "query/match/matcher.h"
#include "tests/query/documents.h"

namespace cairn {
namespace {

struct MatchCase {
  const char* filter;
  const char* document;
  bool matches;
};

class Match : public testing::TestWithParam<MatchCase> {};

TEST_P(Match, Decides) {
  const MatchCase& c = GetParam();
  const bson::Document filter = Doc(c.filter);
  auto matcher = match::Matcher::Parse(filter);
  ASSERT_TRUE(matcher.ok()) << c.filter << ": " << matcher.status().ToString();
  EXPECT_EQ(matcher->Matches(Doc(c.document)).value(), c.matches) << c.filter << " " << c.document;
}

constexpr MatchCase kEquality[] = {
    {R"({})", R"({"a":1})", true},
    {R"({"a":1})", R"({"a":1})", true},
    {R"({"a":1})", R"({"a":2})", false},
    {R"({"a":1})", R"({"a":{"$numberLong":"1"}})", true},
    {R"({"a":1})", R"({"a":1.0})", true},
    {R"({"a":1})", R"({"a":{"$numberDecimal":"1.00"}})", true},
    {R"({"a":1})", R"({"a":"1"})", false},
    {R"({"a":1})", R"({"a":true})", false},
    {R"({"a":1})", R"({})", false},
    {R"({"a":1})", R"({"a":[2,1]})", true},
    {R"({"a":1})", R"({"a":[[1]]})", false},
    {R"({"a":[1,2]})", R"({"a":[1,2]})", true},
    {R"({"a":[1,2]})", R"({"a":[[1,2],3]})", true},
    {R"({"a":[1,2]})", R"({"a":[2,1]})", false},
    {R"({"a":[]})", R"({"a":[]})", true},
    {R"({"a":{"x":1,"y":2}})", R"({"a":{"x":1,"y":2}})", true},
    {R"({"a":{"x":1,"y":2}})", R"({"a":{"y":2,"x":1}})", false},
    {R"({"a":{"x":1}})", R"({"a":{"x":1,"y":2}})", false},
    {R"({"a":{}})", R"({"a":{}})", true},
    {R"({"a":{"$eq":{"$gt":1}}})", R"({"a":{"$gt":1}})", true},
    {R"({"a":null})", R"({"a":null})", true},
    {R"({"a":null})", R"({})", true},
    {R"({"a":null})", R"({"a":{"$undefined":true}})", false},
    {R"({"a":null})", R"({"a":0})", false},
    {R"({"a":null})", R"({"a":[1,null]})", true},
    {R"({"a":null})", R"({"a":[]})", false},
    {R"({"a.b":null})", R"({"a":1})", true},
    {R"({"a.b":null})", R"({"a":[]})", false},
    {R"({"a.b":null})", R"({"a":[{"b":1},{}]})", true},
    {R"({"a.b":null})", R"({"a":[1]})", false},
    {R"({"a.b":1})", R"({"a":[{"b":[0,1]}]})", true},
    {R"({"a.0":1})", R"({"a":[1,2]})", true},
    {R"({"a.0":1})", R"({"a":[[1,2]]})", false},
    {R"({"a.0.b":1})", R"({"a":{"0":{"b":1}}})", true},
    {R"({"a":{"$numberDouble":"NaN"}})", R"({"a":{"$numberDouble":"NaN"}})", true},
    {R"({"a":{"$numberDouble":"NaN"}})", R"({"a":{"$numberDecimal":"NaN"}})", true},
    {R"({"a":{"$numberDouble":"NaN"}})", R"({"a":0})", false},
    {R"({"a":0.0})", R"({"a":-0.0})", true},
    {R"({"a":{"$ref":"c","$id":1}})", R"({"a":{"$ref":"c","$id":1}})", true},
    {R"({"a":{"$eq":{"$regularExpression":{"pattern":"x","options":""}}}})",
     R"({"a":{"$regularExpression":{"pattern":"x","options":""}}})", true},
    {R"({"a":{"$eq":{"$regularExpression":{"pattern":"x","options":""}}}})", R"({"a":"x"})", false},
    {R"({"a":1,"b":2})", R"({"a":1,"b":2})", true},
    {R"({"a":1,"b":2})", R"({"a":1,"b":3})", false},
    {R"({"a":{"$ne":1}})", R"({"a":2})", true},
    {R"({"a":{"$ne":1}})", R"({})", true},
    {R"({"a":{"$ne":1}})", R"({"a":[2,1]})", false},
    {R"({"a":{"$ne":null}})", R"({})", false},
    {R"({"a":{"$ne":"x"}})", R"({"a":1})", true},
};
INSTANTIATE_TEST_SUITE_P(Equality, Match, testing::ValuesIn(kEquality));

constexpr MatchCase kOrder[] = {
    {R"({"a":{"$gt":30}})", R"({"a":31})", true},
    {R"({"a":{"$gt":30}})", R"({"a":30})", false},
    {R"({"a":{"$gt":30}})", R"({"a":30.5})", true},
    {R"({"a":{"$gt":30}})", R"({"a":"40"})", false},
    {R"({"a":{"$gt":30}})", R"({"a":null})", false},
    {R"({"a":{"$gt":30}})", R"({})", false},
    {R"({"a":{"$gt":30}})", R"({"a":[1,31]})", true},
    {R"({"a":{"$gt":30}})", R"({"a":[1,2]})", false},
    {R"({"a":{"$gte":30}})", R"({"a":30})", true},
    {R"({"a":{"$gte":30}})", R"({"a":{"$date":"2020-01-01T00:00:00Z"}})", false},
    {R"({"a":{"$lt":30}})", R"({"a":29})", true},
    {R"({"a":{"$lt":30}})", R"({"a":true})", false},
    {R"({"a":{"$lte":30}})", R"({"a":30})", true},
    {R"({"a":{"$lte":30}})", R"({"a":31})", false},
    {R"({"a":{"$gt":1,"$lt":3}})", R"({"a":2})", true},
    {R"({"a":{"$gt":1,"$lt":3}})", R"({"a":[0,4]})", true},
    {R"({"a":{"$gte":null}})", R"({})", true},
    {R"({"a":{"$gte":null}})", R"({"a":null})", true},
    {R"({"a":{"$lte":null}})", R"({})", true},
    {R"({"a":{"$gt":null}})", R"({})", false},
    {R"({"a":{"$gte":null}})", R"({"a":1})", false},
    {R"({"a":{"$gt":"a"}})", R"({"a":"b"})", true},
    {R"({"a":{"$gt":"a"}})", R"({"a":1})", false},
    {R"({"a":{"$gt":{"x":1}}})", R"({"a":{"x":2}})", true},
    {R"({"a":{"$gt":[1,2]}})", R"({"a":[1,3]})", true},
    {R"({"a":{"$gt":[1,2]}})", R"({"a":[9]})", true},
    {R"({"a":{"$gt":[1,2]}})", R"({"a":9})", false},
    {R"({"a":{"$gt":false}})", R"({"a":true})", true},
    {R"({"a":{"$gt":{"$minKey":1}}})", R"({"a":1})", true},
    {R"({"a":{"$gt":{"$minKey":1}}})", R"({})", true},
    {R"({"a":{"$gt":{"$minKey":1}}})", R"({"a":{"$minKey":1}})", false},
    {R"({"a":{"$gte":{"$minKey":1}}})", R"({"a":{"$minKey":1}})", true},
    {R"({"a":{"$lt":{"$maxKey":1}}})", R"({"a":"x"})", true},
    {R"({"a":{"$lt":{"$minKey":1}}})", R"({"a":"x"})", false},
    {R"({"a":{"$eq":{"$maxKey":1}}})", R"({"a":1})", false},
    {R"({"a":{"$gte":{"$numberDouble":"NaN"}}})", R"({"a":{"$numberDouble":"NaN"}})", true},
    {R"({"a":{"$gte":{"$numberDouble":"NaN"}}})", R"({"a":1})", false},
    {R"({"a":{"$gt":{"$numberDouble":"NaN"}}})", R"({"a":1})", false},
    {R"({"a":{"$lt":1}})", R"({"a":{"$numberDouble":"NaN"}})", false},
    {R"({"a":{"$lte":{"$numberDecimal":"NaN"}}})", R"({"a":{"$numberDouble":"NaN"}})", true},
    {R"({"a":{"$gt":9007199254740992.0}})", R"({"a":{"$numberLong":"9007199254740993"}})", true},
    {R"({"a":{"$lt":{"$numberDouble":"9223372036854775808"}}})",
     R"({"a":{"$numberLong":"9223372036854775807"}})", true},
    {R"({"a":{"$gt":0.1}})", R"({"a":{"$numberDecimal":"0.1"}})", false},
};
INSTANTIATE_TEST_SUITE_P(Order, Match, testing::ValuesIn(kOrder));

constexpr MatchCase kIn[] = {
    {R"({"a":{"$in":[1,"x"]}})", R"({"a":"x"})", true},
    {R"({"a":{"$in":[1,"x"]}})", R"({"a":1.0})", true},
    {R"({"a":{"$in":[1,"x"]}})", R"({"a":2})", false},
    {R"({"a":{"$in":[]}})", R"({"a":2})", false},
    {R"({"a":{"$in":[1,2]}})", R"({"a":[5,2]})", true},
    {R"({"a":{"$in":[[1,2]]}})", R"({"a":[1,2]})", true},
    {R"({"a":{"$in":[null]}})", R"({})", true},
    {R"({"a":{"$in":[null]}})", R"({"a":{"$undefined":true}})", false},
    {R"({"a":{"$in":[1]}})", R"({})", false},
    {R"({"a.b":{"$in":[1]}})", R"({"a":[{"b":2},{"b":1}]})", true},
    {R"({"a":{"$nin":[1,2]}})", R"({"a":3})", true},
    {R"({"a":{"$nin":[1,2]}})", R"({"a":[3,2]})", false},
    {R"({"a":{"$nin":[1,2]}})", R"({})", true},
    {R"({"a":{"$nin":[null]}})", R"({})", false},
    {R"({"a":{"$nin":[]}})", R"({"a":1})", true},
};
INSTANTIATE_TEST_SUITE_P(In, Match, testing::ValuesIn(kIn));

constexpr MatchCase kLogical[] = {
    {R"({"$and":[{"a":1},{"b":2}]})", R"({"a":1,"b":2})", true},
    {R"({"$and":[{"a":1},{"b":2}]})", R"({"a":1})", false},
    {R"({"$and":[{}]})", R"({})", true},
    {R"({"$or":[{"a":1},{"b":2}]})", R"({"b":2})", true},
    {R"({"$or":[{"a":1},{"b":2}]})", R"({"b":3})", false},
    {R"({"$or":[{"a":1},{}]})", R"({})", true},
    {R"({"$nor":[{"a":1},{"b":2}]})", R"({"b":3})", true},
    {R"({"$nor":[{"a":1},{"b":2}]})", R"({"b":2})", false},
    {R"({"$nor":[{"a":1}]})", R"({"a":1})", false},
    {R"({"c":1,"$or":[{"a":1},{"b":2}]})", R"({"b":2,"c":1})", true},
    {R"({"a":{"$not":{"$gt":5}}})", R"({"a":5})", true},
    {R"({"a":{"$not":{"$gt":5}}})", R"({})", true},
    {R"({"a":{"$not":{"$gt":5}}})", R"({"a":[1,6]})", false},
    {R"({"a":{"$not":{"$gt":5,"$lt":9}}})", R"({"a":10})", true},
    {R"({"a":{"$not":{"$not":{"$gt":5}}}})", R"({"a":6})", true},
    {R"({"a":1,"$comment":"why"})", R"({"a":1})", true},
    {R"({"$or":[{"a":1,"$comment":"why"}]})", R"({"a":1})", true},
    {R"({"$alwaysTrue":1})", R"({})", true},
    {R"({"$alwaysFalse":1})", R"({})", false},
    {R"({"$_identical":{"a":1,"b":2}})", R"({"a":1,"b":2})", true},
    {R"({"$_identical":{"a":1,"b":2}})", R"({"b":2,"a":1})", false},
    {R"({"$_identical":{"a":1}})", R"({"a":1.0})", false},
    {R"({"$_identical":{"a":1}})", R"({"a":{"$numberLong":"1"}})", false},
    {R"({"$nor":[{"$_identical":{}}]})", R"({"a":1})", true},
    {R"({"$_behind":{"sort":{"a":1},"key":[2]}})", R"({"a":3})", true},
    {R"({"$_behind":{"sort":{"a":1},"key":[2]}})", R"({"a":2.0})", false},
    {R"({"$_behind":{"sort":{"a":1},"key":[2]}})", R"({"a":"x"})", true},
    {R"({"$_behind":{"sort":{"a":1},"key":[2]}})", R"({})", false},
    {R"({"$_behind":{"sort":{"a":-1},"key":[2]}})", R"({})", true},
    {R"({"$_behind":{"sort":{"a":1},"key":[2]}})", R"({"a":[1,3]})", false},
    {R"({"$_behind":{"sort":{"a":-1},"key":[2]}})", R"({"a":[1]})", true},
    {R"({"$_behind":{"sort":{"a":-1},"key":[2]}})", R"({"a":[1,3]})", false},
    {R"({"$_behind":{"sort":{"a":1},"key":[null]}})", R"({"a":[]})", false},
    {R"({"$_behind":{"sort":{"a.b":1},"key":[1]}})", R"({"a":[{"b":3},{"b":2}]})", true},
    {R"({"$_behind":{"sort":{"a":1,"b":-1},"key":[1,5]}})", R"({"a":1,"b":4})", true},
    {R"({"$_behind":{"sort":{"a":1,"b":-1},"key":[1,5]}})", R"({"a":1,"b":6})", false},
    {R"({"$_behind":{"sort":{"a":1,"b":-1},"key":[1,5]}})", R"({"a":0,"b":4})", false},
    {R"({"$nor":[{"$_behind":{"sort":{"a":1},"key":[2]}}]})", R"({"a":2})", true},
};
INSTANTIATE_TEST_SUITE_P(Logical, Match, testing::ValuesIn(kLogical));

constexpr MatchCase kElement[] = {
    {R"({"a":{"$exists":true}})", R"({"a":null})", true},
    {R"({"a":{"$exists":true}})", R"({})", false},
    {R"({"a":{"$exists":false}})", R"({})", true},
    {R"({"a":{"$exists":0}})", R"({"a":1})", false},
    {R"({"a":{"$exists":"x"}})", R"({"a":[]})", true},
    {R"({"a":{"$exists":null}})", R"({"a":1})", false},
    {R"({"a.b":{"$exists":true}})", R"({"a":[1,{"b":null}]})", true},
    {R"({"a.b":{"$exists":false}})", R"({"a":[1,{"c":1}]})", true},
    {R"({"a.b":{"$exists":false}})", R"({"a":[]})", true},
    {R"({"a":{"$type":"int"}})", R"({"a":1})", true},
    {R"({"a":{"$type":16}})", R"({"a":1})", true},
    {R"({"a":{"$type":16.0}})", R"({"a":1.5})", false},
    {R"({"a":{"$type":"number"}})", R"({"a":{"$numberDecimal":"1"}})", true},
    {R"({"a":{"$type":"number"}})", R"({"a":"1"})", false},
    {R"({"a":{"$type":"number"}})", R"({"a":["x",1]})", true},
    {R"({"a":{"$type":["string","null"]}})", R"({"a":null})", true},
    {R"({"a":{"$type":["string",10]}})", R"({"a":null})", true},
    {R"({"a":{"$type":"array"}})", R"({"a":[]})", true},
    {R"({"a":{"$type":"array"}})", R"({"a":1})", false},
    {R"({"a":{"$type":"null"}})", R"({})", false},
    {R"({"a":{"$type":-1}})", R"({"a":{"$minKey":1}})", true},
    {R"({"a":{"$type":127}})", R"({"a":{"$maxKey":1}})", true},
    {R"({"a.b":{"$type":"bool"}})", R"({"a":[{"b":true}]})", true},
};
INSTANTIATE_TEST_SUITE_P(Element, Match, testing::ValuesIn(kElement));

struct ErrorCase {
  const char* filter;
  ErrorCode code;
  const char* part_of_message;
};

class MatchError : public testing::TestWithParam<ErrorCase> {};

TEST_P(MatchError, HasCode) {
  const auto matcher = match::Matcher::Parse(Doc(GetParam().filter));
  EXPECT_EQ(matcher.status().code(), GetParam().code) << GetParam().filter;
  EXPECT_NE(matcher.status().message().find(GetParam().part_of_message), std::string::npos)
      << matcher.status().message();
}

constexpr ErrorCode kBad = ErrorCode::kBadValue;
constexpr ErrorCode kUnsupported = ErrorCode::kNotImplemented;
constexpr ErrorCase kErrors[] = {
    {R"({"$foo":1})", kBad, "unknown top level operator: $foo"},
    {R"({"$eq":1})", kBad, "unknown top level operator: $eq"},
    {R"({"$not":{"a":1}})", kBad, "unknown top level operator: $not"},
    {R"({"a":{"$foo":1}})", kBad, "unknown operator: $foo"},
    {R"({"a":{"$gt":1,"b":2}})", kBad, "unknown operator: b"},
    {R"({"a":{"$nor":[{"a":1}]}})", kBad, "unknown operator: $nor"},
    {R"({"a":{"$where":"1"}})", kBad, "unknown operator: $where"},
    {R"({"$where":"1"})", kUnsupported, "$where"},
    {R"({"a":{"$ne":{"$regularExpression":{"pattern":"x","options":""}}}})", kBad, "regex"},
    {R"({"a":{"$gt":{"$regularExpression":{"pattern":"x","options":""}}}})", kBad, "RegEx"},
    {R"({"a":{"$undefined":true}})", kBad, "undefined"},
    {R"({"a":{"$in":[{"$undefined":true}]}})", kBad, "undefined"},
    {R"({"a":{"$in":1}})", kBad, "$in needs an array"},
    {R"({"a":{"$in":{"x":1}}})", kBad, "$in needs an array"},
    {R"({"a":{"$in":[{"$gt":1}]}})", kBad, "cannot nest $ under $in"},
    {R"({"a":{"$nin":null}})", kBad, "$nin needs an array"},
    {R"({"a":{"$nin":[{"$gt":1}]}})", kBad, "cannot nest $ under $nin"},
    {R"({"$and":[]})", kBad, "nonempty"},
    {R"({"$and":{"a":1}})", kBad, "must be an array"},
    {R"({"$or":[1]})", kBad, "full objects"},
    {R"({"$or":[{"a":1},[1]]})", kBad, "full objects"},
    {R"({"$nor":null})", kBad, "must be an array"},
    {R"({"$or":[{"$foo":1}]})", kBad, "unknown top level operator: $foo"},
    {R"({"a":{"$not":5}})", kBad, "$not needs"},
    {R"({"a":{"$not":[1]}})", kBad, "$not needs"},
    {R"({"a":{"$not":{}}})", kBad, "cannot be empty"},
    {R"({"a":{"$not":{"x":1}}})", kBad, "unknown operator: x"},
    {R"({"a":{"$type":"foo"}})", kBad, "foo"},
    {R"({"a":{"$type":0}})", kBad, "$exists"},
    {R"({"a":{"$type":1.5}})", kBad, "type"},
    {R"({"a":{"$type":255}})", kBad, "type"},
    {R"({"a":{"$type":true}})", ErrorCode::kTypeMismatch, "number or a string"},
    {R"({"a":{"$type":[]}})", ErrorCode::kFailedToParse, "at least one"},
    {R"({"$alwaysTrue":2})", ErrorCode::kFailedToParse, "$alwaysTrue"},
    {R"({"$_identical":2})", ErrorCode::kFailedToParse, "$_identical"},
    {R"({"a":{"$elemMatch":{"$_identical":{}}}})", kBad, "top-level document"},
    {R"({"$_behind":2})", ErrorCode::kFailedToParse, "$_behind"},
    {R"({"$_behind":{"sort":{"a":1}}})", ErrorCode::kFailedToParse, "sort and a key"},
    {R"({"$_behind":{"sort":{},"key":[]}})", ErrorCode::kFailedToParse, "each field"},
    {R"({"$_behind":{"sort":{"a":1},"key":[1,2]}})", ErrorCode::kFailedToParse, "more values"},
    {R"({"$_behind":{"sort":{"a":1,"b":1},"key":[1]}})", ErrorCode::kFailedToParse, "each field"},
    {R"({"$_behind":{"sort":{"a":2},"key":[1]}})", ErrorCode::kFailedToParse, "directions"},
    {R"({"$_behind":{"sort":{"$a":1},"key":[1]}})", ErrorCode::kFailedToParse, "by fields"},
    {R"({"a":{"$elemMatch":{"$_behind":{"sort":{"a":1},"key":[1]}}}})", kBad, "top-level document"},
};
INSTANTIATE_TEST_SUITE_P(Cases, MatchError, testing::ValuesIn(kErrors));

TEST(Matcher, RefusesDeepFilters) {
  // Built by hand: the JSON reader has a depth limit of its own.
  bson::Document filter = Doc(R"({"a":1})");
  for (int i = 0; i < 120; ++i) {
    bson::Builder builder;
    builder.OpenArray("$and").AppendDocument("0", filter).Close();
    filter = builder.Finish();
    const auto status = match::Matcher::Parse(filter).status();
    ASSERT_EQ(status.code(), i < 99 ? ErrorCode::kOk : ErrorCode::kBadValue) << i;
  }
}

TEST(Matcher, BoundsTheNumberOfConditions) {
  bson::Builder builder;
  for (int i = 0; i < 100'001; ++i) builder.AppendInt32("a", i);
  EXPECT_EQ(match::Matcher::Parse(builder.Finish()).status().code(), ErrorCode::kBadValue);
}

TEST(Matcher, TreeIsSimple) {
  using match::Kind;
  const struct {
    const char* filter;
    Kind kind;
    size_t children;
  } kCases[] = {
      {R"({})", Kind::kAlwaysTrue, 0},
      {R"({"$comment":"x"})", Kind::kAlwaysTrue, 0},
      {R"({"a":1})", Kind::kEq, 0},
      {R"({"a":1,"b":{"$gt":2,"$lt":3}})", Kind::kAnd, 3},
      {R"({"$and":[{"a":1},{"$and":[{"b":1},{"c":1}]}],"d":1})", Kind::kAnd, 4},
      {R"({"$or":[{"a":1}]})", Kind::kEq, 0},
      {R"({"$or":[{"a":1},{"b":1,"c":1}]})", Kind::kOr, 2},
      {R"({"a":{"$ne":1}})", Kind::kNot, 1},
      {R"({"a":{"$nin":[1]}})", Kind::kNot, 1},
      {R"({"a":{"$exists":false}})", Kind::kNot, 1},
      {R"({"a":{"$type":2}})", Kind::kType, 0},
  };
  for (const auto& c : kCases) {
    const auto matcher = match::Matcher::Parse(Doc(c.filter)).value();
    EXPECT_EQ(matcher.root().kind(), c.kind) << c.filter;
    EXPECT_EQ(matcher.root().children().size(), c.children) << c.filter;
    EXPECT_EQ(matcher.MatchesAll(), c.kind == Kind::kAlwaysTrue) << c.filter;
    EXPECT_EQ(Text(matcher.source()), Text(Doc(c.filter)));
  }
}

TEST(Matcher, InSortsItsOperands) {
  const auto matcher = match::Matcher::Parse(Doc(R"({"a":{"$in":["x",2,1,1.0,null]}})")).value();
  const auto& in = static_cast<const match::In&>(matcher.root());
  ASSERT_EQ(in.operands().size(), 4u);
  EXPECT_EQ(in.operands()[0].type(), bson::Type::kNull);
  EXPECT_EQ(in.operands()[1].AsInt32(), 1);
  EXPECT_EQ(in.operands()[3].AsString(), "x");
}

TEST(Matcher, SurvivesMoving) {
  auto first = match::Matcher::Parse(Doc(R"({"a":1})")).value();
  const match::Matcher second = std::move(first);
  EXPECT_TRUE(second.Matches(Doc(R"({"a":1})")).value());
  EXPECT_FALSE(second.Matches(Doc(R"({"a":2})")).value());
}

}  // namespace
}  // namespace cairn
