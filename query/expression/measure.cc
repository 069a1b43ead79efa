// SPDX-License-Identifier: Apache-2.0
// How large a value is, and its hash: $binarySize, $bsonSize, $toHashedIndexKey.
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "engine/base/md5.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;

// The number of a type in MongoDB's hashes. Never change: hashes are stored.
int32_t HashedType(bson::Type type) {
  switch (type) {
    case bson::Type::kMinKey:
      return -1;
    case bson::Type::kMaxKey:
      return 127;
    case bson::Type::kEndOfObject:
    case bson::Type::kUndefined:
      return 0;
    case bson::Type::kNull:
      return 5;
    case bson::Type::kDouble:
    case bson::Type::kInt32:
    case bson::Type::kInt64:
    case bson::Type::kDecimal128:
      return 10;
    case bson::Type::kString:
    case bson::Type::kSymbol:
      return 15;
    case bson::Type::kDocument:
      return 20;
    case bson::Type::kArray:
      return 25;
    case bson::Type::kBinary:
      return 30;
    case bson::Type::kObjectId:
      return 35;
    case bson::Type::kBool:
      return 40;
    case bson::Type::kDate:
      return 45;
    case bson::Type::kTimestamp:
      return 47;
    case bson::Type::kRegex:
      return 50;
    case bson::Type::kDbPointer:
      return 55;
    case bson::Type::kCode:
      return 60;
    case bson::Type::kCodeWithScope:
      return 65;
  }
  return 0;
}

// Numbers are hashed as long integers: truncated, and NaN as 0.
int64_t HashedNumber(bson::Number number) {
  if (const auto integer = bson::ToInt64Truncated(number)) return *integer;
  if (bson::IsNaN(number)) return 0;
  const double real = bson::ToDouble(number);
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const bool least = real < 0 || (number.type() == bson::Type::kDouble && real == kTwoTo63);
  return least ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

template <typename Integer>
void AddInteger(Integer integer, base::Md5* md5) {
  static_assert(std::endian::native == std::endian::little);
  md5->Add({reinterpret_cast<const char*>(&integer), sizeof(integer)});
}

// Documents nest at most bson::kMaxDepth levels.
void Hash(std::string_view name, bool with_name, bson::Value value, base::Md5* md5) {
  AddInteger(HashedType(value.type()), md5);
  // Names end with their NUL.
  if (with_name) md5->Add({name.data(), name.size() + 1});
  switch (value.type()) {
    case bson::Type::kDocument:
    case bson::Type::kArray:
      for (const bson::Element& field : value.AsView()) Hash(field.name, true, field.value, md5);
      return;
    case bson::Type::kCodeWithScope:
      md5->Add({value.ScopedCode().data(), value.ScopedCode().size() + 1});
      for (const bson::Element& field : value.Scope()) Hash(field.name, true, field.value, md5);
      return;
    default:
      break;
  }
  if (value.IsNumber()) {
    AddInteger(HashedNumber(bson::Number::From(value)), md5);
  } else {
    md5->Add({value.payload(), value.size()});
  }
}

}  // namespace

Result<bson::Value> BinarySize(Arguments arguments, const Context& context) {
  const bson::Value value = arguments[0];
  if (value.IsNullish()) return Scratch::Null();
  if (value.type() == bson::Type::kString) {
    return context.scratch->Int32(static_cast<int32_t>(value.AsString().size()));
  }
  if (value.type() == bson::Type::kBinary) {
    return context.scratch->Int32(static_cast<int32_t>(value.AsBinary().size()));
  }
  return Status(ErrorCode::kLocation51276,
                "$binarySize requires a string or BinData, not " + std::string(NameOfType(value)));
}

Result<bson::Value> BsonSize(Arguments arguments, const Context& context) {
  const bson::Value value = arguments[0];
  if (value.IsNullish()) return Scratch::Null();
  if (value.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation31393,
                  "$bsonSize requires an object, not " + std::string(NameOfType(value)));
  }
  return context.scratch->Int32(static_cast<int32_t>(value.size()));
}

Result<bson::Value> ToHashedIndexKey(Arguments arguments, const Context& context) {
  const bson::Value value = arguments[0].missing() ? Scratch::Null() : arguments[0];
  base::Md5 md5;
  AddInteger(int32_t{0}, &md5);  // The seed.
  Hash("", false, value, &md5);
  const auto digest = md5.Finish();
  int64_t hash;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return context.scratch->Number(bson::Number::Int64(hash));
}

}  // namespace cairn::expression
