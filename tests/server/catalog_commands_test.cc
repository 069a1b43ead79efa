// SPDX-License-Identifier: Apache-2.0
// create, drop, dropDatabase, createIndexes, the listing commands and validate: replies and codes.
#include "tests/server/command_fixture.h"

namespace cairn::server {
namespace {

using CatalogCommandsTest = CommandTest;

TEST_F(CatalogCommandsTest, CreatesAndDrops) {
  EXPECT_EQ(Run(R"({"create":"c"})"), R"({"ok":{"$numberDouble":"1.0"}})");
  EXPECT_EQ(RunRelaxed(R"({"create":"c"})"), R"({"ok":1.0})");
  EXPECT_EQ(Run(R"({"drop":"c"})"),
            R"({"nIndexesWas":{"$numberInt":"1"},"ns":"test.c","ok":{"$numberDouble":"1.0"}})");
  EXPECT_EQ(RunRelaxed(R"({"drop":"c"})"), R"({"ok":1.0})");
}

TEST_F(CatalogCommandsTest, DropsDatabases) {
  EXPECT_EQ(RunRelaxed(R"({"dropDatabase":1})"), R"({"ok":1.0})");
  Must(R"({"create":"c"})");
  EXPECT_EQ(RunRelaxed(R"({"dropDatabase":1})"), R"({"ok":1.0})");
  EXPECT_EQ(RunRelaxed(R"({"listCollections":1,"nameOnly":true})"),
            R"({"cursor":{"firstBatch":[],"id":0,"ns":"test.$cmd.listCollections"},"ok":1.0})");
}

TEST_F(CatalogCommandsTest, CreatesIndexes) {
  const char* command =
      R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a_1","unique":true}]})";
  EXPECT_EQ(Run(command),
            R"({"numIndexesBefore":{"$numberInt":"1"},"numIndexesAfter":{"$numberInt":"2"},)"
            R"("createdCollectionAutomatically":true,"ok":{"$numberDouble":"1.0"}})");
  EXPECT_EQ(RunRelaxed(command),
            R"({"numIndexesBefore":2,"numIndexesAfter":2,"createdCollectionAutomatically":false,)"
            R"("note":"all indexes already exist","ok":1.0})");
  EXPECT_EQ(RunRelaxed(R"({"listIndexes":"c"})"),
            R"({"cursor":{"firstBatch":[{"v":2,"key":{"_id":1},"name":"_id_"},)"
            R"({"v":2,"key":{"a":1},"name":"a_1","unique":true}],"id":0,"ns":"test.c"},"ok":1.0})");
  EXPECT_EQ(
      RunRelaxed(R"({"listIndexes":"c","includeIndexBuildInfo":true,"cursor":{"batchSize":1}})")
          .find(R"({"cursor":{"firstBatch":[{"spec":{"v":2,"key":{"_id":1},"name":"_id_"}}],)"),
      0u);
  EXPECT_EQ(WriteErrorOf(R"({"insert":"c","documents":[{"a":1},{"a":1}]})"), 11000);
}

TEST_F(CatalogCommandsTest, ListsCollectionsInBatches) {
  for (const char* name : {"a", "b", "c"}) Must(R"({"create":")" + std::string(name) + "\"}");
  const CommandReply all = Dispatch(R"({"listCollections":1})");
  const bson::View first = all.body["cursor"].AsView()["firstBatch"].AsView()["0"].AsView();
  EXPECT_EQ(first["name"].AsString(), "a");
  EXPECT_EQ(first["type"].AsString(), "collection");
  EXPECT_EQ(first["info"].AsView()["uuid"].AsBinary().size(), 16u);
  EXPECT_EQ(first["info"].AsView()["uuid"].BinarySubtype(), 4);
  EXPECT_FALSE(first["info"].AsView()["readOnly"].AsBool());
  EXPECT_EQ(first["idIndex"].AsView()["name"].AsString(), "_id_");
  EXPECT_EQ(RunRelaxed(R"({"listCollections":1,"nameOnly":true,"filter":{"name":"b"}})"),
            R"({"cursor":{"firstBatch":[{"name":"b","type":"collection"}],"id":0,)"
            R"("ns":"test.$cmd.listCollections"},"ok":1.0})");
  const CommandReply two = Dispatch(R"({"listCollections":1,"cursor":{"batchSize":2}})");
  const int64_t id = two.body["cursor"].AsView()["id"].AsInt64();
  ASSERT_NE(id, 0);
  const CommandReply rest = Dispatch(R"({"getMore":{"$numberLong":")" + std::to_string(id) +
                                     R"("},"collection":"$cmd.listCollections"})");
  EXPECT_EQ(rest.body["cursor"].AsView()["nextBatch"].AsView()["0"].AsView()["name"].AsString(),
            "c");
  EXPECT_EQ(rest.body["cursor"].AsView()["id"].AsInt64(), 0);
}

