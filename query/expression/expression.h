// SPDX-License-Identifier: Apache-2.0
// Aggregation expressions: parsed once into a tree, evaluated on many documents.
// Thread safety: trees are immutable; each evaluation belongs to one thread.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/scope.h"
#include "query/expression/scratch.h"

namespace cairn::path {
class FieldPath;
}

namespace cairn::expression {

/// Levels of nesting.
inline constexpr int kExpressionDepthMax = 100;

/// What an expression sees.
struct Context {
  /// Of a whole document. Borrows all.
  Context(bson::View document, Scratch* the_scratch,
          const collation::Collator* the_collator = nullptr)
      : root(bson::Type::kDocument, document.data()),
        scratch(the_scratch),
        collator(the_collator) {}

  bson::Value root;                     ///< $$ROOT, and $$CURRENT unless a binding is.
  Scratch* scratch;                     ///< Holds the values that are made.
  const collation::Collator* collator;  ///< How strings compare; null: by their bytes.
  const Binding* bindings = nullptr;    ///< The variables around, the innermost first.
  bool grouping = false;                ///< For a $group, where some errors have other codes.
};

/// What an expression reads of a document.
struct Dependencies {
  std::set<std::string> paths;  ///< Dotted.
  bool whole = false;           ///< All of it.
  bool sort_key = false;        ///< And the key that it was sorted by.
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
  /// The path, when it is a field of the document and nothing else; null otherwise.
  virtual const path::FieldPath* RootField() const { return nullptr; }
  /// Adds what it may read of the document, itself and its parts.
  virtual void AddDependencies(Dependencies* dependencies) const = 0;

 protected:
  Expression() = default;
};

using ExpressionPtr = std::unique_ptr<Expression>;

/// Parses any value: a field path, a variable, a document with an operator or with fields, an array
/// or a constant. What is constant is evaluated here, so that its errors come early. Copies what it
/// needs. Errors: InvalidPipelineOperator for an unknown operator, NotImplemented for one of
/// MongoDB's that is not supported, and MongoDB's others.
Result<ExpressionPtr> Parse(bson::Value value, Scope* scope, int depth = 1);
/// The same where there are no variables of $let around.
Result<ExpressionPtr> Parse(bson::Value value, const Globals& globals);

/// Whether `name` is an operator of MongoDB's expressions, supported or not.
bool IsOperator(std::string_view name);

}  // namespace cairn::expression
