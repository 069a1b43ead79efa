// SPDX-License-Identifier: Apache-2.0
// Databases, collections, documents and indexes as resources, over a real socket.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "tests/server/http_fixture.h"

namespace cairn::server {
namespace {

using ResourcesTest = HttpTest;

const char kLines[] = "Content-Type: application/x-ndjson\r\n";

TEST_F(ResourcesTest, CollectionsAreCreatedListedAndDropped) {
  EXPECT_EQ(Get("/v1").body, R"({"databases":[]})");
  EXPECT_EQ(Get("/v1/shop").status, 404);
  RawReply reply = Do("PUT", "/v1/shop/people", R"({"validator":{"age":{"$gte":0}}})");
  EXPECT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(reply.Header("Location"), "/v1/shop/people");
  EXPECT_EQ(reply.Header("Cairn-Durability"), "journaled");
  EXPECT_EQ(Do("PUT", "/v1/shop/people", R"({"validator":{"age":{"$gte":0}}})").status, 200);
  EXPECT_EQ(Do("PUT", "/v1/shop/people", R"({"capped":true,"size":4096})").status, 409);
  EXPECT_EQ(Do("PUT", "/v1/shop/plain").status, 201);
  reply = Post("/v1/shop/people", R"({"_id":1,"age":-1})");
  EXPECT_EQ(reply.status, 422);
  EXPECT_NE(reply.body.find("\"errInfo\":{"), std::string::npos) << reply.body;
  EXPECT_EQ(Post("/v1/shop/people", R"({"_id":1,"age":1})").status, 201);
  const bson::Document databases = json::Parse(Get("/v1").body).value();
  const bson::View shop = databases["databases"].AsView().begin()->value.AsView();
  EXPECT_EQ(shop["name"].AsString(), "shop");
  EXPECT_EQ(shop["collections"].AsInt32(), 2);
  const bson::Document listed = json::Parse(Get("/v1/shop").body).value();
  const bson::View people = listed["collections"].AsView().begin()->value.AsView();
  EXPECT_EQ(people["name"].AsString(), "people");
  EXPECT_EQ(people["documents"].AsInt32(), 1);
  EXPECT_GT(people["bytes"].AsInt32(), 0);
  EXPECT_EQ(people["indexes"].AsInt32(), 1);
  reply = Do("DELETE", "/v1/shop/people");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(reply.Header("Content-Length"), "");
  EXPECT_EQ(Do("DELETE", "/v1/shop/people").status, 404);
  EXPECT_EQ(Do("DELETE", "/v1/shop").status, 204);
  EXPECT_EQ(Do("DELETE", "/v1/shop").status, 404);
  EXPECT_EQ(Do("PUT", "/v1/shop/people", R"({"frob":1})").status, 400);
}

TEST_F(ResourcesTest, ADocumentIsWrittenReadAndDeletedWithItsTag) {
  RawReply reply = Do("PUT", "/v1/d/c/7?id_type=int", R"({"a":1})");
  EXPECT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(reply.body, R"({"_id":7,"a":1})");
  EXPECT_EQ(reply.Header("Location"), "/v1/d/c/%7B%22%24numberInt%22%3A%227%22%7D?id_type=json");
  const std::string first = reply.Header("ETag");
  EXPECT_EQ(first.size(), 34u);
  reply = Get("/v1/d/c/7?id_type=int");
  EXPECT_EQ(reply.Header("ETag"), first);
  EXPECT_EQ(reply.Header("Vary"), "Accept");
  reply = Get("/v1/d/c/7?id_type=int", "If-None-Match: \"x\", W/" + first + "\r\n");
  EXPECT_EQ(reply.status, 304);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(reply.Header("ETag"), first);
  reply =
      Get("/v1/d/c/7?id_type=int", "Accept: application/ejson\r\nIf-None-Match: " + first + "\r\n");
  EXPECT_EQ(reply.status, 200);  // Another representation.
  const std::string canonical = reply.Header("ETag");
  EXPECT_NE(canonical, first);

  EXPECT_EQ(
      Do("PATCH", "/v1/d/c/7?id_type=int", R"({"$inc":{"a":1}})", "If-Match: \"00\"\r\n").status,
      412);
  EXPECT_EQ(
      Do("PATCH", "/v1/d/c/7?id_type=int", R"({"$inc":{"a":1}})", "If-Match: W/" + first + "\r\n")
          .status,
      412);
  reply = Do("PATCH", "/v1/d/c/7?id_type=int", R"({"$inc":{"a":1}})",
             "If-Match: " + canonical + "\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"_id":7,"a":2})");
  EXPECT_NE(reply.Header("ETag"), first);
  EXPECT_EQ(Do("PUT", "/v1/d/c/7?id_type=int", "{}", "If-Match: " + first + "\r\n").status, 412);
  reply = Do("PATCH", "/v1/d/c/7?id_type=int", R"([{"$set":{"b":{"$add":["$a",1]}}}])",
             "Prefer: return=minimal\r\n");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.Header("Preference-Applied"), "return=minimal");
  EXPECT_EQ(Get("/v1/d/c/7?id_type=int").body, R"({"_id":7,"a":2,"b":3})");
  EXPECT_EQ(Do("PATCH", "/v1/d/c/7?id_type=int", R"({"a":2})").status, 400);
  EXPECT_EQ(Do("PUT", "/v1/d/c/7?id_type=int", R"({"$set":{"a":2}})").status, 400);
  EXPECT_EQ(Do("PUT", "/v1/d/c/7?id_type=int", R"({"_id":8})").status, 400);
  EXPECT_EQ(Do("PATCH", "/v1/d/c/8", R"({"$set":{"a":2}})").status, 404);
  EXPECT_EQ(Do("PATCH", "/v1/d/c/8", R"({"$set":{"a":2}})", "If-Match: *\r\n").status, 412);

