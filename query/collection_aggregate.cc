// SPDX-License-Identifier: Apache-2.0
// Pipelines over a collection, and over a database.
#include <memory>
#include <utility>

#include "cairn/collection.h"
#include "cairn/database.h"
#include "engine/base/try.h"
#include "engine/catalog/names.h"
#include "query/engine.h"
#include "query/globals.h"
#include "query/pipeline/parser.h"
#include "query/pipeline/pipeline.h"
#include "query/pipeline/view_definition.h"
#include "query/pipeline_writer.h"
#include "query/plan/query_shape.h"

namespace cairn {
namespace {

using Stream = std::unique_ptr<pipeline::PipelineStream>;

// What has a shape, for query settings.
plan::ShapedRead ShapedReadOf(std::string_view database, std::string_view collection,
                              bson::View stages, const AggregateOptions& options) {
  return {.command = "aggregate",
          .database = database,
          .collection = collection,
          .pipeline = stages,
          .let = options.let,
          .collation = options.collation};
}

// `collection` is empty for a pipeline over the database.
Result<Stream> OpenPipeline(Engine* engine, std::string_view database, std::string_view collection,
                            bson::View stages, const AggregateOptions& options,
                            bool explains = false) {
  if (options.max_time_ms < 0) {
    return Status(ErrorCode::kBadValue, "maxTimeMS must not be negative");
  }
  const OperationDeadline deadline(engine->environment().clock, options.max_time_ms, options.stop);
  auto target = collection.empty() ? nullptr : engine->store().FindCollection(database, collection);
  CAIRN_TRY_ASSIGN(expression::Globals globals, GlobalsOf(options, target.get()));
  pipeline::ParseContext context{.globals = globals};
  context.database = database;
  context.collection = collection;
  context.api_strict = options.api_strict;
  CAIRN_TRY_ASSIGN(auto parsed, pipeline::ParseStages(stages, context));
  CAIRN_TRY(
      pipeline::CheckViewCollations(engine->store(), database, stages, globals.collator.get()));
  if (parsed.empty() && collection.empty()) {
    return Status(ErrorCode::kInvalidNamespace,
                  "{aggregate: 1} is not valid for an empty pipeline.");
  }
  pipeline::RunOptions run{options.max_time_ms, options.stop, options.allow_disk_use, explains,
                           options.optimise};
  if (!engine->query_settings().empty()) {
    run.settings =
        engine->query_settings().Find(ShapedReadOf(database, collection, stages, options));
    if (!explains) CAIRN_TRY(plan::CheckNotRejected(run.settings));
  }
  auto context_of_run =
      std::make_unique<pipeline::RunContext>(engine->environment(), std::move(globals), run);
  context_of_run->writer = std::make_unique<PipelineWriter>(engine, options.bypass_validation);
  auto stream = std::make_unique<pipeline::PipelineStream>(std::move(context_of_run));
  pipeline::PipelineSource source;
  source.collection = std::move(target);
  source.ns = std::string(database) + "." + std::string(collection);
  source.hint = bson::OwnedValue(options.hint);
  source.globals = &stream->run()->globals;
  CAIRN_TRY(stream->Open(std::move(source), std::move(parsed)));
  return stream;
}

Result<bson::Document> ExplainPipeline(Engine* engine, std::string_view database,
                                       std::string_view collection, bson::View stages,
                                       const AggregateOptions& options, Verbosity verbosity) {
  CAIRN_TRY_ASSIGN(const Stream stream,
                   OpenPipeline(engine, database, collection, stages, options, true));
  while (verbosity != Verbosity::kQueryPlanner) {
    CAIRN_TRY_ASSIGN(const bool more, stream->Next());
    if (!more) break;
  }
  bson::Builder explained;
  explained.AppendString("explainVersion", "1");
  explained.AppendString(
      "queryShapeHash",
      plan::ShapeHash(plan::DebugShape(ShapedReadOf(database, collection, stages, options))));
  stream->pipeline().Describe(verbosity, &explained);
  return explained.Finish();
}

}  // namespace

Result<Cursor> Collection::Aggregate(bson::View pipeline, const AggregateOptions& options) const {
  CAIRN_TRY_ASSIGN(Stream stream,
                   OpenPipeline(engine_, database_, name_, pipeline, options, false));
  return Cursor(std::move(stream));
}

Result<bson::Document> Collection::ExplainAggregate(bson::View pipeline,
                                                    const AggregateOptions& options,
                                                    Verbosity verbosity) const {
  return ExplainPipeline(engine_, database_, name_, pipeline, options, verbosity);
}

Result<Cursor> Database::Aggregate(std::string_view database, bson::View pipeline,
                                   const AggregateOptions& options) {
  CAIRN_TRY(catalog::CheckDatabaseName(database));
  CAIRN_TRY_ASSIGN(Stream stream,
                   OpenPipeline(engine_.get(), database, "", pipeline, options, false));
  return Cursor(std::move(stream));
}

Result<bson::Document> Database::ExplainAggregate(std::string_view database, bson::View pipeline,
                                                  const AggregateOptions& options,
                                                  Verbosity verbosity) {
  CAIRN_TRY(catalog::CheckDatabaseName(database));
  return ExplainPipeline(engine_.get(), database, "", pipeline, options, verbosity);
}

}  // namespace cairn
