// SPDX-License-Identifier: Apache-2.0
#include "server/http/data_api.h"

#include <algorithm>
#include <string>
#include <utility>

#include "cairn/json.h"
#include "server/http/commands.h"
#include "server/http/insert.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

// The text doubles its memory as it grows, and is copied behind its head.
constexpr size_t kMemoryOfByte = 3;

/// One action under way.
struct Action {
  const Call& call;
  bson::View body;
  std::string database;
  std::string collection;
  json::Format format;
};

enum class Need { kRequired, kOptional };

struct Field {
  const char* name;
  bson::Type type;  ///< kDouble stands for any number.
  Need need;
};

using ActionHandler = Reply (*)(const Action& action);

constexpr size_t kFieldsMax = 5;

struct ActionRow {
  const char* name;
  ActionHandler handler;
  Field fields[kFieldsMax];  ///< Besides dataSource, database and collection; ends at a null name.
};

Reply Answer(const Action& action, const CommandReply& sent, int status, bson::View document) {
  Reply reply = DocumentReply(status, document, action.format);
  HoldFor(sent, &reply);
  reply.if_not_durable = [](const Status& failed) { return DataApiError(failed); };
  return reply;
}

/// An error reply of a command that may have written something before it failed.
Reply Refuse(const CommandReply& sent, const Status& error) {
  Reply reply = DataApiError(error);
  HoldFor(sent, &reply);
  return reply;
}

bson::Document FindCommand(const Action& action, bool one) {
  bson::Builder find;
  find.AppendString("find", action.collection);
  for (const char* name : {"filter", "projection", "sort", "skip"}) {
    const bson::Value value = action.body[name];
    if (!value.missing() && value.type() != bson::Type::kNull) find.Append(name, value);
  }
  if (one) {
    find.AppendInt32("limit", 1).AppendBool("singleBatch", true);
  } else if (const bson::Value limit = action.body["limit"]; limit.IsNumber()) {
    find.Append("limit", limit);
  }
  return find.Finish();
}

Reply FindOne(const Action& action) {
  bson::Builder body;
  bool found = false;
  const Status status = FindEach(action.call, action.database, FindCommand(action, true),
                                 [&body, &found](bson::View document) {
                                   body.AppendDocument("document", document);
                                   found = true;
                                   return false;
                                 });
  if (!status.ok()) return DataApiError(status);
  if (!found) body.AppendNull("document");
  return DocumentReply(200, body.Finish(), action.format);
}

Reply TooLarge() {
  return DataApiError(413,
                      "the documents found are larger than one reply may be, or than there is "
                      "memory; use limit and skip",
                      "InvalidParameter");
}

/// The documents that `command`, a find or an aggregate, gives.
Reply DocumentsOf(const Action& action, bson::Document command) {
  Reply reply;
  reply.content_type = ContentTypeOf(action.format);
  reply.body = "{\"documents\":[";
  int64_t documents = 0;
  bool fits = true;
  MemoryShare* const memory = action.call.request.memory;
  const int64_t began_bytes = WorkMemory::thread_bytes();
  Status status =
      FindEach(action.call, action.database, std::move(command), [&](bson::View document) {
        if (documents++ > 0) reply.body += ',';
        json::Write(document, action.format, &reply.body);
        fits = memory == nullptr || memory->Cover(kMemoryOfByte * reply.body.size());
        // One document comes whatever its size, as no limit would make it smaller.
        return fits && documents < kDataApiDocumentsMax &&
               (documents == 1 || reply.body.size() <= kDataApiReplyBytesMax);
      });
  if (!fits) {
    status = Status(ErrorCode::kTemporarilyUnavailable,
                    "other work leaves too little memory for the documents found; try again later, "
                    "or use limit and skip");
  }
  const bool lacks_memory = status.code() == ErrorCode::kTemporarilyUnavailable;
  if (lacks_memory && !WorkMemory::OthersHoldMuch(WorkMemory::thread_bytes() - began_bytes))
    return TooLarge();
  if (!status.ok()) return DataApiError(status);
  if (documents > 1 && reply.body.size() > kDataApiReplyBytesMax) return TooLarge();
  reply.body += "]}";
  return reply;
}

Reply Find(const Action& action) { return DocumentsOf(action, FindCommand(action, false)); }

Reply Aggregate(const Action& action) {
  bson::Builder command;
  command.AppendString("aggregate", action.collection);
  command.Append("pipeline", action.body["pipeline"]);
  command.OpenDocument("cursor").Close();
  return DocumentsOf(action, command.Finish());
}

Reply InsertedReply(const Request& request, const SingleInsert& inserted) {
  const bson::Document body =
      bson::Builder().Append("insertedId", inserted.document["_id"]).Finish();
  return DocumentReply(201, body, AcceptedFormat(request, json::Format::kPlain));
}

SingleInsert MakeSingleInsert(const Action& action) {
  return {action.database, action.collection, false, WithId(action.body["document"].AsView()),
          InsertedReply};
}