TEST_F(CatalogCommandsTest, ListsDatabases) {
  Must(R"({"insert":"c","documents":[{"a":1}]})");
  const CommandReply full = Dispatch(R"({"listDatabases":1})", "admin");
  const bson::View first = full.body["databases"].AsView()["0"].AsView();
  EXPECT_EQ(first["name"].AsString(), "test");
  EXPECT_GT(first["sizeOnDisk"].AsInt64(), 0);
  EXPECT_FALSE(first["empty"].AsBool());
  EXPECT_EQ(full.body["totalSize"].AsInt64(), first["sizeOnDisk"].AsInt64());
  EXPECT_EQ(Run(R"({"listDatabases":1,"nameOnly":true})", "admin"),
            R"({"databases":[{"name":"test"}],"ok":{"$numberDouble":"1.0"}})");
  EXPECT_EQ(json::ToJson(Dispatch(R"({"listDatabases":1,"filter":{"name":"x"}})", "admin").body),
            R"({"databases":[],"totalSize":0,"totalSizeMb":0,"ok":1.0})");
}

TEST_F(CatalogCommandsTest, Validates) {
  Must(R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a_1"}]})");
  Must(R"({"insert":"c","documents":[{"a":1},{"a":[1,2,3]}]})");
  const bson::Document full = Dispatch(R"({"validate":"c","full":true})").body;
  EXPECT_EQ(full["ns"].AsString(), "test.c");
  EXPECT_EQ(full["nrecords"].AsInt32(), 2);
  EXPECT_EQ(full["nIndexes"].AsInt32(), 2);
  EXPECT_EQ(json::ToJson(full["keysPerIndex"].AsView()), R"({"_id_":2,"a_1":4})");
  EXPECT_TRUE(full["valid"].AsBool());
  EXPECT_TRUE(full["errors"].AsView().empty());
  EXPECT_EQ(json::ToJson(full["indexDetails"].AsView()["a_1"].AsView()),
            R"({"valid":true,"spec":{"v":2,"key":{"a":1},"name":"a_1"}})");
  // The listed part alone reads no document.
  const bson::Document listed = Dispatch(R"({"validate":"c","metadata":true})").body;
  EXPECT_TRUE(listed["nrecords"].missing());
  EXPECT_EQ(listed["nIndexes"].AsInt32(), 2);
  EXPECT_EQ(CodeOf(R"({"validate":"c","metadata":true,"full":true})"), 72);
}

