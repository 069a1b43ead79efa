// SPDX-License-Identifier: Apache-2.0
// Pipelines made to hurt: deep, wide, long, exploding and doubling ones. Each ends with the result
// or with a clear error, in bounded memory, which is measured.
#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <string>

#include "tests/query/fixture.h"

namespace cairn {
namespace {

using Codes = std::set<ErrorCode>;

// A stage, an evaluation and a result may hold 100 MB each, some of it twice while it moves; the
// rest is the store and what the allocator keeps.
constexpr int64_t kMegabytesMax = 700;
// How long a pipeline may run before it is stopped, and what stopping may take on a busy machine.
constexpr int64_t kTimeMs = 1'000;
constexpr std::chrono::seconds kPatience{60};

const Codes kDone = {ErrorCode::kOk};
const Codes kTooMuch = {ErrorCode::kExceededMemoryLimit, ErrorCode::kBSONObjectTooLarge,
                        ErrorCode::kMaxTimeMSExpired};
const Codes kTooLong = {ErrorCode::kMaxTimeMSExpired};
const Codes kDoneOrTooLong = {ErrorCode::kOk, ErrorCode::kMaxTimeMSExpired};

std::string Repeat(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += (i == 0 ? "" : ",") + text;
  return all;
}

// `inner` within `levels` of `before` and `after`.
std::string Nested(const std::string& before, const std::string& inner, const std::string& after,
                   int levels) {
  std::string text = inner;
  for (int i = 0; i < levels; ++i) text = before + text + after;
  return text;
}

std::string Project(const std::string& expression) {
  return R"([{"$project":{"_id":1,"r":)" + expression + "}}]";
}
// The size of an array, so that only its making counts.
std::string Size(const std::string& array) { return Project(R"({"$size":)" + array + "}"); }
// `in` over and over, beginning with `initial`.
std::string Reduce(int times, const std::string& initial, const std::string& in) {
  return Project(R"({"$type":{"$reduce":{"input":{"$range":[0,)" + std::to_string(times) +
                 R"(]},"initialValue":)" + initial + R"(,"in":)" + in + "}}}");
}

class HostilePipelines : public InMemory {
 protected:
  HostilePipelines() {
    few_ = Get("few");
    Fill(&*few_, 3, [](int i) { return R"("a":[1,2],"n":)" + std::to_string(i); });
    // 4,000 rows of 2 KB, among them a million numbers.
    rows_ = Get("rows");
    std::string numbers = "0";
    for (int i = 1; i < 250; ++i) numbers += "," + std::to_string(i);
    Fill(&*rows_, 4'000, [&numbers](int i) {
      return R"("n":)" + std::to_string(i) + R"(,"next":)" + std::to_string((i * 7 + 1) % 4'000) +
             R"(,"pad":")" + std::string(1'000, 'p') + R"(","list":[)" + numbers + "]";
    });
    bson::Builder text;
    text.AppendInt32("_id", 1).AppendString("s", std::string(size_t{1} << 20, 'a'));
    text.AppendString("t", std::string(size_t{1} << 20, 'b'));
    text_ = Get("text");
    Must(text_->InsertOne(text.Finish()));
  }

  // The peak of this process's memory since `ForgetPeak`, in megabytes, or 0 where /proc is not.
  static int64_t PeakMegabytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) / 1024;
    }
    return 0;
  }
  static void ForgetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

  static ErrorCode Outcome(const Collection& collection, const std::string& pipeline,
                           int64_t time_ms) {
    AggregateOptions options;
    options.max_time_ms = time_ms;
    const bson::Document stages = J("{\"p\":" + pipeline + "}");
    auto cursor = collection.Aggregate(stages["p"].AsView(), options);
    if (!cursor.ok()) return cursor.status().code();
    for (;;) {
      const Result<bool> more = cursor->Next();
      if (!more.ok()) return more.status().code();
      if (!*more) return ErrorCode::kOk;
    }
  }

  void Expect(const std::optional<Collection>& collection, const char* what,
              const std::string& pipeline, const Codes& codes) {
    ForgetPeak();
    const auto begin = std::chrono::steady_clock::now();
    const bool may_take_long = codes.contains(ErrorCode::kMaxTimeMSExpired);
    const ErrorCode code = Outcome(*collection, pipeline, may_take_long ? kTimeMs : 0);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << what << ": " << ErrorName(code) << ", " << took.count() << " s, peak "
              << PeakMegabytes() << " MB\n";
    EXPECT_TRUE(codes.contains(code)) << what << ": " << ErrorName(code);
    EXPECT_LT(took, kPatience) << what;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(PeakMegabytes(), kMegabytesMax) << what;
#endif
  }

  std::optional<Collection> few_;
  std::optional<Collection> rows_;
  std::optional<Collection> text_;
};

