// SPDX-License-Identifier: Apache-2.0
// POST …/_bulk: operations as drivers and the shell write them become one bulkWrite command.
#include <algorithm>
#include <string>
#include <vector>

#include "server/http/body.h"
#include "server/http/commands.h"
#include "server/http/problem.h"
#include "server/http/writes.h"

namespace cairn::server {
namespace {

constexpr Rename kOfUpdate[] = {{"update", "updateMods"}, {"replacement", "updateMods"}};

struct OperationRow {
  std::string_view name;
  const char* command;
  bool multi;
  std::string_view needs;  ///< A field that it must have.
};

// table: sorted
constexpr OperationRow kOperations[] = {
    {"deleteMany", "delete", true, "filter"},   {"deleteOne", "delete", false, "filter"},
    {"insertOne", "insert", false, "document"}, {"replaceOne", "update", false, "replacement"},
    {"updateMany", "update", true, "update"},   {"updateOne", "update", false, "update"},
};

/// The command that the operations make, and what is needed to tell about them.
struct Bulk {
  bson::Builder operations;
  std::vector<bson::OwnedValue> inserted;  ///< _id of each insert; missing for others.
};

Status Wrong(size_t index, const std::string& what) {
  return Status(ErrorCode::kFailedToParse, "operations." + std::to_string(index) + what);
}

bool IsReplacement(bson::Value update) {
  if (update.type() != bson::Type::kDocument) return false;
  return update.AsView().empty() || !update.AsView().begin()->name.starts_with('$');
}

Status AddInsert(size_t index, bson::View arguments, Bulk* bulk) {
  for (const bson::Element& argument : arguments) {
    if (argument.name == "document" && argument.value.type() == bson::Type::kDocument) continue;
    return Wrong(index, ".insertOne takes one document, as 'document'");
  }
  const bson::Document document = WithId(arguments["document"].AsView());
  bulk->operations.OpenDocument(bulk->operations.NextIndex());
  bulk->operations.AppendInt32("insert", 0).AppendDocument("document", document).Close();
  bulk->inserted.emplace_back(document["_id"]);
  return Status();
}

Status Add(size_t index, const bson::Element& element, Bulk* bulk) {
  if (element.value.type() != bson::Type::kDocument) return Wrong(index, " must be an object");
  const bson::View operation = element.value.AsView();
  auto field = operation.begin();
  if (operation.empty() || ++operation.begin() != operation.end()) {
    return Wrong(index, " must have one field, which names it");
  }
  const auto is_it = [&field](const OperationRow& row) { return row.name == field->name; };
  const auto* row = std::find_if(std::begin(kOperations), std::end(kOperations), is_it);
  if (row == std::end(kOperations)) {
    return Wrong(index, ": there is no operation '" + std::string(field->name) + "'");
  }
  const std::string name = "." + std::string(row->name);
  if (field->value.type() != bson::Type::kDocument)
    return Wrong(index, name + " must be an object");
  const bson::View arguments = field->value.AsView();
  if (arguments[row->needs].missing()) {
    return Wrong(index, name + " needs '" + std::string(row->needs) + "'");
  }
  if (row->name == "insertOne") return AddInsert(index, arguments, bulk);
  if (row->needs == "replacement" && !IsReplacement(arguments["replacement"])) {
    return Wrong(index, name + ": 'replacement' must be a document without operators");
  }
  if (row->needs == "update" && IsReplacement(arguments["update"])) {
    return Wrong(index, name + ": 'update' must be operators or a pipeline");
  }
  bulk->operations.OpenDocument(bulk->operations.NextIndex());
  bulk->operations.AppendInt32(row->command, 0);
  AppendFields(arguments, kOfUpdate, &bulk->operations);
  bulk->operations.AppendBool("multi", row->multi).Close();
  bulk->inserted.emplace_back();
  return Status();
}

Result<bson::Document> MakeBulkWrite(const Call& call, bson::View body, Bulk* bulk) {
  for (const bson::Element& element : body) {
    if (element.name == "operations" || element.name == "ordered" || element.name == "let")
      continue;
    return Status(ErrorCode::kFailedToParse, "unknown field '" + std::string(element.name) + "'");
  }
  const bson::Value operations = body["operations"];
  if (operations.type() != bson::Type::kArray) {
    return Status(ErrorCode::kTypeMismatch, "'operations' must be an array");
  }
  size_t index = 0;
  for (const bson::Element& element : operations.AsView()) {
    if (Status status = Add(index++, element, bulk); !status.ok()) return status;
  }
  bson::Builder command;
  command.AppendInt32("bulkWrite", 1).AppendArray("ops", bulk->operations.Finish());
  command.OpenArray("nsInfo").OpenDocument("0");
  command.AppendString("ns", call.database() + "." + call.collection()).Close().Close();
  for (const char* name : {"ordered", "let"}) {
    if (!body[name].missing()) command.Append(name, body[name]);
  }
  AppendWriteConcern(call, &command);
  return command.Finish();
}

/// What became of each operation, from the command's cursor.
struct Outcomes {
  bson::Builder inserted;
  bson::Builder upserted;
  bson::Builder errors;
  Status first_error;
};

void Note(const Bulk& bulk, bson::View outcome, Outcomes* outcomes) {
  const auto index = static_cast<size_t>(AsInteger(outcome["idx"]));
  const std::string name = std::to_string(index);
  if (AsInteger(outcome["ok"]) == 0) {
    const Status error = ErrorIn(outcome);
    if (outcomes->first_error.ok()) outcomes->first_error = error;
    outcomes->errors.OpenDocument(outcomes->errors.NextIndex());
    outcomes->errors.AppendInt64("index", static_cast<int64_t>(index));
    outcomes->errors.AppendInt32("code", static_cast<int32_t>(error.code()));
    outcomes->errors.AppendString("codeName", ErrorName(error.code()));
    outcomes->errors.AppendString("detail", error.message());
    if (!error.details().empty()) outcomes->errors.AppendAll(bson::View(error.details().data()));
    outcomes->errors.Close();
    return;
  }
  const bson::Value upserted = outcome["upserted"];
  if (upserted.type() == bson::Type::kDocument) {
    outcomes->upserted.Append(name, upserted.AsView()["_id"]);
  } else if (index < bulk.inserted.size() && !bulk.inserted[index].missing()) {
    outcomes->inserted.Append(name, bulk.inserted[index].value());
  }
}

}  // namespace

Reply HandleBulk(const Call& call) {
  Result<bson::Document> body = ReadObject(call);
  if (!body.ok()) return ProblemReply(body.status(), call.request);
  Bulk bulk;
  Result<bson::Document> command = MakeBulkWrite(call, *body, &bulk);
  if (!command.ok()) return ProblemReply(command.status(), call.request);
  CommandReply sent = Send(call, "admin", std::move(command).value());
  CommandReply written;  // What HoldFor has to know.
  written.held_for = sent.held_for;
  written.durability = sent.durability;
  bson::Builder shown;
  for (const auto& [from, to] : {std::pair{"nInserted", "insertedCount"},
                                 {"nMatched", "matchedCount"},
                                 {"nModified", "modifiedCount"},
                                 {"nUpserted", "upsertedCount"},
                                 {"nDeleted", "deletedCount"}}) {
    shown.AppendInt64(to, AsInteger(sent.body[from]));
  }
  Outcomes outcomes;
  const Status status = VisitEach(call, "admin", std::move(sent), [&](bson::View outcome) {
    Note(bulk, outcome, &outcomes);
    return true;
  });
  if (!status.ok()) {
    Reply reply = ProblemReply(status, call.request);
    HoldFor(written, &reply);
    return reply;
  }
  shown.AppendDocument("insertedIds", outcomes.inserted.Finish());
  shown.AppendDocument("upsertedIds", outcomes.upserted.Finish());
  const bool failed = !outcomes.first_error.ok();
  if (failed) shown.AppendArray("errors", outcomes.errors.Finish());
  // Some of it may have been done.
  Reply reply = DocumentReply(failed ? 207 : 200, shown.Finish(),
                              AcceptedFormat(call.request, json::Format::kRelaxed));
  HoldFor(written, &reply);
  return reply;
}

}  // namespace cairn::server
