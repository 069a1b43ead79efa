// SPDX-License-Identifier: Apache-2.0
// `cairn verify` and `cairn repair` on sound and on damaged directories.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cairn/cairn.h"
#include "server/cli/command_client.h"
#include "tests/server/program.h"

namespace cairn::server {
namespace {

namespace fs = std::filesystem;

constexpr int kDocuments = 6000;

std::map<std::string, uintmax_t> Sizes(const fs::path& directory) {
  std::map<std::string, uintmax_t> sizes;
  for (const auto& file : fs::recursive_directory_iterator(directory)) {
    sizes[file.path().string()] = file.is_regular_file() ? file.file_size() : 0;
  }
  return sizes;
}

// The largest file whose name begins and ends so.
fs::path Largest(const fs::path& directory, std::string_view begin, std::string_view end) {
  fs::path largest;
  for (const auto& file : fs::directory_iterator(directory)) {
    const std::string name = file.path().filename().string();
    if (!name.starts_with(begin) || !name.ends_with(end)) continue;
    if (largest.empty() || file.file_size() > fs::file_size(largest)) largest = file.path();
  }
  return largest;
}

void Flip(const fs::path& path, uintmax_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

void InsertDocuments(CommandClient* client) {
  for (int first = 0; first < kDocuments; first += 500) {
    std::string command = R"({"insert":"things","documents":[)";
    for (int id = first; id < first + 500; ++id) {
      const std::string number = std::to_string(id);
      std::string text;
      for (int i = 0; i < 20; ++i) text += std::to_string((id * 7919 + i * 104729) % 99991);
      command += std::string(id == first ? "" : ",") + R"({"_id":)" + number + R"(,"k":)" +
                 std::to_string(id % 7) + R"(,"u":"u)" + number + R"(","text":")" + text + "\"}";
    }
    const auto done = client->Run("shop", command + "]}");
    ASSERT_TRUE(done.ok()) << done.status().ToString();
  }
}

// A store with an index and a unique index, stopped; `in_tables`: its documents are in a table.
void MakeStore(const std::string& directory, bool in_tables) {
  RunningServer server;
  ASSERT_TRUE(server.Start({directory})) << server.error();
  CommandClient client(server.address());
  const auto indexed =
      client.Run("shop", R"({"createIndexes":"things","indexes":[{"key":{"k":1},"name":"k"},)"
                         R"({"key":{"u":1},"name":"u","unique":true}]})");
  ASSERT_TRUE(indexed.ok()) << indexed.status().ToString();
  InsertDocuments(&client);
  const Finished online = RunCairn({"verify", server.url()});
  EXPECT_EQ(online.code, 0) << online.out << online.err;
  EXPECT_NE(online.out.find("1 collections with 6000 documents and 18000 index entries"),
            std::string::npos)
      << online.out;
  EXPECT_NE(online.out.find("commits 1 to "), std::string::npos) << online.out;
  EXPECT_EQ(RunCairn({"verify", directory}).code, 1) << "it is open";
  EXPECT_EQ(server.Stop(SIGTERM), 0);
  if (!in_tables) return;
  // Opening puts what the logs held into tables.
  ASSERT_TRUE(server.Start({directory})) << server.error();
  EXPECT_EQ(server.Stop(SIGTERM), 0);
}

class Verify : public testing::Test {
 protected:
  void Make(bool in_tables) { MakeStore(path(), in_tables); }
  std::string path() const { return directory_ / "data"; }