Reply InsertOne(const Action& action) { return InsertAlone(action.call, MakeSingleInsert(action)); }

Reply InsertMany(const Action& action) {
  std::vector<bson::Document> documents;
  for (const bson::Element& element : action.body["documents"].AsView()) {
    if (element.value.type() != bson::Type::kDocument) {
      return DataApiError(400, "every element of 'documents' must be a document",
                          "InvalidParameter");
    }
    documents.push_back(WithId(element.value.AsView()));
  }
  const CommandReply sent =
      Send(action.call, action.database, MakeInsert(action.collection, documents, true).Finish());
  if (Status error = ErrorOf(sent); !error.ok()) return Refuse(sent, error);
  bson::Builder body;
  body.OpenArray("insertedIds");
  for (const bson::Document& document : documents) body.Append(body.NextIndex(), document["_id"]);
  body.Close();
  return Answer(action, sent, 201, body.Finish());
}

/// As "q"; all documents when there is none.
void AppendFilter(const Action& action, bson::Builder* statement) {
  const bson::Value filter = action.body["filter"];
  statement->AppendDocument("q", filter.IsNullish() ? bson::View() : filter.AsView());
}

/// updateOne, updateMany and replaceOne: one statement of an update command.
Reply Update(const Action& action, const char* change, bool multi) {
  bson::Builder update;
  update.AppendString("update", action.collection).OpenArray("updates");
  update.OpenDocument(update.NextIndex());
  AppendFilter(action, &update);
  update.Append("u", action.body[change]);
  update.AppendBool("multi", multi);
  for (const char* name : {"upsert", "arrayFilters"}) {
    const bson::Value value = action.body[name];
    if (!value.missing() && value.type() != bson::Type::kNull) update.Append(name, value);
  }
  update.Close().Close();
  const CommandReply sent = Send(action.call, action.database, update.Finish());
  if (Status error = ErrorOf(sent); !error.ok()) return Refuse(sent, error);

  const bson::Value upserted = sent.body["upserted"];
  const bool inserted = upserted.type() == bson::Type::kArray && !upserted.AsView().empty();
  bson::Builder body;
  body.AppendInt32("matchedCount", inserted ? 0 : sent.body["n"].AsInt32());
  body.Append("modifiedCount", sent.body["nModified"]);
  if (inserted) body.Append("upsertedId", upserted.AsView().begin()->value.AsView()["_id"]);
  return Answer(action, sent, 200, body.Finish());
}

bool HasOperators(bson::View change) {
  return !change.empty() && change.begin()->name.substr(0, 1) == "$";
}

Reply UpdateWithOperators(const Action& action, bool multi) {
  if (HasOperators(action.body["update"].AsView())) return Update(action, "update", multi);
  return DataApiError(400, "'update' must be a document of update operators", "InvalidParameter");
}

Reply UpdateOne(const Action& action) { return UpdateWithOperators(action, false); }
Reply UpdateMany(const Action& action) { return UpdateWithOperators(action, true); }

Reply ReplaceOne(const Action& action) {
  if (!HasOperators(action.body["replacement"].AsView())) {
    return Update(action, "replacement", false);
  }
  return DataApiError(400, "'replacement' must be a document without update operators",
                      "InvalidParameter");
}

Reply Delete(const Action& action, int limit) {
  bson::Builder command;
  command.AppendString("delete", action.collection).OpenArray("deletes");
  command.OpenDocument(command.NextIndex());
  AppendFilter(action, &command);
  command.AppendInt32("limit", limit);
  command.Close().Close();
  const CommandReply sent = Send(action.call, action.database, command.Finish());
  if (Status error = ErrorOf(sent); !error.ok()) return Refuse(sent, error);
  bson::Builder body;
  body.Append("deletedCount", sent.body["n"]);
  return Answer(action, sent, 200, body.Finish());
}

Reply DeleteOne(const Action& action) { return Delete(action, 1); }
Reply DeleteMany(const Action& action) { return Delete(action, 0); }

constexpr Field kFilter = {"filter", bson::Type::kDocument, Need::kOptional};
constexpr Field kFilterRequired = {"filter", bson::Type::kDocument, Need::kRequired};
constexpr Field kProjection = {"projection", bson::Type::kDocument, Need::kOptional};
constexpr Field kUpsert = {"upsert", bson::Type::kBool, Need::kOptional};
constexpr Field kUpdate = {"update", bson::Type::kDocument, Need::kRequired};
constexpr Field kArrayFilters = {"arrayFilters", bson::Type::kArray, Need::kOptional};

