// SPDX-License-Identifier: Apache-2.0
// `cairn verify` and `cairn repair` on sound and on damaged directories.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
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
  EXPECT_NE(online.out.find("1 collections with 6000 documents"), std::string::npos) << online.out;
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
      EXPECT_EQ((*valid)["keysPerIndex"].AsView()[index].AsInt64(),
                static_cast<int64_t>(ids.size()));
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

TEST_F(Verify, DamagedBlocksOfATableAreNamedAndTheRestSaved) {
  Make(true);
  const fs::path table = Largest(path(), "", ".sst");
  for (const uintmax_t part : {8, 4, 2}) Flip(table, fs::file_size(table) / part);
  ExpectDamage(table.filename().string() + ": a table (");
  const std::string said = Repair();
  // The three gaps, and how many documents that is.
  size_t gaps = 0;
  for (size_t at = 0; (at = said.find("documents between ", at)) != std::string::npos; ++at) ++gaps;
  const std::vector<int> ids = Ids();
  EXPECT_GT(ids.size(), static_cast<size_t>(kDocuments) * 9 / 10);
  if (ids.size() < static_cast<size_t>(kDocuments)) {
    EXPECT_GE(gaps, 1u) << said;
    const std::string lost =
        std::to_string(static_cast<size_t>(kDocuments) - ids.size()) + " of 6000 documents";
    EXPECT_NE(said.find(lost), std::string::npos) << said;
  }
}

TEST_F(Verify, ATableWithoutAnEndIsLostAsAWhole) {
  Make(true);
  const fs::path table = Largest(path(), "", ".sst");
  fs::resize_file(table, fs::file_size(table) - 30);
  ExpectDamage(table.filename().string());
  EXPECT_NE(Repair().find("LOST " + table.filename().string()), std::string::npos);
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

}  // namespace
}  // namespace cairn::server
