// SPDX-License-Identifier: Apache-2.0
// The sorted runs of an index build. A run stands in the store like an index of its own, under an
// id that nothing else uses; its keys differ from the index's in the id alone. So it survives what
// the store survives, and needs no format and no file of its own.
// Thread safety: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kv/store.h"

namespace cairn::store {

/// `source` with the id of each key replaced by `id`.
kv::IngestSource WithId(uint32_t id, kv::IngestSource source);

/// The entries of several runs in one order, with the keys of the index.
class RunMerge {
 public:
  /// `reader` outlives the merge.
  RunMerge(kv::Reader* reader, const std::vector<uint32_t>& runs, uint32_t index_id);
  /// Equal keys follow each other. False at the end. Valid until the next call.
  Result<bool> Next(std::string_view* key, std::string_view* value);

 private:
  Status Advance(kv::Scan* scan);
  static bool After(const kv::Scan* a, const kv::Scan* b);

  const std::string prefix_;
  std::vector<std::unique_ptr<kv::Scan>> scans_;
  std::vector<kv::Scan*> heap_;  // Those with entries left, the smallest key on top.
  kv::Scan* current_ = nullptr;  // The one whose entry the last Next gave.
  bool started_ = false;
  std::string key_;
};

}  // namespace cairn::store
