// SPDX-License-Identifier: Apache-2.0
// Pipelines over real data (../shared/data), against answers that are computed here in plain C++.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "engine/bson/number.h"
#include "tests/query/fixture.h"
#include "tests/source_directory.h"

namespace cairn {
namespace {

class StageData : public InMemory {
 protected:
  // The documents of a file, also inserted into a collection of that name; empty when it is absent.
  std::vector<bson::Document> Load(const std::string& file) {
    const std::filesystem::path path = SharedFile("data/" + file + ".json");
    std::vector<bson::Document> documents;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
      if (!line.empty()) documents.push_back(Must(json::Parse(line, {.special_numbers = true})));
    }
    std::vector<bson::View> views(documents.begin(), documents.end());
    if (!views.empty()) {
      EXPECT_TRUE(Get(file).InsertMany(views).ok());
    }
    return documents;
  }
  std::vector<bson::Document> Run(const std::string& collection, const std::string& pipeline) {
    const bson::Document stages = J(R"({"p":)" + pipeline + "}");
    auto cursor = Get(collection).Aggregate(stages["p"].AsView());
    EXPECT_TRUE(cursor.ok()) << cursor.status().ToString();
    std::vector<bson::Document> result;
    while (cursor.ok()) {
      const auto more = cursor->Next();
      EXPECT_TRUE(more.ok()) << more.status().ToString();
      if (!more.ok() || !*more) break;
      result.emplace_back(cursor->document());
    }
    return result;
  }
  static double Number(bson::Value value) { return bson::ToDouble(bson::Number::From(value)); }
};

#define CAIRN_LOAD(name, file)                         \
  const std::vector<bson::Document> name = Load(file); \
  if (name.empty()) GTEST_SKIP() << "LEFT OUT: ../shared/data/" file ".json is not there"

TEST_F(StageData, AccountsHaveTheirCustomers) {
  CAIRN_LOAD(accounts, "analytics_accounts");
  CAIRN_LOAD(customers, "analytics_customers");
  std::map<double, std::multiset<std::string>> expected;
  for (const bson::Document& customer : customers) {
    std::set<double> own;
    for (const bson::Element& account : customer["accounts"].AsView()) {
      own.insert(Number(account.value));
    }
    for (double account : own) {
      expected[account].insert(std::string(customer["username"].AsString()));
    }
  }
  IndexModel index;
  index.keys = J(R"({"accounts":1})");
  ASSERT_TRUE(Get("analytics_customers").CreateIndexes({&index, 1}).ok());
  const auto joined = Run("analytics_accounts", R"([{"$lookup": {"from": "analytics_customers",
      "localField": "account_id", "foreignField": "accounts", "as": "customers"}}])");
  ASSERT_EQ(joined.size(), accounts.size());
  for (const bson::Document& account : joined) {
    std::multiset<std::string> names;
    for (const bson::Element& customer : account["customers"].AsView()) {
      names.insert(std::string(customer.value.AsView()["username"].AsString()));
    }
    EXPECT_EQ(names, expected[Number(account["account_id"])]);
  }
}

TEST_F(StageData, HistogramOfLimits) {
  CAIRN_LOAD(accounts, "analytics_accounts");
  std::vector<double> limits;
  for (const bson::Document& account : accounts) limits.push_back(Number(account["limit"]));
  std::sort(limits.begin(), limits.end());
  const auto buckets =
      Run("analytics_accounts", R"([{"$bucketAuto": {"groupBy": "$limit", "buckets": 5}}])");
  ASSERT_FALSE(buckets.empty());
  ASSERT_LE(buckets.size(), 5U);
  double counted = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    const double min = Number(buckets[i]["_id"].AsView()["min"]);
    const double max = Number(buckets[i]["_id"].AsView()["max"]);
    const bool last = i + 1 == buckets.size();
    const auto begin = std::lower_bound(limits.begin(), limits.end(), min);
    const auto end = last ? limits.end() : std::lower_bound(limits.begin(), limits.end(), max);
    EXPECT_EQ(Number(buckets[i]["count"]), static_cast<double>(end - begin)) << i;
    counted += Number(buckets[i]["count"]);
  }
  EXPECT_EQ(counted, static_cast<double>(accounts.size()));
}