  EXPECT_EQ(Do("DELETE", "/v1/d/c/7?id_type=int", "", "If-Match: " + first + "\r\n").status, 412);
  reply = Do("DELETE", "/v1/d/c/7?id_type=int", "", "Prefer: return=representation\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"_id":7,"a":2,"b":3})");
  EXPECT_EQ(Do("DELETE", "/v1/d/c/7?id_type=int").status, 404);
  EXPECT_EQ(Get("/v1/d/c/7?id_type=int", "If-Match: *\r\n").status, 412);
}

TEST_F(ResourcesTest, NoWritePassesOverACondition) {
  EXPECT_EQ(Post("/v1/d/c", R"({"_id":1,"a":1})").status, 201);
  struct Write {
    const char* method;
    const char* target;
    const char* body;
  };
  for (const auto& [method, target, body] : {
           Write{"PATCH", "/v1/d/c?filter={}", R"({"$set":{"a":2}})"},
           Write{"DELETE", "/v1/d/c?filter={}", ""},
           Write{"DELETE", "/v1/d/c", ""},
           Write{"DELETE", "/v1/d", ""},
           Write{"PUT", "/v1/d/e", ""},
           Write{"DELETE", "/v1/d/c/_indexes/a_1", ""},
           Write{"POST", "/v1/d/c", "{}"},
           Write{"POST", "/v1/d/c", "[{},{}]"},
           Write{"POST", "/v1/d/c/_bulk", R"({"operations":[{"deleteMany":{"filter":{}}}]})"},
           Write{"POST", "/v1/d/c/_find_and_modify", R"({"filter":{},"remove":true})"},
           Write{"POST", "/action/insertOne",
                 R"({"dataSource":"x","database":"d","collection":"c","document":{}})"},
       }) {
    EXPECT_EQ(Do(method, target, body, "If-Match: \"1\"\r\n").status, 412) << method << target;
    EXPECT_EQ(Do(method, target, body, "If-None-Match: *\r\n").status, 400) << method << target;
  }
  EXPECT_EQ(Get("/v1/d").body.find("\"e\""), std::string::npos);
  EXPECT_EQ(Post("/v1/d/c/_count", "{}").body, R"({"count":1})");
  EXPECT_EQ(Get("/v1/d/c/1?id_type=int").body, R"({"_id":1,"a":1})");
}

TEST_F(ResourcesTest, IfNoneMatchStarOnlyCreates) {
  EXPECT_EQ(Do("PUT", "/v1/d/c/x", R"({"a":1})", "If-None-Match: *\r\n").status, 201);
  EXPECT_EQ(Do("PUT", "/v1/d/c/x", R"({"a":2})", "If-None-Match: *\r\n").status, 412);
  EXPECT_EQ(Get("/v1/d/c/x").body, R"({"_id":"x","a":1})");
  EXPECT_EQ(Do("PUT", "/v1/d/c/x", "{}", "If-None-Match: \"1\"\r\n").status, 400);
  EXPECT_EQ(Do("PATCH", "/v1/d/c/x", R"({"$set":{"a":2}})", "If-None-Match: *\r\n").status, 400);
  EXPECT_EQ(Do("PUT", "/v1/d/c/y", "{}", "If-Match: *\r\n").status, 412);
  // Another unique key that is taken is a conflict, not a failed precondition.
  EXPECT_EQ(Post("/v1/d/c/_indexes", R"({"key":{"a":1},"unique":true})").status, 201);
  EXPECT_EQ(Do("PUT", "/v1/d/c/z", R"({"a":1})", "If-None-Match: *\r\n").status, 409);
}

// They share commands, and commits; each is answered for its own document.
TEST_F(ResourcesTest, InsertsThatComeTogetherAreAnsweredEach) {
  constexpr int kClients = 16;
  constexpr int kRounds = 100;
  ASSERT_EQ(Do("PUT", "/v1/d/together", R"({"validator":{"a":{"$gte":0}}})").status, 201);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(std::make_unique<RawClient>(port_));
  for (int round = 0; round < kRounds; ++round) {
    const auto id = [round](int i) { return std::to_string(round) + "-" + std::to_string(i); };
    for (int i = 0; i < kClients; ++i) {
      // The last two have one _id.
      std::string body = R"({"_id":")" + id(std::min(i, kClients - 2)) + R"(","a":)" +
                         std::to_string(i == 3 ? -1 : i) + "}";
      if (i == 8) {
        body = R"({"dataSource":"any","database":"d","collection":"together","document":)" + body +
               "}";
      }
      const std::string target = i == 4       ? "/v1/d/other"
                                 : i == 8     ? "/action/insertOne"
                                 : i % 2 == 0 ? "/v1/d/together"
                                              : "/v1/d/together?j=false";
      clients[static_cast<size_t>(i)]->Send(MakeRequest(
          "POST", target, i == 5 ? "{" : body, i == 6 ? "Prefer: return=representation\r\n" : ""));
    }
    int taken = 0;
    for (int i = 0; i < kClients; ++i) {
      const RawReply reply = clients[static_cast<size_t>(i)]->Read();
      if (i == 3 || i == 5) {
        EXPECT_EQ(reply.status, i == 3 ? 422 : 400) << reply.body;
        EXPECT_NE(reply.body.find(i == 3 ? "DocumentValidationFailure" : "FailedToParse"),
                  std::string::npos)
            << reply.body;
      } else if (i >= kClients - 2 && reply.status == 409) {
        ++taken;
      } else if (i == 6) {
        EXPECT_EQ(reply.body, R"({"_id":")" + id(i) + R"(","a":6})");
      } else {
        EXPECT_EQ(reply.status, 201) << reply.body;
        EXPECT_EQ(reply.body, R"({"insertedId":")" + id(std::min(i, kClients - 2)) + R"("})");
        const std::string collection = i == 4 ? "other/" : "together/";
        EXPECT_EQ(reply.Header("Location"),
                  i == 8 ? "" : "/v1/d/" + collection + id(std::min(i, kClients - 2)));
        EXPECT_EQ(reply.Header("Cairn-Durability"), i % 2 == 0 ? "journaled" : "relaxed");
      }
    }
    EXPECT_EQ(taken, 1);
  }
  EXPECT_NE(Post("/v1/d/together/_count", "{}").body.find(std::to_string(kRounds * 12)),
            std::string::npos);
  const auto status = json::Parse(Post("/v1/admin/_command", R"({"serverStatus":1})").body).value();
  EXPECT_EQ(status["opcounters"].AsView()["insert"].AsInt32(), kRounds * (kClients - 1));
}

// What clients make of a path must not lead to what is around it.
TEST_F(ResourcesTest, NoPathMeansWhatIsAroundIt) {
  for (const char* id : {".", "..", ""}) {
    const RawReply created = Post("/v1/d/c", R"({"_id":")" + std::string(id) + "\"}");
    const std::string location = created.Header("Location");
    EXPECT_TRUE(location.ends_with("%22?id_type=json")) << location;
    EXPECT_EQ(Get(location).body, R"({"_id":")" + std::string(id) + "\"}");
  }
  for (const char* path : {"/v1/d/c/", "/v1/d/", "/v1/", "/v1/d/c/_count/", "/v1//c"}) {
    for (const char* method : {"DELETE", "GET", "PUT"}) {
      EXPECT_EQ(Do(method, path, "").status, 404) << method << path;
    }
  }
  EXPECT_EQ(Post("/v1/d/c/_count", "{}").body, R"({"count":3})");
}