TEST_F(CatalogCommandsTest, TheClusteredIndexIsTheCollection) {
  Must(R"({"create":"d","clusteredIndex":{"key":{"_id":1},"unique":true}})");
  EXPECT_EQ(CodeOf(R"({"dropIndexes":"d","index":"_id_"})"), 5979800);
  EXPECT_EQ(CodeOf(R"({"dropIndexes":"d","index":{"_id":1}})"), 5979800);
  EXPECT_EQ(CodeOf(R"({"collMod":"d","index":{"name":"_id_","hidden":true}})"), 6011800);
  const bson::Document made =
      Dispatch(R"({"createIndexes":"d","indexes":[{"key":{"a":1},"name":"a"}]})").body;
  EXPECT_EQ(made["numIndexesBefore"].AsInt32(), 0);
  EXPECT_EQ(made["numIndexesAfter"].AsInt32(), 1);
  EXPECT_EQ(Dispatch(R"({"dropIndexes":"d","index":"*"})").body["nIndexesWas"].AsInt32(), 1);
  const char* nan = R"({"insert":"d","documents":[{"_id":{"$numberDouble":"NaN"}}]})";
  const char* infinity = R"({"insert":"d","documents":[{"_id":{"$numberDecimal":"Infinity"}}]})";
  EXPECT_EQ(WriteErrorOf(nan), 0);
  EXPECT_EQ(WriteErrorOf(nan), 50819);
  EXPECT_EQ(WriteErrorOf(infinity), 0);
  EXPECT_EQ(WriteErrorOf(infinity), 50826);
}

TEST_F(CatalogCommandsTest, AnIndexBecomesUnique) {
  Must(R"({"insert":"c","documents":[{"_id":1,"a":1},{"_id":2,"a":1}]})");
  Must(R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a_1"}]})");
  const char* unique = R"({"collMod":"c","index":{"name":"a_1","unique":true}})";
  EXPECT_EQ(Dispatch(unique).code, ErrorCode::kInvalidOptions);
  EXPECT_EQ(RunRelaxed(R"({"collMod":"c","index":{"name":"a_1","prepareUnique":true}})"),
            R"({"prepareUnique_old":false,"prepareUnique_new":true,"ok":1.0})");
  EXPECT_EQ(Dispatch(R"({"insert":"c","documents":[{"a":1}]})").code, ErrorCode::kOk);
  EXPECT_EQ(RunRelaxed(R"({"count":"c"})"), R"({"n":2,"ok":1.0})");
  const CommandReply refused = Dispatch(unique);
  EXPECT_EQ(refused.code, ErrorCode::kCannotConvertIndexToUnique);
  EXPECT_EQ(json::ToJson(refused.body["violations"].AsView()), R"({"0":{"ids":[1,2]}})");
  Must(R"({"delete":"c","deletes":[{"q":{"_id":2},"limit":1}]})");
  EXPECT_EQ(RunRelaxed(R"({"collMod":"c","index":{"name":"a_1","unique":true},"dryRun":true})"),
            R"({"ok":1.0})");
  // Options and index change together, or not at all.
  EXPECT_EQ(
      Dispatch(R"({"collMod":"c","index":{"name":"a_1","unique":true},"cappedSize":100})").code,
      ErrorCode::kInvalidOptions);
  EXPECT_EQ(RunRelaxed(unique), R"({"unique_new":true,"ok":1.0})");
  EXPECT_EQ(RunRelaxed(unique), R"({"ok":1.0})");
}

