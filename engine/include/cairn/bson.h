// SPDX-License-Identifier: Apache-2.0
// BSON (https://bsonspec.org) without copies: views over validated bytes, and builders.
//
// `View` and `Value` borrow: they are valid while the bytes under them are. They trust their bytes;
// anything from outside goes through `Validate` (or `Document::FromBytes`) first.
//
// Thread safety: all types here are values; const access from several threads is safe.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson_types.h"
#include "cairn/export.h"
#include "cairn/status.h"

namespace cairn::bson {

class View;

/// One value: a type and the bytes of the payload in the enclosing document. Two words; copy
/// freely. The accessors require the named type (checked by assertion only).
class CAIRN_API Value {
 public:
  /// The missing value.
  constexpr Value() noexcept = default;
  constexpr Value(Type type, const char* payload) noexcept : payload_(payload), type_(type) {}

  Type type() const noexcept { return type_; }
  bool missing() const noexcept { return type_ == Type::kEndOfObject; }
  bool IsNumber() const noexcept {
    return type_ == Type::kInt32 || type_ == Type::kInt64 || type_ == Type::kDouble ||
           type_ == Type::kDecimal128;
  }
  bool IsNullish() const noexcept {
    return type_ == Type::kNull || type_ == Type::kUndefined || type_ == Type::kEndOfObject;
  }
  const char* payload() const noexcept { return payload_; }
  /// Bytes of the payload.
  size_t size() const noexcept;

  double AsDouble() const noexcept { return Load<double>(); }
  int32_t AsInt32() const noexcept { return Load<int32_t>(); }
  int64_t AsInt64() const noexcept { return Load<int64_t>(); }
  bool AsBool() const noexcept { return *payload_ != 0; }
  int64_t AsDateMs() const noexcept { return Load<int64_t>(); }
  Timestamp AsTimestamp() const noexcept { return Load<Timestamp>(); }
  Decimal128 AsDecimal128() const noexcept { return Load<Decimal128>(); }
  ObjectId AsObjectId() const noexcept { return Load<ObjectId>(); }
  /// kString, kSymbol and kCode; may hold NUL bytes.
  std::string_view AsString() const noexcept {
    return {payload_ + 4, static_cast<size_t>(Load<int32_t>()) - 1};
  }
  /// kDocument and kArray.
  View AsView() const noexcept;
  /// kBinary. For the old subtype 2 the inner length is skipped.
  std::string_view AsBinary() const noexcept;
  uint8_t BinarySubtype() const noexcept { return static_cast<uint8_t>(payload_[4]); }
  /// kRegex.
  std::string_view RegexPattern() const noexcept { return payload_; }
  std::string_view RegexOptions() const noexcept { return payload_ + RegexPattern().size() + 1; }
  /// kDbPointer: namespace and id.
  std::string_view DbPointerNamespace() const noexcept { return AsString(); }
  ObjectId DbPointerId() const noexcept;
  /// kCodeWithScope.
  std::string_view ScopedCode() const noexcept {
    return {payload_ + 8, static_cast<size_t>(LoadAt<int32_t>(4)) - 1};
  }
  View Scope() const noexcept;

 private:
  template <typename T>
  T Load() const noexcept {
    return LoadAt<T>(0);
  }
  template <typename T>
  T LoadAt(size_t offset) const noexcept {
    T value;
    std::memcpy(&value, payload_ + offset, sizeof(T));
    return value;
  }

  const char* payload_ = nullptr;
  Type type_ = Type::kEndOfObject;
};

inline size_t Value::size() const noexcept {
  const int8_t size = internal::kPayloadSize[static_cast<uint8_t>(type_)];
  if (size >= 0) [[likely]]
    return static_cast<size_t>(size);
  return internal::VariableSize(size, payload_);
}

/// A named value of a document. In an array the name is the decimal index.
struct Element {
  std::string_view name;
  Value value;
};

/// A document or array: its bytes, from the length to the final NUL.
class CAIRN_API View {
 public:
  /// The empty document.
  View() noexcept : bytes_(internal::kEmptyDocument.data()) {}
  /// Over validated bytes that begin with their own length.
  explicit View(const char* bytes) noexcept : bytes_(bytes) {}

  const char* data() const noexcept { return bytes_; }
  /// Bytes, the length field and the final NUL included.
  size_t size() const noexcept {
    int32_t size;
    std::memcpy(&size, bytes_, sizeof(size));
    return static_cast<size_t>(size);
  }
  std::string_view bytes() const noexcept { return {bytes_, size()}; }
  bool empty() const noexcept { return size() == 5; }

  /// Walks the elements in order.
  class CAIRN_API Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Element;
    using difference_type = ptrdiff_t;
    using pointer = const Element*;
    using reference = const Element&;

    Iterator() = default;
    /// At the element whose type byte is at `at`.
    explicit Iterator(const char* at) : at_(at) { Read(); }
    const Element& operator*() const { return element_; }
    const Element* operator->() const { return &element_; }
    Iterator& operator++() {
      at_ = element_.value.payload() + element_.value.size();
      Read();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    void Read() {
      const auto type = static_cast<Type>(*at_);
      if (type == Type::kEndOfObject) return;
      element_.name = at_ + 1;
      element_.value = Value(type, at_ + 2 + element_.name.size());
    }
    const char* at_ = nullptr;
    Element element_;
  };

  Iterator begin() const { return Iterator(bytes_ + 4); }
  Iterator end() const { return Iterator(bytes_ + size() - 1); }

  /// The first element with exactly this name (no dotted paths), or a missing value. O(bytes
  /// before).
  Value Find(std::string_view name) const noexcept;
  Value operator[](std::string_view name) const noexcept { return Find(name); }

