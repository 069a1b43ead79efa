// SPDX-License-Identifier: Apache-2.0
// Extended JSON from BSON: one loop over a stack of open documents, writing through a pointer.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "cairn/json.h"
#include "engine/base/bytes.h"
#include "engine/bson/base64.h"
#include "engine/bson/byte_sink.h"
#include "engine/bson/iso_date.h"
#include "engine/bson/number_text.h"
#include "engine/bson/utf8.h"

namespace cairn::json {
namespace {

using bson::ByteSink;
using bson::Type;
using bson::Value;
using bson::View;

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;
constexpr uint64_t kSpacesAbove = (kOnes << 32) * ' ';  // Plain, beyond four bytes.

/// The high bit of each byte that cannot be copied as it is: control characters, `"`, `\`, and
/// everything beyond ASCII. Only the lowest set bit is exact.
uint64_t Specials(uint64_t word) {
  const uint64_t quote = word ^ (kOnes * '"');
  const uint64_t backslash = word ^ (kOnes * '\\');
  return (((word - kOnes * 0x20) & ~word) | (quote - kOnes) | (backslash - kOnes) | word) & kHighs;
}

void PutEscape(uint8_t c, ByteSink* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      return out->Append("\\\"");
    case '\\':
      return out->Append("\\\\");
    case '\b':
      return out->Append("\\b");
    case '\f':
      return out->Append("\\f");
    case '\n':
      return out->Append("\\n");
    case '\r':
      return out->Append("\\r");
    case '\t':
      return out->Append("\\t");
    default:
      out->Append("\\u00");
      out->Push(kHex[c >> 4]);
      out->Push(kHex[c & 15]);
  }
}

/// Copies `text` as far as it can be copied as it is; how many bytes that are. There is room for
/// all of it at `to`.
size_t CopyPlain(std::string_view text, char* to) {
  size_t at = 0;
  for (; text.size() - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
    const auto word = base::LoadLittle<uint64_t>(text.data() + at);
    std::memcpy(to + at, text.data() + at, sizeof(word));
    const uint64_t specials = Specials(word);
    if (specials != 0) return at + static_cast<size_t>(std::countr_zero(specials)) / 8;
  }
  if (text.size() - at >= sizeof(uint32_t)) {
    const auto word = base::LoadLittle<uint32_t>(text.data() + at);
    std::memcpy(to + at, text.data() + at, sizeof(word));
    const uint64_t specials = Specials(word | kSpacesAbove);
    if (specials != 0) return at + static_cast<size_t>(std::countr_zero(specials)) / 8;
    at += sizeof(word);
  }
  for (; at < text.size(); ++at) {
    const auto c = static_cast<uint8_t>(text[at]);
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
    to[at] = text[at];
  }
  return at;
}

void PutString(std::string_view text, ByteSink* out) {
  out->Push('"');
  while (!text.empty()) {
    const size_t plain = CopyPlain(text, out->Reserve(text.size() + 1));
    out->Advance(plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto c = static_cast<uint8_t>(text[0]);
    if (c < 0x80) {
      PutEscape(c, out);
      text.remove_prefix(1);
      continue;
    }
    const size_t sequence = bson::Utf8SequenceLength(text);
    out->Append(sequence == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, sequence));
    text.remove_prefix(sequence == 0 ? 1 : sequence);
  }
  out->Push('"');
}

void PutInteger(int64_t value, ByteSink* out) {
  constexpr size_t kDigitsMax = 20;
  char* const at = out->Reserve(kDigitsMax);
  out->Advance(static_cast<size_t>(std::to_chars(at, at + kDigitsMax, value).ptr - at));
}

void PutDouble(double value, ByteSink* out) {
  char* const at = out->Reserve(bson::kDoubleTextBytesMax);
  out->Advance(static_cast<size_t>(bson::WriteDouble(value, at) - at));
}

class Writer {
 public:
  Writer(Format format, ByteSink* out) : format_(format), out_(*out) { open_.clear(); }

