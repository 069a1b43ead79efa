// SPDX-License-Identifier: Apache-2.0
// aggregate: {aggregate: collection or 1, pipeline, cursor: {batchSize}, explain, hint, let, …}.
#include <memory>
#include <optional>
#include <utility>

#include "server/command/batch.h"
#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"allowDiskUse", Use::kOptional, Accepts::kBool, Null::kWrongType},
    {"bypassDocumentValidation", Use::kOptional, Accepts::kBoolOrNumber},
    CollationParameter(),
    {"cursor", Use::kOptional, Accepts::kObject},
    {"exchange", Use::kUnsupported, Accepts::kObject},
    {"explain", Use::kOptional, Accepts::kBool},
    {"fromMongos", Use::kIgnored, Accepts::kBool},
    HintParameter(Use::kOptional),
    {"includeQueryStatsMetrics", Use::kIgnored, Accepts::kBool},
    {"isMapReduceCommand", Use::kIgnored, Accepts::kBool},
    {"let", Use::kOptional, Accepts::kObject},
    {"needsMerge", Use::kIgnored, Accepts::kBool},
    {"pipeline", Use::kRequired, Accepts::kArray},
    {"rawData", Use::kUnsupported, Accepts::kBool},
};
static_assert(IsSorted(kParameters));

// The collection that the pipeline is about; none for the database as a whole.
Result<std::optional<Collection>> Target(const Invocation& invocation) {
  const bson::Value target = invocation.target();
  if (target.IsNumber()) {
    if (ExactInt64(target) != 1) {
      return Status(ErrorCode::kFailedToParse,
                    "Invalid command format: the 'aggregate' field must specify a collection name "
                    "or 1");
    }
    return std::optional<Collection>();
  }
  Result<Collection> collection = TargetCollection(invocation);
  if (!collection.ok()) return std::move(collection).status();
  return std::optional<Collection>(std::move(collection).value());
}

Status Explain(const Invocation& invocation, const std::optional<Collection>& collection,
               bson::View pipeline, const AggregateOptions& options, Verbosity verbosity,
               bson::Builder* reply) {
  Result<bson::Document> explained =
      collection ? collection->ExplainAggregate(pipeline, options, verbosity)
                 : invocation.database->ExplainAggregate(invocation.database_name, pipeline,
                                                         options, verbosity);
  if (!explained.ok()) return std::move(explained).status();
  AppendExplained(*explained, invocation.body, reply);
  return Status::Ok();
}

// `verbosity`: of an explain around the command.
Status Run(Invocation* invocation, std::optional<Verbosity> verbosity, bson::Builder* reply) {
  Result<Arguments> parsed = Arguments::OfCommand(kParameters, invocation->body);
  if (!parsed.ok()) return std::move(parsed).status();
  const Arguments& arguments = *parsed;
  Result<std::optional<Collection>> collection = Target(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  const bool asked = arguments.Bool("explain", false);
  const bool explain = asked || verbosity.has_value();
  if (asked && invocation->generic.api_strict) {
    return Status(ErrorCode::kAPIStrictError, "the field 'explain' is not in API Version 1");
  }
  if (!explain && !arguments.Has("cursor")) {
    return Status(ErrorCode::kFailedToParse,
                  "The 'cursor' option is required, except for aggregate with the explain "
                  "argument");
  }
  Result<int64_t> batch_size =
      ParseCursorParameter("aggregate", arguments["cursor"], kFirstBatchDocuments);
  if (!batch_size.ok()) return std::move(batch_size).status();

  AggregateOptions options;
  options.max_time_ms = MaxTimeMs(*invocation);
  options.allow_disk_use = arguments.Bool("allowDiskUse", DiskUseByDefault(*invocation));
  options.bypass_validation = arguments.Bool("bypassDocumentValidation", false);
  options.hint = arguments["hint"];
  options.let = bson::Document(arguments.Object("let"));
  options.collation = bson::Document(arguments.Object("collation"));
  options.api_strict = invocation->generic.api_strict;
  const bson::View pipeline = arguments["pipeline"].AsView();
  if (explain) {
    return Explain(*invocation, *collection, pipeline, options,
                   verbosity.value_or(Verbosity::kQueryPlanner), reply);
  }

  OpenCursor open;
  options.stop = open.stop.get_token();
  Result<Cursor> cursor =
      *collection ? (*collection)->Aggregate(pipeline, options)
                  : invocation->database->Aggregate(invocation->database_name, pipeline, options);
  if (!cursor.ok()) return std::move(cursor).status();
  open.ns = Namespace(invocation->database_name,
                      *collection ? (*collection)->name() : std::string("$cmd.aggregate"));
  open.source = std::make_unique<QuerySource>(std::move(cursor).value());
  return ReplyFirstBatch(invocation, std::move(open), *batch_size, false, reply);
}

}  // namespace

Status RunAggregate(Invocation* invocation, bson::Builder* reply) {
  return Run(invocation, std::nullopt, reply);
}

Status ExplainAggregate(Invocation* invocation, Verbosity verbosity, bson::Builder* reply) {
  return Run(invocation, verbosity, reply);
}

}  // namespace cairn::server
