// SPDX-License-Identifier: Apache-2.0
// The arguments of $lookup.
#include "query/pipeline/lookup.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "engine/catalog/names.h"
#include "query/pipeline/set_path.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

Status WrongType(std::string_view field, std::string_view wanted, bson::Value value) {
  return Status(ErrorCode::kFailedToParse,
                "$lookup argument '" + std::string(field) + "' must be " + std::string(wanted) +
                    ", but is of type " + std::string(bson::TypeName(value.type())));
}

// The arguments as they were given.
struct Arguments {
  bson::Value from, local_field, foreign_field, as, let, pipeline;
  std::string unknown;  // The first unknown field.
};

Result<Arguments> ReadArguments(bson::View spec) {
  Arguments arguments;
  const std::pair<std::string_view, bson::Value*> places[] = {
      {"from", &arguments.from},
      {"localField", &arguments.local_field},
      {"foreignField", &arguments.foreign_field},
      {"as", &arguments.as},
      {"let", &arguments.let},
      {"pipeline", &arguments.pipeline}};
  for (const bson::Element& field : spec) {
    const auto* const place =
        std::ranges::find(places, field.name, [](const auto& p) { return p.first; });
    if (place == std::end(places)) {
      if (arguments.unknown.empty()) arguments.unknown = field.name;
      continue;
    }
    if (!place->second->missing()) {
      return Status(ErrorCode::kDuplicateCommandParameter,
                    "BSON field '$lookup." + std::string(field.name) + "' is a duplicate field");
    }
    *place->second = field.value;
  }
  for (bson::Value* value :
       {&arguments.let, &arguments.local_field, &arguments.foreign_field, &arguments.pipeline}) {
    const bool is_empty = value->type() == bson::Type::kString && value->AsString().empty();
    if (value->type() == bson::Type::kNull || is_empty) *value = bson::Value();
  }
  return arguments;
}

// {db: …, coll: …}: only for the same database.
Result<std::string> ReadNamespace(bson::View from, std::string_view database) {
  std::string db(database);
  std::string collection;
  for (const bson::Element& field : from) {
    const bool is_db = field.name == "db";
    if (!is_db && field.name != "coll") {
      return Status(ErrorCode::kLocation40415,
                    "BSON field 'from." + std::string(field.name) + "' is an unknown field.");
    }
    if (field.value.type() != bson::Type::kString) {
      return Status(ErrorCode::kTypeMismatch,
                    "BSON field 'from." + std::string(field.name) + "' is the wrong type");
    }
    (is_db ? db : collection) = field.value.AsString();
  }
  if (db != database || collection.empty()) {
    return Status(ErrorCode::kFailedToParse,
                  "$lookup with syntax {from: {db:<>, coll:<>},..} is not supported for db: " + db +
                      " and coll: " + collection);
  }
  return collection;
}

Result<std::string> ReadFrom(const Arguments& arguments, const ParseContext& context) {
  const bool documents = BeginsWithDocuments(arguments.pipeline);
  if (arguments.from.missing()) {
    if (documents) return std::string();
    return Status(ErrorCode::kFailedToParse,
                  "must specify 'pipeline' with $documents when 'from' is empty");
  }
  std::string collection;
  if (arguments.from.type() == bson::Type::kDocument) {
    CAIRN_TRY_ASSIGN(collection, ReadNamespace(arguments.from.AsView(), context.database));
  } else if (arguments.from.type() == bson::Type::kString) {
    collection = arguments.from.AsString();
  } else {
    return WrongType("from", "a string", arguments.from);
  }
  if (collection.empty() || collection[0] == '.' || collection.find('\0') != std::string::npos) {
    return Status(
        ErrorCode::kInvalidNamespace,
        "Invalid namespace specified '" + std::string(context.database) + "." + collection + "'");
  }
  if (documents) {
    return Status(ErrorCode::kInvalidNamespace,
                  "$documents must be run against a database, not with 'from'");
  }
  return collection;
}

Status ReadFields(const Arguments& arguments, Lookup* lookup) {
  for (const auto& [name, value] : {std::pair{"localField", arguments.local_field},
                                    {"foreignField", arguments.foreign_field}}) {
    if (value.missing() || value.type() == bson::Type::kString) continue;
    return Status(ErrorCode::kTypeMismatch, std::string("BSON field '$lookup.") + name +
                                                "' is the wrong type, expected type 'string'");
  }
  if (arguments.local_field.missing() != arguments.foreign_field.missing()) {
    return Status(ErrorCode::kFailedToParse,
                  "$lookup requires both or neither of 'localField' and 'foreignField' to be "
                  "specified");
  }
  if (arguments.local_field.missing()) {
    if (lookup->has_pipeline) return Status::Ok();
    return Status(ErrorCode::kFailedToParse,
                  "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to "
                  "be specified");
  }
  CAIRN_TRY_ASSIGN(lookup->local_field, ParseUserPath(arguments.local_field.AsString()));
  CAIRN_TRY_ASSIGN(lookup->foreign_field, ParseUserPath(arguments.foreign_field.AsString()));
  return Status::Ok();
}

Status ReadLet(bson::Value let, const ParseContext& context, Lookup* lookup) {
  if (let.missing()) return Status::Ok();
  if (let.type() != bson::Type::kDocument) return WrongType("let", "an object", let);
  if (!lookup->has_pipeline) {
    return Status(ErrorCode::kFailedToParse, "$lookup with 'let' argument must specify 'pipeline'");
  }
  for (const bson::Element& variable : let.AsView()) {
    CAIRN_TRY(expression::CheckUserVariable(variable.name));
    CAIRN_TRY_ASSIGN(auto value, expression::Parse(variable.value, context.globals));
    lookup->let.push_back({std::string(variable.name), std::move(value)});
  }
  return Status::Ok();
}

}  // namespace

Status ParseLookup(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kFailedToParse,
                  "the $lookup stage specification must be an object, but found " +
                      std::string(bson::TypeName(spec.type())));
  }
  CAIRN_TRY_ASSIGN(const Arguments arguments, ReadArguments(spec.AsView()));
  Lookup lookup;
  lookup.has_pipeline = !arguments.pipeline.missing();
  if (lookup.has_pipeline && arguments.pipeline.type() != bson::Type::kArray) {
    return Status(ErrorCode::kTypeMismatch, "'pipeline' option must be specified as an array");
  }
  if (arguments.as.missing()) {
    return Status(ErrorCode::kFailedToParse, "must specify 'as' field for a $lookup");
  }
  if (arguments.as.type() != bson::Type::kString) return WrongType("as", "a string", arguments.as);
  CAIRN_TRY_ASSIGN(const std::string from, ReadFrom(arguments, context));
  if (!arguments.unknown.empty()) {
    return Status(ErrorCode::kLocation40415,
                  "BSON field '$lookup." + arguments.unknown + "' is an unknown field.");
  }
  CAIRN_TRY(ReadFields(arguments, &lookup));
  CAIRN_TRY(ReadLet(arguments.let, context, &lookup));
  CAIRN_TRY_ASSIGN(lookup.as, ParseUserPath(arguments.as.AsString()));
  const bson::View variables = arguments.let.missing() ? bson::View() : arguments.let.AsView();
  CAIRN_TRY_ASSIGN(lookup.from, SubPipeline::Parse(context.database, from, arguments.pipeline,
                                                   context, Place::kLookup, variables));
  stages->push_back(std::make_unique<LookupStage>(std::move(lookup), context.globals));
  return Status::Ok();
}

}  // namespace cairn::pipeline
