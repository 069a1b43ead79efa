// SPDX-License-Identifier: Apache-2.0
// One function for each wrapper, over the object as it was read: a plain BSON document.
#include "engine/bson/json_wrapper.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/bson/base64.h"
#include "engine/bson/iso_date.h"
#include "engine/bson/number.h"
#include "engine/bson/number_text.h"

namespace cairn::json {
namespace {

using base::AppendLittle;
using bson::Element;
using bson::Type;
using bson::Value;
using bson::View;

Status Bad(std::string_view key, std::string_view what) {
  return Status(ErrorCode::kFailedToParse, std::string(key) + " " + std::string(what));
}

/// The only value of the object.
Status OnlyValue(View object, std::string_view key, Value* value) {
  auto at = object.begin();
  *value = at->value;
  if (++at != object.end()) return Bad(key, "must be the only field of its object");
  return Status();
}

Status OnlyString(View object, std::string_view key, std::string_view* text) {
  Value value;
  CAIRN_TRY(OnlyValue(object, key, &value));
  if (value.type() != Type::kString) return Bad(key, "takes a string");
  *text = value.AsString();
  return Status();
}

void AppendText(std::string_view text, std::string* payload) {
  AppendLittle(payload, static_cast<int32_t>(text.size() + 1));
  payload->append(text);
  payload->push_back('\0');
}

/// The values of exactly these two fields, in any order.
Status TwoFields(View object, std::string_view key, std::string_view first, std::string_view second,
                 Value* first_value, Value* second_value) {
  for (const Element& element : object) {
    if (element.name == first) {
      *first_value = element.value;
    } else if (element.name == second) {
      *second_value = element.value;
    } else {
      return Bad(key, "has a field that does not belong to it");
    }
  }
  if (first_value->missing() || second_value->missing()) {
    return Bad(key, "needs " + std::string(first) + " and " + std::string(second));
  }
  return Status();
}

Status TwoFieldsInside(View object, std::string_view key, std::string_view first,
                       std::string_view second, Value* first_value, Value* second_value) {
  Value inner;
  CAIRN_TRY(OnlyValue(object, key, &inner));
  if (inner.type() != Type::kDocument) return Bad(key, "takes an object");
  return TwoFields(inner.AsView(), key, first, second, first_value, second_value);
}

Status ConvertOid(const WrapperInput& in, WrapperOutput* out) {
  std::string_view hex;
  CAIRN_TRY(OnlyString(in.object, "$oid", &hex));
  auto id = bson::ObjectId::FromHex(hex);
  if (!id.ok()) return Bad("$oid", "takes 24 hexadecimal digits");
  out->type = Type::kObjectId;
  AppendLittle(&out->payload, id.value());
  return Status();
}

Status ConvertSymbol(const WrapperInput& in, WrapperOutput* out) {
  std::string_view text;
  CAIRN_TRY(OnlyString(in.object, "$symbol", &text));
  out->type = Type::kSymbol;
  AppendText(text, &out->payload);
  return Status();
}

Status ConvertInt(const WrapperInput& in, WrapperOutput* out) {
  std::string_view text;
  CAIRN_TRY(OnlyString(in.object, "$numberInt", &text));
  int64_t value = 0;
  if (bson::ReadInt64(text, &value) != bson::NumberText::kOk ||
      value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max()) {
    return Bad("$numberInt", "takes a 32-bit integer");
  }
  out->type = Type::kInt32;
  AppendLittle(&out->payload, static_cast<int32_t>(value));
  return Status();
}

Status ConvertLong(const WrapperInput& in, WrapperOutput* out) {
  std::string_view text;
  CAIRN_TRY(OnlyString(in.object, "$numberLong", &text));
  int64_t value = 0;
  if (bson::ReadInt64(text, &value) != bson::NumberText::kOk) {
    return Bad("$numberLong", "takes a 64-bit integer");
  }
  out->type = Type::kInt64;
  AppendLittle(&out->payload, value);
  return Status();
}

Status ConvertDouble(const WrapperInput& in, WrapperOutput* out) {
  std::string_view text;
  CAIRN_TRY(OnlyString(in.object, "$numberDouble", &text));
  double value = 0;
  if (text == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity" || text == "-Infinity") {
    value = std::numeric_limits<double>::infinity() * (text[0] == '-' ? -1 : 1);
  } else if (bson::ReadDouble(text, &value) != bson::NumberText::kOk) {
    return Bad("$numberDouble", "takes a number, NaN, Infinity or -Infinity");
  }
  out->type = Type::kDouble;
  AppendLittle(&out->payload, value);
  return Status();
}

Status ConvertDecimal(const WrapperInput& in, WrapperOutput* out) {
  std::string_view text;
  CAIRN_TRY(OnlyString(in.object, "$numberDecimal", &text));
  auto value = bson::Decimal128::FromString(text);
  if (!value.ok()) return Bad("$numberDecimal:", value.status().message());
  out->type = Type::kDecimal128;
  AppendLittle(&out->payload, value.value());
  return Status();
}

/// A subtype: one or two hexadecimal digits.
bool ReadSubtype(std::string_view text, uint8_t* subtype) {
  if (text.empty() || text.size() > 2) return false;
  unsigned value = 0;
  for (const char c : text) {
    const char lower = static_cast<char>(c | 0x20);
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (lower < 'a' || lower > 'f')) return false;
    value = value * 16 + static_cast<unsigned>(digit ? c - '0' : lower - 'a' + 10);
  }
  *subtype = static_cast<uint8_t>(value);
  return true;
}

void AppendBinaryHead(size_t length, uint8_t subtype, std::string* payload) {
  const auto stored = static_cast<int32_t>(length);
  // The old subtype repeats the length inside of the data.
  AppendLittle(payload, subtype == 2 ? stored + 4 : stored);
  payload->push_back(static_cast<char>(subtype));
  if (subtype == 2) AppendLittle(payload, stored);
}

/// {"$binary": {"base64", "subType"}} or the older {"$binary": "…", "$type": "…"}.
Status ConvertBinary(const WrapperInput& in, WrapperOutput* out) {
  Value data;
  Value subtype_text;
  if (in.object["$binary"].type() == Type::kString) {
    CAIRN_TRY(TwoFields(in.object, "$binary", "$binary", "$type", &data, &subtype_text));
  } else {
    CAIRN_TRY(TwoFieldsInside(in.object, "$binary", "base64", "subType", &data, &subtype_text));
  }
  if (data.type() != Type::kString || subtype_text.type() != Type::kString) {
    return Bad("$binary", "takes strings");
  }
  uint8_t subtype = 0;
  if (!ReadSubtype(subtype_text.AsString(), &subtype)) {
    return Bad("$binary", "takes a subtype of one or two hexadecimal digits");
  }
  std::string bytes;
  if (!bson::DecodeBase64(data.AsString(), &bytes)) return Bad("$binary", "takes padded base64");
  out->type = Type::kBinary;
  AppendBinaryHead(bytes.size(), subtype, &out->payload);
  out->payload.append(bytes);
  return Status();
}

Status ConvertUuid(const WrapperInput& in, WrapperOutput* out) {
  std::string_view text;
  CAIRN_TRY(OnlyString(in.object, "$uuid", &text));
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  bool good = text.size() == kShape.size();
  std::string bytes;
  for (size_t i = 0; good && i < text.size(); ++i) {
    if (kShape[i] == '-') {
      good = text[i] == '-';
      continue;
    }
    uint8_t byte = 0;
    good = text[i + 1] != '-' && ReadSubtype(text.substr(i, 2), &byte);
    bytes.push_back(static_cast<char>(byte));
    ++i;
  }
  if (!good) return Bad("$uuid", "takes hexadecimal digits in groups of 8-4-4-4-12");
  out->type = Type::kBinary;
  AppendBinaryHead(bytes.size(), 4, &out->payload);
  out->payload.append(bytes);
  return Status();
}

Status ConvertCode(const WrapperInput& in, WrapperOutput* out) {
  const Value code = in.object["$code"];
  if (code.type() != Type::kString) return Bad("$code", "takes a string");
  const bool alone = ++in.object.begin() == in.object.end();
  if (alone) {
    out->type = Type::kCode;
    AppendText(code.AsString(), &out->payload);
    return Status();
  }
  Value unused;
  Value scope;
  CAIRN_TRY(TwoFields(in.object, "$code", "$code", "$scope", &unused, &scope));
  if (scope.type() != Type::kDocument) return Bad("$scope", "takes an object");
  out->type = Type::kCodeWithScope;
  AppendLittle(&out->payload, static_cast<int32_t>(4 + code.size() + scope.size()));
  AppendText(code.AsString(), &out->payload);
  out->payload.append(scope.AsView().bytes());
  return Status();
}

/// An unsigned 32-bit integer.
bool ReadUint32(Value value, uint32_t* number) {
  if (value.type() != Type::kInt32 && value.type() != Type::kInt64) return false;
  const int64_t wide = bson::Number::From(value).integer();
  *number = static_cast<uint32_t>(wide);
  return wide >= 0 && wide <= std::numeric_limits<uint32_t>::max();
}

Status ConvertTimestamp(const WrapperInput& in, WrapperOutput* out) {
  Value seconds;
  Value increment;
  CAIRN_TRY(TwoFieldsInside(in.object, "$timestamp", "t", "i", &seconds, &increment));
  bson::Timestamp timestamp;
  if (!ReadUint32(seconds, &timestamp.seconds) || !ReadUint32(increment, &timestamp.increment)) {
    return Bad("$timestamp", "takes unsigned 32-bit integers");
  }
  out->type = Type::kTimestamp;
  AppendLittle(&out->payload, timestamp);
  return Status();
}

Status ConvertRegex(const WrapperInput& in, WrapperOutput* out) {
  Value pattern;
  Value options;
  CAIRN_TRY(
      TwoFieldsInside(in.object, "$regularExpression", "pattern", "options", &pattern, &options));
  if (pattern.type() != Type::kString || options.type() != Type::kString) {
    return Bad("$regularExpression", "takes strings");
  }
  // BSON keeps the options in alphabetical order.
  std::string sorted(options.AsString());
  std::sort(sorted.begin(), sorted.end());
  if (pattern.AsString().find('\0') != std::string_view::npos ||
      sorted.find('\0') != std::string::npos) {
    return Bad("$regularExpression", "must not hold a zero byte");
  }
  if (std::any_of(sorted.begin(), sorted.end(), [](char c) { return (c & 0x80) != 0; })) {
    return Bad("$regularExpression", "takes options that are ASCII letters");
  }
  out->type = Type::kRegex;
  out->payload.append(pattern.AsString()).push_back('\0');
  out->payload.append(sorted).push_back('\0');
  return Status();
}

Status ConvertDbPointer(const WrapperInput& in, WrapperOutput* out) {
  Value ns;
  Value id;
  CAIRN_TRY(TwoFieldsInside(in.object, "$dbPointer", "$ref", "$id", &ns, &id));
  if (ns.type() != Type::kString) return Bad("$dbPointer", "takes a string as $ref");
  if (id.type() != Type::kObjectId) return Bad("$dbPointer", "takes an ObjectId as $id");
  out->type = Type::kDbPointer;
  AppendText(ns.AsString(), &out->payload);
  AppendLittle(&out->payload, id.AsObjectId());
  return Status();
}

Status ConvertDate(const WrapperInput& in, WrapperOutput* out) {
  Value value;
  CAIRN_TRY(OnlyValue(in.object, "$date", &value));
  std::optional<int64_t> ms;
  if (value.type() == Type::kString) {
    ms = bson::ParseIsoDate(value.AsString());
  } else if (value.type() == Type::kInt64 && in.last_value_wrapped) {
    ms = value.AsInt64();
  }
  if (!ms) {
    return Bad("$date",
               "takes an ISO 8601 date and time with a zone, or {\"$numberLong\": milliseconds}");
  }
  out->type = Type::kDate;
  AppendLittle(&out->payload, *ms);
  return Status();
}

Status OnlyOne(View object, std::string_view key) {
  Value value;
  CAIRN_TRY(OnlyValue(object, key, &value));
  if (value.type() != Type::kInt32 || value.AsInt32() != 1) return Bad(key, "takes 1");
  return Status();
}

Status ConvertMinKey(const WrapperInput& in, WrapperOutput* out) {
  out->type = Type::kMinKey;
  return OnlyOne(in.object, "$minKey");
}

Status ConvertMaxKey(const WrapperInput& in, WrapperOutput* out) {
  out->type = Type::kMaxKey;
  return OnlyOne(in.object, "$maxKey");
}

Status ConvertUndefined(const WrapperInput& in, WrapperOutput* out) {
  Value value;
  CAIRN_TRY(OnlyValue(in.object, "$undefined", &value));
  if (value.type() != Type::kBool || !value.AsBool()) return Bad("$undefined", "takes true");
  out->type = Type::kUndefined;
  return Status();
}

constexpr Wrapper kWrappers[] = {
    {"$binary", ConvertBinary},
    {"$code", ConvertCode},
    {"$date", ConvertDate},
    {"$dbPointer", ConvertDbPointer},
    {"$maxKey", ConvertMaxKey},
    {"$minKey", ConvertMinKey},
    {"$numberDecimal", ConvertDecimal},
    {"$numberDouble", ConvertDouble},
    {"$numberInt", ConvertInt},
    {"$numberLong", ConvertLong},
    {"$oid", ConvertOid},
    {"$regularExpression", ConvertRegex},
    {"$symbol", ConvertSymbol},
    {"$timestamp", ConvertTimestamp},
    {"$undefined", ConvertUndefined},
    {"$uuid", ConvertUuid},
};

constexpr bool LessByKey(const Wrapper& a, const Wrapper& b) { return a.key < b.key; }
static_assert(std::is_sorted(std::begin(kWrappers), std::end(kWrappers), LessByKey));

}  // namespace

const Wrapper* FindWrapper(std::string_view key) noexcept {
  const Wrapper* const row = std::lower_bound(std::begin(kWrappers), std::end(kWrappers),
                                              Wrapper{key, nullptr}, LessByKey);
  return row != std::end(kWrappers) && row->key == key ? row : nullptr;
}

}  // namespace cairn::json