  // The damage is found, under this name, and looking changes nothing.
  void ExpectDamage(const std::string& name) {
    const auto before = Sizes(path());
    const Finished found = RunCairn({"verify", path()});
    EXPECT_EQ(found.code, 1);
    EXPECT_NE((found.out + found.err).find(name), std::string::npos) << found.out << found.err;
    EXPECT_EQ(Sizes(path()), before);
  }
  // What repair says; afterwards the store is sound.
  std::string Repair() {
    const Finished done = RunCairn({"repair", "--accept-data-loss", path()});
    EXPECT_EQ(done.code, 0) << done.out << done.err;
    EXPECT_TRUE(fs::exists(path() + ".damaged"));
    EXPECT_FALSE(fs::exists(path() + ".work") || fs::exists(path() + ".repaired"));
    const Finished sound = RunCairn({"verify", path()});
    EXPECT_EQ(sound.code, 0) << sound.out << sound.err;
    return done.out;
  }
  // The ids that are there, by a scan of a server; both indexes lead to all of them.
  std::vector<int> Ids() {
    RunningServer server;
    EXPECT_TRUE(server.Start({path()})) << server.error();
    CommandClient client(server.address());
    std::vector<int> ids;
    const auto found = client.Run("shop", R"({"find":"things","batchSize":10000})");
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    if (!found.ok()) return ids;
    for (const bson::Element& one : (*found)["cursor"].AsView()["firstBatch"].AsView()) {
      ids.push_back(one.value.AsView()["_id"].AsInt32());
    }
    const auto valid = client.Run("shop", R"({"validate":"things","full":true})");
    EXPECT_TRUE(valid.ok() && (*valid)["valid"].AsBool());
    for (const char* index : {"k", "u"}) {
      EXPECT_EQ((*valid)["keysPerIndex"].AsView()[index].AsInt32(), static_cast<int>(ids.size()));
    }
    return ids;
  }

