// SPDX-License-Identifier: Apache-2.0
// update: {update, updates: [{q, u, upsert, multi, arrayFilters, sort, hint,
// collation}], ordered}.
#include <utility>

#include "server/command/commands.h"
#include "server/command/update_style.h"
#include "server/command/write_batch.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"bypassDocumentValidation", Use::kOptional, Accepts::kBoolOrNumber},
    {"encryptionInformation", Use::kUnsupported, Accepts::kObject},
    {"isTimeseriesNamespace", Use::kUnsupported, Accepts::kBool},
    {"let", Use::kOptional, Accepts::kObject},
    {"ordered", Use::kOptional, Accepts::kBool},
    {"stmtId", Use::kUnsupported, Accepts::kInteger},
    {"stmtIds", Use::kUnsupported, Accepts::kArray},
    {"updates", Use::kRequired, Accepts::kArray},
};
static_assert(IsSorted(kParameters));

// table: sorted
constexpr Parameter kUpdate[] = {
    {"arrayFilters", Use::kOptional, Accepts::kArray},
    {"c", Use::kOptional, Accepts::kObject},
    CollationParameter(),
    HintParameter(Use::kOptional),
    {"multi", Use::kOptional, Accepts::kBool},
    {"q", Use::kRequired, Accepts::kObject},
    {"sampleId", Use::kIgnored},
    {"sort", Use::kOptional, Accepts::kObject},
    {"u", Use::kRequired, Accepts::kObjectOrArray},
    {"upsert", Use::kOptional, Accepts::kBool},
    {"upsertSupplied", Use::kIgnored, Accepts::kBool},
};
static_assert(IsSorted(kUpdate));

Status CheckUpdate(const Arguments& arguments) {
  if (arguments.Has("c") && StyleOf(arguments["u"]) != UpdateStyle::kPipeline) {
    return Status(ErrorCode::kLocation51198,
                  "Constant values may only be specified for pipeline updates");
  }
  return ParseArrayFilters("update.updates", arguments).status();
}

Status CheckMulti(const Arguments& arguments) {
  if (!arguments.Bool("multi", false)) return Status::Ok();
  if (arguments.Has("sort")) {
    return Status(ErrorCode::kFailedToParse, "Cannot specify sort with multi=true");
  }
  if (StyleOf(arguments["u"]) == UpdateStyle::kReplacement) {
    return Status(ErrorCode::kFailedToParse,
                  "multi update is not supported for replacement-style update");
  }
  return Status::Ok();
}

Result<std::vector<Arguments>> ReadUpdates(const Arguments& command) {
  return ReadStatements("update.updates", command["updates"], kUpdate, CheckUpdate);
}

Result<UpdateResult> Apply(const Invocation& invocation, const Arguments& command,
                           const Arguments& arguments, Collection* collection) {
  UpdateOptions options;
  options.bypass_validation = command.Bool("bypassDocumentValidation", false);
  options.durability = Durability::kRelaxed;  // the reply is held instead
  options.upsert = arguments.Bool("upsert", false);
  options.sort = bson::Document(arguments.Object("sort"));
  options.hint = HintOf(arguments);
  options.max_time_ms = invocation.generic.max_time_ms.value_or(0);
  options.let = WithConstants(command.Object("let"), arguments.Object("c"));
  options.collation = bson::Document(arguments.Object("collation"));
  Result<std::vector<bson::Document>> filters = ParseArrayFilters("update.updates", arguments);
  if (!filters.ok()) return std::move(filters).status();
  options.array_filters = std::move(filters).value();
  Status one_or_many = CheckMulti(arguments);
  if (!one_or_many.ok()) return one_or_many;
  const bool multi = arguments.Bool("multi", false);
  const bson::View filter = arguments.Object("q");
  const bson::View update = arguments["u"].AsView();
  const UpdateStyle style = StyleOf(arguments["u"]);
  options.pipeline = style == UpdateStyle::kPipeline;
  if (style == UpdateStyle::kReplacement) return collection->ReplaceOne(filter, update, options);
  return multi ? collection->UpdateMany(filter, update, options)
               : collection->UpdateOne(filter, update, options);
}

// What all updates of a command did together.
struct Totals {
  int64_t matched = 0;
  int64_t modified = 0;
  bson::Builder upserted;
  int upserts = 0;

  void Add(size_t index, const UpdateResult& result) {
    matched += result.matched;
    modified += result.modified;
    if (result.upserted_id.missing()) return;
    upserted.OpenDocument(std::to_string(upserts++));
    upserted.AppendInt32("index", static_cast<int32_t>(index));
    upserted.Append("_id", result.upserted_id.value());
    upserted.Close();
  }
};

}  // namespace

Status ReadUpdate(const Invocation& invocation, ExplainRequest* request) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation.body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<std::vector<Arguments>> updates = ReadUpdates(*arguments);
  if (!updates.ok()) return std::move(updates).status();
  if (updates->size() != 1) return OneStatementOnly();
  const Arguments& one = updates->front();
  Status one_or_many = CheckMulti(one);
  if (!one_or_many.ok()) return one_or_many;
  Result<std::vector<bson::Document>> filters = ParseArrayFilters("update.updates", one);
  if (!filters.ok()) return std::move(filters).status();
  request->kind = ExplainRequest::Kind::kUpdate;
  request->filter = one.Object("q");
  request->multi = one.Bool("multi", false);
  request->update = one["u"];
  request->array_filters = std::move(filters).value();
  request->options = SelectionOf(invocation, one);
  request->options.let = WithConstants(arguments->Object("let"), one.Object("c"));
  return Status::Ok();
}

Status RunUpdate(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<std::vector<Arguments>> read = ReadUpdates(*arguments);
  if (!read.ok()) return std::move(read).status();
  const std::vector<Arguments>& updates = *read;

  const bool ordered = arguments->Bool("ordered", true);
  Totals totals;
  WriteErrors errors;
  for (size_t i = 0; i < updates.size(); ++i) {
    Result<UpdateResult> result = Apply(*invocation, *arguments, updates[i], &*collection);
    if (result.ok()) {
      totals.Add(i, *result);
      if (result->commit != 0) invocation->commit = result->commit;
      continue;
    }
    const bool ends = EndsBatch(result.status());
    if (i == 0 && ends) return std::move(result).status();
    errors.Add(i, result.status());
    if (ordered || ends) break;
  }
  AppendCount("n", totals.matched + totals.upserts, reply);
  if (totals.upserts > 0) reply->AppendArray("upserted", totals.upserted.Finish());
  AppendCount("nModified", totals.modified, reply);
  errors.AppendTo(*invocation, reply);
  return Status::Ok();
}

}  // namespace cairn::server
