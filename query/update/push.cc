// SPDX-License-Identifier: Apache-2.0
// $push: a value, or {$each: [value…], $position, $sort, $slice}: elements are inserted, then all
// are sorted, then the array is cut.
#include <algorithm>
#include <optional>
#include <vector>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "engine/collation/collator.h"
#include "query/expression/element_order.h"
#include "query/update/array_writer.h"

namespace cairn::update {
namespace {

using Values = std::vector<bson::Value>;

struct Modifiers {
  Values each;
  std::optional<int64_t> position;
  std::optional<int64_t> slice;
  std::optional<expression::ElementOrder> sort;
};

void Slice(int64_t slice, Values* values) {
  const auto size = static_cast<int64_t>(values->size());
  if (slice >= 0) {
    if (slice < size) values->resize(static_cast<size_t>(slice));
  } else if (slice > -size) {
    values->erase(values->begin(), values->end() + slice);
  }
}

class Push : public Operator {
 public:
  Push(path::FieldPath path, Modifiers modifiers, const collation::Collator* collator)
      : Operator(std::move(path)), modifiers_(std::move(modifiers)), collator_(collator) {}

  bool Creates(bool) const override { return true; }

  Result<Change> Apply(bson::Value current, bool, std::string* room) const override {
    if (!current.missing() && current.type() != bson::Type::kArray) {
      return NotAnArray(ErrorCode::kBadValue, "$push", path(), current.type());
    }
    Values values;
    if (!current.missing()) {
      for (const bson::Element& element : current.AsView()) values.push_back(element.value);
    }
    const auto size = static_cast<int64_t>(values.size());
    const int64_t at = Position(size);
    values.insert(values.begin() + at, modifiers_.each.begin(), modifiers_.each.end());
    if (modifiers_.sort.has_value()) CAIRN_TRY(modifiers_.sort->Sort(collator_, &values));
    if (modifiers_.slice.has_value()) Slice(*modifiers_.slice, &values);
    ArrayWriter writer(room);
    for (const bson::Value value : values) writer.Append(value);
    Change change = writer.Finish();
    const bool only_grew = !current.missing() && at == size && !modifiers_.sort.has_value() &&
                           !modifiers_.slice.has_value();
    if (only_grew) change.grown_from = size;
    return change;
  }

 private:
  int64_t Position(int64_t size) const {
    if (!modifiers_.position.has_value()) return size;
    const int64_t position = *modifiers_.position;
    if (position >= 0) return std::min(position, size);
    return position > -size ? size + position : 0;
  }

  Modifiers modifiers_;
  const collation::Collator* const collator_;
};

Result<int64_t> ParseInteger(std::string_view clause, bson::Value value) {
  const auto integer =
      value.IsNumber() ? bson::ToInt64Exact(bson::Number::From(value)) : std::nullopt;
  if (integer) return *integer;
  return Status(ErrorCode::kBadValue, "The value for " + std::string(clause) +
                                          " must be an integer value but was given type: " +
                                          std::string(bson::TypeName(value.type())));
}

Status ParseClause(const bson::Element& clause, Modifiers* modifiers) {
  if (clause.name == "$each") {
    if (clause.value.type() != bson::Type::kArray) {
      return Status(ErrorCode::kBadValue,
                    "The argument to $each in $push must be an array but it was of type: " +
                        std::string(bson::TypeName(clause.value.type())));
    }
    for (const bson::Element& element : clause.value.AsView()) {
      modifiers->each.push_back(element.value);
    }
    return Status::Ok();
  }
  if (clause.name == "$position") {
    CAIRN_TRY_ASSIGN(modifiers->position, ParseInteger("$position", clause.value));
    return Status::Ok();
  }
  if (clause.name == "$slice") {
    CAIRN_TRY_ASSIGN(modifiers->slice, ParseInteger("$slice", clause.value));
    return Status::Ok();
  }
  if (clause.name == "$sort") {
    CAIRN_TRY_ASSIGN(modifiers->sort, expression::ElementOrder::Parse(clause.value));
    return Status::Ok();
  }
  return Status(ErrorCode::kBadValue, "Unrecognized clause in $push: " + std::string(clause.name));
}

}  // namespace

Result<std::unique_ptr<Operator>> ParsePush(path::FieldPath path, bson::Value operand,
                                            const expression::Globals& globals) {
  Modifiers modifiers;
  const bool each =
      operand.type() == bson::Type::kDocument && !operand.AsView().Find("$each").missing();
  if (each) {
    for (const bson::Element& clause : operand.AsView()) {
      CAIRN_TRY(ParseClause(clause, &modifiers));
    }
  } else {
    modifiers.each.push_back(operand);
  }
  CAIRN_TRY(CheckDepth(path, path.size(), bson::Value(bson::Type::kArray, bson::View().data())));
  for (const bson::Value value : modifiers.each) {
    CAIRN_TRY(CheckDepth(path, path.size() + 1, value));
  }
  return std::unique_ptr<Operator>(
      std::make_unique<Push>(std::move(path), std::move(modifiers), globals.collator.get()));
}

}  // namespace cairn::update
