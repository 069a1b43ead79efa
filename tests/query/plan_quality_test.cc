// SPDX-License-Identifier: Apache-2.0
// Whether the plan that wins the trial is a good one: 200 mixed queries over skewed data, where
// each possible plan is run to its end and the keys and documents that it examines are counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <random>

#include "cairn/json.h"
#include "engine/store/document_store.h"
#include "query/exec/execution.h"
#include "query/plan/partial_filter.h"
#include "query/plan/planner.h"

namespace cairn {
namespace {

constexpr int kDocuments = 3000;
constexpr int kQueries = 200;
constexpr double kCostRatioMax = 2;
// A trial cannot tell plans apart that are over after so little.
constexpr uint64_t kNegligible = 20;

bson::Document J(const std::string& text) {
  auto document = json::Parse(text);
  EXPECT_TRUE(document.ok()) << text << ": " << document.status().ToString();
  return std::move(document).value();
}

struct Asked {
  std::string filter;
  std::string sort = "{}";
  int limit = 0;
  std::string ToString() const {
    return filter + " sort " + sort + " limit " + std::to_string(limit);
  }
};

class PlanQuality : public testing::Test {
 protected:
  PlanQuality() {
    kv::OpenOptions options;
    options.in_memory = true;
    store_ = store::DocumentStore::Open(options, plan::CompilePartialFilter).value();
    environment_ = {store_.get(), base::Clock::System(), 1 << 20, {}, nullptr, nullptr};
    std::vector<store::IndexDefinition> indexes;
    for (const char* keys :
         {R"({"z":1})", R"({"s":1})", R"({"s":1,"t":-1})", R"({"t":1})", R"({"g":1,"z":1})",
          R"({"u":1})", R"({"tags":1})", R"({"z":1,"t":1})"}) {
      indexes.push_back({"", J(keys), false, {}});
    }
    EXPECT_TRUE(store_->CreateIndexes("d", "c", indexes).ok());
    for (int id = 0; id < kDocuments; id += 100) Insert(id, id + 100);
  }

  uint64_t Below(uint64_t n) { return random_() % n; }
  // Small numbers are far more frequent than large ones.
  uint64_t Skewed(uint64_t n) {
    const double uniform = static_cast<double>(Below(1 << 30)) / (1 << 30);
    return static_cast<uint64_t>(std::pow(uniform, 4) * static_cast<double>(n));
  }

  void Insert(int from, int to) {
    const auto commit = store_->Write(collection(), [&](store::WriteTransaction& transaction) {
      for (int id = from; id < to; ++id) {
        // What is open is recent.
        const bool recent = id > kDocuments * 9 / 10;
        const char* status = recent && Below(3) == 0 ? "open" : Below(80) == 0 ? "failed" : "done";
        const Status status_of = transaction.Insert(J(
            "{\"_id\":" + std::to_string(id) + ",\"u\":" + std::to_string(Below(kDocuments)) +
            ",\"z\":" + std::to_string(Skewed(1000)) + ",\"s\":\"" + status +
            "\",\"t\":" + std::to_string(id) + ",\"g\":" + std::to_string(Below(20)) +
            ",\"tags\":[" + std::to_string(Skewed(50)) + "," + std::to_string(Skewed(50)) + "]}"));
        if (!status_of.ok()) return status_of;
      }
      return Status::Ok();
    });
    ASSERT_TRUE(commit.ok()) << commit.status().ToString();
  }

  store::CollectionPtr collection() { return store_->FindCollection("d", "c"); }

