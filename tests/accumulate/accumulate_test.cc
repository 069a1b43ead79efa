// SPDX-License-Identifier: Apache-2.0
// Accumulators: results, types, what they pass over, spilled states, and the errors of calls.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cairn/json.h"
#include "query/accumulate/exact_sum.h"
#include "query/accumulate/operators.h"
#include "query/accumulate/quantile.h"

namespace cairn::accumulate {
namespace {

bson::Document Json(const std::string& text) {
  Result<bson::Document> document = json::Parse(text);
  EXPECT_TRUE(document.ok()) << text << ": " << document.status().ToString();
  return document.ok() ? std::move(document).value() : bson::Document();
}

std::string ResultOf(const Accumulator& accumulator) {
  bson::Builder builder;
  accumulator.AppendTo("r", &builder);
  return json::ToJson(builder.Finish(), json::Format::kCanonical);
}

struct Case {
  const char* name;
  const char* settings;  // {op, n, p, method, bytes}
  const char* values;    // {v: [...]}; {missing: 1} stands for a missing value.
  const char* result;    // {r: …}, or "" for an error.
  ErrorCode error = ErrorCode::kOk;
};

class AccumulatorCase : public testing::TestWithParam<Case> {
 protected:
  static Settings MakeSettings(const bson::Document& text) {
    Settings settings;
    if (!text["n"].missing()) settings.n = text["n"].AsInt32();
    if (!text["p"].missing()) settings.p = CheckP(text["p"]).value();
    if (!text["method"].missing()) settings.method = ParseMethod(text["method"]).value();
    if (!text["bytes"].missing()) settings.bytes_max = static_cast<size_t>(text["bytes"].AsInt32());
    return settings;
  }
  // The value and its sort key: [key, value] for $top and its kin.
  static Status AddTo(Accumulator* accumulator, bool sorted, bson::Value value) {
    if (sorted) {
      const bson::View pair = value.AsView();
      return accumulator->Add(pair["1"], pair["0"].AsString());
    }
    const bool missing =
        value.type() == bson::Type::kDocument && !value.AsView()["missing"].missing();
    return accumulator->Add(missing ? bson::Value() : value);
  }
};

// Once value by value, once with a state spilled and merged after each value.
TEST_P(AccumulatorCase, GivesItsResult) {
  const Case& c = GetParam();
  const bson::Document settings_text = Json(c.settings);
  const Operator* op = FindOperator(settings_text["op"].AsString());
  ASSERT_NE(op, nullptr);
  const Settings settings = MakeSettings(settings_text);
  const bool sorted = op->form == Form::kSorted || op->form == Form::kSortedN;
  AccumulatorPtr plain = op->make(settings);
  AccumulatorPtr merged = op->make(settings);
  const bson::Document values = Json(c.values);
  for (const bson::Element& element : values["v"].AsView()) {
    const Status status = AddTo(plain.get(), sorted, element.value);
    if (!status.ok()) {
      EXPECT_EQ(status.code(), c.error) << status.ToString();
      return;
    }
    AccumulatorPtr part = op->make(settings);
    ASSERT_TRUE(AddTo(part.get(), sorted, element.value).ok());
    bson::Builder state;
    part->AppendState("s", &state);
    const bson::Document state_document = state.Finish();
    ASSERT_TRUE(merged->Merge(state_document["s"]).ok());
  }
  ASSERT_EQ(c.error, ErrorCode::kOk) << "an error was expected";
  const std::string expected = json::ToJson(Json(c.result), json::Format::kCanonical);
  EXPECT_EQ(ResultOf(*plain), expected);
  EXPECT_EQ(ResultOf(*merged), expected) << "merged";
  EXPECT_GE(plain->bytes(), sizeof(Accumulator));
  AccumulatorPtr fresh = op->make(settings);
  plain->Reset();
  EXPECT_EQ(ResultOf(*plain), ResultOf(*fresh)) << "after Reset";
}

const Case kCases[] = {
    {"sum_int", R"({"op":"$sum"})", R"({"v":[1,2,"x",null,{"missing":1},[5]]})", R"({"r":3})"},
    {"sum_nothing", R"({"op":"$sum"})", R"({"v":["x"]})", R"({"r":0})"},
    {"sum_becomes_long", R"({"op":"$sum"})", R"({"v":[2147483647,1]})",
     R"({"r":{"$numberLong":"2147483648"}})"},
    {"sum_long_stays", R"({"op":"$sum"})", R"({"v":[1,{"$numberLong":"2"}]})",
     R"({"r":{"$numberLong":"3"}})"},
    {"sum_long_max", R"({"op":"$sum"})", R"({"v":[{"$numberLong":"9223372036854775806"},1]})",
     R"({"r":{"$numberLong":"9223372036854775807"}})"},
    {"sum_long_overflow", R"({"op":"$sum"})", R"({"v":[{"$numberLong":"9223372036854775807"},1]})",
     R"({"r":{"$numberDouble":"9223372036854775808"}})"},
    {"sum_long_there_and_back", R"({"op":"$sum"})",
     R"({"v":[{"$numberLong":"9223372036854775807"},1,-1]})",
     R"({"r":{"$numberLong":"9223372036854775807"}})"},
    {"sum_exact", R"({"op":"$sum"})",
     R"({"v":[{"$numberDouble":"1e16"},{"$numberDouble":"1.0"},{"$numberDouble":"-1e16"}]})",
     R"({"r":{"$numberDouble":"1.0"}})"},
    {"sum_tenths", R"({"op":"$sum"})", R"({"v":[0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1]})",
     R"({"r":{"$numberDouble":"1.0"}})"},
    {"sum_infinity", R"({"op":"$sum"})", R"({"v":[{"$numberDouble":"Infinity"},1]})",
     R"({"r":{"$numberDouble":"Infinity"}})"},
    {"sum_nan", R"({"op":"$sum"})",
     R"({"v":[{"$numberDouble":"Infinity"},{"$numberDouble":"-Infinity"}]})",
     R"({"r":{"$numberDouble":"NaN"}})"},
    {"sum_decimal", R"({"op":"$sum"})", R"({"v":[{"$numberDecimal":"1.50"},1,2.5]})",
     R"({"r":{"$numberDecimal":"5.00"}})"},
    {"avg", R"({"op":"$avg"})", R"({"v":[1,2,"x"]})", R"({"r":1.5})"},
    {"avg_nothing", R"({"op":"$avg"})", R"({"v":["x"]})", R"({"r":null})"},
    {"avg_decimal", R"({"op":"$avg"})", R"({"v":[{"$numberDecimal":"1"},2]})",
     R"({"r":{"$numberDecimal":"1.5"}})"},
    {"count", R"({"op":"$count"})", R"({"v":[1,null,{"missing":1}]})", R"({"r":3})"},
    {"min", R"({"op":"$min"})", R"({"v":[3,null,1,{"missing":1},2]})", R"({"r":1})"},
    {"min_nothing", R"({"op":"$min"})", R"({"v":[null,{"missing":1}]})", R"({"r":null})"},
    {"min_first_of_equals", R"({"op":"$min"})", R"({"v":[1,{"$numberLong":"1"}]})", R"({"r":1})"},
    {"max_types", R"({"op":"$max"})", R"({"v":[3,"a",{"a":1},[0],null]})", R"({"r":[0]})"},
    {"first", R"({"op":"$first"})", R"({"v":[{"missing":1},2]})", R"({"r":null})"},
    {"last", R"({"op":"$last"})", R"({"v":[1,null,3]})", R"({"r":3})"},
    {"last_missing", R"({"op":"$last"})", R"({"v":[1,{"missing":1}]})", R"({"r":null})"},
    {"push", R"({"op":"$push"})", R"({"v":[1,null,{"missing":1},[2]]})", R"({"r":[1,null,[2]]})"},
    {"push_limit", R"({"op":"$push","bytes":200})",
     R"({"v":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]})",
     "", ErrorCode::kExceededMemoryLimit},
    {"add_to_set", R"({"op":"$addToSet"})", R"({"v":[2,1,{"$numberLong":"2"},"a","a",[1],[1]]})",
     R"({"r":[1,2,"a",[1]]})"},
    {"set_union", R"({"op":"$setUnion"})", R"({"v":[[1,2],{"missing":1},[2,3]]})",
     R"({"r":[1,2,3]})"},
    {"set_union_type", R"({"op":"$setUnion"})", R"({"v":[1]})", "", ErrorCode::kTypeMismatch},
    {"concat_arrays", R"({"op":"$concatArrays"})", R"({"v":[[1,2],[2,[3]]]})",
     R"({"r":[1,2,2,[3]]})"},
    {"concat_arrays_type", R"({"op":"$concatArrays"})", R"({"v":[null]})", "",
     ErrorCode::kTypeMismatch},
    {"merge_objects", R"({"op":"$mergeObjects"})", R"({"v":[{"a":1,"b":1},null,{"b":2,"c":3}]})",
     R"({"r":{"a":1,"b":2,"c":3}})"},
    {"merge_objects_type", R"({"op":"$mergeObjects"})", R"({"v":[1]})", "",
     ErrorCode::kLocation40400},
    {"std_dev_pop", R"({"op":"$stdDevPop"})", R"({"v":[2,4,4,4,5,5,7,9,"x"]})",
     R"({"r":{"$numberDouble":"2.0"}})"},
    {"std_dev_samp_one", R"({"op":"$stdDevSamp"})", R"({"v":[2]})", R"({"r":null})"},
    {"first_n", R"({"op":"$firstN","n":2})", R"({"v":[{"missing":1},2,3]})", R"({"r":[null,2]})"},
    {"last_n", R"({"op":"$lastN","n":2})", R"({"v":[1,2,null]})", R"({"r":[2,null]})"},
    {"min_n", R"({"op":"$minN","n":2})", R"({"v":[3,null,1,2]})", R"({"r":[1,2]})"},
    {"max_n", R"({"op":"$maxN","n":2})", R"({"v":[3,null,1,2]})", R"({"r":[3,2]})"},
    {"top", R"({"op":"$top"})", R"({"v":[["b",1],["a",2],["a",3]]})", R"({"r":2})"},
    {"bottom", R"({"op":"$bottom"})", R"({"v":[["b",1],["b",2],["a",3]]})", R"({"r":2})"},
    {"top_n", R"({"op":"$topN","n":2})", R"({"v":[["b",1],["a",2],["c",3]]})", R"({"r":[2,1]})"},
    {"bottom_n", R"({"op":"$bottomN","n":2})", R"({"v":[["b",1],["a",2],["c",3]]})",
     R"({"r":[1,3]})"},
    {"median", R"({"op":"$median"})", R"({"v":[3,1,2,4,"x"]})", R"({"r":{"$numberDouble":"2.0"}})"},
    {"median_nothing", R"({"op":"$median"})", R"({"v":["x"]})", R"({"r":null})"},
    {"median_continuous", R"({"op":"$median","method":"continuous"})", R"({"v":[3,1,2,4]})",
     R"({"r":2.5})"},
    {"percentile", R"({"op":"$percentile","p":[0,0.5,0.9,1]})", R"({"v":[1,2,3,4,5,6,7,8,9,10]})",
     R"({"r":[{"$numberDouble":"1.0"},{"$numberDouble":"5.0"},{"$numberDouble":"9.0"},
              {"$numberDouble":"10.0"}]})"},
};

