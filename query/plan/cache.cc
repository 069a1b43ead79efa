// SPDX-License-Identifier: Apache-2.0
#include "query/plan/cache.h"

#include <algorithm>
#include <utility>

namespace cairn::plan {

size_t CacheEntry::SizeBytes() const {
  size_t size = sizeof(*this) + shape.size() + summary.size() + indexes.size() * sizeof(uint32_t) +
                scores.size() * sizeof(double);
  for (const bson::Document* part : {&filter, &sort, &projection, &collation, &plan, &trials}) {
    size += part->view().bytes().size();
  }
  return size;
}

// mutex_ is held.
PlanCache::OfCollection& PlanCache::At(const catalog::Collection& collection) {
  if (collections_.size() >= kCollectionsMax && !collections_.contains(collection.id)) {
    const auto unfiltered =
        std::find_if(collections_.begin(), collections_.end(),
                     [](const auto& each) { return each.second.filters.empty(); });
    if (unfiltered != collections_.end()) collections_.erase(unfiltered);
  }
  OfCollection& of = collections_[collection.id];
  if (of.version != collection.version) {
    of.entries.clear();
    of.version = collection.version;
  }
  return of;
}

std::optional<RememberedPlan> PlanCache::Find(const catalog::Collection& collection,
                                              std::string_view shape) {
  const std::lock_guard lock(mutex_);
  const OfCollection& of = At(collection);
  const auto entry = of.entries.find(shape);
  if (entry == of.entries.end() || !entry->second.active) return std::nullopt;
  return RememberedPlan{entry->second.indexes, entry->second.works};
}

void PlanCache::Learn(const catalog::Collection& collection, CacheEntry entry) {
  const std::lock_guard lock(mutex_);
  OfCollection& of = At(collection);
  const auto known = of.entries.find(entry.shape);
  if (known != of.entries.end()) {
    // A plan that needs far more work than was thought has to show that twice.
    entry.active = entry.works <= known->second.works;
    if (!entry.active) entry.works = std::max(entry.works, 2 * known->second.works);
  } else if (of.entries.size() >= kEntriesMax) {
    of.entries.erase(of.entries.begin());
  }
  std::string shape = entry.shape;
  of.entries.insert_or_assign(std::move(shape), std::move(entry));
}

void PlanCache::Forget(const catalog::Collection& collection, std::string_view shape) {
  const std::lock_guard lock(mutex_);
  OfCollection& of = At(collection);
  const auto entry = of.entries.find(shape);
  if (entry != of.entries.end()) of.entries.erase(entry);
}

void PlanCache::Clear(uint32_t collection_id) {
  const std::lock_guard lock(mutex_);
  const auto of = collections_.find(collection_id);
  if (of != collections_.end()) of->second.entries.clear();
}

std::vector<CacheEntry> PlanCache::Entries(const catalog::Collection& collection) {
  const std::lock_guard lock(mutex_);
  std::vector<CacheEntry> entries;
  for (const auto& [shape, entry] : At(collection).entries) entries.push_back(entry);
  return entries;
}

void PlanCache::SetFilter(uint32_t collection_id, const std::string& shape, IndexFilter filter) {
  const std::lock_guard lock(mutex_);
  OfCollection& of = collections_[collection_id];
  if (of.filters.size() >= kFiltersMax && !of.filters.contains(shape)) {
    of.filters.erase(of.filters.begin());
  }
  of.filters.insert_or_assign(shape, std::move(filter));
  has_filters_ = true;
  const auto entry = of.entries.find(shape);
  if (entry != of.entries.end()) of.entries.erase(entry);
}

std::optional<bson::Document> PlanCache::AllowedIndexes(uint32_t collection_id,
                                                        std::string_view shape) {
  const std::lock_guard lock(mutex_);
  const auto of = collections_.find(collection_id);
  if (of == collections_.end()) return std::nullopt;
  const auto filter = of->second.filters.find(shape);
  if (filter == of->second.filters.end()) return std::nullopt;
  return filter->second.indexes;
}

void PlanCache::ClearFilters(uint32_t collection_id, std::string_view shape) {
  const std::lock_guard lock(mutex_);
  const auto of = collections_.find(collection_id);
  if (of == collections_.end()) return;
  if (shape.empty()) {
    of->second.filters.clear();
    of->second.entries.clear();
    return;
  }
  const auto filter = of->second.filters.find(shape);
  if (filter != of->second.filters.end()) of->second.filters.erase(filter);
  const auto entry = of->second.entries.find(shape);
  if (entry != of->second.entries.end()) of->second.entries.erase(entry);
}

std::vector<IndexFilter> PlanCache::Filters(uint32_t collection_id) {
  const std::lock_guard lock(mutex_);
  std::vector<IndexFilter> filters;
  const auto of = collections_.find(collection_id);
  if (of == collections_.end()) return filters;
  for (const auto& [shape, filter] : of->second.filters) filters.push_back(filter);
  return filters;
}

}  // namespace cairn::plan
