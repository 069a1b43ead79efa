// SPDX-License-Identifier: Apache-2.0
// The bytes of which encoded values are made; the grammar stands in encoding.h and docs/format.md.
// Internal to this folder. All of it is part of the on-disk format: never change.
#pragma once

#include <cstdint>

#include "cairn/bson.h"

namespace cairn::key {

/// Ends a string and an object or array. Below every other byte of a string and every type byte.
inline constexpr uint8_t kEnd = 0x00;
/// In strings: 00 is written as 01 01, and 01 as 01 02.
inline constexpr uint8_t kEscape = 0x01;

/// The first byte of a value, in the canonical order of types. All lie in 0x02..0xFD, and so do
/// their complements: neither can be mistaken for what ends or escapes.
enum class TypeByte : uint8_t {
  kMinKey = 0x10,
  kUndefined = 0x18,
  kNull = 0x20,
  kNumber = 0x28,
  kString = 0x30,
  kObject = 0x38,
  kArray = 0x40,
  kBinary = 0x48,
  kObjectId = 0x50,
  kBool = 0x58,
  kDate = 0x60,
  kTimestamp = 0x68,
  kRegex = 0x70,
  kDbPointer = 0x78,
  kCode = 0x80,
  kCodeWithScope = 0x88,
  kMaxKey = 0x90,
};

/// The type byte of a BSON type; a missing value counts as null.
constexpr TypeByte TypeByteOf(bson::Type type) {
  switch (type) {
    case bson::Type::kMinKey:
      return TypeByte::kMinKey;
    case bson::Type::kUndefined:
      return TypeByte::kUndefined;
    case bson::Type::kEndOfObject:
    case bson::Type::kNull:
      return TypeByte::kNull;
    case bson::Type::kDouble:
    case bson::Type::kInt32:
    case bson::Type::kInt64:
    case bson::Type::kDecimal128:
      return TypeByte::kNumber;
    case bson::Type::kString:
    case bson::Type::kSymbol:
      return TypeByte::kString;
    case bson::Type::kDocument:
      return TypeByte::kObject;
    case bson::Type::kArray:
      return TypeByte::kArray;
    case bson::Type::kBinary:
      return TypeByte::kBinary;
    case bson::Type::kObjectId:
      return TypeByte::kObjectId;
    case bson::Type::kBool:
      return TypeByte::kBool;
    case bson::Type::kDate:
      return TypeByte::kDate;
    case bson::Type::kTimestamp:
      return TypeByte::kTimestamp;
    case bson::Type::kRegex:
      return TypeByte::kRegex;
    case bson::Type::kDbPointer:
      return TypeByte::kDbPointer;
    case bson::Type::kCode:
      return TypeByte::kCode;
    case bson::Type::kCodeWithScope:
      return TypeByte::kCodeWithScope;
    case bson::Type::kMaxKey:
      return TypeByte::kMaxKey;
  }
  return TypeByte::kNull;
}

/// Binary data shorter than this has one length byte; longer data has this byte and u32 big-endian.
inline constexpr uint8_t kLongBinary = 0xFF;

/// The bytes of a number after its type byte.
inline constexpr size_t kNumberBytes = 10;
inline constexpr size_t kTailBytes = 16;
/// In the second of the two bytes after the double.
inline constexpr uint8_t kTailFlag = 0x01;

inline constexpr size_t kObjectIdBytes = 12;

}  // namespace cairn::key
