// SPDX-License-Identifier: Apache-2.0
#include "tests/query/library_commands.h"

#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/try.h"

namespace cairn::cases {
namespace {

using bson::Type;
using bson::Value;

int64_t IntegerOr(Value value, int64_t otherwise) {
  if (value.type() == Type::kInt32) return value.AsInt32();
  if (value.type() == Type::kInt64) return value.AsInt64();
  return otherwise;
}

bool IsTrue(Value value) { return value.type() == Type::kBool && value.AsBool(); }

bson::View ViewOr(Value value) {
  const bool has_fields = value.type() == Type::kDocument || value.type() == Type::kArray;
  return has_fields ? value.AsView() : bson::View();
}

void AppendError(const Status& status, bson::Builder* reply) {
  reply->AppendDouble("ok", 0);
  reply->AppendString("errmsg", status.message());
  reply->AppendInt32("code", static_cast<int32_t>(status.code()));
  reply->AppendString("codeName", ErrorName(status.code()));
}

void AppendWriteErrors(const std::vector<WriteError>& errors, bson::Builder* reply) {
  if (errors.empty()) return;
  reply->OpenArray("writeErrors");
  for (const WriteError& error : errors) {
    reply->OpenDocument(reply->NextIndex());
    reply->AppendInt32("index", static_cast<int32_t>(error.index));
    reply->AppendInt32("code", static_cast<int32_t>(error.status.code()));
    if (!error.status.details().empty()) {
      reply->AppendAll(bson::View(error.status.details().data()));
    }
    reply->AppendString("errmsg", error.status.message());
    reply->Close();
  }
  reply->Close();
}

FindOptions OptionsOf(bson::View command) {
  FindOptions options;
  options.projection = bson::Document(ViewOr(command["projection"]));
  options.sort = bson::Document(ViewOr(command["sort"]));
  options.skip = IntegerOr(command["skip"], 0);
  options.limit = IntegerOr(command["limit"], 0);
  options.max_time_ms = IntegerOr(command["maxTimeMS"], 0);
  options.hint = command["hint"];
  if (!command["min"].missing()) options.min = bson::Document(command["min"].AsView());
  if (!command["max"].missing()) options.max = bson::Document(command["max"].AsView());
  options.return_key = IsTrue(command["returnKey"]);
  options.show_record_id = IsTrue(command["showRecordId"]);
  options.let = bson::Document(ViewOr(command["let"]));
  options.collation = bson::Document(ViewOr(command["collation"]));
  return options;
}

Status AppendBatch(Cursor* cursor, bson::Builder* reply) {
  bson::Builder batch;
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, cursor->Next());
    if (!more) break;
    batch.AppendDocument(batch.NextIndex(), cursor->document());
  }
  reply->OpenDocument("cursor").AppendArray("firstBatch", batch.Finish()).Close();
  return Status::Ok();
}

Status Find(Collection* collection, bson::View command, bson::Builder* reply) {
  CAIRN_TRY_ASSIGN(Cursor cursor, collection->Find(ViewOr(command["filter"]), OptionsOf(command)));
  return AppendBatch(&cursor, reply);
}

Status Count(Collection* collection, bson::View command, bson::Builder* reply) {
  CAIRN_TRY_ASSIGN(const int64_t n,
                   collection->Count(ViewOr(command["query"]), OptionsOf(command)));
  reply->AppendInt32("n", static_cast<int32_t>(n));
  return Status::Ok();
}

Status Distinct(Collection* collection, bson::View command, bson::Builder* reply) {
  CAIRN_TRY_ASSIGN(const bson::Document values,
                   collection->Distinct(command["key"].AsString(), ViewOr(command["query"]),
                                        OptionsOf(command)));
  reply->AppendArray("values", values);
  return Status::Ok();
}

Status Aggregate(Collection* collection, bson::View command, bson::Builder* reply) {
  AggregateOptions options;
  options.hint = command["hint"];
  options.let = bson::Document(ViewOr(command["let"]));
  options.collation = bson::Document(ViewOr(command["collation"]));
  options.max_time_ms = IntegerOr(command["maxTimeMS"], 0);
  options.allow_disk_use = command["allowDiskUse"].missing() || IsTrue(command["allowDiskUse"]);
  CAIRN_TRY_ASSIGN(Cursor cursor, collection->Aggregate(command["pipeline"].AsView(), options));
  return AppendBatch(&cursor, reply);
}

Status Insert(Collection* collection, bson::View command, bson::Builder* reply) {
  std::vector<bson::View> documents;
  for (const bson::Element& document : command["documents"].AsView()) {
    documents.push_back(document.value.AsView());
  }
  InsertOptions options;
  options.ordered = command["ordered"].missing() || IsTrue(command["ordered"]);
  options.bypass_validation = IsTrue(command["bypassDocumentValidation"]);
  CAIRN_TRY_ASSIGN(const InsertManyResult result, collection->InsertMany(documents, options));
  reply->AppendInt32("n", static_cast<int32_t>(result.inserted_ids.size()));
  AppendWriteErrors(result.errors, reply);
  return Status::Ok();
}

