// SPDX-License-Identifier: Apache-2.0
// $regex, $mod, the bit tests, $size, $all and $elemMatch: what matches, and errors by code.
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

class Evaluated : public testing::TestWithParam<MatchCase> {};

TEST_P(Evaluated, Decides) {
  const MatchCase& c = GetParam();
  const auto matcher = match::Matcher::Parse(Doc(c.filter));
  ASSERT_TRUE(matcher.ok()) << c.filter << ": " << matcher.status().ToString();
  EXPECT_EQ(matcher->Matches(Doc(c.document)).value(), c.matches) << c.filter << " " << c.document;
}

constexpr MatchCase kRegex[] = {
    {R"({"a":{"$regex":"^ab"}})", R"({"a":"abc"})", true},
    {R"({"a":{"$regex":"^ab"}})", R"({"a":"cab"})", false},
    {R"({"a":{"$regex":"^ab"}})", R"({"a":["x","abc"]})", true},
    {R"({"a":{"$regex":"^ab"}})", R"({"a":1})", false},
    {R"({"a":{"$regex":"^ab"}})", R"({"a":null})", false},
    {R"({"a":{"$regex":""}})", R"({})", false},
    {R"({"a":{"$regex":"^AB","$options":"i"}})", R"({"a":"abc"})", true},
    {R"({"a":{"$options":"i","$regex":"^AB"}})", R"({"a":"abc"})", true},
    {R"({"a":{"$regex":"^b","$options":"m"}})", R"({"a":"a\nb"})", true},
    {R"({"a":{"$regex":"^b"}})", R"({"a":"a\nb"})", false},
    {R"({"a":{"$regex":"a.b","$options":"s"}})", R"({"a":"a\nb"})", true},
    {R"({"a":{"$regex":"a.b"}})", R"({"a":"a\nb"})", false},
    {R"({"a":{"$regex":"a b # c","$options":"x"}})", R"({"a":"ab"})", true},
    {R"({"a":{"$regex":"^.$"}})", R"({"a":"é"})", true},
    {R"({"a":{"$regex":"É","$options":"i"}})", R"({"a":"é"})", true},
    {R"({"a":{"$regex":{"$regularExpression":{"pattern":"B","options":"i"}}}})", R"({"a":"abc"})",
     true},
    {R"({"a":{"$regex":{"$regularExpression":{"pattern":"B","options":""}},"$options":"i"}})",
     R"({"a":"abc"})", true},
    {R"({"a":{"$regularExpression":{"pattern":"b","options":""}}})", R"({"a":"abc"})", true},
    {R"({"a":{"$regularExpression":{"pattern":"b","options":""}}})",
     R"({"a":{"$regularExpression":{"pattern":"b","options":""}}})", true},
    {R"({"a":{"$regularExpression":{"pattern":"b","options":""}}})",
     R"({"a":{"$regularExpression":{"pattern":"b","options":"i"}}})", false},
    {R"({"a":{"$regularExpression":{"pattern":"b","options":""}}})", R"({"a":{"$symbol":"abc"}})",
     true},
    {R"({"a":{"$in":[1,{"$regularExpression":{"pattern":"^b","options":""}}]}})", R"({"a":"bc"})",
     true},
    {R"({"a":{"$in":[1,{"$regularExpression":{"pattern":"^b","options":""}}]}})", R"({"a":1})",
     true},
    {R"({"a":{"$in":[1,{"$regularExpression":{"pattern":"^b","options":""}}]}})", R"({"a":"cb"})",
     false},
    {R"({"a":{"$nin":[{"$regularExpression":{"pattern":"^b","options":""}}]}})", R"({"a":"bc"})",
     false},
    {R"({"a":{"$nin":[{"$regularExpression":{"pattern":"^b","options":""}}]}})", R"({})", true},
    {R"({"a":{"$not":{"$regularExpression":{"pattern":"^b","options":""}}}})", R"({"a":"bc"})",
     false},
    {R"({"a":{"$not":{"$regularExpression":{"pattern":"^b","options":""}}}})", R"({"a":1})", true},
    {R"({"a":{"$not":{"$regex":"^B","$options":"i"}}})", R"({"a":"bc"})", false},
    {R"({"a.b":{"$regex":"x"}})", R"({"a":[{"b":"y"},{"b":"x"}]})", true},
};
INSTANTIATE_TEST_SUITE_P(Regex, Evaluated, testing::ValuesIn(kRegex));

constexpr MatchCase kArithmetic[] = {
    {R"({"a":{"$mod":[4,1]}})", R"({"a":5})", true},
    {R"({"a":{"$mod":[4,1]}})", R"({"a":6})", false},
    {R"({"a":{"$mod":[4,1]}})", R"({"a":5.9})", true},
    {R"({"a":{"$mod":[4.9,1.2]}})", R"({"a":5})", true},
    {R"({"a":{"$mod":[4,1]}})", R"({"a":{"$numberDecimal":"5.5"}})", true},
    {R"({"a":{"$mod":[4,-1]}})", R"({"a":-5})", true},
    {R"({"a":{"$mod":[-4,1]}})", R"({"a":5})", true},
    {R"({"a":{"$mod":[-1,0]}})", R"({"a":{"$numberLong":"-9223372036854775808"}})", true},
    {R"({"a":{"$mod":[4,0]}})", R"({"a":{"$numberDouble":"Infinity"}})", false},
    {R"({"a":{"$mod":[4,0]}})", R"({"a":"4"})", false},
    {R"({"a":{"$mod":[4,0]}})", R"({"a":null})", false},
    {R"({"a":{"$mod":[4,0]}})", R"({})", false},
    {R"({"a":{"$mod":[4,0]}})", R"({"a":[1,8]})", true},
    {R"({"a":{"$bitsAllSet":5}})", R"({"a":7})", true},
    {R"({"a":{"$bitsAllSet":5}})", R"({"a":4})", false},
    {R"({"a":{"$bitsAllSet":[0,2]}})", R"({"a":5.0})", true},
    {R"({"a":{"$bitsAllSet":[200]}})", R"({"a":-1})", true},
    {R"({"a":{"$bitsAllSet":[200]}})", R"({"a":1})", false},
    {R"({"a":{"$bitsAllSet":0}})", R"({"a":0})", true},
    {R"({"a":{"$bitsAnySet":0}})", R"({"a":1})", false},
    {R"({"a":{"$bitsAnySet":6}})", R"({"a":4})", true},
    {R"({"a":{"$bitsAllClear":6}})", R"({"a":9})", true},
    {R"({"a":{"$bitsAllClear":6}})", R"({"a":4})", false},
    {R"({"a":{"$bitsAnyClear":6}})", R"({"a":4})", true},
    {R"({"a":{"$bitsAnyClear":6}})", R"({"a":6})", false},
    {R"({"a":{"$bitsAllSet":{"$binary":{"base64":"AwE=","subType":"00"}}}})", R"({"a":259})", true},
    {R"({"a":{"$bitsAllSet":[0,8]}})", R"({"a":{"$binary":{"base64":"AwE=","subType":"00"}}})",
     true},
    {R"({"a":{"$bitsAnySet":[20]}})", R"({"a":{"$binary":{"base64":"AwE=","subType":"00"}}})",
     false},
    {R"({"a":{"$bitsAllSet":1}})", R"({"a":1.5})", false},
    {R"({"a":{"$bitsAllSet":1}})", R"({"a":"1"})", false},
    {R"({"a":{"$bitsAllClear":1}})", R"({})", false},
    {R"({"a":{"$bitsAllClear":1}})", R"({"a":null})", false},
    {R"({"a":{"$bitsAllSet":1}})", R"({"a":[2,3]})", true},
};
INSTANTIATE_TEST_SUITE_P(Arithmetic, Evaluated, testing::ValuesIn(kArithmetic));

constexpr MatchCase kArrays[] = {
    {R"({"a":{"$size":2}})", R"({"a":[1,2]})", true},
    {R"({"a":{"$size":2.0}})", R"({"a":[1,2,3]})", false},
    {R"({"a":{"$size":0}})", R"({"a":[]})", true},
    {R"({"a":{"$size":0}})", R"({})", false},
    {R"({"a":{"$size":1}})", R"({"a":1})", false},
    {R"({"a":{"$size":1}})", R"({"a":[[1],2]})", false},
    {R"({"a.b":{"$size":1}})", R"({"a":[{"b":[]},{"b":[1]}]})", true},
    {R"({"a":{"$all":[1,2]}})", R"({"a":[2,3,1]})", true},
    {R"({"a":{"$all":[1,2]}})", R"({"a":[1]})", false},
    {R"({"a":{"$all":[1]}})", R"({"a":1})", true},
    {R"({"a":{"$all":[]}})", R"({"a":[]})", false},
    {R"({"a":{"$all":[null]}})", R"({})", true},
    {R"({"a":{"$all":[[1,2]]}})", R"({"a":[1,2]})", true},
    {R"({"a":{"$all":[{"$match":{"x":1}}]}})", R"({"a":[{"$match":{"x":1}}]})", true},
    {R"({"a":{"$all":[{"$regularExpression":{"pattern":"^x","options":""}},"y"]}})",
     R"({"a":["y","xx"]})", true},
    {R"({"a":{"$all":[{"$elemMatch":{"b":1}},{"$elemMatch":{"b":2}}]}})",
     R"({"a":[{"b":2},{"b":1}]})", true},
    {R"({"a":{"$all":[{"$elemMatch":{"b":1}},{"$elemMatch":{"b":2}}]}})", R"({"a":[{"b":2}]})",
     false},
    {R"({"a":{"$not":{"$all":[1,2]}}})", R"({"a":[1]})", true},
    {R"({"a":{"$elemMatch":{"b":1,"c":2}}})", R"({"a":[{"b":1},{"c":2}]})", false},
    {R"({"a":{"$elemMatch":{"b":1,"c":2}}})", R"({"a":[{"b":1,"c":2}]})", true},
    {R"({"a":{"$elemMatch":{"b":1}}})", R"({"a":{"b":1}})", false},
    {R"({"a":{"$elemMatch":{"0":1}}})", R"({"a":[[1]]})", true},
    {R"({"a":{"$elemMatch":{}}})", R"({"a":[{}]})", true},
    {R"({"a":{"$elemMatch":{}}})", R"({"a":[1]})", false},
    {R"({"a":{"$elemMatch":{"b":null}}})", R"({"a":[1]})", false},
    {R"({"a":{"$elemMatch":{"$gt":1,"$lt":3}}})", R"({"a":[0,4]})", false},
    {R"({"a":{"$elemMatch":{"$gt":1,"$lt":3}}})", R"({"a":[0,2]})", true},
    {R"({"a":{"$elemMatch":{"$gt":1}}})", R"({"a":[[2]]})", false},
    {R"({"a":{"$elemMatch":{"$elemMatch":{"$gt":1}}}})", R"({"a":[[2]]})", true},
    {R"({"a":{"$elemMatch":{"$not":{"$gt":1}}}})", R"({"a":[2]})", false},
    {R"({"a":{"$elemMatch":{"$not":{"$gt":1}}}})", R"({"a":[2,1]})", true},
    {R"({"a":{"$elemMatch":{"$in":[1,"x"]}}})", R"({"a":[0,"x"]})", true},
    {R"({"a":{"$elemMatch":{"$regex":"^x"}}})", R"({"a":["xy"]})", true},
    {R"({"a":{"$elemMatch":{"$size":1}}})", R"({"a":[[],[5]]})", true},
    {R"({"a":{"$elemMatch":{"$exists":true}}})", R"({"a":[null]})", true},
    {R"({"a":{"$elemMatch":{"$type":"array"}}})", R"({"a":[[1]]})", true},
    {R"({"a":{"$elemMatch":{"$or":[{"b":1},{"c":1}]}}})", R"({"a":[{"c":1}]})", true},
    {R"({"a":{"$elemMatch":{"$gt":1}}})", R"({})", false},
    {R"({"a.b":{"$elemMatch":{"c":1}}})", R"({"a":[{"b":[{"c":1}]}]})", true},
};
INSTANTIATE_TEST_SUITE_P(Arrays, Evaluated, testing::ValuesIn(kArrays));

struct ErrorCase {
  const char* filter;
  ErrorCode code;
  const char* part_of_message;
};

class EvaluatedError : public testing::TestWithParam<ErrorCase> {};

TEST_P(EvaluatedError, HasCode) {
  const auto matcher = match::Matcher::Parse(Doc(GetParam().filter));
  EXPECT_EQ(matcher.status().code(), GetParam().code) << GetParam().filter;
  EXPECT_NE(matcher.status().message().find(GetParam().part_of_message), std::string::npos)
      << matcher.status().message();
}

constexpr ErrorCode kBad = ErrorCode::kBadValue;
constexpr ErrorCase kErrors[] = {
    {R"({"a":{"$regex":1}})", kBad, "$regex has to be a string"},
    {R"({"a":{"$regex":null}})", kBad, "$regex has to be a string"},
    {R"({"a":{"$regex":"x","$options":1}})", kBad, "$options has to be a string"},
    {R"({"a":{"$options":"i"}})", kBad, "$options needs a $regex"},
    {R"({"a":{"$regex":"(","$options":""}})", ErrorCode::kLocation51091, "invalid"},
    {R"({"a":{"$regex":"\\C"}})", ErrorCode::kLocation51091, "invalid"},
    {R"({"a":{"$regex":"x","$options":"g"}})", ErrorCode::kLocation51108, "g"},
    {R"({"a":{"$regex":"x\u0000"}})", kBad, "null byte"},
    {R"({"a":{"$regex":{"$regularExpression":{"pattern":"B","options":"i"}},"$options":"m"}})",
     ErrorCode::kLocation51075, "both"},
    {R"({"a":{"$options":"m","$regex":{"$regularExpression":{"pattern":"B","options":"i"}}}})",
     ErrorCode::kLocation51074, "both"},
    {R"({"a":{"$regularExpression":{"pattern":"(","options":""}}})", ErrorCode::kLocation51091,
     "invalid"},
    {R"({"a":{"$in":[{"$regularExpression":{"pattern":"(","options":""}}]}})",
     ErrorCode::kLocation51091, "invalid"},
    {R"({"a":{"$mod":1}})", kBad, "needs to be an array"},
    {R"({"a":{"$mod":[]}})", kBad, "not enough"},
    {R"({"a":{"$mod":[1]}})", kBad, "not enough"},
    {R"({"a":{"$mod":[1,2,3]}})", kBad, "too many"},
    {R"({"a":{"$mod":["x",2]}})", kBad, "divisor not a number"},
    {R"({"a":{"$mod":[2,null]}})", kBad, "remainder not a number"},
    {R"({"a":{"$mod":[0.5,2]}})", kBad, "divisor cannot be 0"},
    {R"({"a":{"$mod":[{"$numberDouble":"NaN"},2]}})", kBad, "invalid"},
    {R"({"a":{"$bitsAllSet":"x"}})", kBad, "takes an Array"},
    {R"({"a":{"$bitsAllSet":-1}})", ErrorCode::kFailedToParse, "non-negative"},
    {R"({"a":{"$bitsAllSet":1.5}})", ErrorCode::kFailedToParse, "integer"},
    {R"({"a":{"$bitsAnySet":[-1]}})", kBad, ">= 0"},
    {R"({"a":{"$bitsAnyClear":["x"]}})", kBad, "integers"},
    {R"({"a":{"$bitsAllClear":[3000000000]}})", kBad, "32-bit"},
    {R"({"a":{"$size":"1"}})", kBad, "$size"},
    {R"({"a":{"$size":-1}})", kBad, "$size"},
    {R"({"a":{"$size":1.5}})", kBad, "$size"},
    {R"({"a":{"$size":null}})", kBad, "$size"},
    {R"({"a":{"$all":1}})", kBad, "$all needs an array"},
    {R"({"a":{"$all":[{"$gt":1}]}})", kBad, "no $ expressions in $all"},
    {R"({"a":{"$all":[{"$near":1}]}})", kBad, "no $ expressions in $all"},
    {R"({"a":{"$all":[{"$elemMatch":{"b":1}},1]}})", kBad, "consistent"},
    {R"({"a":{"$all":[1,{"$elemMatch":{"b":1}}]}})", kBad, "no $ expressions in $all"},
    {R"({"a":{"$elemMatch":1}})", kBad, "$elemMatch needs an Object"},
    {R"({"a":{"$elemMatch":[1]}})", kBad, "$elemMatch needs an Object"},
    {R"({"a":{"$elemMatch":{"$foo":1}}})", kBad, "unknown operator: $foo"},
    {R"({"a":{"$elemMatch":{"b":{"$foo":1}}}})", kBad, "unknown operator: $foo"},
    {R"({"a":{"$elemMatch":{"$expr":1}}})", kBad, "top-level"},
    {R"({"a":{"$elemMatch":{"$where":"1"}}})", kBad, "top-level"},
    {R"({"a":{"$near":[1,2]}})", ErrorCode::kNotImplemented, "$near"},
};
INSTANTIATE_TEST_SUITE_P(Cases, EvaluatedError, testing::ValuesIn(kErrors));

TEST(Regex, ALimitIsAnErrorAndNoAnswer) {
  bson::Builder builder;
  builder.AppendString("a", std::string(40, 'a') + "b");
  const bson::Document document = builder.Finish();
  for (const char* filter :
       {R"({"a":{"$regex":"^(a+)+$"}})", R"({"a":{"$not":{"$regex":"^(a+)+$"}}})",
        R"({"$or":[{"a":{"$regex":"^(a+)+$"}},{"b":null}]})",
        R"({"a":{"$elemMatch":{"$regex":"^(a+)+$"}}})"}) {
    const auto matcher = match::Matcher::Parse(Doc(filter)).value();
    const bool array = std::string_view(filter).find("elemMatch") != std::string_view::npos;
    bson::Builder nested;
    nested.OpenArray("a").AppendString("0", document["a"].AsString()).Close();
    EXPECT_EQ(matcher.Matches(array ? nested.Finish() : document).status().code(),
              ErrorCode::kLocation51156)
        << filter;
  }
}

TEST(Regex, RefusesLongPatterns) {
  for (const size_t size : {size_t{16} << 10, (size_t{16} << 10) + 1}) {
    bson::Builder builder;
    // A comment: as literals so many would be too large a program.
    const std::string pattern = "(?#" + std::string(size - 4, 'a') + ")";
    builder.OpenDocument("a").AppendString("$regex", pattern).Close();
    const bool fits = size <= size_t{16} << 10;
    EXPECT_EQ(match::Matcher::Parse(builder.Finish()).status().code(),
              fits ? ErrorCode::kOk : ErrorCode::kLocation51091);
  }
}

TEST(ElemMatch, NamesTheElement) {
  const struct {
    const char* filter;
    size_t index;
  } kCases[] = {
      {R"({"a":{"$elemMatch":{"b":2}}})", 1},
      {R"({"a":{"$elemMatch":{"b":{"$gte":2}}}})", 1},
      {R"({"a":{"$elemMatch":{"c":7}}})", 2},
      {R"({"a":{"$all":[{"$elemMatch":{"b":1}},{"$elemMatch":{"b":3}}]}})", 2},
      {R"({"c":{"$elemMatch":{"$gt":1,"$lt":3}}})", 3},
      {R"({"c":{"$size":4},"a.b":1})", 0},
  };
  const bson::Document document = Doc(R"({"a":[{"b":1},{"b":2},{"b":3,"c":[1,7]}],"c":[0,4,9,2]})");
  for (const auto& c : kCases) {
    match::MatchDetails details;
    ASSERT_TRUE(match::Matcher::Parse(Doc(c.filter))->Matches(document, &details).value());
    EXPECT_EQ(details.array_index, c.index) << c.filter;
  }
}

}  // namespace
}  // namespace cairn
