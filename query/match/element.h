// SPDX-License-Identifier: Apache-2.0
// $exists and $type: predicates on what a field is, not on its value. Immutable; any thread.
#pragma once

#include <bitset>

#include "query/match/expression.h"

namespace cairn::match {

/// kExists: the path leads to a value, null included. $exists: false is kNot over it.
class Exists : public PathExpression {
 public:
  explicit Exists(path::FieldPath path) : PathExpression(Kind::kExists, std::move(path)) {}
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation*) const override { return !value.missing(); }
};

/// A set of BSON types, by type byte.
class TypeSet {
 public:
  /// The operand of $type: a number, an alias, "number", or an array of them. Errors: BadValue for
  /// an unknown type, TypeMismatch for an operand of another kind, FailedToParse for an empty
  /// array.
  static Result<TypeSet> Parse(bson::Value operand);
  bool Has(bson::Type type) const { return types_[static_cast<uint8_t>(type)]; }

 private:
  Status Add(bson::Value operand);
  std::bitset<256> types_;
};

/// kType.
class TypeIs : public PathExpression {
 public:
  TypeIs(path::FieldPath path, TypeSet types)
      : PathExpression(Kind::kType, std::move(path)), types_(types) {}
  const TypeSet& types() const { return types_; }
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation*) const override {
    return types_.Has(value.type());
  }

 private:
  TypeSet types_;
};

}  // namespace cairn::match
