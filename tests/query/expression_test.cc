// SPDX-License-Identifier: Apache-2.0
// Expressions: values on one document, and errors by code, while parsing and while evaluating.
#include "query/expression/expression.h"

#include <gtest/gtest.h>

#include "tests/query/expression_cases.h"

namespace cairn {
namespace {

constexpr const char* kDocument =
    R"({"_id":1,"a":5,"b":2,"s":"Hi","n":null,"d":{"$date":{"$numberLong":"1000"}},
        "l":[1,2,3],"o":{"p":7},"r":[{"p":1},{"q":2},{"p":3},[{"p":4}]]})";

class ExpressionValue : public testing::TestWithParam<ValueCase> {};

TEST_P(ExpressionValue, IsAsExpected) { ExpectValue(kDocument, GetParam()); }

constexpr ValueCase kPaths[] = {
    {R"("$a")", "5"},
    {R"("$zz")", nullptr},
    {R"("$o.p")", "7"},
    {R"("$a.p")", nullptr},
    {R"("$r.p")", "[1,3]"},
    {R"("$l.0")", "[]"},
    {R"("$$ROOT.a")", "5"},
    {R"("$$CURRENT.o.p")", "7"},
    {R"("$$REMOVE")", nullptr},
    {R"({"$size":"$$ROOT.l"})", "3"},
    {R"({"x":"$a","y":["$b","$zz"],"z":"$zz"})", R"({"x":5,"y":[2,null]})"},
    {R"({"$literal":"$a"})", R"("$a")"},
    {R"("text")", R"("text")"},
    {R"({})", R"({})"},
};
INSTANTIATE_TEST_SUITE_P(Paths, ExpressionValue, testing::ValuesIn(kPaths));

constexpr ValueCase kCompare[] = {
    {R"({"$eq":["$a",5.0]})", "true"},
    {R"({"$eq":["$n","$zz"]})", "false"},
    {R"({"$ne":["$a",5]})", "false"},
    {R"({"$gt":["$a","$b"]})", "true"},
    {R"({"$gte":["$s",5]})", "true"},
    {R"({"$lt":["$l",5]})", "false"},
    {R"({"$lt":["$zz",0]})", "true"},
    {R"({"$lte":["$b",2]})", "true"},
    {R"({"$cmp":["$b","$a"]})", "-1"},
    {R"({"$not":["$n"]})", "true"},
    {R"({"$not":"$a"})", "false"},
    {R"({"$and":[]})", "true"},
    {R"({"$and":["$a",0]})", "false"},
    {R"({"$or":[]})", "false"},
    {R"({"$or":["$zz","$a"]})", "true"},
    {R"({"$or":["$a",{"$divide":["$a",{"$subtract":["$b",2]}]}]})", "true"},
    {R"({"$cond":[{"$gt":["$a",1]},"yes","no"]})", R"("yes")"},
    {R"({"$cond":{"if":"$n","then":1,"else":"$b"}})", "2"},
    {R"({"$ifNull":["$n","$zz","$b"]})", "2"},
    {R"({"$ifNull":["$a",9]})", "5"},
    {R"({"$type":"$zz"})", R"("missing")"},
    {R"({"$type":"$l"})", R"("array")"},
    {R"({"$isNumber":"$a"})", "true"},
    {R"({"$isArray":["$l"]})", "true"},
    {R"({"$isArray":"$a"})", "false"},
};
INSTANTIATE_TEST_SUITE_P(Compare, ExpressionValue, testing::ValuesIn(kCompare));

