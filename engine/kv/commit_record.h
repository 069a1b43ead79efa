// SPDX-License-Identifier: Apache-2.0
// The bytes of the commit log and of what stands beside it. Integers are little-endian. Part of the
// on-disk format: never change.
//
//   log record   := 0x01, commit number u64, timestamp u64, wall time in ms i64, bytes of AppendLog
//   last commit  := commit number u64, timestamp u64            (value of the catalog's key 0x07)
//   counts       := documents i64, bytes i64, last commit       (value of the catalog's keys 0x04)
//   high water   := slot, slot                                  (the file HIGH_WATER)
//   slot         := "CAIRNHW1", commit number u64, write count u64, FNV-1a of these 24 bytes u64
//
// Each commit carries one log record; its operations stand between it and the next log record. What
// a group of commits shares (counts, last commit, sparse positions) stands before the group's first
// one. The valid slot with the higher write count counts; writes alternate between the slots, so
// that a torn one leaves the other. Thread safety: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/kv/store.h"

namespace cairn::kv {

inline constexpr char kLogRecordFormat = 0x01;
inline constexpr size_t kLogRecordHeadBytes = 25;
inline constexpr uint32_t kStoreFormatVersion = 1;
/// Every such commit notes its place in the log under the catalog's commit key.
inline constexpr CommitNumber kSparseEvery = 1024;

void EncodeLogHead(CommitNumber number, uint64_t timestamp, int64_t wall_ms, std::string* to);
/// False for bytes that are no log record. `entry` borrows from `bytes`.
bool DecodeLogRecord(std::string_view bytes, LogEntry* entry);

struct LastCommit {
  CommitNumber number = 0;
  uint64_t timestamp = 0;
};
void EncodeLastCommit(const LastCommit& last, std::string* to);
std::optional<LastCommit> DecodeLastCommit(std::string_view bytes);

/// Counts of a collection, and the commit that last changed them: the newest commit of a store is
/// the newest among all these and the record of the last commit, which is written only by a group
/// of commits that changes no counts.
struct CountsRecord {
  Counts counts;
  LastCommit as_of;
};
void EncodeCounts(const CountsRecord& record, std::string* to);
std::optional<CountsRecord> DecodeCounts(std::string_view bytes);

/// The place of slot `index` (0 or 1) in the file: on different sectors.
inline constexpr uint64_t kHighWaterSlotStride = 4096;
inline constexpr size_t kHighWaterSlotBytes = 32;

struct HighWater {
  CommitNumber number = 0;
  uint64_t writes = 0;
};
/// The checksum of small notes beside the database.
uint64_t Fnv1a(std::string_view bytes);
std::string EncodeHighWater(const HighWater& mark);
std::optional<HighWater> DecodeHighWater(std::string_view bytes);

}  // namespace cairn::kv