TEST_F(ResourcesTest, AnAggregationFailsWithItsErrorWhileItIsShort) {
  std::string documents;
  for (int i = 0; i < 1000; ++i) {
    documents += std::string(i == 0 ? "[" : ",") + R"({"_id":)" + std::to_string(i) + "}";
  }
  EXPECT_EQ(Post("/v1/d/c", documents + "]", "Prefer: return=minimal\r\n").status, 201);
  const auto divide = [this](int id, const char* accept) {
    return Post("/v1/d/c/_aggregate",
                R"([{"$project":{"z":{"$divide":[1,{"$subtract":[)" + std::to_string(id) +
                    R"(,"$_id"]}]}}}])",
                accept);
  };
  for (const int id : {0, 50, 999}) {
    const RawReply failed = divide(id, "");
    EXPECT_EQ(failed.status, 400) << id;
    EXPECT_NE(failed.body.find("divide"), std::string::npos) << failed.body;
  }
  const RawReply whole = divide(-1, "");
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(std::ranges::count(whole.body, 'z'), 1000);
  EXPECT_EQ(divide(50, "Accept: application/x-ndjson\r\n").status, 0) << "is cut";
}

TEST_F(ResourcesTest, EachOfManySaysAllOfItsError) {
  ASSERT_EQ(Do("PUT", "/v1/d/c", R"({"validator":{"a":{"$gte":0}}})").status, 201);
  for (const RawReply& reply :
       {Post("/v1/d/c", R"([{"_id":1,"a":1},{"_id":1,"a":1},{"a":-1},{"a":}])"),
        Post("/v1/d/c/_bulk", R"({"ordered":false,"operations":[)"
                              R"({"insertOne":{"document":{"_id":1,"a":1}}},)"
                              R"({"insertOne":{"document":{"a":-1}}}]})")}) {
    EXPECT_EQ(reply.status, 207);
    EXPECT_NE(reply.body.find(R"("keyPattern":{"_id":1},"keyValue":{"_id":1})"), std::string::npos)
        << reply.body;
    EXPECT_NE(reply.body.find(R"("errInfo":{)"), std::string::npos) << reply.body;
  }
  EXPECT_NE(Post("/v1/d/c", "[{\"a\":}]").body.find("in this document: "), std::string::npos);
}

