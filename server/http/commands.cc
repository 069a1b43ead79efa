// SPDX-License-Identifier: Apache-2.0
#include "server/http/commands.h"

namespace cairn::server {
namespace {

int64_t AsInteger(bson::Value value) {
  switch (value.type()) {
    case bson::Type::kInt32:
      return value.AsInt32();
    case bson::Type::kInt64:
      return value.AsInt64();
    case bson::Type::kDouble:
      return static_cast<int64_t>(value.AsDouble());
    default:
      return 0;
  }
}

Status ErrorIn(bson::View error) {
  const bson::Value text = error["errmsg"];
  return Status(static_cast<ErrorCode>(AsInteger(error["code"])),
                text.type() == bson::Type::kString ? std::string(text.AsString()) : std::string());
}

}  // namespace

CommandReply Send(const Call& call, std::string_view database, bson::Document body) {
  return call.services.dispatcher->Dispatch({std::string(database), std::move(body)},
                                            {call.request.peer});
}

Status ErrorOf(const CommandReply& reply) {
  if (reply.code != ErrorCode::kOk) return ErrorIn(reply.body);
  const bson::Value errors = reply.body["writeErrors"];
  if (errors.type() != bson::Type::kArray || errors.AsView().empty()) return Status();
  return ErrorIn(errors.AsView().begin()->value.AsView());
}

Status FindEach(const Call& call, std::string_view database, bson::Document query,
                const std::function<bool(bson::View)>& visit) {
  const std::string collection(query.view().begin()->value.AsString());
  CommandReply reply = Send(call, database, std::move(query));
  const char* batch_name = "firstBatch";
  for (;;) {
    if (Status error = ErrorOf(reply); !error.ok()) return error;
    const bson::View cursor = reply.body["cursor"].AsView();
    const int64_t id = AsInteger(cursor["id"]);
    bool more = true;
    for (const bson::Element& document : cursor[batch_name].AsView()) {
      more = visit(document.value.AsView());
      if (!more) break;
    }
    if (id == 0) return Status();
    bson::Builder next;
    if (!more) {
      next.AppendString("killCursors", collection);
      next.OpenArray("cursors").AppendInt64("0", id).Close();
      return ErrorOf(Send(call, database, next.Finish()));
    }
    next.AppendInt64("getMore", id).AppendString("collection", collection);
    reply = Send(call, database, next.Finish());
    batch_name = "nextBatch";
  }
}

bson::Document WithId(bson::View document) {
  const bson::Value id = document["_id"];
  if (!id.missing()) return bson::Document(document);
  bson::Builder with_id;
  with_id.AppendObjectId("_id", bson::ObjectId::Generate());
  with_id.AppendAll(document);
  return with_id.Finish();
}

bson::Document MakeInsert(std::string_view collection, std::span<const bson::Document> documents,
                          bool ordered) {
  bson::Builder insert;
  insert.AppendString("insert", collection).AppendBool("ordered", ordered);
  insert.OpenArray("documents");
  for (const bson::Document& document : documents) {
    insert.AppendDocument(insert.NextIndex(), document);
  }
  return insert.Close().Finish();
}

void HoldFor(const CommandReply& sent, Reply* reply) {
  reply->held_for = std::max(reply->held_for, sent.held_for);
}

}  // namespace cairn::server