  TemporaryDirectory directory_;
};

TEST_F(Verify, FindsNothingInASoundStoreAndChangesNoFile) {
  Make(true);
  const auto before = Sizes(path());
  const Finished found = RunCairn({"verify", path()});
  EXPECT_EQ(found.code, 0) << found.out << found.err;
  EXPECT_NE(found.out.find("1 collections with 6000 documents and 18000 index entries"),
            std::string::npos)
      << found.out;
  EXPECT_NE(found.out.find("no damage found"), std::string::npos);
  EXPECT_EQ(Sizes(path()), before);
}

TEST_F(Verify, RefusesWhatIsNoStore) {
  EXPECT_EQ(RunCairn({"verify", path()}).code, 1);
  fs::create_directory(path());
  std::ofstream(path() + "/letter.txt") << "mine";
  EXPECT_EQ(RunCairn({"verify", path()}).code, 1);
  EXPECT_EQ(RunCairn({"repair", "--accept-data-loss", path()}).code, 1);
  EXPECT_EQ(Sizes(path()).size(), 1u);
}

TEST_F(Verify, RepairAsksForConsent) {
  Make(false);
  const auto before = Sizes(path());
  EXPECT_EQ(RunCairn({"repair", path()}).code, 2);
  EXPECT_EQ(Sizes(path()), before);
}

TEST_F(Verify, ADamagedLogIsNamedAndItsBeginningSaved) {
  Make(false);
  const fs::path log = Largest(path(), "", ".log");
  Flip(log, fs::file_size(log) / 2);
  ExpectDamage(log.filename().string() + ": it is damaged at byte");
  RunningServer server;
  EXPECT_FALSE(server.Start({path()}));
  EXPECT_NE(server.error().find(log.filename().string()), std::string::npos) << server.error();
  const std::string said = Repair();
  EXPECT_NE(said.find("LOST commits "), std::string::npos) << said;
  const std::vector<int> ids = Ids();
  ASSERT_GT(ids.size(), 1000u);
  for (size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(ids[i], static_cast<int>(i));
}

// Many damaged blocks: each costs its own documents only.
TEST_F(Verify, DamagedBlocksOfATableAreNamedAndTheRestSaved) {
  Make(true);
  fs::remove_all(path() + "/archive");  // It has all documents.
  const fs::path table = Largest(path(), "", ".sst");
  constexpr uintmax_t kDamages = 16;
  for (uintmax_t i = 0; i < kDamages; ++i)
    Flip(table, fs::file_size(table) * i / kDamages / 10 * 9);
  ExpectDamage(table.filename().string() + ": a table (");
  const std::string said = Repair();
  // The gaps, and how many documents that is.
  size_t gaps = 0;
  for (size_t at = 0; (at = said.find("documents between ", at)) != std::string::npos; ++at) ++gaps;
  const std::vector<int> ids = Ids();
  EXPECT_GT(ids.size(), static_cast<size_t>(kDocuments) * 6 / 10);
  ASSERT_LT(ids.size(), static_cast<size_t>(kDocuments));
  EXPECT_GE(gaps, kDamages / 2) << said;
  const std::string lost =
      std::to_string(static_cast<size_t>(kDocuments) - ids.size()) + " of 6000 documents";
  EXPECT_NE(said.find(lost), std::string::npos) << said;
}

TEST_F(Verify, WhatTablesHaveLostComesFromTheLog) {
  Make(true);
  const fs::path table = Largest(path(), "", ".sst");
  Flip(table, fs::file_size(table) / 2);
  const std::string said = Repair();
  EXPECT_NE(said.find("DAMAGED " + table.filename().string()), std::string::npos) << said;
  EXPECT_NE(said.find("nothing is lost but the log of changes"), std::string::npos) << said;
  EXPECT_EQ(Ids().size(), static_cast<size_t>(kDocuments));
}

TEST_F(Verify, AStoreIsMadeAnewFromItsLogAlone) {
  Make(true);
  for (const auto& file : fs::directory_iterator(path())) {
    const std::string name = file.path().filename().string();
    if (name.ends_with(".sst") || name.starts_with("MANIFEST-")) fs::remove(file.path());
  }
  const std::string said = Repair();
  EXPECT_NE(said.find("nothing is lost but the log of changes"), std::string::npos) << said;
  EXPECT_EQ(Ids().size(), static_cast<size_t>(kDocuments));
}

// The log's beginning is gone: what it says of later commits counts all the same.
TEST_F(Verify, TheNewestStateOfADocumentIsTheLogs) {
  Make(true);
  fs::remove_all(path() + "/archive");
  RunningServer server;
  ASSERT_TRUE(server.Start({path()})) << server.error();
  {
    CommandClient client(server.address());
    for (
        const char* command :
        {R"({"update":"things","updates":[{"q":{"_id":{"$lt":100}},"u":{"$set":{"k":70}},"multi":true}]})",
         R"({"delete":"things","deletes":[{"q":{"_id":{"$gte":5900}},"limit":0}]})"}) {
      const auto done = client.Run("shop", command);
      ASSERT_TRUE(done.ok()) << done.status().ToString();
    }
  }
  ASSERT_EQ(server.Stop(SIGTERM), 0);
  const fs::path table = Largest(path(), "", ".sst");
  Flip(table, 100);                       // the first documents, which are in the log
  Flip(table, fs::file_size(table) / 2);  // others, which are not
  const std::string said = Repair();
  const std::vector<int> ids = Ids();
  ASSERT_GT(ids.size(), 5000u);
  ASSERT_LT(ids.size(), 5900u) << said;
  for (int id = 0; id < 100; ++id) ASSERT_EQ(ids[static_cast<size_t>(id)], id);
  EXPECT_LT(ids.back(), 5900);
  EXPECT_NE(said.find(" of 5900 documents"), std::string::npos) << said;
}

TEST_F(Verify, ATableWithoutAnEndIsNamed) {
  Make(true);
  const fs::path table = Largest(path(), "", ".sst");
  fs::resize_file(table, fs::file_size(table) - 30);
  ExpectDamage(table.filename().string());
  EXPECT_NE(Repair().find("DAMAGED " + table.filename().string()), std::string::npos);
  EXPECT_EQ(Ids().size(), static_cast<size_t>(kDocuments));
}

// RocksDB passes over them, and forgets what they were.
TEST_F(Verify, ZerosInAManifestAreNamed) {
  Make(true);
  const fs::path manifest = Largest(path(), "MANIFEST-", "");
  std::fstream file(manifest, std::ios::in | std::ios::out | std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  // From the beginning of a record: its checksum, size and type.
  size_t record = 0;
  while (record < bytes.size() / 2) {
    record += 7 + static_cast<uint8_t>(bytes[record + 4]) +
              size_t{256} * static_cast<uint8_t>(bytes[record + 5]);
  }
  file.seekp(static_cast<std::streamoff>(record));
  file << std::string(bytes.size() - record, '\0');
  file.close();
  ExpectDamage(manifest.filename().string() + ": it is damaged at byte " + std::to_string(record));
}

TEST_F(Verify, ADamagedManifestIsNamedAndMadeAnew) {
  Make(true);
  const fs::path manifest = Largest(path(), "MANIFEST-", "");
  Flip(manifest, fs::file_size(manifest) / 3);
  ExpectDamage(manifest.filename().string());
  EXPECT_NE(Repair().find("the manifest was made anew"), std::string::npos);
  EXPECT_EQ(Ids().size(), static_cast<size_t>(kDocuments));
}

TEST_F(Verify, AMissingCurrentIsNamedAndMadeAnew) {
  Make(true);
  fs::remove(path() + "/CURRENT");
  ExpectDamage("CURRENT");
  Repair();
  EXPECT_EQ(Ids().size(), static_cast<size_t>(kDocuments));
}

TEST_F(Verify, TheHighWaterMarkAboveTheLogIsFound) {
  Make(false);
  const fs::path log = Largest(path(), "", ".log");
  fs::resize_file(log, fs::file_size(log) / 2);
  ExpectDamage(log.filename().string() + ": it has been cut short");
  ExpectDamage("HIGH_WATER: commits up to");
  EXPECT_NE(Repair().find("LOST commits "), std::string::npos);
}

// What listCollections and listIndexes say, without the UUIDs, which a repair gives anew.
std::string Definitions(CommandClient* client) {
  std::string text;
  const auto all = client->Run("shop", R"({"listCollections":1,"cursor":{"batchSize":100}})");
  EXPECT_TRUE(all.ok()) << all.status().ToString();
  for (const bson::Element& one : (*all)["cursor"].AsView()["firstBatch"].AsView()) {
    const bson::View collection = one.value.AsView();
    const std::string name(collection["name"].AsString());
    if (name.starts_with("system.")) continue;
    text += name + " " + json::ToJson(collection["options"].AsView()) + "\n";
    if (collection["type"].AsString() == "view") continue;
    const auto indexes = client->Run("shop", R"({"listIndexes":")" + name + "\"}");
    EXPECT_TRUE(indexes.ok()) << indexes.status().ToString();
    text += "  " + json::ToJson((*indexes)["cursor"].AsView()["firstBatch"].AsView()) + "\n";
  }
  return text;
}

constexpr const char* kDefinitions[] = {
    R"({"create":"plain","validator":{"a":{"$gte":0}},"validationLevel":"moderate"})",
    R"({"create":"ring","capped":true,"size":1000000,"max":50})",
    R"({"create":"clustered","clusteredIndex":{"key":{"_id":1},"unique":true,"name":"by id"}})",
    R"({"create":"names","collation":{"locale":"de","strength":2}})",
    R"({"create":"seen","viewOn":"plain","pipeline":[{"$match":{"a":1}}]})",
    R"({"createIndexes":"plain","indexes":[
        {"key":{"a":1,"b":-1},"name":"partial","partialFilterExpression":{"a":{"$gt":5}}},
        {"key":{"b":1},"name":"sparse","unique":true,"sparse":true},
        {"key":{"c":"hashed"},"name":"hashed"},
        {"key":{"$**":1},"name":"wild","wildcardProjection":{"b":0}},
        {"key":{"t":1},"name":"ttl","expireAfterSeconds":1000000},
        {"key":{"d":1},"name":"hidden","hidden":true},
        {"key":{"e":1},"name":"collated","collation":{"locale":"fr"}}]})",
    R"({"createIndexes":"names","indexes":[{"key":{"n":1},"name":"inherits","unique":true},
        {"key":{"n":1},"name":"simple","collation":{"locale":"simple"}}]})",
};

