// SPDX-License-Identifier: Apache-2.0
// Schemas. Each keyword is tried by itself; the depth of recursion is that of the schema, which
// parsing has bounded.
#include <algorithm>
#include <string>

#include "query/match/matcher.h"
#include "query/validation_error.h"

namespace cairn {
namespace {

using bson::Type;
using bson::Value;

bool Accepts(bson::View schema, Value value) {
  bson::Builder filter;
  filter.OpenDocument("$jsonSchema").OpenDocument("properties").AppendDocument("v", schema);
  filter.Close().Close();
  const bson::Document source = filter.Finish();
  const Result<match::Matcher> matcher = match::Matcher::Parse(source);
  if (!matcher.ok()) return true;  // Not a keyword that says something by itself.
  const bson::Document holder = bson::Builder().Append("v", value).Finish();
  const Result<bool> matches = matcher->Matches(holder);
  return matches.ok() && *matches;
}

struct ReasonRow {
  std::string_view keyword;
  std::string_view reason;
};

// table: sorted
constexpr ReasonRow kReasons[] = {
    {"bsonType", "type did not match"},
    {"enum", "value was not found in enum"},
    {"exclusiveMaximum", "comparison failed"},
    {"exclusiveMinimum", "comparison failed"},
    {"maxItems", "array did not match specified length"},
    {"maxLength", "specified string length was not satisfied"},
    {"maxProperties", "specified number of properties was not satisfied"},
    {"maximum", "comparison failed"},
    {"minItems", "array did not match specified length"},
    {"minLength", "specified string length was not satisfied"},
    {"minProperties", "specified number of properties was not satisfied"},
    {"minimum", "comparison failed"},
    {"multipleOf", "considered value is not a multiple of the specified value"},
    {"pattern", "regular expression did not match"},
    {"type", "type did not match"},
    {"uniqueItems", "found a duplicate item"},
};
static_assert(std::ranges::is_sorted(kReasons, {}, &ReasonRow::keyword));

// Keywords that say something only together with another one, or nothing.
bool IsCompanion(std::string_view keyword) {
  return keyword == "description" || keyword == "title" || keyword == "exclusiveMaximum" ||
         keyword == "exclusiveMinimum" || keyword == "encrypt" || keyword == "encryptMetadata";
}

bson::Document Rule(const bson::Element& keyword, bson::View schema) {
  bson::Builder rule;
  rule.Append(keyword.name, keyword.value);
  for (const auto& [name, companion] :
       {std::pair("maximum", "exclusiveMaximum"), std::pair("minimum", "exclusiveMinimum"),
        std::pair("additionalProperties", "properties"),
        std::pair("additionalProperties", "patternProperties"),
        std::pair("additionalItems", "items")}) {
    const Value value = schema[companion];
    if (keyword.name == name && !value.missing()) rule.Append(companion, value);
  }
  return rule.Finish();
}

void Required(Value names, bson::View document, bson::Builder* out) {
  out->OpenArray("missingProperties");
  for (const bson::Element& name : names.AsView()) {
    if (document[name.value.AsString()].missing()) {
      out->AppendString(out->NextIndex(), name.value.AsString());
    }
  }
  out->Close();
}

void Properties(bson::View schemas, bson::View document, bson::Builder* out) {
  out->OpenArray("propertiesNotSatisfied");
  for (const bson::Element& property : schemas) {
    const Value value = document[property.name];
    if (value.missing() || Accepts(property.value.AsView(), value)) continue;
    out->OpenDocument(out->NextIndex()).AppendString("propertyName", property.name);
    for (const char* note : {"title", "description"}) {
      const Value text = property.value.AsView()[note];
      if (!text.missing()) out->Append(note, text);
    }
    out->AppendArray("details", DescribeSchemaErrors(property.value.AsView(), value)).Close();
  }
  out->Close();
}

void AdditionalProperties(bson::View schema, bson::View document, bson::Builder* out) {
  const Value named = schema["properties"];
  out->OpenArray("additionalProperties");
  for (const bson::Element& field : document) {
    const bool known = named.type() == Type::kDocument && !named.AsView()[field.name].missing();
    if (!known) out->AppendString(out->NextIndex(), field.name);
  }
  out->Close();
}

void Combined(std::string_view keyword, Value schemas, Value value, bson::Builder* out) {
  if (keyword == "oneOf") {
    out->OpenArray("matchingSchemaIndexes");
    int32_t index = 0;
    int32_t matching = 0;
    for (const bson::Element& schema : schemas.AsView()) {
      if (Accepts(schema.value.AsView(), value)) {
        out->AppendInt32(out->NextIndex(), index);
        ++matching;
      }
      ++index;
    }
    out->Close();
    if (matching != 0) {
      out->AppendString("reason", "more than one subschema matched");
      return;
    }
  }
  out->OpenArray("schemasNotSatisfied");
  int32_t index = 0;
  for (const bson::Element& schema : schemas.AsView()) {
    if (!Accepts(schema.value.AsView(), value)) {
      out->OpenDocument(out->NextIndex()).AppendInt32("index", index);
      out->AppendArray("details", DescribeSchemaErrors(schema.value.AsView(), value)).Close();
    }
    ++index;
  }
  out->Close();
}

void Describe(const bson::Element& keyword, bson::View schema, Value value, bson::Builder* out) {
  const std::string_view name = keyword.name;
  const bool document = value.type() == Type::kDocument;
  out->AppendString("operatorName", name);
  if (name == "properties" && document) {
    return Properties(keyword.value.AsView(), value.AsView(), out);
  }
  if (name == "allOf" || name == "anyOf" || name == "oneOf") {
    return Combined(name, keyword.value, value, out);
  }
  if (name == "not") {
    out->AppendString("reason", "child expression matched");
    return;
  }
  out->AppendDocument("specifiedAs", bson::Builder().Append(name, keyword.value).Finish());
  if (name == "required" && document) return Required(keyword.value, value.AsView(), out);
  if (name == "additionalProperties" && document) {
    return AdditionalProperties(schema, value.AsView(), out);
  }
  const auto* const row = std::ranges::lower_bound(kReasons, name, {}, &ReasonRow::keyword);
  const bool known = row != std::end(kReasons) && row->keyword == name;
  out->AppendString("reason", known ? row->reason : "the rule was not satisfied");
  out->Append("consideredValue", value);
  if (name == "bsonType" || name == "type") {
    out->AppendString("consideredType", bson::TypeName(value.type()));
  }
}

}  // namespace

bson::Document DescribeSchemaErrors(bson::View schema, Value value) {
  bson::Builder rules;
  for (const bson::Element& keyword : schema) {
    if (IsCompanion(keyword.name) || Accepts(Rule(keyword, schema), value)) continue;
    bson::Builder rule;
    Describe(keyword, schema, value, &rule);
    rules.AppendDocument(rules.NextIndex(), rule.Finish());
  }
  return rules.Finish();
}

}  // namespace cairn
