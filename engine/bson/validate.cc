// SPDX-License-Identifier: Apache-2.0
// Checks bytes that came from outside: one pass, no recursion (open documents stand on an explicit
// stack whose height is bounded by the depth limit), and no read before its bounds are known.
#include <algorithm>
#include <optional>

#include "cairn/bson.h"
#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/bson/utf8.h"

namespace cairn::bson {
namespace {

class Validator {
 public:
  Validator(std::string_view bytes, const ValidateLimits& limits)
      : bytes_(bytes), depth_max_(std::max(limits.depth_max, 0)) {}

  Status Run() {
    CAIRN_TRY(Open(bytes_.size()));
    if (ends_.back() != bytes_.size()) return Fail("bytes follow the document", ends_.back());
    while (!ends_.empty()) {
      const size_t end = ends_.back();
      if (at_ + 1 == end) {
        if (bytes_[at_] != 0) return Fail("a document does not end with a zero byte", at_);
        ++at_;
        ends_.pop_back();
        continue;
      }
      const auto type = static_cast<Type>(bytes_[at_]);
      if (type == Type::kEndOfObject) return Fail("a document ends before its length", at_);
      CAIRN_TRY(Element(type, end - 1));
    }
    return Status();
  }

 private:
  static Status Fail(std::string_view what, size_t offset) {
    return Status(ErrorCode::kInvalidBSON, "Invalid BSON: " + std::string(what) +
                                               " at byte offset " + std::to_string(offset));
  }

  /// Begins the document at at_, which must end at or before `limit`.
  Status Open(size_t limit) {
    if (limit - at_ < 5) return Fail("a document needs at least 5 bytes", at_);
    const auto length = base::LoadLittle<int32_t>(bytes_.data() + at_);
    if (length < 5 || static_cast<size_t>(length) > limit - at_) {
      return Fail("the length of a document is out of bounds", at_);
    }
    if (ends_.size() > static_cast<size_t>(depth_max_)) {
      return Fail("documents are nested more than " + std::to_string(depth_max_) + " levels deep",
                  at_);
    }
    ends_.push_back(at_ + static_cast<size_t>(length));
    at_ += 4;
    return Status();
  }

  /// Moves behind a NUL-terminated string that ends before `limit`.
  Status CString(std::string_view what, size_t limit) {
    const std::string_view rest = bytes_.substr(at_, limit - at_);
    const size_t length = rest.find('\0');
    if (length == std::string_view::npos) return Fail(std::string(what) + " does not end", at_);
    const size_t invalid = FindInvalidUtf8(rest.substr(0, length));
    if (invalid != length) return Fail(std::string(what) + " is not UTF-8", at_ + invalid);
    at_ += length + 1;
    return Status();
  }

  /// Moves behind a string with a length, within `limit`.
  Status String(size_t limit) {
    if (limit - at_ < 5) return Fail("a string is cut off", at_);
    const auto length = base::LoadLittle<int32_t>(bytes_.data() + at_);
    if (length < 1 || static_cast<size_t>(length) > limit - at_ - 4) {
      return Fail("the length of a string is out of bounds", at_);
    }
    const std::string_view text = bytes_.substr(at_ + 4, static_cast<size_t>(length) - 1);
    if (bytes_[at_ + 4 + text.size()] != 0) {
      return Fail("a string does not end with a zero byte", at_ + 4 + text.size());
    }
    const size_t invalid = FindInvalidUtf8(text);
    if (invalid != text.size()) return Fail("a string is not UTF-8", at_ + 4 + invalid);
    at_ += 4 + static_cast<size_t>(length);
    return Status();
  }

  Status Binary(size_t limit) {
    if (limit - at_ < 5) return Fail("a binary is cut off", at_);
    const auto length = base::LoadLittle<int32_t>(bytes_.data() + at_);
    if (length < 0 || static_cast<size_t>(length) > limit - at_ - 5) {
      return Fail("the length of a binary is out of bounds", at_);
    }
    if (bytes_[at_ + 4] == 2) {
      if (length < 4 || base::LoadLittle<int32_t>(bytes_.data() + at_ + 5) != length - 4) {
        return Fail("the inner length of a binary of subtype 2 is wrong", at_ + 5);
      }
    }
    at_ += 5 + static_cast<size_t>(length);
    return Status();
  }

  /// Opens the scope; the code before it is checked at once. The scope must end with the value.
  Status CodeWithScope(size_t limit) {
    const size_t start = at_;
    if (limit - at_ < 14) return Fail("code with scope is cut off", at_);
    const auto length = base::LoadLittle<int32_t>(bytes_.data() + at_);
    if (length < 14 || static_cast<size_t>(length) > limit - at_) {
      return Fail("the length of code with scope is out of bounds", at_);
    }
    const size_t end = start + static_cast<size_t>(length);
    at_ += 4;
    CAIRN_TRY(String(end));
    CAIRN_TRY(Open(end));
    if (ends_.back() != end) return Fail("the length of code with scope is wrong", start);
    return Status();
  }

  Status Fixed(size_t size, size_t limit) {
    if (limit - at_ < size) return Fail("a value is cut off", at_);
    at_ += size;
    return Status();
  }

  /// One element; nothing of it may reach `limit`, where the final zero byte is.
  Status Element(Type type, size_t limit) {
    const size_t start = at_++;
    CAIRN_TRY(CString("a field name", limit));
    switch (internal::kPayloadSize[static_cast<uint8_t>(type)]) {
      case internal::kSizeString:
        return String(limit);
      case internal::kSizeOwnLength:
        return type == Type::kCodeWithScope ? CodeWithScope(limit) : Open(limit);
      case internal::kSizeBinary:
        return Binary(limit);
      case internal::kSizeDbPointer:
        CAIRN_TRY(String(limit));
        return Fixed(sizeof(ObjectId), limit);
      case internal::kSizeRegex:
        CAIRN_TRY(CString("a regular expression", limit));
        return CString("the options of a regular expression", limit);
      case internal::kSizeInvalid:
        return Fail("unknown type " + std::to_string(static_cast<int>(type)), start);
      default:
        break;
    }
    const auto size = static_cast<size_t>(internal::kPayloadSize[static_cast<uint8_t>(type)]);
    CAIRN_TRY(Fixed(size, limit));
    if (type == Type::kBool && static_cast<uint8_t>(bytes_[at_ - 1]) > 1) {
      return Fail("a boolean is neither 0 nor 1", at_ - 1);
    }
    return Status();
  }

  const std::string_view bytes_;
  const int depth_max_;
  size_t at_ = 0;
  std::vector<size_t> ends_;  // Of the open documents, the innermost last.
};

}  // namespace

Status Validate(std::string_view bytes, const ValidateLimits& limits) {
  if (bytes.size() > static_cast<size_t>(std::max(limits.bytes_max, 0))) {
    return Status(ErrorCode::kBSONObjectTooLarge, "A document of " + std::to_string(bytes.size()) +
                                                      " bytes is larger than " +
                                                      std::to_string(limits.bytes_max) + " bytes");
  }
  return Validator(bytes, limits).Run();
}

Result<Document> Document::FromBytes(std::string bytes, const ValidateLimits& limits) {
  CAIRN_TRY(Validate(bytes, limits));
  return FromTrustedBytes(std::move(bytes));
}

}  // namespace cairn::bson
