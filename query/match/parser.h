// SPDX-License-Identifier: Apache-2.0
// From a filter document to a tree of predicates. The tables of operators stand in parser.cc; each
// family of operators has a file with its parse functions.
// A Parser serves one filter, on one thread; the tree borrows the filter's bytes.
#pragma once

#include <string_view>
#include <utility>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/scope.h"
#include "query/match/logical.h"

namespace cairn::match {

inline constexpr int kFilterDepthMax = 100;
inline constexpr size_t kFilterNodesMax = 100'000;

class Parser {
 public:
  /// Borrows `globals`.
  explicit Parser(const expression::Globals* globals) : globals_(globals) {}
  const expression::Globals& globals() const { return *globals_; }
  const collation::Collator* collator() const { return globals_->collator.get(); }

  /// Appends the predicates of `filter`, all of which must hold, to `into`.
  Status ParseFilter(bson::View filter, int depth, Children* into);
  /// The same for the operators that one path must satisfy: {$gt: 1, $lt: 5}.
  Status ParseFieldOperators(const path::FieldPath& path, bson::View operators, int depth,
                             Children* into);
  /// Appends one predicate. Error BadValue beyond kFilterNodesMax.
  Status Add(std::unique_ptr<Expression> node, Children* into);

  /// While it lives, filters are on elements of arrays and not on whole documents, where a few
  /// operators do not stand.
  class BelowTop {
   public:
    explicit BelowTop(Parser* parser)
        : parser_(parser), before_(std::exchange(parser->below_top_, true)) {}
    ~BelowTop() { parser_->below_top_ = before_; }
    BelowTop(const BelowTop&) = delete;
    BelowTop& operator=(const BelowTop&) = delete;

   private:
    Parser* const parser_;
    const bool before_;
  };

 private:
  Status ParseField(const bson::Element& field, int depth, Children* into);
  Status ParseTop(const bson::Element& clause, int depth, Children* into);
  const expression::Globals* const globals_;
  size_t nodes_ = 0;
  bool below_top_ = false;
};

/// Parses one operator's operand and appends to `into`.
using ParseFieldOperator = Status (*)(Parser* parser, const path::FieldPath& path,
                                      bson::Value operand, int depth, Children* into);
using ParseTopOperator = Status (*)(Parser* parser, bson::Value operand, int depth, Children* into);

// comparison_parser.cc
Status ParseEq(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseNe(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseGt(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseGte(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseLt(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseLte(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseIn(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseNin(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
// element_parser.cc
Status ParseExists(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseType(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
// regex_parser.cc: all of $regex and $options among `operators`, and a regular expression as value.
Status ParseRegex(Parser*, const path::FieldPath&, bson::View operators, Children*);
Status ParseRegexValue(Parser*, const path::FieldPath&, bson::Value, Children*);
// array_parser.cc
Status ParseAll(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseElemMatch(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseSize(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
// arithmetic_parser.cc
Status ParseMod(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseBitsAllClear(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseBitsAllSet(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseBitsAnyClear(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseBitsAnySet(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
// logical_parser.cc
Status ParseNot(Parser*, const path::FieldPath&, bson::Value, int depth, Children*);
Status ParseAnd(Parser*, bson::Value, int depth, Children*);
Status ParseOr(Parser*, bson::Value, int depth, Children*);
Status ParseSampleRate(Parser*, bson::Value, int depth, Children*);
Status ParseNor(Parser*, bson::Value, int depth, Children*);
Status ParseComment(Parser*, bson::Value, int depth, Children*);
Status ParseAlwaysTrue(Parser*, bson::Value, int depth, Children*);
Status ParseAlwaysFalse(Parser*, bson::Value, int depth, Children*);
// behind.cc
Status ParseBehind(Parser*, bson::Value, int depth, Children*);
// identical.cc
Status ParseIdentical(Parser*, bson::Value, int depth, Children*);
// expr.cc
Status ParseExpr(Parser*, bson::Value, int depth, Children*);
// json_schema_parser.cc
Status ParseJsonSchema(Parser*, bson::Value, int depth, Children*);

/// Whether `value` is a document of operators ({$gt: 1}), not a value to compare with. A DBRef,
/// which begins with $ref or $id, is a value.
bool IsOperatorDocument(bson::Value value);

/// Whether `name` is an operator that stands where a field can, such as $and.
bool IsTopOperator(std::string_view name);

/// Whether `name` is an operator that stands below a field, such as $gt, also when Cairn does not
/// have it.
bool IsFieldOperator(std::string_view name);

/// The error for what MongoDB has and Cairn does not.
Status NotSupported(std::string_view what);

}  // namespace cairn::match
