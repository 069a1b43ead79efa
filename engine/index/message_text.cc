// SPDX-License-Identifier: Apache-2.0
#include "engine/index/message_text.h"

#include <cmath>
#include <cstdio>
#include <string_view>

namespace cairn::index {
namespace {

using bson::Type;
using bson::Value;

constexpr int kDepthMax = 8;

void AppendHex(std::string_view bytes, std::string* out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const unsigned char byte : bytes.substr(0, kMessageStringBytesMax)) {
    out->push_back(kDigits[byte >> 4]);
    out->push_back(kDigits[byte & 15]);
  }
}

void AppendDouble(double value, std::string* out) {
  if (std::isnan(value)) {
    out->append("nan");
  } else if (std::isinf(value)) {
    out->append(value < 0 ? "-inf" : "inf");
  } else {
    char text[32];
    std::snprintf(text, sizeof(text), "%.16g", value);
    out->append(text);
    if (std::string_view(text).find_first_of(".e") == std::string_view::npos) out->append(".0");
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  if (text.size() > kMessageStringBytesMax) {
    size_t end = kMessageStringBytesMax - 10;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    out->append(text.substr(0, end));
    out->append("...");
  } else {
    out->append(text);
  }
  out->push_back('"');
}

void AppendUuid(std::string_view bytes, std::string* out) {
  std::string hex;
  for (const unsigned char byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", byte);
    hex.append(digits);
  }
  for (const size_t at : {20, 16, 12, 8}) hex.insert(at, "-");
  out->append("UUID(\"" + hex + "\")");
}

void AppendBinary(Value value, std::string* out) {
  const std::string_view bytes = value.AsBinary();
  if (value.BinarySubtype() == 4 && bytes.size() == 16) {
    AppendUuid(bytes, out);
    return;
  }
  out->append("BinData(" + std::to_string(value.BinarySubtype()) + ", ");
  AppendHex(bytes, out);
  out->push_back(')');
}

void AppendDocument(bson::View view, bool array, int depth, std::string* out);

void AppendNumber(Value value, std::string* out) {
  if (value.type() == Type::kInt32) {
    out->append(std::to_string(value.AsInt32()));
  } else if (value.type() == Type::kInt64) {
    out->append(std::to_string(value.AsInt64()));
  } else if (value.type() == Type::kDouble) {
    AppendDouble(value.AsDouble(), out);
  } else {
    out->append(value.AsDecimal128().ToString());
  }
}

// Types that are rarely a key.
void AppendRare(Value value, std::string* out) {
  switch (value.type()) {
    case Type::kTimestamp:
      out->append("Timestamp(" + std::to_string(value.AsTimestamp().seconds) + ", " +
                  std::to_string(value.AsTimestamp().increment) + ")");
      break;
    case Type::kRegex:
      out->append("/" + std::string(value.RegexPattern().substr(0, kMessageStringBytesMax)) + "/");
      out->append(value.RegexOptions().substr(0, 16));
      break;
    case Type::kDbPointer:
      out->append("DBRef('" + std::string(value.DbPointerNamespace().substr(0, 255)) + "', " +
                  value.DbPointerId().ToHex() + ")");
      break;
    case Type::kCode:
      AppendQuoted(value.AsString(), out);
      break;
    case Type::kCodeWithScope:
      out->append("CodeWScope( ");
      AppendQuoted(value.ScopedCode(), out);
      out->append(")");
      break;
    case Type::kMinKey:
      out->append("MinKey");
      break;
    case Type::kMaxKey:
      out->append("MaxKey");
      break;
    default:
      out->append("undefined");
      break;
  }
}

void AppendValue(Value value, int depth, std::string* out) {
  switch (value.type()) {
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDouble:
    case Type::kDecimal128:
      return AppendNumber(value, out);
    case Type::kString:
    case Type::kSymbol:
      return AppendQuoted(value.AsString(), out);
    case Type::kDocument:
    case Type::kArray:
      return AppendDocument(value.AsView(), value.type() == Type::kArray, depth + 1, out);
    case Type::kObjectId:
      out->append("ObjectId('" + value.AsObjectId().ToHex() + "')");
      return;
    case Type::kBool:
      out->append(value.AsBool() ? "true" : "false");
      return;
    case Type::kDate:
      out->append("new Date(" + std::to_string(value.AsDateMs()) + ")");
      return;
    case Type::kNull:
      out->append("null");
      return;
    case Type::kBinary:
      return AppendBinary(value, out);
    default:
      return AppendRare(value, out);
  }
}

void AppendDocument(bson::View view, bool array, int depth, std::string* out) {
  if (view.empty()) {
    out->append(array ? "[]" : "{}");
    return;
  }
  out->append(array ? "[ " : "{ ");
  bool first = true;
  for (const bson::Element& element : view) {
    if (!first) out->append(", ");
    first = false;
    if (depth > kDepthMax || out->size() > kMessageTextBytesMax) {
      out->append("...");
      break;
    }
    if (!array) {
      out->append(element.name.substr(0, kMessageStringBytesMax));
      out->append(": ");
    }
    AppendValue(element.value, depth, out);
  }
  out->append(array ? " ]" : " }");
}

}  // namespace

std::string MessageText(bson::View document) {
  std::string text;
  AppendDocument(document, false, 0, &text);
  return text;
}

}  // namespace cairn::index
