// SPDX-License-Identifier: Apache-2.0
// The HTTP face over a real socket and a real in-memory store.
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/server/http_fixture.h"

namespace cairn::server {
namespace {

const char kAccepts[] = "Content-Type: application/ejson\r\nAccept: application/ejson\r\n";

TEST_F(HttpTest, CommandsAnswerWithTheirOwnReply) {
  RawReply reply =
      Post("/v1/shop/_command",
           R"({"insert":"people","documents":[{"_id":1,"age":36},{"_id":2,"age":20}]})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"n":2,"ok":1.0})");
  reply = Post("/v1/shop/_command", R"({"find":"people","filter":{"age":{"$gt":30}}})", kAccepts);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("Content-Type"), "application/ejson");
  EXPECT_NE(
      reply.body.find(R"("firstBatch":[{"_id":{"$numberInt":"1"},"age":{"$numberInt":"36"}}])"),
      std::string::npos)
      << reply.body;
}

TEST_F(HttpTest, WhatAClientDoesNotReadIsCounted) {
  const size_t before = WorkMemory::bytes();
  std::string noise(size_t{600} << 10, ' ');
  uint32_t state = 1;
  for (char& c : noise) c = static_cast<char>('a' + ((state = state * 1664525 + 1013904223) >> 28));
  for (int i = 0; i < 40; ++i) {
    const RawReply reply =
        Post("/v1/shop/large", R"({"_id":)" + std::to_string(i) + R"(,"s":")" + noise + "\"}");
    ASSERT_EQ(reply.status, 201);
  }
  const auto counts = [&](std::string_view target, std::string_view body,
                          std::string_view headers) {
    RawClient client(port_, {.receive_bytes = 4096});
    client.Send(MakeRequest("POST", target, body, headers));
    EXPECT_TRUE(client.HasBegun());
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const size_t held = WorkMemory::bytes() - before;
    EXPECT_GT(held, size_t{10} << 20) << target;
    EXPECT_LT(held, size_t{40} << 20) << target;
  };
  counts("/v1/shop/large/_find", "{}", "Content-Type: application/json\r\n");
  counts("/v1/shop/_command", R"({"find":"large"})",
         "Content-Type: application/json\r\nAccept-Encoding: gzip\r\n");
  counts("/v1/shop/_command", R"({"find":"large"})", "Content-Type: application/json\r\n");
}

