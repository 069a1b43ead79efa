// SPDX-License-Identifier: Apache-2.0
// What operators on numbers, arrays, sets and objects refuse, with MongoDB's codes; operands that
// are only known while a document is read, so that nothing is refused before.
#include <gtest/gtest.h>

#include "tests/query/expression_cases.h"

namespace cairn {
namespace {

constexpr const char* kDocument =
    R"({"_id":1,"a":5,"b":2,"s":"Hi","n":null,"d":{"$date":{"$numberLong":"1000"}},
        "l":[1,2,3],"o":{"p":7}})";

class ExpressionRefusal : public testing::TestWithParam<ErrorCase> {};

TEST_P(ExpressionRefusal, HasItsCode) { ExpectError(kDocument, GetParam()); }

constexpr ErrorCase kArithmetic[] = {
    {R"({"$add":["$a","$s"]})", ErrorCode::kTypeMismatch},
    {R"({"$add":["$d","$d"]})", ErrorCode::kLocation16612},
    {R"({"$subtract":["$a","$s"]})", ErrorCode::kTypeMismatch},
    {R"({"$subtract":["$a","$d"]})", ErrorCode::kTypeMismatch},
    {R"({"$subtract":["$a"]})", ErrorCode::kLocation16020},
    {R"({"$multiply":["$a","$s"]})", ErrorCode::kTypeMismatch},
    {R"({"$divide":["$a",{"$subtract":["$b",2]}]})", ErrorCode::kBadValue},
    {R"({"$divide":["$s",2]})", ErrorCode::kTypeMismatch},
    {R"({"$mod":["$a",{"$subtract":["$b",2]}]})", ErrorCode::kLocation16610},
    {R"({"$mod":["$a","$s"]})", ErrorCode::kLocation16611},
    {R"({"$abs":"$s"})", ErrorCode::kLocation28765},
    {R"({"$abs":["$a","$b"]})", ErrorCode::kLocation16020},
    {R"({"$ceil":"$o"})", ErrorCode::kLocation28765},
    {R"({"$exp":"$s"})", ErrorCode::kLocation28765},
    {R"({"$ln":{"$subtract":["$b",2]}})", ErrorCode::kLocation28766},
    {R"({"$log":["$s",2]})", ErrorCode::kLocation28756},
    {R"({"$log":["$a","$s"]})", ErrorCode::kLocation28757},
    {R"({"$log":[{"$subtract":["$b",2]},2]})", ErrorCode::kLocation28758},
    {R"({"$log":["$a",{"$subtract":["$b",1]}]})", ErrorCode::kLocation28759},
    {R"({"$log10":{"$subtract":["$b",5]}})", ErrorCode::kLocation28761},
    {R"({"$pow":["$s",2]})", ErrorCode::kLocation28762},
    {R"({"$pow":[2,"$s"]})", ErrorCode::kLocation28763},
    {R"({"$pow":[{"$subtract":["$b",2]},-1]})", ErrorCode::kLocation28764},
    {R"({"$sqrt":{"$subtract":["$b",5]}})", ErrorCode::kLocation28714},
    {R"({"$round":["$s",1]})", ErrorCode::kLocation51081},
    {R"({"$round":["$a","$s"]})", ErrorCode::kLocation16004},
    {R"({"$round":["$a",101]})", ErrorCode::kLocation51083},
    {R"({"$trunc":["$a",-21]})", ErrorCode::kLocation51083},
    {R"({"$bitAnd":["$a","$s"]})", ErrorCode::kTypeMismatch},
    {R"({"$bitNot":"$s"})", ErrorCode::kLocation28765},
    {R"({"$sin":"$s"})", ErrorCode::kLocation28765},
    {R"({"$acos":"$a"})", ErrorCode::kLocation50989},
};
INSTANTIATE_TEST_SUITE_P(Arithmetic, ExpressionRefusal, testing::ValuesIn(kArithmetic));