TEST_F(CatalogCommandsTest, Codes) {
  Must(R"({"create":"c"})");
  const CodeCase cases[] = {
      {R"({"create":1})", 73},
      {R"({"create":""})", 73},
      {R"({"create":"a$b"})", 73},
      {R"({"create":"system.test"})", 73},
      {R"({"create":"d","size":1})", 72},
      {R"({"create":"d","capped":"yes"})", 14},
      {R"({"create":"e","capped":true,"size":4096})", 0},
      {R"({"create":"e","capped":true,"size":8192})", 48},
      {R"({"create":"f","validator":{"a":1}})", 0},
      {R"({"create":"f","validator":{"$where":"1"}})", 2},
      {R"({"create":"g","viewOn":"c"})", 0},
      {R"({"create":"g","viewOn":"g"})", 48},
      {R"({"collMod":"g","viewOn":"g"})", 5},
      {R"({"collMod":"g","validator":{"a":1}})", 72},
      {R"({"collMod":"e","cappedSize":100})", 0},
      {R"({"collMod":"f","cappedSize":100})", 72},
      {R"({"collMod":"f","validationLevel":"off"})", 0},
      {R"({"collMod":"none"})", 26},
      {R"({"convertToCapped":"f","size":0})", 72},
      {R"({"convertToCapped":"f","size":100})", 0},
      {R"({"cloneCollectionAsCapped":"f","toCollection":"h","size":100})", 0},
      {R"({"cloneCollectionAsCapped":"f","toCollection":"h","size":100})", 48},
      {R"({"compact":"f"})", 0},
      {R"({"compact":"g"})", 166},
      {R"({"insert":"g","documents":[{}]})", 166},
      {R"({"create":"d","timeseries":1})", 14},
      {R"({"create":"d","foo":1})", 40415},
      {R"({"create":"d","capped":false,"storageEngine":{},"autoIndexId":true})", 0},
      {R"({"create":"c","changeStreamPreAndPostImages":{"enabled":false}})", 0},
      {R"({"drop":1})", 73},
      {R"({"drop":"c","foo":1})", 40415},
      {R"({"dropDatabase":null})", 40414},
      {R"({"dropDatabase":"1"})", 14},
      {R"({"dropDatabase":true})", 14},
      {R"({"dropDatabase":2})", 5255100},
      {R"({"dropDatabase":0})", 5255100},
      {R"({"dropDatabase":1.9,"foo":1})", 40415},
      {R"({"createIndexes":"c"})", 40414},
      {R"({"createIndexes":"c","indexes":[]})", 2},
      {R"({"createIndexes":"c","indexes":[1]})", 14},
      {R"({"createIndexes":"c","indexes":[{"name":"x"}]})", 9},
      {R"({"createIndexes":"c","indexes":[{"key":{"a":1}}]})", 9},
      {R"({"createIndexes":"c","indexes":[{"key":{"_id":1},"name":"x","unique":false}]})", 197},
      {R"({"createIndexes":"c","indexes":[{"key":{"_id":1},"name":"x","unique":true}]})", 197},
      {R"({"createIndexes":"c","indexes":[{"key":1,"name":"x"}]})", 14},
      {R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":""}]})", 67},
      {R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":"x"}],"foo":1})", 40415},
      {R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a","v":2,"sparse":false}]})", 0},
      {R"({"dropIndexes":"none","index":"*"})", 26},
      {R"({"listIndexes":"nothing"})", 26},
      {R"({"listIndexes":"c","includeBuildUUIDs":true})", 0},
      {R"({"listIndexes":"c","includeBuildUUIDs":true,"includeIndexBuildInfo":true})", 72},
      {R"({"listIndexes":"c","cursor":1})", 14},
      {R"({"listIndexes":"c","cursor":{"batchSize":-1}})", 2},
      {R"({"listCollections":"anything"})", 0},
      {R"({"listCollections":1,"filter":[]})", 14},
      {R"({"listCollections":1,"filter":{"name":{"$gt":"a"}}})", 0},
      {R"({"listCollections":1,"filter":{"$where":"1"}})", 2},
      {R"({"listCollections":1,"cursor":{"batchSize":"x"}})", 14},
      {R"({"listCollections":1,"cursor":{"foo":1}})", 40415},
      {R"({"listCollections":1,"authorizedCollections":1})", 14},
      {R"({"validate":"nothing"})", 26},
      {R"({"validate":"c","repair":true})", 238},
  };
  for (const CodeCase& test : cases) EXPECT_EQ(CodeOf(test.command), test.code) << test.command;
  EXPECT_EQ(CodeOf(R"({"dropDatabase":1})", "admin"), 20);
  EXPECT_EQ(CodeOf(R"({"listCollections":1})", "a b"), 73);
  EXPECT_EQ(CodeOf(R"({"find":"c"})", ""), 73);
  EXPECT_EQ(CodeOf(R"({"listDatabases":1,"nameOnly":"true"})", "admin"), 14);
}

}  // namespace
}  // namespace cairn::server
