// SPDX-License-Identifier: Apache-2.0
// Which plan is chosen for which filter, and that its bounds hold what the filter matches.
#include <gtest/gtest.h>

#include "cairn/json.h"
#include "query/plan/index_scan.h"
#include "query/plan/planner.h"
#include "query/plan/shape.h"

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
  collection.indexes.back().multikey_paths = {"tags"};
  collection.indexes.push_back(Index(13, "mail", R"({"mail":1})", true));
  collection.indexes.push_back(Index(14, "x_y", R"({"x":1,"y":1})"));
  collection.indexes.push_back(Index(15, "position", R"({"p.0":1})"));
  collection.indexes.push_back(Index(16, "building", R"({"z":1})"));
  collection.indexes.back().ready = false;
  collection.indexes.push_back(Index(17, "sparse", R"({"s":1})"));
  collection.indexes.back().options = J(R"({"sparse":true})");
  collection.indexes.push_back(Index(18, "hidden", R"({"h":1})"));
  collection.indexes.back().options = J(R"({"hidden":true})");
  collection.indexes.push_back(Index(19, "partial", R"({"f":1})"));
  collection.indexes.back().options = J(R"({"partialFilterExpression":{"g":{"$gt":5}}})");
  collection.indexes.push_back(Index(20, "lines", R"({"l.p":1,"l.q":1})", false, true));
  collection.indexes.back().multikey_paths = {"l"};
  collection.indexes.push_back(Index(21, "wild", R"({"w.$**":1})"));
  collection.indexes.push_back(Index(22, "hashed", R"({"k":"hashed"})"));
  return collection;
}

Result<std::vector<Plan>> PlansOf(const std::string& filter, const std::string& sort = "{}",
                                  const std::string& hint = R"({"hint":{}})",
                                  const std::string& projection = "{}", bool count = false) {
  static const catalog::Collection collection = SomeIndexes();
  const auto matcher = match::Matcher::Parse(J(filter));
  const auto pattern = SortPattern::Parse(J(sort));
  EXPECT_TRUE(matcher.ok()) << matcher.status().ToString();
  EXPECT_TRUE(pattern.ok()) << pattern.status().ToString();
  const bson::Document hint_document = J(hint);
  const bson::Document projected = J(projection);
  Request request{collection, *matcher, *pattern, hint_document["hint"]};
  request.projection = projected;
  request.count = count;
  return MakePlans(request);
}

Plan PlanOf(const std::string& filter, const std::string& sort = "{}",
            const std::string& hint = R"({"hint":{}})", const std::string& projection = "{}",
            bool count = false) {
  auto plans = PlansOf(filter, sort, hint, projection, count);
  EXPECT_TRUE(plans.ok()) << filter << plans.status().ToString();
  EXPECT_EQ(plans->size(), 1u) << filter << sort;
  return std::move(plans->front());
}

struct Choice {
  const char* filter;
  const char* plans;
};

// "a_1[1, 5]": each plan with its index and the bounds of its columns.
std::string Show(const Node& node) {
  if (node.stage != Stage::kIndexScan) {
    std::string text(StageName(node.stage));
    if (node.stage == Stage::kIdPoints) text += std::to_string(node.points.size());
    if (!node.id_bounds.empty()) text += "_id";
    for (const Node& child : node.children) text += " (" + Show(child) + ")";
    return text;
  }
  std::string text = node.scan.index_name;
  for (int i = 0; i < node.scan.columns; ++i) {
    text += i == 0 ? " " : ";";
    const Intervals& column = node.scan.bounds[static_cast<size_t>(i)];
    if (IsAllValues(column)) {
      text += "*";
      continue;
    }
    for (const Interval& interval : column) {
      text += ShowInterval(interval, ColumnDirection(node.scan, i));
    }
  }
  return text;
}

std::string ShowAll(const std::vector<Plan>& plans) {
  std::string text;
  for (const Plan& plan : plans) text += (text.empty() ? "" : " | ") + Show(plan.access);
  return text;
}