INSTANTIATE_TEST_SUITE_P(Table, AccumulatorCase, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Percentile, StaysNearWhenItEstimates) {
  Settings settings;
  settings.p = {0.001, 0.5, 0.999};
  const AccumulatorPtr accumulator = FindOperator("$percentile")->make(settings);
  constexpr int kCount = 1'500'000;
  for (int i = 0; i < kCount; ++i) {
    bson::Builder builder;
    const bson::Document value =
        builder.AppendInt32("v", static_cast<int32_t>(int64_t{i} * 7919 % kCount)).Finish();
    ASSERT_TRUE(accumulator->Add(value["v"]).ok());
  }
  bson::Builder builder;
  accumulator->AppendTo("r", &builder);
  const bson::Document result = builder.Finish();
  size_t at = 0;
  for (const bson::Element& element : result["r"].AsView()) {
    EXPECT_NEAR(element.value.AsDouble() / kCount, settings.p[at++], 0.0005);
  }
  EXPECT_LT(accumulator->bytes(), size_t{64} << 20);
}

TEST(ParseCall, ChecksArguments) {
  struct Row {
    const char* call;
    ErrorCode error;
    Place place = Place::kGroup;
  };
  const Row rows[] = {
      {R"({"$sum":1})", ErrorCode::kOk},
      {R"({"$sum":[1]})", ErrorCode::kLocation40237},
      {R"({"$sum":[1]})", ErrorCode::kOk, Place::kWindow},
      {R"({"$nothing":1})", ErrorCode::kLocation15952},
      {R"({"$accumulator":{}})", ErrorCode::kNotImplemented},
      {R"({"$count":{}})", ErrorCode::kOk},
      {R"({"$count":1})", ErrorCode::kTypeMismatch},
      {R"({"$count":1})", ErrorCode::kFailedToParse, Place::kWindow},
      {R"({"$firstN":{"n":1,"input":1}})", ErrorCode::kOk},
      {R"({"$firstN":1})", ErrorCode::kLocation5787900},
      {R"({"$firstN":{"n":1,"input":1,"x":1}})", ErrorCode::kLocation5787901},
      {R"({"$firstN":{"input":1}})", ErrorCode::kLocation5787906},
      {R"({"$firstN":{"n":1}})", ErrorCode::kLocation5787907},
      {R"({"$top":{"output":1,"sortBy":{"a":1}}})", ErrorCode::kOk},
      {R"({"$top":1})", ErrorCode::kLocation5788001},
      {R"({"$top":{"n":1,"output":1,"sortBy":{"a":1}}})", ErrorCode::kLocation5788002},
      {R"({"$topN":{"output":1,"sortBy":{"a":1}}})", ErrorCode::kLocation5788003},
      {R"({"$top":{"sortBy":{"a":1}}})", ErrorCode::kLocation5788004},
      {R"({"$top":{"output":1}})", ErrorCode::kLocation5788005},
      {R"({"$top":{"output":1,"sortBy":1}})", ErrorCode::kLocation10065},
      {R"({"$median":{"input":1,"method":"approximate"}})", ErrorCode::kOk},
      {R"({"$median":{"input":1,"method":"other"}})", ErrorCode::kBadValue},
      {R"({"$median":{"input":1}})", ErrorCode::kLocation40414},
      {R"({"$median":1})", ErrorCode::kLocation7436100},
      {R"({"$percentile":1})", ErrorCode::kLocation7429703},
      {R"({"$percentile":{"input":1,"method":"discrete"}})", ErrorCode::kLocation40414},
      {R"({"$percentile":{"input":1,"p":[1],"x":1,"method":"discrete"}})",
       ErrorCode::kLocation40415},
  };
  for (const Row& row : rows) {
    const bson::Document call = Json(row.call);
    const Result<Call> parsed = ParseCall(*call.view().begin(), row.place);
    EXPECT_EQ(parsed.status().code(), row.error) << row.call;
  }
}

