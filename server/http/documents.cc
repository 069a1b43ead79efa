// SPDX-License-Identifier: Apache-2.0
#include "server/http/documents.h"

#include <optional>
#include <utility>

#include "server/http/body.h"
#include "server/http/commands.h"
#include "server/http/entity_tag.h"
#include "server/http/preference.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

/// The path's id as {"_id": …}.
Result<bson::Document> IdOf(const Call& call) {
  return ParseId(call.names[2], call.Query("id_type").value_or(""));
}

/// The condition that _id is this one. Operators and patterns are values here.
void AppendIdIs(bson::Value id, bson::Builder* filter) {
  const bool plain = id.type() != bson::Type::kDocument && id.type() != bson::Type::kArray &&
                     id.type() != bson::Type::kRegex;
  if (plain) {
    filter->Append("_id", id);
  } else {
    filter->OpenDocument("_id").Append("$eq", id).Close();
  }
}

CommandReply Find(const Call& call, bson::Value id) {
  bson::Builder find;
  find.AppendString("find", call.collection()).OpenDocument("filter");
  AppendIdIs(id, &find);
  find.Close().AppendInt32("limit", 1).AppendBool("singleBatch", true);
  return Send(call, call.database(), find.Finish());
}

/// The document in a reply to Find, if there is one.
std::optional<bson::View> FoundIn(const CommandReply& reply) {
  const bson::View documents = BatchOf(reply).documents;
  if (documents.empty()) return std::nullopt;
  return documents.begin()->value.AsView();
}

Reply NotFound(const Call& call) {
  return ProblemReply(Status(ErrorCode::kDocumentNotFound, "there is no document with this _id"),
                      call.request);
}

Reply PreconditionFailed(const Call& call, const char* detail) {
  return ProblemReply(412, detail, call.request);
}

/// What a request wants to be done with the document.
struct Change {
  bson::Value update;     ///< Missing: it is deleted.
  bool creates = false;   ///< When there is none.
  bool only_new = false;  ///< Fails when there is one.
};

bson::Document MakeFindAndModify(const Call& call, bson::Value id, const Change& change,
                                 std::optional<bson::View> expected) {
  bson::Builder command;
  command.AppendString("findAndModify", call.collection());
  command.OpenDocument("query");
  AppendIdIs(id, &command);
  if (expected) command.AppendDocument("$_identical", *expected);
  if (change.only_new) command.AppendInt32("$alwaysFalse", 1);
  command.Close();
  if (change.update.missing()) {
    command.AppendBool("remove", true);
  } else {
    command.Append("update", change.update).AppendBool("new", true);
    command.AppendBool("upsert", change.creates);
  }
  AppendWriteConcern(call, &command);
  return command.Finish();
}

/// Whether a refusal means that the _id is taken.
bool IsTaken(const Status& error) {
  if (error.code() != ErrorCode::kDuplicateKey || error.details().empty()) return false;
  const bson::Value pattern = bson::View(error.details().data())["keyPattern"];
  return pattern.type() == bson::Type::kDocument && !pattern.AsView().empty() &&
         pattern.AsView().begin()->name == "_id" &&
         ++pattern.AsView().begin() == pattern.AsView().end();
}

