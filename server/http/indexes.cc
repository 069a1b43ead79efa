// SPDX-License-Identifier: Apache-2.0
#include "server/http/indexes.h"

#include <map>
#include <string>
#include <vector>

#include "cairn/options.h"
#include "server/http/body.h"
#include "server/http/commands.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

void AppendIndex(bson::View index, bson::Builder* command) {
  command->OpenDocument(command->NextIndex()).AppendAll(index);
  const bson::Value key = index["key"];
  if (index["name"].missing() && key.type() == bson::Type::kDocument) {
    command->AppendString("name", DefaultIndexName(key.AsView()));
  }
  command->Close();
}

Result<bson::Document> MakeCreateIndexes(const Call& call) {
  Result<bson::Document> body = ReadObjectOrArray(call);
  if (!body.ok()) return body;
  bson::Value given = body->view().begin()->value;
  const bson::View whole = given.AsView();
  bson::Builder command;
  command.AppendString("createIndexes", call.collection());
  if (given.type() == bson::Type::kDocument && !whole["indexes"].missing()) {
    static constexpr Rename kOthers[] = {{"indexes", ""}};
    AppendFields(whole, kOthers, &command);
    given = whole["indexes"];
  }
  command.OpenArray("indexes");
  if (given.type() == bson::Type::kDocument) {
    AppendIndex(given.AsView(), &command);
  } else if (given.type() == bson::Type::kArray) {
    for (const bson::Element& element : given.AsView()) {
      if (element.value.type() != bson::Type::kDocument) {
        return Status(ErrorCode::kTypeMismatch, "each index must be an object: {\"key\": {…}}");
      }
      AppendIndex(element.value.AsView(), &command);
    }
  }
  return command.Close().Finish();
}

/// accesses, and building where it is so, by name.
std::map<std::string, bson::Document, std::less<>> UsageOf(const Call& call) {
  bson::Builder command;
  command.AppendString("aggregate", call.collection());
  command.OpenArray("pipeline").OpenDocument("0").OpenDocument("$indexStats").Close().Close();
  command.Close().OpenDocument("cursor").Close();
  std::map<std::string, bson::Document, std::less<>> usage;
  FindEach(call, call.database(), command.Finish(), [&usage](bson::View index) {
    bson::Builder shown;
    const bson::Value accesses = index["accesses"];
    if (!accesses.missing()) shown.Append("usage", accesses);
    const bson::Value building = index["building"];
    if (!building.missing()) shown.Append("building", building);
    usage.emplace(index["name"].AsString(), shown.Finish());
    return true;
  }).PermitUncheckedError();
  return usage;
}

}  // namespace

Reply HandleListIndexes(const Call& call) {
  std::vector<bson::Document> indexes;
  const Status status =
      FindEach(call, call.database(),
               bson::Builder().AppendString("listIndexes", call.collection()).Finish(),
               [&indexes](bson::View index) {
                 indexes.emplace_back(index);
                 return true;
               });
  if (!status.ok()) return ProblemReply(status, call.request);
  const auto usage = UsageOf(call);
  bson::Builder body;
  body.OpenArray("indexes");
  for (const bson::Document& index : indexes) {
    body.OpenDocument(body.NextIndex()).AppendAll(index);
    const auto used = usage.find(index["name"].AsString());
    if (used != usage.end()) body.AppendAll(used->second);
    body.Close();
  }
  body.Close();
  return DocumentReply(200, body.Finish(), AcceptedFormat(call.request, json::Format::kRelaxed));
}

Reply HandleCreateIndexes(const Call& call) {
  Result<bson::Document> command = MakeCreateIndexes(call);
  if (!command.ok()) return ProblemReply(command.status(), call.request);
  bson::Builder names;
  for (const bson::Element& index : (*command)["indexes"].AsView()) {
    const bson::Value name = index.value.AsView()["name"];
    if (!name.missing()) names.Append(names.NextIndex(), name);
  }
  const CommandReply sent = Send(call, call.database(), std::move(command).value());
  if (const Status error = ErrorOf(sent); !error.ok()) return ProblemReply(error, call.request);
  const bson::Value before = sent.body["numIndexesBefore"];
  const bson::Value after = sent.body["numIndexesAfter"];
  bson::Builder body;
  body.AppendArray("names", names.Finish());
  body.Append("numIndexesBefore", before).Append("numIndexesAfter", after);
  const bool created = AsInteger(after) > AsInteger(before);
  Reply reply = DocumentReply(created ? 201 : 200, body.Finish(),
                              AcceptedFormat(call.request, json::Format::kRelaxed));
  HoldFor(sent, &reply);
  return reply;
}

Reply HandleDropIndex(const Call& call) {
  // "*" means all of them to the command, and a path names one.
  const std::string& name = call.names[2];
  if (name == "*") {
    return ProblemReply(Status(ErrorCode::kIndexNotFound, "there is no index named '*'"),
                        call.request);
  }
  bson::Builder command;
  command.AppendString("dropIndexes", call.collection()).AppendString("index", name);
  const CommandReply sent = Send(call, call.database(), command.Finish());
  if (const Status error = ErrorOf(sent); !error.ok()) return ProblemReply(error, call.request);
  Reply reply;
  reply.status = 204;
  HoldFor(sent, &reply);
  return reply;
}

}  // namespace cairn::server
