// SPDX-License-Identifier: Apache-2.0
// Conversions from one type of value into another, as $convert names them. Any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "query/expression/expression.h"

namespace cairn::expression {

/// How bytes are written as text.
enum class BinaryFormat : uint8_t { kNone, kAuto, kBase64, kBase64Url, kHex, kUtf8, kUuid };

/// What a value is to become.
struct Target {
  bson::Type type = bson::Type::kNull;
  uint8_t subtype = 0;  ///< Of binary.
  BinaryFormat format = BinaryFormat::kNone;
  bool big_endian = false;  ///< The order of a number's bytes in binary.
};

/// `value` is not null. Errors: ConversionFailure where there is no such conversion or the value
/// does not fit, Location4341115 for a format that is missing, Location18537 for dates outside the
/// years 0 to 9999.
Result<bson::Value> Convert(bson::Value value, const Target& target, Scratch* scratch);

/// The parts of Convert by target. `value` is of any type.
Result<bson::Value> ToNumber(bson::Value value, const Target& target, Scratch* scratch);
Result<bson::Value> ToBinary(bson::Value value, const Target& target, Scratch* scratch);
Result<bson::Value> BinaryToText(bson::Value value, BinaryFormat format, Scratch* scratch);

/// "Failed to parse …" and its like.
Status NoConversion(bson::Value from, const Target& target);
Status FailedConversion(std::string_view why);

}  // namespace cairn::expression
