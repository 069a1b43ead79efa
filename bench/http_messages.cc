// SPDX-License-Identifier: Apache-2.0
// From the bytes of a short request to the bytes of its reply, without sockets and without a
// store: what it costs here, and with cpp-httplib's server.
#include <benchmark/benchmark.h>
#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/guard.h"
#include "server/http/reply_writer.h"
#include "server/http/routes.h"
#include "server/net/framing.h"

namespace cairn::bench {
namespace {

constexpr std::string_view kRequest =
    "GET /v1/bench/docs/1 HTTP/1.1\r\n"
    "Host: localhost:8585\r\n"
    "User-Agent: curl/7.88.1\r\n"
    "Accept: */*\r\n"
    "\r\n";
constexpr size_t kReplyBytes = 300;

void HttpMessage(benchmark::State& state) {
  const std::string document(kReplyBytes, 'x');
  for (auto _ : state) {
    server::Head head;
    if (server::FindHeadEnd(kRequest, 0) != kRequest.size() ||
        server::ParseHead(kRequest, &head).status != 0) {
      return state.SkipWithError("no request");
    }
    server::Request request;
    request.method = std::move(head.method);
    request.path = std::move(head.target);
    request.headers = std::move(head.headers);
    request.id = server::RequestId(request.Header("X-Request-Id"));
    if (!server::HasRoute(request)) return state.SkipWithError("no route");
    server::Reply reply;
    reply.body = document;
    benchmark::DoNotOptimize(server::WriteReply(request, {}, &reply).bytes.data());
  }
}
BENCHMARK(HttpMessage);

/// A connection on which one request has come.
class OneRequest final : public httplib::Stream {
 public:
  bool is_readable() const override { return at_ < kRequest.size(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    size = std::min(size, kRequest.size() - at_);
    std::memcpy(to, kRequest.data() + at_, size);
    at_ += size;
    return static_cast<ssize_t>(size);
  }
  ssize_t write(const char* from, size_t size) override {
    written_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = "127.0.0.1";
    port = 40'000;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip = "127.0.0.1";
    port = 8585;
  }
  socket_t socket() const override { return 0; }
  const std::string& written() const { return written_; }

 private:
  size_t at_ = 0;
  std::string written_;
};

class HttplibServer : public httplib::Server {
 public:
  explicit HttplibServer(const std::string& document) {
    Get(R"(/v1/([^/]+)/([^/]+)/([^/]+))",
        [document](const httplib::Request&, httplib::Response& response) {
          response.set_content(document, "application/json");
        });
  }
  void Serve(OneRequest* connection) {
    bool closed = false;
    process_request(*connection, false, closed, nullptr);
  }
};

void HttpMessageHttplib(benchmark::State& state) {
  HttplibServer server(std::string(kReplyBytes, 'x'));
  for (auto _ : state) {
    OneRequest connection;
    server.Serve(&connection);
    if (connection.written().size() < kReplyBytes) return state.SkipWithError("no reply");
  }
}
BENCHMARK(HttpMessageHttplib);

}  // namespace
}  // namespace cairn::bench
