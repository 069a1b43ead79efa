// SPDX-License-Identifier: Apache-2.0
// What a commit did, for readers of the commit log. Part of the on-disk format: never change; add
// kinds and tags. Documents are not repeated: LogReader::FindPut gives them.
//
//   record    := 0x01, operation*          (an empty record has no operations)
//   operation := kind u8, collection id u32 LE, field*, 0x00
//   field     := tag u8 (not 0), length LEB128, bytes
//
// Kinds and tags that a reader does not know are passed on and passed over. Reserved tags: 10
// session, 11 transaction, 12 pre-image. Thread safety: values; a ChangeReader belongs to one
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::store {

/// Part of the on-disk format: never change.
enum class ChangeKind : uint8_t {
  kInsert = 1,
  kUpdate = 2,   ///< Has a diff.
  kReplace = 3,  ///< An update without a diff.
  kDelete = 4,   ///< Has the _id.
  kCreateCollection = 16,
  kDropCollection = 17,
  kCreateIndexes = 18,
  kDropIndexes = 19,
  kDropDatabase = 20,      ///< Collection id 0; the database's name is `ns`.
  kModifyCollection = 21,  ///< Options or indexes have changed; has the new options.
  kRenameCollection = 22,  ///< `ns` is the new name, `from` the old one.
};

/// One operation. Borrows its bytes; what an operation does not have is empty.
struct Change {
  ChangeKind kind = ChangeKind::kInsert;
  uint32_t collection_id = 0;
  std::string_view suffix = {};  ///< Tag 1: document key suffix.
  std::string_view id = {};      ///< Tag 2: BSON {_id: …}.
  std::string_view diff = {};    ///< Tag 3: BSON, the update's description.
  /// Tag 4: BSON, the document as an earlier operation of the same commit had left it. FindPut
  /// shows what the last operation on a document put; this shows what the one before did.
  std::string_view before = {};
  std::string_view ns = {};       ///< Tag 5: "database.collection".
  std::string_view uuid = {};     ///< Tag 6: 16 bytes.
  std::string_view options = {};  ///< Tag 7: BSON, of a new collection.
  std::string_view indexes = {};  ///< Tag 8: BSON {indexes: […]}, as listIndexes shows them.
  std::string_view from = {};     ///< Tag 9: "database.collection", of a rename.
};

/// Appends an operation to a record, which may be empty.
void AppendChange(const Change& change, std::string* record);

class ChangeReader {
 public:
  /// Borrows `record`.
  explicit ChangeReader(std::string_view record) : record_(record), rest_(record) {}
  /// False at the end. BSON fields are validated. Errors: DataCorruptionDetected,
  /// StoreFormatUnknown.
  Result<bool> Next(Change* change);

 private:
  std::string_view record_;
  std::string_view rest_;
};

}  // namespace cairn::store
