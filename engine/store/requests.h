// SPDX-License-Identifier: Apache-2.0
// What the store is asked for in collections and indexes, and what it reports. Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"
#include "engine/kv/store.h"

namespace cairn::store {

/// What a new index should be.
struct IndexDefinition {
  std::string name;            ///< Empty: made from the key pattern, as "age_1".
  bson::Document key_pattern;  ///< {field: 1}
  bool unique = false;
  bson::Document options;  ///< Further options that are kept as given.
};

/// What createIndexes reports.
struct CreateIndexesOutcome {
  int indexes_before = 0;  ///< The one on _id included.
  int indexes_after = 0;
  bool created_collection = false;
  kv::CommitNumber commit = 0;
};

/// A dropped or changed thing.
struct DdlOutcome {
  bool existed = false;
  int indexes_were = 0;
  kv::CommitNumber commit = 0;
};

/// Which indexes a command means: all but the one on _id, or those named and the one with the key
/// pattern.
struct IndexSelection {
  bool all = false;
  std::vector<std::string> names;
  bson::Document key_pattern;  ///< {}: none.
};

/// What collMod changes of an index.
struct IndexChange {
  std::optional<bool> hidden;
  std::optional<int32_t> expire_after_seconds;
  std::optional<bool> prepare_unique;
  bool unique = false;  ///< Makes it unique; FindDuplicates is to have found nothing.
};

/// What it was before.
struct IndexChangeOutcome {
  std::string name;
  bool was_hidden = false;
  bool was_unique = false;
  bool was_prepared = false;  ///< For being unique.
  std::optional<int64_t> expired_after_seconds;
};

/// How far an index build is.
enum class BuildPhase : uint8_t { kScan, kLoad, kCatchUp, kFinish };
struct IndexBuildStatus {
  std::string ns;
  std::vector<std::string> names;
  std::vector<bson::Document> key_patterns;
  BuildPhase phase = BuildPhase::kScan;
  uint64_t done = 0;   ///< Documents scanned, or entries loaded.
  uint64_t total = 0;  ///< About as many there are; 0: not known.
};

/// What a collection is renamed to.
struct Rename {
  std::string_view database;
  std::string_view name;
  bool drop_target = false;  ///< A collection that has the name already is dropped.
  /// The target must be there and have this UUID.
  std::optional<std::array<uint8_t, 16>> target_uuid = {};
  /// The options that the renamed collection gets; empty: it keeps its own.
  std::optional<bson::Document> options = {};
  /// Called before the target is dropped, while nobody else writes to it. Must not take a snapshot
  /// with NewSnapshotOf, nor write to the target.
  std::function<Status(const catalog::Collection& target)> fill = {};
};

/// What validate found.
struct ValidateOutcome {
  bool valid = true;
  int64_t documents = 0;
  int64_t counted_documents = 0;                            ///< What the kept count says.
  std::vector<std::pair<std::string, int64_t>> index_keys;  ///< Name and number of entries.
  std::vector<std::string> errors;                          ///< At most 100.
};

}  // namespace cairn::store
