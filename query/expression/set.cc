// SPDX-License-Identifier: Apache-2.0
// Arrays as sets: elements that compare equal are one. Unions and intersections come sorted, a
// difference in the order of its first operand.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/bounded_sort.h"
#include "engine/base/try.h"
#include "engine/bson/truth.h"
#include "query/expression/array_maker.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;

// Sorted and without repetitions. Borrows its elements and the context.
class Set {
  auto Less() const {
    return [this](bson::Value a, bson::Value b) { return Compare(a, b, context_) < 0; };
  }

 public:
  explicit Set(const Context& context) : context_(context) {}
  // Errors: those of the thread's deadline.
  static Result<Set> Of(bson::View array, const Context& context) {
    Set set(context);
    CAIRN_TRY(set.Add(array));
    return set;
  }

  const std::vector<bson::Value>& elements() const { return elements_; }
  bool Holds(bson::Value value) const {
    return std::ranges::binary_search(elements_, value, Less());
  }
  bool Includes(const Set& other) const {
    return std::ranges::includes(elements_, other.elements_, Less());
  }
  Status Add(bson::View array) {
    for (const bson::Element& element : array) elements_.push_back(element.value);
    return Arrange();
  }
  void KeepThoseOf(const Set& other) {
    std::erase_if(elements_, [&](bson::Value value) { return !other.Holds(value); });
  }
  Result<bson::Value> AsArray() const {
    ArrayMaker made;
    for (const bson::Value value : elements_) CAIRN_TRY(made.Append(value));
    return made.Finish(context_.scratch);
  }

 private:
  Status Arrange() {
    // Of equal elements the first stays.
    CAIRN_TRY(base::SortWithinDeadline(elements_.begin(), elements_.end(), Less()));
    const auto same = [this](bson::Value a, bson::Value b) { return Compare(a, b, context_) == 0; };
    elements_.erase(std::unique(elements_.begin(), elements_.end(), same), elements_.end());
    return Status::Ok();
  }

  const Context& context_;
  std::vector<bson::Value> elements_;
};

Status CheckArray(std::string_view name, bson::Value value, ErrorCode code) {
  if (value.type() == bson::Type::kArray) return Status::Ok();
  return Status(code, "all operands of " + std::string(name) + " must be arrays, one is " +
                          std::string(NameOfType(value)));
}

class SetEquals : public Expression {
 public:
  explicit SetEquals(std::vector<ExpressionPtr> arguments) : arguments_(std::move(arguments)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    std::vector<Set> sets;
    for (const ExpressionPtr& argument : arguments_) {
      CAIRN_TRY_ASSIGN(const bson::Value value, argument->Evaluate(context));
      CAIRN_TRY(CheckArray("$setEquals", value, ErrorCode::kLocation17044));
      CAIRN_TRY_ASSIGN(Set set, Set::Of(value.AsView(), context));
      sets.push_back(std::move(set));
      const Set& first = sets.front();
      const Set& last = sets.back();
      if (first.elements().size() != last.elements().size() || !first.Includes(last)) {
        return Scratch::Bool(false);
      }
      if (sets.size() > 1) sets.pop_back();
    }
    return Scratch::Bool(true);
  }
  bool IsConstant() const override { return AllConstant(arguments_); }
  void AddDependencies(Dependencies* dependencies) const override {
    AddDependenciesOf(arguments_, dependencies);
  }

 private:
  const std::vector<ExpressionPtr> arguments_;
};

Result<bool> AnyIs(bool wanted, std::string_view name, bson::Value array, ErrorCode code) {
  if (array.type() != bson::Type::kArray) {
    return Status(code, std::string(name) + "'s argument must be an array, but is " +
                            std::string(NameOfType(array)));
  }
  for (const bson::Element& element : array.AsView()) {
    if (bson::IsTrue(element.value) == wanted) return true;
  }
  return false;
}

}  // namespace

Result<bson::Value> AllElementsTrue(Arguments arguments, const Context&) {
  CAIRN_TRY_ASSIGN(const bool any_false,
                   AnyIs(false, "$allElementsTrue", arguments[0], ErrorCode::kLocation17040));
  return Scratch::Bool(!any_false);
}