TEST_F(HttpTest, CommandErrorsCarryMongodbsCodeAndItsHttpStatus) {
  RawReply reply = Post("/v1/shop/_command", R"({"noSuchThing":1})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(reply.body.find(R"("code":59)"), std::string::npos) << reply.body;
  reply = Post("/v1/shop/_command", R"({"find":"people","filter":{"a":{"$frob":1}}})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(reply.body.find(R"("codeName":"BadValue")"), std::string::npos) << reply.body;
  // A write error is a part of a reply that went well.
  Post("/v1/shop/_command", R"({"insert":"people","documents":[{"_id":1}]})");
  reply = Post("/v1/shop/_command", R"({"insert":"people","documents":[{"_id":1}]})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find(R"("code":11000)"), std::string::npos) << reply.body;
}

TEST_F(HttpTest, ADocumentGoesInAndIsFoundByItsLocation) {
  const std::vector<std::pair<std::string, std::string>> documents = {
      {R"({"_id":"plain","a":1})", "/v1/d/c/plain"},
      {R"({"_id":"a/b c","a":1})", "/v1/d/c/a%2Fb%20c"},
      {R"({"_id":"_secret","a":1})", "/v1/d/c/~_secret"},
      {R"({"_id":"~tilde","a":1})", "/v1/d/c/~~tilde"},
      {R"({"_id":{"$oid":"507f1f77bcf86cd799439011"},"a":1})", "/v1/d/c/507f1f77bcf86cd799439011"},
      {R"({"_id":"507f1f77bcf86cd799439011","a":1})",
       "/v1/d/c/507f1f77bcf86cd799439011?id_type=string"},
      {R"({"_id":7,"a":1})", "/v1/d/c/%7B%22%24numberInt%22%3A%227%22%7D?id_type=json"},
      {R"({"_id":"fünf","a":1})", "/v1/d/c/f%C3%BCnf"},
  };
  for (const auto& [document, location] : documents) {
    const RawReply created = Post("/v1/d/c", document);
    EXPECT_EQ(created.status, 201) << created.body;
    EXPECT_EQ(created.Header("Location"), location);
    const RawReply found = Ask(MakeRequest("GET", location));
    EXPECT_EQ(found.status, 200) << location;
    EXPECT_EQ(found.body, document);
  }
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/7?id_type=int")).status, 200);
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/7?id_type=long")).status, 200);
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/7")).status, 404);
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/x?id_type=int")).status, 400);
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/x?id_type=frob")).status, 400);
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/x?frob=1")).status, 400);
}

TEST_F(HttpTest, HeadAnswersWithoutABody) {
  Post("/v1/d/c", R"({"_id":"plain","a":1})");
  RawClient client(port_);
  client.Send(MakeRequest("HEAD", "/v1/d/c/plain") + MakeRequest("GET", "/healthz"));
  const RawReply head = client.Read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("Content-Length"), "21");
  EXPECT_EQ(client.Read().body, R"({"status":"ok"})");
}

TEST_F(HttpTest, ParseErrorsNameThePlace) {
  const RawReply reply = Post("/v1/d/c", "{\"a\":1,\n \"a\":2}");
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(reply.body.find(R"("line":2)"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find(R"("offset":)"), std::string::npos) << reply.body;
}

TEST_F(HttpTest, UnknownRoutesAndMethods) {
  EXPECT_EQ(Ask(MakeRequest("GET", "/nowhere")).status, 404);
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/_changes")).status, 404);
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/_find")).status, 405);
  const RawReply reply = Ask(MakeRequest("DELETE", "/healthz"));
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.Header("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/%ff")).status, 400);
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/a%2")).status, 400);
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/a%00")).status, 400);
}

TEST_F(HttpTest, Operations) {
  RawReply reply = Ask(MakeRequest("GET", "/healthz"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.Header("X-Request-Id").empty());
  EXPECT_EQ(reply.Header("X-Content-Type-Options"), "nosniff");
  EXPECT_NE(Ask(MakeRequest("GET", "/version")).body.find("\"version\":\""), std::string::npos);
  EXPECT_NE(Ask(MakeRequest("GET", "/")).body.find("/action/{action}"), std::string::npos);
  reply = Ask(MakeRequest("GET", "/healthz", "", "X-Request-Id: abc-1\r\n"));
  EXPECT_EQ(reply.Header("X-Request-Id"), "abc-1");
  reply = Ask(MakeRequest("GET", "/healthz", "", "X-Request-Id: a b\r\n"));
  EXPECT_NE(reply.Header("X-Request-Id"), "a b");
}

struct Strictness {
  const char* what;
  std::string request;
  int status;
};

TEST_F(HttpTest, RequestsThatCouldBeReadTwoWaysAreRefusedAndTheConnectionIsClosed) {
  const std::string host = "Host: localhost\r\n";
  const std::string json = "Content-Type: application/json\r\n";
  const std::string post = "POST /v1/d/_command HTTP/1.1\r\n" + host + json;
  const std::vector<Strictness> cases = {
      {"no host", "GET /healthz HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET /healthz HTTP/1.1\r\n" + host + host + "\r\n", 400},
      {"GET with a body", "GET /healthz HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\nx", 400},
      {"length and chunked",
       post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"two lengths", post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n{", 400},
      {"signed length", post + "Content-Length: +1\r\n\r\n{", 400},
      {"hexadecimal length", post + "Content-Length: 0x1\r\n\r\n{", 400},
      {"list of lengths", post + "Content-Length: 1, 1\r\n\r\n{", 400},
      {"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked twice",
       post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"quoted chunked", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400},
      {"chunk extension", post + "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n", 400},
      {"chunk without size", post + "Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n", 400},
      {"negative chunk", post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n", 400},
      {"chunk too long", post + "Transfer-Encoding: chunked\r\n\r\n3\r\n{}\r\n0\r\n\r\n", 400},
      {"huge chunk", post + "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", 413},
      {"huge body", post + "Content-Length: 1048577\r\n\r\n", 413},
      {"chunked body over the limit", post + "Transfer-Encoding: chunked\r\n\r\n100001\r\n", 413},
      {"encoded body", post + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415},
      {"no version", "GET /healthz\r\n" + host + "\r\n", 400},
      {"old version", "GET /healthz HTTP/0.9\r\n" + host + "\r\n", 505},
      {"absolute target", "GET http://localhost/healthz HTTP/1.1\r\n" + host + "\r\n", 400},
      {"space before colon", "GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n", 400},
      {"folded header", "GET /healthz HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n", 400},
      {"bare line feed", "GET /healthz HTTP/1.1\n" + host + "\r\n\r\n", 400},
      {"bare carriage return", "GET /healthz HTTP/1.1\r\n" + host + "A: b\rc\r\n\r\n", 400},
      {"bare line feeds only", "GET /healthz HTTP/1.1\nHost: localhost\n\n", 400},
      {"no HTTP at all", "\x16\x03\x01\x02", 400},
      {"NUL in a header", "GET /healthz HTTP/1.1\r\n" + host + std::string("A: b\0c\r\n\r\n", 10),
       400},
      {"long target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
      {"long head",
       "GET /healthz HTTP/1.1\r\n" + host + "A: " + std::string(40000, 'a') + "\r\n\r\n", 431},
      {"unknown expectation", post + "Expect: a-lot\r\nContent-Length: 2\r\n\r\n{}", 417},
  };
  for (const Strictness& test : cases) {
    RawClient client(port_);
    client.Send(test.request);
    EXPECT_EQ(client.Read().status, test.status) << test.what;
    EXPECT_TRUE(client.Closed()) << test.what;
  }
  std::string many = "GET /healthz HTTP/1.1\r\n" + host;
  for (int i = 0; i < 100; ++i) many += "A" + std::to_string(i) + ": b\r\n";
  EXPECT_EQ(Ask(many + "\r\n").status, 431);
}

TEST_F(HttpTest, WhatIsNotFramedIsRefusedInTheShapeOfItsRoute) {
  const std::string rest =
      " HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\nContent-Type: application/json\r\n"
      "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}";
  const RawReply action = Ask("POST /app/a/endpoint/data/v1/action/find" + rest);
  EXPECT_EQ(action.status, 415);
  EXPECT_EQ(action.body.find(R"({"error":"encoded request bodies are not accepted","error_code")"),
            0U)
      << action.body;
  const RawReply resource = Ask("POST /v1/d/c" + rest);
  EXPECT_EQ(resource.Header("Content-Type"), "application/problem+json");
  EXPECT_EQ(resource.Header("X-Request-Id"), "mine");
  EXPECT_NE(resource.body.find(R"("instance":"/v1/d/c")"), std::string::npos) << resource.body;
}

TEST_F(HttpTest, RequestsThatAPageCouldForgeAreRefused) {
  EXPECT_EQ(Ask("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 403);
  EXPECT_EQ(Ask("GET /healthz HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n").status, 403);
  EXPECT_EQ(Ask("GET /healthz HTTP/1.1\r\nHost: LOCALHOST:99\r\n\r\n").status, 200);
  EXPECT_EQ(Ask("GET /healthz HTTP/1.1\r\nHost: [::1]:99\r\n\r\n").status, 200);
  EXPECT_EQ(Post("/v1/d/_command", "{}", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(Post("/v1/d/_command", "{\"ping\":1}", "Origin: http://localhost\r\n").status, 200);
  EXPECT_EQ(Post("/v1/d/_command", "{}", "Content-Type: text/plain\r\n").status, 415);
  EXPECT_EQ(
      Ask("POST /v1/d/_command HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}").status,
      415);
}

TEST_F(HttpTest, AConnectionEndsWhenAnyTokenSaysClose) {
  RawClient client(port_);
  client.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Close\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_TRUE(client.Closed());
}

TEST_F(HttpTest, ADocumentOfAHundredLevelsGoesInByEveryRoute) {
  const auto nested = [](int levels) {
    std::string text = "1";
    for (int i = 0; i < levels; ++i) text = "{\"a\":" + text + "}";
    return text;
  };
  const std::string deepest = nested(101);  // the document itself and 100 levels in it
  EXPECT_EQ(Post("/v1/d/c", deepest).status, 201);
  EXPECT_EQ(Post("/v1/d/c", "[" + deepest + "]").status, 201);
  EXPECT_EQ(Post("/v1/d/_command", R"({"insert":"c","documents":[)" + deepest + "]}").status, 200);
  EXPECT_EQ(Post("/v1/d/c", nested(102)).status, 400);
}

TEST_F(HttpTest, ChunkedBodiesInPieces) {
  RawClient client(port_);
  client.Send(
      "POST /v1/d/_command HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"pin");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  client.Send("\r\n4\r\ng\":1\r\n1\r\n}\r\n0\r\n\r\n" + MakeRequest("GET", "/version"));
  EXPECT_EQ(client.Read().body, R"({"ok":1.0})");
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(HttpTest, ExpectContinueIsAnsweredBeforeTheBody) {
  RawClient client(port_);
  client.Send(
      "POST /v1/d/_command HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n");
  EXPECT_EQ(client.Read().status, 100);
  client.Send("{\"ping\":1}");
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(HttpTest, PipelinedRequestsAreAnsweredInOrder) {
  RawClient client(port_);
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += MakeRequest("POST", "/v1/d/c", "{\"_id\":" + std::to_string(i) + "}");
  }
  client.Send(requests);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.Read().body, "{\"insertedId\":" + std::to_string(i) + "}");
  }
}

TEST_F(HttpTest, SixtyFourClientsKeepTheirConnections) {
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 64; ++i) {
    clients.emplace_back([this, i, &answered] {
      RawClient client(port_);
      for (int n = 0; n < 20; ++n) {
        client.Send(
            MakeRequest("POST", "/v1/d/c", "{\"_id\":" + std::to_string(i * 100 + n) + "}"));
        if (client.Read().status == 201) ++answered;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 64 * 20);
  EXPECT_NE(Post("/v1/d/_command", R"({"count":"c"})").body.find("\"n\":1280"), std::string::npos);
}

TEST_F(HttpTest, NumbersThatBreakParsersAreRoundedToZero) {
  for (const std::string& number :
       std::vector<std::string>{"0." + std::string(400, '0') + "1", "1e-2147483649"}) {
    EXPECT_EQ(Post("/v1/d/c", "{\"_id\":\"" + number + "\",\"a\":" + number + "}").status, 201)
        << number;
    EXPECT_NE(Ask(MakeRequest("GET", "/v1/d/c/" + number)).body.find(R"("a":0.0)"),
              std::string::npos);
  }
}

TEST_F(HttpTest, HostileBodiesAreRefusedOneByOne) {
  const std::vector<std::pair<const char*, std::string>> bodies = {
      {"empty", ""},
      {"deep", std::string(200000, '[')},
      {"deep document",
       [] {
         std::string text;
         for (int i = 0; i < 100000; ++i) text += "{\"a\":";
         return text;
       }()},
      {"long number", "{\"a\":" + std::string(2000, '1') + "}"},
      {"integer beyond 64 bits", "{\"a\":9223372036854775808}"},
      {"NaN", "{\"a\":NaN}"},
      {"duplicate key", "{\"a\":1,\"b\":{},\"a\":2}"},
      {"lone surrogate", "{\"a\":\"\\ud800\"}"},
      {"broken UTF-8", "{\"a\":\"\xff\"}"},
      {"NUL in a name", "{\"a\\u0000b\":1}"},
      {"raw NUL", std::string("{\"a\":1}\0", 8)},
      {"byte order mark", "\xEF\xBB\xBF{\"a\":1}"},
      {"something behind", "{\"a\":1} {}"},
  };
  for (const auto& [what, body] : bodies) {
    EXPECT_EQ(Post("/v1/d/c", body).status, 400) << what;
  }
  EXPECT_EQ(Ask(MakeRequest("GET", "/v1/d/c/x")).status, 404);
}

}  // namespace
}  // namespace cairn::server