constexpr ErrorCase kArrays[] = {
    {R"({"$arrayElemAt":["$a",0]})", ErrorCode::kLocation28689},
    {R"({"$arrayElemAt":["$l","$s"]})", ErrorCode::kLocation28690},
    {R"({"$arrayElemAt":["$l",1.5]})", ErrorCode::kLocation28691},
    {R"({"$slice":["$a",1]})", ErrorCode::kLocation28724},
    {R"({"$slice":["$l","$s"]})", ErrorCode::kLocation28725},
    {R"({"$slice":["$l",1,{"$subtract":["$b",2]}]})", ErrorCode::kLocation28729},
    {R"({"$slice":["$l"]})", ErrorCode::kLocation28667},
    {R"({"$concatArrays":["$l","$a"]})", ErrorCode::kLocation28664},
    {R"({"$size":"$s"})", ErrorCode::kLocation17124},
    {R"({"$size":"$zz"})", ErrorCode::kLocation17124},
    {R"({"$in":[1,"$a"]})", ErrorCode::kLocation40081},
    {R"({"$indexOfArray":["$a",1]})", ErrorCode::kLocation40090},
    {R"({"$indexOfArray":["$l",1,"$s"]})", ErrorCode::kLocation40096},
    {R"({"$indexOfArray":["$l",1,{"$subtract":["$b",5]}]})", ErrorCode::kLocation40097},
    {R"({"$range":["$s",1]})", ErrorCode::kLocation34443},
    {R"({"$range":[0,1.5]})", ErrorCode::kLocation34446},
    {R"({"$range":[0,5,{"$subtract":["$b",2]}]})", ErrorCode::kLocation34449},
    {R"({"$range":[0,2000000000]})", ErrorCode::kExceededMemoryLimit},
    {R"({"$range":[2147483647,-2147483648,-1]})", ErrorCode::kExceededMemoryLimit},
    {R"({"$reverseArray":"$a"})", ErrorCode::kLocation34435},
    {R"({"$arrayToObject":"$a"})", ErrorCode::kLocation40386},
    {R"({"$arrayToObject":"$l"})", ErrorCode::kLocation40398},
    {R"({"$zip":{"inputs":"$a"}})", ErrorCode::kLocation34461},
    {R"({"$zip":{"inputs":["$a"]}})", ErrorCode::kLocation34468},
    {R"({"$zip":{"inputs":["$l"],"defaults":[1]}})", ErrorCode::kLocation34466},
    {R"({"$map":{"input":"$a","in":1}})", ErrorCode::kLocation16883},
    {R"({"$map":{"in":1}})", ErrorCode::kLocation16880},
    {R"({"$map":{"input":"$l"}})", ErrorCode::kLocation16882},
    {R"({"$map":{"input":"$l","in":1,"by":1}})", ErrorCode::kLocation16879},
    {R"({"$map":[1]})", ErrorCode::kLocation16878},
    {R"({"$filter":{"input":"$a","cond":1}})", ErrorCode::kLocation28651},
    {R"({"$filter":{"cond":1}})", ErrorCode::kLocation28648},
    {R"({"$filter":{"input":"$l","cond":1,"by":1}})", ErrorCode::kLocation28647},
    {R"({"$filter":{"input":"$l","cond":1,"limit":{"$subtract":["$b",2]}}})",
     ErrorCode::kLocation327392},
    {R"({"$reduce":{"input":"$a","initialValue":0,"in":1}})", ErrorCode::kLocation40080},
    {R"({"$reduce":{"input":"$l","in":1}})", ErrorCode::kLocation40078},
    {R"({"$reduce":{"input":"$l","initialValue":0}})", ErrorCode::kLocation40079},
    {R"({"$sortArray":{"input":"$a","sortBy":1}})", ErrorCode::kLocation2942504},
    {R"({"$sortArray":{"input":"$l"}})", ErrorCode::kLocation2942503},
    {R"({"$sortArray":{"input":"$l","sortBy":2}})", ErrorCode::kBadValue},
    {R"({"$firstN":{"input":"$a","n":1}})", ErrorCode::kLocation5788200},
    {R"({"$firstN":{"input":"$l","n":{"$subtract":["$b",2]}}})", ErrorCode::kLocation5787908},
    {R"({"$first":"$a"})", ErrorCode::kLocation28689},
};
INSTANTIATE_TEST_SUITE_P(Arrays, ExpressionRefusal, testing::ValuesIn(kArrays));

constexpr ErrorCase kSets[] = {
    {R"({"$setUnion":["$l","$a"]})", ErrorCode::kLocation17043},
    {R"({"$setIntersection":["$l","$a"]})", ErrorCode::kLocation17047},
    {R"({"$setDifference":["$a","$l"]})", ErrorCode::kLocation17048},
    {R"({"$setDifference":["$l","$a"]})", ErrorCode::kLocation17049},
    {R"({"$setEquals":["$l","$a"]})", ErrorCode::kLocation17044},
    {R"({"$setEquals":["$l"]})", ErrorCode::kLocation17045},
    {R"({"$setIsSubset":["$a","$l"]})", ErrorCode::kLocation17046},
    {R"({"$setIsSubset":["$l","$a"]})", ErrorCode::kLocation17042},
    {R"({"$allElementsTrue":["$a"]})", ErrorCode::kLocation17040},
    {R"({"$anyElementTrue":["$a"]})", ErrorCode::kLocation17041},
    {R"({"$anyElementTrue":["$l","$l"]})", ErrorCode::kLocation16020},
};
INSTANTIATE_TEST_SUITE_P(Sets, ExpressionRefusal, testing::ValuesIn(kSets));

constexpr ErrorCase kObjects[] = {
    {R"({"$mergeObjects":["$o","$a"]})", ErrorCode::kLocation40400},
    {R"({"$objectToArray":"$a"})", ErrorCode::kLocation40390},
    {R"({"$getField":{"field":5,"input":"$o"}})", ErrorCode::kLocation5654602},
    {R"({"$getField":{"input":"$o"}})", ErrorCode::kLocation3041702},
    {R"({"$getField":{"field":"p"}})", ErrorCode::kLocation3041703},
    {R"({"$getField":{"field":"p","input":"$o","by":1}})", ErrorCode::kLocation3041701},
    {R"({"$setField":{"field":"$s","input":"$o","value":1}})", ErrorCode::kLocation4161108},
    {R"({"$setField":{"field":5,"input":"$o","value":1}})", ErrorCode::kLocation4161107},
    {R"({"$setField":{"field":"p","input":"$a","value":1}})", ErrorCode::kLocation4161105},
    {R"({"$setField":{"field":"p","input":"$o"}})", ErrorCode::kLocation4161103},
    {R"({"$setField":{"input":"$o","value":1}})", ErrorCode::kLocation4161102},
    {R"({"$setField":"$o"})", ErrorCode::kLocation4161100},
    {R"({"$unsetField":{"field":"p","input":"$a"}})", ErrorCode::kLocation4161105},
    {R"({"$let":{"vars":{"x":1}}})", ErrorCode::kLocation16877},
    {R"({"$let":{"in":1}})", ErrorCode::kLocation16876},
    {R"({"$let":{"vars":{"X":1},"in":1}})", ErrorCode::kFailedToParse},
    {R"({"$let":{"vars":{"x":1},"in":"$$y"}})", ErrorCode::kLocation17276},
};
INSTANTIATE_TEST_SUITE_P(Objects, ExpressionRefusal, testing::ValuesIn(kObjects));

}  // namespace
}  // namespace cairn
