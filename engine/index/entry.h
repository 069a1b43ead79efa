// SPDX-License-Identifier: Apache-2.0
// The bytes of an index entry. Part of the on-disk format: never change.
//
//   index        key                                        value
//   not unique   index id u32 BE, fields, suffix            types
//   unique       index id u32 BE, fields                    suffix length u32 LE, suffix, types
//
//   fields := the encoded fields, or exactly key::kMaxFieldBytes bytes when they were cut
//   suffix := the document key suffix
//   types  := type bits, or one byte 00 when the fields were cut (no type bits begin so)
//
// Two documents with one key thus collide in a unique index, and nowhere else.
// Thread safety: free functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/status.h"
#include "engine/index/key_generator.h"
#include "engine/key/keyspace.h"

namespace cairn::index {

/// Replace the contents of `key` and `value`.
void EncodeEntryKey(uint32_t index_id, bool unique, const GeneratedKey& generated,
                    std::string_view suffix, std::string* key);
void EncodeEntryValue(bool unique, const GeneratedKey& generated, std::string_view suffix,
                      std::string* value);

/// An entry taken apart; borrows from key and value.
struct Entry {
  std::string_view fields;
  std::string_view suffix;
  std::string_view type_bits;  ///< Empty when cut.
  bool cut = false;
};

/// Error DataCorruptionDetected. `descending`: bit i for field i.
Status DecodeEntry(std::string_view key, std::string_view value, bool unique, int fields,
                   uint32_t descending, Entry* entry);

/// The range of keys whose fields lie in `fields`; may hold a few entries more where keys or bounds
/// are long enough to be cut.
key::Range EntryRange(uint32_t index_id, const key::Range& fields);

}  // namespace cairn::index
