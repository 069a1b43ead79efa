// SPDX-License-Identifier: Apache-2.0
// Aggregation expressions: parsed once into a tree, evaluated on many documents.
// Thread safety: trees are immutable; each evaluation belongs to one thread.
#pragma once

#include <memory>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/scratch.h"

namespace cairn::expression {

/// Levels of nesting.
inline constexpr int kExpressionDepthMax = 100;

/// What an expression sees.
struct Context {
  bson::View root;   ///< $$ROOT and $$CURRENT.
  Scratch* scratch;  ///< Holds the values that are made.
};

/// One node.
class Expression {
 public:
  virtual ~Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  /// The value; it borrows from the document, the tree and the scratch. Errors: MongoDB's codes of
  /// each operator.
  virtual Result<bson::Value> Evaluate(const Context& context) const = 0;
  /// Whether it is the same for all documents.
  virtual bool IsConstant() const { return false; }

 protected:
  Expression() = default;
};

using ExpressionPtr = std::unique_ptr<Expression>;

/// Parses any value: a field path, a variable, a document with an operator or with fields, an array
/// or a constant. What is constant is evaluated here, so that its errors come early. Copies what it
/// needs. Errors: InvalidPipelineOperator for an unknown operator, NotImplemented for one of
/// MongoDB's that is not supported, and MongoDB's others.
Result<ExpressionPtr> Parse(bson::Value value, int depth = 1);

/// Whether `name` is an operator of MongoDB's expressions, supported or not.
bool IsOperator(std::string_view name);

}  // namespace cairn::expression
