// SPDX-License-Identifier: Apache-2.0
// The keywords of $jsonSchema: a table of functions that fill a Schema.
#include <algorithm>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/match/json_schema.h"
#include "query/match/operand.h"
#include "query/match/parser.h"

namespace cairn::match {

using bson::Type;
using bson::Value;

class SchemaParser {
 public:
  Result<SchemaPtr> Parse(Value schema, int depth);

  Status AdditionalItems(Value value);
  Status AdditionalProperties(Value value);
  Status AllOf(Value value) { return List("allOf", value, &schema_->all_of_); }
  Status AnyOf(Value value) { return List("anyOf", value, &schema_->any_of_); }
  Status BsonType(Value value);
  Status Dependencies(Value value);
  Status Enum(Value value);
  Status ExclusiveMaximum(Value value) {
    return Flag("exclusiveMaximum", value, &schema_->maximum_.exclusive);
  }
  Status ExclusiveMinimum(Value value) {
    return Flag("exclusiveMinimum", value, &schema_->minimum_.exclusive);
  }
  Status Items(Value value);
  Status MaxItems(Value value) { return Count(value, &schema_->items_count_.max); }
  Status MaxLength(Value value) { return Count(value, &schema_->length_.max); }
  Status MaxProperties(Value value) { return Count(value, &schema_->properties_count_.max); }
  Status Maximum(Value value) { return Bound("maximum", value, &schema_->maximum_); }
  Status MinItems(Value value) { return Count(value, &schema_->items_count_.min); }
  Status MinLength(Value value) { return Count(value, &schema_->length_.min); }
  Status MinProperties(Value value) { return Count(value, &schema_->properties_count_.min); }
  Status Minimum(Value value) { return Bound("minimum", value, &schema_->minimum_); }
  Status MultipleOf(Value value);
  Status Not(Value value);
  Status OneOf(Value value) { return List("oneOf", value, &schema_->one_of_); }
  Status Pattern(Value value);
  Status PatternProperties(Value value);
  Status Properties(Value value);
  Status Required(Value value) { return Names("required", value, &schema_->required_); }
  Status Text(Value value);
  Status JsonType(Value value);
  Status UniqueItems(Value value) { return Flag("uniqueItems", value, &schema_->unique_items_); }

 private:
  Result<SchemaPtr> Nested(std::string_view keyword, Value schema) const;
  Status List(std::string_view keyword, Value value, std::vector<SchemaPtr>* into) const;
  Status Names(std::string_view keyword, Value value, std::vector<std::string_view>* into) const;
  Status Flag(std::string_view keyword, Value value, bool* into) const;
  Status Bound(std::string_view keyword, Value value, NumberBound* into) const;
  Status Count(Value value, int64_t* into) const;
  Status Check(bson::View keywords) const;