// What update statements and findAndModify share.
void ReadUpdateOptions(bson::View statement, UpdateOptions* options) {
  options->upsert = IsTrue(statement["upsert"]);
  options->sort = bson::Document(ViewOr(statement["sort"]));
  options->hint = statement["hint"];
  options->collation = bson::Document(ViewOr(statement["collation"]));
  if (statement["arrayFilters"].missing()) return;
  for (const bson::Element& filter : statement["arrayFilters"].AsView()) {
    options->array_filters.emplace_back(filter.value.AsView());
  }
}

bool HasOperators(bson::View update) {
  return !update.empty() && update.begin()->name.starts_with('$');
}

// `let` stands beside the statements, and holds for each.
Result<UpdateResult> UpdateBy(Collection* collection, bson::View statement, bson::View let) {
  const bson::View filter = ViewOr(statement["q"]);
  const bson::View update = ViewOr(statement["u"]);
  UpdateOptions options;
  ReadUpdateOptions(statement, &options);
  options.let = bson::Document(let);
  options.pipeline = statement["u"].type() == bson::Type::kArray;
  if (IsTrue(statement["multi"]) && !options.sort.empty()) {
    return Status(ErrorCode::kFailedToParse, "sort is for updates of one document");
  }
  if (options.pipeline || HasOperators(update)) {
    return IsTrue(statement["multi"]) ? collection->UpdateMany(filter, update, options)
                                      : collection->UpdateOne(filter, update, options);
  }
  if (IsTrue(statement["multi"])) {
    return Status(ErrorCode::kFailedToParse, "multi update is not supported for replacements");
  }
  return collection->ReplaceOne(filter, update, options);
}

Status Update(Collection* collection, bson::View command, bson::Builder* reply) {
  int64_t n = 0;
  int64_t modified = 0;
  std::vector<WriteError> errors;
  bson::Builder upserted;
  size_t index = 0;
  for (const bson::Element& statement : command["updates"].AsView()) {
    Result<UpdateResult> result =
        UpdateBy(collection, statement.value.AsView(), ViewOr(command["let"]));
    if (!result.ok()) {
      errors.push_back({index, std::move(result).status()});
      break;
    }
    n += result->matched + (result->upserted_id.missing() ? 0 : 1);
    modified += result->modified;
    if (!result->upserted_id.missing()) {
      upserted.OpenDocument(upserted.NextIndex())
          .AppendInt32("index", static_cast<int32_t>(index))
          .Append("_id", result->upserted_id.value())
          .Close();
    }
    ++index;
  }
  reply->AppendInt32("n", static_cast<int32_t>(n));
  reply->AppendInt32("nModified", static_cast<int32_t>(modified));
  const bson::Document ids = upserted.Finish();
  if (!ids.empty()) reply->AppendArray("upserted", ids);
  AppendWriteErrors(errors, reply);
  return Status::Ok();
}

Result<FindOneAndResult> FindOneAnd(Collection* collection, bson::View command) {
  const bson::View query = ViewOr(command["query"]);
  if (IsTrue(command["remove"])) {
    FindOneAndDeleteOptions options;
    options.sort = bson::Document(ViewOr(command["sort"]));
    options.projection = bson::Document(ViewOr(command["fields"]));
    options.hint = command["hint"];
    options.let = bson::Document(ViewOr(command["let"]));
    options.collation = bson::Document(ViewOr(command["collation"]));
    return collection->FindOneAndDelete(query, options);
  }
  FindOneAndUpdateOptions options;
  ReadUpdateOptions(command, &options);
  options.let = bson::Document(ViewOr(command["let"]));
  options.projection = bson::Document(ViewOr(command["fields"]));
  options.return_updated = IsTrue(command["new"]);
  options.pipeline = command["update"].type() == bson::Type::kArray;
  const bson::View update = ViewOr(command["update"]);
  return options.pipeline || HasOperators(update)
             ? collection->FindOneAndUpdate(query, update, options)
             : collection->FindOneAndReplace(query, update, options);
}

Status FindAndModify(Collection* collection, bson::View command, bson::Builder* reply) {
  CAIRN_TRY_ASSIGN(const FindOneAndResult result, FindOneAnd(collection, command));
  const bool upserted = !result.upserted_id.missing();
  reply->OpenDocument("lastErrorObject").AppendInt32("n", result.found || upserted ? 1 : 0);
  if (!IsTrue(command["remove"])) reply->AppendBool("updatedExisting", result.found);
  if (upserted) reply->Append("upserted", result.upserted_id.value());
  reply->Close();
  if (result.document.has_value()) {
    reply->AppendDocument("value", *result.document);
  } else {
    reply->AppendNull("value");
  }
  return Status::Ok();
}

