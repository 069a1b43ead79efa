// SPDX-License-Identifier: Apache-2.0
// Reading parameters by tables: MongoDB's codes and wording, and its way with numbers.
#include "server/command/parameters.h"

#include <gtest/gtest.h>

#include <limits>

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kTable[] = {
    {"any", Use::kOptional},
    HintParameter(Use::kOptional),
    {"ignored", Use::kIgnored, Accepts::kBool},
    {"limit", Use::kOptional, Accepts::kInteger},
    {"must", Use::kRequired, Accepts::kObject},
    {"off", Use::kUnsupported, Accepts::kAny},
    {"strict", Use::kOptional, Accepts::kObject, Null::kWrongType},
    {"yes", Use::kOptional, Accepts::kBoolOrNumber},
};
static_assert(IsSorted(kTable));

bson::Document Doc(std::string_view text) { return json::Parse(text).value(); }

struct ErrorCase {
  const char* fields;
  ErrorCode code;
  const char* message;
};

TEST(Parameters, ReportsErrorsAsMongoDb) {
  const ErrorCase cases[] = {
      {R"("foo":1,"must":{})", ErrorCode::kLocation40415,
       "BSON field 'cmd.foo' is an unknown field."},
      {R"("limit":1)", ErrorCode::kLocation40414,
       "BSON field 'cmd.must' is missing but a required field"},
      {R"("must":null)", ErrorCode::kLocation40414,
       "BSON field 'cmd.must' is missing but a required field"},
      {R"("must":"x")", ErrorCode::kTypeMismatch,
       "BSON field 'cmd.must' is the wrong type 'string', expected type 'object'"},
      {R"("must":{},"limit":"x")", ErrorCode::kTypeMismatch,
       "BSON field 'cmd.limit' is the wrong type 'string', expected types '[long, int, decimal, "
       "double]'"},
      {R"("must":{},"yes":"x")", ErrorCode::kTypeMismatch,
       "BSON field 'cmd.yes' is the wrong type 'string', expected types '[bool, long, int, "
       "decimal, "
       "double]'"},
      {R"("must":{},"ignored":1)", ErrorCode::kTypeMismatch,
       "BSON field 'cmd.ignored' is the wrong type 'int', expected type 'bool'"},
      {R"("must":{},"strict":null)", ErrorCode::kTypeMismatch,
       "BSON field 'cmd.strict' is the wrong type 'null', expected type 'object'"},
      {R"("must":{},"hint":1)", ErrorCode::kFailedToParse, "Hint must be a string or an object"},
      {R"("must":{},"hint":null)", ErrorCode::kFailedToParse, "Hint must be a string or an object"},
      {R"("must":{},"off":true)", ErrorCode::kNotImplemented,
       "BSON field 'cmd.off' is not supported by Cairn"},
      {R"("must":{},"off":{"a":0})", ErrorCode::kNotImplemented,
       "BSON field 'cmd.off' is not supported by Cairn"},
  };
  for (const ErrorCase& test : cases) {
    SCOPED_TRACE(test.fields);
    const bson::Document command = Doc("{\"cmd\":1," + std::string(test.fields) + "}");
    const auto parsed = Arguments::OfCommand(kTable, command);
    EXPECT_EQ(parsed.status().code(), test.code);
    EXPECT_EQ(parsed.status().message(), test.message);
  }
}

TEST(Parameters, RefusesAFieldTwice) {
  bson::Builder command;
  command.AppendInt32("cmd", 1).AppendInt32("limit", 1).AppendInt32("limit", 2);
  const bson::Document document = command.Finish();
  const auto parsed = Arguments::OfCommand(kTable, document);
  EXPECT_EQ(parsed.status().code(), ErrorCode::kDuplicateCommandParameter);
}

TEST(Parameters, TakesWhatAsksForNothing) {
  for (const char* value : {"null", "false", "0", "0.0", "{}", "[]"}) {
    const bson::Document command = Doc(R"({"cmd":1,"must":{},"off":)" + std::string(value) + "}");
    EXPECT_TRUE(Arguments::OfCommand(kTable, command).ok()) << value;
  }
}

TEST(Parameters, LeavesGenericArgumentsToDispatch) {
  const bson::Document command =
      Doc(R"({"cmd":1,"$db":"x","comment":[1],"lsid":{},"maxTimeMS":5,"must":{}})");
  EXPECT_TRUE(Arguments::OfCommand(kTable, command).ok());
  const auto nested = Arguments::OfDocument("cmd.must", kTable, command);
  EXPECT_EQ(nested.status().code(), ErrorCode::kLocation40415);
}