TEST(Planner, Candidates) {
  const Choice choices[] = {
      {"{}", "COLLSCAN"},
      {R"({"other":1})", "COLLSCAN"},
      {R"({"_id":1})", "IDHACK1"},
      {R"({"_id":{"$in":[1,2,2.0,"x"]}})", "IDHACK3"},
      {R"({"_id":{"$in":[]}})", "IDHACK0"},
      {R"({"_id":1,"a":1})", "IDHACK1"},
      {R"({"_id":{"$gt":1}})", "COLLSCAN_id"},
      {R"({"_id":{"$gt":1},"a":1})", "COLLSCAN_id | a_1 [1, 1]"},
      {R"({"_id":{"$gt":7,"$lt":5}})", "EOF"},
      {R"({"a":1})", "a_1 [1, 1]"},
      {R"({"a":null})", "a_1 [undefined, undefined][null, null]"},
      {R"({"a":{"$in":[1,2,3]}})", "a_1 [1, 1][2, 2][3, 3]"},
      {R"({"a":{"$gt":1,"$lt":5}})", "a_1 (1, 5)"},
      {R"({"a":{"$gt":1}})", "a_1 (1, inf.0]"},
      {R"({"a":{"$lte":1}})", "a_1 [-inf.0, 1]"},
      {R"({"a":{"$gte":"x"}})", R"(a_1 ["x", {}))"},
      {R"({"a":{"$regularExpression":{"pattern":"^ab","options":""}}})",
       R"(a_1 ["ab", "ac")[//, DBRef()))"},
      {R"({"a":{"$ne":1}})", "a_1 [MinKey, 1)(1, MaxKey]"},
      {R"({"a":{"$not":{"$gt":1}}})", "a_1 [MinKey, 1](inf.0, MaxKey]"},
      {R"({"a":{"$exists":true}})", "a_1 *"},
      {R"({"a":{"$exists":false}})", "a_1 [null, null]"},
      {R"({"a":{"$type":"string"}})", R"(a_1 ["", {}))"},
      {R"({"a":{"$gt":7,"$lt":5}})", "EOF"},
      {R"({"a":1,"b":{"$gt":1}})", "a_1 [1, 1] | b_-1 [inf.0, 1)"},
      {R"({"b":{"$gte":"x"}})", R"(b_-1 ({}, "x"])"},
      {R"({"mail":"x","a":1})", R"(mail ["x", "x"])"},
      {R"({"tags":"x"})", R"(tags ["x", "x"])"},
      {R"({"tags":{"$gt":1,"$lt":5}})", "tags (1, inf.0]"},
      {R"({"tags":{"$elemMatch":{"$gt":1,"$lt":5}}})", "tags (1, 5)"},
      {R"({"x":1,"y":2})", "x_y [1, 1];[2, 2]"},
      {R"({"x":1})", "x_y [1, 1];*"},
      {R"({"y":2})", "COLLSCAN"},
      {R"({"x":{"$gt":1},"y":{"$in":[1,2]}})", "x_y (1, inf.0];[1, 1][2, 2]"},
      {R"({"l.p":1,"l.q":2})", "lines [1, 1];*"},
      {R"({"l":{"$elemMatch":{"p":1,"q":2}}})", "lines [1, 1];[2, 2]"},
      {R"({"p.0":1})", "COLLSCAN"},
      {R"({"z":1})", "COLLSCAN"},
      {R"({"h":1})", "COLLSCAN"},
      {R"({"s":1})", "sparse [1, 1]"},
      {R"({"s":null})", "COLLSCAN"},
      {R"({"s":{"$exists":true}})", "sparse *"},
      {R"({"f":1})", "COLLSCAN"},
      {R"({"f":1,"g":7})", "partial [1, 1]"},
      {R"({"f":1,"g":{"$gt":5}})", "partial [1, 1]"},
      {R"({"f":1,"g":{"$gte":5}})", "COLLSCAN"},
      {R"({"$or":[{"a":1},{"other":2}]})", "COLLSCAN"},
      {R"({"$or":[{"a":1},{"b":2}]})", "OR (a_1 [1, 1]) (b_-1 [2, 2])"},
      {R"({"$or":[{"a":1},{"_id":2}]})", "OR (a_1 [1, 1]) (IDHACK1)"},
      {R"({"x":1,"$or":[{"a":1},{"y":2}]})", "x_y [1, 1];* | OR (a_1 [1, 1]) (x_y [1, 1];[2, 2])"},
      {R"({"$alwaysFalse":1,"a":1})", "EOF"},
      {R"({"w.v":5})", R"(wild ["w.v", "w.v"];[5, 5])"},
      {R"({"w.v":{"$exists":true}})", R"(wild ["w.v", "w.v"]["w.v.", "w.v/");*)"},
      {R"({"w.v":null})", "COLLSCAN"},
      {R"({"w.0.v":5})", R"(wild ["w.0.v", "w.0.v"];[5, 5])"},
      {R"({"w.0.1.2.3.4":5})", R"(wild ["w.0.1.2.3.4", "w.0.1.2.3.4"];[5, 5])"},
      {R"({"$expr":{"$eq":["$a",5]}})", "a_1 [5, 5]"},
      {R"({"$expr":{"$eq":["$$ROOT.a",{"$add":[2,3]}]}})", "a_1 [5, 5]"},
      {R"({"$expr":{"$gt":["$a",5]}})", "a_1 (5, MaxKey]"},
      {R"({"$expr":{"$gte":["$a",null]}})", "a_1 [null, MaxKey]"},
      {R"({"$expr":{"$lt":["$a",5]}})", "a_1 [MinKey, 5)"},
      {R"({"$expr":{"$lt":["$a",null]}})", "a_1 [MinKey, null]"},
      {R"({"$expr":{"$lt":[5,"$a"]}})", "a_1 (5, MaxKey]"},
      {R"({"$expr":{"$and":[{"$eq":["$x",1]},{"$gte":["$y",2]}]}})", "x_y [1, 1];[2, MaxKey]"},
      {R"({"$expr":{"$eq":["$_id",5]}})", "COLLSCAN_id"},
      {R"({"$expr":{"$eq":["$s",1]}})", "sparse [1, 1]"},
      {R"({"$expr":{"$lt":["$s",1]}})", "COLLSCAN"},
      {R"({"$expr":{"$eq":["$tags",5]}})", "COLLSCAN"},
      {R"({"$expr":{"$ne":["$a",5]}})", "COLLSCAN"},
      {R"({"$expr":{"$eq":["$a","$x"]}})", "COLLSCAN"},
      {R"({"$expr":{"$eq":["$a",[5]]}})", "COLLSCAN"},
      {R"({"$expr":{"$or":[{"$eq":["$a",5]}]}})", "COLLSCAN"},
  };
  for (const Choice& choice : choices) {
    const auto plans = PlansOf(choice.filter);
    ASSERT_TRUE(plans.ok()) << choice.filter << plans.status().ToString();
    EXPECT_EQ(ShowAll(*plans), choice.plans) << choice.filter;
  }
}

