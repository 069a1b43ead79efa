// SPDX-License-Identifier: Apache-2.0
// The case files of the language over HTTP: the same files that run through the library.
#include <gtest/gtest.h>

#include <thread>

#include "cairn/cairn.h"
#include "cairn/json.h"
#include "server/http/server.h"
#include "tests/query/case_file.h"
#include "tests/server/raw_client.h"

namespace cairn::server {
namespace {

const char kCanonical[] = "Content-Type: application/ejson\r\nAccept: application/ejson\r\n";

/// Sends `command` and gives the reply document.
bson::Document RunOverHttp(RawClient* client, const std::string& database, bson::View command) {
  const RawReply reply = [&] {
    client->Send(MakeRequest("POST", "/v1/" + database + "/_command",
                             json::ToJson(command, json::Format::kCanonical), kCanonical));
    return client->Read();
  }();
  Result<bson::Document> body = json::Parse(reply.body);
  EXPECT_TRUE(body.ok()) << reply.status << " " << reply.body;
  return body.ok() ? std::move(body).value() : bson::Document();
}

TEST(CaseFiles, PassOverHttp) {
  OpenOptions options;
  options.in_memory = true;
  auto database = Database::Open("", options).value();
  Dispatcher dispatcher(database.get(), {});
  HttpServerOptions http;
  http.port = 0;
  http.workers = 4;
  HttpServer server(http, database.get(), &dispatcher);
  const Result<int> port = server.Bind();
  ASSERT_TRUE(port.ok());
  std::thread serving([&server] { server.Run(); });
  RawClient client(*port);
  const std::vector<cases::Case> all = cases::LoadCases();
  EXPECT_GE(all.size(), 120u);
  int number = 0;
  for (const cases::Case& test : all) {
    const std::string name = "case" + std::to_string(++number);
    const std::string wrong =
        cases::Check(test, [&](bson::View command) { return RunOverHttp(&client, name, command); });
    EXPECT_EQ(wrong, "") << test.file << ".ejsonl:" << test.line << ": " << test.name();
    RunOverHttp(&client, name, bson::Builder().AppendInt32("dropDatabase", 1).Finish());
  }
  server.Stop();
  serving.join();
}

}  // namespace
}  // namespace cairn::server
