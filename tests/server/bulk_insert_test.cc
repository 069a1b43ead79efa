// SPDX-License-Identifier: Apache-2.0
// Many documents in one request: as an array or as lines, whole or while they arrive.
#include <string>
#include <vector>

#include "server/http/document_splitter.h"
#include "tests/server/http_fixture.h"

namespace cairn::server {
namespace {

using Shape = DocumentSplitter::Shape;
using BulkInsertTest = HttpTest;

const char kLines[] = "Content-Type: application/x-ndjson\r\n";

std::vector<std::string> Split(Shape shape, std::string_view body, size_t piece, Status* status) {
  std::vector<std::string> texts;
  DocumentSplitter splitter(shape, [&](std::string_view text, uint64_t place) {
    texts.push_back(std::to_string(place) + ":" + std::string(text));
    return true;
  });
  *status = Status();
  for (size_t at = 0; at < body.size() && status->ok(); at += piece) {
    *status = splitter.Push(body.substr(at, piece));
  }
  if (status->ok()) *status = splitter.Finish();
  return texts;
}

TEST(DocumentSplitter, CutsAnywhereTheSame) {
  struct Case {
    Shape shape;
    const char* body;
    std::vector<std::string> texts;
  };
  const Case cases[] = {
      {Shape::kLines,
       "{\"a\":1}\n\n {} \r\n{\"b\":\"x\"}",
       {"1:{\"a\":1}", "3: {} \r", "4:{\"b\":\"x\"}"}},
      {Shape::kLines, "\n\n", {}},
      {Shape::kArray, " [ ] ", {}},
      {Shape::kArray,
       "[{\"a\":\"],[\\\"\"},{\"b\":[1,{}]}]\n",
       {"0:{\"a\":\"],[\\\"\"}", "1:{\"b\":[1,{}]}"}},
      {Shape::kArray, "[1,,2]", {"0:1", "1:", "2:2"}},
      {Shape::kArray, "[{}},{}]", {"0:{}}", "1:{}"}},
  };
  for (const Case& c : cases) {
    for (size_t piece : {1, 2, 3, 7, 100}) {
      Status status;
      EXPECT_EQ(Split(c.shape, c.body, piece, &status), c.texts) << c.body << " by " << piece;
      EXPECT_TRUE(status.ok()) << c.body;
    }
  }
  for (const char* wrong : {"[{}", "{}", "[] x", "[{}] ]", "[\"", ""}) {
    Status status;
    Split(Shape::kArray, wrong, 1, &status);
    EXPECT_EQ(status.code(), ErrorCode::kFailedToParse) << wrong;
  }
}

TEST_F(BulkInsertTest, EachLineHasAResult) {
  RawReply reply = Post("/v1/d/c", "{\"_id\":3}\n\n{\"_id\":4}\r\n", kLines);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.Header("Content-Type"), "application/x-ndjson");
  EXPECT_EQ(reply.body, "{\"line\":1,\"insertedId\":3}\n{\"line\":3,\"insertedId\":4}\n");
  reply = Post("/v1/d/c", "{\"_id\":5}\n{\"_id\":}\n{\"_id\":3}\n7\n{\"_id\":6}", kLines);
  EXPECT_EQ(reply.status, 207);
  EXPECT_EQ(reply.Header("Cairn-Inserted"), "2");
  EXPECT_EQ(reply.Header("Cairn-Failed"), "3");
  std::vector<std::string> lines;
  for (size_t at = 0; at < reply.body.size(); at = reply.body.find('\n', at) + 1) {
    lines.push_back(reply.body.substr(at, 40));
  }
  ASSERT_EQ(lines.size(), 5u) << reply.body;
  EXPECT_TRUE(lines[0].starts_with("{\"line\":1,\"insertedId\":5}")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("{\"line\":2,\"error\":{\"code\":9,")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with("{\"line\":3,\"error\":{\"code\":11000,")) << lines[2];
  EXPECT_TRUE(lines[3].starts_with("{\"line\":4,\"error\":{\"code\":9,")) << lines[3];
  EXPECT_TRUE(lines[4].starts_with("{\"line\":5,\"insertedId\":6}")) << lines[4];
}

TEST_F(BulkInsertTest, OrderedEndsAtTheFirstFailure) {
  Post("/v1/d/c", R"({"_id":2})");
  RawReply reply = Post("/v1/d/c?ordered=true", "{\"_id\":1}\n{\"_id\":2}\n{\"_id\":3}\n", kLines);
  EXPECT_EQ(reply.status, 207);
  EXPECT_NE(reply.body.find("{\"line\":3,\"skipped\":true}\n"), std::string::npos) << reply.body;
  reply = Post("/v1/d/c?ordered=true", R"([{"_id":4},7,{"_id":5}])");
  EXPECT_NE(reply.body.find("{\"index\":0,\"insertedId\":4}"), std::string::npos) << reply.body;
  EXPECT_EQ(Post("/v1/d/c/_distinct", R"({"key":"_id"})").body, R"({"values":[1,2,4]})");
}

TEST_F(BulkInsertTest, AnArrayHasAnArrayOfResults) {
  RawReply reply = Post("/v1/d/c", R"([{"_id":1},{"_id":2}])");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, R"([{"index":0,"insertedId":1},{"index":1,"insertedId":2}])");
  reply = Post("/v1/d/c", R"([{"_id":3},{"_id":1}])", "Prefer: return=minimal\r\n");
  EXPECT_EQ(reply.status, 207);
  EXPECT_TRUE(reply.body.starts_with(R"([{"index":1,"error":{"code":11000)")) << reply.body;
  EXPECT_EQ(Post("/v1/d/c", "[{},").status, 400);
  EXPECT_EQ(Post("/v1/d/c", "[]").status, 400);
  EXPECT_EQ(Post("/v1/d/c", "\n", kLines).status, 400);
  EXPECT_EQ(Post("/v1/d/c$", R"([{"_id":1}])").status, 400);
  reply = Post("/v1/d/c", R"({"_id":1})");
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.Header("Content-Type"), "application/problem+json");
  EXPECT_NE(reply.body.find(R"("code":11000,"codeName":"DuplicateKey")"), std::string::npos);
  EXPECT_NE(reply.body.find(R"("keyValue":{"_id":1})"), std::string::npos) << reply.body;
}

