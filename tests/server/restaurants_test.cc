// SPDX-License-Identifier: Apache-2.0
// Real data through the program: what the server answers about geo_restaurants.json is what a naive
// pass over the file's lines computes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "cairn/json.h"
#include "tests/server/program.h"
#include "tests/server/raw_client.h"
#include "tests/source_directory.h"

namespace cairn::server {
namespace {

struct Restaurant {
  std::string id;
  std::string name;
  double longitude = 0;
};

/// Without the program's own filters, sorts or paths.
std::vector<Restaurant> ReadNaively(const std::string& file) {
  std::vector<Restaurant> restaurants;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto between = [&line](const std::string& before, const std::string& after) {
      const size_t begin = line.find(before) + before.size();
      return line.substr(begin, line.find(after, begin) - begin);
    };
    const bson::Document parsed = json::Parse(line).value();
    restaurants.push_back({between("\"$oid\":\"", "\""), std::string(parsed["name"].AsString()),
                           std::stod(between("\"coordinates\":[", ","))});
  }
  return restaurants;
}

class RestaurantsTest : public testing::Test {
 protected:
  bson::Document Run(const std::string& command) {
    RawClient client(port_);
    client.Send(MakeRequest("POST", "/v1/food/_command", command));
    return json::Parse(client.Read().body).value();
  }
  int64_t Count(const std::string& query) {
    return Run(R"({"count":"restaurants","query":)" + query + "}")["n"].AsInt32();
  }
  int port_ = 0;
};

TEST_F(RestaurantsTest, AnswersAreThoseOfANaivePass) {
  const std::string file = SharedFile("data/geo_restaurants.json").string();
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "LEFT OUT: " << file << " is not there, so no real data was queried";
  }
  RunningServer server;
  ASSERT_TRUE(server.Start({"--memory"})) << server.error();
  port_ = server.address().port;
  const Finished import = RunCairn(
      {"import", file, "--db", "food", "--collection", "restaurants", "--url", server.url()});
  ASSERT_EQ(import.code, 0) << import.err;
  std::vector<Restaurant> all = ReadNaively(file);
  ASSERT_EQ(all.size(), 25359u);

  EXPECT_EQ(Count("{}"), 25359);
  const auto count_if = [&all](auto condition) {
    return std::count_if(all.begin(), all.end(), condition);
  };
  EXPECT_EQ(Count(R"({"name":"Subway"})"),
            count_if([](const Restaurant& r) { return r.name == "Subway"; }));
  EXPECT_EQ(Count(R"({"name":{"$gte":"M","$lt":"N"}})"),
            count_if([](const Restaurant& r) { return r.name >= "M" && r.name < "N"; }));
  EXPECT_EQ(Count(R"({"location.coordinates":{"$lt":-74}})"),
            count_if([](const Restaurant& r) { return r.longitude < -74; }));

  std::sort(all.begin(), all.end(), [](const Restaurant& a, const Restaurant& b) {
    return std::tie(b.name, a.id) < std::tie(a.name, b.id);
  });
  for (const char* index :
       {"", R"({"createIndexes":"restaurants","indexes":[{"key":{"name":1},"name":"name_1"}]})"}) {
    if (*index) {
      EXPECT_EQ(Run(index)["numIndexesAfter"].AsInt32(), 2);
    }
    const bson::Document found = Run(
        R"({"find":"restaurants","filter":{"name":{"$exists":true}},"sort":{"name":-1,"_id":1},"skip":10,"limit":50,"projection":{"name":1}})");
    size_t i = 10;
    for (const bson::Element& row : found["cursor"].AsView()["firstBatch"].AsView()) {
      EXPECT_EQ(row.value.AsView()["name"].AsString(), all[i].name);
      EXPECT_EQ(row.value.AsView()["_id"].AsObjectId().ToHex(), all[i].id);
      ++i;
    }
    EXPECT_EQ(i, 60u);
    EXPECT_EQ(Count(R"({"name":"Subway"})"),
              count_if([](const Restaurant& r) { return r.name == "Subway"; }));
  }
  EXPECT_TRUE(Run(R"({"validate":"restaurants"})")["valid"].AsBool());
}

}  // namespace
}  // namespace cairn::server