TEST_F(ResourcesTest, WhatTakesTooLongIsNotWorthAnotherTry) {
  ASSERT_EQ(Post("/v1/d/c", "{}").status, 201);
  const RawReply late =
      Post("/v1/d/c/_find",
           R"({"filter":{"$expr":{"$eq":[-1,{"$size":{"$filter":{"input":{"$range":[0,3000000]},)"
           R"("cond":{"$eq":["$$this",-1]}}}}]}},"maxTimeMS":1})");
  EXPECT_EQ(late.status, 504);
  EXPECT_EQ(late.Header("Retry-After"), "");
  EXPECT_EQ(late.Header("Date").size(), std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size());
}

TEST_F(ResourcesTest, AProjectedPageMayBeAsLongAsAnyOther) {
  std::string documents;
  for (int i = 0; i < 10'001; ++i) {
    documents += std::string(i == 0 ? "[" : ",") + R"({"_id":)" + std::to_string(i) + "}";
  }
  EXPECT_EQ(Post("/v1/d/c", documents + "]", "Prefer: return=minimal\r\n").status, 201);
  const RawReply page = Get("/v1/d/c?limit=10000&projection=%7B%22_id%22:1%7D");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(std::ranges::count(page.body, '_'), 10'000);
  EXPECT_NE(page.Header("Link"), "");
  EXPECT_EQ(page.Header("Vary").substr(0, 6), "Accept");
}

TEST_F(ResourcesTest, IdsThatLookLikeOperatorsAreValues) {
  const std::string target = "/v1/d/c/%7B%22%24gt%22%3A0%7D?id_type=json";  // {"$gt":0}
  Post("/v1/d/c", R"({"_id":1})");
  EXPECT_EQ(Get(target).status, 404);
  EXPECT_EQ(Do("DELETE", target).status, 404);
  const std::string pattern =
      "/v1/d/c/"
      "%7B%22%24regularExpression%22%3A%7B%22pattern%22%3A%22.%22%2C%22options%22%3A%22%22%7D%7D"
      "?id_type=json";
  Post("/v1/d/c", R"({"_id":"text"})");
  EXPECT_EQ(Get(pattern).status, 404);
}

TEST_F(ResourcesTest, OfWritersWithTheSameTagOneWins) {
  Do("PUT", "/v1/d/c/counter", R"({"n":0})");
  constexpr int kClients = 8;
  constexpr int kRounds = 15;
  std::atomic<int> won{0};
  std::atomic<int> strange{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      RawClient client(port_);
      for (int done = 0; done < kRounds;) {
        client.Send(MakeRequest("GET", "/v1/d/c/counter"));
        const RawReply read = client.Read();
        const int32_t n = json::Parse(read.body).value()["n"].AsInt32();
        client.Send(MakeRequest("PUT", "/v1/d/c/counter", "{\"n\":" + std::to_string(n + 1) + "}",
                                "If-Match: " + read.Header("ETag") + "\r\n"));
        const int status = client.Read().status;
        if (status == 200) {
          ++won;
          ++done;
        } else if (status != 412) {
          ++strange;
          break;
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(strange, 0);
  EXPECT_EQ(won, kClients * kRounds);
  EXPECT_EQ(Get("/v1/d/c/counter").body,
            "{\"_id\":\"counter\",\"n\":" + std::to_string(kClients * kRounds) + "}");
}

TEST_F(ResourcesTest, ManyAreUpdatedAndDeletedByAFilterThatIsSaid) {
  Post("/v1/d/c", R"([{"_id":1,"a":1},{"_id":2,"a":1},{"_id":3,"a":2}])");
  EXPECT_EQ(Do("PATCH", "/v1/d/c", R"({"$set":{"b":1}})").status, 400);
  RawReply reply = Do("PATCH", "/v1/d/c?filter=%7B%22a%22:1%7D", R"({"$set":{"b":1}})");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body, R"({"matchedCount":2,"modifiedCount":2})");
  reply = Do("PATCH", "/v1/d/c?filter=%7B%22_id%22:9%7D&upsert=true", R"({"$set":{"b":1}})");
  EXPECT_EQ(reply.body, R"({"matchedCount":0,"modifiedCount":0,"upsertedId":9})");
  EXPECT_EQ(Do("PATCH", "/v1/d/c?filter=%7B%7D&upsert=maybe", R"({"$set":{"b":1}})").status, 400);
  EXPECT_EQ(Do("PATCH", "/v1/d/c?filter=7", R"({"$set":{"b":1}})").status, 400);
  reply = Do("DELETE", "/v1/d/c?filter=%7B%22a%22:1%7D");
  EXPECT_EQ(reply.body, R"({"deletedCount":2})");
  EXPECT_EQ(Do("DELETE", "/v1/d/c?filter=").status, 400);
  EXPECT_EQ(Do("DELETE", "/v1/d/c?hint=a").status, 400);
  reply = Do("DELETE", "/v1/d/c?filter=%7B%7D&j=false", "", "Prefer: return=minimal\r\n");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.Header("Cairn-Durability"), "relaxed");
  EXPECT_EQ(Do("DELETE", "/v1/d/c?frob=1").status, 400);
}

TEST_F(ResourcesTest, OperationsWithABody) {
  Post("/v1/d/c", R"([{"_id":1,"a":1},{"_id":2,"a":1},{"_id":3,"a":2}])");
  EXPECT_EQ(Post("/v1/d/c/_find", R"({"filter":{"a":1},"sort":{"_id":-1},"limit":1,"count":true})")
                .body.substr(0, 48),
            R"({"documents":[{"_id":2,"a":1}],"count":2,"cursor)");
  EXPECT_EQ(Post("/v1/d/c/_count", R"({"filter":{"a":1}})").body, R"({"count":2})");
  EXPECT_EQ(Post("/v1/d/c/_count", "").body, R"({"count":3})");
  EXPECT_EQ(Post("/v1/d/c/_distinct", R"({"key":"a","filter":{"_id":{"$gt":2}}})").body,
            R"({"values":[2]})");
  EXPECT_EQ(Post("/v1/d/c/_aggregate", R"([{"$sortByCount":"$a"},{"$limit":1}])").body,
            R"({"documents":[{"_id":1,"count":2}]})");
  const RawReply explained =
      Post("/v1/d/c/_aggregate", R"({"pipeline":[{"$match":{"_id":1}}],"explain":true})");
  EXPECT_EQ(explained.status, 200);
  EXPECT_NE(explained.body.find("winningPlan"), std::string::npos) << explained.body;
  EXPECT_EQ(Post("/v1/d/c/_find", R"({"limit":1,"batchSize":5})").status, 200);
  EXPECT_EQ(Post("/v1/d/c/_aggregate", R"({"pipeline":[{"$count":"n"}]})").body,
            R"({"documents":[{"n":3}]})");
  RawReply reply = Post("/v1/d/c/_explain", R"({"filter":{"_id":1},"verbosity":"queryPlanner"})");
  EXPECT_NE(reply.body.find("\"winningPlan\""), std::string::npos) << reply.body;
  reply = Post("/v1/d/c/_explain", R"({"pipeline":[{"$match":{"_id":1}}]})");
  EXPECT_EQ(reply.status, 200) << reply.body;
  reply =
      Post("/v1/d/c/_find_and_modify",
           R"({"filter":{"_id":1},"update":{"$inc":{"a":5}},"new":true,"projection":{"_id":0}})");
  EXPECT_EQ(reply.body, R"({"document":{"a":6},"matchedCount":1})");
  reply = Post("/v1/d/c/_find_and_modify", R"({"filter":{"_id":77},"remove":true})");
  EXPECT_EQ(reply.body, R"({"document":null,"matchedCount":0})");
  EXPECT_EQ(Post("/v1/d/c/_find", R"({"frob":1})").status, 400);
  EXPECT_EQ(Post("/v1/d/c/_find", R"({"filter":7})").status, 400);
  EXPECT_EQ(Post("/v1/d/c/_find", "{}\n", kLines).status, 415);
}

TEST_F(ResourcesTest, BulkOperations) {
  RawReply reply = Post("/v1/d/c/_bulk", R"({"operations":[
    {"insertOne":{"document":{"_id":1,"a":1}}},
    {"insertOne":{"document":{"_id":2}}},
    {"updateOne":{"filter":{"_id":1},"update":{"$inc":{"a":1}}}},
    {"updateMany":{"filter":{},"update":[{"$set":{"b":1}}]}},
    {"replaceOne":{"filter":{"_id":9},"replacement":{"c":1},"upsert":true}},
    {"deleteOne":{"filter":{"_id":2}}},
    {"deleteMany":{"filter":{"_id":77}}}]})");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body,
            R"({"insertedCount":2,"matchedCount":3,"modifiedCount":3,"upsertedCount":1,)"
            R"("deletedCount":1,"insertedIds":{"0":1,"1":2},"upsertedIds":{"4":9}})");
  reply = Post("/v1/d/c/_bulk", R"({"ordered":false,"operations":[
    {"insertOne":{"document":{"_id":1}}},{"insertOne":{"document":{"_id":5}}}]})");
  EXPECT_EQ(reply.status, 207);
  EXPECT_NE(reply.body.find(R"("insertedIds":{"1":5})"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find(R"("errors":[{"index":0,"code":11000)"), std::string::npos);
  for (const char* wrong :
       {R"({"operations":{}})", R"({"operations":[{"frob":{}}]})", R"({"operations":[7]})",
        R"({"operations":[{}]})", R"({"operations":[{"insertOne":{"doc":{}}}]})",
        R"({"operations":[{"insertOne":{"document":7}}]})", R"({"frob":1,"operations":[]})",
        R"({"operations":[{"updateOne":{"filter":{},"update":{"a":1}}}]})",
        R"({"operations":[{"updateOne":{"filter":{}}}]})", R"({"operations":[{"deleteOne":{}}]})",
        R"({"operations":[{"replaceOne":{"filter":{},"replacement":{"$set":{}}}}]})"}) {
    EXPECT_EQ(Post("/v1/d/c/_bulk", wrong).status, 400) << wrong;
  }
}

