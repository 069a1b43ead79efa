// SPDX-License-Identifier: Apache-2.0
#include "engine/key/keyspace.h"

namespace cairn::key {

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xFF) end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

Range PrefixRange(std::string_view prefix) { return {std::string(prefix), PrefixEnd(prefix)}; }

std::string FormatVersionKey() { return std::string(1, kFormatVersionTag); }

std::string NextIdKey() { return std::string(1, kNextIdTag); }

std::string CollectionKey(std::string_view database, std::string_view collection) {
  std::string key;
  key.reserve(2 + database.size() + collection.size());
  key.push_back(kCollectionTag);
  key.append(database);
  key.push_back('\0');
  key.append(collection);
  return key;
}

Range CollectionsRange(std::string_view database) {
  if (database.empty()) return PrefixRange(std::string(1, kCollectionTag));
  return PrefixRange(CollectionKey(database, {}));
}

std::string CountsKey(uint32_t collection_id) {
  std::string key(1, kCountsTag);
  base::AppendBig<uint32_t>(&key, collection_id);
  return key;
}

std::string CommitKey(uint64_t commit_number) {
  std::string key(1, kCommitTag);
  base::AppendBig<uint64_t>(&key, commit_number);
  return key;
}

std::string DroppedKey(uint32_t id) {
  std::string key(1, kDroppedTag);
  base::AppendBig<uint32_t>(&key, id);
  return key;
}

std::string RecordMarkKey(uint32_t collection_id) {
  std::string key(1, kRecordMarkTag);
  base::AppendBig<uint32_t>(&key, collection_id);
  return key;
}

Range DroppedRange() { return PrefixRange(std::string(1, kDroppedTag)); }

std::string IdPrefix(uint32_t id) {
  std::string prefix;
  AppendIdPrefix(id, &prefix);
  return prefix;
}

}  // namespace cairn::key