/// Looks at the preconditions and does the change, if they hold, in one command.
Reply Write(const Call& call, bson::Value id, Change change) {
  const Preconditions preconditions = PreconditionsOf(call.request);
  if (!preconditions.if_none_match.empty()) {
    if (preconditions.if_none_match != "*" || !change.creates) {
      return ProblemReply(400, "a write takes If-None-Match only as '*', and only in a PUT",
                          call.request);
    }
    change.only_new = true;
  }
  CommandReply read;
  std::optional<bson::View> expected;
  const bool conditional = !preconditions.if_match.empty();
  if (conditional) change.creates = false;
  if (conditional && preconditions.if_match != "*") {
    read = Find(call, id);
    if (const Status error = ErrorOf(read); !error.ok()) return ProblemReply(error, call.request);
    expected = FoundIn(read);
    if (!expected ||
        !MatchesStrongly(preconditions.if_match, EntityTag(*expected, json::Format::kRelaxed))) {
      return PreconditionFailed(call, "the document is not the one that If-Match names");
    }
  }
  const CommandReply sent =
      Send(call, call.database(), MakeFindAndModify(call, id, change, expected));
  if (const Status error = ErrorOf(sent); !error.ok()) {
    if (change.only_new && IsTaken(error)) {
      return PreconditionFailed(call, "there is a document with this _id");
    }
    return ProblemReply(error, call.request);
  }
  const bson::Value value = sent.body["value"];
  if (value.type() != bson::Type::kDocument) {
    if (!conditional) return NotFound(call);
    return PreconditionFailed(call, expected ? "the document was changed or deleted meanwhile"
                                             : "there is no document with this _id");
  }
  const bool created = !sent.body["lastErrorObject"].AsView()["upserted"].missing();
  Reply reply = TaggedReply(call.request, created ? 201 : 200, value.AsView());
  if (created) {
    AppendLocation(DocumentPath(call.database(), call.collection(), value.AsView()["_id"]), &reply);
  }
  HoldFor(sent, &reply);
  return reply;
}

}  // namespace

Reply HandleGetDocument(const Call& call) {
  Result<bson::Document> id = IdOf(call);
  if (!id.ok()) return ProblemReply(id.status(), call.request);
  const CommandReply read = Find(call, (*id)["_id"]);
  if (const Status error = ErrorOf(read); !error.ok()) return ProblemReply(error, call.request);
  const std::optional<bson::View> found = FoundIn(read);
  const Preconditions preconditions = PreconditionsOf(call.request);
  if (!found) {
    return preconditions.if_match.empty()
               ? NotFound(call)
               : PreconditionFailed(call, "there is no document with this _id");
  }
  Reply reply = TaggedReply(call.request, 200, *found);
  const std::string& tag = reply.headers.front().second;
  if (!preconditions.if_match.empty() && !MatchesStrongly(preconditions.if_match, tag)) {
    return PreconditionFailed(call, "the document is not the one that If-Match names");
  }
  if (!preconditions.if_none_match.empty() && MatchesWeakly(preconditions.if_none_match, tag)) {
    reply.status = 304;
    reply.body.clear();
  }
  return reply;
}

Reply HandlePutDocument(const Call& call) {
  Result<bson::Document> id = IdOf(call);
  if (!id.ok()) return ProblemReply(id.status(), call.request);
  Result<bson::Document> body = ReadObject(call);
  if (!body.ok()) return ProblemReply(body.status(), call.request);
  if (!body->empty() && body->view().begin()->name.starts_with('$')) {
    return ProblemReply(400, "a PUT takes a whole document; update operators go with PATCH",
                        call.request);
  }
  bson::Builder update;
  update.AppendDocument("", *body);
  const bson::Document wrapped = update.Finish();
  Change change;
  change.update = wrapped.view().begin()->value;
  change.creates = true;
  Reply reply = Write(call, (*id)["_id"], change);
  if (reply.status < 300) Apply(ReturnPreference(call.request), &reply);
  return reply;
}

Reply HandlePatchDocument(const Call& call) {
  Result<bson::Document> id = IdOf(call);
  if (!id.ok()) return ProblemReply(id.status(), call.request);
  Result<bson::Document> update = ReadUpdate(call);
  if (!update.ok()) return ProblemReply(update.status(), call.request);
  Change change;
  change.update = update->view().begin()->value;
  Reply reply = Write(call, (*id)["_id"], change);
  if (reply.status < 300) Apply(ReturnPreference(call.request), &reply);
  return reply;
}

Reply HandleDeleteDocument(const Call& call) {
  Result<bson::Document> id = IdOf(call);
  if (!id.ok()) return ProblemReply(id.status(), call.request);
  Reply reply = Write(call, (*id)["_id"], Change());
  if (reply.status >= 300) return reply;
  std::erase_if(reply.headers, [](const auto& header) { return header.first == "ETag"; });
  const Return preference = ReturnPreference(call.request);
  Apply(preference, &reply);
  if (preference != Return::kRepresentation) {
    reply.body.clear();
    reply.status = 204;
  }
  return reply;
}

}  // namespace cairn::server
