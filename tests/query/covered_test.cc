// SPDX-License-Identifier: Apache-2.0
// A covered query reads no document: explain says so, and RocksDB's own counters.
#include "engine/kv/read_counters.h"
#include "tests/query/fixture.h"

namespace cairn {
namespace {

class Covered : public InMemory {
 protected:
  Covered() : collection_(Get("c")) {
    const std::string padding(2000, 'x');
    Index(&collection_, R"({"a":1,"b":1})");
    Index(&collection_, R"({"c":1})");
    Fill(&collection_, 400, [&](int i) {
      return R"("a":)" + std::to_string(i % 20) + R"(,"b":)" + std::to_string(i) + R"(,"c":)" +
             std::to_string(i) + R"(,"padding":")" + padding + "\"";
    });
  }

  // What a find of {a: 7} with this projection makes RocksDB read.
  kv::ReadCounters CountersOf(const std::string& projection) {
    FindOptions options;
    options.projection = J(projection);
    const kv::ReadCounting counting;
    Cursor cursor = Must(collection_.Find(J(R"({"a":7})"), options));
    int found = 0;
    while (Must(cursor.Next())) ++found;
    EXPECT_EQ(found, 20);
    return counting.counters();
  }

  int DocumentsExamined(const ExplainRequest& request) {
    const bson::Document explained = Must(collection_.Explain(request));
    return explained["executionStats"].AsView()["totalDocsExamined"].AsInt32();
  }

  Collection collection_;
};

TEST_F(Covered, ReadsNoDocument) {
  const kv::ReadCounters covered = CountersOf(R"({"a":1,"b":1,"_id":0})");
  EXPECT_EQ(covered.point_bytes, 0U);
  EXPECT_GT(covered.scan_bytes, 0U);
  EXPECT_LT(covered.scan_bytes, 20U * 200);
  const kv::ReadCounters whole = CountersOf(R"({"a":1,"c":1,"_id":0})");
  EXPECT_GT(whole.point_bytes, 20U * 2000);
}

TEST_F(Covered, ExplainSaysSo) {
  const bson::Document filter = J(R"({"a":7})");
  ExplainRequest request;
  request.filter = filter;
  request.options.projection = J(R"({"b":1,"_id":0})");
  EXPECT_EQ(DocumentsExamined(request), 0);
  request.options.projection = J(R"({"b":1})");
  EXPECT_EQ(DocumentsExamined(request), 20);
  request.options.projection = {};
  request.kind = ExplainRequest::Kind::kCount;
  EXPECT_EQ(DocumentsExamined(request), 0);
}

TEST_F(Covered, CountsAndDistinctValuesReadNoDocument) {
  const kv::ReadCounting counting;
  EXPECT_EQ(Must(collection_.Count(J(R"({"a":{"$gte":5}})"))), 300);
  EXPECT_EQ(Must(collection_.Distinct("a", bson::Document())).size(),
            Must(collection_.Distinct("a", J(R"({"a":{"$gte":0}})"))).size());
  EXPECT_EQ(counting.counters().point_bytes, 0U);
}

}  // namespace
}  // namespace cairn
