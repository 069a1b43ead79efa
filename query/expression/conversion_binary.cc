// SPDX-License-Identifier: Apache-2.0
// Conversions from and to binary: the bytes of numbers, and text in several formats.
#include <algorithm>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/base64.h"
#include "engine/bson/utf8.h"
#include "query/expression/conversion.h"

namespace cairn::expression {
namespace {

using bson::Type;

constexpr uint8_t kUuidSubtype = 4;
// Where a UUID has its dashes.
constexpr size_t kDashes[] = {8, 13, 18, 23};
constexpr size_t kUuidTextBytes = 36;

Status NoFormat() {
  return Status(ErrorCode::kLocation4341115,
                "$convert requires 'format' for conversions between string and binData");
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool DecodeHex(std::string_view text, std::string* out) {
  if (text.size() % 2 != 0) return false;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out->push_back(static_cast<char>(high * 16 + low));
  }
  return true;
}

std::string Hex(std::string_view bytes, std::string_view digits) {
  std::string out;
  for (const char byte : bytes) {
    out += digits[static_cast<uint8_t>(byte) >> 4];
    out += digits[static_cast<uint8_t>(byte) & 15];
  }
  return out;
}

bool DecodeUuid(std::string_view text, std::string* out) {
  if (text.size() != kUuidTextBytes) return false;
  std::string hex;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = std::ranges::find(kDashes, i) != std::end(kDashes);
    if (dash != (text[i] == '-')) return false;
    if (!dash) hex += text[i];
  }
  return DecodeHex(hex, out);
}

// Padding is optional; the other two characters of plain base64 are not allowed.
bool DecodeBase64Url(std::string_view text, std::string* out) {
  std::string plain(text);
  for (char& c : plain) {
    if (c == '+' || c == '/') return false;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  if (!text.ends_with('=')) plain.append((4 - plain.size() % 4) % 4, '=');
  return bson::DecodeBase64(plain, out);
}

std::string Base64Url(std::string_view bytes) {
  std::string text;
  bson::AppendBase64(bytes, &text);
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

bool Decode(std::string_view text, BinaryFormat format, std::string* out) {
  switch (format) {
    case BinaryFormat::kBase64:
      return bson::DecodeBase64(text, out);
    case BinaryFormat::kBase64Url:
      return DecodeBase64Url(text, out);
    case BinaryFormat::kHex:
      return DecodeHex(text, out);
    case BinaryFormat::kUtf8:
      out->assign(text);
      return true;
    default:
      return DecodeUuid(text, out);
  }
}

Result<bson::Value> MakeBinary(std::string_view bytes, uint8_t subtype, Scratch* scratch) {
  bson::Builder builder;
  builder.AppendBinary("", subtype, bytes);
  const bson::Document made = builder.Finish();
  const bson::Value value = made[""];
  return scratch->Copy(value.type(), {value.payload(), value.size()});
}

Result<bson::Value> FromText(std::string_view text, const Target& target, Scratch* scratch) {
  if (target.format == BinaryFormat::kNone) return NoFormat();
  BinaryFormat format = target.format;
  const bool uuid = target.subtype == kUuidSubtype;
  if (format == BinaryFormat::kAuto && uuid) format = BinaryFormat::kUuid;
  if (format == BinaryFormat::kAuto || uuid != (format == BinaryFormat::kUuid)) {
    return FailedConversion("the format does not suit the subtype");
  }
  std::string bytes;
  if (!Decode(text, format, &bytes)) {
    return FailedConversion("input string does not match the format: '" + std::string(text) + "'");
  }
  return MakeBinary(bytes, target.subtype, scratch);
}

}  // namespace

Result<bson::Value> BinaryToText(bson::Value value, BinaryFormat format, Scratch* scratch) {
  if (format == BinaryFormat::kNone) return NoFormat();
  const std::string_view bytes = value.AsBinary();
  const bool uuid = value.BinarySubtype() == kUuidSubtype;
  if (format == BinaryFormat::kAuto) format = uuid ? BinaryFormat::kUuid : BinaryFormat::kBase64;
  std::string text;
  switch (format) {
    case BinaryFormat::kBase64:
      bson::AppendBase64(bytes, &text);
      break;
    case BinaryFormat::kBase64Url:
      text = Base64Url(bytes);
      break;
    case BinaryFormat::kHex:
      text = Hex(bytes, "0123456789ABCDEF");
      break;
    case BinaryFormat::kUtf8:
      if (!bson::IsUtf8(bytes)) return FailedConversion("the bytes are not UTF-8");
      text = bytes;
      break;
    default:
      if (!uuid || bytes.size() != 16) return FailedConversion("the bytes are no UUID");
      text = Hex(bytes, "0123456789abcdef");
      for (const size_t dash : kDashes) text.insert(dash, "-");
      break;
  }
  return scratch->String(text);
}

Result<bson::Value> ToBinary(bson::Value value, const Target& target, Scratch* scratch) {
  switch (value.type()) {
    case Type::kString:
      return FromText(value.AsString(), target, scratch);
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDouble: {
      std::string bytes(value.payload(), value.size());
      if (target.big_endian) std::ranges::reverse(bytes);
      return MakeBinary(bytes, target.subtype, scratch);
    }
    case Type::kBinary:
      if (value.BinarySubtype() != target.subtype) {
        return FailedConversion("binData of one subtype does not become one of another");
      }
      return value;
    default:
      return NoConversion(value, target);
  }
}

}  // namespace cairn::expression
