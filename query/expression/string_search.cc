// SPDX-License-Identifier: Apache-2.0
// Finding one string in another: $indexOfBytes, $indexOfCP, $split, $replaceOne, $replaceAll.
#include <cstring>
#include <optional>
#include <string>

#include "engine/base/deadline.h"
#include "engine/base/try.h"
#include "query/expression/array_maker.h"
#include "query/expression/code_points.h"
#include "query/expression/named_call.h"
#include "query/expression/string_operators.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;

Status CheckString(bson::Value value, ErrorCode code, std::string_view what) {
  if (value.type() == bson::Type::kString) return Status::Ok();
  return Status(code,
                std::string(what) + " requires a string, found: " + std::string(NameOfType(value)));
}

Result<size_t> Position(bson::Value value, std::string_view name) {
  const auto integer =
      value.IsNumber() ? bson::ToInt32Exact(bson::Number::From(value)) : std::nullopt;
  if (!integer) {
    return Status(ErrorCode::kLocation40096,
                  std::string(name) + " requires an integral index, found a value of type: " +
                      std::string(NameOfType(value)));
  }
  if (*integer < 0) {
    return Status(
        ErrorCode::kLocation40097,
        std::string(name) + " requires a nonnegative index, found: " + std::to_string(*integer));
  }
  return static_cast<size_t>(*integer);
}

struct Names {
  std::string_view name;
  ErrorCode no_text;
  ErrorCode no_part;
};

// Where to search from and to, as arguments after the two strings say.
struct Range {
  size_t start = 0;
  size_t end;
};

// Empty when the text is null.
Result<std::optional<Range>> CheckArguments(const Names& names, Arguments arguments) {
  if (arguments[0].IsNullish()) return std::optional<Range>();
  CAIRN_TRY(CheckString(arguments[0], names.no_text, names.name));
  CAIRN_TRY(CheckString(arguments[1], names.no_part, names.name));
  Range range{0, arguments[0].AsString().size()};
  if (arguments.size() > 2) {
    CAIRN_TRY_ASSIGN(range.start, Position(arguments[2], names.name));
  }
  if (arguments.size() > 3) {
    CAIRN_TRY_ASSIGN(const size_t end, Position(arguments[3], names.name));
    range.end = std::min(range.end, end);
  }
  return std::optional<Range>(range);
}

// Where the first `part` in `text` begins, from there on, or npos. In linear time: the search of
// std::string_view takes the product of both lengths where they are alike.
size_t Find(std::string_view part, std::string_view text, size_t from) {
  if (from > text.size()) return text.npos;
  const void* const found =
      memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? text.npos
                          : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

enum ReplaceField : size_t { kInput, kFind, kReplacement };

Result<bson::Value> Replace(const NamedArguments& arguments, const Context& context, bool all) {
  static constexpr ErrorCode kCodes[] = {ErrorCode::kLocation10503904, ErrorCode::kLocation10503901,
                                         ErrorCode::kLocation10503902};
  bson::Value values[3];
  bool null = false;
  for (size_t i = 0; i < 3; ++i) {
    CAIRN_TRY_ASSIGN(values[i], arguments.Evaluate(i, context));
    if (values[i].IsNullish()) {
      null = true;
    } else {
      CAIRN_TRY(CheckString(values[i], kCodes[i], all ? "$replaceAll" : "$replaceOne"));
    }
  }
  if (null) return Scratch::Null();
  const std::string_view input = values[kInput].AsString();
  const std::string_view find = values[kFind].AsString();
  const std::string_view replacement = values[kReplacement].AsString();
  std::string out;
  base::Pace<1024> pace;
  size_t copied = 0;
  size_t at = Find(find, input, 0);
  while (at != input.npos) {
    out.append(input.substr(copied, at - copied)).append(replacement);
    copied = at + find.size();
    if (!all || at == input.size() || out.size() > static_cast<size_t>(bson::kMaxDocumentBytes)) {
      break;
    }
    CAIRN_TRY(pace.Step());
    // An empty string is found before each code point and at the end.
    at = find.empty() ? NextCodePoint(input, at) : Find(find, input, copied);
  }
  out.append(input.substr(copied));
  return context.scratch->String(out);
}

Result<bson::Value> ReplaceAll(const NamedArguments& arguments, const Context& context) {
  return Replace(arguments, context, true);
}

Result<bson::Value> ReplaceOne(const NamedArguments& arguments, const Context& context) {
  return Replace(arguments, context, false);
}

constexpr NamedField kReplaceFields[] = {{"input", ErrorCode::kLocation51749},
                                         {"find", ErrorCode::kLocation51748},
                                         {"replacement", ErrorCode::kLocation51747}};

}  // namespace

