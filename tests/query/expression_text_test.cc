// SPDX-License-Identifier: Apache-2.0
// The operators on strings, regular expressions, and conversions between types.
#include "tests/query/expression_cases.h"

namespace cairn {
namespace {

constexpr const char* kDocument =
    R"({"_id":1,"s":"Zürich","n":null,"i":42,"l":["a"],"two":"one,two,two","x":{"$numberDouble":"1e16"},
        "d":{"$date":{"$numberLong":"1709245815250"}},"b":{"$binary":{"base64":"aGk=","subType":"00"}}})";

constexpr ValueCase kStrings[] = {
    {R"({"$toLower":"$d"})", R"("2024-02-29t22:30:15.250z")"},
    {R"({"$toLower":{"$timestamp":{"t":1721500800,"i":1}}})", R"("jul 20 18:40:00:1")"},
    {R"({"$toUpper":1234567.5})", R"("1.23457E+06")"},
    {R"({"$toUpper":"$s"})", R"("ZüRICH")"},
    {R"({"$strcasecmp":["$s","zÜRICH"]})", "1"},
    {R"({"$strcasecmp":["$n",""]})", "0"},
    {R"({"$strLenBytes":"$s"})", "7"},
    {R"({"$strLenCP":"$s"})", "6"},
    {R"({"$substrBytes":["$s",0,{"$numberDecimal":"0.5"}]})", R"("")"},
    {R"({"$substrBytes":["$s",3,-1]})", R"("rich")"},
    {R"({"$substrBytes":["$s",99,1]})", R"("")"},
    {R"({"$substr":["$i",0,1]})", R"("4")"},
    {R"({"$substrCP":["$s",1,1]})", R"("ü")"},
    {R"({"$substrCP":["$n",1,1]})", R"("")"},
    {R"({"$indexOfBytes":["$s","r"]})", "3"},
    {R"({"$indexOfBytes":["$s","r",0,3]})", "-1"},
    {R"({"$indexOfBytes":["$n","r"]})", "null"},
    {R"({"$indexOfCP":["$s","r"]})", "2"},
    {R"({"$indexOfCP":["$s","rich",0,3]})", "2"},
    {R"({"$indexOfCP":["$s","",6]})", "-1"},
    {R"({"$split":["$two",","]})", R"(["one","two","two"])"},
    {R"({"$split":["$n",1]})", "null"},
    {R"({"$trim":{"input":"\u2003 a\u00a0b \n"}})", R"("a\u00a0b")"},
    {R"({"$ltrim":{"input":"üüa","chars":"ü"}})", R"("a")"},
    {R"({"$rtrim":{"input":"$two","chars":"$n"}})", "null"},
    {R"({"$replaceOne":{"input":"$two","find":"two","replacement":""}})", R"("one,,two")"},
    {R"({"$replaceAll":{"input":"üa","find":"","replacement":"-"}})", R"("-ü-a-")"},
    {R"({"$replaceAll":{"input":"$two","find":"$n","replacement":"-"}})", "null"},
    {R"({"$regexMatch":{"input":"$s","regex":"^ZÜ","options":"i"}})", "true"},
    {R"({"$regexMatch":{"input":"$n","regex":"a"}})", "false"},
    {R"({"$regexMatch":{"input":"$two","regex":"$s"}})", "false"},
    {R"({"$regexFind":{"input":"$s","regex":"(r)(x)?"}})",
     R"({"match":"r","idx":2,"captures":["r",null]})"},
    {R"({"$regexFind":{"input":"$s","regex":"$n"}})", "null"},
    {R"({"$regexFindAll":{"input":"üb","regex":"x*"}})",
     R"([{"match":"","idx":0,"captures":[]},{"match":"","idx":1,"captures":[]}])"},
    {R"({"$regexFindAll":{"input":"$two","regex":"two"}})",
     R"([{"match":"two","idx":4,"captures":[]},{"match":"two","idx":8,"captures":[]}])"},
    {R"({"$regexFindAll":{"input":"$n","regex":"two"}})", "[]"},
};

