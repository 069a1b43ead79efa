// SPDX-License-Identifier: Apache-2.0
// What it costs to choose a plan: for a shape that the plan cache knows, and for one that has only
// one plan. Nothing is read. The time of parsing the query stands beside it.
#include <benchmark/benchmark.h>

#include "cairn/json.h"
#include "engine/store/document_store.h"
#include "query/exec/execution.h"
#include "query/plan/cache.h"
#include "query/plan/partial_filter.h"
#include "query/plan/planner.h"

namespace cairn::bench {
namespace {

constexpr int kDocuments = 2000;

bson::Document J(const std::string& text) { return json::Parse(text).value(); }

// A collection with several indexes that a query may use.
class Planned {
 public:
  Planned() {
    kv::OpenOptions options;
    options.in_memory = true;
    store_ = store::DocumentStore::Open(options, plan::CompilePartialFilter).value();
    environment_ = {store_.get(), base::Clock::System(), 1 << 20, {}, &plans_, nullptr};
    std::vector<store::IndexDefinition> indexes;
    for (const char* keys :
         {R"({"a":1})", R"({"b":1})", R"({"a":1,"b":-1})", R"({"c":1,"a":1})", R"({"d":1})"}) {
      indexes.push_back({"", J(keys), false, {}});
    }
    store_->CreateIndexes("d", "c", indexes).value();
    store_
        ->Write(collection(),
                [](store::WriteTransaction& transaction) {
                  for (int id = 0; id < kDocuments; ++id) {
                    const std::string n = std::to_string(id);
                    const Status status = transaction.Insert(
                        J("{\"_id\":" + n + ",\"a\":" + std::to_string(id % 100) + ",\"b\":" + n +
                          ",\"c\":" + std::to_string(id % 7) + ",\"d\":1}"));
                    if (!status.ok()) return status;
                  }
                  return Status::Ok();
                })
        .value();
  }

  store::CollectionPtr collection() { return store_->FindCollection("d", "c"); }
  const exec::Environment& environment() const { return environment_; }

  static exec::Query Parse(const bson::Document& filter, const bson::Document& sort) {
    exec::Query query{match::Matcher::Parse(filter).value(),
                      plan::SortPattern::Parse(sort).value()};
    query.sort_source = sort;
    return query;
  }

 private:
  std::unique_ptr<store::DocumentStore> store_;
  plan::PlanCache plans_;
  exec::Environment environment_;
};

void QueryParse(benchmark::State& state, const char* filter_text, const char* sort_text) {
  const bson::Document filter = J(filter_text);
  const bson::Document sort = J(sort_text);
  for (auto _ : state) {
    const exec::Query query = Planned::Parse(filter, sort);
    benchmark::DoNotOptimize(&query);
  }
}

void QueryParseAndPlan(benchmark::State& state, const char* filter_text, const char* sort_text,
                       bool cached) {
  Planned planned;
  const bson::Document filter = J(filter_text);
  const bson::Document sort = J(sort_text);
  for (int i = 0; i < 3; ++i) {
    auto execution = exec::Execution::Open(planned.environment(), planned.collection(),
                                           Planned::Parse(filter, sort));
    if ((*execution)->from_cache() != cached && i == 2) {
      return state.SkipWithError("the plan does not come from where it should");
    }
  }
  for (auto _ : state) {
    auto execution = exec::Execution::Open(planned.environment(), planned.collection(),
                                           Planned::Parse(filter, sort));
    benchmark::DoNotOptimize(execution->get());
  }
}

constexpr const char* kOne = R"({"a":5,"b":{"$gt":100}})";
constexpr const char* kOneSort = R"({"b":-1})";
constexpr const char* kTwo = R"({"$or":[{"a":5},{"b":7}],"c":{"$in":[1,2,3]}})";
constexpr const char* kNone = "{}";
constexpr const char* kSingle = R"({"d":1})";

BENCHMARK_CAPTURE(QueryParse, EqualityRangeSort, kOne, kOneSort);
BENCHMARK_CAPTURE(QueryParseAndPlan, EqualityRangeSort, kOne, kOneSort, true);
BENCHMARK_CAPTURE(QueryParse, Disjunction, kTwo, kNone);
BENCHMARK_CAPTURE(QueryParseAndPlan, Disjunction, kTwo, kNone, true);
BENCHMARK_CAPTURE(QueryParse, OneIndex, kSingle, kNone);
BENCHMARK_CAPTURE(QueryParseAndPlan, OneIndex, kSingle, kNone, false);

}  // namespace
}  // namespace cairn::bench
