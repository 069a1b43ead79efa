// SPDX-License-Identifier: Apache-2.0
// Values as text, as operators on strings and conversions write them. Pure; any thread.
#pragma once

#include <string>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::expression {

/// The shortest digits that read back as the same double; with an exponent from 1e16 on and below
/// 1e-4.
std::string TextOfDouble(double value);
/// What operators on strings take for strings: numbers (doubles with six digits), dates,
/// timestamps, code and symbols; what is null is empty. Error: Location16007 for others.
Result<std::string> TextOf(bson::Value value);

}  // namespace cairn::expression
