// SPDX-License-Identifier: Apache-2.0
// $jsonSchema: draft 4 of JSON Schema as MongoDB has it. Each keyword restricts values of its own
// type only; equality of documents does not look at the order of fields.
// Immutable once parsed; any thread. Strings borrow from the filter.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "query/expression/pattern.h"
#include "query/match/element.h"
#include "query/match/expression.h"

namespace cairn::match {

class Schema;
using SchemaPtr = std::unique_ptr<Schema>;

/// A bound on numbers.
struct NumberBound {
  bson::Value value;  ///< Missing: none.
  bool exclusive = false;
};

/// A range of counts.
struct CountRange {
  int64_t min = 0;
  int64_t max = -1;  ///< -1: none.
  bool Has(int64_t count) const { return count >= min && (max < 0 || count <= max); }
  bool IsOpen() const { return min == 0 && max < 0; }
};

/// What other fields or schema the presence of a field asks for.
struct Dependency {
  std::string_view field;
  std::vector<std::string_view> required;
  SchemaPtr schema;
};

/// One parsed schema.
class Schema {
 public:
  /// Whether `value` (not missing) is valid.
  bool Accepts(bson::Value value, Evaluation* evaluation) const;

 private:
  friend class SchemaParser;
  bool AcceptsNumber(bson::Value value) const;
  bool AcceptsString(std::string_view text, Evaluation* evaluation) const;
  bool AcceptsArray(bson::View array, Evaluation* evaluation) const;
  bool AcceptsDocument(bson::View document, Evaluation* evaluation) const;
  bool AcceptsField(const bson::Element& field, Evaluation* evaluation) const;
  bool AcceptsDependencies(bson::View document, Evaluation* evaluation) const;
  bool AcceptsCombined(bson::Value value, Evaluation* evaluation) const;

  std::optional<TypeSet> types_;
  std::optional<std::vector<bson::OwnedValue>> enum_;  // With fields in order.
  NumberBound minimum_;
  NumberBound maximum_;
  bson::Value multiple_of_;
  CountRange length_;
  std::optional<expression::Pattern> pattern_;
  CountRange items_count_;
  bool unique_items_ = false;
  SchemaPtr items_;                   // Of all elements.
  std::vector<SchemaPtr> item_list_;  // Of the first ones.
  bool additional_items_ = true;
  SchemaPtr additional_items_schema_;
  CountRange properties_count_;
  std::vector<std::string_view> required_;
  std::vector<std::pair<std::string_view, SchemaPtr>> properties_;  // Sorted.
  std::vector<std::pair<expression::Pattern, SchemaPtr>> pattern_properties_;
  bool additional_properties_ = true;
  SchemaPtr additional_properties_schema_;
  std::vector<Dependency> dependencies_;
  std::vector<SchemaPtr> all_of_;
  std::vector<SchemaPtr> any_of_;
  std::vector<SchemaPtr> one_of_;
  SchemaPtr not_;
};

/// kSchema: the whole document is valid.
class SchemaMatch : public Expression {
 public:
  explicit SchemaMatch(SchemaPtr schema) : Expression(Kind::kSchema), schema_(std::move(schema)) {}
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  SchemaPtr schema_;
};

/// `value` with the fields of all documents in it sorted by name.
bson::OwnedValue WithSortedFields(bson::Value value);

}  // namespace cairn::match
