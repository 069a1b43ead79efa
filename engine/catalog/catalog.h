// SPDX-License-Identifier: Apache-2.0
// The newest version of every collection, in memory, and the catalog's keys in the store. Lookups
// are on the way of each request: one latch shared, one hash.
//
// Invariants: (database, name) and id name the same set of collections. What is published here is
// either committed or, for a multikey flag, about to be (a flag too many does no harm).
// Thread safety: any thread. The functions on transactions belong to the transaction's thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cairn/status.h"
#include "engine/base/clock.h"
#include "engine/catalog/collection.h"
#include "engine/catalog/latch.h"
#include "engine/kv/store.h"

namespace cairn::catalog {

/// What a dropped id was. Part of the on-disk format: never change.
enum class DroppedKind : uint8_t {
  kDocuments = 1,
  kIndex = 2,
  kRun = 3,  ///< Sorted entries of a build: nobody reads them any more.
};

class Catalog {
 public:
  /// Null when there is none.
  CollectionPtr Find(std::string_view database, std::string_view name) const;
  CollectionPtr FindById(uint32_t id) const;
  /// Sorted by database and name; of all databases when `database` is empty.
  std::vector<CollectionPtr> List(std::string_view database) const;
  std::vector<std::string> Databases() const;

  /// Makes `collection` the newest version of its id, with a version number above the last one's.
  /// It may have another name than before, which nothing else may have.
  CollectionPtr Publish(Collection collection);
  void Remove(uint32_t id);

 private:
  struct Name {
    std::string database;
    std::string collection;
  };
  struct NameView {
    std::string_view database;
    std::string_view collection;
    NameView(std::string_view d, std::string_view c) : database(d), collection(c) {}
    NameView(const Name& name) : database(name.database), collection(name.collection) {}  // NOLINT
    bool operator==(const NameView&) const = default;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const NameView& name) const {
      const std::hash<std::string_view> hash;
      return hash(name.collection) * 31 + hash(name.database);
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const NameView& a, const NameView& b) const { return a == b; }
  };

  mutable Latch latch_;
  // Guarded by latch_.
  std::unordered_map<Name, CollectionPtr, Hash, Equal> by_name_;
  std::unordered_map<uint32_t, CollectionPtr> by_id_;
};

/// Every collection that `reader` sees. Errors: DataCorruptionDetected, StoreFormatUnknown.
Result<std::vector<Collection>> LoadCollections(kv::Reader& reader);

/// Takes the next `count` ids: they are never used again. Error InternalError when ids have run
/// out.
Result<uint32_t> AllocateIds(kv::Transaction& transaction, uint32_t count);

Status PutCollection(kv::Transaction& transaction, const Collection& collection);
Status DeleteCollection(kv::Transaction& transaction, const Collection& collection);
/// Leaves a note for the reclaimer.
Status PutDropped(kv::Transaction& transaction, uint32_t id, DroppedKind kind);

/// The same for an index and the runs of its build.
Status PutIndexDropped(kv::Transaction& transaction, const IndexSpec& index);

/// A random UUID (version 4).
std::array<uint8_t, 16> NewUuid(base::Clock* clock);

}  // namespace cairn::catalog
