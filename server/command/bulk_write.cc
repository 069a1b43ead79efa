// SPDX-License-Identifier: Apache-2.0
// bulkWrite: {bulkWrite: 1, ops: [{insert: i, document} | {update: i, filter, updateMods, …} |
// {delete: i, filter, …}], nsInfo: [{ns}], ordered, errorsOnly, let, bypassDocumentValidation,
// cursor}. An operation's i is the place of its namespace in nsInfo. On the database "admin".
// What became of each operation comes as a cursor.
#include <memory>
#include <utility>

#include "server/command/batch.h"
#include "server/command/commands.h"
#include "server/command/update_style.h"
#include "server/command/write_batch.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"bypassDocumentValidation", Use::kOptional, Accepts::kBoolOrNumber},
    {"cursor", Use::kOptional, Accepts::kObject},
    {"errorsOnly", Use::kOptional, Accepts::kBool},
    {"let", Use::kOptional, Accepts::kObject},
    {"nsInfo", Use::kRequired, Accepts::kArray},
    {"ops", Use::kRequired, Accepts::kArray},
    {"ordered", Use::kOptional, Accepts::kBool},
    {"stmtId", Use::kUnsupported, Accepts::kInteger},
    {"stmtIds", Use::kUnsupported, Accepts::kArray},
};
static_assert(IsSorted(kParameters));

// table: sorted
constexpr Parameter kNamespace[] = {
    {"collectionUUID", Use::kUnsupported},
    {"encryptionInformation", Use::kUnsupported, Accepts::kObject},
    {"isTimeseriesNamespace", Use::kUnsupported, Accepts::kBool},
    {"ns", Use::kRequired, Accepts::kString},
};
static_assert(IsSorted(kNamespace));

// table: sorted
constexpr Parameter kInsert[] = {
    {"document", Use::kRequired, Accepts::kObject},
    {"insert", Use::kRequired, Accepts::kInteger},
};
static_assert(IsSorted(kInsert));

// table: sorted
constexpr Parameter kUpdate[] = {
    {"arrayFilters", Use::kOptional, Accepts::kArray},
    CollationParameter(),
    {"constants", Use::kOptional, Accepts::kObject},
    {"filter", Use::kRequired, Accepts::kObject},
    HintParameter(Use::kOptional),
    {"multi", Use::kOptional, Accepts::kBool},
    {"sampleId", Use::kIgnored},
    {"sort", Use::kOptional, Accepts::kObject},
    {"update", Use::kRequired, Accepts::kInteger},
    {"updateMods", Use::kRequired, Accepts::kObjectOrArray, Null::kWrongType,
     ErrorCode::kFailedToParse, "Update argument must be either an object or an array"},
    {"upsert", Use::kOptional, Accepts::kBool},
    {"upsertSupplied", Use::kIgnored, Accepts::kBool},
};
static_assert(IsSorted(kUpdate));

// table: sorted
constexpr Parameter kDelete[] = {
    CollationParameter(),
    {"delete", Use::kRequired, Accepts::kInteger},
    {"filter", Use::kRequired, Accepts::kObject},
    HintParameter(Use::kOptional),
    {"multi", Use::kOptional, Accepts::kBool},
    {"sampleId", Use::kIgnored},
};
static_assert(IsSorted(kDelete));

enum class Kind : uint8_t { kInsert, kUpdate, kDelete };

struct Operation {
  Kind kind;
  Arguments arguments;
  size_t collection;  // In Bulk::collections_.
};

class Bulk {
 public:
  explicit Bulk(Invocation* invocation) : invocation_(*invocation) {}

