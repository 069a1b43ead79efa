// SPDX-License-Identifier: Apache-2.0
// RapidJSON's iterative reader over a copy of the text, in place, with our builder behind it. What
// the reader does not check is checked here or in the builder: NUL bytes (it would silently end
// there), a byte order mark, sizes, surrogates from escapes. Numbers are only delimited by it, as
// text.
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <limits>

#include "cairn/json.h"
#include "engine/bson/json_builder.h"

namespace cairn::json {
namespace {

constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseInsituFlag |
                            rapidjson::kParseValidateEncodingFlag |
                            rapidjson::kParseNumbersAsStringsFlag;

/// The error with the place: lines and columns count from 1, columns in characters.
Status ErrorAt(std::string_view text, size_t offset, std::string_view what,
               ErrorCode code = ErrorCode::kFailedToParse) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_end = before.rfind('\n');
  const std::string_view row =
      line_end == std::string_view::npos ? before : before.substr(line_end + 1);
  const auto column = 1 + std::count_if(row.begin(), row.end(), [](char c) {
                        return (static_cast<uint8_t>(c) & 0xC0) != 0x80;
                      });
  return Status(code, std::string(what) + " at line " + std::to_string(line) + ", column " +
                          std::to_string(column) + " (byte offset " + std::to_string(offset) + ")");
}

Status CheckText(std::string_view text, const ParseLimits& limits) {
  constexpr size_t kBytesMax = std::numeric_limits<int32_t>::max();
  const size_t bytes_max = std::min(limits.bytes_max, kBytesMax);
  if (text.size() > bytes_max) {
    return ErrorAt(text, bytes_max,
                   "The JSON text is larger than " + std::to_string(bytes_max) + " bytes",
                   ErrorCode::kBSONObjectTooLarge);
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return ErrorAt(text, 0, "The JSON text begins with a byte order mark");
  }
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return ErrorAt(text, nul, "The JSON text holds a zero byte");
  }
  return Status();
}

/// The reader's sentence without its full stop. `at`: the byte that it is about.
std::string ReaderText(rapidjson::ParseErrorCode code, unsigned char at) {
  if (code == rapidjson::kParseErrorStringEscapeInvalid && at < ' ') {
    return "A control character in a string must be written as an escape, such as \\n or \\u0001";
  }
  std::string text = rapidjson::GetParseError_En(code);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

Result<bson::Document> ParseAs(Root root, std::string_view text, const ParseLimits& limits) {
  if (Status checked = CheckText(text, limits); !checked.ok()) return checked;
  // The reader looks at all bytes that a UTF-8 sequence should have, also behind the text's end.
  constexpr size_t kSequenceBytesMax = 4;
  std::string buffer;
  buffer.reserve(text.size() + kSequenceBytesMax);
  buffer.append(text).append(kSequenceBytesMax, '\0');
  rapidjson::InsituStringStream stream(buffer.data());
  JsonBuilder builder(root, text, limits, buffer.data(), &stream.src_);
  rapidjson::Reader reader;
  const rapidjson::ParseResult parsed =
      limits.special_numbers
          ? reader.Parse<kFlags | rapidjson::kParseNanAndInfFlag>(stream, builder)
          : reader.Parse<kFlags>(stream, builder);
  if (builder.failed()) {
    return ErrorAt(text, builder.error_offset(), builder.what(), builder.code());
  }
  if (parsed.IsError()) {
    const size_t at = parsed.Offset();
    return ErrorAt(text, at, ReaderText(parsed.Code(), at < text.size() ? text[at] : ' '));
  }
  return builder.Finish();
}

}  // namespace

Result<bson::Document> Parse(std::string_view text, const ParseLimits& limits) {
  return ParseAs(Root::kDocument, text, limits);
}

Result<bson::Document> ParseArray(std::string_view text, const ParseLimits& limits) {
  return ParseAs(Root::kArray, text, limits);
}

Result<bson::Document> ParseValue(std::string_view text, const ParseLimits& limits) {
  return ParseAs(Root::kValue, text, limits);
}

}  // namespace cairn::json
