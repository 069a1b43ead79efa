// SPDX-License-Identifier: Apache-2.0
#include "query/representative_query.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "engine/catalog/names.h"
#include "query/globals.h"
#include "query/pipeline/parser.h"
#include "query/plan/planner.h"
#include "query/query_options.h"

namespace cairn {
namespace {

using bson::Type;
using bson::Value;

// table: sorted
constexpr std::string_view kOfFind[] = {
    "allowDiskUse", "allowPartialResults",
    "awaitData",    "batchSize",
    "collation",    "filter",
    "hint",         "let",
    "limit",        "max",
    "min",          "noCursorTimeout",
    "ntoreturn",    "oplogReplay",
    "projection",   "returnKey",
    "showRecordId", "singleBatch",
    "skip",         "sort",
    "tailable",
};
constexpr std::string_view kOfDistinct[] = {"collation", "hint", "key", "query"};
constexpr std::string_view kOfAggregate[] = {
    "allowDiskUse", "bypassDocumentValidation", "collation", "cursor", "explain", "hint", "let",
    "pipeline"};
constexpr std::string_view kOfAny[] = {
    "$db",  "$readPreference", "apiDeprecationErrors", "apiStrict",   "apiVersion", "comment",
    "lsid", "maxTimeMS",       "readConcern",          "writeConcern"};
static_assert(std::ranges::is_sorted(kOfFind));
static_assert(std::ranges::is_sorted(kOfDistinct));
static_assert(std::ranges::is_sorted(kOfAggregate));
static_assert(std::ranges::is_sorted(kOfAny));

Status CheckFields(bson::View command, std::span<const std::string_view> known) {
  for (auto field = ++command.begin(); field != command.end(); ++field) {
    if (std::ranges::binary_search(known, field->name) ||
        std::ranges::binary_search(kOfAny, field->name)) {
      continue;
    }
    return Status(ErrorCode::kLocation40415, "BSON field '" + std::string(command.begin()->name) +
                                                 "." + std::string(field->name) +
                                                 "' is an unknown field.");
  }
  return Status::Ok();
}

Status ReadPart(bson::View command, std::string_view name, bson::View* into) {
  const Value value = command[name];
  if (value.IsNullish()) return Status::Ok();
  if (value.type() != Type::kDocument) {
    return Status(ErrorCode::kTypeMismatch, "BSON field '" + std::string(command.begin()->name) +
                                                "." + std::string(name) + "' is the wrong type '" +
                                                std::string(bson::TypeName(value.type())) +
                                                "', expected type 'object'");
  }
  *into = value.AsView();
  return Status::Ok();
}

Status ReadNames(bson::View command, plan::ShapedRead* read) {
  const Value database = command["$db"];
  if (database.IsNullish()) {
    return Status(ErrorCode::kLocation40414, "BSON field '" + std::string(read->command) +
                                                 ".$db' is missing but a required field");
  }
  if (database.type() != Type::kString) {
    return Status(ErrorCode::kTypeMismatch, "BSON field '$db' must be a string");
  }
  read->database = database.AsString();
  CAIRN_TRY(catalog::CheckDatabaseName(read->database));
  const Value target = command.begin()->value;
  const bool of_database = read->command == "aggregate" && target.IsNumber();
  if (of_database) return Status::Ok();
  if (target.type() != Type::kString || target.AsString().empty()) {
    return Status(ErrorCode::kInvalidNamespace,
                  "collection name has invalid type " + std::string(bson::TypeName(target.type())));
  }
  read->collection = target.AsString();
  return Status::Ok();
}

bool IsNotZero(Value number) {
  return number.IsNumber() && bson::Sign(bson::Number::From(number)) != 0;
}

// Whether the parts make a query.
Status CheckQuery(const plan::ShapedRead& read) {
  FindOptions options;
  options.sort = bson::Document(read.sort);
  options.projection = bson::Document(read.projection);
  options.let = bson::Document(read.let);
  options.collation = bson::Document(read.collation);
  return ParseQuery(read.filter, options, nullptr).status();
}

Status CheckPipeline(const plan::ShapedRead& read) {
  AggregateOptions options;
  options.let = bson::Document(read.let);
  options.collation = bson::Document(read.collation);
  CAIRN_TRY_ASSIGN(const expression::Globals globals, GlobalsOf(options, nullptr));
  pipeline::ParseContext context{.globals = globals};
  context.database = read.database;
  context.collection = read.collection;
  return pipeline::ParseStages(read.pipeline, context).status();
}

Status ReadFind(bson::View command, RepresentativeQuery* query) {
  plan::ShapedRead& read = query->read;
  CAIRN_TRY(CheckFields(command, kOfFind));
  CAIRN_TRY(ReadPart(command, "filter", &read.filter));
  CAIRN_TRY(ReadPart(command, "projection", &read.projection));
  CAIRN_TRY(ReadPart(command, "sort", &read.sort));
  CAIRN_TRY(ReadPart(command, "min", &read.min));
  CAIRN_TRY(ReadPart(command, "max", &read.max));
  read.limited = IsNotZero(command["limit"]);
  read.skips = IsNotZero(command["skip"]);
  query->by_id = !plan::PointFilter(read.filter, nullptr).missing() && read.sort.empty() &&
                 read.min.empty() && read.max.empty() && !read.skips;
  return CheckQuery(read);
}

Status ReadDistinct(bson::View command, RepresentativeQuery* query) {
  plan::ShapedRead& read = query->read;
  CAIRN_TRY(CheckFields(command, kOfDistinct));
  CAIRN_TRY(ReadPart(command, "query", &read.filter));
  const Value key = command["key"];
  if (key.type() != Type::kString) {
    return key.missing()
               ? Status(ErrorCode::kLocation40414,
                        "BSON field 'distinct.key' is missing but a required field")
               : Status(ErrorCode::kTypeMismatch, "BSON field 'distinct.key' is the wrong type");
  }
  read.key = key.AsString();
  return CheckQuery(read);
}

Status ReadAggregate(bson::View command, RepresentativeQuery* query) {
  plan::ShapedRead& read = query->read;
  CAIRN_TRY(CheckFields(command, kOfAggregate));
  const Value stages = command["pipeline"];
  if (stages.type() != Type::kArray) {
    return stages.missing()
               ? Status(ErrorCode::kLocation40414,
                        "BSON field 'aggregate.pipeline' is missing but a required field")
               : Status(ErrorCode::kTypeMismatch, "'pipeline' option must be an array");
  }
  read.pipeline = stages.AsView();
  return CheckPipeline(read);
}

}  // namespace

Result<RepresentativeQuery> ReadRepresentative(bson::View command) {
  RepresentativeQuery query;
  plan::ShapedRead& read = query.read;
  if (!command.empty()) read.command = command.begin()->name;
  if (read.command != "find" && read.command != "distinct" && read.command != "aggregate") {
    return Status(ErrorCode::kLocation7746402,
                  "QueryShape can not be computed for command: " + std::string(read.command));
  }
  CAIRN_TRY(ReadNames(command, &read));
  CAIRN_TRY(ReadPart(command, "let", &read.let));
  CAIRN_TRY(ReadPart(command, "collation", &read.collation));
  if (read.command == "find") {
    CAIRN_TRY(ReadFind(command, &query));
  } else if (read.command == "distinct") {
    CAIRN_TRY(ReadDistinct(command, &query));
  } else {
    CAIRN_TRY(ReadAggregate(command, &query));
  }
  return query;
}

}  // namespace cairn
