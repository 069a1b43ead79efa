// SPDX-License-Identifier: Apache-2.0
// One accumulated field of a stage, `total: {$sum: "$amount"}`: its expressions, evaluated for each
// document, over an accumulator of query/accumulate. Thread safety: Add belongs to one thread; the
// rest is const.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/accumulate/operators.h"
#include "query/exec/sort_key.h"
#include "query/expression/expression.h"
#include "query/plan/sort_pattern.h"

namespace cairn::exec {

class Accumulation {
 public:
  /// `statement` is {$operator: argument}. Errors: Location40238 unless it has exactly one field,
  /// Location40234 unless it is a document, and those of accumulate::ParseCall, of expressions and
  /// of sort patterns; CheckN's and CheckP's for what is constant.
  static Result<Accumulation> Parse(std::string_view field, bson::Value statement,
                                    const expression::Globals& globals, accumulate::Place place);

  /// The name under which its result is wanted.
  const std::string& field() const { return field_; }
  const accumulate::Operator& op() const { return *op_; }
  /// What it reads of each document.
  void AddDependencies(expression::Dependencies* dependencies) const;

  /// An accumulator for a new group; `n` sees the fields of `group`: the group's _id where that is
  /// a document, else {}. Errors: CheckN's.
  Result<accumulate::AccumulatorPtr> Make(bson::View group, expression::Scratch* scratch) const;
  /// Adds what `document` has for it.
  Status Add(bson::View document, expression::Scratch* scratch,
             accumulate::Accumulator* accumulator);

 private:
  Accumulation() = default;
  Status ParseSortBy(bson::View sort_by);
  Status ParseN(bson::Value n, const expression::Globals& globals);

  std::string field_;
  const accumulate::Operator* op_ = nullptr;
  accumulate::Place place_ = accumulate::Place::kGroup;
  accumulate::Settings settings_;  // But for an `n` that depends on the group.
  std::shared_ptr<const collation::Collator> collator_;
  expression::ExpressionPtr input_;          // Null: there is none.
  expression::ExpressionPtr n_;              // Null: settings_.n is right.
  std::unique_ptr<plan::SortPattern> sort_;  // Of $top and its kin, else null.
  std::unique_ptr<SortKeys> keys_;           // Borrows sort_.
  std::string key_;                          // Keeps its memory.
};

}  // namespace cairn::exec
