// SPDX-License-Identifier: Apache-2.0
// Validation by a schema. Recursion is bounded by the depth of the schema.
#include "query/match/json_schema.h"

#include <algorithm>

#include "engine/base/bounded_sort.h"
#include "engine/bson/decimal_arithmetic.h"
#include "engine/bson/number.h"

namespace cairn::match {
namespace {

using bson::Type;

void AppendSorted(bson::View source, bool array, bson::Builder* out) {
  std::vector<bson::Element> fields(source.begin(), source.end());
  if (!array) {
    std::ranges::stable_sort(fields, {}, [](const bson::Element& field) { return field.name; });
  }
  for (const bson::Element& field : fields) {
    const Type type = field.value.type();
    if (type == Type::kDocument || type == Type::kArray) {
      const std::string name(array ? out->NextIndex() : field.name);
      type == Type::kArray ? out->OpenArray(name) : out->OpenDocument(name);
      AppendSorted(field.value.AsView(), type == Type::kArray, out);
      out->Close();
    } else {
      out->Append(array ? out->NextIndex() : field.name, field.value);
    }
  }
}

bool IsContainer(bson::Value value) {
  return value.type() == Type::kDocument || value.type() == Type::kArray;
}

bool AllDifferent(bson::View array, Evaluation* evaluation) {
  base::Pace<1024> pace;
  std::vector<bson::OwnedValue> made;
  std::vector<bson::Value> values;
  for (const bson::Element& element : array) {
    if (Status status = pace.Step(); !status.ok()) return evaluation->Fail(std::move(status));
    if (IsContainer(element.value))
      made.push_back(WithSortedFields(element.value));
    else
      values.push_back(element.value);
  }
  for (const bson::OwnedValue& value : made) values.push_back(value.value());
  Status sorted = base::SortWithinDeadline(
      values.begin(), values.end(),
      [](bson::Value a, bson::Value b) { return bson::Compare(a, b) < 0; });
  if (!sorted.ok()) return evaluation->Fail(std::move(sorted));
  return std::ranges::adjacent_find(values, [](bson::Value a, bson::Value b) {
           return bson::Compare(a, b) == 0;
         }) == values.end();
}

int64_t CodePoints(std::string_view text) {
  return std::ranges::count_if(text,
                               [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; });
}

// Whether the number is on the right side: `sign` is 1 for a minimum.
bool Within(bson::Value value, const NumberBound& bound, int sign) {
  if (bound.value.missing()) return true;
  const bool nan = bson::IsNaN(bson::Number::From(value));
  const bool bound_nan = bson::IsNaN(bson::Number::From(bound.value));
  if (nan || bound_nan) return nan && bound_nan && !bound.exclusive;
  const int order = bson::CompareNumbers(value, bound.value) * sign;
  return bound.exclusive ? order > 0 : order >= 0;
}

bool HasField(bson::View document, std::string_view name) { return !document.Find(name).missing(); }

}  // namespace

bson::OwnedValue WithSortedFields(bson::Value value) {
  if (!IsContainer(value)) return bson::OwnedValue(value);
  bson::Builder builder;
  const bool array = value.type() == Type::kArray;
  array ? builder.OpenArray("") : builder.OpenDocument("");
  AppendSorted(value.AsView(), array, &builder);
  builder.Close();
  const bson::Document made = builder.Finish();
  return bson::OwnedValue(made[""]);
}

bool Schema::Accepts(bson::Value value, Evaluation* evaluation) const {
  if (types_ && !types_->Has(value.type())) return false;
  if (enum_) {
    const bson::OwnedValue made = IsContainer(value) ? WithSortedFields(value) : bson::OwnedValue();
    const bson::Value sorted = made.missing() ? value : made.value();
    if (std::ranges::none_of(*enum_, [sorted](const bson::OwnedValue& each) {
          return bson::Compare(each.value(), sorted) == 0;
        })) {
      return false;
    }
  }
  bool accepts = true;
  if (value.IsNumber()) {
    accepts = AcceptsNumber(value);
  } else if (value.type() == Type::kString) {
    accepts = AcceptsString(value.AsString(), evaluation);
  } else if (value.type() == Type::kArray) {
    accepts = AcceptsArray(value.AsView(), evaluation);
  } else if (value.type() == Type::kDocument) {
    accepts = AcceptsDocument(value.AsView(), evaluation);
  }
  return accepts && AcceptsCombined(value, evaluation);
}

bool Schema::AcceptsNumber(bson::Value value) const {
  if (!Within(value, minimum_, 1) || !Within(value, maximum_, -1)) return false;
  if (multiple_of_.missing()) return true;
  const bson::Decimal128 remainder =
      bson::ModDecimals(bson::ToDecimal(bson::Number::From(value)),
                        bson::ToDecimal(bson::Number::From(multiple_of_)));
  return bson::SplitDecimal(remainder).IsZero();
}

bool Schema::AcceptsString(std::string_view text, Evaluation* evaluation) const {
  if (!length_.IsOpen() && !length_.Has(CodePoints(text))) return false;
  if (!pattern_ || !evaluation->error.ok()) return true;
  auto found = pattern_->FoundIn(text);
  if (!found.ok()) return evaluation->Fail(std::move(found).status());
  return *found;
}

bool Schema::AcceptsArray(bson::View array, Evaluation* evaluation) const {
  size_t position = 0;
  base::Pace<1024> pace;
  for (const bson::Element& element : array) {
    if (Status status = pace.Step(); !status.ok()) return evaluation->Fail(std::move(status));
    if (items_ != nullptr && !items_->Accepts(element.value, evaluation)) return false;
    if (position < item_list_.size()) {
      if (!item_list_[position]->Accepts(element.value, evaluation)) return false;
    } else if (!item_list_.empty()) {
      if (!additional_items_) return false;
      if (additional_items_schema_ != nullptr &&
          !additional_items_schema_->Accepts(element.value, evaluation)) {
        return false;
      }
    }
    ++position;
  }
  return items_count_.Has(static_cast<int64_t>(position)) &&
         (!unique_items_ || AllDifferent(array, evaluation));
}

bool Schema::AcceptsField(const bson::Element& field, Evaluation* evaluation) const {
  const auto property = std::ranges::lower_bound(properties_, field.name, {},
                                                 [](const auto& row) { return row.first; });
  bool known = property != properties_.end() && property->first == field.name;
  if (known && !property->second->Accepts(field.value, evaluation)) return false;
  for (const auto& [pattern, schema] : pattern_properties_) {
    if (!evaluation->error.ok()) return false;
    auto found = pattern.FoundIn(field.name);
    if (!found.ok()) return evaluation->Fail(std::move(found).status());
    if (!*found) continue;
    known = true;
    if (!schema->Accepts(field.value, evaluation)) return false;
  }
  if (known) return true;
  return additional_properties_ &&
         (additional_properties_schema_ == nullptr ||
          additional_properties_schema_->Accepts(field.value, evaluation));
}

bool Schema::AcceptsDependencies(bson::View document, Evaluation* evaluation) const {
  for (const Dependency& dependency : dependencies_) {
    if (!HasField(document, dependency.field)) continue;
    for (const std::string_view name : dependency.required) {
      if (!HasField(document, name)) return false;
    }
    if (dependency.schema != nullptr &&
        !dependency.schema->Accepts(bson::Value(Type::kDocument, document.data()), evaluation)) {
      return false;
    }
  }
  return true;
}

bool Schema::AcceptsDocument(bson::View document, Evaluation* evaluation) const {
  for (const std::string_view name : required_) {
    if (!HasField(document, name)) return false;
  }
  int64_t count = 0;
  const bool by_field = !properties_.empty() || !pattern_properties_.empty() ||
                        !additional_properties_ || additional_properties_schema_ != nullptr;
  if (by_field || !properties_count_.IsOpen()) {
    for (const bson::Element& field : document) {
      ++count;
      if (by_field && !AcceptsField(field, evaluation)) return false;
    }
    if (!properties_count_.Has(count)) return false;
  }
  return AcceptsDependencies(document, evaluation);
}

bool Schema::AcceptsCombined(bson::Value value, Evaluation* evaluation) const {
  const auto accepts = [value, evaluation](const SchemaPtr& schema) {
    return schema->Accepts(value, evaluation);
  };
  return std::ranges::all_of(all_of_, accepts) &&
         (any_of_.empty() || std::ranges::any_of(any_of_, accepts)) &&
         (one_of_.empty() || std::ranges::count_if(one_of_, accepts) == 1) &&
         (not_ == nullptr || !accepts(not_));
}

bool SchemaMatch::Matches(bson::View document, Evaluation* evaluation) const {
  return schema_->Accepts(bson::Value(Type::kDocument, document.data()), evaluation);
}

bool SchemaMatch::MatchesValue(bson::Value value, Evaluation* evaluation) const {
  return value.type() == Type::kDocument && schema_->Accepts(value, evaluation);
}

}  // namespace cairn::match
