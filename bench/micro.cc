// SPDX-License-Identifier: Apache-2.0
// Formats and keys, one operation each; libbson beside them where it does the same.
#include <benchmark/benchmark.h>
#include <bson/bson.h>

#include "bench/sample_documents.h"
#include "cairn/json.h"
#include "engine/key/encoding.h"
#include "query/match/matcher.h"

namespace cairn::bench {
namespace {

void BsonBuild(benchmark::State& state) {
  int64_t id = 0;
  int64_t bytes = 0;
  for (auto _ : state) {
    const bson::Document document = SampleDocument(id++);
    benchmark::DoNotOptimize(document.bytes().data());
    bytes += static_cast<int64_t>(document.size());
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(BsonBuild);

void BsonValidate(benchmark::State& state) {
  const bson::Document document = SampleDocument(1);
  for (auto _ : state) benchmark::DoNotOptimize(bson::Validate(document.bytes()).ok());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(document.size()));
}
BENCHMARK(BsonValidate);

void LibbsonValidate(benchmark::State& state) {
  const bson::Document document = SampleDocument(1);
  bson_t view;
  if (!bson_init_static(&view, reinterpret_cast<const uint8_t*>(document.bytes().data()),
                        document.size())) {
    return state.SkipWithError("libbson refuses the document");
  }
  for (auto _ : state) benchmark::DoNotOptimize(bson_validate(&view, BSON_VALIDATE_UTF8, nullptr));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(document.size()));
}
BENCHMARK(LibbsonValidate);

void BsonFindField(benchmark::State& state) {
  const bson::Document document = SampleDocument(1);
  for (auto _ : state) {
    benchmark::ClobberMemory();
    benchmark::DoNotOptimize(document["age"].AsInt32() > 30);
  }
}
BENCHMARK(BsonFindField);

void LibbsonFindField(benchmark::State& state) {
  const bson::Document document = SampleDocument(1);
  for (auto _ : state) {
    bson_t view;
    bson_iter_t it;
    benchmark::ClobberMemory();
    const bool found =
        bson_init_static(&view, reinterpret_cast<const uint8_t*>(document.bytes().data()),
                         document.size()) &&
        bson_iter_init_find(&it, &view, "age");
    benchmark::DoNotOptimize(found && bson_iter_int32(&it) > 30);
  }
}
BENCHMARK(LibbsonFindField);

// The bar: at least twice as fast as LibbsonFindField.
void FilterMatches(benchmark::State& state) {
  const bson::Document document = SampleDocument(1);
  const auto matcher = match::Matcher::Parse(json::Parse(R"({"age":{"$gt":30}})").value());
  for (auto _ : state) {
    benchmark::ClobberMemory();
    benchmark::DoNotOptimize(*matcher->Matches(document));
  }
}
BENCHMARK(FilterMatches);

void JsonWrite(benchmark::State& state) {
  const bson::Document document = SampleDocument(1);
  std::string text;
  for (auto _ : state) {
    text.clear();
    json::Write(document, json::Format::kRelaxed, &text);
    benchmark::DoNotOptimize(text.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(JsonWrite);

void JsonParse(benchmark::State& state) {
  const std::string text = json::ToJson(SampleDocument(1));
  for (auto _ : state) benchmark::DoNotOptimize(json::Parse(text).ok());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(JsonParse);

void LibbsonJsonParse(benchmark::State& state) {
  const std::string text = json::ToJson(SampleDocument(1));
  for (auto _ : state) {
    bson_t parsed;
    bson_error_t error;
    if (!bson_init_from_json(&parsed, text.data(), static_cast<ssize_t>(text.size()), &error)) {
      return state.SkipWithError("libbson refuses the text");
    }
    bson_destroy(&parsed);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(LibbsonJsonParse);

void Compare(benchmark::State& state) {
  const bson::Document a = SampleDocument(1);
  const bson::Document b = SampleDocument(1);
  for (auto _ : state) benchmark::DoNotOptimize(bson::Compare(a.view(), b.view()));
}
BENCHMARK(Compare);

void KeyEncode(benchmark::State& state, const char* field) {
  const bson::Document document = SampleDocument(1);
  std::string key;
  for (auto _ : state) {
    key.clear();
    key::AppendValue(document[field], key::Direction::kAscending, &key);
    benchmark::DoNotOptimize(key.data());
  }
}
BENCHMARK_CAPTURE(KeyEncode, Int64, "_id");
BENCHMARK_CAPTURE(KeyEncode, Double, "score");
BENCHMARK_CAPTURE(KeyEncode, String, "email");
BENCHMARK_CAPTURE(KeyEncode, Document, "address");

}  // namespace
}  // namespace cairn::bench

BENCHMARK_MAIN();