TEST(CheckN, WantsAPositiveInteger) {
  const bson::Document values =
      Json(R"({"good":{"$numberDouble":"3.0"},"text":"x","part":1.5,"zero":0})");
  EXPECT_EQ(CheckN(values["good"], Place::kGroup).value(), 3);
  EXPECT_EQ(CheckN(values["zero"], Place::kGroup).status().code(), ErrorCode::kLocation7548606);
  const auto code = [&](const char* name) {
    return CheckN(values[name], Place::kWindow).status().code();
  };
  EXPECT_EQ(code("text"), ErrorCode::kLocation5787902);
  EXPECT_EQ(code("part"), ErrorCode::kLocation5787903);
  EXPECT_EQ(code("zero"), ErrorCode::kLocation5787908);
}

TEST(CheckP, WantsPartsOfOne) {
  const bson::Document values =
      Json(R"({"empty":[],"no":1,"text":["x"],"big":[1.5],"good":[0,1]})");
  const auto code = [&](const char* name) { return CheckP(values[name]).status().code(); };
  EXPECT_EQ(code("empty"), ErrorCode::kLocation7750301);
  EXPECT_EQ(code("no"), ErrorCode::kLocation7750301);
  EXPECT_EQ(code("text"), ErrorCode::kLocation7750302);
  EXPECT_EQ(code("big"), ErrorCode::kLocation7750303);
  EXPECT_EQ(CheckP(values["good"]).value(), (std::vector<double>{0, 1}));
}

}  // namespace
}  // namespace cairn::accumulate
