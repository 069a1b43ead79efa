// SPDX-License-Identifier: Apache-2.0
// The one table of every key in the store. Integers are big-endian, so that keys sort by them.
//
//   family     key                                                  value
//   catalog    0x01                                                 format version, u32 LE
//   catalog    0x02                                                 next free id, u32 LE
//   catalog    0x03 database NUL collection                         BSON: collection specification
//   catalog    0x04 collection id u32                               documents i64, bytes i64, last
//   commit that
//                                                                   changed them (as 0x07)
//   catalog    0x05 commit number u64                               log position u64 LE (sparse)
//   catalog    0x06 id u32                                          u8: what a dropped id was
//   catalog    0x07                                                 last commit: number u64 LE,
//                                                                   timestamp u64 LE
//   catalog    0x08 collection id u32                               u64 LE: no record number above
//                                                                   it was given (by_record)
//   documents  collection id u32, encoded _id                       format byte, BSON  (by_id)
//   documents  collection id u32, record number u64                 format byte, BSON  (by_record)
//   indexes    index id u32, encoded fields, document key suffix    type bits
//   indexes    index id u32, encoded fields                         suffix length u32 LE, suffix,
//                                                                   type bits  (unique index)
//
// Collection and index ids come from one counter and are never used twice. A document key suffix is
// the document's key without the collection id. Part of the on-disk format: never change.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"

namespace cairn::key {

/// A keyspace of its own: a column family in RocksDB. Part of the on-disk format: never change.
enum class Family : uint8_t { kCatalog = 0, kDocuments = 1, kIndexes = 2 };
inline constexpr int kFamilyCount = 3;
inline constexpr const char* kFamilyNames[kFamilyCount] = {"default", "documents", "indexes"};

/// The longest key on every backend. Longer ones are truncated by FitKey (encoding.h).
inline constexpr size_t kMaxKeyBytes = 2500;

/// Part of the on-disk format: never change.
inline constexpr char kFormatVersionTag = 0x01;
inline constexpr char kNextIdTag = 0x02;
inline constexpr char kCollectionTag = 0x03;
inline constexpr char kCountsTag = 0x04;
inline constexpr char kCommitTag = 0x05;
inline constexpr char kDroppedTag = 0x06;
inline constexpr char kLastCommitTag = 0x07;
inline constexpr char kRecordMarkTag = 0x08;

/// The first byte of every document value. Part of the on-disk format: never change.
inline constexpr char kPlainBsonFormat = 0;  // 1 chunked and 2 compressed are reserved

/// Half-open: begin <= key < end. An empty end means no upper bound.
struct Range {
  std::string begin;
  std::string end;
};

/// Every key that begins with `prefix`.
Range PrefixRange(std::string_view prefix);
/// The smallest key above every key that begins with `prefix`; empty when there is none.
std::string PrefixEnd(std::string_view prefix);

std::string FormatVersionKey();
std::string NextIdKey();
std::string CollectionKey(std::string_view database, std::string_view collection);
/// Every collection of one database; of all databases when `database` is empty.
Range CollectionsRange(std::string_view database);
std::string CountsKey(uint32_t collection_id);
std::string CommitKey(uint64_t commit_number);
std::string DroppedKey(uint32_t id);
inline std::string LastCommitKey() { return std::string(1, kLastCommitTag); }
Range DroppedRange();
std::string RecordMarkKey(uint32_t collection_id);

/// The prefix of every document of a collection, or of every entry of an index.
inline void AppendIdPrefix(uint32_t id, std::string* key) { base::AppendBig<uint32_t>(key, id); }
std::string IdPrefix(uint32_t id);
/// The document key suffix within a document key.
inline std::string_view SuffixOfDocumentKey(std::string_view document_key) {
  return document_key.substr(4);
}

}  // namespace cairn::key
