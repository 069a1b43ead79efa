// SPDX-License-Identifier: Apache-2.0
// The types of columns: text becomes a value and a value becomes text. Any thread.
//
//   name      takes                                       gives
//   auto      a number that reads the same again, else    a scalar's plain text, a document's or
//             a string                                    array's Extended JSON
//   string    any text
//   int32, int64, double, decimal                         the number
//   boolean   true, t, yes, 1; false, f, no, 0            true, false
//   date      ISO 8601, or what the argument says in      the same
//             the words of strptime(3), in UTC
//   objectid  24 hexadecimal digits
//   binary    base64 or, with the argument hex, digits    the same (subtype 0 alone)
//   json      any value as Extended JSON                  canonical Extended JSON
#pragma once

#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::server {

struct CsvType {
  enum class Kind {
    kAuto,
    kString,
    kInt32,
    kInt64,
    kDouble,
    kDecimal,
    kBoolean,
    kDate,
    kObjectId,
    kBinary,
    kJson
  };
  Kind kind = Kind::kAuto;
  std::string argument{};  ///< Of a date its format, of a binary "hex"; else empty.

  /// "int32()", "date(%Y-%m-%d)". Error BadValue.
  static Result<CsvType> Parse(std::string_view text);
  std::string_view name() const;
};

/// Appends the value that `text` is. Error FailedToParse, which does not name the column.
Status AppendCsvText(const CsvType& type, std::string_view name, const std::string& text,
                     bson::Builder* builder);

/// The text of a value that is neither missing nor null. Error TypeMismatch when it is of another
/// type.
Result<std::string> CsvText(const CsvType& type, bson::Value value);

}  // namespace cairn::server
