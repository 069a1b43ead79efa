// SPDX-License-Identifier: Apache-2.0
// Whole values under a collator: nested strings follow it, names and other types do not; the form
// with sort keys has the same order.
#include <gtest/gtest.h>

#include "cairn/json.h"
#include "engine/collation/collator.h"

namespace cairn::collation {
namespace {

struct Row {
  const char* a;
  const char* b;
  int simple;
  int collated;
};

constexpr Row kRows[] = {
    {R"("a")", R"("A")", 1, 0},
    {R"("B")", R"("a")", -1, 1},
    {R"({"x": "a"})", R"({"x": "A"})", 1, 0},
    {R"({"x": "a"})", R"({"X": "a"})", 1, 1},
    {R"(["a", {"y": ["B"]}])", R"(["A", {"y": ["b"]}])", 1, 0},
    {R"(["a", 1])", R"(["A", 2])", 1, -1},
    {R"({"x": "a", "y": 1})", R"({"x": "A"})", 1, 1},
    {R"({"$symbol": "a"})", R"("A")", 1, 0},
    {R"({"$code": "a"})", R"({"$code": "A"})", 1, 1},
    {R"({"$regularExpression": {"pattern": "a", "options": ""}})",
     R"({"$regularExpression": {"pattern": "A", "options": ""}})", 1, 1},
    {"1", R"({"$numberDouble": "1"})", 0, 0},
    {R"("a")", "1", 1, 1},
    {"null", R"("")", -1, -1},
    {"[]", "{}", 1, 1},
};

int Sign(int order) { return order < 0 ? -1 : (order > 0 ? 1 : 0); }

TEST(CollatedValues, NestedStringsFollowTheCollator) {
  const auto collator =
      Collator::Parse(json::Parse(R"({"locale": "en", "strength": 2})").value()).value();
  for (const Row& row : kRows) {
    const std::string text = std::string("{\"a\": ") + row.a + ", \"b\": " + row.b + "}";
    const bson::Document document = json::Parse(text).value();
    const bson::Value a = document["a"];
    const bson::Value b = document["b"];
    EXPECT_EQ(Sign(CompareValues(a, b, nullptr)), row.simple) << text;
    EXPECT_EQ(Sign(CompareValues(b, a, nullptr)), -row.simple) << text;
    EXPECT_EQ(Sign(CompareValues(a, b, collator.get())), row.collated) << text;
    EXPECT_EQ(Sign(CompareValues(b, a, collator.get())), -row.collated) << text;
    const bson::OwnedValue a_key = WithSortKeys(a, *collator);
    const bson::OwnedValue b_key = WithSortKeys(b, *collator);
    EXPECT_EQ(a_key.type(), a.type());
    EXPECT_EQ(Sign(bson::Compare(a_key.value(), b_key.value())), row.collated) << text;
  }
}

TEST(CollatedValues, MissingStaysMissing) {
  const auto collator = Collator::Parse(json::Parse(R"({"locale": "en"})").value()).value();
  EXPECT_TRUE(WithSortKeys(bson::Value(), *collator).missing());
  EXPECT_EQ(CompareValues(bson::Value(), bson::Value(), collator.get()), 0);
}

}  // namespace
}  // namespace cairn::collation
