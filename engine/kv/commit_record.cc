// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/commit_record.h"

#include "engine/base/bytes.h"

namespace cairn::kv {
namespace {

constexpr std::string_view kHighWaterMagic = "CAIRNHW1";

}  // namespace

uint64_t Fnv1a(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

void EncodeLogHead(CommitNumber number, uint64_t timestamp, int64_t wall_ms, std::string* to) {
  to->push_back(kLogRecordFormat);
  base::AppendLittle<uint64_t>(to, number);
  base::AppendLittle<uint64_t>(to, timestamp);
  base::AppendLittle<int64_t>(to, wall_ms);
}

bool DecodeLogRecord(std::string_view bytes, LogEntry* entry) {
  if (bytes.size() < kLogRecordHeadBytes || bytes[0] != kLogRecordFormat) return false;
  entry->number = base::LoadLittle<uint64_t>(bytes.data() + 1);
  entry->timestamp = base::LoadLittle<uint64_t>(bytes.data() + 9);
  entry->wall_ms = base::LoadLittle<int64_t>(bytes.data() + 17);
  entry->record = bytes.substr(kLogRecordHeadBytes);
  return true;
}

void EncodeLastCommit(const LastCommit& last, std::string* to) {
  base::AppendLittle<uint64_t>(to, last.number);
  base::AppendLittle<uint64_t>(to, last.timestamp);
}

std::optional<LastCommit> DecodeLastCommit(std::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  return LastCommit{base::LoadLittle<uint64_t>(bytes.data()),
                    base::LoadLittle<uint64_t>(bytes.data() + 8)};
}

void EncodeCounts(const CountsRecord& record, std::string* to) {
  base::AppendLittle<int64_t>(to, record.counts.documents);
  base::AppendLittle<int64_t>(to, record.counts.bytes);
  EncodeLastCommit(record.as_of, to);
}

std::optional<CountsRecord> DecodeCounts(std::string_view bytes) {
  if (bytes.size() != 32) return std::nullopt;
  return CountsRecord{
      {base::LoadLittle<int64_t>(bytes.data()), base::LoadLittle<int64_t>(bytes.data() + 8)},
      *DecodeLastCommit(bytes.substr(16))};
}

std::string EncodeHighWater(const HighWater& mark) {
  std::string bytes(kHighWaterMagic);
  base::AppendLittle<uint64_t>(&bytes, mark.number);
  base::AppendLittle<uint64_t>(&bytes, mark.writes);
  base::AppendLittle<uint64_t>(&bytes, Fnv1a(bytes));
  return bytes;
}

std::optional<HighWater> DecodeHighWater(std::string_view bytes) {
  if (bytes.size() < kHighWaterSlotBytes || !bytes.starts_with(kHighWaterMagic)) {
    return std::nullopt;
  }
  if (base::LoadLittle<uint64_t>(bytes.data() + 24) != Fnv1a(bytes.substr(0, 24))) {
    return std::nullopt;
  }
  return HighWater{base::LoadLittle<uint64_t>(bytes.data() + 8),
                   base::LoadLittle<uint64_t>(bytes.data() + 16)};
}

}  // namespace cairn::kv