Result<bson::Value> AnyElementTrue(Arguments arguments, const Context&) {
  CAIRN_TRY_ASSIGN(const bool any_true,
                   AnyIs(true, "$anyElementTrue", arguments[0], ErrorCode::kLocation17041));
  return Scratch::Bool(any_true);
}

Result<bson::Value> SetDifference(Arguments arguments, const Context& context) {
  if (arguments[0].IsNullish() || arguments[1].IsNullish()) return Scratch::Null();
  CAIRN_TRY(CheckArray("$setDifference", arguments[0], ErrorCode::kLocation17048));
  CAIRN_TRY(CheckArray("$setDifference", arguments[1], ErrorCode::kLocation17049));
  CAIRN_TRY_ASSIGN(const Set without, Set::Of(arguments[1].AsView(), context));
  // Each value's first element stands for all of them.
  CAIRN_TRY_ASSIGN(const Set first_ones, Set::Of(arguments[0].AsView(), context));
  ArrayMaker made;
  for (const bson::Element& element : arguments[0].AsView()) {
    if (without.Holds(element.value)) continue;
    const auto same = std::ranges::lower_bound(
        first_ones.elements(), element.value,
        [&](bson::Value a, bson::Value b) { return Compare(a, b, context) < 0; });
    if (same->payload() == element.value.payload()) CAIRN_TRY(made.Append(element.value));
  }
  return made.Finish(context.scratch);
}

Result<ExpressionPtr> ParseSetEquals(bson::Value operand, Scope* scope, int depth) {
  CAIRN_TRY_ASSIGN(auto arguments, ParseArguments(operand, scope, depth));
  if (arguments.size() < 2) {
    return Status(ErrorCode::kLocation17045, "$setEquals needs at least two arguments, had: " +
                                                 std::to_string(arguments.size()));
  }
  for (const ExpressionPtr& argument : arguments) {
    if (!argument->IsConstant()) continue;
    Scratch scratch;
    CAIRN_TRY_ASSIGN(const bson::Value value, argument->Evaluate(Context(bson::View(), &scratch)));
    CAIRN_TRY(CheckArray("$setEquals", value, ErrorCode::kLocation5887502));
  }
  return ExpressionPtr(std::make_unique<SetEquals>(std::move(arguments)));
}

Result<bson::Value> SetIntersection(Arguments arguments, const Context& context) {
  std::vector<Set> sets;
  for (const bson::Value value : arguments) {
    if (value.IsNullish()) return Scratch::Null();
    CAIRN_TRY(CheckArray("$setIntersection", value, ErrorCode::kLocation17047));
    CAIRN_TRY_ASSIGN(Set set, Set::Of(value.AsView(), context));
    sets.push_back(std::move(set));
    if (sets.size() == 1) continue;
    sets[0].KeepThoseOf(sets[1]);
    sets.pop_back();
  }
  return sets.empty() ? ArrayMaker().Finish(context.scratch) : sets[0].AsArray();
}

Result<bson::Value> SetIsSubset(Arguments arguments, const Context& context) {
  CAIRN_TRY(CheckArray("$setIsSubset", arguments[0], ErrorCode::kLocation17046));
  CAIRN_TRY(CheckArray("$setIsSubset", arguments[1], ErrorCode::kLocation17042));
  CAIRN_TRY_ASSIGN(const Set part, Set::Of(arguments[0].AsView(), context));
  CAIRN_TRY_ASSIGN(const Set whole, Set::Of(arguments[1].AsView(), context));
  return Scratch::Bool(whole.Includes(part));
}

Result<bson::Value> SetUnion(Arguments arguments, const Context& context) {
  Set all(context);
  for (const bson::Value value : arguments) {
    if (value.IsNullish()) return Scratch::Null();
    CAIRN_TRY(CheckArray("$setUnion", value, ErrorCode::kLocation17043));
    CAIRN_TRY(all.Add(value.AsView()));
  }
  return all.AsArray();
}

}  // namespace cairn::expression
