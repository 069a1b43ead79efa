// SPDX-License-Identifier: Apache-2.0
#include "engine/key/type_bits.h"

namespace cairn::key {
namespace {

// The most that the four bits of an entry's head hold; it means that a LEB128 follows.
constexpr uint64_t kInlineDefaultsMax = 15;

constexpr uint8_t kPayloadBytes[kTypeKindCount] = {0, 0, 0, 0, 8, 0, 1, 2, 16, 0};

}  // namespace

size_t TypePayloadBytes(TypeKind kind) { return kPayloadBytes[static_cast<size_t>(kind)]; }

void TypeBits::Add(TypeKind kind, std::string_view payload) {
  const uint64_t head = defaults_ < kInlineDefaultsMax ? defaults_ : kInlineDefaultsMax;
  bytes_.push_back(static_cast<char>(head << 4 | static_cast<uint64_t>(kind)));
  if (head == kInlineDefaultsMax) {
    uint64_t more = defaults_ - kInlineDefaultsMax;
    for (; more >= 0x80; more >>= 7) bytes_.push_back(static_cast<char>(more | 0x80));
    bytes_.push_back(static_cast<char>(more));
  }
  bytes_.append(payload);
  defaults_ = 0;
}

bool TypeBitsReader::ReadHead() {
  const auto head = static_cast<uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  kind_ = static_cast<TypeKind>(head & 0x0F);
  if (kind_ == TypeKind::kDefault || (head & 0x0F) >= kTypeKindCount) return false;
  defaults_ = head >> 4;
  if (defaults_ < kInlineDefaultsMax) return true;
  for (int shift = 0; shift < 63 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    defaults_ += static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

std::optional<TypeEntry> TypeBitsReader::Next() {
  if (kind_ == TypeKind::kDefault) {
    if (rest_.empty()) return TypeEntry{};
    if (!ReadHead()) return std::nullopt;
  }
  if (defaults_ > 0) {
    --defaults_;
    return TypeEntry{};
  }
  const size_t size = TypePayloadBytes(kind_);
  if (rest_.size() < size) return std::nullopt;
  const TypeEntry entry{kind_, rest_.substr(0, size)};
  rest_.remove_prefix(size);
  kind_ = TypeKind::kDefault;
  return entry;
}

}  // namespace cairn::key
