// SPDX-License-Identifier: Apache-2.0
// Types that Extended JSON has go through its parser and writer, so that what a number or a date
// looks like is said in one place.
#include "server/cli/csv_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <utility>

#include "cairn/json.h"

namespace cairn::server {
namespace {

using Kind = CsvType::Kind;

struct TypeName {
  std::string_view name;
  Kind kind;
};
constexpr std::array kTypeNames = {
    TypeName{"auto", Kind::kAuto},         TypeName{"string", Kind::kString},
    TypeName{"int32", Kind::kInt32},       TypeName{"int64", Kind::kInt64},
    TypeName{"double", Kind::kDouble},     TypeName{"decimal", Kind::kDecimal},
    TypeName{"boolean", Kind::kBoolean},   TypeName{"date", Kind::kDate},
    TypeName{"objectid", Kind::kObjectId}, TypeName{"binary", Kind::kBinary},
    TypeName{"json", Kind::kJson},
};

constexpr size_t kDateTextMax = 256;

Status NotA(const CsvType& type, const std::string& text) {
  constexpr size_t kShown = 60;
  const std::string shown = text.size() <= kShown ? text : text.substr(0, kShown) + "…";
  return Status(ErrorCode::kFailedToParse,
                "'" + shown + "' is no " + std::string(type.name()) +
                    (type.argument.empty() ? "" : " of the form " + type.argument));
}

// A number whose text would be the same when it is written again: what has a leading zero or a plus
// sign (a postal code, a telephone number) is no number.
bool IsPlainNumber(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  if (text.empty() || text.size() > 40) return false;
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || (digits > 1 && text.front() == '0')) return false;
  return text.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
}

void AppendAuto(std::string_view name, const std::string& text, bson::Builder* builder) {
  const char* end = text.data() + text.size();
  if (IsPlainNumber(text)) {
    int64_t whole = 0;
    const auto as_whole = std::from_chars(text.data(), end, whole);
    if (as_whole.ec == std::errc() && as_whole.ptr == end && text != "-0") {
      if (std::in_range<int32_t>(whole)) {
        builder->AppendInt32(name, static_cast<int32_t>(whole));
      } else {
        builder->AppendInt64(name, whole);
      }
      return;
    }
    double number = 0;
    const auto as_double = std::from_chars(text.data(), end, number);
    const bool digits_alone = text.find_first_not_of("-0123456789") == std::string::npos;
    if (as_double.ec == std::errc() && as_double.ptr == end && (!digits_alone || text == "-0")) {
      builder->AppendDouble(name, number);
      return;
    }
  }
  builder->AppendString(name, text);
}

// The value whose Extended JSON is {"key":"text"}, or {"key":{"inner":"text"…}}.
Status AppendWrapped(const CsvType& type, std::string_view name, const std::string& text,
                     std::string_view before, std::string_view after, bson::Type wanted,
                     bson::Builder* builder) {
  std::string wrapped(before);
  json::WriteString(text, &wrapped);
  wrapped += after;
  const Result<bson::Document> parsed = json::ParseValue(wrapped);
  if (!parsed.ok() || (*parsed)[""].type() != wanted) return NotA(type, text);
  builder->Append(name, (*parsed)[""]);
  return Status::Ok();
}

Status AppendBoolean(const CsvType& type, std::string_view name, const std::string& text,
                     bson::Builder* builder) {
  std::string lower = text;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  constexpr std::array<std::string_view, 4> kTrue = {"true", "t", "yes", "1"};
  constexpr std::array<std::string_view, 4> kFalse = {"false", "f", "no", "0"};
  const bool yes = std::find(kTrue.begin(), kTrue.end(), lower) != kTrue.end();
  if (!yes && std::find(kFalse.begin(), kFalse.end(), lower) == kFalse.end()) {
    return NotA(type, text);
  }
  builder->AppendBool(name, yes);
  return Status::Ok();
}

// What ISO 8601 lets out, a time of day, its seconds and the zone, is put in: midnight, 0 and UTC.
std::string WholeIsoText(std::string text) {
  constexpr size_t kDateBytes = 10;  // YYYY-MM-DD
  if (text.size() == kDateBytes) return text + "T00:00:00Z";
  if (text.size() > kDateBytes && text[kDateBytes] == ' ') text[kDateBytes] = 'T';
  const size_t zone = std::min(text.find_first_of("Z+-", kDateBytes), text.size());
  const bool zoned = zone < text.size();
  if (zone == kDateBytes + 6) text.insert(zone, ":00");  // THH:MM
  return zoned ? text : text + "Z";
}

// Milliseconds, of the dates that have no year of four digits.
bool ReadFarDate(std::string_view text, int64_t* ms) {
  constexpr int64_t kYear0 = -62'167'219'200'000;
  constexpr int64_t kYear10000 = 253'402'300'800'000;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *ms);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() &&
         (*ms < kYear0 || *ms >= kYear10000);
}

