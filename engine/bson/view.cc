// SPDX-License-Identifier: Apache-2.0
// Sizes of payloads, the accessors that need more than a load, and the field finder, which is the
// hottest loop of a filter: it compares the first eight bytes of a name as one word.
#include <bit>

#include "cairn/bson.h"
#include "engine/base/bytes.h"

namespace cairn::bson {
namespace internal {
namespace {

constexpr std::array<int8_t, 256> MakeSizes() {
  std::array<int8_t, 256> sizes{};
  sizes.fill(kSizeInvalid);
  const auto set = [&sizes](Type type, int8_t size) { sizes[static_cast<uint8_t>(type)] = size; };
  set(Type::kDouble, 8);
  set(Type::kString, kSizeString);
  set(Type::kDocument, kSizeOwnLength);
  set(Type::kArray, kSizeOwnLength);
  set(Type::kBinary, kSizeBinary);
  set(Type::kUndefined, 0);
  set(Type::kObjectId, 12);
  set(Type::kBool, 1);
  set(Type::kDate, 8);
  set(Type::kNull, 0);
  set(Type::kRegex, kSizeRegex);
  set(Type::kDbPointer, kSizeDbPointer);
  set(Type::kCode, kSizeString);
  set(Type::kSymbol, kSizeString);
  set(Type::kCodeWithScope, kSizeOwnLength);
  set(Type::kInt32, 4);
  set(Type::kTimestamp, 8);
  set(Type::kInt64, 8);
  set(Type::kDecimal128, 16);
  set(Type::kMaxKey, 0);
  set(Type::kMinKey, 0);
  set(Type::kEndOfObject, 0);
  return sizes;
}

}  // namespace

constinit const std::array<int8_t, 256> kPayloadSize = MakeSizes();

size_t VariableSize(int8_t size_class, const char* payload) noexcept {
  switch (size_class) {
    case kSizeOwnLength:
      return base::LoadLittle<uint32_t>(payload);
    case kSizeString:
      return size_t{4} + base::LoadLittle<uint32_t>(payload);
    case kSizeBinary:
      return size_t{5} + base::LoadLittle<uint32_t>(payload);
    case kSizeDbPointer:
      return size_t{16} + base::LoadLittle<uint32_t>(payload);
    case kSizeRegex: {
      const size_t pattern = std::strlen(payload) + 1;
      return pattern + std::strlen(payload + pattern) + 1;
    }
    default:
      return 0;
  }
}

}  // namespace internal

namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;

/// A word whose lowest set bit is the high bit of the first NUL byte; 0 when there is none.
inline uint64_t FirstNul(uint64_t word) { return (word - kOnes) & ~word & kHighs; }

/// The end of the name at `name` (its NUL). `end` is the end of the document.
inline const char* NameEnd(const char* name, const char* end) {
  while (end - name >= 8) {
    const uint64_t nul = FirstNul(base::LoadLittle<uint64_t>(name));
    if (nul != 0) return name + std::countr_zero(nul) / 8;
    name += 8;
  }
  while (*name != 0) ++name;
  return name;
}

/// The payload's size without the call for the common variable types.
inline size_t PayloadSize(uint8_t type, const char* payload) {
  const int8_t size = internal::kPayloadSize[type];
  if (size >= 0) return static_cast<size_t>(size);
  if (size == internal::kSizeString) return size_t{4} + base::LoadLittle<uint32_t>(payload);
  if (size == internal::kSizeOwnLength) return base::LoadLittle<uint32_t>(payload);
  return internal::VariableSize(size, payload);
}

}  // namespace

std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kEndOfObject:
      return "missing";
    case Type::kDouble:
      return "double";
    case Type::kString:
      return "string";
    case Type::kDocument:
      return "object";
    case Type::kArray:
      return "array";
    case Type::kBinary:
      return "binData";
    case Type::kUndefined:
      return "undefined";
    case Type::kObjectId:
      return "objectId";
    case Type::kBool:
      return "bool";
    case Type::kDate:
      return "date";
    case Type::kNull:
      return "null";
    case Type::kRegex:
      return "regex";
    case Type::kDbPointer:
      return "dbPointer";
    case Type::kCode:
      return "javascript";
    case Type::kSymbol:
      return "symbol";
    case Type::kCodeWithScope:
      return "javascriptWithScope";
    case Type::kInt32:
      return "int";
    case Type::kTimestamp:
      return "timestamp";
    case Type::kInt64:
      return "long";
    case Type::kDecimal128:
      return "decimal";
    case Type::kMaxKey:
      return "maxKey";
    case Type::kMinKey:
      return "minKey";
  }
  return "unknown";
}

std::string_view Value::AsBinary() const noexcept {
  const auto length = static_cast<size_t>(Load<int32_t>());
  // The old subtype repeats the length inside of the data.
  if (BinarySubtype() == 2 && length >= 4) return {payload_ + 9, length - 4};
  return {payload_ + 5, length};
}

ObjectId Value::DbPointerId() const noexcept {
  return LoadAt<ObjectId>(size_t{4} + Load<uint32_t>());
}

View Value::Scope() const noexcept { return View(payload_ + 8 + LoadAt<uint32_t>(4)); }

Value View::Find(std::string_view name) const noexcept {
  const char* const end = bytes_ + size();
  const char* at = bytes_ + 4;
  // The first bytes of the wanted name with its NUL, if it has room for one.
  uint64_t wanted = 0;
  const size_t head = name.size() < 8 ? name.size() : 8;
  std::memcpy(&wanted, name.data(), head);
  const uint64_t mask = head >= 7 ? ~uint64_t{0} : (uint64_t{1} << (8 * (head + 1))) - 1;
  // A short name with a NUL inside must not match a field and the payload after it.
  if (head < 8 && static_cast<size_t>(std::countr_zero(FirstNul(wanted)) / 8) != head)
    return Value();

  while (*at != 0) {
    const auto type = static_cast<uint8_t>(*at);
    const char* const field = at + 1;
    const char* name_end;
    if (end - field >= 8) [[likely]] {
      const auto word = base::LoadLittle<uint64_t>(field);
      const uint64_t nul = FirstNul(word);
      if (((word ^ wanted) & mask) == 0) {
        if (name.size() < 8) return Value(static_cast<Type>(type), field + name.size() + 1);
        name_end = nul != 0 ? field + std::countr_zero(nul) / 8 : NameEnd(field + 8, end);
        if (static_cast<size_t>(name_end - field) == name.size() &&
            std::memcmp(field + 8, name.data() + 8, name.size() - 8) == 0) {
          return Value(static_cast<Type>(type), name_end + 1);
        }
      } else {
        name_end = nul != 0 ? field + std::countr_zero(nul) / 8 : NameEnd(field + 8, end);
      }
    } else {
      name_end = NameEnd(field, end);
      if (static_cast<size_t>(name_end - field) == name.size() &&
          (name.empty() || std::memcmp(field, name.data(), name.size()) == 0)) {
        return Value(static_cast<Type>(type), name_end + 1);
      }
    }
    at = name_end + 1 + PayloadSize(type, name_end + 1);
  }
  return Value();
}

}  // namespace cairn::bson
