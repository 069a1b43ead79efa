// SPDX-License-Identifier: Apache-2.0
#include "server/http/resources.h"

#include "cairn/json.h"
#include "server/http/commands.h"
#include "server/http/problem.h"
#include "server/http/target.h"

namespace cairn::server {
namespace {

/// A longer path could not be asked for either.
constexpr size_t kLocationBytesMax = 8 * 1024;

Reply CommandReplyAsJson(const CommandReply& sent, json::Format format) {
  const int status = sent.code == ErrorCode::kOk ? 200 : ErrorRow(sent.code).http_status;
  return DocumentReply(status, sent.body, format);
}

bool HasMediaType(const Request& request, std::string_view media_type) {
  const std::string_view type = request.Header("Content-Type");
  return type.substr(0, std::min(type.find(';'), type.size())) == media_type;
}

/// The path of a document; other types than ObjectId and string need an id_type.
std::string LocationOf(const Call& call, bson::Value id) {
  const std::string base = "/v1/" + EscapeSegment(UnescapeSegment(call.captures[0])) + "/" +
                           EscapeSegment(UnescapeSegment(call.captures[1])) + "/";
  if (id.type() == bson::Type::kObjectId) return base + id.AsObjectId().ToHex();
  if (id.type() == bson::Type::kString) {
    const bool looks_like_oid = bson::ObjectId::FromHex(id.AsString()).ok();
    return base + EscapeSegment(id.AsString()) + (looks_like_oid ? "?id_type=string" : "");
  }
  std::string text;
  json::WriteValue(id, json::Format::kCanonical, &text);
  return base + EscapeSegment(text) + "?id_type=json";
}

/// One document a line; empty lines are skipped. Errors name the line.
Status ParseLines(std::string_view body, std::vector<bson::Document>* documents) {
  for (size_t line = 1; !body.empty(); ++line) {
    const size_t end = std::min(body.find('\n'), body.size());
    const std::string_view text = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Result<bson::Document> document = json::Parse(text);
    if (!document.ok()) {
      return std::move(document).status().WithContext("document line " + std::to_string(line) +
                                                      ": ");
    }
    documents->push_back(WithId(*document));
  }
  return Status();
}

/// The documents of an array. Error when an element is something else.
Status ParseArrayOfDocuments(std::string_view body, std::vector<bson::Document>* documents) {
  Result<bson::Document> array = json::ParseArray(body, kCommandLimits);
  if (!array.ok()) return std::move(array).status();
  for (const bson::Element& element : array->view()) {
    if (element.value.type() != bson::Type::kDocument) {
      return Status(ErrorCode::kTypeMismatch,
                    "element " + std::string(element.name) + " of the array is not a document");
    }
    documents->push_back(WithId(element.value.AsView()));
  }
  return Status();
}

Reply InsertedMany(const CommandReply& sent, const std::vector<bson::Document>& documents,
                   json::Format format) {
  bson::Builder body;
  body.OpenArray("insertedIds");
  for (const bson::Document& document : documents) body.Append(body.NextIndex(), document["_id"]);
  body.Close();
  Reply reply = DocumentReply(201, body.Finish(), format);
  HoldFor(sent, &reply);
  return reply;
}

}  // namespace

Reply HandleCommand(const Call& call) {
  const json::Format format = AcceptedFormat(call.request, json::Format::kRelaxed);
  Result<bson::Document> body = json::Parse(call.request.body, kCommandLimits);
  if (!body.ok()) return CommandReplyAsJson(EncodeError(body.status()), format);
  CommandReply sent = Send(call, UnescapeSegment(call.captures[0]), std::move(body).value());
  Reply reply = CommandReplyAsJson(sent, format);
  HoldFor(sent, &reply);
  reply.if_not_durable = [format](const Status& status) {
    return CommandReplyAsJson(EncodeError(status), format);
  };
  return reply;
}

Reply HandleInsert(const Call& call) {
  const Request& request = call.request;
  const json::Format format = AcceptedFormat(request, json::Format::kRelaxed);
  const size_t first = request.body.find_first_not_of(" \t\r\n");
  const bool lines = HasMediaType(request, "application/x-ndjson");
  const bool array = !lines && first != std::string::npos && request.body[first] == '[';
  std::vector<bson::Document> documents;
  Status parsed;
  if (lines) {
    parsed = ParseLines(request.body, &documents);
  } else if (array) {
    parsed = ParseArrayOfDocuments(request.body, &documents);
  } else {
    Result<bson::Document> document = json::Parse(request.body);
    if (document.ok()) documents.push_back(WithId(*document));
    parsed = document.status();
  }
  if (!parsed.ok()) return ProblemReply(parsed, request);

  const std::string_view collection = UnescapeSegment(call.captures[1]);
  CommandReply sent =
      Send(call, UnescapeSegment(call.captures[0]), MakeInsert(collection, documents, true));
  if (Status error = ErrorOf(sent); !error.ok()) {
    Reply reply = ProblemReply(error, request);
    HoldFor(sent, &reply);
    return reply;
  }
  Reply reply;
  if (lines || array) {
    reply = InsertedMany(sent, documents, format);
  } else {
    bson::Builder body;
    body.Append("insertedId", documents[0]["_id"]);
    reply = DocumentReply(201, body.Finish(), format);
    std::string location = LocationOf(call, documents[0]["_id"]);
    if (location.size() <= kLocationBytesMax) {
      reply.headers.emplace_back("Location", std::move(location));
    }
    HoldFor(sent, &reply);
  }
  reply.if_not_durable = [request](const Status& status) { return ProblemReply(status, request); };
  return reply;
}

Reply HandleGetDocument(const Call& call) {
  const Request& request = call.request;
  Result<QueryParameters> parameters = ParseQuery(request.query);
  if (!parameters.ok()) return ProblemReply(parameters.status(), request);
  std::string id_type;
  for (const auto& [name, value] : *parameters) {
    if (name != "id_type")
      return ProblemReply(400, "unknown query parameter '" + name + "'", request);
    id_type = value;
  }
  Result<bson::Document> filter = ParseId(UnescapeSegment(call.captures[2]), id_type);
  if (!filter.ok()) return ProblemReply(filter.status(), request);

  bson::Builder find;
  find.AppendString("find", UnescapeSegment(call.captures[1]));
  find.OpenDocument("filter").OpenDocument("_id").Append("$eq", (*filter)["_id"]).Close().Close();
  find.AppendInt32("limit", 1).AppendBool("singleBatch", true);
  Reply reply = ProblemReply(
      Status(ErrorCode::kDocumentNotFound, "there is no document with this _id"), request);
  const json::Format format = AcceptedFormat(request, json::Format::kRelaxed);
  const Status status = FindEach(call, UnescapeSegment(call.captures[0]), find.Finish(),
                                 [&reply, format](bson::View document) {
                                   reply = DocumentReply(200, document, format);
                                   return true;
                                 });
  return status.ok() ? std::move(reply) : ProblemReply(status, request);
}

}  // namespace cairn::server
