// SPDX-License-Identifier: Apache-2.0
// HttpServer on cpp-httplib: the one file of the server that sees it. A connection is read and
// framed here (server/net/framing.h) and only then handed to httplib, one whole request at a time,
// as a stream in memory that holds a plain head; httplib parses it, calls back for the reply, and
// writes that. The request's own headers and body never pass through httplib.
//
// Threads: httplib's pool runs one connection a thread; `current` carries a request from ServeOne
// to the handler on the same thread.
#include <httplib.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "server/http/guard.h"
#include "server/http/problem.h"
#include "server/http/routes.h"
#include "server/http/server.h"
#include "server/net/framing.h"

namespace cairn::server {
namespace {

constexpr int kIdleMsMax = 60'000;       // between two requests of a connection
constexpr int kHeadMsMax = 10'000;       // from a request's first byte to the end of its head
constexpr int kBodyStallMsMax = 30'000;  // between two pieces of a body
constexpr int kWriteStallMsMax = 30'000;
constexpr size_t kRequestsTold = 1'000'000;
constexpr size_t kReadBytes = 64 * 1024;
constexpr size_t kWriteBytes = 256 * 1024;

int64_t NowMs() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

/// A connected socket with deadlines.
class Connection {
 public:
  Connection(int socket, int stop_event) : socket_(socket), stop_event_(stop_event) {
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    timeval timeout{kWriteStallMsMax / 1000, 0};
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  }
  ~Connection() {
    shutdown(socket_, SHUT_WR);
    // Unread bytes would turn the close into a reset that may eat the last reply.
    char rest[4096];
    for (int i = 0; i < 64 && recv(socket_, rest, sizeof(rest), MSG_DONTWAIT) > 0; ++i) {
    }
    close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// More bytes into buffer(); false at the end, on errors, at the deadline, or when the server
  /// stops while `idle`.
  bool Read(int64_t deadline_ms, bool idle) {
    pollfd fds[2] = {{socket_, POLLIN, 0}, {stop_event_, POLLIN, 0}};
    for (;;) {
      const int64_t left = deadline_ms - NowMs();
      if (left <= 0) return false;
      const int ready = poll(fds, idle ? 2 : 1, static_cast<int>(left));
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0 || (idle && (fds[1].revents != 0))) return false;
      break;
    }
    const size_t before = buffer_.size();
    buffer_.resize(before + kReadBytes);
    const ssize_t got = recv(socket_, buffer_.data() + before, kReadBytes, 0);
    buffer_.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return got > 0;
  }

  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  std::string& buffer() { return buffer_; }
  int socket() const { return socket_; }

 private:
  int socket_;
  int stop_event_;
  std::string buffer_;
};

/// What httplib reads a request's head from and writes its reply to: one send a bounded reply.
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(std::string head, Connection* connection)
      : head_(std::move(head)), connection_(connection) {}

  bool is_readable() const override { return at_ < head_.size(); }
  bool is_writable() const override { return !failed_; }
  ssize_t read(char* to, size_t size) override {
    const size_t take = std::min(size, head_.size() - at_);
    std::memcpy(to, head_.data() + at_, take);
    at_ += take;
    return static_cast<ssize_t>(take);
  }
  ssize_t write(const char* from, size_t size) override {
    out_.append(from, size);
    if (out_.size() >= kWriteBytes && !Flush()) return -1;
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return connection_->socket(); }

  bool Flush() {
    if (!failed_) failed_ = !connection_->Write(out_);
    out_.clear();
    return !failed_;
  }

