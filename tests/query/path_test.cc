// SPDX-License-Identifier: Apache-2.0
// Splitting and walking of field paths.
#include "query/path/path.h"

#include <gtest/gtest.h>

#include "tests/query/documents.h"

namespace cairn {
namespace {

TEST(FieldPath, SplitsAtDots) {
  const auto path = path::FieldPath::Parse("a.0.01..b").value();
  ASSERT_EQ(path.size(), 5u);
  EXPECT_EQ(path.part(0), "a");
  EXPECT_EQ(path.part(2), "01");
  EXPECT_EQ(path.part(3), "");
  EXPECT_EQ(path.part(4), "b");
  EXPECT_EQ(path.index(0), -1);
  EXPECT_EQ(path.index(1), 0);
  EXPECT_EQ(path.index(2), -1);
  EXPECT_EQ(path.index(3), -1);
  EXPECT_EQ(path::FieldPath::Parse("").value().size(), 1u);
  EXPECT_EQ(path::FieldPath::Parse("a.").value().size(), 2u);
}

TEST(FieldPath, IndexHasLimits) {
  EXPECT_EQ(path::ParseIndex("999999999999999999"), 999999999999999999);
  EXPECT_EQ(path::ParseIndex("9999999999999999999"), -1);
  EXPECT_EQ(path::ParseIndex("-1"), -1);
  EXPECT_EQ(path::ParseIndex("1a"), -1);
}

TEST(FieldPath, RefusesTooManyParts) {
  std::string dotted = "a";
  for (size_t i = 1; i < path::kPathPartsMax; ++i) dotted += ".a";
  EXPECT_TRUE(path::FieldPath::Parse(dotted).ok());
  EXPECT_EQ(path::FieldPath::Parse(dotted + ".a").status().code(), ErrorCode::kBadValue);
}

struct WalkCase {
  const char* document;
  const char* path;
  bool leaf_array;
  const char* visited;  // As an array; a missing value is shown as "missing".
};

class Walk : public testing::TestWithParam<WalkCase> {};

TEST_P(Walk, Visits) {
  const WalkCase& c = GetParam();
  const bson::Document document = Doc(c.document);
  const auto path = path::FieldPath::Parse(c.path).value();
  std::string visited = "[";
  const bool stopped = path::ForEachValue(document, path, c.leaf_array, [&](bson::Value value) {
    if (visited.size() > 1) visited += ',';
    if (value.missing()) {
      visited += "missing";
    } else {
      json::WriteValue(value, json::Format::kRelaxed, &visited);
    }
    return false;
  });
  EXPECT_EQ(visited + "]", c.visited) << c.document << " " << c.path;
  EXPECT_FALSE(stopped);
}

constexpr WalkCase kWalkCases[] = {
    {R"({"a":1})", "a", true, "[1]"},
    {R"({"a":1})", "b", true, "[missing]"},
    {R"({"a":null})", "a", true, "[null]"},
    {R"({"a":[1,2]})", "a", true, "[1,2,[1,2]]"},
    {R"({"a":[1,2]})", "a", false, "[[1,2]]"},
    {R"({"a":[]})", "a", true, "[[]]"},
    {R"({"a":{"b":1}})", "a.b", true, "[1]"},
    {R"({"a":1})", "a.b", true, "[missing]"},
    {R"({})", "a.b.c", true, "[missing]"},
    {R"({"a":{"b":[1,{"c":2}]}})", "a.b.c", true, "[2]"},
    {R"({"a":[{"b":1},{"b":[2,3]},{},5,[{"b":9}]]})", "a.b", true, "[1,2,3,[2,3],missing]"},
    {R"({"a":[{"b":1},{"b":[2,3]}]})", "a.b", false, "[1,[2,3]]"},
    {R"({"a":[]})", "a.b", true, "[]"},
    {R"({"a":[1,2]})", "a.b", true, "[]"},
    // Positions.
    {R"({"a":[5,7]})", "a.1", true, "[7]"},
    {R"({"a":[5,7]})", "a.2", true, "[]"},
    {R"({"a":[5,[2,4],3]})", "a.1", true, "[[2,4]]"},
    {R"({"a":[5,{"1":4},3]})", "a.1", true, R"([4,{"1":4}])"},
    {R"({"a":[{"b":1},{"b":2}]})", "a.1.b", true, "[missing,missing,2]"},
    {R"({"a":[[10,2],[3]]})", "a.0.0", true, "[10]"},
    {R"({"a":[[{"b":1}]]})", "a.0.b", true, "[1]"},
    {R"({"a":{"0":{"b":[1]}}})", "a.0.b", true, "[1,[1]]"},
    {R"({"a":[5]})", "a.0.b", true, "[]"},
    {R"({"a":[5,7]})", "a.01", true, "[]"},
    {R"({"":{"":1}})", ".", true, "[1]"},
};
INSTANTIATE_TEST_SUITE_P(Cases, Walk, testing::ValuesIn(kWalkCases));

TEST(WalkStops, WhenTheVisitorSaysSo) {
  const bson::Document document = Doc(R"({"a":[{"b":1},{"b":2},{"b":3}]})");
  const auto path = path::FieldPath::Parse("a.b").value();
  int visits = 0;
  EXPECT_TRUE(path::ForEachValue(document, path, true, [&](bson::Value value) {
    ++visits;
    return value.AsInt32() == 2;
  }));
  EXPECT_EQ(visits, 2);
}

// Every level can be taken by name and by position: 2^45 ways without a memory of them.
TEST(WalkStops, ThoughPathsForkAtEveryLevel) {
  std::string json = "{\"x\":1}";
  std::string dotted = "a";
  for (int i = 0; i < 45; ++i) {
    json = "{\"0\":[" + json + "]}";
    dotted += ".0";
  }
  const bson::Document document = Doc("{\"a\":[" + json + "]}");
  for (int longer = 0; longer < 60; ++longer) {
    const auto path = path::FieldPath::Parse(dotted + ".x").value();
    int visits = 0;
    path::ForEachValue(document, path, true, [&](bson::Value) { return ++visits > 1'000'000; });
    ASSERT_LT(visits, 100'000);
    dotted += ".0";
  }
}

}  // namespace
}  // namespace cairn
