// SPDX-License-Identifier: Apache-2.0
#include "server/http/collections.h"

#include <string>
#include <vector>

#include "server/http/body.h"
#include "server/http/commands.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

constexpr char kAdmin[] = "admin";

struct Named {
  std::string name;
  std::string type;
  bson::Document options;
};

Result<std::vector<Named>> CollectionsOf(const Call& call, const std::string& database) {
  std::vector<Named> found;
  const Status status = FindEach(
      call, database, bson::Builder().AppendInt32("listCollections", 1).Finish(),
      [&found](bson::View info) {
        const bson::Value options = info["options"];
        found.push_back({std::string(info["name"].AsString()), std::string(info["type"].AsString()),
                         bson::Document(options.AsView())});
        return true;
      });
  if (!status.ok()) return status;
  return found;
}

/// {count, size, nindexes} of a collection, which may be gone by now.
bson::Document StatisticsOf(const Call& call, const std::string& collection) {
  bson::Builder command;
  command.AppendString("aggregate", collection);
  command.OpenArray("pipeline").OpenDocument("0").OpenDocument("$collStats");
  command.OpenDocument("storageStats").Close().Close().Close().Close();
  command.OpenDocument("cursor").Close();
  bson::Document statistics;
  FindEach(call, call.database(), command.Finish(), [&statistics](bson::View document) {
    const bson::Value storage = document["storageStats"];
    if (storage.type() == bson::Type::kDocument) statistics = bson::Document(storage.AsView());
    return false;
  }).PermitUncheckedError();
  return statistics;
}

void AppendCollection(const Call& call, const Named& named, bson::Builder* out) {
  out->OpenDocument(out->NextIndex());
  out->AppendString("name", named.name).AppendString("type", named.type);
  if (named.type == "collection") {
    const bson::Document statistics = StatisticsOf(call, named.name);
    for (const auto& [from, to] :
         {std::pair{"count", "documents"}, {"size", "bytes"}, {"nindexes", "indexes"}}) {
      if (!statistics[from].missing()) out->Append(to, statistics[from]);
    }
  }
  if (!named.options.empty()) out->AppendDocument("options", named.options);
  out->Close();
}

Reply JsonReply(const Call& call, int status, bson::View body) {
  return DocumentReply(status, body, AcceptedFormat(call.request, json::Format::kRelaxed));
}

/// Of a command that drops: 204, or 404 when there was nothing.
Reply Dropped(const Call& call, const CommandReply& sent, const char* what) {
  if (const Status error = ErrorOf(sent); !error.ok()) return ProblemReply(error, call.request);
  if (!sent.durability) {
    return ProblemReply(Status(ErrorCode::kNamespaceNotFound, what), call.request);
  }
  Reply reply;
  reply.status = 204;
  HoldFor(sent, &reply);
  return reply;
}

}  // namespace

Reply HandleListDatabases(const Call& call) {
  const CommandReply sent =
      Send(call, kAdmin, bson::Builder().AppendInt32("listDatabases", 1).Finish());
  if (const Status error = ErrorOf(sent); !error.ok()) return ProblemReply(error, call.request);
  bson::Builder body;
  body.OpenArray("databases");
  for (const bson::Element& element : sent.body["databases"].AsView()) {
    const bson::View info = element.value.AsView();
    const std::string name(info["name"].AsString());
    Result<std::vector<Named>> collections = CollectionsOf(call, name);
    if (!collections.ok()) continue;  // Dropped meanwhile.
    body.OpenDocument(body.NextIndex()).AppendString("name", name);
    body.AppendInt64("collections", static_cast<int64_t>(collections->size()));
    body.AppendInt64("bytes", AsInteger(info["sizeOnDisk"])).Close();
  }
  body.Close();
  return JsonReply(call, 200, body.Finish());
}

Reply HandleListCollections(const Call& call) {
  Result<std::vector<Named>> collections = CollectionsOf(call, call.database());
  if (!collections.ok()) return ProblemReply(collections.status(), call.request);
  if (collections->empty()) {
    return ProblemReply(Status(ErrorCode::kNamespaceNotFound, "there is no such database"),
                        call.request);
  }
  bson::Builder body;
  body.AppendString("database", call.database()).OpenArray("collections");
  for (const Named& named : *collections) AppendCollection(call, named, &body);
  body.Close();
  return JsonReply(call, 200, body.Finish());
}

Reply HandleDropDatabase(const Call& call) {
  const CommandReply sent =
      Send(call, call.database(), bson::Builder().AppendInt32("dropDatabase", 1).Finish());
  return Dropped(call, sent, "there is no such database");
}

Reply HandleCreateCollection(const Call& call) {
  Result<bson::Document> options = ReadOptionalObject(call);
  if (!options.ok()) return ProblemReply(options.status(), call.request);
  bson::Builder create;
  create.AppendString("create", call.collection());
  AppendFields(*options, {}, &create);
  const CommandReply sent = Send(call, call.database(), create.Finish());
  if (const Status error = ErrorOf(sent); !error.ok()) return ProblemReply(error, call.request);
  const bool created = sent.durability.has_value();
  bson::Builder body;
  body.AppendString("database", call.database()).AppendString("collection", call.collection());
  body.AppendBool("created", created);
  Reply reply = JsonReply(call, created ? 201 : 200, body.Finish());
  if (created) AppendLocation(CollectionPath(call.database(), call.collection()), &reply);
  HoldFor(sent, &reply);
  return reply;
}

Reply DropCollection(const Call& call) {
  const CommandReply sent =
      Send(call, call.database(), bson::Builder().AppendString("drop", call.collection()).Finish());
  return Dropped(call, sent, "there is no such collection");
}

}  // namespace cairn::server
