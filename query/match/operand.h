// SPDX-License-Identifier: Apache-2.0
// Integers as operands, by the rules that $size, $mod, the bit tests and $jsonSchema share.
// Pure; any thread.
#pragma once

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::match {

/// A number that is an integer of 64 bits. Error: FailedToParse.
Result<int64_t> Integer(bson::Value operand);
/// The same, and not negative. Error: FailedToParse.
Result<int64_t> NonNegativeInteger(bson::Value operand);

}  // namespace cairn::match