  std::string Predicate() {
    const auto number = [](uint64_t n) { return std::to_string(n); };
    switch (Below(9)) {
      case 0:
        return "\"z\":" + number(Skewed(1000));
      case 1:
        return "\"z\":{\"$gte\":" + number(Skewed(1000)) + "}";
      case 2:
        return std::string("\"s\":\"") +
               (Below(2) == 0 ? "open"
                : Below(2)    ? "done"
                              : "failed") +
               "\"";
      case 3: {
        const uint64_t low = Below(kDocuments);
        return "\"t\":{\"$gte\":" + number(low) + ",\"$lt\":" + number(low + Skewed(10'000)) + "}";
      }
      case 4:
        return "\"g\":" + number(Below(20));
      case 5:
        return "\"u\":{\"$lt\":" + number(Skewed(kDocuments)) + "}";
      case 6:
        return "\"tags\":" + number(Skewed(50));
      case 7:
        return "\"z\":{\"$in\":[" + number(Skewed(1000)) + "," + number(Skewed(1000)) + "," +
               number(Skewed(1000)) + "]}";
      default:
        return "\"g\":{\"$in\":[" + number(Below(20)) + "," + number(Below(20)) + "]}";
    }
  }

  Asked Ask() {
    Asked asked;
    asked.filter = "{\"$and\":[";
    for (uint64_t i = 1 + Below(3); i > 0; --i) {
      asked.filter += "{" + Predicate() + "}";
      if (i > 1) asked.filter += ",";
    }
    asked.filter += "]}";
    if (Below(6) == 0) {
      asked.filter = "{\"$or\":[" + asked.filter + ",{" + Predicate() + "}]}";
    }
    static constexpr const char* kSorts[] = {R"({"t":1})", R"({"t":-1})", R"({"z":1,"t":1})",
                                             R"({"u":1})", R"({"g":1,"z":1})"};
    if (Below(2) == 0) asked.sort = kSorts[Below(5)];
    if (Below(2) == 0) asked.limit = Below(2) == 0 ? 10 : 50;
    return asked;
  }

  static exec::Query QueryOf(const Asked& asked) {
    exec::Query query{match::Matcher::Parse(J(asked.filter)).value(),
                      plan::SortPattern::Parse(J(asked.sort)).value(), std::nullopt};
    query.sort_source = J(asked.sort);
    query.limit = static_cast<uint64_t>(asked.limit);
    return query;
  }

  // What a plan examines when it runs to the end of the query.
  uint64_t CostOf(const exec::Query& query, const plan::Plan& plan) {
    base::Deadline deadline(environment_.clock, 0, {});
    exec::Query own = QueryOf({json::ToJson(bson::Document(query.filter.source())),
                               json::ToJson(query.sort_source), static_cast<int>(query.limit)});
    own.deadline = &deadline;
    exec::Candidate candidate(environment_, collection(), &own, plan);
    candidate.Win();
    for (uint64_t rows = 0; query.limit == 0 || rows < query.limit; ++rows) {
      const auto more = candidate.Next();
      EXPECT_TRUE(more.ok()) << more.status().ToString();
      if (!more.ok() || !*more) break;
    }
    return candidate.works();
  }

  std::vector<plan::Plan> PlansOf(const exec::Query& query) {
    const auto where = collection();
    const plan::Request request{*where, query.filter, query.sort, bson::Value()};
    return plan::MakePlans(request).value();
  }

  std::mt19937_64 random_{20240607};
  std::unique_ptr<store::DocumentStore> store_;
  exec::Environment environment_;
};

TEST_F(PlanQuality, TheChosenPlanCostsAtMostTwiceTheBest) {
  double worst = 1;
  double sum = 0;
  int with_choice = 0;
  for (int i = 0; i < kQueries; ++i) {
    const Asked asked = Ask();
    const exec::Query query = QueryOf(asked);
    const std::vector<plan::Plan> plans = PlansOf(query);
    uint64_t best = UINT64_MAX;
    std::string best_plan;
    std::string all;
    for (const plan::Plan& plan : plans) {
      const uint64_t cost = CostOf(query, plan);
      all += "\n  " + plan::Summary(plan) + (plan.needs_sort ? " sort" : "") + ": " +
             std::to_string(cost);
      if (cost < best) {
        best = cost;
        best_plan = plan::Summary(plan);
      }
    }
    auto execution = exec::Execution::Open(environment_, collection(), QueryOf(asked));
    ASSERT_TRUE(execution.ok());
    while ((*execution)->Next().value()) {
    }
    const uint64_t chosen = (*execution)->active()->works();
    const double ratio = static_cast<double>(std::max(chosen, kNegligible)) /
                         static_cast<double>(std::max(best, kNegligible));
    with_choice += plans.size() > 1 ? 1 : 0;
    worst = std::max(worst, ratio);
    sum += ratio;
    EXPECT_LE(ratio, kCostRatioMax)
        << asked.ToString() << "\nchosen " << plan::Summary((*execution)->plan()) << " " << chosen
        << ", best " << best_plan << " " << best << all;
  }
  EXPECT_GT(with_choice, kQueries / 2);
  std::cout << kQueries << " queries, " << with_choice << " with several plans; cost over best: "
            << "worst " << worst << ", mean " << sum / kQueries << "\n";
}

}  // namespace
}  // namespace cairn