 private:
  std::string head_;
  size_t at_ = 0;
  std::string out_;
  Connection* connection_;
  bool failed_ = false;
};

/// The request that this thread is serving.
thread_local Request* current = nullptr;

std::string PeerOf(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  char host[NI_MAXHOST] = "";
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return host;
  getnameinfo(reinterpret_cast<sockaddr*>(&address), length, host, sizeof(host), nullptr, 0,
              NI_NUMERICHOST);
  return host;
}

/// The head that httplib sees: it needs no more to write a reply.
std::string PlainHead(const Request& request, bool keep_alive) {
  return (request.method == "HEAD" ? "HEAD" : "GET") +
         std::string(" / HTTP/1.1\r\nHost: cairn\r\n") +
         (keep_alive ? "" : "Connection: close\r\n") + "\r\n";
}

/// Hands `source` to httplib piece by piece; a failure cuts the connection.
void StreamFrom(std::unique_ptr<Source> source, const std::string& content_type,
                httplib::Response* response) {
  std::shared_ptr<Source> shared = std::move(source);  // httplib's std::function wants a copy
  response->set_chunked_content_provider(content_type, [shared](size_t, httplib::DataSink& sink) {
    std::string chunk;
    Result<bool> more = shared->Next(&chunk);
    if (!more.ok()) return false;
    if (!chunk.empty() && !sink.write(chunk.data(), chunk.size())) return false;
    if (!*more) sink.done();
    return true;
  });
}

}  // namespace