TEST_F(BulkInsertTest, ABodyLongerThanAnyIsTakenWhileItArrives) {
  // The limit for whole bodies is 1 MiB here.
  constexpr int kDocuments = 20'000;
  std::string body;
  for (int i = 0; i < kDocuments; ++i) {
    body += "{\"_id\":" + std::to_string(i) + ",\"text\":\"" + std::string(80, 'x') + "\"}\n";
  }
  RawClientOptions patient;
  patient.wait_s = 60;
  RawClient client(port_, patient);
  client.Send(MakeRequest("POST", "/v1/d/c", body, kLines));
  const RawReply reply = client.Read();
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(std::count(reply.body.begin(), reply.body.end(), '\n'), kDocuments);
  EXPECT_EQ(reply.Header("Cairn-Inserted"), std::to_string(kDocuments));
  EXPECT_EQ(Post("/v1/d/c/_count", "").body, "{\"count\":" + std::to_string(kDocuments) + "}");

  // As an array in chunks, and out again as lines.
  std::string array = "[";
  for (int i = 0; i < kDocuments; ++i)
    array += (i ? ",{\"_id\":" : "{\"_id\":") + std::to_string(i) + "}";
  array += "]";
  RawClient chunked(port_);
  chunked.Send(
      "POST /v1/d/e HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Prefer: return=minimal\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (size_t at = 0; at < array.size(); at += 10'000) {
    const std::string piece = array.substr(at, 10'000);
    char size[16];
    std::snprintf(size, sizeof(size), "%zx\r\n", piece.size());
    chunked.Send(size + piece + "\r\n");
  }
  chunked.Send("0\r\n\r\n");
  const RawReply minimal = chunked.Read();
  EXPECT_EQ(minimal.status, 201) << minimal.body;
  EXPECT_EQ(minimal.body, "[]");
  const RawReply lines = Get("/v1/d/e", "Accept: application/x-ndjson\r\n");
  EXPECT_EQ(lines.Header("Content-Type"), "application/x-ndjson");
  EXPECT_EQ(std::count(lines.body.begin(), lines.body.end(), '\n'), kDocuments);
  EXPECT_TRUE(lines.body.ends_with("{\"_id\":" + std::to_string(kDocuments - 1) + "}\n"));
}

TEST_F(BulkInsertTest, OneDocumentMayArriveInChunks) {
  RawClient client(port_);
  client.Send(
      "POST /v1/d/c HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n4\r\n{\"_i\r\n5\r\nd\":1}\r\n0\r\n\r\n");
  EXPECT_EQ(client.Read().body, R"({"insertedId":1})");
}

}  // namespace
}  // namespace cairn::server
