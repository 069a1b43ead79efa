// SPDX-License-Identifier: Apache-2.0
// What the killed program and its test share.
#pragma once

#include <string>

#include "engine/store/document_store.h"

namespace cairn::store {

/// When the program kills itself, or later when it misses the moment.
enum class KillAt {
  kRegistered,  ///< The specifications are in the catalog.
  kScan,        ///< Documents are being scanned, no run is stored.
  kRuns,        ///< Some runs are stored.
  kLoad,        ///< Runs are being merged and ingested.
  kCatchUp,
  kFinish,  ///< The last latch is held.
  kReady,
  kNever,  ///< The build ends.
};
inline constexpr int kDocuments = 12'000;

inline kv::OpenOptions VictimOptions(const std::string& path) {
  kv::OpenOptions options;
  options.path = path;
  options.cache_bytes = size_t{32} << 20;
  options.build_sort_bytes = size_t{200} << 10;
  return options;
}

}  // namespace cairn::store