  /// The value and everything in it.
  void Run(Value value) {
    Put(value);
    while (!open_.empty()) {
      Level& level = open_.back();
      if (level.at == level.end) {
        out_.Push(level.is_array ? ']' : '}');
        if (level.closes_wrapper) out_.Push('}');
        open_.pop_back();
        continue;
      }
      const bson::Element element = *level.at;
      ++level.at;
      if (!level.first) out_.Push(',');
      level.first = false;
      if (!level.is_array) {
        PutString(element.name, &out_);
        out_.Push(':');
      }
      Put(element.value);
    }
  }

 private:
  struct Level {
    View::Iterator at;
    View::Iterator end;
    bool is_array;
    bool closes_wrapper;  // One more brace behind it.
    bool first = true;
  };

  void Enter(View view, bool is_array, bool closes_wrapper = false) {
    out_.Push(is_array ? '[' : '{');
    open_.push_back({view.begin(), view.end(), is_array, closes_wrapper});
  }

  bool plain() const { return format_ == Format::kPlain; }
  bool canonical() const { return format_ == Format::kCanonical; }

  /// {"$key":"text"}, where the text needs no escapes.
  void PutWrapped(std::string_view key, std::string_view text) {
    out_.Append("{\"");
    out_.Append(key);
    out_.Append("\":\"");
    out_.Append(text);
    out_.Append("\"}");
  }

  void PutQuoted(std::string_view text) {
    out_.Push('"');
    out_.Append(text);
    out_.Push('"');
  }

  void Put(Value value) {
    switch (value.type()) {
      case Type::kString:
        return PutString(value.AsString(), &out_);
      case Type::kInt32:
        return PutInt(value.AsInt32(), "{\"$numberInt\":\"");
      case Type::kInt64:
        return PutInt(value.AsInt64(), "{\"$numberLong\":\"");
      case Type::kDouble:
        return PutReal(value.AsDouble());
      case Type::kDocument:
        return Enter(value.AsView(), false);
      case Type::kArray:
        return Enter(value.AsView(), true);
      case Type::kBool:
        return out_.Append(value.AsBool() ? "true" : "false");
      case Type::kNull:
      case Type::kEndOfObject:
        return out_.Append("null");
      case Type::kObjectId:
        return PutObjectId(value.AsObjectId());
      case Type::kDate:
        return PutDate(value.AsDateMs());
      default:
        return plain() ? PutRarePlain(value) : PutRare(value);
    }
  }

  void PutInt(int64_t value, std::string_view wrapper) {
    if (!canonical()) return PutInteger(value, &out_);
    out_.Append(wrapper);
    PutInteger(value, &out_);
    out_.Append("\"}");
  }

  void PutReal(double value) {
    const bool finite = value - value == 0;
    if (finite && !canonical()) return PutDouble(value, &out_);
    if (!plain()) out_.Append("{\"$numberDouble\":");
    out_.Push('"');
    PutDouble(value, &out_);
    out_.Push('"');
    if (!plain()) out_.Push('}');
  }

  void PutObjectId(const bson::ObjectId& id) {
    const std::string hex = id.ToHex();
    return plain() ? PutQuoted(hex) : PutWrapped("$oid", hex);
  }

  void PutDate(int64_t ms) {
    if (plain() || (!canonical() && bson::IsRelaxedDate(ms))) {
      std::string text;
      bson::AppendIsoDate(ms, &text);
      return plain() ? PutQuoted(text) : PutWrapped("$date", text);
    }
    out_.Append("{\"$date\":{\"$numberLong\":\"");
    PutInteger(ms, &out_);
    out_.Append("\"}}");
  }

  /// The types that mostly occur in old data, as Extended JSON.
  void PutRare(Value value) {
    switch (value.type()) {
      case Type::kBinary:
        return PutBinary(value);
      case Type::kDecimal128:
        return PutWrapped("$numberDecimal", value.AsDecimal128().ToString());
      case Type::kTimestamp:
        return PutTimestamp(value.AsTimestamp(), "{\"$timestamp\":{\"t\":", ",\"i\":", "}}");
      case Type::kRegex:
        return PutRegex(value, "{\"$regularExpression\":{\"pattern\":", ",\"options\":", "}}");
      case Type::kCode:
        return PutText("{\"$code\":", value.AsString(), "}");
      case Type::kCodeWithScope:
        PutText("{\"$code\":", value.ScopedCode(), ",\"$scope\":");
        return Enter(value.Scope(), false, true);
      case Type::kSymbol:
        return PutText("{\"$symbol\":", value.AsString(), "}");
      case Type::kDbPointer:
        PutText("{\"$dbPointer\":{\"$ref\":", value.DbPointerNamespace(), ",\"$id\":");
        PutWrapped("$oid", value.DbPointerId().ToHex());
        return out_.Append("}}");
      case Type::kMinKey:
        return out_.Append("{\"$minKey\":1}");
      case Type::kMaxKey:
        return out_.Append("{\"$maxKey\":1}");
      default:
        return out_.Append("{\"$undefined\":true}");
    }
  }

