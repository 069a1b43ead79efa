// SPDX-License-Identifier: Apache-2.0
// What stands between the front and the routes. The front reads and frames requests (server/net);
// here each becomes a Request, its route gives a Reply, and that becomes an Answer, at once or when
// its commit is durable. Threads: Serve runs on any of the front's workers.
#include <algorithm>
#include <utility>

#include "server/http/compression.h"
#include "server/http/cors.h"
#include "server/http/guard.h"
#include "server/http/idempotency.h"
#include "server/http/insert.h"
#include "server/http/problem.h"
#include "server/http/reply_writer.h"
#include "server/http/routes.h"
#include "server/http/server.h"
#include "server/net/front.h"

namespace cairn::server {
namespace {

constexpr int kRetryAfterSeconds = 1;
constexpr int kUnsupportedMediaType = 415;

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

/// What a reply needs that comes later than its handler.
struct Pending {
  Request request;
  ReplyForm form;
  bool coded_tags = false;
  MemoryShare memory{MemoryShare::Use::kPassing};
  Reply reply;
  Answer answer;
};

/// An insert that waits for others of this thread, to share a command with them.
struct PutOff {
  bool GoesWith(const PutOff& other) const {
    return insert.database == other.insert.database &&
           insert.collection == other.insert.collection && insert.relaxed == other.insert.relaxed &&
           pending->request.peer == other.pending->request.peer;
  }

  std::shared_ptr<Pending> pending;
  Completion done;
  SingleInsert insert;
};

/// Empty between two calls of ServePutOff.
thread_local std::vector<PutOff> put_off;

}  // namespace

class HttpServer::Adapter final : public Service {
 public:
  Adapter(HttpServerOptions options, Database* database, Dispatcher* dispatcher)
      : options_(std::move(options)),
        guard_{options_.allowed_hosts, options_.cors_origins},
        services_{database, dispatcher, &idempotency_} {
    guard_.hosts.push_back(options_.host);
  }

  Result<int> Bind() {
    FrontOptions front;
    front.host = options_.host;
    front.port = options_.port;
    front.workers = options_.workers;
    front.turns = options_.turns;
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

  void Serve(Incoming incoming, Completion done, bool more) override {
    auto pending = std::make_shared<Pending>();
    pending->form = {.keep_alive = incoming.keep_alive, .http_1_0 = incoming.head.http_1_0};
    pending->request = ToRequest(std::move(incoming.head), std::move(incoming.peer));
    pending->request.body = std::move(incoming.body);
    Request& request = pending->request;
    request.memory = &pending->memory;
    // Who sends a key means to come back for what the request has given.
    if (!request.HasHeader("Idempotency-Key")) request.client_gone = incoming.client_gone;
    pending->form.head_only = request.method == "HEAD";
    if (pending->form.head_only) request.method = "GET";
    pending->coded_tags = MakeEntityTagsPlain(&request);
    std::optional<Reply> answer = Refusal(request, guard_);
    // What is no route has no type that would be right.
    if (answer && answer->status == kUnsupportedMediaType && !HasRoute(request)) {
      answer = Route(request, services_);
    }
    if (!answer) answer = AnswerPreflight(request, guard_.origins);
    if (!answer && (more || !put_off.empty())) {
      if (auto insert = ReadSingleInsert(request, services_)) {
        put_off.push_back({std::move(pending), std::move(done), std::move(*insert)});
        if (!more) ServePutOff();
        return;
      }
    }
    ServePutOff();
    pending->reply = answer ? std::move(*answer) : Route(request, services_);
    Deliver(std::move(pending), std::move(done));
  }

  void ServePutOff() override {
    while (!put_off.empty()) {
      std::vector<PutOff> together;
      std::vector<PutOff> others;
      for (PutOff& each : put_off) {
        const bool fits = together.empty() || each.GoesWith(together.front());
        (fits ? together : others).push_back(std::move(each));
      }
      put_off = std::move(others);
      Insert(std::move(together));
    }
  }

  std::unique_ptr<Sink> Open(const Head& head, const std::string& peer) override {
    if (!head.chunked && head.content_length <= kWholeBytesMax) return nullptr;
    const Request request = ToRequest(head, peer);
    if (Refusal(request, guard_)) return nullptr;  // Serve says so.
    std::unique_ptr<Upload> upload = OpenUpload(request, services_);
    if (upload == nullptr) return nullptr;
    return std::make_unique<UploadSink>(this, request, head.http_1_0, std::move(upload));
  }

  std::string Refuse(const FramingError& error, const Head* head,
                     const std::string& peer) override {
    const Request request = ToRequest(head != nullptr ? *head : Head(), peer);
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
    UploadSink(Adapter* adapter, Request request, bool http_1_0, std::unique_ptr<Upload> upload)
        : adapter_(adapter),
          request_(std::move(request)),
          http_1_0_(http_1_0),
          upload_(std::move(upload)) {}
    bool Push(std::string_view bytes) override { return upload_->Push(bytes); }
    void Finish(bool keep_alive, Completion done) override {
      auto pending = std::make_shared<Pending>();
      pending->form = {.keep_alive = keep_alive, .http_1_0 = http_1_0_};
      pending->reply = upload_->Finish();
      pending->request = std::move(request_);
      adapter_->Deliver(std::move(pending), std::move(done));
    }

   private:
    Adapter* const adapter_;
    Request request_;
    const bool http_1_0_;
    std::unique_ptr<Upload> upload_;
  };

  void Insert(std::vector<PutOff> together) {
    std::vector<RequestedInsert> inserts;
    inserts.reserve(together.size());
    for (const PutOff& each : together) inserts.push_back({&each.pending->request, &each.insert});
    std::vector<Reply> replies = InsertTogether(services_, inserts);
    for (size_t i = 0; i < together.size(); ++i) {
      together[i].pending->reply = std::move(replies[i]);
      Deliver(std::move(together[i].pending), std::move(together[i].done));
    }
  }

  /// Gives the reply, now or once its commit is durable.
  void Deliver(std::shared_ptr<Pending> pending, Completion done) {
    AddCorsHeaders(pending->request, guard_.origins, &pending->reply);
    // Written while the sync is under way, and its request freed by who sends it: nothing is left
    // for the thread that syncs.
    Answer& answer = pending->answer;
    answer = Write(*pending);
    const uint64_t held_for = pending->reply.held_for;
    if (held_for == 0) return done(std::move(answer));
    services_.database->WhenDurable(held_for, [this, pending = std::move(pending),
                                               done =
                                                   std::move(done)](const Status& durable) mutable {
      if (!durable.ok()) {
        const auto& otherwise = pending->reply.if_not_durable;
        pending->reply = otherwise ? otherwise(durable) : ProblemReply(durable, pending->request);
        AddCorsHeaders(pending->request, guard_.origins, &pending->reply);
        pending->answer = Write(*pending);
      }
      Answer answer = std::move(pending->answer);
      answer.of = std::move(pending);
      done(std::move(answer));
    });
  }

  static Answer Write(Pending& pending) {
    const size_t bytes = pending.reply.body.size();
    CompressReply(pending.request, pending.coded_tags, &pending.reply);
    if (pending.reply.source != nullptr) pending.memory.ShrinkTo(bytes);
    Answer answer = WriteReply(pending.request, pending.form, &pending.reply);
    answer.memory = std::move(pending.memory);
    return answer;
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