Result<bson::Value> IndexOfBytes(Arguments arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const auto range, CheckArguments({"$indexOfBytes", ErrorCode::kLocation40091,
                                                     ErrorCode::kLocation40092},
                                                    arguments));
  if (!range) return Scratch::Null();
  if (range->start > range->end) return context.scratch->Int32(-1);
  const std::string_view text = arguments[0].AsString();
  const size_t found = Find(arguments[1].AsString(), text.substr(0, range->end), range->start);
  return context.scratch->Int32(found == text.npos ? -1 : static_cast<int32_t>(found));
}

// What is found must begin in the range, but may end behind it; so nothing is found at its end.
Result<bson::Value> IndexOfCp(Arguments arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const auto range, CheckArguments({"$indexOfCP", ErrorCode::kLocation40093,
                                                     ErrorCode::kLocation40094},
                                                    arguments));
  if (!range) return Scratch::Null();
  const std::string_view text = arguments[0].AsString();
  if (text.empty() && range->start == 0 && arguments[1].AsString().empty()) {
    return context.scratch->Int32(0);
  }
  if (range->start >= range->end) return context.scratch->Int32(-1);
  const size_t start = FindCodePoint(text, range->start);
  const size_t end = start + FindCodePoint(text.substr(start), range->end - range->start);
  const size_t found = Find(arguments[1].AsString(), text, start);
  if (found == text.npos || found >= end) return context.scratch->Int32(-1);
  const size_t index = range->start + CountCodePoints(text.substr(start, found - start));
  return context.scratch->Int32(static_cast<int32_t>(index));
}

Result<bson::Value> Split(Arguments arguments, const Context& context) {
  if (arguments[0].IsNullish() || arguments[1].IsNullish()) return Scratch::Null();
  CAIRN_TRY(CheckString(arguments[0], ErrorCode::kLocation40085, "$split"));
  CAIRN_TRY(CheckString(arguments[1], ErrorCode::kLocation40086, "$split"));
  std::string_view rest = arguments[0].AsString();
  const std::string_view separator = arguments[1].AsString();
  if (separator.empty()) {
    return Status(ErrorCode::kLocation40087, "$split requires a non-empty separator");
  }
  ArrayMaker parts;
  for (size_t at = Find(separator, rest, 0); at != rest.npos; at = Find(separator, rest, 0)) {
    CAIRN_TRY(parts.AppendString(rest.substr(0, at)));
    rest.remove_prefix(at + separator.size());
  }
  CAIRN_TRY(parts.AppendString(rest));
  return parts.Finish(context.scratch);
}

Result<ExpressionPtr> ParseReplaceAll(bson::Value operand, Scope* scope, int depth) {
  return ParseNamedCall(
      {"$replaceAll", ErrorCode::kLocation51751, ErrorCode::kLocation51750, kReplaceFields},
      ReplaceAll, operand, scope, depth);
}

Result<ExpressionPtr> ParseReplaceOne(bson::Value operand, Scope* scope, int depth) {
  return ParseNamedCall(
      {"$replaceOne", ErrorCode::kLocation51751, ErrorCode::kLocation51750, kReplaceFields},
      ReplaceOne, operand, scope, depth);
}

}  // namespace cairn::expression
