// SPDX-License-Identifier: Apache-2.0
#include "query/query_options.h"

#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/plan/query_settings.h"

namespace cairn {
namespace {

Status CheckNotNegative(const char* name, int64_t value) {
  if (value >= 0) return Status::Ok();
  return Status(ErrorCode::kBadValue, std::string(name) + " must not be negative");
}

}  // namespace

Result<std::optional<project::Projection>> ParseProjection(bson::View projection,
                                                           const expression::Globals& globals) {
  if (projection.empty()) return std::optional<project::Projection>();
  CAIRN_TRY_ASSIGN(project::Projection parsed, project::Projection::Parse(projection, globals));
  if (parsed.IsIdentity()) return std::optional<project::Projection>();
  return std::optional<project::Projection>(std::move(parsed));
}

Result<exec::Query> ParseQuery(bson::View filter, const FindOptions& options,
                               const catalog::Collection* collection) {
  CAIRN_TRY(CheckNotNegative("skip", options.skip));
  CAIRN_TRY(CheckNotNegative("limit", options.limit));
  CAIRN_TRY(CheckNotNegative("maxTimeMS", options.max_time_ms));
  CAIRN_TRY_ASSIGN(const auto globals, GlobalsOf(options, collection));
  CAIRN_TRY_ASSIGN(match::Matcher matcher, match::Matcher::Parse(filter, globals));
  CAIRN_TRY_ASSIGN(plan::SortPattern sort, plan::SortPattern::Parse(options.sort));
  CAIRN_TRY_ASSIGN(auto projection, ParseProjection(options.projection, globals));
  if (options.return_key) projection.reset();
  if (projection.has_value() && sort.empty()) {
    expression::Dependencies dependencies;
    projection->AddDependencies(&dependencies);
    if (dependencies.sort_key) {
      return Status(ErrorCode::kBadValue, "cannot use sortKey $meta projection without a sort");
    }
  }
  return exec::Query{
      .filter = std::move(matcher),
      .sort = std::move(sort),
      .projection = std::move(projection),
      .skip = static_cast<uint64_t>(options.skip),
      .limit = static_cast<uint64_t>(options.limit),
      .max_time_ms = options.max_time_ms,
      .stop = options.stop,
      .allow_disk_use = options.allow_disk_use,
      .hint = options.hint,
      .sort_source = options.sort,
      .projection_source = options.return_key ? bson::Document() : options.projection,
      .min = options.min,
      .max = options.max,
      .return_key = options.return_key,
      .show_place = options.show_record_id};
}

Result<bson::Document> SettingsOf(const exec::Environment& environment, std::string_view database,
                                  std::string_view collection, bson::View filter,
                                  const FindOptions& options) {
  if (environment.query_settings->empty()) return bson::Document();
  const bson::Document settings =
      environment.query_settings->Find({.command = "find",
                                        .database = database,
                                        .collection = collection,
                                        .filter = filter,
                                        .projection = options.projection,
                                        .sort = options.sort,
                                        .min = options.min,
                                        .max = options.max,
                                        .limited = options.limit != 0,
                                        .skips = options.skip != 0,
                                        .let = options.let,
                                        .collation = options.collation});
  CAIRN_TRY(plan::CheckNotRejected(settings));
  return settings;
}

bson::Document StagesOf(bson::View filter, const FindOptions& options) {
  bson::Builder stages;
  const auto add = [&stages](std::string_view name, bson::View value) {
    if (value.empty()) return;
    stages.OpenDocument(stages.NextIndex()).AppendDocument(name, value).Close();
  };
  const auto add_count = [&stages](std::string_view name, int64_t count) {
    if (count == 0) return;
    stages.OpenDocument(stages.NextIndex()).AppendInt64(name, count).Close();
  };
  add("$match", filter);
  // A view has no natural order but the one that its pipeline gives.
  if (options.sort["$natural"].missing()) add("$sort", options.sort);
  add_count("$skip", options.skip);
  add_count("$limit", options.limit);
  add("$project", options.projection);
  return stages.Finish();
}

AggregateOptions AggregationOf(const FindOptions& options) {
  AggregateOptions aggregation;
  aggregation.max_time_ms = options.max_time_ms;
  aggregation.stop = options.stop;
  aggregation.allow_disk_use = options.allow_disk_use;
  aggregation.hint = options.hint;
  aggregation.let = options.let;
  aggregation.collation = options.collation;
  return aggregation;
}

}  // namespace cairn
