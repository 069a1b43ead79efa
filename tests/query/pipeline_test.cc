// SPDX-License-Identifier: Apache-2.0
// Pipelines that run: pauses between documents, limits of time and memory, and stages that
// go on on disk.
#include <chrono>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "tests/query/fixture.h"

namespace cairn {
namespace {

// {"p": [stages]}; the pipeline is its field.
Result<Cursor> RunStages(const Collection& collection, const std::string& stages,
                         const AggregateOptions& options = {}) {
  const bson::Document pipeline = J("{\"p\":" + stages + "}");
  return collection.Aggregate(pipeline["p"].AsView(), options);
}

// The code that a pipeline ends with, kOk after `*documents` documents.
ErrorCode Outcome(Result<Cursor> cursor, int64_t* documents = nullptr) {
  if (!cursor.ok()) return cursor.status().code();
  for (int64_t count = 0;; ++count) {
    const Result<bool> more = cursor->Next();
    if (!more.ok()) return more.status().code();
    if (!*more) {
      if (documents != nullptr) *documents = count;
      return ErrorCode::kOk;
    }
  }
}

int64_t MsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start)
      .count();
}

class PipelineTest : public InMemory {
 protected:
  // One document whose $unwind by a, b, c and d gives 100 million.
  Collection Exploding() {
    Collection c = Get("exploding");
    std::string numbers = "0";
    for (int i = 1; i < 100; ++i) numbers += "," + std::to_string(i);
    Fill(&c, 1, [&numbers](int) {
      std::string fields;
      for (const char* name : {"a", "b", "c", "d"}) {
        fields += std::string(fields.empty() ? "" : ",") + "\"" + name + "\":[" + numbers + "]";
      }
      return fields;
    });
    return c;
  }
};

constexpr char kExplode[] =
    R"({"$unwind":"$a"},{"$unwind":"$b"},{"$unwind":"$c"},{"$unwind":"$d"},)";

TEST_F(PipelineTest, PausesAfterEachDocument) {
  Collection c = Get("c");
  Fill(&c, 60, [](int i) { return "\"k\":" + std::to_string(i % 7) + ",\"t\":[1,2,3]"; });
  for (const char* stages :
       {"[]", R"([{"$match":{"k":3}}])", R"([{"$unwind":"$t"}])",
        R"([{"$unwind":{"path":"$t","includeArrayIndex":"i"}},{"$skip":4},{"$limit":50}])",
        R"([{"$unwind":"$t"},{"$set":{"u":{"$add":["$t","$k"]}}},{"$match":{"u":{"$gt":4}}}])",
        R"([{"$group":{"_id":"$k","n":{"$sum":1}}},{"$sort":{"_id":1}}])",
        R"([{"$sort":{"k":1,"_id":1}},{"$limit":9}])",
        R"([{"$facet":{"a":[{"$count":"n"}],"b":[{"$limit":2}]}}])"}) {
    std::vector<std::string> whole, paused;
    Cursor cursor = Must(RunStages(c, stages));
    while (Must(cursor.Next())) whole.emplace_back(cursor.document().bytes());
    cursor = Must(RunStages(c, stages));
    while (Must(cursor.Next())) {
      paused.emplace_back(cursor.document().bytes());
      cursor.Pause();
    }
    EXPECT_EQ(paused, whole) << stages;
    EXPECT_FALSE(whole.empty());
  }
}

// Stages that take in all that kExplode makes before they give anything.
constexpr const char* kGreedyStages[] = {
    R"({"$count":"n"})",
    R"({"$group":{"_id":{"a":"$a","b":"$b","c":"$c","d":"$d"}}})",
    R"({"$group":{"_id":null,"all":{"$sum":"$d"}}})",
    R"({"$sort":{"d":-1,"c":1}})",
    R"({"$sortByCount":"$d"})",
    R"({"$bucketAuto":{"groupBy":"$d","buckets":3}})",
    R"({"$setWindowFields":{"sortBy":{"d":1},"output":{"n":{"$sum":"$a"}}}})",
    R"({"$facet":{"a":[{"$count":"n"}],"b":[{"$match":{"d":-1}}]}})",
};

