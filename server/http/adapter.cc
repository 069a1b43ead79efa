// SPDX-License-Identifier: Apache-2.0
// HttpServer on cpp-httplib: the one file of the server that sees it. The front reads and frames
// requests (server/net); here each becomes a Request, its route gives a Reply, and httplib writes
// that into memory. The request's own headers and body never pass through httplib: what it parses
// is a plain head.
//
// Threads: Serve runs on any of the front's workers; `current` carries a reply from there to
// httplib's handler on the same thread.
#include <httplib.h>

#include <utility>

#include "server/http/compression.h"
#include "server/http/cors.h"
#include "server/http/guard.h"
#include "server/http/idempotency.h"
#include "server/http/problem.h"
#include "server/http/routes.h"
#include "server/http/server.h"
#include "server/net/front.h"

namespace cairn::server {
namespace {

constexpr int kRetryAfterSeconds = 1;

/// What httplib reads a plain head from and writes its reply to.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string head) : head_(std::move(head)) {}

  bool is_readable() const override { return at_ < head_.size(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const size_t take = std::min(size, head_.size() - at_);
    std::memcpy(to, head_.data() + at_, take);
    at_ += take;
    return static_cast<ssize_t>(take);
  }
  ssize_t write(const char* from, size_t size) override {
    out_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  std::string Take() { return std::move(out_); }

 private:
  std::string head_;
  size_t at_ = 0;
  std::string out_;
};

/// The request and the reply that this thread is writing.
struct Written {
  const Request* request;
  Reply* reply;
};
thread_local Written* current = nullptr;

/// The head that httplib sees: it needs no more to write a reply.
std::string PlainHead(bool head_only, bool keep_alive) {
  return (head_only ? "HEAD" : "GET") + std::string(" / HTTP/1.1\r\nHost: cairn\r\n") +
         (keep_alive ? "" : "Connection: close\r\n") + "\r\n";
}

Request ToRequest(Head head, std::string peer) {
  Request request;
  const size_t question = std::min(head.target.find('?'), head.target.size());
  request.method = std::move(head.method);
  request.path = head.target.substr(0, question);
  request.query = head.target.substr(std::min(question + 1, head.target.size()));
  request.headers = std::move(head.headers);
  request.peer = std::move(peer);
  request.id = RequestId(request.Header("X-Request-Id"));
  return request;
}

/// Replies that end with their head.
bool HasNoBody(int status) { return status == 204 || status == 304; }

/// What a reply needs that comes later than its handler.
struct Pending {
  Request request;
  bool head_only = false;
  bool keep_alive = false;
  bool coded_tags = false;
  bool chunked = true;  ///< How a source is sent.
  Reply reply;
};

}  // namespace

class HttpServer::Adapter final : public httplib::Server, public Service {
 public:
  Adapter(HttpServerOptions options, Database* database, Dispatcher* dispatcher)
      : options_(std::move(options)),
        guard_{options_.allowed_hosts, options_.cors_origins},
        services_{database, dispatcher, &idempotency_} {
    guard_.hosts.push_back(options_.host);
    // Only what the Keep-Alive header of replies says; the connections are the front's.
    set_keep_alive_timeout(static_cast<time_t>(ConnectionLimits().idle_ms / 1000));
    set_keep_alive_max_count(1'000'000);
    set_pre_routing_handler([](const httplib::Request&, httplib::Response& response) {
      Fill(&response);
      return HandlerResponse::Handled;
    });
  }

  Result<int> Bind() {
    FrontOptions front;
    front.host = options_.host;
    front.port = options_.port;
    front.workers = options_.workers;
    front.connections_max = options_.connections_max;
    front.limits.body_bytes_max = options_.body_bytes_max;
    if (!options_.tls_certificate.empty()) {
      Result<std::unique_ptr<Tls>> tls = Tls::Load(options_.tls_certificate, options_.tls_key);
      if (!tls.ok()) return tls.status();
      tls_ = std::move(tls).value();
      front.tls = tls_.get();
    }
    front_ = std::make_unique<Front>(front, this);
    return front_->Listen();
  }
  Front& front() { return *front_; }
  Tls& tls() { return *tls_; }

  void Serve(Incoming incoming, Completion done) override {
    auto pending = std::make_shared<Pending>();
    pending->keep_alive = incoming.keep_alive;
    pending->chunked = !incoming.head.http_1_0;
    pending->request = ToRequest(std::move(incoming.head), std::move(incoming.peer));
    pending->request.body = std::move(incoming.body);
    Request& request = pending->request;
    // Who sends a key means to come back for what the request has given.
    if (request.Header("Idempotency-Key").empty()) request.client_gone = incoming.client_gone;
    pending->head_only = request.method == "HEAD";
    if (pending->head_only) request.method = "GET";  // httplib leaves the body out by itself
    pending->coded_tags = MakeEntityTagsPlain(&request);
    std::optional<Reply> answer = Refusal(request, guard_);
    if (!answer) answer = AnswerPreflight(request, guard_.origins);
    pending->reply = answer ? std::move(*answer) : Route(request, services_);
    Deliver(std::move(pending), std::move(done));
  }

  std::unique_ptr<Sink> Open(const Head& head, const std::string& peer) override {
    const Request request = ToRequest(head, peer);
    if (Refusal(request, guard_)) return nullptr;  // Serve says so.
    std::unique_ptr<Upload> upload = OpenUpload(request, services_);
    if (upload == nullptr) return nullptr;
    return std::make_unique<UploadSink>(this, request, !head.http_1_0, std::move(upload));
  }