TEST_F(ResourcesTest, Indexes) {
  RawReply reply = Post("/v1/d/c/_indexes", R"({"key":{"a":1,"b":-1.0},"sparse":true})");
  EXPECT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(reply.body, R"({"names":["a_1_b_-1"],"numIndexesBefore":1,"numIndexesAfter":2})");
  EXPECT_EQ(Post("/v1/d/c/_indexes", R"([{"key":{"a":1,"b":-1.0},"sparse":true}])").status, 200);
  EXPECT_EQ(
      Post("/v1/d/c/_indexes", R"({"indexes":[{"key":{"h":"hashed"},"name":"mine"}]})").status,
      201);
  EXPECT_EQ(Post("/v1/d/c/_indexes", R"({"key":{"a":1},"frob":1})").status, 400);
  EXPECT_EQ(Post("/v1/d/c/_indexes", "[7]").status, 400);
  EXPECT_EQ(Post("/v1/d/named/_indexes", R"([{"key":{"n":1}},{"key":{"n.0":-1.0}}])").body,
            R"({"names":["n_1","n.0_-1"],"numIndexesBefore":1,"numIndexesAfter":3})");
  const RawReply keyless = Post("/v1/d/c/_indexes", R"({"key":{}})");
  EXPECT_EQ(keyless.status, 400);
  EXPECT_NE(keyless.body.find("Index keys cannot be an empty object"), std::string::npos);
  const bson::Document listed = json::Parse(Get("/v1/d/c/_indexes").body).value();
  std::vector<std::string> names;
  for (const bson::Element& index : listed["indexes"].AsView()) {
    names.emplace_back(index.value.AsView()["name"].AsString());
    EXPECT_FALSE(index.value.AsView()["usage"].missing());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"_id_", "a_1_b_-1", "mine"}));
  EXPECT_EQ(Do("DELETE", "/v1/d/c/_indexes/mine").status, 204);
  EXPECT_EQ(Do("DELETE", "/v1/d/c/_indexes/mine").status, 404);
  EXPECT_EQ(Do("DELETE", "/v1/d/c/_indexes/*").status, 404);
  EXPECT_EQ(Do("DELETE", "/v1/d/c/_indexes/~_id_").status, 400);
  EXPECT_EQ(Get("/v1/d/none/_indexes").status, 404);
}

