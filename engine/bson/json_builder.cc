// SPDX-License-Identifier: Apache-2.0
#include "engine/bson/json_builder.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "engine/base/bytes.h"
#include "engine/bson/number_text.h"
#include "engine/bson/utf8.h"

namespace cairn::json {
namespace {

using bson::NumberText;
using bson::Type;

/// Wrappers nest up to three levels of JSON that are none of BSON:
/// {"$dbPointer": {"$ref": …, "$id": {"$oid": …}}}.
constexpr int kWrapperLevels = 3;

/// Integers of up to 18 digits, which are nearly all; false for everything else.
bool ReadShortInteger(std::string_view text, int64_t* value) {
  const bool negative = text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 18) return false;
  int64_t magnitude = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned>(c - '0');
    if (digit > 9) return false;
    magnitude = magnitude * 10 + digit;
  }
  *value = negative ? -magnitude : magnitude;
  return true;
}

/// The key for a message: cut off where it is long.
std::string Quoted(std::string_view key) {
  constexpr size_t kShownMax = 64;
  std::string text;
  if (key.size() <= kShownMax) {
    WriteString(key, &text);
    return text;
  }
  size_t cut = kShownMax;
  while (cut > 0 && (static_cast<uint8_t>(key[cut]) & 0xC0) == 0x80) --cut;
  WriteString(key.substr(0, cut), &text);
  return text + "…";
}

}  // namespace

JsonBuilder::JsonBuilder(Root root, std::string_view text, const ParseLimits& limits,
                         const char* buffer, char* const* cursor)
    : root_(root),
      limits_(limits),
      bytes_max_(static_cast<size_t>(std::max(limits.document_bytes_max, 0)) / 2 * 3 + 1024),
      text_(text.data()),
      buffer_(buffer),
      cursor_(cursor),
      out_(&bytes_, std::min(text.size() + 64, bytes_max_)) {
  frames_.reserve(8);
  names_.reserve(32);
  if (root_ != Root::kValue) return;
  // {"": value}
  out_.AppendLittle(uint32_t{0});
  root_type_at_ = out_.size();
  out_.AppendLittle(uint16_t{0});
}

bool JsonBuilder::BeginRoot(Type type) {
  if (root_ == Root::kValue) {
    out_.data()[root_type_at_] = static_cast<char>(type);
    return true;
  }
  if (root_ == Root::kDocument && type != Type::kDocument) {
    return Fail(TextOffset(*cursor_), "A JSON object is expected");
  }
  if (root_ == Root::kArray && type != Type::kArray) {
    return Fail(TextOffset(*cursor_), "A JSON array is expected");
  }
  return true;
}

void JsonBuilder::BeginItem(Frame* array, Type type) {
  char* const at = out_.Reserve(16);
  array->field_type_at = out_.size();
  at[0] = static_cast<char>(type);
  char* end = at + 2;
  if (array->next_index < 10) {
    at[1] = static_cast<char>('0' + array->next_index);
  } else {
    end = std::to_chars(at + 1, at + 15, array->next_index).ptr;
  }
  *end = '\0';
  ++array->next_index;
  out_.Advance(static_cast<size_t>(end + 1 - at));
}

bool JsonBuilder::Key(const char* text, unsigned size, bool /*copied*/) {
  const std::string_view key(text, size);
  if (HadEscape(key)) [[unlikely]] {
    if (!ScanSurrogates(key)) return false;
    if (key.find('\0') != std::string_view::npos) {
      return Fail(TextOffset(text) - 1, "A field name must not hold a zero character");
    }
  }
  if (out_.size() > bytes_max_) return FailSize();
  Frame& top = frames_[open_ - 1];
  // The hash may read 8 bytes behind the name.
  char* const at = out_.Reserve(size_t{size} + 10);
  top.field_type_at = out_.size();
  at[0] = '\0';
  std::memcpy(at + 1, text, size);
  at[1 + size] = '\0';
  const NameRef ref{hash_(at + 1, size), static_cast<uint32_t>(out_.size() + 1), size};
  out_.Advance(size_t{size} + 2);
  if (!top.names.Insert(ref, top.first_name, &names_, out_.data())) {
    return Fail(TextOffset(text) - 1, "Duplicate field name " + Quoted(key));
  }
  if (size != 0 && key[0] == '$') {
    top.scope_is_next = top.wrapper != nullptr && top.wrapper->key == "$code" && key == "$scope";
    if (top.wrapper == nullptr) top.wrapper = FindWrapper(key);
  }
  return true;
}

bool JsonBuilder::RawNumber(const char* text, unsigned size, bool /*copied*/) {
  const std::string_view number(text, size);
  int64_t integer = 0;
  if (!ReadShortInteger(number, &integer)) {
    if (bson::IsSpecialNumber(number)) return AppendReal(bson::ReadSpecialNumber(number));
    const bool real_form = bson::HasRealForm(number);
    double real = 0;
    const NumberText read =
        real_form ? bson::ReadDouble(number, &real) : bson::ReadInt64(number, &integer);
    if (read == NumberText::kTooLong) {
      return Fail(TextOffset(text), "A number has more than 1024 characters");
    }
    if (read == NumberText::kOutOfRange) {
      return Fail(TextOffset(text),
                  real_form ? "The number is beyond the range of a double; use $numberDecimal"
                            : "The integer does not fit in 64 bits; write it as $numberDecimal, or "
                              "as a number with a fraction (64-bit integers: $numberLong)");
    }
    if (read != NumberText::kOk) return Fail(TextOffset(text), "Invalid number");
    if (real_form) return AppendReal(real);
  }
  if (integer >= std::numeric_limits<int32_t>::min() &&
      integer <= std::numeric_limits<int32_t>::max()) {
    if (!BeginValue(Type::kInt32)) return false;
    out_.AppendLittle(static_cast<int32_t>(integer));
    return EndValue();
  }
  if (!BeginValue(Type::kInt64)) return false;
  out_.AppendLittle(integer);
  return EndValue();
}

