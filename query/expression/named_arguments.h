// SPDX-License-Identifier: Apache-2.0
// Operators whose operand is a document of named arguments. Any thread.
#pragma once

#include <span>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::expression {

/// One argument; kOk: it may be left out.
struct NamedArgument {
  std::string_view name;
  ErrorCode missing = ErrorCode::kOk;
};

/// Finds the `arguments` of `operand` and puts them into `values`, in their order; the last of
/// several of one name counts. Errors: `not_document`, `unknown` for another field, and each
/// argument's own.
Status ReadNamedArguments(std::string_view name, bson::Value operand,
                          std::span<const NamedArgument> arguments, ErrorCode not_document,
                          ErrorCode unknown, bson::Value* values);

}  // namespace cairn::expression