Status AppendDate(const CsvType& type, std::string_view name, const std::string& text,
                  bson::Builder* builder) {
  if (type.argument.empty()) {
    int64_t ms = 0;
    if (ReadFarDate(text, &ms)) {
      builder->AppendDate(name, ms);
      return Status::Ok();
    }
    if (AppendWrapped(type, name, WholeIsoText(text), R"({"$date":)", "}", bson::Type::kDate,
                      builder)
            .ok()) {
      return Status::Ok();
    }
    return NotA(type, text);
  }
  std::tm parts{};
  parts.tm_mday = 1;
  const char* behind = strptime(text.c_str(), type.argument.c_str(), &parts);
  if (behind == nullptr || behind != text.c_str() + text.size()) return NotA(type, text);
  // %z is kept beside the parts.
  const long offset_seconds = parts.tm_gmtoff;
  const std::tm given = parts;
  const std::time_t seconds = timegm(&parts);
  // A 31st of February is no day of March.
  if (parts.tm_mday != given.tm_mday || parts.tm_mon != given.tm_mon) return NotA(type, text);
  builder->AppendDate(name, (int64_t{seconds} - offset_seconds) * 1000);
  return Status::Ok();
}

Status AppendBinary(const CsvType& type, std::string_view name, const std::string& text,
                    bson::Builder* builder) {
  if (type.argument.empty()) {
    return AppendWrapped(type, name, text, R"({"$binary":{"subType":"00","base64":)", "}}",
                         bson::Type::kBinary, builder);
  }
  std::string bytes;
  for (size_t at = 0; at < text.size(); at += 2) {
    unsigned byte = 0;
    const char* from = text.data() + at;
    const char* end = from + std::min<size_t>(2, text.size() - at);
    const auto read = std::from_chars(from, end, byte, 16);
    if (read.ec != std::errc() || read.ptr != from + 2) return NotA(type, text);
    bytes.push_back(static_cast<char>(byte));
  }
  builder->AppendBinary(name, 0, bytes);
  return Status::Ok();
}

// The plain form without its quotes; scalars have nothing to be escaped.
std::string PlainText(bson::Value value) {
  std::string text;
  json::WriteValue(value, json::Format::kPlain, &text);
  if (text.size() >= 2 && text.front() == '"') return text.substr(1, text.size() - 2);
  return text;
}

std::string DoubleText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::array<char, 32> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), written.ptr);
}

Result<std::string> DateText(const CsvType& type, bson::Value value) {
  const int64_t ms = value.AsDateMs();
  if (type.argument.empty()) {
    int64_t far = 0;
    const std::string number = std::to_string(ms);
    return ReadFarDate(number, &far) ? number : PlainText(value);
  }
  const std::time_t seconds = ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
  std::tm parts{};
  std::array<char, kDateTextMax> text;
  const size_t bytes = gmtime_r(&seconds, &parts) == nullptr
                           ? 0
                           : std::strftime(text.data(), text.size(), type.argument.c_str(), &parts);
  if (bytes == 0) {
    return Status(ErrorCode::kTypeMismatch, "the date cannot be written as " + type.argument);
  }
  return std::string(text.data(), bytes);
}

