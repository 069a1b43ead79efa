// SPDX-License-Identifier: Apache-2.0
// Collection: explain, the plan cache and index filters.
#include <utility>
#include <vector>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "query/engine.h"
#include "query/exec/explain.h"
#include "query/globals.h"
#include "query/plan/shape.h"
#include "query/query_options.h"
#include "query/updater.h"

namespace cairn {
namespace {

using Kind = ExplainRequest::Kind;

std::string_view TopStage(Kind kind) {
  switch (kind) {
    case Kind::kFind:
      return "";
    case Kind::kCount:
      return "COUNT";
    case Kind::kDistinct:
      return "";
    case Kind::kUpdate:
    case Kind::kFindAndModify:
      return "UPDATE";
    case Kind::kDelete:
    case Kind::kFindAndRemove:
      return "DELETE";
  }
  return "";
}

// What the operation would run.
Result<exec::Query> QueryOf(const ExplainRequest& request, const catalog::Collection* collection) {
  CAIRN_TRY_ASSIGN(exec::Query query, ParseQuery(request.filter, request.options, collection));
  query.explain = true;
  switch (request.kind) {
    case Kind::kFind:
      break;
    case Kind::kCount:
      query.count = true;
      break;
    case Kind::kDistinct:
      if (request.path == "_id" || request.path.empty()) break;
      query.distinct = true;
      query.projection_source =
          bson::Builder().AppendInt32(request.path, 1).AppendInt32("_id", 0).Finish();
      break;
    case Kind::kUpdate:
    case Kind::kDelete:
    case Kind::kFindAndModify:
    case Kind::kFindAndRemove:
      query.limit = request.multi ? 0 : 1;
      break;
  }
  return query;
}

// The update is not done, but has to be one.
Status CheckUpdate(const ExplainRequest& request, const catalog::Collection* collection) {
  if (request.update.missing()) return Status::Ok();
  UpdateOptions options;
  options.array_filters = request.array_filters;
  options.let = request.options.let;
  options.collation = request.options.collation;
  options.pipeline = request.update.type() == bson::Type::kArray;
  const bson::View update = request.update.AsView();
  const bool replaces =
      !options.pipeline && (update.empty() || !update.begin()->name.starts_with('$'));
  CAIRN_TRY_ASSIGN(const auto globals, GlobalsOf(options, collection));
  return replaces ? ParseReplacement(update, options).status()
                  : ParseUpdate(update, options, globals).status();
}

// Only reads have settings; without a command for others.
plan::ShapedRead ShapedReadOf(const ExplainRequest& request, std::string_view database,
                              std::string_view collection) {
  const FindOptions& options = request.options;
  plan::ShapedRead read{.database = database, .collection = collection, .filter = request.filter};
  read.collation = options.collation;
  if (request.kind == Kind::kDistinct) {
    read.command = "distinct";
    read.key = request.path;
  } else if (request.kind == Kind::kFind) {
    read.command = "find";
    read.projection = options.projection;
    read.sort = options.sort;
    read.min = options.min;
    read.max = options.max;
    read.limited = options.limit != 0;
    read.skips = options.skip != 0;
    read.let = options.let;
  }
  return read;
}

// As a query of the shape has it, whose collation is written out in full.
std::string ShapeText(const IndexFilter& shape, const catalog::Collection& collection) {
  const auto collator = CollatorOf(shape.collation, &collection);
  bson::View collation = shape.collation;
  if (collator.ok()) collation = *collator == nullptr ? bson::View() : (*collator)->spec().view();
  return plan::ShapeOf(shape.filter, shape.sort, shape.projection, collation);
}

}  // namespace

Result<bson::Document> Collection::Explain(const ExplainRequest& request) const {
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  CAIRN_TRY_ASSIGN(exec::Query query, QueryOf(request, collection.get()));
  CAIRN_TRY(CheckUpdate(request, collection.get()));
  if (collection != nullptr && collection->is_view) {
    return ExplainAggregate(StagesOf(request.filter, request.options),
                            AggregationOf(request.options), request.verbosity);
  }
  const plan::ShapedRead read = ShapedReadOf(request, database_, name_);
  query.settings = engine_->query_settings().Find(read);
  const bool fast_count = request.kind == Kind::kCount && collection != nullptr &&
                          query.filter.MatchesAll() && query.hint.missing();
  const std::string ns = database_ + "." + name_;
  exec::ExplainFrame frame{ns, TopStage(request.kind), {}};
  frame.fast_count = fast_count;
  frame.clustered = collection != nullptr && !collection->options["clusteredIndex"].missing();
  if (frame.top_stage == "DELETE") frame.type = request.multi ? "deleteMany" : "deleteOne";
  if (request.kind == Kind::kDistinct) frame.distinct = request.path;
  base::Clock* const clock = base::Clock::System();
  const int64_t begin_us = clock->MonotonicUs();
  CAIRN_TRY_ASSIGN(auto execution,
                   exec::Execution::Open(engine_->environment(), collection, std::move(query)));
  // Whether values are skipped shows once the first one has been given.
  if (request.kind == Kind::kDistinct) execution->SkipValue();
  bson::Builder out;
  out.AppendString("explainVersion", "1");
  if (!read.command.empty()) {
    out.AppendString("queryShapeHash", plan::ShapeHash(plan::DebugShape(read)));
  }
  exec::AppendQueryPlanner(*execution, frame, &out);
  if (request.verbosity == Verbosity::kQueryPlanner) return out.Finish();
  while (!fast_count) {
    CAIRN_TRY_ASSIGN(const bool more, execution->Next());
    if (!more) break;
    ++frame.top_count;
    if (request.kind == Kind::kDistinct) execution->SkipValue();
  }
  if (fast_count) frame.top_count = engine_->store().GetCounts(*collection).documents;
  const int64_t time_ms = (clock->MonotonicUs() - begin_us) / 1000;
  exec::AppendExecutionStats(*execution, frame, time_ms,
                             request.verbosity == Verbosity::kAllPlansExecution, &out);
  return out.Finish();
}

std::vector<PlanCacheEntry> Collection::PlanCache() const {
  std::vector<PlanCacheEntry> entries;
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  if (collection == nullptr) return entries;
  for (plan::CacheEntry& entry : engine_->plans().Entries(*collection)) {
    entries.push_back({plan::HashText(entry.shape), std::move(entry.filter), std::move(entry.sort),
                       std::move(entry.projection), std::move(entry.summary), entry.works,
                       entry.active, entry.created_ms});
  }
  return entries;
}

void Collection::ClearPlanCache(const IndexFilter* shape) {
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  if (collection == nullptr) return;
  if (shape == nullptr) {
    engine_->plans().Clear(collection->id);
  } else {
    engine_->plans().Forget(*collection, ShapeText(*shape, *collection));
  }
}

void Collection::SetIndexFilter(const IndexFilter& filter) {
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  if (collection == nullptr) return;
  engine_->plans().SetFilter(
      collection->id, ShapeText(filter, *collection),
      {filter.filter, filter.sort, filter.projection, filter.collation, filter.indexes});
}

std::vector<IndexFilter> Collection::IndexFilters() const {
  std::vector<IndexFilter> filters;
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  if (collection == nullptr) return filters;
  for (plan::IndexFilter& filter : engine_->plans().Filters(collection->id)) {
    filters.push_back({std::move(filter.filter), std::move(filter.sort),
                       std::move(filter.projection), std::move(filter.collation),
                       std::move(filter.indexes)});
  }
  return filters;
}

void Collection::ClearIndexFilters(const IndexFilter* shape) {
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  if (collection == nullptr) return;
  engine_->plans().ClearFilters(collection->id,
                                shape == nullptr ? std::string() : ShapeText(*shape, *collection));
}

}  // namespace cairn
