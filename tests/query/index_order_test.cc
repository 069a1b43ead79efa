// SPDX-License-Identifier: Apache-2.0
// Sorts that an index gives together with the _id behind its fields, also where keys of documents
// were cut and no longer tell the order of their _id.
#include <algorithm>

#include "engine/key/encoding.h"
#include "tests/query/fixture.h"

namespace cairn {
namespace {

class IndexOrder : public InMemory {
 protected:
  IndexOrder() : collection_(Get("c")) { Index(&collection_, R"({"a":1})"); }

  // The fields "n" in the order of `sort`; `stages`: what explain shows.
  std::vector<int> Found(const std::string& filter, const std::string& sort, std::string* stages) {
    FindOptions options;
    options.sort = J(sort);
    std::vector<int> found;
    Cursor cursor = Must(collection_.Find(J(filter), options));
    while (Must(cursor.Next())) found.push_back(cursor.document()["n"].AsInt32());
    const bson::Document parsed = J(filter);
    ExplainRequest request;
    request.filter = parsed;
    request.options = options;
    const bson::Document explained = Must(collection_.Explain(request));
    bson::View stage = explained["queryPlanner"].AsView()["winningPlan"].AsView();
    stages->clear();
    while (true) {
      *stages += std::string(stage["stage"].AsString()) + " ";
      if (stage["inputStage"].missing()) return found;
      stage = stage["inputStage"].AsView();
    }
  }

  std::vector<int> Behind(const std::string& sort, const std::string& key, std::string* stages) {
    return Found(R"({"$_behind":{"sort":)" + sort + ",\"key\":" + key + "}}", sort, stages);
  }

  static std::vector<int> From(const std::vector<int>& all, size_t begin) {
    return {all.begin() + static_cast<ptrdiff_t>(begin), all.end()};
  }

  Collection collection_;
};

// The keys of a unique index do not say which documents they lead to: the one with the place's
// value may be another one by now.
TEST_F(IndexOrder, BeginsBehindAPlaceInAUniqueIndex) {
  Collection collection = Get("u");
  Index(&collection, R"({"a":1})", true);
  for (int i = 0; i < 5; ++i) {
    bson::Builder document;
    document.AppendInt32("_id", i * 10).AppendInt32("a", i).AppendInt32("n", i);
    ASSERT_TRUE(collection.InsertOne(document.Finish()).ok());
  }
  std::string stages;
  std::swap(collection_, collection);
  const std::string up = R"({"a":1,"_id":1})";
  const std::string down = R"({"a":-1,"_id":-1})";
  EXPECT_EQ(Behind(up, "[2,20]", &stages), (std::vector<int>{3, 4}));
  EXPECT_EQ(Behind(up, "[2,19]", &stages), (std::vector<int>{2, 3, 4}));
  EXPECT_EQ(Behind(down, "[2,20]", &stages), (std::vector<int>{1, 0}));
  EXPECT_EQ(Behind(down, "[2,21]", &stages), (std::vector<int>{2, 1, 0}));
  EXPECT_EQ(stages, "FETCH IXSCAN ");
}

TEST_F(IndexOrder, HoldsWhereKeysWereCut) {
  // The bytes of an _id of which the key keeps the first part alike, and the end in no order.
  const std::string alike(key::kMaxSuffixBytes + 100, 'k');
  std::vector<std::string> ids = {"", "j", "l", alike + "z"};
  for (int i = 0; i < 40; ++i) ids.push_back(alike + std::to_string(i * 7 % 40 + 10));
  std::ranges::sort(ids);
  std::vector<int> expected[2];
  std::vector<std::string> places;  // Of the documents in their order.
  for (const char* a : {"1", "2"}) {
    const char* const end = *a == '1' ? "\"]" : "+\"]";
    for (const std::string& id : ids) places.push_back("[" + std::string(a) + ",\"" + id + end);
  }
  for (size_t i = 0; i < 2 * ids.size(); ++i) {
    const size_t mixed = i * 13 % (2 * ids.size());
    bson::Builder document;
    document.AppendString("_id", ids[mixed % ids.size()] + (mixed < ids.size() ? "" : "+"));
    document.AppendInt32("a", mixed < ids.size() ? 1 : 2);
    document.AppendInt32("n", static_cast<int>(mixed));
    ASSERT_TRUE(collection_.InsertOne(document.Finish()).ok());
  }
  for (size_t i = 0; i < 2 * ids.size(); ++i) expected[0].push_back(static_cast<int>(i));
  expected[1].assign(expected[0].rbegin(), expected[0].rend());
  std::string stages;
  EXPECT_EQ(Found("{}", R"({"a":1,"_id":1})", &stages), expected[0]);
  EXPECT_EQ(stages, "FETCH IXSCAN ");
  EXPECT_EQ(Found("{}", R"({"a":-1,"_id":-1})", &stages), expected[1]);
  EXPECT_EQ(stages, "FETCH IXSCAN ");
  for (size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(Behind(R"({"a":1,"_id":1})", places[i], &stages), From(expected[0], i + 1));
    EXPECT_EQ(stages, "FETCH IXSCAN ");
    EXPECT_EQ(Behind(R"({"a":-1,"_id":-1})", places[places.size() - 1 - i], &stages),
              From(expected[1], i + 1));
    EXPECT_EQ(stages, "FETCH IXSCAN ");
  }
  EXPECT_EQ(Found(R"({"a":{"$in":[1,2]}})", R"({"a":1,"_id":1})", &stages), expected[0]);
  std::vector<int> first(expected[0].begin(),
                         expected[0].begin() + static_cast<ptrdiff_t>(ids.size()));
  EXPECT_EQ(Found(R"({"a":1})", R"({"_id":1})", &stages), first);
}

TEST_F(IndexOrder, IsNotThatOfACollation) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(collection_
                    .InsertOne(J(R"({"_id":")" + std::string(1, "aBcD"[i]) + R"(","a":1,"n":)" +
                                 std::to_string(i) + "}"))
                    .ok());
  }
  FindOptions options;
  options.sort = J(R"({"a":1,"_id":1})");
  options.collation = J(R"({"locale":"en"})");
  Cursor cursor = Must(collection_.Find(J("{}"), options));
  for (int i = 0; Must(cursor.Next()); ++i) EXPECT_EQ(cursor.document()["n"].AsInt32(), i);
}

}  // namespace
}  // namespace cairn
