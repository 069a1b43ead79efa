// SPDX-License-Identifier: Apache-2.0
// Operators whose arguments have names: {$operator: {input: …, onNull: …}}. Parsed into a list in
// the order of the operator's fields; evaluated one by one, since some are only needed at times.
// Thread safety: immutable.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "query/expression/expression.h"

namespace cairn::expression {

/// One field that an operator's document may have.
struct NamedField {
  std::string_view name;
  ErrorCode missing = ErrorCode::kOk;  ///< The error when it is not there; kOk: it need not be.
};

/// The document that an operator takes.
struct NamedFields {
  std::string_view operator_name;
  ErrorCode not_a_document;
  ErrorCode unknown_field;
  std::span<const NamedField> fields;
};

/// The arguments of one call, by their place in NamedFields.
class NamedArguments {
 public:
  explicit NamedArguments(std::vector<ExpressionPtr> parts) : parts_(std::move(parts)) {}

  bool Has(size_t i) const { return parts_[i] != nullptr; }
  /// A missing value where it is absent.
  Result<bson::Value> Evaluate(size_t i, const Context& context) const {
    return Has(i) ? parts_[i]->Evaluate(context) : bson::Value();
  }
  /// Its value if it is there and the same for all documents; otherwise missing.
  bson::Value Constant(size_t i) const;
  bool AllConstant() const;
  void AddDependencies(Dependencies* dependencies) const;

 private:
  std::vector<ExpressionPtr> parts_;
};

using NamedFunction = Result<bson::Value> (*)(const NamedArguments& arguments,
                                              const Context& context);

/// The operands as they stand, by their place; absent ones are missing, of several of one name the
/// last counts. Errors: those of `fields`.
Status ReadNamedFields(const NamedFields& fields, bson::Value operand, bson::Value* values);
/// The same parsed; absent ones are null.
Result<std::vector<ExpressionPtr>> ParseNamedFields(const NamedFields& fields, bson::Value operand,
                                                    Scope* scope, int depth);
/// A call of `function` with them.
Result<ExpressionPtr> ParseNamedCall(const NamedFields& fields, NamedFunction function,
                                     bson::Value operand, Scope* scope, int depth);
/// A call of `function` with arguments from elsewhere.
ExpressionPtr MakeNamedCall(NamedFunction function, std::vector<ExpressionPtr> arguments);

}  // namespace cairn::expression
