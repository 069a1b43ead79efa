// SPDX-License-Identifier: Apache-2.0
#include "server/http/target.h"

#include <charconv>

#include "cairn/json.h"

namespace cairn::server {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsUnreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// Whether the store would take `text` as a string: asked of the one UTF-8 validator there is.
bool IsUtf8(std::string_view text) {
  bson::Builder builder;
  builder.AppendString("", text);
  return bson::Validate(builder.Finish().bytes()).ok();
}

Status BadId(std::string_view text, std::string_view type) {
  return Status(ErrorCode::kBadValue,
                "id '" + std::string(text) + "' is not of type " + std::string(type));
}

template <typename T>
bool ParseNumber(std::string_view text, T* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

bool AppendUuid(std::string_view text, bson::Builder* id) {
  std::string bytes;
  int high = -1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-') continue;
    const int digit = HexDigit(text[i]);
    if (digit < 0) return false;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    }
  }
  if (bytes.size() != 16 || high >= 0 || text.size() != 36) return false;
  id->AppendBinary("_id", 4, bytes);
  return true;
}

/// An id given as Extended JSON.
Result<bson::Document> ParseJsonId(std::string_view text) {
  Result<bson::Document> parsed = json::ParseValue(text);
  if (!parsed.ok()) return std::move(parsed).status();
  bson::Builder id;
  id.Append("_id", parsed->view().Find(""));
  return id.Finish();
}

bool AppendDate(std::string_view text, bson::Builder* id) {
  int64_t ms = 0;
  if (ParseNumber(text, &ms)) {
    id->AppendDate("_id", ms);
    return true;
  }
  std::string wrapped = "{\"$date\":";
  json::WriteString(text, &wrapped);
  wrapped += "}";
  Result<bson::Document> parsed = json::ParseValue(wrapped);
  if (!parsed.ok()) return false;
  id->Append("_id", parsed->view().Find(""));
  return true;
}

}  // namespace

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded.push_back(' ');
    } else if (text[i] != '%') {
      decoded.push_back(text[i]);
    } else {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (i + 2 >= text.size() || high < 0 || low < 0) {
        return Status(ErrorCode::kBadValue, "broken percent escape in the URL");
      }
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  const bool plain = std::all_of(decoded.begin(), decoded.end(),
                                 [](char c) { return static_cast<signed char>(c) > 0; });
  if (!plain && (decoded.find('\0') != std::string::npos || !IsUtf8(decoded))) {
    return Status(ErrorCode::kBadValue, "the URL does not decode to UTF-8 text without NUL");
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded.push_back(c);
    } else {
      encoded.push_back('%');
      encoded.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      encoded.push_back(kHex[static_cast<unsigned char>(c) & 15]);
    }
  }
  return encoded;
}

std::vector<std::string_view> SplitPath(std::string_view path) {
  std::vector<std::string_view> segments;
  segments.reserve(8);
  while (!path.empty()) {
    path.remove_prefix(1);  // the '/'
    const size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

Result<QueryParameters> ParseQuery(std::string_view query) {
  QueryParameters parameters;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    Result<std::string> name = PercentDecode(pair.substr(0, equals), true);
    if (!name.ok()) return std::move(name).status();
    Result<std::string> value = PercentDecode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!value.ok()) return std::move(value).status();
    parameters.emplace_back(std::move(name).value(), std::move(value).value());
  }
  return parameters;
}

std::string_view UnescapeSegment(std::string_view decoded) {
  if (!decoded.empty() && decoded[0] == '~') decoded.remove_prefix(1);
  return decoded;
}

std::string EscapeSegment(std::string_view text) {
  const bool escape = !text.empty() && (text[0] == '_' || text[0] == '~');
  return (escape ? "~" : "") + PercentEncode(text);
}

std::string CollectionPath(std::string_view database, std::string_view collection) {
  return "/v1/" + EscapeSegment(database) + "/" + EscapeSegment(collection);
}

std::string DocumentPath(std::string_view database, std::string_view collection, bson::Value id) {
  const std::string base = CollectionPath(database, collection) + "/";
  if (id.type() == bson::Type::kObjectId) return base + id.AsObjectId().ToHex();
  // Clients take "." and ".." for steps in the path.
  const bool is_name = id.type() == bson::Type::kString && !id.AsString().empty() &&
                       id.AsString() != "." && id.AsString() != "..";
  if (is_name) {
    const bool looks_like_oid = bson::ObjectId::FromHex(id.AsString()).ok();
    return base + EscapeSegment(id.AsString()) + (looks_like_oid ? "?id_type=string" : "");
  }
  std::string text;
  json::WriteValue(id, json::Format::kCanonical, &text);
  return base + EscapeSegment(text) + "?id_type=json";
}

Result<bson::Document> ParseId(std::string_view text, std::string_view id_type) {
  bson::Builder id;
  constexpr size_t kOidDigits = 24;
  if (id_type == "oid" || (id_type.empty() && text.size() == kOidDigits)) {
    Result<bson::ObjectId> oid = bson::ObjectId::FromHex(text);
    if (oid.ok()) return id.AppendObjectId("_id", oid.value()).Finish();
    if (id_type == "oid") return BadId(text, id_type);
  }
  if (id_type.empty() || id_type == "string") return id.AppendString("_id", text).Finish();
  if (id_type == "json") return ParseJsonId(text);
  int32_t int32 = 0;
  int64_t int64 = 0;
  double number = 0;
  if (id_type == "int" && ParseNumber(text, &int32)) return id.AppendInt32("_id", int32).Finish();
  if (id_type == "long" && ParseNumber(text, &int64)) return id.AppendInt64("_id", int64).Finish();
  if (id_type == "double" && ParseNumber(text, &number)) {
    return id.AppendDouble("_id", number).Finish();
  }
  if (id_type == "date" && AppendDate(text, &id)) return id.Finish();
  if (id_type == "uuid" && AppendUuid(text, &id)) return id.Finish();
  for (const char* known : {"int", "long", "double", "date", "uuid"}) {
    if (id_type == known) return BadId(text, id_type);
  }
  return Status(ErrorCode::kBadValue,
                "id_type must be one of oid, string, int, long, double, date, uuid, json");
}

}  // namespace cairn::server
