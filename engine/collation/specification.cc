// SPDX-License-Identifier: Apache-2.0
// One row a field; a row reads its value into the specification.
#include "engine/collation/specification.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "engine/bson/number.h"

namespace cairn::collation {
namespace {

constexpr auto kCaseFirst = std::to_array<std::string_view>({"upper", "lower", "off"});
constexpr auto kAlternate = std::to_array<std::string_view>({"non-ignorable", "shifted"});
constexpr auto kMaxVariable = std::to_array<std::string_view>({"punct", "space"});
constexpr int kStrengthMax = 5;

std::string Field(std::string_view name) { return "BSON field 'collation." + std::string(name); }

Status CheckType(const bson::Element& field, bson::Type type) {
  if (field.value.type() == type) return Status::Ok();
  return Status(ErrorCode::kTypeMismatch, Field(field.name) + "' is the wrong type '" +
                                              std::string(bson::TypeName(field.value.type())) +
                                              "', expected type '" +
                                              std::string(bson::TypeName(type)) + "'");
}

Status NoSuchValue(const bson::Element& field, std::string_view value) {
  return Status(ErrorCode::kBadValue, "Enumeration value '" + std::string(value) +
                                          "' for field 'collation." + std::string(field.name) +
                                          "' is not a valid value.");
}

Status ReadBool(const bson::Element& field, std::optional<bool>* out) {
  CAIRN_TRY(CheckType(field, bson::Type::kBool));
  *out = field.value.AsBool();
  return Status::Ok();
}

template <typename Enum, size_t N>
Status ReadName(const bson::Element& field, const std::array<std::string_view, N>& names,
                std::optional<Enum>* out) {
  CAIRN_TRY(CheckType(field, bson::Type::kString));
  const auto at = std::find(names.begin(), names.end(), field.value.AsString());
  if (at == names.end()) return NoSuchValue(field, field.value.AsString());
  *out = static_cast<Enum>(at - names.begin());
  return Status::Ok();
}

Status ReadStrength(const bson::Element& field, Specification* out) {
  if (!field.value.IsNumber()) return CheckType(field, bson::Type::kInt32);
  const auto number = bson::Number::From(field.value);
  const auto strength = bson::ToInt32Exact(number);
  if (!strength || *strength < 1 || *strength > kStrengthMax) {
    return NoSuchValue(field, strength ? std::to_string(*strength) : "not an integer");
  }
  out->strength = *strength;
  return Status::Ok();
}

struct FieldRow {
  std::string_view name;
  Status (*read)(const bson::Element& field, Specification* out);
};

constexpr FieldRow kFields[] = {
    {"alternate", [](const bson::Element& field,
                     Specification* out) { return ReadName(field, kAlternate, &out->alternate); }},
    {"backwards", [](const bson::Element& field,
                     Specification* out) { return ReadBool(field, &out->backwards); }},
    {"caseFirst", [](const bson::Element& field,
                     Specification* out) { return ReadName(field, kCaseFirst, &out->case_first); }},
    {"caseLevel", [](const bson::Element& field,
                     Specification* out) { return ReadBool(field, &out->case_level); }},
    {"locale",
     [](const bson::Element& field, Specification* out) {
       CAIRN_TRY(CheckType(field, bson::Type::kString));
       out->locale = field.value.AsString();
       return Status::Ok();
     }},
    {"maxVariable",
     [](const bson::Element& field, Specification* out) {
       return ReadName(field, kMaxVariable, &out->max_variable);
     }},
    {"normalization", [](const bson::Element& field,
                         Specification* out) { return ReadBool(field, &out->normalization); }},
    {"numericOrdering", [](const bson::Element& field,
                           Specification* out) { return ReadBool(field, &out->numeric_ordering); }},
    {"strength", ReadStrength},
    {"version",
     [](const bson::Element& field, Specification* out) {
       CAIRN_TRY(CheckType(field, bson::Type::kString));
       out->version = field.value.AsString();
       return Status::Ok();
     }},
};
static_assert(std::is_sorted(std::begin(kFields), std::end(kFields),
                             [](const FieldRow& a, const FieldRow& b) { return a.name < b.name; }));

}  // namespace

Result<Specification> ReadSpecification(bson::View spec) {
  Specification out;
  std::array<bool, std::size(kFields)> seen{};
  bool has_locale = false;
  for (const bson::Element& field : spec) {
    const auto row =
        std::lower_bound(std::begin(kFields), std::end(kFields), field.name,
                         [](const FieldRow& a, std::string_view name) { return a.name < name; });
    if (row == std::end(kFields) || row->name != field.name) {
      return Status(ErrorCode::kLocation40415, Field(field.name) + "' is an unknown field.");
    }
    if (std::exchange(seen[static_cast<size_t>(row - kFields)], true)) {
      return Status(ErrorCode::kDuplicateCommandParameter,
                    Field(field.name) + "' is a duplicate field");
    }
    if (field.value.IsNullish()) continue;
    CAIRN_TRY(row->read(field, &out));
    has_locale = has_locale || row->name == "locale";
  }
  if (!has_locale) {
    return Status(ErrorCode::kLocation40414, Field("locale") + "' is missing but a required field");
  }
  return out;
}

std::string_view Name(CaseFirst value) { return kCaseFirst[static_cast<size_t>(value)]; }
std::string_view Name(Alternate value) { return kAlternate[static_cast<size_t>(value)]; }
std::string_view Name(MaxVariable value) { return kMaxVariable[static_cast<size_t>(value)]; }

}  // namespace cairn::collation