  /// The same types in the Data API's shapes.
  void PutRarePlain(Value value) {
    switch (value.type()) {
      case Type::kBinary:
        return PutBinary(value);
      case Type::kDecimal128:
        return PutQuoted(value.AsDecimal128().ToString());
      case Type::kTimestamp:
        return PutTimestamp(value.AsTimestamp(), "{\"T\":", ",\"I\":", "}");
      case Type::kRegex:
        return PutRegex(value, "{\"Pattern\":", ",\"Options\":", "}");
      case Type::kCode:
      case Type::kSymbol:
        return PutString(value.AsString(), &out_);
      case Type::kCodeWithScope:
        PutText("{\"Code\":", value.ScopedCode(), ",\"Scope\":");
        return Enter(value.Scope(), false, true);
      case Type::kDbPointer:
        PutText("{\"DB\":", value.DbPointerNamespace(), ",\"Pointer\":");
        PutQuoted(value.DbPointerId().ToHex());
        return out_.Push('}');
      case Type::kMinKey:
      case Type::kMaxKey:
        return out_.Append("{}");
      default:
        return out_.Append("null");
    }
  }

  void PutText(std::string_view before, std::string_view text, std::string_view after) {
    out_.Append(before);
    PutString(text, &out_);
    out_.Append(after);
  }

  void PutBinary(Value value) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string data;
    bson::AppendBase64(value.AsBinary(), &data);
    const uint8_t subtype = value.BinarySubtype();
    if (plain()) {
      out_.Append("{\"Subtype\":");
      PutInteger(subtype, &out_);
      out_.Append(",\"Data\":");
      PutQuoted(data);
      return out_.Push('}');
    }
    out_.Append("{\"$binary\":{\"base64\":");
    PutQuoted(data);
    out_.Append(",\"subType\":\"");
    out_.Push(kHex[subtype >> 4]);
    out_.Push(kHex[subtype & 15]);
    out_.Append("\"}}");
  }

  void PutTimestamp(bson::Timestamp timestamp, std::string_view before, std::string_view between,
                    std::string_view after) {
    out_.Append(before);
    PutInteger(timestamp.seconds, &out_);
    out_.Append(between);
    PutInteger(timestamp.increment, &out_);
    out_.Append(after);
  }

  void PutRegex(Value value, std::string_view before, std::string_view between,
                std::string_view after) {
    std::string options(value.RegexOptions());
    std::sort(options.begin(), options.end());
    PutText(before, value.RegexPattern(), between);
    PutString(options, &out_);
    out_.Append(after);
  }

  const Format format_;
  ByteSink& out_;
  // One document is written at a time on a thread, and its levels are no memory to look for again.
  static thread_local std::vector<Level> open_;
};

thread_local std::vector<Writer::Level> Writer::open_;

}  // namespace

void Write(View document, Format format, std::string* out) {
  WriteValue(Value(Type::kDocument, document.data()), format, out);
}

void WriteArray(View array, Format format, std::string* out) {
  WriteValue(Value(Type::kArray, array.data()), format, out);
}

void WriteValue(Value value, Format format, std::string* out) {
  const size_t bytes = value.missing() ? 0 : value.size();
  ByteSink sink(out, bytes + bytes / 2 + 64);
  Writer(format, &sink).Run(value);
}

std::string ToJson(View document, Format format) {
  std::string out;
  Write(document, format, &out);
  return out;
}

void WriteString(std::string_view text, std::string* out) {
  ByteSink sink(out, text.size() + 2);
  PutString(text, &sink);
}

}  // namespace cairn::json