constexpr ValueCase kNumbers[] = {
    {R"({"$add":[]})", "0"},
    {R"({"$add":["$a",1,0.5]})", "6.5"},
    {R"({"$add":["$a","$n"]})", "null"},
    {R"({"$add":["$d",500]})", R"({"$date":{"$numberLong":"1500"}})"},
    {R"({"$add":[2147483647,1]})", R"({"$numberLong":"2147483648"})"},
    {R"({"$subtract":["$a","$b"]})", "3"},
    {R"({"$subtract":["$d","$d"]})", R"({"$numberLong":"0"})"},
    {R"({"$subtract":["$d",400]})", R"({"$date":{"$numberLong":"600"}})"},
    {R"({"$multiply":["$a","$b",1.5]})", "15.0"},
    {R"({"$multiply":["$a","$zz"]})", "null"},
    {R"({"$divide":["$a","$b"]})", "2.5"},
    {R"({"$divide":[{"$numberDecimal":"1"},4]})", R"({"$numberDecimal":"0.25"})"},
    {R"({"$divide":["$n",0]})", "null"},
    {R"({"$mod":["$a","$b"]})", "1"},
    {R"({"$mod":[-5,3]})", "-2"},
    {R"({"$mod":[5.5,2]})", "1.5"},
    {R"({"$mod":[{"$numberLong":"-9223372036854775808"},-1]})", R"({"$numberLong":"0"})"},
    {R"({"$mod":[{"$numberDecimal":"5.5"},2]})", R"({"$numberDecimal":"1.5"})"},
    {R"({"$abs":-2147483648})", R"({"$numberLong":"2147483648"})"},
    {R"({"$abs":-1.5})", "1.5"},
    {R"({"$abs":{"$numberDecimal":"-1.5"}})", R"({"$numberDecimal":"1.5"})"},
    {R"({"$abs":"$zz"})", "null"},
};
INSTANTIATE_TEST_SUITE_P(Numbers, ExpressionValue, testing::ValuesIn(kNumbers));

constexpr ValueCase kOthers[] = {
    {R"({"$concat":["$s","-","x"]})", R"("Hi-x")"},
    {R"({"$concat":["$s","$n"]})", "null"},
    {R"({"$toLower":"$s"})", R"("hi")"},
    {R"({"$toUpper":["$s"]})", R"("HI")"},
    {R"({"$toUpper":"$zz"})", R"("")"},
    {R"({"$toLower":12})", R"("12")"},
    {R"({"$in":[2,"$l"]})", "true"},
    {R"({"$in":["2","$l"]})", "false"},
    {R"({"$arrayElemAt":["$l",-1]})", "3"},
    {R"({"$arrayElemAt":["$l",9]})", nullptr},
    {R"({"$first":"$l"})", "1"},
    {R"({"$last":"$l"})", "3"},
    {R"({"$last":"$n"})", "null"},
    {R"({"$slice":["$l",2]})", "[1,2]"},
    {R"({"$slice":["$l",-2]})", "[2,3]"},
    {R"({"$slice":["$l",1,1]})", "[2]"},
    {R"({"$slice":["$l",-9,1]})", "[1]"},
    {R"({"$slice":["$n",1]})", "null"},
    {R"({"$concatArrays":["$l",["x"]]})", R"([1,2,3,"x"])"},
    {R"({"$concatArrays":["$l","$zz"]})", "null"},
};
INSTANTIATE_TEST_SUITE_P(Others, ExpressionValue, testing::ValuesIn(kOthers));

class ExpressionError : public testing::TestWithParam<ErrorCase> {};

TEST_P(ExpressionError, HasCode) { ExpectError(kDocument, GetParam()); }

