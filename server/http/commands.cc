// SPDX-License-Identifier: Apache-2.0
#include "server/http/commands.h"

#include <algorithm>

namespace cairn::server {
namespace {

std::string_view CollectionOf(std::string_view ns) {
  return ns.substr(std::min(ns.find('.') + 1, ns.size()));
}

}  // namespace

int64_t AsInteger(bson::Value value) {
  switch (value.type()) {
    case bson::Type::kInt32:
      return value.AsInt32();
    case bson::Type::kInt64:
      return value.AsInt64();
    case bson::Type::kDouble: {
      const double number = value.AsDouble();
      constexpr double kMax = 9007199254740992.0;  // Beyond it doubles are no integers of ours.
      return number >= -kMax && number <= kMax ? static_cast<int64_t>(number) : 0;
    }
    default:
      return 0;
  }
}

CommandReply CommandSender::Send(std::string_view database, bson::Document body) const {
  return dispatcher_->Dispatch({std::string(database), std::move(body)}, client_);
}

CommandReply Send(const Call& call, std::string_view database, bson::Document body) {
  CommandReply reply = CommandSender(call).Send(database, std::move(body));
  // What it holds becomes text, which is sent: the largest reply's share is for that, too.
  MemoryShare* const kept = call.request.memory;
  if (kept != nullptr && reply.memory.held() > kept->held()) *kept = std::move(reply.memory);
  return reply;
}

Status ErrorIn(bson::View error) {
  bson::Builder details;
  for (const bson::Element& element : error) {
    if (element.name == "keyPattern" || element.name == "keyValue" || element.name == "errInfo") {
      details.Append(element.name, element.value);
    }
  }
  const bson::Value text = error["errmsg"];
  Status status(static_cast<ErrorCode>(AsInteger(error["code"])),
                text.type() == bson::Type::kString ? std::string(text.AsString()) : std::string());
  const bson::Document found = details.Finish();
  return found.empty() ? std::move(status) : std::move(status).WithDetails(found.bytes());
}

Status ErrorOf(const CommandReply& reply) {
  if (reply.code != ErrorCode::kOk) return ErrorIn(reply.body);
  const bson::Value errors = reply.body["writeErrors"];
  if (errors.type() != bson::Type::kArray || errors.AsView().empty()) return Status();
  return ErrorIn(errors.AsView().begin()->value.AsView());
}

Batch BatchOf(const CommandReply& reply) {
  Batch batch;
  const bson::Value cursor = reply.body["cursor"];
  if (cursor.type() != bson::Type::kDocument) return batch;
  for (const bson::Element& element : cursor.AsView()) {
    if (element.name == "firstBatch" || element.name == "nextBatch") {
      batch.documents = element.value.AsView();
    } else if (element.name == "id") {
      batch.cursor = AsInteger(element.value);
    } else if (element.name == "ns") {
      batch.ns = element.value.AsString();
    }
  }
  return batch;
}

bson::Document MakeGetMore(int64_t cursor, std::string_view ns, int64_t documents_max) {
  bson::Builder next;
  next.AppendInt64("getMore", cursor).AppendString("collection", CollectionOf(ns));
  if (documents_max > 0) next.AppendInt64("batchSize", documents_max);
  return next.Finish();
}

bson::Document MakeKillCursors(int64_t cursor, std::string_view ns) {
  bson::Builder kill;
  kill.AppendString("killCursors", CollectionOf(ns));
  kill.OpenArray("cursors").AppendInt64("0", cursor).Close();
  return kill.Finish();
}

Status VisitEach(const Call& call, std::string_view database, CommandReply reply,
                 const std::function<bool(bson::View)>& visit) {
  for (;;) {
    if (Status error = ErrorOf(reply); !error.ok()) return error;
    const Batch batch = BatchOf(reply);
    bool more = true;
    for (const bson::Element& document : batch.documents) {
      more = visit(document.value.AsView());
      if (!more) break;
    }
    if (batch.cursor == 0) return Status();
    if (!more) return ErrorOf(Send(call, database, MakeKillCursors(batch.cursor, batch.ns)));
    bson::Document next = MakeGetMore(batch.cursor, batch.ns, 0);
    reply = CommandReply();
    reply = Send(call, database, std::move(next));
  }
}

Status FindEach(const Call& call, std::string_view database, bson::Document query,
                const std::function<bool(bson::View)>& visit) {
  return VisitEach(call, database, Send(call, database, std::move(query)), visit);
}

bson::Document WithId(bson::View document) {
  const bson::Value id = document["_id"];
  if (!id.missing()) return bson::Document(document);
  bson::Builder with_id;
  with_id.AppendObjectId("_id", bson::ObjectId::Generate());
  with_id.AppendAll(document);
  return with_id.Finish();
}

bson::Builder MakeInsert(std::string_view collection, std::span<const bson::Document> documents,
                         bool ordered) {
  bson::Builder insert;
  insert.AppendString("insert", collection).AppendBool("ordered", ordered);
  insert.OpenArray("documents");
  for (const bson::Document& document : documents) {
    insert.AppendDocument(insert.NextIndex(), document);
  }
  insert.Close();
  return insert;
}

void HoldFor(const CommandReply& sent, Reply* reply) {
  reply->held_for = std::max(reply->held_for, sent.held_for);
  if (!sent.durability) return;
  const bool journaled = *sent.durability == Durability::kJournaled;
  for (auto& [name, value] : reply->headers) {
    if (name != kDurabilityHeader) continue;
    if (!journaled) value = "relaxed";
    return;
  }
  reply->headers.emplace_back(kDurabilityHeader, journaled ? "journaled" : "relaxed");
}

}  // namespace cairn::server
