// SPDX-License-Identifier: Apache-2.0
// $cmp and its kin, over the order of all types; $not; what a value is.
#include "engine/bson/truth.h"
#include "engine/collation/collator.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;

int Order(Arguments arguments, const Context& context) {
  return Compare(arguments[0], arguments[1], context);
}

}  // namespace

int Compare(bson::Value a, bson::Value b, const Context& context) {
  return collation::CompareValues(a, b, context.collator);
}

Result<bson::Value> Cmp(Arguments arguments, const Context& context) {
  const int order = Order(arguments, context);
  return context.scratch->Int32((order > 0) - (order < 0));
}

Result<bson::Value> Eq(Arguments arguments, const Context& context) {
  return Scratch::Bool(Order(arguments, context) == 0);
}

Result<bson::Value> Gt(Arguments arguments, const Context& context) {
  return Scratch::Bool(Order(arguments, context) > 0);
}

Result<bson::Value> Gte(Arguments arguments, const Context& context) {
  return Scratch::Bool(Order(arguments, context) >= 0);
}

Result<bson::Value> Lt(Arguments arguments, const Context& context) {
  return Scratch::Bool(Order(arguments, context) < 0);
}

Result<bson::Value> Lte(Arguments arguments, const Context& context) {
  return Scratch::Bool(Order(arguments, context) <= 0);
}

Result<bson::Value> Ne(Arguments arguments, const Context& context) {
  return Scratch::Bool(Order(arguments, context) != 0);
}

Result<bson::Value> Not(Arguments arguments, const Context&) {
  return Scratch::Bool(!bson::IsTrue(arguments[0]));
}

Result<bson::Value> IsNumber(Arguments arguments, const Context&) {
  return Scratch::Bool(arguments[0].IsNumber());
}

Result<bson::Value> Type(Arguments arguments, const Context& context) {
  return context.scratch->String(NameOfType(arguments[0]));
}

}  // namespace cairn::expression
