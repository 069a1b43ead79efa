// SPDX-License-Identifier: Apache-2.0
// Collection: reads.
#include <algorithm>
#include <optional>
#include <utility>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "query/distinct_values.h"
#include "query/engine.h"
#include "query/exec/execution.h"
#include "query/exec/profile.h"
#include "query/globals.h"
#include "query/path/path.h"
#include "query/plan/planner.h"
#include "query/query_options.h"

namespace cairn {
namespace {

// What counts and distinct values do not depend on.
FindOptions WithoutOrder(const FindOptions& options) {
  FindOptions unordered;
  unordered.skip = options.skip;
  unordered.limit = options.limit;
  unordered.max_time_ms = options.max_time_ms;
  unordered.hint = options.hint;
  unordered.let = options.let;
  unordered.stop = options.stop;
  unordered.collation = options.collation;
  return unordered;
}

// Whether nothing but the filter decides which document a query finds. With a collation of its own
// it goes the long way.
bool FilterDecides(const FindOptions& options) {
  return options.collation.empty() && options.skip == 0 && options.sort.empty() &&
         options.hint.missing() && options.min.empty() && options.max.empty() &&
         !options.return_key && !options.show_record_id && options.limit >= 0 &&
         options.max_time_ms >= 0;
}

// The _id of a query that is one read of one document; otherwise a missing value.
bson::Value PointQuery(bson::View filter, const FindOptions& options,
                       const catalog::Collection& collection) {
  if (!FilterDecides(options)) return bson::Value();
  return plan::PointFilter(filter, collection.collator.get());
}

using ParsedProjection = std::optional<project::Projection>;

Result<ParsedProjection> ProjectionOf(const FindOptions& options,
                                      const catalog::Collection& collection) {
  if (options.projection.empty() && options.let.empty()) return ParsedProjection();
  CAIRN_TRY_ASSIGN(const auto globals, GlobalsOf(options, &collection));
  return ParseProjection(options.projection, globals);
}

Status Give(bson::View document, const ParsedProjection& projection, bson::Document* found) {
  if (projection.has_value()) {
    bson::Builder builder;
    CAIRN_TRY(projection->Apply(document, &builder));
    *found = builder.Finish();
  } else {
    *found = bson::Document(document);
  }
  return Status::Ok();
}

// What the profile of the operation tells of a read of one document, by _id or a unique index.
void ReportPoint(bool exists, plan::Stage stage) {
  OperationProfile* const profile = exec::CurrentProfile();
  if (profile == nullptr) return;
  if (exists) {
    ++profile->keys_examined;
    ++profile->docs_examined;
  }
  if (profile->plan.empty()) profile->plan = plan::StageName(stage);
}

Result<bool> FindById(store::DocumentStore* store, const catalog::Collection& collection,
                      bson::Value id, const FindOptions& options, bson::Document* found) {
  CAIRN_TRY_ASSIGN(const ParsedProjection projection, ProjectionOf(options, collection));
  kv::PinnedValue value;
  bson::View document;
  CAIRN_TRY_ASSIGN(const bool exists, store->ReadById(collection, id, &value, &document));
  if (exists) CAIRN_TRY(Give(document, projection, found));
  ReportPoint(exists, plan::Stage::kIdPoints);
  return exists;
}

// Nothing: the long way has to be gone, as a document was changed meanwhile or has an array.
Result<std::optional<bool>> FindByUnique(store::DocumentStore* store,
                                         const catalog::Collection& collection,
                                         const plan::UniquePoint& point, bson::View filter,
                                         const FindOptions& options, bson::Document* found) {
  CAIRN_TRY_ASSIGN(const ParsedProjection projection, ProjectionOf(options, collection));
  if (projection.has_value() && projection->IsPositional()) return std::optional<bool>();
  kv::PinnedValue value;
  bson::View document;
  CAIRN_TRY_ASSIGN(const bool exists,
                   store->ReadByUnique(collection, *point.index, point.value, &value, &document));
  if (exists) {
    const bson::Value has = path::PlainValueAt(document, filter.begin()->name);
    if (has.missing() || bson::Compare(has, point.value) != 0) return std::optional<bool>();
    CAIRN_TRY(Give(document, projection, found));
  }
  if (point.index->usage != nullptr) {
    point.index->usage->operations.fetch_add(1, std::memory_order_relaxed);
  }
  ReportPoint(exists, plan::Stage::kIndexScan);
  return std::optional<bool>(exists);
}

Status CheckTailable(const catalog::Collection& collection, const plan::SortPattern& sort) {
  if (collection.is_view) {
    return Status(ErrorCode::kInvalidPipelineOperator,
                  "a view cannot be read by a tailable cursor");
  }
  if (!collection.capped.has_value()) {
    return Status(ErrorCode::kBadValue,
                  "error processing query: tailable cursor requested on non capped collection");
  }
  if (!sort.empty() || sort.natural() < 0) {
    return Status(ErrorCode::kBadValue,
                  "cannot use tailable option with a sort other than {$natural: 1}");
  }
  return Status::Ok();
}

}  // namespace

Collection::Collection(Engine* engine, std::string_view database, std::string_view name)
    : engine_(engine), database_(database), name_(name) {}

Result<Cursor> Collection::Find(bson::View filter, const FindOptions& options) const {
  const OperationDeadline deadline(engine_->environment().clock, options.max_time_ms, options.stop);
  store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  CAIRN_TRY_ASSIGN(exec::Query query, ParseQuery(filter, options, collection.get()));
  if (collection == nullptr || PointQuery(filter, options, *collection).missing()) {
    CAIRN_TRY_ASSIGN(query.settings,
                     SettingsOf(engine_->environment(), database_, name_, filter, options));
  }
  if (options.tailable && collection != nullptr) {
    CAIRN_TRY(CheckTailable(*collection, query.sort));
  }
  if (collection != nullptr && collection->is_view) {
    return Aggregate(StagesOf(filter, options), AggregationOf(options));
  }
  if (options.tailable && collection != nullptr) {
    // Nothing to stay behind: the client has to ask again.
    query.tailable = engine_->store().GetCounts(*collection).documents != 0;
  }
  CAIRN_TRY_ASSIGN(auto execution, exec::Execution::Open(engine_->environment(),
                                                         std::move(collection), std::move(query)));
  return Cursor(std::move(execution));
}

Result<bool> Collection::FindOne(bson::View filter, bson::Document* found,
                                 const FindOptions& options) const {
  store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  if (collection != nullptr && !collection->is_view) {
    const bson::Value id = PointQuery(filter, options, *collection);
    if (!id.missing()) return FindById(&engine_->store(), *collection, id, options, found);
    if (FilterDecides(options) && !engine_->ReadsAreDirected()) {
      const plan::UniquePoint point = plan::UniquePointFilter(filter, *collection);
      if (point.index != nullptr) {
        CAIRN_TRY_ASSIGN(
            const std::optional<bool> exists,
            FindByUnique(&engine_->store(), *collection, point, filter, options, found));
        if (exists.has_value()) return *exists;
      }
    }
  }
  const OperationDeadline deadline(engine_->environment().clock, options.max_time_ms, options.stop);
  CAIRN_TRY_ASSIGN(exec::Query query, ParseQuery(filter, options, collection.get()));
  if (collection != nullptr && collection->is_view) {
    FindOptions one = options;
    one.limit = 1;
    CAIRN_TRY_ASSIGN(Cursor cursor, Find(filter, one));
    CAIRN_TRY_ASSIGN(const bool exists, cursor.Next());
    if (exists) *found = bson::Document(cursor.document());
    return exists;
  }
  FindOptions one = options;
  one.limit = 1;
  CAIRN_TRY_ASSIGN(query.settings,
                   SettingsOf(engine_->environment(), database_, name_, filter, one));
  query.limit = 1;
  CAIRN_TRY_ASSIGN(auto execution, exec::Execution::Open(engine_->environment(),
                                                         std::move(collection), std::move(query)));
  CAIRN_TRY_ASSIGN(const bool exists, execution->Next());
  if (exists) *found = bson::Document(execution->document());
  return exists;
}

Result<int64_t> Collection::Count(bson::View filter, const FindOptions& options) const {
  const OperationDeadline deadline(engine_->environment().clock, options.max_time_ms, options.stop);
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  CAIRN_TRY_ASSIGN(exec::Query query, ParseQuery(filter, WithoutOrder(options), collection.get()));
  if (collection == nullptr) return int64_t{0};
  if (collection->is_view) {
    CAIRN_TRY_ASSIGN(Cursor cursor, Find(filter, WithoutOrder(options)));
    for (int64_t count = 0;; ++count) {
      CAIRN_TRY_ASSIGN(const bool more, cursor.Next());
      if (!more) return count;
    }
  }
  if (query.filter.MatchesAll() && options.hint.missing()) {
    const int64_t all = engine_->store().GetCounts(*collection).documents;
    const int64_t left = all > options.skip ? all - options.skip : 0;
    return options.limit == 0 ? left : std::min(left, options.limit);
  }
  query.count = true;
  CAIRN_TRY_ASSIGN(auto execution,
                   exec::Execution::Open(engine_->environment(), collection, std::move(query)));
  for (int64_t count = 0;; ++count) {
    CAIRN_TRY_ASSIGN(const bool more, execution->Next());
    if (!more) return count;
  }
}

Result<bson::Document> Collection::SettingsOfDistinct(std::string_view path, bson::View filter,
                                                      const FindOptions& options) const {
  if (engine_->query_settings().empty()) return bson::Document();
  const bson::Document settings = engine_->query_settings().Find({.command = "distinct",
                                                                  .database = database_,
                                                                  .collection = name_,
                                                                  .filter = filter,
                                                                  .key = path,
                                                                  .collation = options.collation});
  CAIRN_TRY(plan::CheckNotRejected(settings));
  return settings;
}

Result<bson::Document> Collection::Distinct(std::string_view path, bson::View filter,
                                            const FindOptions& options) const {
  if (path.find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation31032, "the key of a distinct must not hold NUL bytes");
  }
  CAIRN_TRY_ASSIGN(path::FieldPath parsed, path::FieldPath::Parse(path));
  const OperationDeadline deadline(engine_->environment().clock, options.max_time_ms, options.stop);
  store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  CAIRN_TRY_ASSIGN(exec::Query query, ParseQuery(filter, WithoutOrder(options), collection.get()));
  CAIRN_TRY_ASSIGN(query.settings, SettingsOfDistinct(path, filter, options));
  DistinctValues values(std::move(parsed), query.filter.collator());
  if (collection != nullptr && collection->is_view) {
    CAIRN_TRY_ASSIGN(Cursor cursor, Find(filter, WithoutOrder(options)));
    while (true) {
      CAIRN_TRY_ASSIGN(const bool more, cursor.Next());
      if (!more) return values.Finish();
      CAIRN_TRY(values.AddFrom(cursor.document()));
    }
  }
  if (path != "_id") {
    query.distinct = true;
    query.projection_source = bson::Builder().AppendInt32(path, 1).AppendInt32("_id", 0).Finish();
  }
  CAIRN_TRY_ASSIGN(auto execution, exec::Execution::Open(engine_->environment(),
                                                         std::move(collection), std::move(query)));
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, execution->Next());
    if (!more) return values.Finish();
    CAIRN_TRY(values.AddFrom(execution->document()));
    execution->SkipValue();
  }
}

}  // namespace cairn