TEST_F(ResourcesTest, ARepeatedPostIsDoneOnce) {
  const std::string key = "Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324\r\n";
  const RawReply first = Post("/v1/d/c", R"({"a":1})", key);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(first.Header("Idempotency-Replayed"), "");
  const RawReply again = Post("/v1/d/c", R"({"a":1})", key);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.Header("Location"), first.Header("Location"));
  EXPECT_EQ(again.Header("Idempotency-Replayed"), "true");
  EXPECT_EQ(Post("/v1/d/c", R"({"a":2})", key).status, 422);
  EXPECT_EQ(Post("/v1/d/other", R"({"a":1})", key).status, 422);
  EXPECT_EQ(Post("/v1/d/c", R"({"a":1})", "Idempotency-Key: a b\r\n").status, 400);
  EXPECT_EQ(Post("/v1/d/c", R"({"a":1})", "Idempotency-Key:\r\n").status, 400);
  EXPECT_EQ(Post("/v1/d/c/_count", "{}").body, R"({"count":1})");
}

TEST_F(ResourcesTest, WhatIsNoRouteHasNoRightType) {
  const std::string form = "Content-Type: text/plain\r\n";
  EXPECT_EQ(Post("/v1/d/c", "{}", form).status, 415);
  EXPECT_EQ(Post("/v1/d/c/7", "{}", form).status, 405);
  EXPECT_EQ(Post("/nothing", "{}", form).status, 404);
}

