// SPDX-License-Identifier: Apache-2.0
#include "server/http/insert.h"

#include <string>
#include <utility>

#include "server/http/body.h"
#include "server/http/bulk_insert.h"
#include "server/http/commands.h"
#include "server/http/entity_tag.h"
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

Reply InsertedReply(const Request& request, const SingleInsert& inserted) {
  const bson::Document& document = inserted.document;
  const Return preference = ReturnPreference(request);
  Reply reply;
  if (preference == Return::kRepresentation) {
    reply = TaggedReply(request, 201, document);
  } else {
    reply = DocumentReply(201, bson::Builder().Append("insertedId", document["_id"]).Finish(),
                          AcceptedFormat(request, json::Format::kRelaxed));
  }
  AppendLocation(DocumentPath(inserted.database, inserted.collection, document["_id"]), &reply);
  Apply(preference, &reply);
  return reply;
}

// With the document that was sent.
SingleInsert MakeSingleInsert(const Call& call, bson::View sent) {
  return {call.database(), call.collection(), call.Query("j") == "false", WithId(sent),
          InsertedReply};
}

// What became of each of `count` documents. What failed as a whole failed for each; behind an error
// of the store nothing was tried any more.
std::vector<Status> OutcomesOf(const CommandReply& sent, size_t count) {
  if (sent.code != ErrorCode::kOk) return std::vector<Status>(count, ErrorIn(sent.body));
  std::vector<Status> outcomes(count);
  const bson::Value errors = sent.body["writeErrors"];
  if (errors.type() != bson::Type::kArray) return outcomes;
  size_t failed = 0;
  size_t last = 0;
  for (const bson::Element& error : errors.AsView()) {
    last = static_cast<size_t>(AsInteger(error.value.AsView()["index"]));
    if (last < count) outcomes[last] = ErrorIn(error.value.AsView());
    ++failed;
  }
  const auto inserted = static_cast<size_t>(AsInteger(sent.body["n"]));
  if (inserted + failed < count) {
    for (size_t i = last + 1; i < count; ++i) outcomes[i] = outcomes[last];
  }
  return outcomes;
}

Reply InsertOne(const Call& call) {
  Result<bson::Document> parsed = json::Parse(call.request.body);
  if (!parsed.ok()) return ProblemReply(parsed.status(), call.request);
  return InsertAlone(call, MakeSingleInsert(call, *parsed));
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

std::optional<SingleInsert> ReadSingleInsert(const Call& call) {
  const Request& request = call.request;
  const std::string& body = request.body;
  if (body.size() > kSingleInsertBytesMax || !body.starts_with('{')) return std::nullopt;
  if (HasMediaType(request, "application/x-ndjson")) return std::nullopt;
  if (request.HasHeader("Idempotency-Key") || call.Query("ordered")) return std::nullopt;
  const Result<bson::Document> parsed = json::Parse(body);
  if (!parsed.ok()) return std::nullopt;
  return MakeSingleInsert(call, *parsed);
}

std::vector<Reply> InsertTogether(const Services& services,
                                  std::span<const RequestedInsert> inserts) {
  const SingleInsert& first = *inserts.front().insert;
  bson::Builder command;
  command.AppendString("insert", first.collection).AppendBool("ordered", false);
  command.OpenArray("documents");
  for (const RequestedInsert& each : inserts) {
    command.AppendDocument(command.NextIndex(), each.insert->document);
  }
  command.Close();
  if (first.relaxed) command.OpenDocument("writeConcern").AppendBool("j", false).Close();
  const CommandReply sent = services.dispatcher->Dispatch({first.database, command.Finish()},
                                                          {inserts.front().request->peer});
  const std::vector<Status> outcomes = OutcomesOf(sent, inserts.size());
  std::vector<Reply> replies;
  replies.reserve(inserts.size());
  for (size_t i = 0; i < inserts.size(); ++i) {
    const auto& [request, insert] = inserts[i];
    replies.push_back(outcomes[i].ok() ? insert->reply(*request, *insert)
                                       : ProblemReply(outcomes[i], *request));
    HoldFor(sent, &replies.back());
  }
  return replies;
}

Reply InsertAlone(const Call& call, const SingleInsert& insert) {
  const RequestedInsert requested{&call.request, &insert};
  return std::move(InsertTogether(call.services, {&requested, 1}).front());
}

std::unique_ptr<Upload> OpenInsert(const Call& call) {
  if (call.request.HasHeader("Idempotency-Key")) return nullptr;
  return std::make_unique<InsertUpload>(call);
}

}  // namespace cairn::server
