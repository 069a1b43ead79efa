// SPDX-License-Identifier: Apache-2.0
#include "server/http/writes.h"

#include <string>

#include "server/http/body.h"
#include "server/http/collections.h"
#include "server/http/commands.h"
#include "server/http/preference.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

/// The filter that a write to many must name: {"": {…}}.
Result<bson::Document> ReadFilter(const Call& call) {
  const std::optional<std::string_view> text = call.Query("filter");
  if (!text) {
    return Status(ErrorCode::kBadValue,
                  "a filter is required: ?filter={} if all documents are meant");
  }
  Result<bson::Document> filter = json::ParseValue(*text, kCommandLimits);
  if (!filter.ok()) {
    return std::move(filter).status().WithContext("query parameter 'filter': ");
  }
  if (filter->view().begin()->value.type() == bson::Type::kDocument) return filter;
  return Status(ErrorCode::kTypeMismatch, "'filter' must be an object");
}

/// Optional query parameters of statements.
Status AppendOptions(const Call& call, std::initializer_list<QueryParameter> names,
                     bson::Builder* statement) {
  Result<bson::Document> options = ReadQueryFields(call, {names.begin(), names.size()});
  if (!options.ok()) return std::move(options).status();
  for (const bson::Element& option : options->view()) statement->Append(option.name, option.value);
  return Status();
}

Reply WriteReply(const Call& call, const CommandReply& sent, int status, bson::View body) {
  Reply reply = DocumentReply(status, body, AcceptedFormat(call.request, json::Format::kRelaxed));
  HoldFor(sent, &reply);
  Apply(ReturnPreference(call.request), &reply);
  return reply;
}

/// An error of a command that may have written something before.
Reply WriteProblem(const Call& call, const CommandReply& sent, const Status& error) {
  Reply reply = ProblemReply(error, call.request);
  HoldFor(sent, &reply);
  return reply;
}

Result<bson::Document> MakeUpdateMany(const Call& call, bson::Value update) {
  Result<bson::Document> filter = ReadFilter(call);
  if (!filter.ok()) return filter;
  bson::Builder command;
  command.AppendString("update", call.collection());
  command.OpenArray("updates").OpenDocument("0");
  command.Append("q", filter->view().begin()->value).Append("u", update).AppendBool("multi", true);
  Status options = AppendOptions(call,
                                 {{"upsert", "boolean", ""},
                                  {"arrayFilters", "json", ""},
                                  {"hint", "string or json", ""},
                                  {"collation", "json", ""}},
                                 &command);
  if (!options.ok()) return options;
  command.Close().Close();
  AppendWriteConcern(call, &command);
  return command.Finish();
}

}  // namespace

Reply HandleUpdateMany(const Call& call) {
  Result<bson::Document> update = ReadUpdate(call);
  if (!update.ok()) return ProblemReply(update.status(), call.request);
  Result<bson::Document> command = MakeUpdateMany(call, update->view().begin()->value);
  if (!command.ok()) return ProblemReply(command.status(), call.request);
  const CommandReply sent = Send(call, call.database(), std::move(command).value());
  if (const Status error = ErrorOf(sent); !error.ok()) return WriteProblem(call, sent, error);
  const bson::Value upserted = sent.body["upserted"];
  const bool inserted = upserted.type() == bson::Type::kArray && !upserted.AsView().empty();
  bson::Builder body;
  body.AppendInt64("matchedCount", inserted ? 0 : AsInteger(sent.body["n"]));
  body.AppendInt64("modifiedCount", AsInteger(sent.body["nModified"]));
  if (inserted) body.Append("upsertedId", upserted.AsView().begin()->value.AsView()["_id"]);
  return WriteReply(call, sent, 200, body.Finish());
}

Reply HandleDeleteMany(const Call& call) {
  if (!call.Query("filter")) {
    if (call.query.empty()) return DropCollection(call);
    return ProblemReply(400, "options of a delete go with a filter", call.request);
  }
  Result<bson::Document> filter = ReadFilter(call);
  if (!filter.ok()) return ProblemReply(filter.status(), call.request);
  bson::Builder command;
  command.AppendString("delete", call.collection());
  command.OpenArray("deletes").OpenDocument("0");
  command.Append("q", filter->view().begin()->value).AppendInt32("limit", 0);
  const Status options =
      AppendOptions(call, {{"hint", "string or json", ""}, {"collation", "json", ""}}, &command);
  if (!options.ok()) return ProblemReply(options, call.request);
  command.Close().Close();
  AppendWriteConcern(call, &command);
  const CommandReply sent = Send(call, call.database(), command.Finish());
  if (const Status error = ErrorOf(sent); !error.ok()) return WriteProblem(call, sent, error);
  const bson::Document body =
      bson::Builder().AppendInt64("deletedCount", AsInteger(sent.body["n"])).Finish();
  return WriteReply(call, sent, 200, body);
}

Reply HandleFindAndModify(const Call& call) {
  static constexpr Rename kRenames[] = {{"filter", "query"}, {"projection", "fields"}};
  Result<bson::Document> body = ReadObject(call);
  if (!body.ok()) return ProblemReply(body.status(), call.request);
  bson::Builder command;
  command.AppendString("findAndModify", call.collection());
  AppendFields(*body, kRenames, &command);
  AppendWriteConcern(call, &command);
  const CommandReply sent = Send(call, call.database(), command.Finish());
  if (const Status error = ErrorOf(sent); !error.ok()) return WriteProblem(call, sent, error);
  bson::Builder shown;
  shown.Append("document", sent.body["value"]);
  const bson::View last = sent.body["lastErrorObject"].AsView();
  const bool upserted = !last["upserted"].missing();
  shown.AppendInt64("matchedCount", upserted ? 0 : AsInteger(last["n"]));
  if (upserted) shown.Append("upsertedId", last["upserted"]);
  return WriteReply(call, sent, 200, shown.Finish());
}

}  // namespace cairn::server