TEST(Planner, HashedFieldsTakeEqualities) {
  const Plan plan = PlanOf(R"({"k":5})");
  EXPECT_EQ(plan.access.scan.index_name, "hashed");
  EXPECT_TRUE(IsOnePoint(plan.access.scan.bounds[0]));
  EXPECT_EQ(Show(PlanOf(R"({"k":{"$gt":5}})").access), "COLLSCAN");
}

TEST(Planner, Sorts) {
  struct Case {
    const char* filter;
    const char* sort;
    const char* plan;
    bool needs_sort;
    bool reverse;
  };
  const Case cases[] = {
      {"{}", R"({"a":1})", "a_1 *", false, false},
      {"{}", R"({"a":-1})", "a_1 *", false, true},
      {"{}", R"({"b":1})", "b_-1 *", false, true},
      {"{}", R"({"x":1,"y":1})", "x_y *;*", false, false},
      {"{}", R"({"x":-1,"y":-1})", "x_y *;*", false, true},
      {"{}", R"({"x":1,"y":-1})", "COLLSCAN", true, false},
      {R"({"x":1})", R"({"y":-1})", "x_y [1, 1];*", false, true},
      {R"({"x":1})", R"({"x":1,"y":-1})", "x_y [1, 1];*", false, true},
      {R"({"x":{"$gt":1}})", R"({"y":1})", "x_y (1, inf.0];*", true, false},
      {R"({"x":{"$in":[1,2]}})", R"({"y":1})", "SORT_MERGE (x_y [1, 1];*) (x_y [2, 2];*)", false,
       false},
      {R"({"x":{"$in":[1,2]}})", R"({"x":1,"y":1})", "x_y [1, 1][2, 2];*", false, false},
      {R"({"$or":[{"x":1},{"a":{"$gt":1}}]})", R"({"y":1})", "OR (x_y [1, 1];*) (a_1 (1, inf.0])",
       true, false},
      {"{}", R"({"tags":1})", "tags *", false, false},
      {R"({"tags":1})", R"({"tags":1})", "tags [1, 1]", true, false},
      {"{}", R"({"s":1})", "COLLSCAN", true, false},
      // Behind its fields an entry has the _id.
      {"{}", R"({"a":1,"_id":1})", "a_1 *", false, false},
      {"{}", R"({"a":-1,"_id":-1,"x":1})", "a_1 *", false, true},
      {"{}", R"({"a":1,"_id":-1})", "COLLSCAN", true, false},
      {"{}", R"({"b":1,"_id":-1})", "b_-1 *", false, true},
      {R"({"a":{"$gt":5}})", R"({"a":1,"_id":1})", "a_1 (5, inf.0]", false, false},
      {R"({"x":1,"y":2})", R"({"_id":-1})", "COLLSCAN | x_y [1, 1];[2, 2]", false, true},
      {R"({"x":1})", R"({"y":-1,"_id":-1})", "x_y [1, 1];*", false, true},
      {R"({"x":1})", R"({"_id":1})", "COLLSCAN | x_y [1, 1];*", true, false},
      {R"({"x":{"$in":[1,2]}})", R"({"y":-1,"_id":-1})", "SORT_MERGE (x_y [1, 1];*) (x_y [2, 2];*)",
       false, true},
      {"{}", R"({"mail":1,"_id":-1})", "mail *", false, false},
      {"{}", R"({"tags":1,"_id":1})", "tags *", false, false},
      {R"({"tags":{"$gt":1}})", R"({"tags":1,"_id":1})", "tags (1, inf.0]", true, false},
      {"{}", R"({"h":1})", "COLLSCAN", true, false},
  };
  for (const Case& c : cases) {
    const auto plans = PlansOf(c.filter, c.sort);
    ASSERT_TRUE(plans.ok());
    EXPECT_EQ(ShowAll(*plans), c.plan) << c.filter << c.sort;
    EXPECT_EQ(plans->back().needs_sort, c.needs_sort) << c.filter << c.sort;
    const Node& access = plans->back().access;
    const Node& leaf = access.children.empty() ? access : access.children.front();
    EXPECT_EQ(leaf.scan.reverse, c.reverse) << c.filter << c.sort;
  }
  EXPECT_EQ(
      PlanOf(R"({"$expr":{"$gt":["$a",5]}})", "{}", R"({"hint":{}})", R"({"a":1,"_id":0})").reading,
      Reading::kKeys);
  EXPECT_FALSE(PlanOf("{}", R"({"_id":1})").needs_sort);
  EXPECT_TRUE(PlanOf("{}", R"({"_id":-1})").access.reverse);
  EXPECT_FALSE(PlanOf(R"({"_id":{"$in":[1,2]}})", R"({"_id":-1})").needs_sort);
  EXPECT_TRUE(PlanOf("{}", R"({"$natural":-1})").access.reverse);
}