Status Delete(Collection* collection, bson::View command, bson::Builder* reply) {
  int64_t n = 0;
  std::vector<WriteError> errors;
  size_t index = 0;
  for (const bson::Element& element : command["deletes"].AsView()) {
    const bson::View statement = element.value.AsView();
    const bson::View filter = ViewOr(statement["q"]);
    DeleteOptions options;
    options.hint = statement["hint"];
    options.let = bson::Document(ViewOr(command["let"]));
    options.collation = bson::Document(ViewOr(statement["collation"]));
    Result<DeleteResult> result = IntegerOr(statement["limit"], 0) == 1
                                      ? collection->DeleteOne(filter, options)
                                      : collection->DeleteMany(filter, options);
    if (!result.ok()) {
      errors.push_back({index, std::move(result).status()});
      break;
    }
    n += result->deleted;
    ++index;
  }
  reply->AppendInt32("n", static_cast<int32_t>(n));
  AppendWriteErrors(errors, reply);
  return Status::Ok();
}

Status CreateIndexes(Collection* collection, bson::View command, bson::Builder* reply) {
  std::vector<IndexModel> models;
  for (const bson::Element& element : command["indexes"].AsView()) {
    IndexModel model;
    bson::Builder options;
    for (const bson::Element& field : element.value.AsView()) {
      if (field.name == "key") {
        model.keys = bson::Document(ViewOr(field.value));
      } else if (field.name == "name") {
        model.name = std::string(field.value.AsString());
      } else if (field.name == "unique") {
        model.unique = IsTrue(field.value);
      } else {
        options.Append(field.name, field.value);
      }
    }
    model.options = options.Finish();
    models.push_back(std::move(model));
  }
  CAIRN_TRY_ASSIGN(const CreateIndexesResult result, collection->CreateIndexes(models));
  reply->AppendInt32("numIndexesBefore", result.indexes_before);
  reply->AppendInt32("numIndexesAfter", result.indexes_after);
  reply->AppendBool("createdCollectionAutomatically", result.created_collection);
  return Status::Ok();
}

std::optional<bson::Document> DocumentOf(Value value) {
  if (value.missing()) return std::nullopt;
  return bson::Document(value.AsView());
}

std::optional<std::string> TextOf(Value value) {
  if (value.missing()) return std::nullopt;
  return std::string(value.AsString());
}

std::optional<int64_t> IntegerOf(Value value) {
  if (value.missing()) return std::nullopt;
  return IntegerOr(value, 0);
}

Status Create(Collection* collection, bson::View command, bson::Builder*) {
  CreateOptions options;
  options.capped = IsTrue(command["capped"]);
  options.size = IntegerOf(command["size"]);
  options.max = IntegerOf(command["max"]);
  options.validator = DocumentOf(command["validator"]);
  options.validation_level = TextOf(command["validationLevel"]);
  options.validation_action = TextOf(command["validationAction"]);
  options.view_on = TextOf(command["viewOn"]);
  options.pipeline = DocumentOf(command["pipeline"]);
  options.collation = bson::Document(ViewOr(command["collation"]));
  return collection->Create(options).status();
}

Status Drop(Collection* collection, bson::View, bson::Builder*) {
  CAIRN_TRY_ASSIGN(const bool existed, collection->Drop());
  return existed ? Status::Ok() : Status(ErrorCode::kNamespaceNotFound, "ns not found");
}

struct Row {
  std::string_view name;
  Status (*run)(Collection*, bson::View, bson::Builder*);
};

// table: sorted
constexpr Row kCommands[] = {
    {"aggregate", Aggregate},
    {"count", Count},
    {"create", Create},
    {"createIndexes", CreateIndexes},
    {"delete", Delete},
    {"distinct", Distinct},
    {"drop", Drop},
    {"find", Find},
    {"findAndModify", FindAndModify},
    {"insert", Insert},
    {"update", Update},
};

}  // namespace

bson::Document RunOnLibrary(Database* database, const std::string& name, bson::View command) {
  bson::Builder reply;
  const bson::Element target = *command.begin();
  Status status(ErrorCode::kCommandNotFound, "no such command: '" + std::string(target.name) + "'");
  for (const Row& row : kCommands) {
    if (row.name != target.name) continue;
    Result<Collection> collection = database->GetCollection(name, target.value.AsString());
    status =
        collection.ok() ? row.run(&*collection, command, &reply) : std::move(collection).status();
  }
  if (status.ok()) return reply.AppendDouble("ok", 1).Finish();
  bson::Builder error;
  AppendError(status, &error);
  return error.Finish();
}

}  // namespace cairn::cases