TEST(TextExpression, Values) {
  for (const ValueCase& c : kStrings) ExpectValue(kDocument, c);
}

constexpr ValueCase kConversions[] = {
    {R"({"$toBool":"false"})", "true"},
    {R"({"$toBool":0.0})", "false"},
    {R"({"$toInt":"-7"})", "-7"},
    {R"({"$toInt":{"$numberDecimal":"-7.9"}})", "-7"},
    {R"({"$toInt":["$n"]})", "null"},
    {R"({"$toLong":"$d"})", R"({"$numberLong":"1709245815250"})"},
    {R"({"$toDouble":"-1.5e3"})", "-1500.0"},
    {R"({"$toDouble":"+0X1.8p1"})", "3.0"},
    {R"({"$toDecimal":0.1})", R"({"$numberDecimal":"0.100000000000000"})"},
    {R"({"$toDecimal":"1.50"})", R"({"$numberDecimal":"1.50"})"},
    {R"({"$toString":"$x"})", R"("1e+16")"},
    {R"({"$toString":0.0001})", R"("0.0001")"},
    {R"({"$toString":"$d"})", R"("2024-02-29T22:30:15.250Z")"},
    {R"({"$toString":"$b"})", R"("aGk=")"},
    {R"({"$toDate":"2024-02-29"})", R"({"$date":"2024-02-29T00:00:00Z"})"},
    {R"({"$toDate":1000.9})", R"({"$date":"1970-01-01T00:00:01Z"})"},
    {R"({"$toObjectId":"65553F000000000000000000"})", R"({"$oid":"65553f000000000000000000"})"},
    {R"({"$convert":{"input":"6869","to":"binData","format":"hex"}})",
     R"({"$binary":{"base64":"aGk=","subType":"00"}})"},
    {R"({"$convert":{"input":"$b","to":"string","format":"base64url"}})", R"("aGk")"},
    {R"({"$convert":{"input":"$i","to":{"type":"binData","subtype":5},"byteOrder":"big"}})",
     R"({"$binary":{"base64":"AAAAKg==","subType":"05"}})"},
    {R"({"$convert":{"input":"$b","to":"int"}})", "26984"},
    {R"({"$convert":{"input":{"$binary":{"base64":"gA==","subType":"00"}},"to":"long"}})",
     R"({"$numberLong":"-128"})"},
    {R"({"$convert":{"input":"$s","to":"int","onError":"$i"}})", "42"},
    {R"({"$convert":{"input":"$n","to":"int","onNull":0}})", "0"},
    {R"({"$convert":{"input":"$i","to":"$n"}})", "null"},
    {R"({"$convert":{"input":"$i","to":{"type":2}}})", R"("42")"},
};

TEST(Conversion, Values) {
  for (const ValueCase& c : kConversions) ExpectValue(kDocument, c);
}

