// SPDX-License-Identifier: Apache-2.0
#include "engine/store/change_record.h"

#include "engine/base/bytes.h"
#include "engine/base/try.h"

namespace cairn::store {
namespace {

// Part of the on-disk format: never change.
constexpr char kFormat = 0x01;
constexpr char kEndOfOperation = 0;
enum Tag : uint8_t {
  kSuffixTag = 1,
  kIdTag = 2,
  kDiffTag = 3,
  kBeforeTag = 4,
  kNamespaceTag = 5,
  kUuidTag = 6,
  kOptionsTag = 7,
  kIndexesTag = 8,
  kFromTag = 9,
};
constexpr size_t kUuidBytes = 16;

void AppendField(Tag tag, std::string_view bytes, std::string* record) {
  if (bytes.empty()) return;
  record->push_back(static_cast<char>(tag));
  size_t length = bytes.size();
  for (; length >= 0x80; length >>= 7) record->push_back(static_cast<char>(length | 0x80));
  record->push_back(static_cast<char>(length));
  record->append(bytes);
}

Status Damaged() {
  return Status(ErrorCode::kDataCorruptionDetected, "a change record is damaged");
}

Status ReadLength(std::string_view* rest, size_t* length) {
  *length = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (rest->empty()) return Damaged();
    const auto byte = static_cast<uint8_t>(rest->front());
    rest->remove_prefix(1);
    *length |= static_cast<size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return *length <= rest->size() ? Status::Ok() : Damaged();
  }
  return Damaged();
}

Status SetField(uint8_t tag, std::string_view bytes, Change* change) {
  std::string_view* bson = nullptr;
  switch (tag) {
    case kSuffixTag:
      change->suffix = bytes;
      return Status::Ok();
    case kNamespaceTag:
      change->ns = bytes;
      return Status::Ok();
    case kFromTag:
      change->from = bytes;
      return Status::Ok();
    case kUuidTag:
      if (bytes.size() != kUuidBytes) return Damaged();
      change->uuid = bytes;
      return Status::Ok();
    case kIdTag:
      bson = &change->id;
      break;
    case kDiffTag:
      bson = &change->diff;
      break;
    case kBeforeTag:
      bson = &change->before;
      break;
    case kOptionsTag:
      bson = &change->options;
      break;
    case kIndexesTag:
      bson = &change->indexes;
      break;
    default:
      return Status::Ok();
  }
  // A diff may nest a little deeper than the document that it describes.
  const bson::ValidateLimits limits{.bytes_max = bson::kMaxMessageBytes,
                                    .depth_max = 2 * bson::kMaxDepth};
  if (!bson::Validate(bytes, limits).ok()) return Damaged();
  *bson = bytes;
  return Status::Ok();
}

}  // namespace

void AppendChange(const Change& change, std::string* record) {
  if (record->empty()) record->push_back(kFormat);
  record->push_back(static_cast<char>(change.kind));
  base::AppendLittle(record, change.collection_id);
  AppendField(kSuffixTag, change.suffix, record);
  AppendField(kIdTag, change.id, record);
  AppendField(kDiffTag, change.diff, record);
  AppendField(kBeforeTag, change.before, record);
  AppendField(kNamespaceTag, change.ns, record);
  AppendField(kUuidTag, change.uuid, record);
  AppendField(kOptionsTag, change.options, record);
  AppendField(kIndexesTag, change.indexes, record);
  AppendField(kFromTag, change.from, record);
  record->push_back(kEndOfOperation);
}

Result<bool> ChangeReader::Next(Change* change) {
  if (rest_.data() == record_.data() && !rest_.empty()) {
    if (rest_.front() != kFormat) {
      return Status(ErrorCode::kStoreFormatUnknown,
                    "change record format " + std::to_string(static_cast<uint8_t>(rest_.front())) +
                        " is not known");
    }
    rest_.remove_prefix(1);
  }
  if (rest_.empty()) return false;
  *change = Change();
  if (rest_.size() < 1 + sizeof(uint32_t)) return Damaged();
  change->kind = static_cast<ChangeKind>(rest_.front());
  change->collection_id = base::LoadLittle<uint32_t>(rest_.data() + 1);
  rest_.remove_prefix(1 + sizeof(uint32_t));
  for (;;) {
    if (rest_.empty()) return Damaged();
    const auto tag = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (tag == kEndOfOperation) return true;
    size_t length = 0;
    CAIRN_TRY(ReadLength(&rest_, &length));
    CAIRN_TRY(SetField(tag, rest_.substr(0, length), change));
    rest_.remove_prefix(length);
  }
}

}  // namespace cairn::store