TEST_F(ResourcesTest, OptionsNamesTheMethods) {
  const RawReply reply = Do("OPTIONS", "/v1/d/c/x");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.Header("Allow"), "DELETE, GET, HEAD, PATCH, PUT, OPTIONS");
  EXPECT_EQ(Do("OPTIONS", "/nowhere").status, 404);
  EXPECT_EQ(Do("POST", "/v1/d/c/x", "{}").Header("Allow"), reply.Header("Allow"));
}

class CorsTest : public HttpTest {
 protected:
  void Configure(HttpServerOptions* options) override {
    options->cors_origins = {"https://app.example"};
    options->allowed_hosts = {"db.example"};
  }
};

TEST_F(CorsTest, PagesOfAllowedOriginsMayAskAndSee) {
  const std::string origin = "Origin: https://app.example\r\n";
  RawReply reply = Do("OPTIONS", "/v1/d/c", "", origin + "Access-Control-Request-Method: POST\r\n");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.Header("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_NE(reply.Header("Access-Control-Allow-Headers").find("apiKey"), std::string::npos);
  reply = Post("/v1/d/c", "{}", origin);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.Header("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(Post("/v1/d/c", "{}", "Origin: https://evil.example\r\n").status, 403);
  EXPECT_EQ(Do("OPTIONS", "/v1/d/c", "",
               "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n")
                .status,
            403);
  EXPECT_EQ(Get("/healthz").Header("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(Ask("GET /healthz HTTP/1.1\r\nHost: db.example\r\n\r\n").status, 200);
}

TEST_F(ResourcesTest, WithoutCorsNoPageOfAnotherOriginGetsIn) {
  const RawReply reply = Do("OPTIONS", "/v1/d/c", "",
                            "Origin: https://app.example\r\n"
                            "Access-Control-Request-Method: POST\r\n");
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Header("Access-Control-Allow-Origin"), "");
}

TEST_F(ResourcesTest, ALargeBulkInsertWithAKeyIsDoneOnce) {
  std::string lines;
  std::string array = "[";
  for (int i = 0; i < 8000; ++i) {
    lines += "{\"n\":" + std::to_string(i) + "}\n";
    array += (i == 0 ? "{\"n\":" : ",{\"n\":") + std::to_string(i) + "}";
  }
  array += "]";
  const std::string as_lines = "Content-Type: application/x-ndjson\r\nIdempotency-Key: lines\r\n";
  const std::string as_array = "Content-Type: application/json\r\nIdempotency-Key: array\r\n";
  for (const bool again : {false, true}) {
    for (const bool ndjson : {true, false}) {
      const RawReply reply =
          Post("/v1/d/bulk", ndjson ? lines : array, ndjson ? as_lines : as_array);
      EXPECT_EQ(reply.status, 201);
      EXPECT_EQ(reply.Header("Cairn-Inserted"), "8000");
      EXPECT_EQ(reply.Header("Idempotency-Replayed"), again ? "true" : "");
      EXPECT_EQ(reply.body.size() > 256 * 1024, !again);
      if (again) {
        EXPECT_EQ(reply.body, ndjson ? "" : "[]");
      }
    }
  }
  EXPECT_EQ(Post("/v1/d/bulk/_count", "{}").body, R"({"count":16000})");
}

TEST_F(ResourcesTest, AConditionWithoutATagIsMetByNothing) {
  EXPECT_EQ(Post("/v1/d/c", R"({"_id":"x","a":1})").status, 201);
  EXPECT_EQ(Do("PUT", "/v1/d/c/x", R"({"a":2})", "If-Match: \r\n").status, 412);
  EXPECT_EQ(Do("DELETE", "/v1/d/c/x", "", "If-Match:\r\n").status, 412);
  EXPECT_EQ(Do("PUT", "/v1/d/c/x", R"({"a":2})", "If-None-Match: \r\n").status, 400);
  EXPECT_EQ(Get("/v1/d/c/x").body, R"({"_id":"x","a":1})");
}

TEST_F(ResourcesTest, APageIsSortedByAPathAndOneBelowIt) {
  EXPECT_EQ(Post("/v1/d/c", R"([{"_id":1,"m":{"x":2}},{"_id":2,"m":{"x":1}}])").status, 201);
  for (const char* const sort :
       {R"({"m":1,"m.x":1})", R"({"m.x":1,"m":1})", R"({"m":1,"_id.a":1})"}) {
    const RawReply page = Post(
        "/v1/d/c/_find", std::string(R"({"limit":1,"projection":{"m":0},"sort":)") + sort + "}");
    EXPECT_EQ(page.body.find(R"({"documents":[{"_id":2}])"), 0U) << sort << page.body;
  }
  EXPECT_EQ(Post("/v1/d/c/_find", R"({"tailable":true})").status, 400);
}

TEST_F(ResourcesTest, ARequestWithAKeyIsTheSameHoweverItsHeadersAreWritten) {
  const std::string key = "Idempotency-Key: same\r\nContent-Type: ";
  const std::string document = R"({"a":1})";
  EXPECT_EQ(Post("/v1/d/k", document, key + "application/json\r\n").status, 201);
  for (const char* const rest :
       {"application/json; charset=utf-8\r\n", "application/json\r\nAccept: */*\r\n",
        "application/json\r\nAccept: application/json\r\nPrefer: wait=5\r\n"}) {
    EXPECT_EQ(Post("/v1/d/k", document, key + rest).status, 201) << rest;
  }
  EXPECT_EQ(
      Post("/v1/d/k", document, key + "application/json\r\nPrefer: return=\"minimal\"\r\n").status,
      422);
  EXPECT_EQ(Post("/v1/d/k/_count", "{}").body, R"({"count":1})");
}

}  // namespace
}  // namespace cairn::server