TEST_F(StageData, RunningTotalsOfLimits) {
  CAIRN_LOAD(accounts, "analytics_accounts");
  std::vector<std::pair<double, double>> rows;
  for (const bson::Document& account : accounts) {
    rows.emplace_back(Number(account["account_id"]), Number(account["limit"]));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto given =
      Run("analytics_accounts", R"([{"$setWindowFields": {"sortBy": {"account_id": 1},
      "output": {
        "total": {"$sum": "$limit", "window": {"documents": ["unbounded", "current"]}},
        "near": {"$sum": "$limit", "window": {"documents": [-50, 10]}},
        "least": {"$min": "$limit", "window": {"documents": [-40, 40]}}}}}])");
  ASSERT_EQ(given.size(), rows.size());
  double total = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    total += rows[i].second;
    EXPECT_EQ(Number(given[i]["total"]), total) << i;
    double near = 0;
    double least = 1e300;
    for (size_t j = i < 50 ? 0 : i - 50; j < rows.size() && j <= i + 40; ++j) {
      if (j <= i + 10) near += rows[j].second;
      if (j + 40 >= i) least = std::min(least, rows[j].second);
    }
    EXPECT_EQ(Number(given[i]["near"]), near) << i;
    EXPECT_EQ(Number(given[i]["least"]), least) << i;
  }
}

TEST_F(StageData, AverageScoresOfStudentsAndClasses) {
  CAIRN_LOAD(grades, "grades");
  for (const std::string by : {"student_id", "class_id"}) {
    std::map<double, std::pair<double, int>> expected;  // sum and count
    for (const bson::Document& grade : grades) {
      for (const bson::Element& score : grade["scores"].AsView()) {
        auto& [sum, count] = expected[Number(grade[by])];
        sum += Number(score.value.AsView()["score"]);
        ++count;
      }
    }
    const auto given = Run("grades", R"([{"$unwind": "$scores"},
        {"$group": {"_id": "$)" + by + R"(", "mean": {"$avg": "$scores.score"}}}])");
    ASSERT_EQ(given.size(), expected.size());
    for (const bson::Document& group : given) {
      const auto& [sum, count] = expected[Number(group["_id"])];
      EXPECT_NEAR(Number(group["mean"]), sum / count, 1e-9) << by << Number(group["_id"]);
    }
  }
}

TEST_F(StageData, AirlinesByCountry) {
  CAIRN_LOAD(airlines, "airlines");
  std::map<std::string, double> expected;
  for (const bson::Document& airline : airlines) {
    const bson::Value country = airline["country"];
    if (country.type() == bson::Type::kString) ++expected[std::string(country.AsString())];
  }
  const std::string strings = R"([{"$match": {"country": {"$type": "string"}}}, )";
  std::map<std::string, double> grouped;
  for (const bson::Document& group :
       Run("airlines", strings + R"({"$group": {"_id": "$country", "n": {"$count": {}}}}])")) {
    grouped[std::string(group["_id"].AsString())] = Number(group["n"]);
  }
  EXPECT_EQ(grouped, expected);
  std::map<std::string, double> counted;
  for (const bson::Document& airline :
       Run("airlines", strings + R"({"$setWindowFields": {"partitionBy": "$country",
                                      "output": {"n": {"$count": {}}}}}])")) {
    const std::string country(airline["country"].AsString());
    ++counted[country];
    EXPECT_EQ(Number(airline["n"]), expected[country]) << country;
  }
  EXPECT_EQ(counted, expected);
}

}  // namespace
}  // namespace cairn