bool JsonBuilder::AppendReal(double value) {
  if (!BeginValue(Type::kDouble)) return false;
  out_.AppendLittle(value);
  return EndValue();
}

bool JsonBuilder::Open(Type type) {
  int depth = 0;
  size_t type_at = root_type_at_;
  if (open_ != 0) {
    const Frame& parent = frames_[open_ - 1];
    depth = parent.depth + (parent.scope_is_next ? 0 : 1);
  }
  // An object one level too deep may still prove to be a wrapper.
  const int depth_max = limits_.depth_max + (type == Type::kArray ? 0 : kWrapperLevels);
  if (depth > depth_max) {
    return Fail(TextOffset(*cursor_),
                "Nested more than " + std::to_string(limits_.depth_max) + " levels deep");
  }
  if (!BeginValue(type)) return false;
  if (open_ != 0) type_at = frames_[open_ - 1].field_type_at;
  if (open_ == frames_.size()) frames_.emplace_back();
  Frame& frame = frames_[open_++];
  frame.start = out_.size();
  frame.type_at = type_at;
  frame.text_offset = TextOffset(*cursor_);
  frame.first_name = names_.size();
  frame.next_index = 0;
  frame.depth = depth;
  frame.is_array = type == Type::kArray;
  frame.last_value_wrapped = false;
  frame.scope_is_next = false;
  frame.wrapper = nullptr;
  out_.AppendLittle(uint32_t{0});
  return true;
}

void JsonBuilder::CloseBytes(const Frame& frame) {
  out_.Push('\0');
  const auto size = static_cast<uint32_t>(out_.size() - frame.start);
  base::StoreLittle(out_.data() + frame.start, size);
}

bool JsonBuilder::EndObject(unsigned /*count*/) {
  const Frame& frame = frames_[open_ - 1];
  CloseBytes(frame);
  names_.resize(frame.first_name);
  if (frame.wrapper != nullptr) return ReplaceByWrapped(frame);
  if (frame.depth == limits_.depth_max + 1) {
    return Fail(frame.text_offset,
                "Nested more than " + std::to_string(limits_.depth_max) + " levels deep");
  }
  --open_;
  return EndValue();
}

bool JsonBuilder::EndArray(unsigned /*count*/) {
  CloseBytes(frames_[open_ - 1]);
  --open_;
  return EndValue();
}

bool JsonBuilder::ReplaceByWrapped(const Frame& frame) {
  WrapperOutput value;
  const WrapperInput input{bson::View(out_.data() + frame.start), frame.last_value_wrapped};
  const Status converted = frame.wrapper->convert(input, &value);
  if (!converted.ok()) return Fail(frame.text_offset, converted.message());
  if (open_ == 1 && root_ != Root::kValue) {
    return Fail(frame.text_offset,
                std::string(frame.wrapper->key) + " stands for a value, not for a document");
  }
  if (value.type == Type::kCodeWithScope && frame.depth > limits_.depth_max) {
    return Fail(frame.text_offset,
                "Nested more than " + std::to_string(limits_.depth_max) + " levels deep");
  }
  out_.Truncate(frame.start);
  out_.Append(value.payload);
  out_.data()[frame.type_at] = static_cast<char>(value.type);
  --open_;
  if (open_ != 0) frames_[open_ - 1].last_value_wrapped = true;
  return true;
}

bool JsonBuilder::ScanSurrogates(std::string_view text) {
  if (bson::IsUtf8(text)) return true;
  return Fail(TextOffset(text.data()) - 1, "A string holds half of a surrogate pair");
}

bool JsonBuilder::FailSize() {
  return Fail(
      TextOffset(*cursor_),
      "The document is larger than " + std::to_string(limits_.document_bytes_max) + " bytes",
      ErrorCode::kBSONObjectTooLarge);
}

bool JsonBuilder::Fail(size_t offset, std::string what, ErrorCode code) {
  code_ = code;
  what_ = std::move(what);
  error_offset_ = offset;
  return false;
}

Result<bson::Document> JsonBuilder::Finish() {
  if (root_ == Root::kValue) {
    out_.Push('\0');
    base::StoreLittle(out_.data(), static_cast<uint32_t>(out_.size()));
  }
  out_.Finish();
  if (bytes_.size() > static_cast<size_t>(std::max(limits_.document_bytes_max, 0))) {
    return Status(
        ErrorCode::kBSONObjectTooLarge,
        "The document is larger than " + std::to_string(limits_.document_bytes_max) + " bytes");
  }
  return bson::Document::FromTrustedBytes(std::move(bytes_));
}

}  // namespace cairn::json