  Schema* schema_ = nullptr;
  int depth_ = 0;
};

namespace {

struct Keyword {
  std::string_view name;
  Status (SchemaParser::*parse)(Value value);
};

// table "schema keywords": sorted
constexpr Keyword kKeywords[] = {
    {"additionalItems", &SchemaParser::AdditionalItems},
    {"additionalProperties", &SchemaParser::AdditionalProperties},
    {"allOf", &SchemaParser::AllOf},
    {"anyOf", &SchemaParser::AnyOf},
    {"bsonType", &SchemaParser::BsonType},
    {"dependencies", &SchemaParser::Dependencies},
    {"description", &SchemaParser::Text},
    {"enum", &SchemaParser::Enum},
    {"exclusiveMaximum", &SchemaParser::ExclusiveMaximum},
    {"exclusiveMinimum", &SchemaParser::ExclusiveMinimum},
    {"items", &SchemaParser::Items},
    {"maxItems", &SchemaParser::MaxItems},
    {"maxLength", &SchemaParser::MaxLength},
    {"maxProperties", &SchemaParser::MaxProperties},
    {"maximum", &SchemaParser::Maximum},
    {"minItems", &SchemaParser::MinItems},
    {"minLength", &SchemaParser::MinLength},
    {"minProperties", &SchemaParser::MinProperties},
    {"minimum", &SchemaParser::Minimum},
    {"multipleOf", &SchemaParser::MultipleOf},
    {"not", &SchemaParser::Not},
    {"oneOf", &SchemaParser::OneOf},
    {"pattern", &SchemaParser::Pattern},
    {"patternProperties", &SchemaParser::PatternProperties},
    {"properties", &SchemaParser::Properties},
    {"required", &SchemaParser::Required},
    {"title", &SchemaParser::Text},
    {"type", &SchemaParser::JsonType},
    {"uniqueItems", &SchemaParser::UniqueItems},
};
static_assert(std::ranges::is_sorted(kKeywords, {}, &Keyword::name));

// Keywords of JSON Schema that MongoDB does not take either.
// table "unsupported schema keywords": sorted
constexpr std::string_view kUnsupported[] = {
    "$ref", "$schema", "default", "definitions", "format", "id",
};
static_assert(std::ranges::is_sorted(kUnsupported));

// The types of JSON, as $type names them.
struct JsonTypeName {
  std::string_view name;
  std::string_view alias;
};
// table "JSON types": sorted
constexpr JsonTypeName kJsonTypes[] = {
    {"array", "array"},   {"boolean", "bool"},  {"null", "null"},
    {"number", "number"}, {"object", "object"}, {"string", "string"},
};
static_assert(std::ranges::is_sorted(kJsonTypes, {}, &JsonTypeName::name));

Status WrongType(std::string_view keyword, std::string_view wanted) {
  return Status(ErrorCode::kTypeMismatch, "$jsonSchema keyword '" + std::string(keyword) +
                                              "' must be " + std::string(wanted));
}

Status Malformed(std::string_view keyword, std::string_view why) {
  return Status(ErrorCode::kFailedToParse,
                "$jsonSchema keyword '" + std::string(keyword) + "' " + std::string(why));
}

// The names of `type` or `bsonType`, each once.
Result<std::vector<std::string_view>> TypeNames(std::string_view keyword, Value value) {
  std::vector<std::string_view> names;
  if (value.type() == Type::kString) {
    names.push_back(value.AsString());
  } else if (value.type() == Type::kArray) {
    for (const bson::Element& element : value.AsView()) {
      if (element.value.type() != Type::kString) return WrongType(keyword, "an array of strings");
      names.push_back(element.value.AsString());
    }
    if (names.empty()) return Malformed(keyword, "must name at least one type");
    std::ranges::sort(names);
    if (std::ranges::adjacent_find(names) != names.end()) {
      return Malformed(keyword, "has duplicate values");
    }
  } else {
    return WrongType(keyword, "either a string or an array of strings");
  }
  if (std::ranges::find(names, "integer") != names.end()) {
    return Status(ErrorCode::kFailedToParse,
                  "$jsonSchema type 'integer' is not currently supported.");
  }
  return names;
}

Result<TypeSet> TypesOf(const std::vector<std::string_view>& names) {
  bson::Builder builder;
  builder.OpenArray("");
  for (const std::string_view name : names) builder.AppendString(builder.NextIndex(), name);
  builder.Close();
  const bson::Document made = builder.Finish();
  return TypeSet::Parse(made[""]);
}

}  // namespace

Result<SchemaPtr> SchemaParser::Nested(std::string_view keyword, Value schema) const {
  if (schema.type() != Type::kDocument) return WrongType(keyword, "made of objects");
  return SchemaParser().Parse(schema, depth_ + 1);
}

Status SchemaParser::List(std::string_view keyword, Value value,
                          std::vector<SchemaPtr>* into) const {
  if (value.type() != Type::kArray) return WrongType(keyword, "an array");
  if (value.AsView().empty()) {
    return Status(ErrorCode::kBadValue,
                  "$jsonSchema keyword '" + std::string(keyword) + "' must be a non-empty array");
  }
  for (const bson::Element& element : value.AsView()) {
    CAIRN_TRY_ASSIGN(auto schema, Nested(keyword, element.value));
    into->push_back(std::move(schema));
  }
  return Status::Ok();
}

Status SchemaParser::Names(std::string_view keyword, Value value,
                           std::vector<std::string_view>* into) const {
  if (value.type() != Type::kArray) return WrongType(keyword, "an array");
  for (const bson::Element& element : value.AsView()) {
    if (element.value.type() != Type::kString) return WrongType(keyword, "an array of strings");
    into->push_back(element.value.AsString());
  }
  if (into->empty()) return Malformed(keyword, "cannot be an empty array");
  std::ranges::sort(*into);
  if (std::ranges::adjacent_find(*into) != into->end()) {
    return Malformed(keyword, "array cannot contain duplicate values");
  }
  return Status::Ok();
}

Status SchemaParser::Flag(std::string_view keyword, Value value, bool* into) const {
  if (value.type() != Type::kBool) return WrongType(keyword, "a boolean");
  *into = value.AsBool();
  return Status::Ok();
}

Status SchemaParser::Bound(std::string_view keyword, Value value, NumberBound* into) const {
  if (!value.IsNumber()) return WrongType(keyword, "a number");
  into->value = value;
  return Status::Ok();
}

Status SchemaParser::Count(Value value, int64_t* into) const {
  CAIRN_TRY_ASSIGN(*into, NonNegativeInteger(value));
  return Status::Ok();
}

Status SchemaParser::AdditionalItems(Value value) {
  if (value.type() == Type::kBool) {
    schema_->additional_items_ = value.AsBool();
    return Status::Ok();
  }
  CAIRN_TRY_ASSIGN(schema_->additional_items_schema_, Nested("additionalItems", value));
  return Status::Ok();
}

Status SchemaParser::AdditionalProperties(Value value) {
  if (value.type() == Type::kBool) {
    schema_->additional_properties_ = value.AsBool();
    return Status::Ok();
  }
  CAIRN_TRY_ASSIGN(schema_->additional_properties_schema_, Nested("additionalProperties", value));
  return Status::Ok();
}

Status SchemaParser::BsonType(Value value) {
  CAIRN_TRY_ASSIGN(const auto names, TypeNames("bsonType", value));
  CAIRN_TRY_ASSIGN(schema_->types_, TypesOf(names));
  return Status::Ok();
}

Status SchemaParser::JsonType(Value value) {
  CAIRN_TRY_ASSIGN(auto names, TypeNames("type", value));
  for (std::string_view& name : names) {
    const auto* const row = std::ranges::lower_bound(kJsonTypes, name, {}, &JsonTypeName::name);
    if (row == std::end(kJsonTypes) || row->name != name) {
      return Status(ErrorCode::kBadValue, "Unknown type name alias: " + std::string(name));
    }
    name = row->alias;
  }
  CAIRN_TRY_ASSIGN(schema_->types_, TypesOf(names));
  return Status::Ok();
}

Status SchemaParser::Dependencies(Value value) {
  if (value.type() != Type::kDocument) return WrongType("dependencies", "an object");
  for (const bson::Element& field : value.AsView()) {
    Dependency dependency;
    dependency.field = field.name;
    if (field.value.type() == Type::kArray) {
      CAIRN_TRY(Names("dependencies", field.value, &dependency.required));
    } else {
      CAIRN_TRY_ASSIGN(dependency.schema, Nested("dependencies", field.value));
    }
    schema_->dependencies_.push_back(std::move(dependency));
  }
  return Status::Ok();
}

Status SchemaParser::Enum(Value value) {
  if (value.type() != Type::kArray) return WrongType("enum", "an array");
  auto& values = schema_->enum_.emplace();
  for (const bson::Element& element : value.AsView()) {
    values.push_back(WithSortedFields(element.value));
  }
  if (values.empty()) return Malformed("enum", "cannot be an empty array");
  std::ranges::sort(values, [](const bson::OwnedValue& a, const bson::OwnedValue& b) {
    return bson::Compare(a.value(), b.value()) < 0;
  });
  const auto equal = [](const bson::OwnedValue& a, const bson::OwnedValue& b) {
    return bson::Compare(a.value(), b.value()) == 0;
  };
  if (std::ranges::adjacent_find(values, equal) != values.end()) {
    return Malformed("enum", "array cannot contain duplicate values");
  }
  return Status::Ok();
}

Status SchemaParser::Items(Value value) {
  if (value.type() == Type::kArray) {
    for (const bson::Element& element : value.AsView()) {
      CAIRN_TRY_ASSIGN(auto schema, Nested("items", element.value));
      schema_->item_list_.push_back(std::move(schema));
    }
    return Status::Ok();
  }
  CAIRN_TRY_ASSIGN(schema_->items_, Nested("items", value));
  return Status::Ok();
}

Status SchemaParser::MultipleOf(Value value) {
  if (!value.IsNumber()) return WrongType("multipleOf", "a number");
  const bson::Number number = bson::Number::From(value);
  if (bson::IsNaN(number) || bson::Sign(number) <= 0) {
    return Malformed("multipleOf", "must have a positive value");
  }
  schema_->multiple_of_ = value;
  return Status::Ok();
}

Status SchemaParser::Not(Value value) {
  CAIRN_TRY_ASSIGN(schema_->not_, Nested("not", value));
  return Status::Ok();
}

Status SchemaParser::Pattern(Value value) {
  if (value.type() != Type::kString) return WrongType("pattern", "a string");
  CAIRN_TRY_ASSIGN(schema_->pattern_, expression::Pattern::Compile(value.AsString(), ""));
  return Status::Ok();
}

Status SchemaParser::PatternProperties(Value value) {
  if (value.type() != Type::kDocument) return WrongType("patternProperties", "an object");
  for (const bson::Element& field : value.AsView()) {
    CAIRN_TRY_ASSIGN(auto schema, Nested("patternProperties", field.value));
    auto pattern = expression::Pattern::Compile(field.name, "");
    if (!pattern.ok()) return Status(ErrorCode::kBadValue, pattern.status().message());
    schema_->pattern_properties_.emplace_back(std::move(pattern).value(), std::move(schema));
  }
  return Status::Ok();
}

Status SchemaParser::Properties(Value value) {
  if (value.type() != Type::kDocument) return WrongType("properties", "an object");
  for (const bson::Element& field : value.AsView()) {
    CAIRN_TRY_ASSIGN(auto schema, Nested("properties", field.value));
    schema_->properties_.emplace_back(field.name, std::move(schema));
  }
  std::ranges::stable_sort(schema_->properties_, {}, [](const auto& row) { return row.first; });
  return Status::Ok();
}

Status SchemaParser::Text(Value value) {
  return value.type() == Type::kString ? Status::Ok()
                                       : WrongType("title' or 'description", "a string");
}

// Keywords that need, or exclude, each other.
Status SchemaParser::Check(bson::View keywords) const {
  const auto has = [keywords](std::string_view name) { return !keywords.Find(name).missing(); };
  if (has("type") && has("bsonType")) {
    return Status(ErrorCode::kFailedToParse,
                  "Cannot specify both $jsonSchema keywords 'type' and 'bsonType'");
  }
  if (has("exclusiveMaximum") && !has("maximum")) {
    return Malformed("maximum", "must be present if exclusiveMaximum is");
  }
  if (has("exclusiveMinimum") && !has("minimum")) {
    return Malformed("minimum", "must be present if exclusiveMinimum is");
  }
  return Status::Ok();
}

Result<SchemaPtr> SchemaParser::Parse(Value schema, int depth) {
  if (depth > kFilterDepthMax) {
    return Status(ErrorCode::kBadValue, "the schema is nested more than " +
                                            std::to_string(kFilterDepthMax) + " levels deep");
  }
  depth_ = depth;
  auto parsed = std::make_unique<Schema>();
  schema_ = parsed.get();
  std::vector<std::string_view> seen;
  for (const bson::Element& element : schema.AsView()) {
    const auto* const row = std::ranges::lower_bound(kKeywords, element.name, {}, &Keyword::name);
    if (row == std::end(kKeywords) || row->name != element.name) {
      return Status(
          ErrorCode::kFailedToParse,
          std::ranges::binary_search(kUnsupported, element.name)
              ? "$jsonSchema keyword '" + std::string(element.name) + "' is not currently supported"
              : "Unknown $jsonSchema keyword: " + std::string(element.name));
    }
    // Names repeat at most as often as there are keywords: the list stays short.
    if (std::ranges::find(seen, element.name) != seen.end()) {
      return Malformed(element.name, "appears twice");
    }
    seen.push_back(element.name);
    CAIRN_TRY((this->*row->parse)(element.value));
  }
  CAIRN_TRY(Check(schema.AsView()));
  return parsed;
}

Status ParseJsonSchema(Parser* parser, Value operand, int depth, Children* into) {
  if (operand.type() != Type::kDocument) {
    return Status(ErrorCode::kTypeMismatch, "$jsonSchema must be an object");
  }
  CAIRN_TRY_ASSIGN(auto schema, SchemaParser().Parse(operand, depth));
  return parser->Add(std::make_unique<SchemaMatch>(std::move(schema)), into);
}

}  // namespace cairn::match