constexpr ErrorCase kErrors[] = {
    {R"({"$strcasecmp":["$l",""]})", ErrorCode::kLocation16007},
    {R"({"$strLenBytes":"$n"})", ErrorCode::kLocation34473},
    {R"({"$strLenCP":"$i"})", ErrorCode::kLocation34471},
    {R"({"$substrBytes":["$s","a",1]})", ErrorCode::kLocation16034},
    {R"({"$substrBytes":["$s",0,"a"]})", ErrorCode::kLocation16035},
    {R"({"$substrBytes":["$s",-1,1]})", ErrorCode::kLocation50752},
    {R"({"$substrBytes":["$s",2,1]})", ErrorCode::kLocation28656},
    {R"({"$substrBytes":["$s",0,2]})", ErrorCode::kLocation28657},
    {R"({"$substrCP":["$s",1.5,1]})", ErrorCode::kLocation34451},
    {R"({"$substrCP":["$s",-1,1]})", ErrorCode::kLocation34455},
    {R"({"$indexOfBytes":["$i","a"]})", ErrorCode::kLocation40091},
    {R"({"$indexOfCP":["$s",1]})", ErrorCode::kLocation40094},
    {R"({"$indexOfCP":["$s","a",-1]})", ErrorCode::kLocation40097},
    {R"({"$split":["$s",""]})", ErrorCode::kLocation40087},
    {R"({"$split":["$s",1]})", ErrorCode::kLocation40086},
    {R"({"$trim":"a"})", ErrorCode::kLocation50696},
    {R"({"$trim":{"input":1}})", ErrorCode::kLocation50699},
    {R"({"$trim":{"input":"a","chars":1}})", ErrorCode::kLocation50700},
    {R"({"$replaceOne":{"input":1,"find":"a","replacement":"b"}})", ErrorCode::kLocation10503904},
    {R"({"$replaceAll":{"input":"a","find":"a"}})", ErrorCode::kLocation51747},
    {R"({"$regexFind":{"input":1,"regex":"a"}})", ErrorCode::kLocation51104},
    {R"({"$regexFind":{"input":"a","regex":1}})", ErrorCode::kLocation51105},
    {R"({"$regexFind":{"input":"a","regex":"("}})", ErrorCode::kLocation51111},
    {R"({"$regexFind":{"input":"a","regex":"a","options":"q"}})", ErrorCode::kLocation51108},
    {R"({"$toInt":[]})", ErrorCode::kLocation50723},
    {R"({"$toInt":"1.5"})", ErrorCode::kConversionFailure},
    {R"({"$toInt":"+-1"})", ErrorCode::kConversionFailure},
    {R"({"$toInt":{"$numberLong":"2147483648"}})", ErrorCode::kConversionFailure},
    {R"({"$toInt":"$d"})", ErrorCode::kConversionFailure},
    {R"({"$toDouble":"0x1p1"})", ErrorCode::kConversionFailure},
    {R"({"$toDouble":" 1"})", ErrorCode::kConversionFailure},
    {R"({"$toDouble":"1e999"})", ErrorCode::kConversionFailure},
    {R"({"$toDate":"$i"})", ErrorCode::kConversionFailure},
    {R"({"$toString":"$l"})", ErrorCode::kConversionFailure},
    {R"({"$toUUID":"hi"})", ErrorCode::kConversionFailure},
    {R"({"$convert":{"input":1}})", ErrorCode::kFailedToParse},
    {R"({"$convert":{"input":"$i","to":"nothing"}})", ErrorCode::kBadValue},
    {R"({"$convert":{"input":"$i","to":99}})", ErrorCode::kFailedToParse},
    {R"({"$convert":{"input":"$b","to":"string"}})", ErrorCode::kLocation4341115},
    {R"({"$convert":{"input":"$i","to":"binData","byteOrder":"up"}})", ErrorCode::kLocation9130002},
    {R"({"$convert":{"input":"$i","to":{"type":"binData","subtype":"x"}}})",
     ErrorCode::kLocation4341108},
    {R"({"$convert":{"input":"$i","to":{"type":"binData","subtype":0.5}}})",
     ErrorCode::kLocation4341106},
    {R"({"$convert":{"input":"$i","to":{"type":"binData","subtype":77}}})",
     ErrorCode::kLocation4341107},
    {R"({"$convert":{"input":"$i","to":"binData","format":"up"}})", ErrorCode::kLocation4341125},
};

TEST(TextExpression, Errors) {
  for (const ErrorCase& c : kErrors) ExpectError(kDocument, c);
}

// What an expression may make is bounded, whatever it is asked for.
TEST(TextExpression, GrowthEnds) {
  std::string text = R"("aaaaaaaaaaaaaaaa")";
  for (int i = 0; i < 24; ++i) {
    text = R"({"$replaceAll":{"input":)" + text + R"(,"find":"a","replacement":"aaaa"}})";
  }
  EXPECT_EQ(EvaluateOn(kDocument, text).status().code(), ErrorCode::kExceededMemoryLimit);
}

}  // namespace
}  // namespace cairn