std::string BinaryText(const CsvType& type, bson::Value value) {
  if (type.argument.empty()) {
    // {"$binary":{"base64":"…","subType":"00"}}
    std::string text;
    json::WriteValue(value, json::Format::kCanonical, &text);
    constexpr std::string_view kBefore = R"("base64":")";
    const size_t from = text.find(kBefore) + kBefore.size();
    return text.substr(from, text.find('"', from) - from);
  }
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : value.AsBinary()) {
    text += kHex[static_cast<unsigned char>(c) >> 4];
    text += kHex[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

// Any value as well as text without a type can.
std::string AutoText(bson::Value value) {
  switch (value.type()) {
    case bson::Type::kString:
    case bson::Type::kSymbol:
      return std::string(value.AsString());
    case bson::Type::kDouble:
      return DoubleText(value.AsDouble());
    case bson::Type::kInt32:
    case bson::Type::kInt64:
    case bson::Type::kBool:
    case bson::Type::kDecimal128:
    case bson::Type::kDate:
    case bson::Type::kObjectId:
      return PlainText(value);
    default: {
      std::string text;
      json::WriteValue(value, json::Format::kRelaxed, &text);
      return text;
    }
  }
}

bool IsOf(Kind kind, bson::Value value) {
  switch (kind) {
    case Kind::kAuto:
    case Kind::kJson:
      return true;
    case Kind::kString:
      return value.type() == bson::Type::kString;
    case Kind::kInt32:
      return value.type() == bson::Type::kInt32;
    case Kind::kInt64:
      return value.type() == bson::Type::kInt64;
    case Kind::kDouble:
      return value.type() == bson::Type::kDouble;
    case Kind::kDecimal:
      return value.type() == bson::Type::kDecimal128;
    case Kind::kBoolean:
      return value.type() == bson::Type::kBool;
    case Kind::kDate:
      return value.type() == bson::Type::kDate;
    case Kind::kObjectId:
      return value.type() == bson::Type::kObjectId;
    case Kind::kBinary:
      return value.type() == bson::Type::kBinary && value.BinarySubtype() == 0;
  }
  return false;
}

}  // namespace

Result<CsvType> CsvType::Parse(std::string_view text) {
  const size_t open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')') {
    return Status(ErrorCode::kBadValue,
                  "'" + std::string(text) + "' is no type: one is written as int32()");
  }
  CsvType type;
  type.argument = text.substr(open + 1, text.size() - open - 2);
  for (const TypeName& known : kTypeNames) {
    if (known.name != text.substr(0, open)) continue;
    type.kind = known.kind;
    if (type.kind == Kind::kBinary && type.argument == "base64") type.argument.clear();
    const bool takes = type.argument.empty() || type.kind == Kind::kDate ||
                       (type.kind == Kind::kBinary && type.argument == "hex");
    if (takes) return type;
    return Status(ErrorCode::kBadValue, "the type " + std::string(known.name) +
                                            " does not take the argument '" + type.argument + "'");
  }
  std::string names;
  for (const TypeName& known : kTypeNames) names += ' ' + std::string(known.name);
  return Status(ErrorCode::kBadValue,
                "'" + std::string(text.substr(0, open)) + "' is no type; there are:" + names);
}

std::string_view CsvType::name() const {
  return std::find_if(kTypeNames.begin(), kTypeNames.end(),
                      [this](const TypeName& row) { return row.kind == kind; })
      ->name;
}

Status AppendCsvText(const CsvType& type, std::string_view name, const std::string& text,
                     bson::Builder* builder) {
  switch (type.kind) {
    case Kind::kAuto:
      AppendAuto(name, text, builder);
      return Status::Ok();
    case Kind::kString:
      builder->AppendString(name, text);
      return Status::Ok();
    case Kind::kInt32:
      return AppendWrapped(type, name, text, R"({"$numberInt":)", "}", bson::Type::kInt32, builder);
    case Kind::kInt64:
      return AppendWrapped(type, name, text, R"({"$numberLong":)", "}", bson::Type::kInt64,
                           builder);
    case Kind::kDouble:
      return AppendWrapped(type, name, text, R"({"$numberDouble":)", "}", bson::Type::kDouble,
                           builder);
    case Kind::kDecimal:
      return AppendWrapped(type, name, text, R"({"$numberDecimal":)", "}", bson::Type::kDecimal128,
                           builder);
    case Kind::kBoolean:
      return AppendBoolean(type, name, text, builder);
    case Kind::kDate:
      return AppendDate(type, name, text, builder);
    case Kind::kObjectId:
      return AppendWrapped(type, name, text, R"({"$oid":)", "}", bson::Type::kObjectId, builder);
    case Kind::kBinary:
      return AppendBinary(type, name, text, builder);
    case Kind::kJson: {
      const Result<bson::Document> parsed = json::ParseValue(text);
      if (!parsed.ok()) return parsed.status();
      builder->Append(name, (*parsed)[""]);
      return Status::Ok();
    }
  }
  return Status::Ok();
}

Result<std::string> CsvText(const CsvType& type, bson::Value value) {
  if (!IsOf(type.kind, value)) {
    std::string shown;
    json::WriteValue(value, json::Format::kCanonical, &shown);
    if (shown.size() > kDateTextMax) shown = "a value of another type";
    return Status(ErrorCode::kTypeMismatch, shown + " is no " + std::string(type.name()));
  }
  switch (type.kind) {
    case Kind::kDate:
      return DateText(type, value);
    case Kind::kBinary:
      return BinaryText(type, value);
    case Kind::kJson: {
      std::string text;
      json::WriteValue(value, json::Format::kCanonical, &text);
      return text;
    }
    default:
      return AutoText(value);
  }
}

}  // namespace cairn::server