class HttpServer::Adapter final : public httplib::Server {
 public:
  Adapter(HttpServerOptions options, Database* database, Dispatcher* dispatcher)
      : options_(std::move(options)),
        services_{database, dispatcher},
        stop_event_(eventfd(0, EFD_CLOEXEC)) {
    options_.allowed_hosts.push_back(options_.host);
    new_task_queue = [this] { return new httplib::ThreadPool(options_.workers); };
    set_tcp_nodelay(true);
    // Only what the Keep-Alive header of replies says; the connections are ours.
    set_keep_alive_timeout(kIdleMsMax / 1000);
    set_keep_alive_max_count(kRequestsTold);
    // httplib's own options let two servers share a port.
    set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    });
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      Respond(&response);
      return HandlerResponse::Handled;
    });
  }
  ~Adapter() override { close(stop_event_); }

  Result<int> Bind() {
    int port = options_.port;
    if (port == 0) {
      port = bind_to_any_port(options_.host);
    } else if (!bind_to_port(options_.host, port)) {
      port = -1;
    }
    if (port < 0) {
      return Status(ErrorCode::kHostUnreachable, "cannot listen on " + options_.host + ":" +
                                                     std::to_string(options_.port) +
                                                     ": the address is in use or not ours");
    }
    // httplib compiles a backlog of 5 in; a second listen on the same socket raises it.
    ::listen(svr_sock_, 1024);
    return port;
  }

  void Run() {
    if (!stopping_) listen_after_bind();
    finished_ = true;
  }

  void Shutdown() {
    stopping_ = true;
    const uint64_t one = 1;
    if (write(stop_event_, &one, sizeof(one)) < 0) return;
    // stop() has no effect before listen_after_bind has begun.
    while (!finished_ && !is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stop();
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    Connection connection(socket, stop_event_);
    const std::string peer = PeerOf(socket);
    while (ServeOne(&connection, peer)) {
    }
    return true;
  }

  /// Reads, runs and answers one request. False: the connection ends.
  bool ServeOne(Connection* connection, const std::string& peer) {
    Request request;
    request.peer = peer;
    bool keep_alive = false;
    const FramingError error = ReadRequest(connection, &request, &keep_alive);
    if (error.status < 0) return false;
    if (error.status > 0) {
      request.id = RequestId({});
      return SendRefusal(connection, error, request);
    }
    keep_alive = keep_alive && !stopping_;
    MemoryStream stream(PlainHead(request, keep_alive), connection);
    bool closed = false;
    current = &request;
    const bool served = process_request(stream, !keep_alive, closed, nullptr);
    current = nullptr;
    return stream.Flush() && served && !closed && keep_alive;
  }

  /// Status -1: there is no further request.
  FramingError ReadRequest(Connection* connection, Request* request, bool* keep_alive) {
    std::string& buffer = connection->buffer();
    size_t searched = 0;
    size_t head_end = std::string::npos;
    int64_t deadline = NowMs() + (buffer.empty() ? kIdleMsMax : kHeadMsMax);
    while ((head_end = FindHeadEnd(buffer, searched)) == std::string::npos) {
      const FramingError refused = CheckPartialHead(buffer, searched);
      if (refused.status != 0) return refused;
      if (buffer.size() > kHeadBytesMax) return {431, "request head too large"};
      searched = buffer.size();
      const bool idle = buffer.empty();
      if (!connection->Read(deadline, idle))
        return {buffer.empty() ? -1 : 408, "request head incomplete"};
      if (idle) deadline = NowMs() + kHeadMsMax;
    }
    if (head_end > kHeadBytesMax) return {431, "request head too large"};
    Head head;
    FramingError error = ParseHead(std::string_view(buffer).substr(0, head_end), &head);
    if (error.status != 0) return error;
    if (head.content_length > options_.body_bytes_max) return {413, "body too large"};
    buffer.erase(0, head_end);
    const bool has_body = head.chunked || head.content_length > 0;
    if (head.expects_continue && has_body && !connection->Write("HTTP/1.1 100 Continue\r\n\r\n")) {
      return {-1, ""};
    }
    error = head.chunked ? ReadChunked(connection, &request->body)
                         : ReadSized(connection, head.content_length, &request->body);
    const size_t question = std::min(head.target.find('?'), head.target.size());
    request->method = std::move(head.method);
    request->path = head.target.substr(0, question);
    request->query = head.target.substr(std::min(question + 1, head.target.size()));
    request->headers = std::move(head.headers);
    request->id = RequestId(request->Header("X-Request-Id"));
    *keep_alive = head.keep_alive;
    return error;
  }

  FramingError ReadSized(Connection* connection, size_t length, std::string* body) {
    std::string& buffer = connection->buffer();
    while (buffer.size() < length) {
      if (!connection->Read(NowMs() + kBodyStallMsMax, false))
        return {408, "request body incomplete"};
    }
    if (buffer.size() == length) {
      body->swap(buffer);
      buffer.clear();
    } else {
      body->assign(buffer, 0, length);
      buffer.erase(0, length);
    }
    return {};
  }

  FramingError ReadChunked(Connection* connection, std::string* body) {
    ChunkedDecoder decoder(options_.body_bytes_max);
    std::string& buffer = connection->buffer();
    for (;;) {
      std::string_view input = buffer;
      const FramingError error = decoder.Feed(&input, body);
      if (error.status != 0) return error;
      buffer.erase(0, buffer.size() - input.size());
      if (decoder.done()) return {};
      if (!connection->Read(NowMs() + kBodyStallMsMax, false))
        return {408, "request body incomplete"};
    }
  }

  /// Answers a request that could not be framed, and ends the connection.
  bool SendRefusal(Connection* connection, const FramingError& error, const Request& request) {
    const Reply reply = ProblemReply(error.status, error.reason, request);
    connection->Write(
        "HTTP/1.1 " + std::to_string(reply.status) + " " + error.reason +
        "\r\nContent-Type: " + reply.content_type + "\r\nX-Request-Id: " + request.id +
        "\r\nConnection: close\r\nContent-Length: " + std::to_string(reply.body.size()) +
        "\r\n\r\n" + reply.body);
    return false;
  }

  /// Runs the handler of the current request and fills httplib's response.
  void Respond(httplib::Response* response) {
    Request& request = *current;
    if (request.method == "HEAD") request.method = "GET";  // httplib leaves the body out by itself
    std::optional<Reply> refusal = Refusal(request, options_.allowed_hosts);
    Reply reply = refusal ? std::move(*refusal) : Route(request, services_);
    if (reply.held_for != 0) {
      const Status durable = services_.database->WaitDurable(reply.held_for);
      if (!durable.ok()) {
        reply =
            reply.if_not_durable ? reply.if_not_durable(durable) : ProblemReply(durable, request);
      }
    }
    response->status = reply.status;
    response->set_header("X-Request-Id", request.id);
    response->set_header("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply.headers) response->set_header(name, value);
    if (reply.source) {
      StreamFrom(std::move(reply.source), reply.content_type, response);
    } else {
      response->body = std::move(reply.body);
      response->set_header("Content-Type", reply.content_type);
    }
  }

  HttpServerOptions options_;
  Services services_;
  int stop_event_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> finished_{false};
};

HttpServer::HttpServer(HttpServerOptions options, Database* database, Dispatcher* dispatcher)
    : adapter_(std::make_unique<Adapter>(std::move(options), database, dispatcher)) {}

HttpServer::~HttpServer() = default;

Result<int> HttpServer::Bind() { return adapter_->Bind(); }

void HttpServer::Run() { adapter_->Run(); }

void HttpServer::Stop() { adapter_->Shutdown(); }

}  // namespace cairn::server