 private:
  const char* bytes_;
};

inline View Value::AsView() const noexcept { return View(payload_); }

/// What to accept in bytes from outside.
struct ValidateLimits {
  int32_t bytes_max = kMaxDocumentBytes;
  int depth_max = kMaxDepth;
};

/// Checks that `bytes` are exactly one well-formed document: lengths, terminators, types, UTF-8 of
/// strings and names, booleans of 0 or 1, array and depth limits. Never reads outside `bytes`.
/// Errors: InvalidBSON with the offset, BSONObjectTooLarge.
[[nodiscard]] CAIRN_API Status Validate(std::string_view bytes, const ValidateLimits& limits = {});

/// A document that owns its bytes.
class CAIRN_API Document {
 public:
  /// {}
  Document() : bytes_(internal::kEmptyDocument) {}
  /// A copy of `view`.
  explicit Document(View view) : bytes_(view.bytes()) {}
  /// Takes bytes that are already valid BSON (from a builder or from the store).
  static Document FromTrustedBytes(std::string bytes) { return Document(std::move(bytes)); }
  /// Validates bytes from outside.
  static Result<Document> FromBytes(std::string bytes, const ValidateLimits& limits = {});

  View view() const noexcept { return View(bytes_.data()); }
  operator View() const noexcept { return view(); }  // NOLINT(google-explicit-constructor)
  const std::string& bytes() const noexcept { return bytes_; }
  std::string TakeBytes() && { return std::move(bytes_); }
  Value operator[](std::string_view name) const noexcept { return view().Find(name); }
  size_t size() const noexcept { return bytes_.size(); }
  bool empty() const noexcept { return view().empty(); }

 private:
  explicit Document(std::string bytes) noexcept : bytes_(std::move(bytes)) {}
  std::string bytes_;
};

/// One value that owns its bytes.
class CAIRN_API OwnedValue {
 public:
  OwnedValue() = default;
  explicit OwnedValue(Value value)
      : payload_(value.missing() ? std::string() : std::string(value.payload(), value.size())),
        type_(value.type()) {}
  Value value() const noexcept { return Value(type_, payload_.data()); }
  Type type() const noexcept { return type_; }
  bool missing() const noexcept { return type_ == Type::kEndOfObject; }

 private:
  std::string payload_;
  Type type_ = Type::kEndOfObject;
};

/// Writes one document or array, nested ones included, into one buffer. Names must not hold NUL.
/// Inside an array the names are given by the builder: use the overloads without a name.
class CAIRN_API Builder {
 public:
  /// Starts a document in a buffer of its own.
  Builder();
  /// Starts a document in `reuse`, whose capacity is kept.
  explicit Builder(std::string reuse);

  Builder& Append(std::string_view name, Value value);
  Builder& AppendDouble(std::string_view name, double value);
  Builder& AppendString(std::string_view name, std::string_view value);
  Builder& AppendDocument(std::string_view name, View value);
  Builder& AppendArray(std::string_view name, View value);
  Builder& AppendBinary(std::string_view name, uint8_t subtype, std::string_view value);
  Builder& AppendUndefined(std::string_view name);
  Builder& AppendObjectId(std::string_view name, const ObjectId& value);
  Builder& AppendBool(std::string_view name, bool value);
  Builder& AppendDate(std::string_view name, int64_t ms_since_epoch);
  Builder& AppendNull(std::string_view name);
  Builder& AppendRegex(std::string_view name, std::string_view pattern, std::string_view options);
  Builder& AppendDbPointer(std::string_view name, std::string_view ns, const ObjectId& id);
  Builder& AppendCode(std::string_view name, std::string_view code);
  Builder& AppendSymbol(std::string_view name, std::string_view value);
  Builder& AppendCodeWithScope(std::string_view name, std::string_view code, View scope);
  Builder& AppendInt32(std::string_view name, int32_t value);
  Builder& AppendTimestamp(std::string_view name, Timestamp value);
  Builder& AppendInt64(std::string_view name, int64_t value);
  Builder& AppendDecimal128(std::string_view name, const Decimal128& value);
  Builder& AppendMinKey(std::string_view name);
  Builder& AppendMaxKey(std::string_view name);
  /// Every element of `view` in order.
  Builder& AppendAll(View view);

  /// Opens a nested document or array; every Append goes into it until Close.
  Builder& OpenDocument(std::string_view name);
  Builder& OpenArray(std::string_view name);
  Builder& Close();

  /// In an array that was opened with OpenArray, or a builder whose top is one: the name of the
  /// next element. Valid until the next call.
  std::string_view NextIndex();

  /// Bytes written so far.
  size_t size() const noexcept { return bytes_.size(); }
  /// Ends the document; every opened one must be closed. The builder is then empty.
  Document Finish();

 private:
  void Name(Type type, std::string_view name);
  struct Level {
    size_t start = 0;
    uint32_t next_index = 0;
  };
  void Open();
  std::string bytes_;
  Level current_;
  // Outside of current_, from the outermost one on; far_ goes on where near_ is full.
  std::array<Level, 4> near_;
  std::vector<Level> far_;
  size_t depth_ = 0;
  char index_text_[12];
};

/// MongoDB's comparison order over all types (numbers of all kinds together, then by type), <0, 0,
/// >0. https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/ A missing value
/// compares less than null, as in MongoDB; sort and filters may take the two as one.
[[nodiscard]] CAIRN_API int Compare(Value a, Value b) noexcept;
/// Documents: element by element: type order, then name, then value; then the shorter first.
[[nodiscard]] CAIRN_API int Compare(View a, View b) noexcept;
/// The rank of a type in that order; types of equal rank compare by value. kEndOfObject ranks below
/// null.
[[nodiscard]] CAIRN_API int CanonicalOrder(Type type) noexcept;

}  // namespace cairn::bson