TEST_F(HostilePipelines, Long) {
  const auto stages = [](const std::string& stage, int count) {
    return "[" + Repeat(stage, count) + "]";
  };
  Expect(few_, "1,000 $set", stages(R"({"$set":{"b":1}})", 1'000), kDone);
  Expect(few_, "1,000 $sort", stages(R"({"$sort":{"b":1}})", 1'000), kDone);
  Expect(few_, "1,000 $match", stages(R"({"$match":{"a":1}})", 1'000), kDone);
  Expect(few_, "500 $sort and $match", stages(R"({"$sort":{"b":1}},{"$match":{"a":1}})", 500),
         kDone);
  Expect(few_, "1,000 $group", stages(R"({"$group":{"_id":"$_id","a":{"$first":"$a"}}})", 1'000),
         kDone);
  Expect(few_, "1,000 $unwind", stages(R"({"$unwind":"$a"})", 1'000), kDone);
  Expect(few_, "1,001 stages", stages(R"({"$limit":1})", 1'001), {ErrorCode::kLocation7749501});
  Expect(few_, "1,001 stages in $facet",
         R"([{"$facet":{"a":)" + stages(R"({"$limit":1})", 1'001) + "}}]",
         {ErrorCode::kLocation7749501});
  Expect(rows_, "1,000 $lookup of a row each",
         R"([{"$limit":1},{"$project":{"n":1}},)" +
             Repeat(R"({"$lookup":{"from":"few","localField":"n","foreignField":"_id","as":"x"}})",
                    998) +
             "]",
         kDone);
}

TEST_F(HostilePipelines, Deep) {
  Expect(few_, "$facet in $facet", R"([{"$facet":{"a":[{"$facet":{"a":[]}}]}}])",
         {ErrorCode::kLocation40600});
  Expect(few_, "$lookup 21 levels",
         Nested(R"([{"$lookup":{"from":"few","as":"x","pipeline":)", "[]", "}}]", 21),
         {ErrorCode::kMaxSubPipelineDepthExceeded});
  Expect(few_, "$unionWith 21 levels",
         Nested(R"([{"$unionWith":{"coll":"few","pipeline":)", "[]", "}}]", 21),
         {ErrorCode::kMaxSubPipelineDepthExceeded});
  Expect(few_, "90 levels of $abs", Project(Nested(R"({"$abs":)", "1", "}", 90)), kDone);
  Expect(few_, "20 levels of $switch",
         Project(Nested(R"({"$switch":{"branches":[{"case":true,"then":)", R"("$n")", "}]}}", 20)),
         kDone);
  // More levels than JSON may have: a program can pass them.
  for (const char* name : {"$abs", "$not", "$toString", "a"}) {
    bson::Document value = bson::Builder().AppendInt32("$abs", 1).Finish();
    for (int i = 0; i < 2'000; ++i) value = bson::Builder().AppendDocument(name, value).Finish();
    bson::Builder pipeline;
    pipeline.OpenDocument("0").OpenDocument("$project").AppendDocument("r", value);
    const bson::Document stages = pipeline.Close().Close().Finish();
    EXPECT_FALSE(few_->Aggregate(stages).ok()) << name;
  }
}

TEST_F(HostilePipelines, Wide) {
  Expect(few_, "$or of 20,000",
         R"([{"$match":{"$or":[)" + Repeat(R"({"n":{"$gt":5}})", 20'000) + "]}}]", kDone);
  Expect(few_, "$or of 20,000 expressions",
         Project(R"({"$or":[)" + Repeat(R"({"$gt":["$n",5]})", 20'000) + "]}"), kDone);
  Expect(few_, "$switch of 20,000",
         Project(R"({"$switch":{"branches":[)" +
                 Repeat(R"({"case":{"$gt":["$n",5]},"then":1})", 20'000) + R"(],"default":0}})"),
         kDone);
  std::string fields, boundaries, facets;
  for (int i = 0; i < 20'000; ++i) {
    fields += (i == 0 ? "\"f" : ",\"f") + std::to_string(i) + R"(":"$n")";
    boundaries += (i == 0 ? "" : ",") + std::to_string(i);
  }
  for (int i = 0; i < 500; ++i) {
    facets += (i == 0 ? "\"f" : ",\"f") + std::to_string(i) + R"(":[{"$match":{"n":1}}])";
  }
  Expect(few_, "20,000 fields", R"([{"$project":{)" + fields + "}}]", kDone);
  Expect(few_, "20,000 groups' fields", R"([{"$group":{"_id":{)" + fields + "}}}]", kDone);
  Expect(rows_, "20,000 boundaries",
         R"([{"$bucket":{"groupBy":"$n","boundaries":[)" + boundaries + "]}}]", kDone);
  Expect(rows_, "$facet of 500", R"([{"$facet":{)" + facets + "}}]", kDoneOrTooLong);
  Expect(rows_, "20,000 quantiles",
         R"([{"$group":{"_id":null,"r":{"$percentile":{"input":"$n","method":"approximate","p":[)" +
             Repeat("0.5", 20'000) + "]}}}}]",
         kDone);
}

TEST_F(HostilePipelines, Exploding) {
  const std::string unwinds = R"({"$set":{"a":"$list","b":"$list","c":"$list","d":"$list"}},
      {"$unwind":"$a"},{"$unwind":"$b"},{"$unwind":"$c"},{"$unwind":"$d"})";
  Expect(rows_, "$unwind and $limit", "[" + unwinds + R"(,{"$limit":1000}])", kDone);
  Expect(rows_, "$unwind and $count", "[" + unwinds + R"(,{"$count":"n"}])", kTooLong);
  // A store in memory has no disk to go on on.
  Expect(rows_, "$unwind and $sort", "[" + unwinds + R"(,{"$sort":{"d":1,"a":-1}}])",
         {ErrorCode::kQueryExceededMemoryLimitNoDiskUseAllowed, ErrorCode::kMaxTimeMSExpired});
  Expect(rows_, "$lookup on itself", R"([{"$lookup":{"from":"rows","pipeline":[],"as":"x"}}])",
         kTooMuch);
  Expect(few_, "$lookup on itself, 10 levels",
         Nested(R"([{"$lookup":{"from":"few","as":"x","pipeline":)", "[]", "}}]", 10), kDone);
  Expect(few_, "$unionWith itself, 18 levels",
         Nested(R"([{"$unionWith":{"coll":"few","pipeline":)", "[]",
                R"(}},{"$unionWith":{"coll":"few"}}])", 18),
         kDoneOrTooLong);
  Expect(rows_, "$graphLookup in a circle",
         R"([{"$limit":3},{"$graphLookup":{"from":"rows","startWith":"$next","as":"x",
             "connectFromField":"next","connectToField":"n"}},{"$project":{"x":{"$size":"$x"}}}])",
         {ErrorCode::kOk, ErrorCode::kExceededMemoryLimit, ErrorCode::kBSONObjectTooLarge,
          ErrorCode::kMaxTimeMSExpired});
  Expect(few_, "$densify of small steps",
         R"([{"$densify":{"field":"n","range":{"step":1e-12,"bounds":"full"}}}])",
         {ErrorCode::kLocation5897900, ErrorCode::kMaxTimeMSExpired});
  Expect(few_, "$densify that stands still",
         R"([{"$densify":{"field":"n","range":{"step":1e-300,"bounds":[1,2]}}}])",
         {ErrorCode::kLocation5897900, ErrorCode::kMaxTimeMSExpired});
}

TEST_F(HostilePipelines, Gathering) {
  const std::string twice = R"({"$set":{"copy":["$list","$list","$list"]}})";
  const auto group = [&](const std::string& accumulator) {
    return "[" + twice + R"(,{"$set":{"x":[1,2,3,4,5,6,7,8]}},{"$unwind":"$x"},
        {"$group":{"_id":null,"r":)" +
           accumulator + "}}]";
  };
  Codes gathered = kTooMuch;
  gathered.insert(ErrorCode::kQueryExceededMemoryLimitNoDiskUseAllowed);
  Expect(rows_, "$push of everything", group(R"({"$push":"$$ROOT"})"), gathered);
  Expect(rows_, "$addToSet of everything", group(R"({"$addToSet":{"x":"$x","r":"$$ROOT"}})"),
         gathered);
  Expect(rows_, "$firstN of everything",
         group(R"({"$firstN":{"n":{"$numberLong":"9223372036854775807"},"input":"$$ROOT"}})"),
         gathered);
  Expect(rows_, "$topN of everything",
         group(R"({"$topN":{"n":1000000000,"sortBy":{"n":-1},"output":"$$ROOT"}})"), gathered);
  Expect(rows_, "$concatArrays of everything", group(R"({"$concatArrays":"$copy"})"), gathered);
  Expect(
      rows_, "$bucketAuto of many",
      R"([{"$unwind":"$list"},{"$bucketAuto":{"groupBy":{"$concat":[{"$toString":"$list"}," ",{"$toString":"$n"}]},
             "buckets":2147483647,"output":{"r":{"$push":"$$ROOT"}}}}])",
      gathered);
  Expect(rows_, "$sample of many", R"([{"$unwind":"$list"},{"$sample":{"size":2000000000}}])",
         gathered);
  Expect(rows_, "$facet of everything",
         "[" + twice + R"(,{"$facet":{"a":[{"$match":{}}],"b":[],"c":[]}}])",
         {ErrorCode::kLocation4031700, ErrorCode::kMaxTimeMSExpired});
  Expect(rows_, "windows of everything",
         R"([{"$setWindowFields":{"sortBy":{"n":1},"output":{"r":{"$push":"$list"}}}}])", gathered);
}

TEST_F(HostilePipelines, Growing) {
  Expect(few_, "a large $range", Size(R"({"$range":[0,2147483647]})"), kTooMuch);
  Expect(few_, "large $range values of documents",
         Size(R"({"$range":[{"$multiply":["$n",0]},2147483647]})"), kTooMuch);
  Expect(few_, "$concatArrays doubles",
         Reduce(60, "[1]", R"({"$concatArrays":["$$value","$$value"]})"), kTooMuch);
  Expect(few_, "$concat doubles", Reduce(60, R"("x")", R"({"$concat":["$$value","$$value"]})"),
         kTooMuch);
  Expect(few_, "arrays double", Reduce(60, "[1]", R"(["$$value","$$value"])"), kTooMuch);
  Expect(few_, "objects double", Reduce(60, "{}", R"({"a":"$$value","b":"$$value"})"), kTooMuch);
  Expect(few_, "$setUnion grows",
         Reduce(100'000, "[]", R"({"$setUnion":["$$value",[{"$toString":"$$this"}]]})"), kTooMuch);
  Expect(
      few_, "$mergeObjects grows",
      Reduce(100'000, "{}",
             R"({"$mergeObjects":["$$value",{"$arrayToObject":[[[{"$toString":"$$this"},1]]]}]})"),
      kTooMuch);
  Expect(few_, "$map in $map",
         Size(R"({"$map":{"input":{"$range":[0,100000]},"as":"x","in":{"$map":{"input":
             {"$range":[0,100000]},"as":"y","in":{"$add":["$$x","$$y"]}}}}})"),
         kTooMuch);
  Expect(few_, "$zip of many",
         Size(R"({"$zip":{"inputs":[)" + Repeat(R"({"$range":[0,50000]})", 200) + "]}}"), kTooMuch);
  Expect(few_, "$zip of one long",
         Size(R"({"$zip":{"useLongestLength":true,"inputs":[{"$range":[0,1000000]})" +
              std::string(",") + Repeat("[]", 2'000) + "]}}"),
         kTooMuch);
}

TEST_F(HostilePipelines, LongTexts) {
  Expect(
      text_, "$replaceAll grows",
      Project(R"({"$strLenBytes":{"$replaceAll":{"input":"$s","find":"a","replacement":"$t"}}})"),
      kTooMuch);
  Expect(text_, "$regexFindAll of each",
         Size(R"({"$regexFindAll":{"input":"$s","regex":"(a)(a)?"}})"), kDone);
  Expect(text_, "$split into each", Size(R"({"$split":["$s","a"]})"), kDone);
  Expect(text_, "$trim with many",
         Project(R"({"$strLenBytes":{"$trim":{"input":"$s","chars":"$t"}}})"), kDoneOrTooLong);
  Expect(
      text_, "$indexOfCP again and again",
      Size(R"({"$map":{"input":{"$range":[0,1000000]},"in":{"$indexOfCP":["$s","b","$$this"]}}})"),
      kTooMuch);
  Expect(
      text_, "$dateToString of a long format",
      Project(
          R"({"$strLenBytes":{"$dateToString":{"date":{"$toDate":{"$numberLong":"0"}},"format":{"$replaceAll":
             {"input":"$s","find":"a","replacement":"%Y%B"}}}}})"),
      {ErrorCode::kOk, ErrorCode::kExceededMemoryLimit, ErrorCode::kMaxTimeMSExpired});
  // Doubles a document of 1 KB 40 times.
  Expect(few_, "stages double",
         R"([{"$set":{"x":")" + std::string(1'000, 'x') + R"("}},)" +
             Repeat(R"({"$set":{"y":["$x","$x"]}},{"$set":{"x":"$y"}})", 40) + "]",
         kTooMuch);
}

}  // namespace
}  // namespace cairn
