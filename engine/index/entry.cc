// SPDX-License-Identifier: Apache-2.0
#include "engine/index/entry.h"

#include "engine/base/bytes.h"
#include "engine/base/try.h"

namespace cairn::index {
namespace {

constexpr size_t kIdBytes = sizeof(uint32_t);
constexpr char kCutMark = 0x00;  // Part of the on-disk format: never change.
/// Up to here a cut key is the same as the whole one.
constexpr size_t kCutFieldBytes = key::kMaxFieldBytes - key::kDigestBytes;

Status Damaged() { return Status(ErrorCode::kDataCorruptionDetected, "an index entry is damaged"); }

void SetTypes(std::string_view types, Entry* entry) {
  entry->cut = types.size() == 1 && types[0] == kCutMark;
  entry->type_bits = entry->cut ? std::string_view() : types;
}

Status SplitKey(std::string_view rest, int fields, uint32_t descending, Entry* entry) {
  if (entry->cut) {
    if (rest.size() <= key::kMaxFieldBytes) return Damaged();
    entry->fields = rest.substr(0, key::kMaxFieldBytes);
    entry->suffix = rest.substr(key::kMaxFieldBytes);
    return Status::Ok();
  }
  size_t at = 0;
  for (int i = 0; i < fields; ++i) {
    const auto direction = static_cast<key::Direction>(descending >> i & 1);
    CAIRN_TRY_ASSIGN(const size_t size, key::EncodedSize(rest.substr(at), direction));
    at += size;
  }
  if (at >= rest.size()) return Damaged();
  entry->fields = rest.substr(0, at);
  entry->suffix = rest.substr(at);
  return Status::Ok();
}

}  // namespace

void EncodeEntryKey(uint32_t index_id, bool unique, const GeneratedKey& generated,
                    std::string_view suffix, std::string* key) {
  key->clear();
  key::AppendIdPrefix(index_id, key);
  key->append(generated.fields);
  if (!unique) key->append(suffix);
}

void EncodeEntryValue(bool unique, const GeneratedKey& generated, std::string_view suffix,
                      std::string* value) {
  value->clear();
  if (unique) {
    base::AppendLittle<uint32_t>(value, static_cast<uint32_t>(suffix.size()));
    value->append(suffix);
  }
  if (generated.cut) {
    value->push_back(kCutMark);
  } else {
    value->append(generated.type_bits.bytes());
  }
}

Status DecodeEntry(std::string_view key, std::string_view value, bool unique, int fields,
                   uint32_t descending, Entry* entry) {
  if (key.size() <= kIdBytes) return Damaged();
  const std::string_view rest = key.substr(kIdBytes);
  if (!unique) {
    SetTypes(value, entry);
    return SplitKey(rest, fields, descending, entry);
  }
  if (value.size() < sizeof(uint32_t)) return Damaged();
  const uint32_t suffix_bytes = base::LoadLittle<uint32_t>(value.data());
  value.remove_prefix(sizeof(uint32_t));
  if (suffix_bytes == 0 || suffix_bytes > value.size()) return Damaged();
  entry->fields = rest;
  entry->suffix = value.substr(0, suffix_bytes);
  SetTypes(value.substr(suffix_bytes), entry);
  return Status::Ok();
}

key::Range EntryRange(uint32_t index_id, const key::Range& fields) {
  const std::string prefix = key::IdPrefix(index_id);
  // A bound that is longer than what a cut key keeps cannot be compared with one: widen it.
  key::Range range{prefix + fields.begin.substr(0, kCutFieldBytes), {}};
  if (fields.end.empty()) {
    range.end = key::PrefixEnd(prefix);
  } else if (fields.end.size() > kCutFieldBytes) {
    range.end = key::PrefixEnd(prefix + fields.end.substr(0, kCutFieldBytes));
  } else {
    range.end = prefix + fields.end;
  }
  return range;
}

}  // namespace cairn::index
