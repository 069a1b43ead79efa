// SPDX-License-Identifier: Apache-2.0
// Turns the events of a JSON reader into BSON in one buffer, without a tree. An object is written
// as a document; when it ends and proves to be a type wrapper, its bytes are replaced by the value.
//
// Invariants: 1. the sink holds valid BSON except for the lengths and final zeros of open frames;
// 2. a field's type byte is written before its value is known and patched then; 3. after a method
// has returned false, the error is set and no method may be called. Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cairn/json.h"
#include "engine/bson/byte_sink.h"
#include "engine/bson/json_wrapper.h"
#include "engine/bson/name_set.h"

namespace cairn::json {

/// What the whole text must be.
enum class Root { kDocument, kArray, kValue };

class JsonBuilder {
 public:
  /// `buffer` is the reader's copy of `text`, in which it decodes strings in place, and `*cursor`
  /// its place in it. All of them outlive the builder.
  JsonBuilder(Root root, std::string_view text, const ParseLimits& limits, const char* buffer,
              char* const* cursor);

  // The events of a SAX reader; false stops it.
  bool Null() { return BeginValue(bson::Type::kNull) && EndValue(); }
  bool Bool(bool value) {
    if (!BeginValue(bson::Type::kBool)) return false;
    out_.Push(value ? '\1' : '\0');
    return EndValue();
  }
  bool RawNumber(const char* text, unsigned size, bool copied);
  bool String(const char* text, unsigned size, bool /*copied*/) {
    const std::string_view value(text, size);
    if (!CheckSurrogates(value) || !BeginValue(bson::Type::kString)) return false;
    char* const at = out_.Reserve(size_t{size} + 5);
    const uint32_t stored = size + 1;
    std::memcpy(at, &stored, sizeof(stored));
    std::memcpy(at + 4, text, size);
    at[4 + size] = '\0';
    out_.Advance(size_t{size} + 5);
    return EndValue();
  }
  bool Key(const char* text, unsigned size, bool copied);
  bool StartObject() { return Open(bson::Type::kDocument); }
  bool EndObject(unsigned count);
  bool StartArray() { return Open(bson::Type::kArray); }
  bool EndArray(unsigned count);
  // Numbers arrive as text only.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

  /// The result, after the reader has accepted the whole text.
  Result<bson::Document> Finish();

  bool failed() const { return code_ != ErrorCode::kOk; }
  ErrorCode code() const { return code_; }
  const std::string& what() const { return what_; }
  size_t error_offset() const { return error_offset_; }

 private:
  /// An open object or array.
  struct Frame {
    size_t start = 0;          // Where its length goes.
    size_t type_at = 0;        // The type byte of its own element.
    size_t field_type_at = 0;  // The type byte of the field that is being read.
    size_t text_offset = 0;    // Of its bracket.
    size_t first_name = 0;     // Its names in names_ begin here.
    uint32_t next_index = 0;
    int depth = 0;  // As BSON: a wrapper's scope stands no deeper than the wrapper.
    bool is_array = false;
    bool last_value_wrapped = false;
    bool scope_is_next = false;  // The key was $scope, after $code.
    const Wrapper* wrapper = nullptr;
    NameSet names;
  };

  bool BeginValue(bson::Type type) {
    if (out_.size() > bytes_max_) [[unlikely]]
      return FailSize();
    if (open_ == 0) [[unlikely]]
      return BeginRoot(type);
    Frame& top = frames_[open_ - 1];
    if (top.is_array) {
      BeginItem(&top, type);
    } else {
      out_.data()[top.field_type_at] = static_cast<char>(type);
    }
    return true;
  }
  bool EndValue() {
    if (open_ != 0) [[likely]]
      frames_[open_ - 1].last_value_wrapped = false;
    return true;
  }
  /// Whether an escape stood in the string that became `decoded`. Without one, its closing quote is
  /// where it ends; with one, a quote there is an escaped one.
  bool HadEscape(std::string_view decoded) const {
    const char* const end = text_ + TextOffset(decoded.data()) + decoded.size();
    return *end != '"' || (!decoded.empty() && end[-1] == '\\');
  }
  /// Half a surrogate pair can only come from an escape: the reader has checked the text itself.
  bool CheckSurrogates(std::string_view decoded) {
    return !HadEscape(decoded) || ScanSurrogates(decoded);
  }

  bool BeginRoot(bson::Type type);
  void BeginItem(Frame* array, bson::Type type);
  bool AppendReal(double value);
  bool Open(bson::Type type);
  void CloseBytes(const Frame& frame);
  bool ReplaceByWrapped(const Frame& frame);
  bool ScanSurrogates(std::string_view text);
  bool FailSize();
  bool Fail(size_t offset, std::string what, ErrorCode code = ErrorCode::kFailedToParse);
  size_t TextOffset(const char* at) const { return static_cast<size_t>(at - buffer_); }

  const Root root_;
  const ParseLimits limits_;
  const size_t bytes_max_;  // Of the output while wrappers are not replaced yet.
  const char* const text_;
  const char* const buffer_;
  char* const* const cursor_;
  const NameHash hash_;

  std::string bytes_;
  bson::ByteSink out_;
  size_t root_type_at_ = 0;
  std::vector<Frame> frames_;  // Closed ones are kept for their memory.
  size_t open_ = 0;
  std::vector<NameRef> names_;  // Of all open objects, the innermost last.

  ErrorCode code_ = ErrorCode::kOk;
  std::string what_;
  size_t error_offset_ = 0;
};

}  // namespace cairn::json
