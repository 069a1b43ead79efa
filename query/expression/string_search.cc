// SPDX-License-Identifier: Apache-2.0
// Finding one string in another: $indexOfBytes, $indexOfCP, $split, $replaceOne, $replaceAll.
#include <optional>
#include <string>

#include "engine/base/try.h"
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
  size_t copied = 0;
  size_t at = input.find(find);
  while (at != std::string_view::npos) {
    out.append(input.substr(copied, at - copied)).append(replacement);
    copied = at + find.size();
    if (!all || at == input.size() || out.size() > static_cast<size_t>(bson::kMaxDocumentBytes)) {
      break;
    }
    // An empty string is found before each code point and at the end.
    at = find.empty() ? NextCodePoint(input, at) : input.find(find, copied);
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
  const size_t found = text.substr(0, range->end).find(arguments[1].AsString(), range->start);
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
  const size_t found = text.find(arguments[1].AsString(), start);
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
  bson::Builder parts;
  parts.OpenArray("");
  for (size_t at = rest.find(separator); at != std::string_view::npos; at = rest.find(separator)) {
    parts.AppendString(parts.NextIndex(), rest.substr(0, at));
    rest.remove_prefix(at + separator.size());
  }
  parts.AppendString(parts.NextIndex(), rest);
  parts.Close();
  const bson::Document made = parts.Finish();
  const bson::Value array = made[""];
  return context.scratch->Copy(array.type(), {array.payload(), array.size()});
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
