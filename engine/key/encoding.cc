// SPDX-License-Identifier: Apache-2.0
// Writes values; decoding.cc reads them back.
#include "engine/key/encoding.h"

#include <vector>

#include "engine/base/bytes.h"
#include "engine/key/grammar.h"
#include "engine/key/number_encoding.h"

namespace cairn::key {
namespace {

/// Whether a byte is below 2, and so needs an escape; eight at a time.
bool NeedsEscape(std::string_view text) {
  constexpr uint64_t kTwos = 0x0202020202020202;
  constexpr uint64_t kHighs = 0x8080808080808080;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    const auto word = base::LoadLittle<uint64_t>(text.data() + at);
    if (((word - kTwos) & ~word & kHighs) != 0) return true;
  }
  for (; at < text.size(); ++at) {
    if (static_cast<uint8_t>(text[at]) <= kEscape) return true;
  }
  return false;
}

void AppendString(std::string_view text, std::string* key) {
  if (!NeedsEscape(text)) [[likely]] {
    key->append(text);
  } else {
    for (const char c : text) {
      const auto byte = static_cast<uint8_t>(c);
      if (byte <= kEscape) {
        key->push_back(static_cast<char>(kEscape));
        key->push_back(static_cast<char>(byte + 1));
      } else {
        key->push_back(c);
      }
    }
  }
  key->push_back(static_cast<char>(kEnd));
}

void AppendLength(size_t length, std::string* key) {
  if (length < kLongBinary) {
    key->push_back(static_cast<char>(length));
    return;
  }
  key->push_back(static_cast<char>(kLongBinary));
  base::AppendBig(key, static_cast<uint32_t>(length));
}

void AppendBinary(bson::Value value, std::string* key) {
  // The data as stored, not Value::AsBinary: subtype 2 sorts by what it repeats inside as well.
  const auto length = base::LoadLittle<uint32_t>(value.payload());
  AppendLength(length, key);
  key->append(value.payload() + sizeof(uint32_t), size_t{1} + length);
}

void AppendDbPointer(bson::Value value, std::string* key) {
  const std::string_view ns = value.DbPointerNamespace();
  AppendLength(ns.size(), key);
  key->append(ns);
  key->append(ns.data() + ns.size() + 1, kObjectIdBytes);
}

void AppendTimestamp(bson::Timestamp value, std::string* key) {
  base::AppendBig<uint32_t>(key, value.seconds);
  base::AppendBig<uint32_t>(key, value.increment);
}

void AppendDate(int64_t ms, std::string* key) {
  base::AppendBig(key, static_cast<uint64_t>(ms) ^ uint64_t{1} << 63);
}

/// The body of a value that holds no others.
inline void AppendScalar(bson::Value value, std::string* key, TypeBits* type_bits) {
  switch (value.type()) {
    case bson::Type::kInt32:
    case bson::Type::kInt64:
    case bson::Type::kDouble:
    case bson::Type::kDecimal128:
      return AppendNumber(value, key, type_bits);
    case bson::Type::kString:
      if (type_bits != nullptr) type_bits->AddDefault();
      return AppendString(value.AsString(), key);
    case bson::Type::kSymbol:
      if (type_bits != nullptr) type_bits->Add(TypeKind::kSymbol);
      return AppendString(value.AsString(), key);
    case bson::Type::kObjectId:
      key->append(value.payload(), kObjectIdBytes);
      return;
    case bson::Type::kDate:
      return AppendDate(value.AsDateMs(), key);
    case bson::Type::kBool:
      key->push_back(value.AsBool() ? 1 : 0);
      return;
    case bson::Type::kTimestamp:
      return AppendTimestamp(value.AsTimestamp(), key);
    case bson::Type::kBinary:
      return AppendBinary(value, key);
    case bson::Type::kCode:
      return AppendString(value.AsString(), key);
    case bson::Type::kRegex:
      AppendString(value.RegexPattern(), key);
      return AppendString(value.RegexOptions(), key);
    case bson::Type::kDbPointer:
      return AppendDbPointer(value, key);
    default:
      return;  // The type byte says it all.
  }
}

bool HoldsValues(bson::Type type) {
  return type == bson::Type::kDocument || type == bson::Type::kArray ||
         type == bson::Type::kCodeWithScope;
}

/// An object, array or scope whose elements are being written.
struct Level {
  explicit Level(bson::View view, bool names)
      : at(view.begin()), end(view.end()), has_names(names) {}
  bson::View::Iterator at;
  bson::View::Iterator end;
  bool has_names;
};

/// Writes what stands before the elements, and descends.
Level Open(bson::Value value, std::string* key) {
  if (value.type() != bson::Type::kCodeWithScope) {
    return Level(value.AsView(), value.type() == bson::Type::kDocument);
  }
  AppendString(value.ScopedCode(), key);
  return Level(value.Scope(), true);
}

void AppendNested(bson::Value value, std::string* key, TypeBits* type_bits) {
  std::vector<Level> levels;
  levels.push_back(Open(value, key));
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.at == level.end) {
      key->push_back(static_cast<char>(kEnd));
      levels.pop_back();
      continue;
    }
    const bson::Element element = *level.at;
    ++level.at;
    key->push_back(static_cast<char>(TypeByteOf(element.value.type())));
    if (level.has_names) AppendString(element.name, key);
    if (HoldsValues(element.value.type())) {
      levels.push_back(Open(element.value, key));
    } else {
      AppendScalar(element.value, key, type_bits);
    }
  }
}

}  // namespace

void AppendValue(bson::Value value, Direction direction, std::string* key, TypeBits* type_bits) {
  const size_t begin = key->size();
  key->push_back(static_cast<char>(TypeByteOf(value.type())));
  if (HoldsValues(value.type())) {
    AppendNested(value, key, type_bits);
  } else {
    AppendScalar(value, key, type_bits);
  }
  if (direction == Direction::kDescending) {
    for (size_t at = begin; at < key->size(); ++at) (*key)[at] = static_cast<char>(~(*key)[at]);
  }
}

}  // namespace cairn::key
