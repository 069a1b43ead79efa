// SPDX-License-Identifier: Apache-2.0
// $exists and $type.
#include "query/match/element.h"

#include <algorithm>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/number.h"

namespace cairn::match {
namespace {

struct Alias {
  std::string_view name;
  bson::Type type;
};

// table "type aliases": sorted
constexpr Alias kAliases[] = {
    {"array", bson::Type::kArray},         {"binData", bson::Type::kBinary},
    {"bool", bson::Type::kBool},           {"date", bson::Type::kDate},
    {"dbPointer", bson::Type::kDbPointer}, {"decimal", bson::Type::kDecimal128},
    {"double", bson::Type::kDouble},       {"int", bson::Type::kInt32},
    {"javascript", bson::Type::kCode},     {"javascriptWithScope", bson::Type::kCodeWithScope},
    {"long", bson::Type::kInt64},          {"maxKey", bson::Type::kMaxKey},
    {"minKey", bson::Type::kMinKey},       {"null", bson::Type::kNull},
    {"object", bson::Type::kDocument},     {"objectId", bson::Type::kObjectId},
    {"regex", bson::Type::kRegex},         {"string", bson::Type::kString},
    {"symbol", bson::Type::kSymbol},       {"timestamp", bson::Type::kTimestamp},
    {"undefined", bson::Type::kUndefined},
};
static_assert(std::ranges::is_sorted(kAliases, {}, &Alias::name));

// MongoDB's number of MinKey, whose type byte is 255.
constexpr int64_t kMinKeyNumber = -1;

}  // namespace

Status TypeSet::Add(bson::Value operand) {
  if (operand.type() == bson::Type::kString) {
    const std::string_view name = operand.AsString();
    if (name == "number") {
      for (const bson::Type type :
           {bson::Type::kDouble, bson::Type::kInt32, bson::Type::kInt64, bson::Type::kDecimal128}) {
        types_.set(static_cast<uint8_t>(type));
      }
      return Status::Ok();
    }
    const auto* const row = std::ranges::lower_bound(kAliases, name, {}, &Alias::name);
    if (row == std::end(kAliases) || row->name != name) {
      return Status(ErrorCode::kBadValue, "Unknown type name alias: " + std::string(name));
    }
    types_.set(static_cast<uint8_t>(row->type));
    return Status::Ok();
  }
  if (!operand.IsNumber()) {
    return Status(ErrorCode::kTypeMismatch, "$type needs a number or a string");
  }
  const auto number = bson::ToInt64Exact(bson::Number::From(operand));
  const bool known =
      number && std::ranges::any_of(kAliases, [&](const Alias& row) {
        return *number ==
               (row.type == bson::Type::kMinKey ? kMinKeyNumber : static_cast<int64_t>(row.type));
      });
  if (!known) {
    return Status(ErrorCode::kBadValue,
                  number && *number == 0
                      ? "Invalid numerical type code: 0; use {$exists: false} instead"
                      : "Invalid numerical type code in $type");
  }
  types_.set(static_cast<uint8_t>(*number));
  return Status::Ok();
}

Result<TypeSet> TypeSet::Parse(bson::Value operand) {
  TypeSet set;
  if (operand.type() != bson::Type::kArray) {
    CAIRN_TRY(set.Add(operand));
    return set;
  }
  for (const bson::Element& element : operand.AsView()) CAIRN_TRY(set.Add(element.value));
  if (set.types_.none()) {
    return Status(ErrorCode::kFailedToParse, "$type must match at least one type");
  }
  return set;
}

bool Exists::Matches(bson::View document, Evaluation* evaluation) const {
  return AnyValue(document, false, evaluation, [](bson::Value value) { return !value.missing(); });
}

bool TypeIs::Matches(bson::View document, Evaluation* evaluation) const {
  return AnyValue(document, true, evaluation,
                  [this](bson::Value value) { return types_.Has(value.type()); });
}

}  // namespace cairn::match
