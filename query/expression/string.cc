// SPDX-License-Identifier: Apache-2.0
// Joining, comparing and changing case. Case means ASCII only here, as in MongoDB.
#include <algorithm>
#include <string>

#include "engine/base/try.h"
#include "query/expression/string_operators.h"
#include "query/expression/text_of.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

template <typename Change>
Result<bson::Value> Changed(Arguments arguments, Scratch* scratch, Change change) {
  CAIRN_TRY_ASSIGN(std::string text, TextOf(arguments[0]));
  std::ranges::transform(text, text.begin(), change);
  return scratch->String(text);
}

}  // namespace

Result<bson::Value> Concat(Arguments arguments, const Context& context) {
  std::vector<std::string_view> parts;
  for (const bson::Value value : arguments) {
    if (value.IsNullish()) return Scratch::Null();
    if (value.type() != bson::Type::kString) {
      return Status(ErrorCode::kLocation16702,
                    "$concat only supports strings, not " + std::string(NameOfType(value)));
    }
    parts.push_back(value.AsString());
  }
  return context.scratch->Joined(parts);
}

Result<bson::Value> StrCaseCmp(Arguments arguments, const Context& context) {
  std::string texts[2];
  for (size_t i = 0; i < 2; ++i) {
    CAIRN_TRY_ASSIGN(texts[i], TextOf(arguments[i]));
    std::ranges::transform(texts[i], texts[i].begin(), Upper);
  }
  const int order = texts[0].compare(texts[1]);
  return context.scratch->Int32(order < 0 ? -1 : order > 0 ? 1 : 0);
}

Result<bson::Value> ToLower(Arguments arguments, const Context& context) {
  return Changed(arguments, context.scratch, Lower);
}

Result<bson::Value> ToUpper(Arguments arguments, const Context& context) {
  return Changed(arguments, context.scratch, Upper);
}

}  // namespace cairn::expression
