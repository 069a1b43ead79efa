// SPDX-License-Identifier: Apache-2.0
// MongoDB Extended JSON v2 in and out, and the plain JSON of the Data API.
// https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md
//
// Parsing is iterative and strict: duplicate keys, invalid UTF-8, lone surrogates, NUL in names or
// in the text, a byte order mark, NaN literals, integers outside 64 bits and numbers of more than
// 1,024 characters are errors (FailedToParse) whose message names line, column and byte offset.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::json {

/// How values without a JSON type of their own are written.
enum class Format {
  kCanonical,  ///< Every BSON type survives: {"$numberInt":"1"}.
  kRelaxed,    ///< Plain numbers and ISO dates where nothing but the width of a number is lost.
  kPlain,      ///< The Data API's: ObjectId as hex string, Date as ISO string, Binary as
               ///< {"Subtype","Data"}; types are lost.
};

struct ParseLimits {
  size_t bytes_max = bson::kMaxMessageBytes;            ///< Of the text.
  int32_t document_bytes_max = bson::kMaxMessageBytes;  ///< Of the resulting BSON.
  int depth_max = bson::kMaxDepth;
  /// Takes the literals NaN, Infinity and -Infinity, which are no JSON, as doubles: for importing
  /// files that other programs wrote.
  bool special_numbers = false;
};

/// The document in `text`, canonical, relaxed or mixed Extended JSON; numbers without a wrapper
/// become int32, int64 or double by their form. The whole text must be one object.
[[nodiscard]] CAIRN_API Result<bson::Document> Parse(std::string_view text,
                                                     const ParseLimits& limits = {});
/// As Parse, for a text that is an array of any values. The result is a BSON array's bytes.
[[nodiscard]] CAIRN_API Result<bson::Document> ParseArray(std::string_view text,
                                                          const ParseLimits& limits = {});
/// As Parse, for any one value; the result is {"": value}.
[[nodiscard]] CAIRN_API Result<bson::Document> ParseValue(std::string_view text,
                                                          const ParseLimits& limits = {});

/// Appends `document` to `out` as JSON, without spaces.
CAIRN_API void Write(bson::View document, Format format, std::string* out);
/// The same for an array's bytes.
CAIRN_API void WriteArray(bson::View array, Format format, std::string* out);
/// The same for one value; a missing value is written as null.
CAIRN_API void WriteValue(bson::Value value, Format format, std::string* out);

/// Convenience over Write.
[[nodiscard]] CAIRN_API std::string ToJson(bson::View document, Format format = Format::kRelaxed);

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
CAIRN_API void WriteString(std::string_view text, std::string* out);

}  // namespace cairn::json