  std::string Refuse(const FramingError& error, const std::string& peer) override {
    Request request;
    request.peer = peer;
    request.id = RequestId({});
    const Reply reply = ProblemReply(error.status, error.reason, request);
    return "HTTP/1.1 " + std::to_string(reply.status) + " " + error.reason +
           "\r\nContent-Type: " + reply.content_type + "\r\nX-Request-Id: " + request.id +
           (error.status == 503 ? "\r\nRetry-After: " + std::to_string(kRetryAfterSeconds) : "") +
           "\r\nConnection: close\r\nContent-Length: " + std::to_string(reply.body.size()) +
           "\r\n\r\n" + reply.body;
  }

 private:
  class UploadSink final : public Sink {
   public:
    UploadSink(Adapter* adapter, Request request, bool chunked, std::unique_ptr<Upload> upload)
        : adapter_(adapter),
          request_(std::move(request)),
          chunked_(chunked),
          upload_(std::move(upload)) {}
    bool Push(std::string_view bytes) override { return upload_->Push(bytes); }
    void Finish(bool keep_alive, Completion done) override {
      auto pending = std::make_shared<Pending>();
      pending->keep_alive = keep_alive;
      pending->chunked = chunked_;
      pending->reply = upload_->Finish();
      pending->request = std::move(request_);
      adapter_->Deliver(std::move(pending), std::move(done));
    }

   private:
    Adapter* const adapter_;
    Request request_;
    const bool chunked_;
    std::unique_ptr<Upload> upload_;
  };

  /// Gives the reply, now or once its commit is durable.
  void Deliver(std::shared_ptr<Pending> pending, Completion done) {
    AddCorsHeaders(pending->request, guard_.origins, &pending->reply);
    // Written while the sync is under way, so that nothing but sending is left for its thread.
    auto answer = std::make_shared<Answer>(Write(*pending));
    if (pending->reply.held_for == 0) {
      done(std::move(*answer));
      return;
    }
    services_.database->WhenDurable(pending->reply.held_for, [this, pending, answer,
                                                              done](const Status& durable) {
      if (!durable.ok()) {
        const auto& otherwise = pending->reply.if_not_durable;
        pending->reply = otherwise ? otherwise(durable) : ProblemReply(durable, pending->request);
        AddCorsHeaders(pending->request, guard_.origins, &pending->reply);
        *answer = Write(*pending);
      }
      done(std::move(*answer));
    });
  }

  /// Lets httplib write the reply.
  Answer Write(Pending& pending) {
    CompressReply(pending.request, pending.coded_tags, &pending.reply);
    const bool streams = pending.reply.source != nullptr;
    const bool keep_alive = pending.keep_alive && (!streams || pending.chunked);
    MemoryStream stream(PlainHead(pending.head_only, keep_alive));
    Written written{&pending.request, &pending.reply};
    current = &written;
    bool closed = false;
    process_request(stream, !keep_alive, closed, nullptr);
    current = nullptr;
    Answer answer;
    answer.bytes = stream.Take();
    if (HasNoBody(pending.reply.status)) {
      static constexpr std::string_view kLength = "Content-Length: 0\r\n";
      const size_t at = answer.bytes.find(kLength);
      if (at != std::string::npos) answer.bytes.erase(at, kLength.size());
    }
    if (streams && !pending.head_only) {
      // The front sends the body; httplib has ended an empty one.
      static constexpr std::string_view kEnd = "0\r\n\r\n";
      if (answer.bytes.ends_with(kEnd)) answer.bytes.resize(answer.bytes.size() - kEnd.size());
      answer.source = std::move(pending.reply.source);
      answer.chunked = pending.chunked;
      if (!answer.chunked) {
        static constexpr std::string_view kHeader = "Transfer-Encoding: chunked\r\n";
        const size_t at = answer.bytes.find(kHeader);
        if (at != std::string::npos) answer.bytes.erase(at, kHeader.size());
      }
    }
    return answer;
  }

  static void Fill(httplib::Response* response) {
    Reply& reply = *current->reply;
    response->status = reply.status;
    response->set_header("X-Request-Id", current->request->id);
    response->set_header("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply.headers) response->set_header(name, value);
    if (reply.source) {
      response->set_chunked_content_provider(reply.content_type,
                                             [](size_t, httplib::DataSink& sink) {
                                               sink.done();
                                               return true;
                                             });
    } else if (!HasNoBody(reply.status)) {
      response->body = std::move(reply.body);
      response->set_header("Content-Type", reply.content_type);
    }
  }

  HttpServerOptions options_;
  Guard guard_;
  IdempotencyTable idempotency_;
  Services services_;
  std::unique_ptr<Tls> tls_;
  std::unique_ptr<Front> front_;
};

HttpServer::HttpServer(HttpServerOptions options, Database* database, Dispatcher* dispatcher)
    : adapter_(std::make_unique<Adapter>(std::move(options), database, dispatcher)) {}

HttpServer::~HttpServer() = default;

Result<int> HttpServer::Bind() { return adapter_->Bind(); }

void HttpServer::Run() { adapter_->front().Run(); }

void HttpServer::Stop() { adapter_->front().Stop(); }

void HttpServer::Abandon() { adapter_->front().Abandon(); }

Status HttpServer::ReloadCertificate() { return adapter_->tls().Reload(); }

}  // namespace cairn::server
