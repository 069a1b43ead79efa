// SPDX-License-Identifier: Apache-2.0
// A filter as the planner sees it: the predicates that every match meets, and the disjunctions
// beside them. Thread safety: values that borrow from the filter's tree.
#pragma once

#include <string>
#include <vector>

#include "query/match/behind.h"
#include "query/match/expression.h"

namespace cairn::plan {

/// A predicate on the values of one path.
struct Predicate {
  const match::Expression* expression = nullptr;
  std::string path;
  /// Of a condition inside of $elemMatch: the array's path, and which $elemMatch it is (from 1).
  std::string array;
  int group = 0;
};

struct Conjunction {
  std::vector<Predicate> predicates;
  std::vector<const match::Expression*> disjunctions;  ///< kOr.
  /// A place in the order of a sort that all matches come behind; null: none.
  const match::Behind* behind = nullptr;
  bool never = false;   ///< A member cannot match.
  bool others = false;  ///< There are members that are none of these.
};

/// Adds the members of `expression`; $and inside of $and is opened.
void Flatten(const match::Expression& expression, Conjunction* conjunction);

/// Whether all of the filter's predicates are on paths; adds those paths.
bool CollectPaths(const match::Expression& expression, std::vector<std::string>* paths);

/// Whether a component of `path` is a number, which means other things to an index than to a
/// filter.
bool HasPosition(std::string_view path);

}  // namespace cairn::plan
