// SPDX-License-Identifier: Apache-2.0
// $eq, $gt, $gte, $lt, $lte and $in. Values compare only within their type bracket; null equals a
// missing field; MinKey and MaxKey compare with every type; NaN equals NaN and is not ordered.
#include <algorithm>

#include "engine/bson/exact_double.h"
#include "engine/bson/number.h"
#include "query/match/expression.h"

namespace cairn::match {
namespace {

bool IsNaN(bson::Value value) { return value.IsNumber() && bson::IsNaN(bson::Number::From(value)); }

bool Holds(Kind kind, int order) {
  switch (kind) {
    case Kind::kEq:
      return order == 0;
    case Kind::kGt:
      return order > 0;
    case Kind::kGte:
      return order >= 0;
    case Kind::kLt:
      return order < 0;
    default:
      return order <= 0;
  }
}

// The two are of different brackets.
bool AcrossBrackets(Kind kind, bson::Value value, bson::Value operand) {
  switch (operand.type()) {
    case bson::Type::kNull:
      return value.missing() && kind != Kind::kGt && kind != Kind::kLt;
    case bson::Type::kMinKey:
      return kind == Kind::kGt || kind == Kind::kGte;
    case bson::Type::kMaxKey:
      return kind == Kind::kLt || kind == Kind::kLte;
    default:
      return false;
  }
}

}  // namespace

Comparison::Comparison(Kind kind, path::FieldPath path, bson::Value operand,
                       const collation::Collator* collator)
    : PathExpression(kind, std::move(path)),
      operand_(operand),
      collator_(collator),
      nan_(IsNaN(operand)) {
  quick_ = !nan_ && bson::IsExactDouble(operand, &real_);
}

bool Comparison::MatchesValue(bson::Value value, Evaluation*) const {
  double real;
  if (quick_ && bson::IsExactDouble(value, &real)) [[likely]] {
    // For a NaN both sides are false, and it must not pass for an equal.
    return real == real && Holds(kind(), (real > real_) - (real < real_));
  }
  if (bson::CanonicalOrder(value.type()) != bson::CanonicalOrder(operand_.type()) ||
      value.missing()) {
    return AcrossBrackets(kind(), value, operand_);
  }
  if (operand_.IsNumber()) {
    const bool nan = IsNaN(value);
    if (nan || nan_) return nan && nan_ && kind() != Kind::kGt && kind() != Kind::kLt;
  }
  return Holds(kind(), collation::CompareValues(value, operand_, collator_));
}

bool Comparison::Matches(bson::View document, Evaluation* evaluation) const {
  return AnyValue(document, true, evaluation, [this, evaluation](bson::Value value) {
    return Comparison::MatchesValue(value, evaluation);
  });
}

In::In(path::FieldPath path, std::vector<bson::Value> operands, const collation::Collator* collator)
    : PathExpression(Kind::kIn, std::move(path)),
      operands_(std::move(operands)),
      collator_(collator) {
  const auto order = [collator](bson::Value a, bson::Value b) {
    return collation::CompareValues(a, b, collator);
  };
  std::stable_sort(operands_.begin(), operands_.end(),
                   [&order](bson::Value a, bson::Value b) { return order(a, b) < 0; });
  operands_.erase(std::unique(operands_.begin(), operands_.end(),
                              [&order](bson::Value a, bson::Value b) { return order(a, b) == 0; }),
                  operands_.end());
  has_null_ = std::any_of(operands_.begin(), operands_.end(),
                          [](bson::Value operand) { return operand.type() == bson::Type::kNull; });
}

bool In::MatchesValue(bson::Value value, Evaluation*) const {
  if (value.missing()) return has_null_;
  const auto at = std::lower_bound(
      operands_.begin(), operands_.end(), value, [this](bson::Value operand, bson::Value wanted) {
        return collation::CompareValues(operand, wanted, collator_) < 0;
      });
  return at != operands_.end() && collation::CompareValues(*at, value, collator_) == 0;
}

bool In::Matches(bson::View document, Evaluation* evaluation) const {
  return AnyValue(document, true, evaluation, [this, evaluation](bson::Value value) {
    return In::MatchesValue(value, evaluation);
  });
}

}  // namespace cairn::match
