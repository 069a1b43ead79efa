// SPDX-License-Identifier: Apache-2.0
// Filters. The depth of recursion is that of the filter, which parsing has bounded.
#include "query/validation_error.h"

#include <algorithm>
#include <string>
#include <vector>

#include "query/match/matcher.h"
#include "query/path/path.h"

namespace cairn {
namespace {

using bson::Type;
using bson::Value;

bool Matches(bson::View filter, bson::View document) {
  const Result<match::Matcher> matcher = match::Matcher::Parse(filter);
  if (!matcher.ok()) return false;
  const Result<bool> matches = matcher->Matches(document);
  return matches.ok() && *matches;
}

bson::Document Single(std::string_view name, Value value) {
  return bson::Builder().Append(name, value).Finish();
}

bson::Document FieldFilter(std::string_view path, const bson::Element& condition) {
  bson::Builder filter;
  filter.OpenDocument(path).Append(condition.name, condition.value).Close();
  return filter.Finish();
}

struct ReasonRow {
  std::string_view name;
  std::string_view not_met;  ///< Of an operator that had to match.
  std::string_view met;      ///< Of one that must not.
};

// table: sorted
constexpr ReasonRow kReasons[] = {
    {"$all", "array did not contain all specified values",
     "array did contain all specified values"},
    {"$bitsAllClear", "bitwise operator failed to match", "bitwise operator matched successfully"},
    {"$bitsAllSet", "bitwise operator failed to match", "bitwise operator matched successfully"},
    {"$bitsAnyClear", "bitwise operator failed to match", "bitwise operator matched successfully"},
    {"$bitsAnySet", "bitwise operator failed to match", "bitwise operator matched successfully"},
    {"$elemMatch", "array did not satisfy the child predicate",
     "array did satisfy the child predicate"},
    {"$eq", "comparison failed", "comparison succeeded"},
    {"$exists", "path does not exist", "path does exist"},
    {"$geoIntersects", "no geometries intersected", "at least one geometry intersected"},
    {"$geoWithin",
     "none of the considered geometries was contained within the expression's geometry",
     "at least one of the considered geometries was contained within the expression's geometry"},
    {"$gt", "comparison failed", "comparison succeeded"},
    {"$gte", "comparison failed", "comparison succeeded"},
    {"$in", "no matching value found in array", "matching value found in array"},
    {"$lt", "comparison failed", "comparison succeeded"},
    {"$lte", "comparison failed", "comparison succeeded"},
    {"$mod", "$mod did not evaluate to expected remainder",
     "$mod did evaluate to expected remainder"},
    {"$ne", "comparison succeeded", "comparison failed"},
    {"$nin", "matching value found in array", "no matching value found in array"},
    {"$regex", "regular expression did not match", "regular expression did match"},
    {"$size", "array length was not equal to given size", "array length was equal to given size"},
    {"$type", "type did not match", "type did match"},
};
static_assert(std::ranges::is_sorted(kReasons, {}, &ReasonRow::name));

std::string_view ReasonOf(std::string_view name, Value operand, bool inverted) {
  const auto* const row = std::ranges::lower_bound(kReasons, name, {}, &ReasonRow::name);
  if (row == std::end(kReasons) || row->name != name) return "condition was not satisfied";
  bool wants_absence = false;
  if (name == "$exists") {
    wants_absence = operand.type() == Type::kBool && !operand.AsBool();
  }
  return inverted != wants_absence ? row->met : row->not_met;
}

// What the condition on `path` looked at.
std::vector<Value> ConsideredValues(std::string_view path, bson::View document) {
  std::vector<Value> values;
  const Result<path::FieldPath> parsed = path::FieldPath::Parse(path);
  if (!parsed.ok()) return values;
  path::ForEachValue(document, *parsed, true, [&values](Value value, int64_t) {
    if (!value.missing()) values.push_back(value);
    return false;
  });
  return values;
}

class Describer {
 public:
  explicit Describer(bson::View document) : document_(document) {}

  // `inverted`: below $nor or $not, where what is satisfied is the trouble.
  bson::Document Filter(bson::View filter, bool inverted) const {
    std::vector<bson::Element> elements(filter.begin(), filter.end());
    std::erase_if(elements, [](const bson::Element& e) { return e.name == "$comment"; });
    if (elements.size() == 1) return One(elements.front(), inverted);
    bson::Builder out;
    out.AppendString("operatorName", "$and");
    out.OpenArray(inverted ? "clausesSatisfied" : "clausesNotSatisfied");
    for (size_t i = 0; i < elements.size(); ++i) {
      if (Matches(Single(elements[i].name, elements[i].value), document_) != inverted) continue;
      Clause(i, One(elements[i], inverted), &out);
    }
    return out.Close().Finish();
  }

 private:
  static void Clause(size_t index, const bson::Document& details, bson::Builder* out) {
    out->OpenDocument(out->NextIndex());
    out->AppendInt32("index", static_cast<int32_t>(index)).AppendDocument("details", details);
    out->Close();
  }

