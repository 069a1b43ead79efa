// SPDX-License-Identifier: Apache-2.0
// $cmp and its kin, over the order of all types; $not; what a value is.
#include "engine/bson/truth.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;

int Order(Arguments arguments) { return bson::Compare(arguments[0], arguments[1]); }

}  // namespace

Result<bson::Value> Cmp(Arguments arguments, Scratch* scratch) {
  const int order = Order(arguments);
  return scratch->Int32((order > 0) - (order < 0));
}

Result<bson::Value> Eq(Arguments arguments, Scratch*) {
  return Scratch::Bool(Order(arguments) == 0);
}

Result<bson::Value> Gt(Arguments arguments, Scratch*) {
  return Scratch::Bool(Order(arguments) > 0);
}

Result<bson::Value> Gte(Arguments arguments, Scratch*) {
  return Scratch::Bool(Order(arguments) >= 0);
}

Result<bson::Value> Lt(Arguments arguments, Scratch*) {
  return Scratch::Bool(Order(arguments) < 0);
}

Result<bson::Value> Lte(Arguments arguments, Scratch*) {
  return Scratch::Bool(Order(arguments) <= 0);
}

Result<bson::Value> Ne(Arguments arguments, Scratch*) {
  return Scratch::Bool(Order(arguments) != 0);
}

Result<bson::Value> Not(Arguments arguments, Scratch*) {
  return Scratch::Bool(!bson::IsTrue(arguments[0]));
}

Result<bson::Value> IsNumber(Arguments arguments, Scratch*) {
  return Scratch::Bool(arguments[0].IsNumber());
}

Result<bson::Value> Type(Arguments arguments, Scratch* scratch) {
  return scratch->String(NameOfType(arguments[0]));
}

}  // namespace cairn::expression
