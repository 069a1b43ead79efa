// SPDX-License-Identifier: Apache-2.0
// What the catalog knows of a collection. Immutable once published: a change makes a new object
// with a higher version, so an operation keeps the one that it began with. Thread safety: const
// access from any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/collation/collator.h"

namespace cairn::catalog {

/// How documents are keyed. Part of the on-disk format: never change.
enum class Layout : uint8_t {
  kById = 0,      ///< Collection id + encoded _id.
  kByRecord = 1,  ///< Collection id + monotonic record number; _id is a unique index.
};

/// How often queries have used an index since it was opened or built.
struct IndexUsage {
  std::atomic<int64_t> operations{0};
  int64_t since_ms = 0;  ///< Wall time.
};

/// How far the build of an index has come. Part of the on-disk format: never change.
enum class BuildStage : uint8_t {
  kScanning = 1,  ///< The documents up to `position` have their keys in runs.
  kScanned = 2,   ///< All have.
  kLoaded = 3,    ///< The index has its entries.
};

/// What a build goes on from after the end of the process; engine/store/index_build.h.
struct BuildState {
  BuildStage stage = BuildStage::kScanning;
  /// The runs, or the index, are right for each document that no commit after this one has touched.
  uint64_t after = 0;
  std::string position;  ///< kScanning: a document key suffix; empty: before the first document.
  /// Ids under which sorted runs stand. The last one is being written while kScanning.
  std::vector<uint32_t> runs;
};

/// One secondary index.
struct IndexSpec {
  uint32_t id = 0;
  std::string name;
  bson::Document key_pattern;  ///< {field: 1, …} as the user gave it.
  bool unique = false;
  /// It became unique by collMod: its entries have kept the layout of an index that is not.
  bool made_unique = false;
  bson::Document options;  ///< Everything else that the user gave and listIndexes shows again.
  int32_t format_version = 1;
  /// Of options.collation; null: strings by their bytes. Shared with what uses it. Not stored.
  std::shared_ptr<const collation::Collator> collator;
  std::string icu_version;          ///< Of the collation's library; empty without collation.
  bool ready = false;               ///< Serves queries. False while it is being built.
  std::optional<BuildState> build;  ///< Of a build that has got somewhere.
  bool multikey = false;            ///< Some document has more than one key.
  std::vector<std::string> multikey_paths;  ///< Dotted prefixes where an array was seen.
  bool has_truncated_keys = false;          ///< Some key was cut by key::FitKey.
  /// Set while the collection is open, not stored; shared by all versions of the index.
  std::shared_ptr<IndexUsage> usage;
};

/// Whether its entries have the layout of a unique index.
inline bool HasUniqueEntries(const IndexSpec& index) { return index.unique && !index.made_unique; }
/// Whether no second document may get a key of it: it is unique, or is being prepared for that.
bool RefusesDuplicates(const IndexSpec& index);

/// Whether its strings were put in order by another version of the collation's library.
bool IsOfOtherIcu(const IndexSpec& index);

/// How much a capped collection holds: the oldest documents make room for new ones.
struct CappedBounds {
  int64_t bytes = 0;      ///< Of BSON.
  int64_t documents = 0;  ///< 0: as many as fit.
};

/// What all versions of one open collection share; engine/store defines it.
class Shared {
 public:
  virtual ~Shared() = default;
};

/// One collection.
struct Collection {
  uint32_t id = 0;
  std::array<uint8_t, 16> uuid{};
  std::string database;
  std::string name;
  Layout layout = Layout::kById;
  bson::Document options;  ///< As listCollections shows them; change them with SetOptions.
  // What the options say of reading and writing, so that nobody has to look for it each time.
  bool is_view = false;                ///< Has no documents: viewOn and pipeline say where to read.
  bool has_validator = false;          ///< Documents are checked before they are written.
  std::optional<CappedBounds> capped;  ///< Layout by_record.
  /// Of options.collation: how strings compare where an operation or an index says nothing; null:
  /// by their bytes. Shared with the operations that use it. Not stored.
  std::shared_ptr<const collation::Collator> collator;
  uint64_t version = 0;  ///< Grows with each change of this object.
  /// Layout by_id: without the one on _id, which the layout gives, unless there is a collator: then
  /// that index is here, too, in the collator's order, and keeps equal _ids apart.
  std::vector<IndexSpec> indexes;
  /// Set while the collection is open, not stored. Shared by all versions, whichever lives longest.
  std::shared_ptr<Shared> shared;
  /// Of the index on _id in layout by_id; as IndexSpec::usage.
  std::shared_ptr<IndexUsage> id_usage;

  void SetOptions(bson::Document new_options);
  /// "database.name"
  std::string Namespace() const { return database + "." + name; }
  const IndexSpec* FindIndex(std::string_view index_name) const;
  /// How many there are with the one on _id, wherever it stands.
  size_t CountIndexes() const;
};

/// The collator of a collection's or an index's stored options. Errors: as Collator::ParseStored.
Result<std::shared_ptr<const collation::Collator>> CollatorOf(bson::View options);

using CollectionPtr = std::shared_ptr<const Collection>;

/// The name of the index on _id.
inline constexpr std::string_view kIdIndexName = "_id_";

/// The catalog's value of a collection, and back. Part of the on-disk format:
///   { v: 1, id: int64, uuid: binary subtype 4, db, name: string, layout: int32, options: {…},
///     indexes: [ { id: int64, name: string, key: {…}, format: int32, ready: bool,
///                  unique?: bool, options?: {…}, icu?: string, multikey?: bool,
///                  multikey_paths?: [string], truncated?: bool,
///                  build?: { stage: int32, after: int64, position?: binary, runs?: [int64] } } ] }
/// The options are those of the create command, normalized: capped, size, max, validator,
/// validationLevel, validationAction, viewOn, pipeline, clusteredIndex, expireAfterSeconds, ….
/// Fields with a question mark are left out when false or empty. An unknown field comes from a
/// newer version and could change what the entries mean, so it is refused: StoreFormatUnknown.
/// Anything else that does not fit: DataCorruptionDetected.
bson::Document EncodeCollection(const Collection& collection);
Result<Collection> DecodeCollection(bson::View bytes);

}  // namespace cairn::catalog