TEST(Parameters, LooksUpValues) {
  const bson::Document command = Doc(R"({"cmd":1,"must":{"a":1},"limit":7.9,"yes":2,"any":null})");
  const auto parsed = Arguments::OfCommand(kTable, command);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->NonNegative("limit", 3).value(), 7);
  EXPECT_EQ(parsed->Object("must")["a"].AsInt32(), 1);
  EXPECT_TRUE(parsed->Object("strict").empty());
  EXPECT_TRUE(parsed->Bool("yes", false));
  EXPECT_TRUE(parsed->Bool("ignored", true));
  EXPECT_FALSE(parsed->Has("any"));
  EXPECT_FALSE(parsed->Has("no such parameter"));
}

TEST(Parameters, RefusesNegativeNumbers) {
  const bson::Document command = Doc(R"({"cmd":1,"must":{},"limit":-1})");
  const auto parsed = Arguments::OfCommand(kTable, command);
  ASSERT_TRUE(parsed.ok());
  const auto limit = parsed->NonNegative("limit", 3);
  EXPECT_EQ(limit.status().code(), ErrorCode::kBadValue);
  EXPECT_EQ(limit.status().message(), "BSON field 'limit' value must be >= 0, actual value '-1'");
}

TEST(Parameters, KnowsTheSimpleCollation) {
  const bson::Document document =
      Doc(R"({"none":null,"empty":{},"simple":{"locale":"simple"},"en":{"locale":"en"}})");
  EXPECT_TRUE(IsSimpleCollation(document["none"]));
  EXPECT_TRUE(IsSimpleCollation(document["empty"]));
  EXPECT_TRUE(IsSimpleCollation(document["simple"]));
  EXPECT_FALSE(IsSimpleCollation(document["en"]));
}

struct NumberCase {
  const char* number;
  int64_t cut;
  bool exact;
};

TEST(Numbers, AreCutToIntegers) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  const NumberCase cases[] = {
      {"5", 5, true},
      {"-5", -5, true},
      {"9223372036854775807", kMax, true},
      {"2.0", 2, true},
      {"2.9", 2, false},
      {"-2.9", -2, false},
      {R"({"$numberDouble":"NaN"})", 0, false},
      {R"({"$numberDouble":"Infinity"})", kMax, false},
      {R"({"$numberDouble":"-Infinity"})", kMin, false},
      {"1e300", kMax, false},
      {R"({"$numberDecimal":"3"})", 3, true},
      {R"({"$numberDecimal":"3.00"})", 3, true},
      {R"({"$numberDecimal":"-0.5"})", 0, false},
      {R"({"$numberDecimal":"-0.6"})", -1, false},
      {R"({"$numberDecimal":"1.5"})", 2, false},
      {R"({"$numberDecimal":"9223372036854775807"})", kMax, true},
      {R"({"$numberDecimal":"9223372036854775808"})", kMax, false},
      {R"({"$numberDecimal":"1E+6000"})", kMax, false},
      {R"({"$numberDecimal":"-1E+6000"})", kMin, false},
      {R"({"$numberDecimal":"1E-6000"})", 0, false},
      {R"({"$numberDecimal":"NaN"})", 0, false},
      {R"({"$numberDecimal":"-Infinity"})", kMin, false},
  };
  for (const NumberCase& test : cases) {
    SCOPED_TRACE(test.number);
    const bson::Document document = json::ParseValue(test.number).value();
    EXPECT_EQ(ToInt64(document[""]), test.cut);
    const auto exact = ExactInt64(document[""]);
    EXPECT_EQ(exact.has_value(), test.exact);
    if (exact) {
      EXPECT_EQ(*exact, test.cut);
    }
  }
}

TEST(Numbers, MeanTrueUnlessZero) {
  const bson::Document document =
      json::Parse(
          R"({"t":[true,1,-1,0.5,{"$numberDouble":"NaN"},{"$numberDecimal":"0.1"}],
          "f":[false,0,0.0,-0.0,{"$numberDecimal":"0E-10"},"true",null]})")
          .value();
  for (const bson::Element& value : document["t"].AsView()) EXPECT_TRUE(IsTrue(value.value));
  for (const bson::Element& value : document["f"].AsView()) EXPECT_FALSE(IsTrue(value.value));
}

}  // namespace
}  // namespace cairn::server