TEST(Planner, CoversAndCounts) {
  const auto reading = [](const char* filter, const char* projection, bool count = false) {
    return PlanOf(filter, "{}", R"({"hint":{}})", projection, count).reading;
  };
  EXPECT_EQ(reading(R"({"a":1})", R"({"a":1,"_id":0})"), Reading::kKeys);
  EXPECT_EQ(reading(R"({"a":1})", R"({"a":1})"), Reading::kDocuments);
  EXPECT_EQ(reading(R"({"a":1})", R"({"a":1,"b":1,"_id":0})"), Reading::kDocuments);
  EXPECT_EQ(reading(R"({"a":1,"c":1})", R"({"a":1,"_id":0})"), Reading::kDocuments);
  EXPECT_EQ(reading(R"({"tags":1})", R"({"tags":1,"_id":0})"), Reading::kDocuments);
  EXPECT_EQ(reading(R"({"y":1})", R"({"x":1,"_id":0})"), Reading::kKeys);
  EXPECT_EQ(reading(R"({"a":1})", "{}", true), Reading::kCount);
  EXPECT_EQ(reading(R"({"a":{"$in":[1,2]}})", "{}", true), Reading::kCount);
  EXPECT_EQ(reading(R"({"tags":1})", "{}", true), Reading::kCount);
  EXPECT_EQ(reading(R"({"tags":{"$gt":1,"$lt":5}})", "{}", true), Reading::kDocuments);
  EXPECT_EQ(reading(R"({"a":null})", "{}", true), Reading::kDocuments);
  EXPECT_EQ(reading(R"({"a":1,"c":1})", "{}", true), Reading::kDocuments);
}