constexpr ErrorCase kErrors[] = {
    {R"({"$foo":1})", ErrorCode::kInvalidPipelineOperator},
    {R"({"$exists":true})", ErrorCode::kInvalidPipelineOperator},
    {R"({"$function":1})", ErrorCode::kNotImplemented},
    {R"("$$SEARCH_META")", ErrorCode::kNotImplemented},
    {R"("$")", ErrorCode::kLocation16872},
    {R"("$$")", ErrorCode::kFailedToParse},
    {R"("$$1a")", ErrorCode::kFailedToParse},
    {R"("$$foo")", ErrorCode::kLocation17276},
    {R"("$a.")", ErrorCode::kLocation40353},
    {R"("$a..b")", ErrorCode::kLocation15998},
    {R"("$a.$b")", ErrorCode::kLocation16410},
    {R"({"$add":1,"b":2})", ErrorCode::kLocation15983},
    {R"({"a.b":1})", ErrorCode::kLocation16412},
    {R"({"a":1,"$b":1})", ErrorCode::kLocation16410},
    {R"({"$eq":[1]})", ErrorCode::kLocation16020},
    {R"({"$not":[1,2]})", ErrorCode::kLocation16020},
    {R"({"$slice":[1]})", ErrorCode::kLocation28667},
    {R"({"$add":["$s"]})", ErrorCode::kTypeMismatch},
    {R"({"$add":["$d","$d"]})", ErrorCode::kLocation16612},
    {R"({"$subtract":["$a","$d"]})", ErrorCode::kTypeMismatch},
    {R"({"$multiply":["$l"]})", ErrorCode::kTypeMismatch},
    {R"({"$divide":["$s",1]})", ErrorCode::kTypeMismatch},
    {R"({"$divide":["$a",0]})", ErrorCode::kBadValue},
    {R"({"$mod":["$a",0]})", ErrorCode::kLocation16610},
    {R"({"$mod":["$s",1]})", ErrorCode::kLocation16611},
    {R"({"$mod":[{"$numberDecimal":"1"},0]})", ErrorCode::kLocation5733415},
    {R"({"$abs":"$s"})", ErrorCode::kLocation28765},
    {R"({"$abs":{"$numberLong":"-9223372036854775808"}})", ErrorCode::kLocation28680},
    {R"({"$concat":["$a"]})", ErrorCode::kLocation16702},
    {R"({"$toUpper":"$l"})", ErrorCode::kLocation16007},
    {R"({"$in":[1,"$a"]})", ErrorCode::kLocation40081},
    {R"({"$size":"$zz"})", ErrorCode::kLocation17124},
    {R"({"$arrayElemAt":["$a",0]})", ErrorCode::kLocation28689},
    {R"({"$arrayElemAt":["$l","x"]})", ErrorCode::kLocation28690},
    {R"({"$arrayElemAt":["$l",1.5]})", ErrorCode::kLocation28691},
    {R"({"$first":"$a"})", ErrorCode::kLocation28689},
    {R"({"$slice":["$a",1]})", ErrorCode::kLocation28724},
    {R"({"$slice":["$l","x"]})", ErrorCode::kLocation28725},
    {R"({"$slice":["$l",1.5]})", ErrorCode::kLocation28726},
    {R"({"$slice":["$l",1,0]})", ErrorCode::kLocation28729},
    {R"({"$concatArrays":["$a"]})", ErrorCode::kLocation28664},
    {R"({"$cond":{"then":1,"else":2}})", ErrorCode::kLocation17080},
    {R"({"$cond":{"if":1,"else":2}})", ErrorCode::kLocation17081},
    {R"({"$cond":{"if":1,"then":2}})", ErrorCode::kLocation17082},
    {R"({"$cond":{"if":1,"then":2,"else":3,"x":4}})", ErrorCode::kLocation17083},
    {R"({"$cond":[1,2]})", ErrorCode::kLocation16020},
    {R"({"$ifNull":["$a"]})", ErrorCode::kLocation1257300},
};
INSTANTIATE_TEST_SUITE_P(Cases, ExpressionError, testing::ValuesIn(kErrors));

TEST(Expression, BoundsDepthAndMemory) {
  std::string deep = "1";
  for (int i = 0; i < 48; ++i) deep = R"({"$not":[)" + deep + "]}";
  EXPECT_TRUE(EvaluateOn(kDocument, deep).ok());
  bson::Builder innermost;
  bson::Document nested = innermost.AppendInt32("$not", 1).Finish();
  for (int i = 0; i < 150; ++i) {
    bson::Builder builder;
    nested = builder.AppendDocument("$not", nested).Finish();
  }
  const bson::Value value(bson::Type::kDocument, nested.view().data());
  EXPECT_EQ(expression::Parse(value, expression::Globals()).status().code(), ErrorCode::kBadValue);

  // Doubled thirty times, a string would be far too long.
  bson::Document doubled = Doc(R"({"$concat":["0123456789abcdef"]})");
  bson::Builder wide;
  wide.OpenArray("$concat");
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) wide.AppendString(wide.NextIndex(), megabyte);
  wide.Close();
  doubled = wide.Finish();
  const bson::Value concat(bson::Type::kDocument, doubled.view().data());
  EXPECT_EQ(expression::Parse(concat, expression::Globals()).status().code(),
            ErrorCode::kExceededMemoryLimit);
}

}  // namespace
}  // namespace cairn
