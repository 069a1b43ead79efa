// SPDX-License-Identifier: Apache-2.0
#include "server/http/insert.h"

#include <string>
#include <utility>

#include "server/http/body.h"
#include "server/http/bulk_insert.h"
#include "server/http/commands.h"
#include "server/http/preference.h"
#include "server/http/problem.h"
#include "server/net/body_memory.h"

namespace cairn::server {
namespace {

constexpr size_t kObjectBytesMax = DocumentSplitter::kTextBytesMax;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::optional<DocumentSplitter::Shape> ShapeOf(const Request& request, char first) {
  if (HasMediaType(request, "application/x-ndjson")) return DocumentSplitter::Shape::kLines;
  if (first == '[') return DocumentSplitter::Shape::kArray;
  return std::nullopt;
}

Reply InsertOne(const Call& call) {
  Result<bson::Document> parsed = json::Parse(call.request.body);
  if (!parsed.ok()) return ProblemReply(parsed.status(), call.request);
  const bson::Document document = WithId(*parsed);
  bson::Builder insert = MakeInsert(call.collection(), {&document, 1}, true);
  AppendWriteConcern(call, &insert);
  const CommandReply sent = Send(call, call.database(), insert.Finish());
  if (const Status error = ErrorOf(sent); !error.ok()) {
    Reply reply = ProblemReply(error, call.request);
    HoldFor(sent, &reply);
    return reply;
  }
  const json::Format format = AcceptedFormat(call.request, json::Format::kRelaxed);
  const Return preference = ReturnPreference(call.request);
  Reply reply;
  if (preference == Return::kRepresentation) {
    reply = DocumentReply(201, document, format);
  } else {
    reply =
        DocumentReply(201, bson::Builder().Append("insertedId", document["_id"]).Finish(), format);
  }
  AppendLocation(DocumentPath(call.database(), call.collection(), document["_id"]), &reply);
  HoldFor(sent, &reply);
  Apply(preference, &reply);
  return reply;
}

/// Waits for the first byte that says what the body is. One object is collected whole.
class InsertUpload final : public Upload {
 public:
  explicit InsertUpload(const Call& call)
      : request_(call.request), services_(call.services), names_(call.names), query_(call.query) {}

  bool Push(std::string_view bytes) override {
    if (bulk_ == nullptr && request_.body.empty()) {
      while (!bytes.empty() && IsSpace(bytes.front()) && !IsLines()) bytes.remove_prefix(1);
      if (bytes.empty()) return true;
      const auto shape = ShapeOf(request_, bytes.front());
      if (shape) bulk_ = std::make_unique<BulkInsert>(MakeCall(), *shape);
    }
    if (bulk_ == nullptr) {
      request_.body.append(bytes);
      if (request_.body.size() > kObjectBytesMax) return Refuse(ErrorCode::kPayloadTooLarge);
    } else if (!bulk_->Push(bytes)) {
      return false;
    }
    return Account();
  }

  Reply Finish() override {
    if (refusal_ != ErrorCode::kOk) {
      const char* const what = refusal_ == ErrorCode::kPayloadTooLarge
                                   ? "the document is longer than 48 MiB, or than there is memory"
                                   : "too much is being uploaded";
      Reply reply = bulk_ ? bulk_->Finish() : Reply();
      Reply problem = ProblemReply(Status(refusal_, what), request_);
      problem.held_for = reply.held_for;
      return problem;
    }
    return bulk_ ? bulk_->Finish() : InsertOne(MakeCall());
  }

 private:
  Call MakeCall() const { return {request_, services_, names_, query_}; }
  bool IsLines() const { return HasMediaType(request_, "application/x-ndjson"); }

  bool Refuse(ErrorCode code) {
    refusal_ = code;
    return false;
  }

  bool Account() {
    const size_t holds = MemoryOfBody(bulk_ ? bulk_->held_bytes() : request_.body.size());
    if (memory_.Cover(holds)) return true;
    const bool never = holds > WorkMemory::bytes_max();
    return Refuse(never ? ErrorCode::kPayloadTooLarge : ErrorCode::kTooManyRequests);
  }

  Request request_;
  const Services& services_;
  const std::vector<std::string> names_;
  const QueryParameters query_;
  std::unique_ptr<BulkInsert> bulk_;
  ErrorCode refusal_ = ErrorCode::kOk;
  MemoryShare memory_{MemoryShare::Use::kPassing};
};

}  // namespace

Reply HandleInsert(const Call& call) {
  const std::string& body = call.request.body;
  const size_t first = body.find_first_not_of(" \t\r\n");
  const auto shape = ShapeOf(call.request, first == std::string::npos ? ' ' : body[first]);
  if (!shape) return InsertOne(call);
  BulkInsert bulk(call, *shape);
  bulk.Push(body);
  return bulk.Finish();
}

std::unique_ptr<Upload> OpenInsert(const Call& call) {
  if (!call.request.Header("Idempotency-Key").empty()) return nullptr;
  return std::make_unique<InsertUpload>(call);
}

}  // namespace cairn::server