TEST(Planner, FollowsHints) {
  EXPECT_EQ(Show(PlanOf("{}", "{}", R"({"hint":"a_1"})").access), "a_1 *");
  EXPECT_EQ(PlanOf(R"({"a":1})", "{}", R"({"hint":"b_-1"})").access.scan.index_name, "b_-1");
  EXPECT_EQ(PlanOf(R"({"a":1})", "{}", R"({"hint":{"b":-1.0}})").access.scan.index_name, "b_-1");
  EXPECT_EQ(Show(PlanOf("{}", "{}", R"({"hint":"sparse"})").access), "sparse *");
  EXPECT_EQ(Show(PlanOf(R"({"a":1})", "{}", R"({"hint":"_id_"})").access), "COLLSCAN");
  EXPECT_EQ(Show(PlanOf(R"({"a":1})", "{}", R"({"hint":{"_id":1}})").access), "COLLSCAN");
  EXPECT_EQ(Show(PlanOf(R"({"a":1})", "{}", R"({"hint":{"$natural":1}})").access), "COLLSCAN");
  EXPECT_TRUE(PlanOf("{}", "{}", R"({"hint":{"$natural":-1}})").access.reverse);
  for (const char* hint :
       {R"({"hint":"no"})", R"({"hint":{"no":1}})", R"({"hint":{"b":1}})", R"({"hint":"building"})",
        R"({"hint":{"z":1}})", R"({"hint":"hidden"})", R"({"hint":""})"}) {
    const auto plans = PlansOf("{}", "{}", hint);
    EXPECT_EQ(plans.status().code(), ErrorCode::kBadValue) << hint;
    EXPECT_EQ(plans.status().message(), "hint provided does not correspond to an existing index");
  }
  EXPECT_EQ(PlansOf("{}", "{}", R"({"hint":5})").status().code(), ErrorCode::kFailedToParse);
  EXPECT_EQ(PlansOf(R"({"a":1})", "{}", R"({"hint":"wild"})").status().code(),
            ErrorCode::kNoQueryExecutionPlans);
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

TEST(Intervals, AlgebraAndTurning) {
  const auto point = [](const char* value) { return Point(EncodeValue(J(value)["v"])); };
  const Intervals one = {point(R"({"v":1})")};
  EXPECT_TRUE(IsAllValues(Unite(Complement(one), one)));
  EXPECT_TRUE(Intersect(Complement(one), one).empty());
  EXPECT_EQ(Turned(Turned(one)), one);
  EXPECT_TRUE(IsAllValues(Turned(AllValues())));
  EXPECT_TRUE(IsAllValues(Complement({})));
}

TEST(Shapes, LeaveValuesOut) {
  const auto shape = [](const char* filter, const char* sort = "{}") {
    return ShapeOf(J(filter), J(sort), bson::View(), bson::View());
  };
  EXPECT_EQ(shape(R"({"a":1,"b":{"$gt":2}})"), shape(R"({"a":"x","b":{"$gt":7}})"));
  EXPECT_EQ(shape(R"({"$or":[{"a":1},{"b":{"$in":[1]}}]})"),
            shape(R"({"$or":[{"a":2},{"b":{"$in":[1,2,3]}}]})"));
  EXPECT_NE(shape(R"({"a":1})"), shape(R"({"b":1})"));
  EXPECT_NE(shape(R"({"a":1})"), shape(R"({"a":{"$gt":1}})"));
  EXPECT_NE(shape(R"({"$or":[{"a":1}]})"), shape(R"({"$or":[{"b":1}]})"));
  EXPECT_NE(shape(R"({"a":1})"), shape(R"({"a":1})", R"({"a":1})"));
  EXPECT_NE(shape(R"({"a":1})"), shape(R"({"a":null})"));
}

TEST(Summaries, NameStageAndIndex) {
  EXPECT_EQ(Summary(PlanOf(R"({"a":1})")), "IXSCAN { a: 1 }");
  EXPECT_EQ(Summary(PlanOf(R"({"_id":1})")), "IDHACK");
  EXPECT_EQ(Summary(PlanOf("{}")), "COLLSCAN");
  EXPECT_EQ(Summary(PlanOf(R"({"$alwaysFalse":1})")), "EOF");
  EXPECT_EQ(Summary(PlanOf(R"({"$or":[{"a":1},{"b":2}]})")), "IXSCAN { a: 1 }, IXSCAN { b: -1 }");
}

}  // namespace
}  // namespace cairn::plan
