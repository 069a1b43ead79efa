// SPDX-License-Identifier: Apache-2.0
// Strings. $toLower and $toUpper know ASCII only, as MongoDB's.
#include <algorithm>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/iso_date.h"
#include "engine/bson/number_text.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;

// The text of what $toLower and its kin take for strings; null is empty.
Result<std::string> Text(bson::Value value) {
  switch (value.type()) {
    case bson::Type::kNull:
    case bson::Type::kUndefined:
    case bson::Type::kEndOfObject:
      return std::string();
    case bson::Type::kString:
    case bson::Type::kSymbol:
    case bson::Type::kCode:
      return std::string(value.AsString());
    case bson::Type::kInt32:
      return std::to_string(value.AsInt32());
    case bson::Type::kInt64:
      return std::to_string(value.AsInt64());
    case bson::Type::kDouble: {
      char text[bson::kDoubleTextBytesMax];
      std::string shortest(text, bson::WriteDouble(value.AsDouble(), text));
      if (shortest.ends_with(".0")) shortest.resize(shortest.size() - 2);
      return shortest;
    }
    case bson::Type::kDecimal128:
      return value.AsDecimal128().ToString();
    default:
      return Status(ErrorCode::kLocation16007, "can't convert from BSON type " +
                                                   std::string(NameOfType(value)) + " to String");
  }
}

template <typename Change>
Result<bson::Value> Changed(Arguments arguments, Scratch* scratch, Change change) {
  CAIRN_TRY_ASSIGN(std::string text, Text(arguments[0]));
  std::ranges::transform(text, text.begin(), change);
  return scratch->String(text);
}

}  // namespace

Result<bson::Value> Concat(Arguments arguments, const Context& context) {
  std::string joined;
  for (const bson::Value value : arguments) {
    if (value.IsNullish()) return Scratch::Null();
    if (value.type() != bson::Type::kString) {
      return Status(ErrorCode::kLocation16702,
                    "$concat only supports strings, not " + std::string(NameOfType(value)));
    }
    joined += value.AsString();
  }
  return context.scratch->String(joined);
}

Result<bson::Value> ToLower(Arguments arguments, const Context& context) {
  return Changed(arguments, context.scratch, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
}

Result<bson::Value> ToUpper(Arguments arguments, const Context& context) {
  return Changed(arguments, context.scratch, [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
}

}  // namespace cairn::expression
