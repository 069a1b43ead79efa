// SPDX-License-Identifier: Apache-2.0
// Which plan is chosen for which filter, and that its bounds hold what the filter matches.
#include <gtest/gtest.h>

#include "cairn/json.h"
#include "engine/index/key_generator.h"
#include "engine/key/encoding.h"
#include "query/plan/bounds.h"
#include "query/plan/planner.h"

namespace cairn::plan {
namespace {

bson::Document J(const std::string& text) {
  auto document = json::Parse(text);
  EXPECT_TRUE(document.ok()) << text << ": " << document.status().ToString();
  return std::move(document).value();
}

catalog::IndexSpec Index(uint32_t id, const std::string& name, const std::string& keys,
                         bool unique = false, bool multikey = false) {
  catalog::IndexSpec index;
  index.id = id;
  index.name = name;
  index.key_pattern = J(keys);
  index.unique = unique;
  index.multikey = multikey;
  index.ready = true;
  return index;
}

catalog::Collection SomeIndexes() {
  catalog::Collection collection;
  collection.id = 7;
  collection.indexes.push_back(Index(10, "a_1", R"({"a":1})"));
  collection.indexes.push_back(Index(11, "b_-1", R"({"b":-1})"));
  collection.indexes.push_back(Index(12, "tags", R"({"tags":1})", false, true));
  collection.indexes.push_back(Index(13, "mail", R"({"mail":1})", true));
  collection.indexes.push_back(Index(14, "x_y", R"({"x":1,"y":1})"));
  collection.indexes.push_back(Index(15, "position", R"({"p.0":1})"));
  collection.indexes.push_back(Index(16, "building", R"({"z":1})"));
  collection.indexes.back().ready = false;
  collection.indexes.push_back(Index(17, "sparse", R"({"s":1})"));
  collection.indexes.back().options = J(R"({"sparse":true})");
  return collection;
}

Result<Plan> PlanOf(const std::string& filter, const std::string& sort = "{}",
                    const std::string& hint = R"({"hint":{}})") {
  static const catalog::Collection collection = SomeIndexes();
  const auto matcher = match::Matcher::Parse(J(filter));
  const auto pattern = SortPattern::Parse(J(sort));
  EXPECT_TRUE(matcher.ok()) << matcher.status().ToString();
  EXPECT_TRUE(pattern.ok()) << pattern.status().ToString();
  const bson::Document hint_document = J(hint);
  return MakePlan({collection, *matcher, *pattern, hint_document["hint"]});
}

struct Choice {
  const char* filter;
  Access access;
  const char* index;  // Of kIndexScan.
  size_t intervals;   // Of kIndexScan; points of kIdPoints.
};

TEST(Planner, Chooses) {
  const Choice choices[] = {
      {"{}", Access::kCollectionScan, "", 0},
      {R"({"other":1})", Access::kCollectionScan, "", 0},
      {R"({"_id":1})", Access::kIdPoints, "", 1},
      {R"({"_id":null})", Access::kIdPoints, "", 1},
      {R"({"_id":{"$in":[1,2,2.0,"x"]}})", Access::kIdPoints, "", 3},
      {R"({"_id":{"$in":[]}})", Access::kIdPoints, "", 0},
      {R"({"_id":1,"a":1})", Access::kIdPoints, "", 1},
      {R"({"_id":{"$in":[1,2]},"$and":[{"_id":1}]})", Access::kIdPoints, "", 1},
      {R"({"_id":{"$gt":1}})", Access::kCollectionScan, "", 0},
      {R"({"_id":[1]})", Access::kCollectionScan, "", 0},
      {R"({"_id":{"$gt":1},"a":1})", Access::kIndexScan, "a_1", 1},
      {R"({"_id":{"$gt":1,"$lt":5},"a":{"$gt":1}})", Access::kCollectionScan, "", 0},
      {R"({"_id":{"$gt":7,"$lt":5}})", Access::kNothing, "", 0},
      {R"({"a":1})", Access::kIndexScan, "a_1", 1},
      {R"({"a":null})", Access::kIndexScan, "a_1", 1},
      {R"({"a":[1,2]})", Access::kIndexScan, "a_1", 2},
      {R"({"a":{"$in":[1,2,3]}})", Access::kIndexScan, "a_1", 3},
      {R"({"a":{"$gt":1,"$lt":5}})", Access::kIndexScan, "a_1", 1},
      {R"({"a":{"$gt":7,"$lt":5}})", Access::kNothing, "", 0},
      {R"({"a":1,"b":{"$gt":1}})", Access::kIndexScan, "a_1", 1},
      {R"({"b":{"$lte":1}})", Access::kIndexScan, "b_-1", 1},
      {R"({"b":2,"a":{"$in":[1,2]}})", Access::kIndexScan, "b_-1", 1},
      {R"({"mail":"x","a":1})", Access::kIndexScan, "mail", 1},
      {R"({"tags":"x"})", Access::kIndexScan, "tags", 1},
      {R"({"x":1,"y":2})", Access::kIndexScan, "x_y", 1},
      {R"({"y":2})", Access::kCollectionScan, "", 0},
      {R"({"x":1,"y":{"$in":[1,2]}})", Access::kIndexScan, "x_y", 2},
      {R"({"p.0":1})", Access::kCollectionScan, "", 0},
      {R"({"z":1})", Access::kCollectionScan, "", 0},
      {R"({"s":1})", Access::kCollectionScan, "", 0},
      {R"({"a":{"$ne":1}})", Access::kCollectionScan, "", 0},
      {R"({"a":{"$exists":true}})", Access::kCollectionScan, "", 0},
      {R"({"$or":[{"a":1},{"other":2}]})", Access::kCollectionScan, "", 0},
      {R"({"$or":[{"a":1},{"a":2}]})", Access::kIndexScan, "a_1", 2},
      {R"({"a":{"$in":[1,{"$regularExpression":{"pattern":"x","options":""}}]}})",
       Access::kCollectionScan, "", 0},
      {R"({"a":{"$gt":{"$minKey":1}}})", Access::kCollectionScan, "", 0},
      {R"({"a":{"$gt":[1]}})", Access::kCollectionScan, "", 0},
      {R"({"$alwaysFalse":1,"a":1})", Access::kNothing, "", 0},
  };
  for (const Choice& choice : choices) {
    const auto plan = PlanOf(choice.filter);
    ASSERT_TRUE(plan.ok()) << choice.filter;
    EXPECT_EQ(plan->access, choice.access) << choice.filter << json::ToJson(Describe(*plan));
    EXPECT_EQ(plan->index_name, plan->access == Access::kIndexScan ? choice.index : "")
        << choice.filter;
    if (choice.access == Access::kIndexScan) {
      EXPECT_EQ(plan->intervals.size(), choice.intervals) << choice.filter;
    }
    if (choice.access == Access::kIdPoints) {
      EXPECT_EQ(plan->points.size(), choice.intervals) << choice.filter;
    }
  }
}

TEST(Planner, BoundsAMultikeyIndexByOnePredicate) {
  const auto plan = PlanOf(R"({"tags":{"$gt":1,"$lt":5}})");
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ(plan->intervals.size(), 1u);
  std::string one;
  key::AppendValue(J(R"({"":1})")[""], key::Direction::kAscending, &one);
  EXPECT_EQ(plan->intervals[0].begin, one);
  EXPECT_EQ(plan->intervals[0].end, key::PrefixEnd(one.substr(0, 1)));
  EXPECT_TRUE(plan->may_repeat);
}

TEST(Planner, KeepsWiderBoundsForAnIndexThatBecomesMultikey) {
  const auto both = PlanOf(R"({"a":{"$gt":1,"$lt":5}})");
  EXPECT_FALSE(both->multikey_intervals.empty());
  EXPECT_TRUE(both->may_repeat);
  const auto point = PlanOf(R"({"a":1})");
  EXPECT_TRUE(point->multikey_intervals.empty());
  EXPECT_FALSE(point->may_repeat);
  const auto compound = PlanOf(R"({"x":1,"y":1})");
  EXPECT_FALSE(compound->multikey_intervals.empty());
}

TEST(Planner, SortsByIdWithoutCollecting) {
  EXPECT_FALSE(PlanOf("{}", R"({"_id":1})")->needs_sort);
  EXPECT_TRUE(PlanOf("{}", R"({"_id":-1})")->reverse);
  EXPECT_FALSE(PlanOf("{}", R"({"_id":-1,"a":1})")->needs_sort);
  EXPECT_FALSE(PlanOf(R"({"_id":{"$in":[1,2]}})", R"({"_id":-1})")->needs_sort);
  EXPECT_TRUE(PlanOf("{}", R"({"a":1})")->needs_sort);
  EXPECT_TRUE(PlanOf("{}", R"({"a":1,"_id":1})")->needs_sort);
  EXPECT_TRUE(PlanOf(R"({"a":1})", R"({"_id":1})")->needs_sort);
  EXPECT_TRUE(PlanOf("{}", R"({"$natural":-1})")->reverse);
}

TEST(Planner, FollowsHints) {
  EXPECT_EQ(PlanOf("{}", "{}", R"({"hint":"a_1"})")->access, Access::kIndexScan);
  EXPECT_EQ(PlanOf(R"({"a":1})", "{}", R"({"hint":"b_-1"})")->index_name, "b_-1");
  EXPECT_EQ(PlanOf(R"({"a":1})", "{}", R"({"hint":{"b":-1.0}})")->index_name, "b_-1");
  EXPECT_EQ(PlanOf(R"({"a":1})", "{}", R"({"hint":"_id_"})")->access, Access::kCollectionScan);
  EXPECT_EQ(PlanOf(R"({"a":1})", "{}", R"({"hint":{"_id":1}})")->access, Access::kCollectionScan);
  EXPECT_EQ(PlanOf(R"({"a":1})", "{}", R"({"hint":{"$natural":1}})")->access,
            Access::kCollectionScan);
  EXPECT_TRUE(PlanOf("{}", "{}", R"({"hint":{"$natural":-1}})")->reverse);
  for (const char* hint : {R"({"hint":"no"})", R"({"hint":{"no":1}})", R"({"hint":{"b":1}})",
                           R"({"hint":"building"})", R"({"hint":{"z":1}})", R"({"hint":""})"}) {
    const auto plan = PlanOf("{}", "{}", hint);
    EXPECT_EQ(plan.status().code(), ErrorCode::kBadValue) << hint;
    EXPECT_EQ(plan.status().message(), "hint provided does not correspond to an existing index");
  }
  EXPECT_EQ(PlanOf("{}", "{}", R"({"hint":5})").status().code(), ErrorCode::kFailedToParse);
}

TEST(Planner, PointFilters) {
  EXPECT_EQ(PointFilter(J(R"({"_id":5})"), nullptr).AsInt32(), 5);
  EXPECT_FALSE(PointFilter(J(R"({"_id":{"a":1}})"), nullptr).missing());
  EXPECT_FALSE(PointFilter(J(R"({"_id":{}})"), nullptr).missing());
  for (const char* filter :
       {"{}", R"({"a":1})", R"({"_id":{"$gt":1}})", R"({"_id":1,"a":1})", R"({"_id":[1]})",
        R"({"_id":{"$regularExpression":{"pattern":"x","options":""}}})"}) {
    EXPECT_TRUE(PointFilter(J(filter), nullptr).missing()) << filter;
  }
}

TEST(SortPattern, Errors) {
  std::string many = "{";
  for (int i = 0; i <= 32; ++i) {
    many += (i == 0 ? "\"f" : ",\"f") + std::to_string(i) + "\":1";
  }
  const std::string deep = std::string("{\"a") + [] {
    std::string parts;
    for (int i = 0; i < 200; ++i) parts += ".a";
    return parts;
  }() + "\":1}";
  EXPECT_EQ(SortPattern::Parse(J(many + "}")).status().code(), ErrorCode::kLocation13103);
  EXPECT_EQ(SortPattern::Parse(J(deep)).status().code(), ErrorCode::kOverflow);
  EXPECT_EQ(SortPattern::Parse(J(R"({"a":{"$numberDouble":"NaN"}})")).status().code(),
            ErrorCode::kLocation15975);
  EXPECT_EQ(SortPattern::Parse(J(R"({"a":null})")).status().code(), ErrorCode::kLocation15974);
  EXPECT_TRUE(SortPattern::Parse(J(R"({"a":{"$numberDecimal":"-1"}})"))->fields()[0].descending);
  EXPECT_TRUE(SortPattern::Parse(J("{}"))->empty());
}

// Every key that a document has in an index must tell whether the document can be found: if the
// filter matches, one of its keys lies in the bounds.
TEST(Bounds, HoldAllMatches) {
  const std::string long_text(3000, 'x');
  const std::vector<std::string> values = {R"(1)",
                                           R"(2.5)",
                                           R"({"$numberLong":"3"})",
                                           R"({"$numberDecimal":"2.5"})",
                                           R"({"$numberDouble":"NaN"})",
                                           R"(null)",
                                           R"("")",
                                           R"("abc")",
                                           R"([])",
                                           R"([1,5])",
                                           R"([[1,5]])",
                                           R"([null])",
                                           R"([[]])",
                                           R"({})",
                                           R"({"b":1})",
                                           R"([{"b":1},{"b":9}])",
                                           R"(true)",
                                           R"(false)",
                                           R"({"$minKey":1})",
                                           R"({"$maxKey":1})",
                                           R"({"$undefined":true})",
                                           R"({"$date":"2020-01-01T00:00:00Z"})",
                                           R"({"$oid":"0123456789abcdef01234567"})",
                                           R"({"$timestamp":{"t":5,"i":1}})",
                                           R"({"$symbol":"abc"})",
                                           "\"" + long_text + "a\"",
                                           "\"" + long_text + "b\"",
                                           "[\"" + long_text + "c\",7]"};
  const std::vector<std::string> operators = {"$eq", "$gt", "$gte", "$lt", "$lte"};
  size_t matches = 0;
  for (const char* pattern : {R"({"a":1})", R"({"a":-1})"}) {
    const catalog::IndexSpec index = Index(1, "i", pattern, false, true);
    catalog::Collection collection;
    collection.indexes.push_back(index);
    const index::KeyGenerator generator(index.key_pattern);
    for (const std::string& operand : values) {
      std::vector<std::string> filters = {R"({"a":{"$in":[)" + operand + R"(,77]}})"};
      for (const std::string& op : operators) {
        filters.push_back(R"({"a":{")" + op + R"(":)" + operand + "}}");
      }
      for (const std::string& filter : filters) {
        const auto matcher = match::Matcher::Parse(J(filter));
        if (!matcher.ok()) continue;  // Not every operator takes every value.
        const SortPattern no_sort;
        const auto plan = MakePlan({collection, *matcher, no_sort, bson::Value()});
        ASSERT_TRUE(plan.ok());
        if (plan->access != Access::kIndexScan) continue;
        std::vector<std::string> documents = {R"({"_id":1})"};
        for (const std::string& value : values) documents.push_back(R"({"a":)" + value + "}");
        for (const std::string& text : documents) {
          const bson::Document document = J(text);
          if (!matcher->Matches(document).value()) continue;
          ++matches;
          index::KeySet keys;
          ASSERT_TRUE(generator.Generate(document, &keys).ok());
          bool inside = false;
          for (const index::GeneratedKey& key : keys.keys()) {
            for (const key::Range& range : plan->intervals) {
              inside |= key.fields >= range.begin && (range.end.empty() || key.fields < range.end);
            }
          }
          EXPECT_TRUE(inside) << filter.substr(0, 100) << " misses " << text.substr(0, 100);
        }
      }
    }
  }
  EXPECT_GT(matches, 400u);
}

TEST(Bounds, IntersectAndPrepend) {
  const Intervals a = {{"b", "d"}, {"f", "h"}, {"k", ""}};
  const Intervals b = {{"a", "c"}, {"g", "m"}};
  const Intervals both = Intersect(a, b);
  ASSERT_EQ(both.size(), 3u);
  EXPECT_EQ(both[0].begin + both[0].end, "bc");
  EXPECT_EQ(both[1].begin + both[1].end, "gh");
  EXPECT_EQ(both[2].begin + both[2].end, "km");
  const Intervals longer = Prepend("p", a);
  EXPECT_EQ(longer[2].begin, "pk");
  EXPECT_EQ(longer[2].end, "q");
}

TEST(Describe, ShowsThePlan) {
  EXPECT_EQ(Describe(*PlanOf(R"({"a":1})"))["stage"].AsString(), "IXSCAN");
  EXPECT_EQ(Describe(*PlanOf(R"({"_id":1})"))["stage"].AsString(), "IDHACK");
  EXPECT_EQ(Describe(*PlanOf("{}"))["stage"].AsString(), "COLLSCAN");
  EXPECT_EQ(Describe(*PlanOf(R"({"$alwaysFalse":1})"))["stage"].AsString(), "EOF");
  EXPECT_EQ(Describe(*PlanOf(R"({"a":1})"))["indexName"].AsString(), "a_1");
}

}  // namespace
}  // namespace cairn::plan
