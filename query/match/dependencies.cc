// SPDX-License-Identifier: Apache-2.0
#include "query/match/dependencies.h"

#include <memory>

#include "query/match/behind.h"
#include "query/match/expr.h"

namespace cairn::match {

// Recursion is bounded by the depth of filters.
void AddDependencies(const Expression& filter, expression::Dependencies* dependencies) {
  switch (filter.kind()) {
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNor:
    case Kind::kNot:
      for (const std::unique_ptr<Expression>& child : filter.children()) {
        AddDependencies(*child, dependencies);
      }
      return;
    case Kind::kExpr:
      static_cast<const Expr&>(filter).expression().AddDependencies(dependencies);
      return;
    case Kind::kBehind:
      for (const Behind::Field& field : static_cast<const Behind&>(filter).fields()) {
        dependencies->paths.insert(field.path.dotted());
      }
      return;
    case Kind::kAlwaysTrue:
    case Kind::kAlwaysFalse:
      return;
    default:
      break;
  }
  if (const auto* const on_path = dynamic_cast<const PathExpression*>(&filter)) {
    dependencies->paths.insert(on_path->path().dotted());
  } else {
    dependencies->whole = true;
  }
}

}  // namespace cairn::match