void InsertIntoEach(CommandClient* client) {
  for (const char* name : {"plain", "ring", "clustered", "names"}) {
    std::string documents;
    for (int i = 0; i < 200; ++i) {
      const std::string n = std::to_string(i);
      documents += std::string(i == 0 ? "" : ",") + R"({"_id":)" + n + R"(,"a":)" +
                   std::to_string(i % 10) + R"(,"b":)" + n + R"(,"c":"c)" + n + R"(","n":"N)" + n +
                   R"(","e":["x",)" + n + "]}";
    }
    const auto done = client->Run(
        "shop", std::string(R"({"insert":")") + name + R"(","documents":[)" + documents + "]}");
    ASSERT_TRUE(done.ok()) << done.status().ToString();
  }
}

TEST_F(Verify, EveryKindOfIndexAndCollectionIsCheckedAndRepaired) {
  std::string before;
  RunningServer server;
  ASSERT_TRUE(server.Start({path()})) << server.error();
  {
    CommandClient client(server.address());
    for (const char* command : kDefinitions) {
      const auto done = client.Run("shop", command);
      ASSERT_TRUE(done.ok()) << command << ": " << done.status().ToString();
    }
    InsertIntoEach(&client);
    // An index that becomes unique keeps the entries of one that is not.
    for (const char* command :
         {R"({"createIndexes":"ring","indexes":[{"key":{"b":1},"name":"later"}]})",
          R"({"collMod":"ring","index":{"name":"later","prepareUnique":true}})",
          R"({"collMod":"ring","index":{"name":"later","unique":true}})"}) {
      const auto done = client.Run("shop", command);
      ASSERT_TRUE(done.ok()) << command << ": " << done.status().ToString();
    }
    before = Definitions(&client);
  }
  const Finished online = RunCairn({"verify", server.url()});
  EXPECT_EQ(online.code, 0) << online.out << online.err;
  ASSERT_EQ(server.Stop(SIGTERM), 0);
  const Finished sound = RunCairn({"verify", path()});
  EXPECT_EQ(sound.code, 0) << sound.out << sound.err;
  const std::string said = Repair();
  EXPECT_NE(said.find("nothing is lost but the log of changes"), std::string::npos) << said;
  ASSERT_TRUE(server.Start({path()})) << server.error();
  CommandClient client(server.address());
  EXPECT_EQ(Definitions(&client), before);
}