// table: sorted
constexpr ActionRow kActions[] = {
    {"aggregate", Aggregate, {{"pipeline", bson::Type::kArray, Need::kRequired}}},
    {"deleteMany", DeleteMany, {kFilterRequired}},
    {"deleteOne", DeleteOne, {kFilterRequired}},
    {"find",
     Find,
     {kFilter,
      kProjection,
      {"sort", bson::Type::kDocument, Need::kOptional},
      {"limit", bson::Type::kDouble, Need::kOptional},
      {"skip", bson::Type::kDouble, Need::kOptional}}},
    {"findOne", FindOne, {kFilter, kProjection}},
    {"insertMany", InsertMany, {{"documents", bson::Type::kArray, Need::kRequired}}},
    {"insertOne", InsertOne, {{"document", bson::Type::kDocument, Need::kRequired}}},
    {"replaceOne",
     ReplaceOne,
     {kFilter, {"replacement", bson::Type::kDocument, Need::kRequired}, kUpsert}},
    {"updateMany", UpdateMany, {kFilter, kUpdate, kUpsert, kArrayFilters}},
    {"updateOne", UpdateOne, {kFilter, kUpdate, kUpsert, kArrayFilters}},
};
static_assert(std::is_sorted(std::begin(kActions), std::end(kActions),
                             [](const ActionRow& a, const ActionRow& b) {
                               return std::string_view(a.name) < std::string_view(b.name);
                             }));

constexpr Field kEveryAction[] = {
    {"dataSource", bson::Type::kString, Need::kRequired},
    {"database", bson::Type::kString, Need::kRequired},
    {"collection", bson::Type::kString, Need::kRequired},
    // Credentials may stand in the body, too.
    {"api-key", bson::Type::kString, Need::kOptional},
    {"apiKey", bson::Type::kString, Need::kOptional},
    {"email", bson::Type::kString, Need::kOptional},
    {"jwtTokenString", bson::Type::kString, Need::kOptional},
    {"password", bson::Type::kString, Need::kOptional},
};

/// Null when the body's field is as the table says, else the error reply's message.
std::string Complaint(const Field& field, bson::View body, const char** code) {
  const bson::Value value = body[field.name];
  const bool absent = value.missing() || value.type() == bson::Type::kNull;
  if (absent) {
    *code = "MissingParameter";
    return field.need == Need::kOptional ? "" : "'" + std::string(field.name) + "' is required";
  }
  const bool fits =
      field.type == bson::Type::kDouble ? value.IsNumber() : value.type() == field.type;
  *code = "InvalidParameter";
  if (fits) return "";
  const std::string_view wanted =
      field.type == bson::Type::kDouble ? "number" : bson::TypeName(field.type);
  return "'" + std::string(field.name) + "' must be of type " + std::string(wanted) + ", not " +
         std::string(bson::TypeName(value.type()));
}

bool IsKnown(const ActionRow& row, std::string_view name) {
  const auto has_name = [name](const Field& field) { return field.name && name == field.name; };
  return std::any_of(std::begin(kEveryAction), std::end(kEveryAction), has_name) ||
         std::any_of(std::begin(row.fields), std::end(row.fields), has_name);
}

/// The body checked against the tables; a reply when something is wrong.
bool CheckFields(const ActionRow& row, bson::View body, Reply* refusal) {
  const char* code = "";
  const auto check = [&](const Field& field) {
    const std::string complaint = Complaint(field, body, &code);
    if (!complaint.empty()) *refusal = DataApiError(400, complaint, code);
    return complaint.empty();
  };
  for (const Field& field : kEveryAction) {
    if (!check(field)) return false;
  }
  for (const Field& field : row.fields) {
    if (field.name && !check(field)) return false;
  }
  for (const bson::Element& element : body) {
    if (IsKnown(row, element.name)) continue;
    *refusal =
        DataApiError(400, "unknown field '" + std::string(element.name) + "'", "InvalidParameter");
    return false;
  }
  return true;
}

const ActionRow* FindAction(const Call& call) {
  for (const ActionRow& row : kActions) {
    if (row.name == call.names.back()) return &row;
  }
  return nullptr;
}

Action MakeAction(const Call& call, bson::View body) {
  return {call, body, std::string(body["database"].AsString()),
          std::string(body["collection"].AsString()),
          AcceptedFormat(call.request, json::Format::kPlain)};
}

}  // namespace

Reply HandleDataApi(const Call& call) {
  const ActionRow* const row = FindAction(call);
  if (row == nullptr) {
    return DataApiError(404, "there is no action '" + call.names.back() + "'", "InvalidParameter");
  }
  Result<bson::Document> body = json::Parse(call.request.body, kCommandLimits);
  if (!body.ok()) return DataApiError(body.status());
  Reply refusal;
  if (!CheckFields(*row, *body, &refusal)) return refusal;
  return row->handler(MakeAction(call, *body));
}

std::optional<SingleInsert> ReadInsertOne(const Call& call) {
  const ActionRow* const row = FindAction(call);
  const Request& request = call.request;
  if (row == nullptr || row->handler != InsertOne || request.HasHeader("Idempotency-Key") ||
      request.body.size() > kSingleInsertBytesMax) {
    return std::nullopt;
  }
  const Result<bson::Document> body = json::Parse(request.body, kCommandLimits);
  Reply refusal;
  if (!body.ok() || !CheckFields(*row, *body, &refusal)) return std::nullopt;
  return MakeSingleInsert(MakeAction(call, *body));
}

}  // namespace cairn::server
