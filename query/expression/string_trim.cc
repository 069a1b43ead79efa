// SPDX-License-Identifier: Apache-2.0
// $trim, $ltrim, $rtrim: by code points, of white space unless told otherwise.
#include <string>
#include <unordered_set>

#include "engine/base/deadline.h"
#include "engine/base/try.h"
#include "query/expression/code_points.h"
#include "query/expression/named_call.h"
#include "query/expression/string_operators.h"

namespace cairn::expression {
namespace {

constexpr size_t kInput = 0;
constexpr size_t kChars = 1;
constexpr NamedField kFields[] = {{"input", ErrorCode::kLocation50695}, {"chars", ErrorCode::kOk}};

// NUL, the white space of ASCII, and that of Unicode up to U+200A.
constexpr std::string_view kWhiteSpace(
    "\0 \t\n\v\f\r\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A",
    7 + 2 + 3 * 12);

using CodePoints = std::unordered_set<std::string_view>;

CodePoints CodePointsOf(std::string_view text) {
  CodePoints points;
  for (size_t at = 0; at < text.size();) {
    const size_t next = NextCodePoint(text, at);
    points.insert(text.substr(at, next - at));
    at = next;
  }
  return points;
}

Result<std::string_view> Trimmed(std::string_view text, std::string_view chars, bool left,
                                 bool right) {
  const CodePoints set = CodePointsOf(chars);
  base::Pace<4096> pace;
  while (left && !text.empty()) {
    CAIRN_TRY(pace.Step());
    const size_t next = NextCodePoint(text, 0);
    if (!set.contains(text.substr(0, next))) break;
    text.remove_prefix(next);
  }
  while (right && !text.empty()) {
    CAIRN_TRY(pace.Step());
    size_t last = text.size() - 1;
    while (last > 0 && ContinuesCodePoint(text[last])) --last;
    if (!set.contains(text.substr(last))) break;
    text = text.substr(0, last);
  }
  return text;
}

template <bool left, bool right>
Result<bson::Value> Trim(const NamedArguments& arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const bson::Value input, arguments.Evaluate(kInput, context));
  if (input.IsNullish()) return Scratch::Null();
  if (input.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation50699, "a trim requires its input to be a string, got a " +
                                                 std::string(NameOfType(input)));
  }
  std::string_view chars = kWhiteSpace;
  if (arguments.Has(kChars)) {
    CAIRN_TRY_ASSIGN(const bson::Value value, arguments.Evaluate(kChars, context));
    if (value.IsNullish()) return Scratch::Null();
    if (value.type() != bson::Type::kString) {
      return Status(ErrorCode::kLocation50700, "a trim requires 'chars' to be a string, got a " +
                                                   std::string(NameOfType(value)));
    }
    chars = value.AsString();
  }
  CAIRN_TRY_ASSIGN(const std::string_view trimmed, Trimmed(input.AsString(), chars, left, right));
  return context.scratch->String(trimmed);
}

Result<ExpressionPtr> ParseAny(std::string_view name, NamedFunction function, bson::Value operand,
                               Scope* scope, int depth) {
  return ParseNamedCall({name, ErrorCode::kLocation50696, ErrorCode::kLocation50694, kFields},
                        function, operand, scope, depth);
}

}  // namespace

Result<ExpressionPtr> ParseLtrim(bson::Value operand, Scope* scope, int depth) {
  return ParseAny("$ltrim", Trim<true, false>, operand, scope, depth);
}

Result<ExpressionPtr> ParseRtrim(bson::Value operand, Scope* scope, int depth) {
  return ParseAny("$rtrim", Trim<false, true>, operand, scope, depth);
}

Result<ExpressionPtr> ParseTrim(bson::Value operand, Scope* scope, int depth) {
  return ParseAny("$trim", Trim<true, true>, operand, scope, depth);
}

}  // namespace cairn::expression
