// SPDX-License-Identifier: Apache-2.0
// What was learned about plans, and what users have told: for each collection and query shape the
// indexes of the plan that won a trial, and index filters. A collection whose catalog entry has
// changed starts anew, its index filters apart. Thread safety: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cairn/bson.h"
#include "engine/catalog/collection.h"

namespace cairn::plan {

/// Parts of a query that make its shape.
struct QueryParts {
  bson::View filter;
  bson::View sort;
  bson::View projection;
  bson::View collation;
};

struct CacheEntry {
  std::string shape;
  bson::Document filter;
  bson::Document sort;
  bson::Document projection;
  bson::Document collation;
  std::vector<uint32_t> indexes;  ///< Of the plan.
  std::string summary;
  bson::Document plan;         ///< The plan's stages, as explain shows them.
  bson::Document trials;       ///< An array: what each candidate did in the trial, the best first.
  std::vector<double> scores;  ///< Of the candidates, in that order.
  bool filtered = false;       ///< An index filter had its say.
  uint64_t works = 0;          ///< Keys and documents that the plan examined in its trial.
  bool active = false;         ///< Used without a trial: it has won twice.
  int64_t created_ms = 0;

  size_t SizeBytes() const;
};

/// What of an entry is needed to run its plan.
struct RememberedPlan {
  std::vector<uint32_t> indexes;
  uint64_t works = 0;
};

struct IndexFilter {
  bson::Document filter;
  bson::Document sort;
  bson::Document projection;
  bson::Document collation;
  bson::Document indexes;  ///< An array of names and key patterns.
};

class PlanCache {
 public:
  static constexpr size_t kEntriesMax = 200;  ///< Of one collection.
  /// Beyond these, dropped ones among them, one that has no index filters is forgotten.
  static constexpr size_t kCollectionsMax = 1000;
  static constexpr size_t kFiltersMax = 1000;

  /// The active entry for a shape.
  std::optional<RememberedPlan> Find(const catalog::Collection& collection, std::string_view shape);
  /// A plan has won a trial. It becomes active when it wins again with no more work than before.
  void Learn(const catalog::Collection& collection, CacheEntry entry);
  /// A remembered plan has turned out to be bad.
  void Forget(const catalog::Collection& collection, std::string_view shape);
  /// All shapes of a collection.
  void Clear(uint32_t collection_id);
  std::vector<CacheEntry> Entries(const catalog::Collection& collection);

  void SetFilter(uint32_t collection_id, const std::string& shape, IndexFilter filter);
  /// Whether there has ever been one.
  bool HasFilters() const { return has_filters_.load(std::memory_order_relaxed); }
  /// An array, or nothing.
  std::optional<bson::Document> AllowedIndexes(uint32_t collection_id, std::string_view shape);
  /// One shape's, or with an empty one all.
  void ClearFilters(uint32_t collection_id, std::string_view shape);
  std::vector<IndexFilter> Filters(uint32_t collection_id);

 private:
  struct OfCollection {
    uint64_t version = 0;
    std::map<std::string, CacheEntry, std::less<>> entries;
    std::map<std::string, IndexFilter, std::less<>> filters;
  };
  OfCollection& At(const catalog::Collection& collection);

  std::atomic<bool> has_filters_{false};
  std::mutex mutex_;
  std::unordered_map<uint32_t, OfCollection> collections_;
};

}  // namespace cairn::plan