  bson::Document One(const bson::Element& element, bool inverted) const {
    const Value value = element.value;
    if (element.name == "$and" || element.name == "$or" || element.name == "$nor") {
      return Logical(element.name, value.AsView(), inverted);
    }
    if (element.name == "$expr") return Expr(element, inverted);
    if (element.name == "$jsonSchema") return Schema(value.AsView(), inverted);
    if (element.name.starts_with('$')) {
      bson::Builder out;
      out.AppendString("operatorName", element.name);
      out.AppendDocument("specifiedAs", Single(element.name, value));
      return out.AppendString("reason", "expression always evaluates to false").Finish();
    }
    return Field(element, inverted);
  }

  bson::Document Logical(std::string_view name, bson::View clauses, bool inverted) const {
    // The clauses of a $nor are the trouble when they match.
    const bool matching = (name == "$nor") != inverted;
    bson::Builder out;
    out.AppendString("operatorName", name);
    out.OpenArray(matching ? "clausesSatisfied" : "clausesNotSatisfied");
    size_t index = 0;
    for (const bson::Element& clause : clauses) {
      const bson::View filter = clause.value.AsView();
      if (Matches(filter, document_) == matching) Clause(index, Filter(filter, matching), &out);
      ++index;
    }
    return out.Close().Finish();
  }

  static bson::Document Expr(const bson::Element& element, bool inverted) {
    bson::Builder out;
    out.AppendString("operatorName", "$expr");
    out.AppendDocument("specifiedAs", Single(element.name, element.value));
    out.AppendString("reason", inverted ? "expression did match" : "expression did not match");
    return out.AppendBool("expressionResult", inverted).Finish();
  }

  bson::Document Schema(bson::View schema, bool inverted) const {
    bson::Builder out;
    out.AppendString("operatorName", "$jsonSchema");
    if (inverted) return out.AppendString("reason", "schema matched").Finish();
    const bson::Document holder = bson::Builder().AppendDocument("v", document_).Finish();
    out.AppendArray("schemaRulesNotSatisfied", DescribeSchemaErrors(schema, holder["v"]));
    return out.Finish();
  }

  bson::Document Field(const bson::Element& element, bool inverted) const {
    const Value value = element.value;
    const bool operators = value.type() == Type::kDocument && !value.AsView().empty() &&
                           value.AsView().begin()->name.starts_with('$') &&
                           value.AsView().begin()->name != "$ref";
    if (!operators) {
      const bool regex = value.type() == Type::kRegex;
      return Leaf(element.name, regex ? "$regex" : "$eq", value, Single(element.name, value),
                  inverted);
    }
    std::vector<bson::Element> conditions(value.AsView().begin(), value.AsView().end());
    std::erase_if(conditions, [](const bson::Element& e) { return e.name == "$options"; });
    if (conditions.size() == 1) {
      return Condition(element, conditions.front(), conditions.size(), inverted);
    }
    bson::Builder out;
    out.AppendString("operatorName", "$and");
    out.OpenArray(inverted ? "clausesSatisfied" : "clausesNotSatisfied");
    for (size_t i = 0; i < conditions.size(); ++i) {
      if (Matches(FieldFilter(element.name, conditions[i]), document_) != inverted) continue;
      Clause(i, Condition(element, conditions[i], conditions.size(), inverted), &out);
    }
    return out.Close().Finish();
  }

  bson::Document Condition(const bson::Element& field, const bson::Element& condition,
                           size_t conditions, bool inverted) const {
    if (condition.name == "$not" && condition.value.type() == Type::kDocument) {
      const bson::Document inner = Single(field.name, condition.value);
      bson::Builder out;
      out.AppendString("operatorName", "$not");
      return out.AppendDocument("details", Filter(inner, !inverted)).Finish();
    }
    const bson::Document specified =
        conditions == 1 ? Single(field.name, field.value) : FieldFilter(field.name, condition);
    return Leaf(field.name, condition.name, condition.value, specified, inverted);
  }

  bson::Document Leaf(std::string_view path, std::string_view name, Value operand,
                      const bson::Document& specified, bool inverted) const {
    bson::Builder out;
    out.AppendString("operatorName", name).AppendDocument("specifiedAs", specified);
    const std::vector<Value> values = ConsideredValues(path, document_);
    const std::string_view reason = ReasonOf(name, operand, inverted);
    if (name == "$exists") return out.AppendString("reason", reason).Finish();
    if (values.empty()) {
      return out.AppendString("reason", inverted ? reason : "field was missing").Finish();
    }
    out.AppendString("reason", reason);
    if (values.size() == 1) {
      out.Append("consideredValue", values.front());
    } else {
      out.OpenArray("consideredValues");
      for (const Value value : values) out.Append(out.NextIndex(), value);
      out.Close();
    }
    if (name == "$type" && values.size() == 1) {
      out.AppendString("consideredType", bson::TypeName(values.front().type()));
    }
    return out.Finish();
  }

  const bson::View document_;
};

}  // namespace

bson::Document DescribeValidationError(bson::View validator, bson::View document) {
  return Describer(document).Filter(validator, false);
}

}  // namespace cairn
