// SPDX-License-Identifier: Apache-2.0
// A server on a free port with an in-memory store, for one test. One thread.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "cairn/cairn.h"
#include "cairn/json.h"
#include "server/http/server.h"
#include "tests/server/raw_client.h"

namespace cairn::server {

class HttpTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenOptions options;
    options.in_memory = true;
    auto opened = Database::Open("", options);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    database_ = std::move(opened).value();
    dispatcher_ = std::make_unique<Dispatcher>(database_.get(), DispatcherOptions{});
    HttpServerOptions http;
    http.port = 0;
    http.workers = 80;
    http.body_bytes_max = 1 << 20;
    Configure(&http);
    server_ = std::make_unique<HttpServer>(http, database_.get(), dispatcher_.get());
    Result<int> port = server_->Bind();
    ASSERT_TRUE(port.ok()) << port.status().ToString();
    port_ = *port;
    thread_ = std::thread([this] { server_->Run(); });
  }

  void TearDown() override {
    server_->Stop();
    thread_.join();
  }

  virtual void Configure(HttpServerOptions* /*options*/) {}

  RawReply Ask(std::string_view request) {
    RawClient client(port_);
    client.Send(request);
    return client.Read();
  }

  /// `headers` ends each line with CRLF.
  RawReply Do(std::string_view method, std::string_view target, std::string_view body = "",
              std::string_view headers = "") {
    return Ask(MakeRequest(method, target, body, headers));
  }
  RawReply Get(std::string_view target, std::string_view headers = "") {
    return Do("GET", target, "", headers);
  }
  RawReply Post(std::string_view target, std::string_view body, std::string_view headers = "") {
    return Do("POST", target, body, headers);
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
  int port_ = 0;
};

}  // namespace cairn::server