  // Reads everything before the first operation is done, so that a malformed bulk changes nothing.
  Status Read(const Arguments& arguments) {
    ordered_ = arguments.Bool("ordered", true);
    errors_only_ = arguments.Bool("errorsOnly", false);
    bypass_validation_ = arguments.Bool("bypassDocumentValidation", false);
    let_ = arguments.Object("let");
    Status status = ReadNamespaces(arguments["nsInfo"].AsView());
    if (!status.ok()) return status;
    Result<std::vector<bson::View>> batch = ParseBatch("bulkWrite.ops", arguments["ops"]);
    if (!batch.ok()) return std::move(batch).status();
    for (size_t i = 0; i < batch->size(); ++i) {
      status = ReadOperation(i, (*batch)[i]);
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }

  Status Run() {
    bool goes_on = true;
    for (size_t i = 0; i < operations_.size() && goes_on;) {
      const size_t count = operations_[i].kind == Kind::kInsert ? InsertsFrom(i) : 1;
      if (operations_[i].kind == Kind::kInsert) {
        goes_on = Insert(i, count);
      } else {
        goes_on = operations_[i].kind == Kind::kUpdate ? Update(i) : Delete(i);
      }
      i += count;
      if (!fatal_.ok()) return fatal_;
    }
    return Status::Ok();
  }

  void AppendCounts(bson::Builder* reply) const {
    AppendCount("nErrors", errors_, reply);
    AppendCount("nInserted", inserted_, reply);
    AppendCount("nMatched", matched_, reply);
    AppendCount("nModified", modified_, reply);
    AppendCount("nUpserted", upserted_, reply);
    AppendCount("nDeleted", deleted_, reply);
  }
  std::vector<bson::Document> TakeOutcomes() { return std::move(outcomes_); }

 private:
  Status ReadNamespaces(bson::View list) {
    for (const bson::Element& element : list) {
      const std::string where = "bulkWrite.nsInfo." + std::string(element.name);
      Status status = CheckType(where, element.value, Accepts::kObject);
      if (!status.ok()) return status;
      Result<Arguments> entry =
          Arguments::OfDocument("bulkWrite.nsInfo", kNamespace, element.value.AsView());
      if (!entry.ok()) return std::move(entry).status();
      const std::string_view ns = (*entry)["ns"].AsString();
      const size_t dot = ns.find('.');
      if (dot == std::string_view::npos) {
        return Status(ErrorCode::kInvalidNamespace,
                      "Invalid namespace specified for bulkWrite: '" + std::string(ns) + "'");
      }
      Result<Collection> collection =
          invocation_.database->GetCollection(ns.substr(0, dot), ns.substr(dot + 1));
      if (!collection.ok()) return std::move(collection).status();
      collections_.push_back(std::move(collection).value());
    }
    return Status::Ok();
  }

  Status ReadOperation(size_t index, bson::View document) {
    const std::string_view name = document.empty() ? "" : document.begin()->name;
    if (name != "insert" && name != "update" && name != "delete") {
      return UnknownField("bulkWrite.ops", name);
    }
    const Kind kind = name == "insert"   ? Kind::kInsert
                      : name == "update" ? Kind::kUpdate
                                         : Kind::kDelete;
    Result<Arguments> arguments =
        kind == Kind::kInsert   ? Arguments::OfDocument("bulkWrite.ops", kInsert, document)
        : kind == Kind::kUpdate ? Arguments::OfDocument("bulkWrite.ops", kUpdate, document)
                                : Arguments::OfDocument("bulkWrite.ops", kDelete, document);
    if (!arguments.ok()) return std::move(arguments).status();
    const int64_t place = ToInt64((*arguments)[name]);
    if (place < 0 || place >= static_cast<int64_t>(collections_.size())) {
      return Status(ErrorCode::kBadValue, "BulkWrite ops entry " + std::to_string(index) +
                                              " has an invalid nsInfo index " +
                                              std::to_string(place));
    }
    if (arguments->Has("constants") &&
        StyleOf((*arguments)["updateMods"]) != UpdateStyle::kPipeline) {
      return Status(ErrorCode::kFailedToParse,
                    "Constant values may only be specified for pipeline updates");
    }
    operations_.push_back({kind, std::move(arguments).value(), static_cast<size_t>(place)});
    return Status::Ok();
  }

  // How many inserts into one collection follow each other.
  size_t InsertsFrom(size_t first) const {
    size_t end = first;
    while (end < operations_.size() && operations_[end].kind == Kind::kInsert &&
           operations_[end].collection == operations_[first].collection) {
      ++end;
    }
    return end - first;
  }

  bool Insert(size_t first, size_t count) {
    std::vector<bson::View> documents;
    for (size_t i = first; i < first + count; ++i) {
      documents.push_back(operations_[i].arguments.Object("document"));
    }
    InsertOptions options;
    options.durability = Durability::kRelaxed;  // the reply is held instead
    options.ordered = ordered_;
    options.bypass_validation = bypass_validation_;
    Result<InsertManyResult> result =
        collections_[operations_[first].collection].InsertMany(documents, options);
    if (!result.ok()) return Failed(first, result.status());
    Committed(result->commit);
    auto error = result->errors.begin();
    for (size_t i = 0; i < count; ++i) {
      if (error != result->errors.end() && error->index == i) {
        if (!Failed(first + i, error->status)) return false;
        ++error;
      } else {
        ++inserted_;
        Outcome(first + i, 1);
      }
    }
    return true;
  }

  Result<UpdateResult> ApplyUpdate(const Operation& operation) {
    const Arguments& arguments = operation.arguments;
    Collection& collection = collections_[operation.collection];
    UpdateOptions options;
    options.durability = Durability::kRelaxed;
    options.upsert = arguments.Bool("upsert", false);
    options.bypass_validation = bypass_validation_;
    options.sort = bson::Document(arguments.Object("sort"));
    options.hint = HintOf(arguments);
    options.let = WithConstants(let_, arguments.Object("constants"));
    options.collation = bson::Document(arguments.Object("collation"));
    options.max_time_ms = invocation_.generic.max_time_ms.value_or(0);
    Result<std::vector<bson::Document>> filters = ParseArrayFilters("bulkWrite.ops", arguments);
    if (!filters.ok()) return std::move(filters).status();
    options.array_filters = std::move(filters).value();
    const bool multi = arguments.Bool("multi", false);
    if (multi && arguments.Has("sort")) {
      return Status(ErrorCode::kFailedToParse, "Cannot specify sort with multi=true");
    }
    const UpdateStyle style = StyleOf(arguments["updateMods"]);
    options.pipeline = style == UpdateStyle::kPipeline;
    const bson::View filter = arguments.Object("filter");
    const bson::View update = arguments["updateMods"].AsView();
    if (style == UpdateStyle::kReplacement && multi) {
      return Status(ErrorCode::kFailedToParse,
                    "multi update is not supported for replacement-style update");
    }
    if (style == UpdateStyle::kReplacement) return collection.ReplaceOne(filter, update, options);
    return multi ? collection.UpdateMany(filter, update, options)
                 : collection.UpdateOne(filter, update, options);
  }

  bool Update(size_t index) {
    Result<UpdateResult> result = ApplyUpdate(operations_[index]);
    if (!result.ok()) return Failed(index, result.status());
    Committed(result->commit);
    matched_ += result->matched;
    modified_ += result->modified;
    const bool upserted = !result->upserted_id.missing();
    upserted_ += upserted ? 1 : 0;
    if (errors_only_) return true;
    bson::Builder outcome;
    outcome.AppendDouble("ok", 1.0).AppendInt32("idx", static_cast<int32_t>(index));
    AppendCount("n", result->matched + (upserted ? 1 : 0), &outcome);
    AppendCount("nModified", result->modified, &outcome);
    if (upserted) {
      outcome.OpenDocument("upserted").Append("_id", result->upserted_id.value()).Close();
    }
    outcomes_.push_back(outcome.Finish());
    return true;
  }

  bool Delete(size_t index) {
    const Arguments& arguments = operations_[index].arguments;
    Collection& collection = collections_[operations_[index].collection];
    DeleteOptions options;
    options.durability = Durability::kRelaxed;
    options.hint = HintOf(arguments);
    options.let = bson::Document(let_);
    options.collation = bson::Document(arguments.Object("collation"));
    options.max_time_ms = invocation_.generic.max_time_ms.value_or(0);
    const bson::View filter = arguments.Object("filter");
    Result<DeleteResult> result = arguments.Bool("multi", false)
                                      ? collection.DeleteMany(filter, options)
                                      : collection.DeleteOne(filter, options);
    if (!result.ok()) return Failed(index, result.status());
    Committed(result->commit);
    deleted_ += result->deleted;
    Outcome(index, result->deleted);
    return true;
  }

  void Committed(CommitNumber commit) {
    if (commit != 0) invocation_.commit = commit;
  }

  void Outcome(size_t index, int64_t n) {
    if (errors_only_) return;
    bson::Builder outcome;
    outcome.AppendDouble("ok", 1.0).AppendInt32("idx", static_cast<int32_t>(index));
    AppendCount("n", n, &outcome);
    outcomes_.push_back(outcome.Finish());
  }

  // False when nothing is to follow.
  bool Failed(size_t index, const Status& status) {
    const bool ends = EndsBatch(status);
    if (ends && index == 0) {
      fatal_ = status;
      return false;
    }
    ++errors_;
    bson::Builder outcome;
    outcome.AppendDouble("ok", 0.0).AppendInt32("idx", static_cast<int32_t>(index));
    outcome.AppendInt32("code", static_cast<int32_t>(status.code()));
    outcome.AppendString("codeName", ErrorName(status.code()));
    outcome.AppendString("errmsg", status.message());
    if (!status.details().empty()) outcome.AppendAll(bson::View(status.details().data()));
    outcome.AppendInt32("n", 0);
    if (operations_[index].kind == Kind::kUpdate) outcome.AppendInt32("nModified", 0);
    outcomes_.push_back(outcome.Finish());
    return !ordered_ && !ends;
  }

  Invocation& invocation_;
  bool ordered_ = true;
  bool errors_only_ = false;
  bool bypass_validation_ = false;
  bson::View let_;
  std::vector<Collection> collections_;
  std::vector<Operation> operations_;
  int64_t errors_ = 0;
  int64_t inserted_ = 0;
  int64_t matched_ = 0;
  int64_t modified_ = 0;
  int64_t upserted_ = 0;
  int64_t deleted_ = 0;
  std::vector<bson::Document> outcomes_;
  Status fatal_;  // Of the server, with nothing done.
};

}  // namespace

Status RunBulkWrite(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<int64_t> batch_size = ParseCursorParameter("bulkWrite", (*arguments)["cursor"]);
  if (!batch_size.ok()) return std::move(batch_size).status();
  Bulk bulk(invocation);
  Status status = bulk.Read(*arguments);
  if (status.ok()) status = bulk.Run();
  if (!status.ok()) return status;
  std::vector<bson::Document> outcomes = bulk.TakeOutcomes();
  OpenCursor cursor;
  cursor.ns = Namespace(invocation->database_name, "$cmd.bulkWrite");
  cursor.remaining = static_cast<int64_t>(outcomes.size());
  cursor.source = std::make_unique<ListSource>(std::move(outcomes));
  status = ReplyFirstBatch(invocation, std::move(cursor), *batch_size, false, reply);
  if (!status.ok()) return status;
  bulk.AppendCounts(reply);
  return Status::Ok();
}

}  // namespace cairn::server