// Opening a store may flush and compact: a table that is damaged before that may be gone when it is
// looked for.
void AwaitNoNewTables(const std::string& directory) {
  std::set<fs::path> before;
  for (int same = 0; same < 5; ++same) {
    std::set<fs::path> now;
    for (const auto& file : fs::directory_iterator(directory)) {
      if (file.path().extension() == ".sst") now.insert(file.path());
    }
    if (now != before) same = 0;
    before.swap(now);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

TEST_F(Verify, AServerFindsDamageInTheFilesUnderIt) {
  Make(true);
  RunningServer server;
  ASSERT_TRUE(server.Start({path()})) << server.error();
  AwaitNoNewTables(path());
  const fs::path table = Largest(path(), "", ".sst");
  const fs::path log = Largest(path() + "/archive", "", ".log");
  ASSERT_FALSE(log.empty());
  Flip(table, fs::file_size(table) / 3);
  Flip(log, fs::file_size(log) / 2);
  const Finished found = RunCairn({"verify", server.url()});
  EXPECT_EQ(found.code, 1);
  EXPECT_NE(found.out.find("DAMAGED " + table.filename().string() + ": a table ("),
            std::string::npos)
      << found.out;
  EXPECT_NE(found.out.find("DAMAGED the commit log: commit "), std::string::npos) << found.out;
  EXPECT_EQ(found.out.find(path()), std::string::npos) << "where files are is nobody's business";
}

TEST_F(Verify, AServerWithoutADirectoryIsCheckedToo) {
  RunningServer server;
  ASSERT_TRUE(server.Start({"--memory"})) << server.error();
  CommandClient client(server.address());
  InsertDocuments(&client);
  const Finished found = RunCairn({"verify", server.url()});
  EXPECT_EQ(found.code, 0) << found.out << found.err;
  EXPECT_NE(found.out.find("1 collections with 6000 documents"), std::string::npos) << found.out;
  for (const char* from : {"x", "files ", "commits 5", "commits 5 x", "commits 1 99999999999",
                           "commits 99999999999999999999999 1"}) {
    const auto part =
        client.Run("admin", std::string(R"({"verifyStore":1,"from":")") + from + "\"}");
    EXPECT_EQ(part.status().code(), ErrorCode::kBadValue) << from;
  }
  EXPECT_EQ(client.Run("shop", R"({"verifyStore":1})").status().code(), ErrorCode::kUnauthorized);
}

}  // namespace
}  // namespace cairn::server
