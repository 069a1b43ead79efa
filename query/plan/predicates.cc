// SPDX-License-Identifier: Apache-2.0
#include "query/plan/predicates.h"

#include <algorithm>
#include <string_view>

#include "query/match/array.h"
#include "query/match/expr.h"

namespace cairn::plan {
namespace {

using match::Expression;
using match::Kind;
using match::PathExpression;

// Conditions inside of $elemMatch inside of $elemMatch go no deeper than this.
constexpr int kElementDepthMax = 8;

bool IsOnPath(Kind kind) {
  switch (kind) {
    case Kind::kEq:
    case Kind::kGt:
    case Kind::kGte:
    case Kind::kLt:
    case Kind::kLte:
    case Kind::kIn:
    case Kind::kInPatterns:
    case Kind::kExists:
    case Kind::kType:
    case Kind::kRegex:
    case Kind::kMod:
    case Kind::kBits:
    case Kind::kSize:
    case Kind::kElemMatch:
      return true;
    default:
      return false;
  }
}

const std::string& PathOf(const Expression& expression) {
  return static_cast<const PathExpression&>(expression).path().dotted();
}

bool IsNegatedPredicate(const Expression& expression) {
  return expression.kind() == Kind::kNot && IsOnPath(expression.children()[0]->kind());
}

std::string Join(const std::string& prefix, const std::string& path) {
  return prefix.empty() ? path : prefix + "." + path;
}

// Conditions on the documents in an array, as predicates on paths through the array.
void AddElementConditions(const Expression& condition, const std::string& array, int group,
                          int depth, Conjunction* out) {
  if (depth > kElementDepthMax) return;
  if (condition.kind() == Kind::kAnd) {
    for (const auto& child : condition.children()) {
      AddElementConditions(*child, array, group, depth + 1, out);
    }
  } else if (IsNegatedPredicate(condition)) {
    out->predicates.push_back(
        {&condition, Join(array, PathOf(*condition.children()[0])), array, group});
  } else if (IsOnPath(condition.kind())) {
    out->predicates.push_back({&condition, Join(array, PathOf(condition)), array, group});
  }
}

void AddPredicate(const Expression& expression, Conjunction* out) {
  const std::string& path = PathOf(expression);
  if (expression.kind() == Kind::kElemMatch) {
    const auto& match = static_cast<const match::ElemMatch&>(expression);
    if (match.form() == match::ElemMatch::Form::kFilter) {
      int group = 1;
      for (const Predicate& predicate : out->predicates) {
        group = std::max(group, predicate.group + 1);
      }
      out->others = true;
      AddElementConditions(*match.children()[0], path, group, 0, out);
      return;
    }
  }
  out->predicates.push_back({&expression, path, {}, 0});
}

}  // namespace

void Flatten(const Expression& root, Conjunction* conjunction) {
  std::vector<const Expression*> open = {&root};
  while (!open.empty()) {
    const Expression& expression = *open.back();
    open.pop_back();
    switch (expression.kind()) {
      case Kind::kAnd: {
        const auto& children = expression.children();
        for (auto child = children.rbegin(); child != children.rend(); ++child) {
          open.push_back(child->get());
        }
        break;
      }
      case Kind::kOr:
        conjunction->disjunctions.push_back(&expression);
        break;
      case Kind::kExpr:
        conjunction->others = true;
        for (const auto& demand : static_cast<const match::Expr&>(expression).demands()) {
          conjunction->predicates.push_back({demand.get(), PathOf(*demand), {}, 0});
        }
        break;
      case Kind::kBehind:
        conjunction->others |= conjunction->behind != nullptr;
        conjunction->behind = static_cast<const match::Behind*>(&expression);
        break;
      case Kind::kAlwaysTrue:
        break;
      case Kind::kAlwaysFalse:
        conjunction->never = true;
        break;
      default:
        if (IsOnPath(expression.kind())) {
          AddPredicate(expression, conjunction);
        } else if (IsNegatedPredicate(expression)) {
          conjunction->predicates.push_back(
              {&expression, PathOf(*expression.children()[0]), {}, 0});
        } else {
          conjunction->others = true;
        }
    }
  }
}

bool CollectPaths(const Expression& root, std::vector<std::string>* paths) {
  std::vector<const Expression*> open = {&root};
  while (!open.empty()) {
    const Expression& expression = *open.back();
    open.pop_back();
    switch (expression.kind()) {
      case Kind::kAnd:
      case Kind::kOr:
      case Kind::kNor:
      case Kind::kNot:
        for (const auto& child : expression.children()) open.push_back(child.get());
        break;
      case Kind::kBehind:
        for (const auto& field : static_cast<const match::Behind&>(expression).fields()) {
          paths->push_back(field.path.dotted());
        }
        break;
      case Kind::kAlwaysTrue:
      case Kind::kAlwaysFalse:
        break;
      case Kind::kElemMatch:
      case Kind::kSize:
        return false;
      case Kind::kExpr: {
        expression::Dependencies read;
        static_cast<const match::Expr&>(expression).expression().AddDependencies(&read);
        if (read.whole) return false;
        paths->insert(paths->end(), read.paths.begin(), read.paths.end());
        break;
      }
      default:
        if (!IsOnPath(expression.kind())) return false;
        paths->push_back(PathOf(expression));
    }
  }
  return true;
}

bool HasPosition(std::string_view path) {
  while (true) {
    const size_t dot = path.find('.');
    const std::string_view part = path.substr(0, dot);
    if (!part.empty() &&
        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return true;
    }
    if (dot == std::string_view::npos) return false;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace cairn::plan