TEST_F(PipelineTest, StopsWhenItsTimeIsUp) {
  Collection c = Exploding();
  AggregateOptions options;
  options.max_time_ms = 50;
  for (const char* greedy : kGreedyStages) {
    const std::string explode = kExplode + std::string(greedy);
    for (const std::string& stages :
         {"[" + explode + "]", R"([{"$facet":{"a":[)" + explode + "]}}]"}) {
      if (stages.find("$facet") != stages.rfind("$facet")) continue;  // None within another.
      const auto start = std::chrono::steady_clock::now();
      EXPECT_EQ(Outcome(RunStages(c, stages, options)), ErrorCode::kMaxTimeMSExpired) << stages;
      // Generous: other work may have the processor.
      EXPECT_LT(MsSince(start), 5'000) << stages;
    }
  }
}

TEST_F(PipelineTest, StopsWhenAskedTo) {
  Collection c = Exploding();
  for (const char* greedy : kGreedyStages) {
    std::stop_source stop;
    AggregateOptions options;
    options.stop = stop.get_token();
    std::jthread other([&stop] {
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      stop.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(Outcome(RunStages(c, "[" + (kExplode + std::string(greedy)) + "]", options)),
              ErrorCode::kInterrupted)
        << greedy;
    EXPECT_LT(MsSince(start), 5'000) << greedy;
  }
}

// Rows of 5 KB, 200 MB of them, by unwinding one document; the store is on disk.
class SpillTest : public testing::Test {
 protected:
  static constexpr int kSide = 200;

  SpillTest() : database_(Must(Database::Open(directory_.path() + "/store"))) {
    std::string numbers = "0";
    for (int i = 1; i < kSide; ++i) numbers += "," + std::to_string(i * 7 % kSide);
    const bson::Document document = J("{\"_id\":1,\"i\":[" + numbers + "],\"j\":[" + numbers +
                                      "],\"pad\":\"" + std::string(5'000, 'p') + "\"}");
    collection_.emplace(Must(database_->GetCollection("test", "c")));
    Must(collection_->InsertOne(document));
  }

  std::string Rows(const std::string& stages) const {
    return R"([{"$unwind":"$i"},{"$unwind":"$j"},)" + stages + "]";
  }
  void ExpectRefusedWithoutDisk(const std::string& stages) {
    AggregateOptions options;
    options.allow_disk_use = false;
    EXPECT_EQ(Outcome(RunStages(*collection_, Rows(stages), options)),
              ErrorCode::kQueryExceededMemoryLimitNoDiskUseAllowed);
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Database> database_;
  std::optional<Collection> collection_;
};

TEST_F(SpillTest, SortGoesOnOnDisk) {
  const std::string sort = R"({"$sort":{"j":1,"i":-1}})";
  Cursor cursor = Must(RunStages(*collection_, Rows(sort)));
  int rows = 0;
  for (; Must(cursor.Next()); ++rows) {
    ASSERT_EQ(cursor.document()["j"].AsInt32(), rows / kSide);
    ASSERT_EQ(cursor.document()["i"].AsInt32(), kSide - 1 - rows % kSide);
  }
  EXPECT_EQ(rows, kSide * kSide);
  ExpectRefusedWithoutDisk(sort);
}

TEST_F(SpillTest, GroupGoesOnOnDisk) {
  const std::string group =
      R"({"$group":{"_id":"$j","n":{"$sum":1},"last":{"$last":"$i"},"pads":{"$push":"$pad"}}})";
  Cursor cursor = Must(RunStages(*collection_, Rows(group)));
  std::set<int> ids;
  while (Must(cursor.Next())) {
    const bson::View document = cursor.document();
    ids.insert(document["_id"].AsInt32());
    ASSERT_EQ(document["n"].AsInt32(), kSide);
    ASSERT_EQ(document["last"].AsInt32(), (kSide - 1) * 7 % kSide);
    ASSERT_GT(document["pads"].AsView().size(), size_t{5'000} * kSide);
  }
  EXPECT_EQ(ids.size(), size_t{kSide});
  ExpectRefusedWithoutDisk(group);
}

TEST_F(SpillTest, FacetGoesOnOnDisk) {
  const std::string facet = R"({"$facet":{"a":[{"$count":"n"}],"b":[{"$skip":7},{"$count":"n"}]}})";
  Cursor cursor = Must(RunStages(*collection_, Rows(facet)));
  ASSERT_TRUE(Must(cursor.Next()));
  EXPECT_EQ(json::ToJson(cursor.document()), R"({"a":[{"n":40000}],"b":[{"n":39993}]})");
  ExpectRefusedWithoutDisk(facet);
}

TEST_F(SpillTest, PartitionsGoOnOnDisk) {
  const std::string windows =
      R"({"$setWindowFields":{"sortBy":{"j":1,"i":1},"output":{
          "n":{"$documentNumber":{}},"next":{"$shift":{"output":"$i","by":1}},
          "around":{"$sum":"$j","window":{"documents":[-1,1]}},
          "all":{"$sum":1,"window":{"documents":["unbounded","unbounded"]}}}}},{"$unset":"pad"})";
  Cursor cursor = Must(RunStages(*collection_, Rows(windows)));
  int rows = 0;
  for (; Must(cursor.Next()); ++rows) {
    const bson::View document = cursor.document();
    const int j = rows / kSide;
    ASSERT_EQ(document["j"].AsInt32(), j);
    ASSERT_EQ(document["n"].AsInt32(), rows + 1);
    ASSERT_EQ(document["all"].AsInt32(), kSide * kSide);
    if (rows + 1 < kSide * kSide) {
      ASSERT_EQ(document["next"].AsInt32(), (rows + 1) % kSide);
    }
    if (rows % kSide > 0 && rows % kSide + 1 < kSide) {
      ASSERT_EQ(document["around"].AsInt32(), 3 * j);
    }
  }
  EXPECT_EQ(rows, kSide * kSide);
}

// What could not be read again is not written.
TEST_F(PipelineTest, NothingTooDeepIsStored) {
  Collection c = Get("c");
  Must(c.InsertOne(J(R"({"_id":1})")));
  const std::string deep =
      R"({"$set":{"d":{"$reduce":{"input":{"$range":[0,300]},"initialValue":1,"in":{"a":"$$value"}}}}},)";
  for (const char* stage :
       {R"({"$out":"target"})", R"({"$merge":"target"})",
        R"({"$merge":{"into":"c","whenMatched":"merge"}})",
        R"({"$merge":{"into":"c","whenMatched":"replace"}})",
        R"({"$merge":{"into":"c","whenMatched":[{"$set":{"d":"$$new.d"}}]}})"}) {
    EXPECT_NE(Outcome(RunStages(c, "[" + deep + stage + "]")), ErrorCode::kOk) << stage;
  }
  EXPECT_EQ(Must(Get("target").Count(bson::Document())), 0);
  EXPECT_EQ(Must(c.Count(J(R"({"d":{"$exists":true}})"))), 0);
}

// More than a commit may hold, into a collection that has an index and readers.
TEST_F(SpillTest, OutReplacesACollectionOfAnySize) {
  const std::string rows =
      R"({"$limit":24000},{"$set":{"_id":{"$add":[{"$multiply":["$i",1000]},"$j"]}}})";
  Collection target = Must(database_->GetCollection("test", "target"));
  IndexModel model;
  model.keys = J(R"({"j":1})");
  model.unique = true;
  ASSERT_TRUE(target.CreateIndexes({&model, 1}).ok());
  Must(target.InsertOne(J(R"({"_id":0,"j":-1})")));
  const auto names = [this] {
    std::vector<std::string> found;
    for (const CollectionInfo& each : Must(database_->ListCollections("test"))) {
      found.push_back(each.name);
    }
    return found;
  };
  // What fails changes nothing and leaves nothing.
  const std::vector<std::string> before = names();
  EXPECT_EQ(Outcome(RunStages(*collection_, Rows(rows + R"(,{"$out":"target"})"))),
            ErrorCode::kDuplicateKey);
  EXPECT_EQ(names(), before);
  EXPECT_EQ(Must(target.Count(J("{}"))), 1);
  // What succeeds replaces all; the indexes stay.
  EXPECT_EQ(
      Outcome(RunStages(*collection_, Rows(rows + R"(,{"$set":{"j":"$_id"}},{"$out":"target"})"))),
      ErrorCode::kOk);
  EXPECT_EQ(names(), before);
  EXPECT_EQ(Must(target.Count(J("{}"))), 24'000);
  EXPECT_EQ(Must(target.Count(J(R"({"j":5007})"))), 1);
  EXPECT_FALSE(target.InsertOne(J(R"({"_id":"x","j":5007})")).ok());
}

TEST_F(SpillTest, ALimitNeedsLittleMemory) {
  AggregateOptions options;
  options.allow_disk_use = false;
  int64_t documents = 0;
  EXPECT_EQ(Outcome(RunStages(*collection_, Rows(R"({"$sort":{"j":1}},{"$skip":5},{"$limit":10})"),
                              options),
                    &documents),
            ErrorCode::kOk);
  EXPECT_EQ(documents, 10);
}

}  // namespace
}  // namespace cairn
