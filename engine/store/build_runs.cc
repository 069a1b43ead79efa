// SPDX-License-Identifier: Apache-2.0
#include "engine/store/build_runs.h"

#include <algorithm>
#include <utility>

#include "engine/base/try.h"
#include "engine/key/keyspace.h"

namespace cairn::store {
namespace {

constexpr size_t kIdBytes = sizeof(uint32_t);

}  // namespace

kv::IngestSource WithId(uint32_t id, kv::IngestSource source) {
  return [prefix = key::IdPrefix(id), source = std::move(source), copy = std::string()](
             std::string_view* key, std::string_view* value) mutable -> Result<bool> {
    CAIRN_TRY_ASSIGN(const bool more, source(key, value));
    if (!more) return false;
    copy.assign(prefix).append(key->substr(kIdBytes));
    *key = copy;
    return true;
  };
}

RunMerge::RunMerge(kv::Reader* reader, const std::vector<uint32_t>& runs, uint32_t index_id)
    : prefix_(key::IdPrefix(index_id)) {
  for (const uint32_t run : runs) {
    scans_.push_back(reader->NewScan(key::Family::kIndexes, key::PrefixRange(key::IdPrefix(run)),
                                     {.fill_cache = false}));
  }
}

bool RunMerge::After(const kv::Scan* a, const kv::Scan* b) {
  return a->key().substr(kIdBytes) > b->key().substr(kIdBytes);
}

Status RunMerge::Advance(kv::Scan* scan) {
  if (!scan->Next()) return scan->status();
  heap_.push_back(scan);
  std::push_heap(heap_.begin(), heap_.end(), After);
  return Status::Ok();
}

Result<bool> RunMerge::Next(std::string_view* key, std::string_view* value) {
  if (!started_) {
    started_ = true;
    for (const std::unique_ptr<kv::Scan>& scan : scans_) CAIRN_TRY(Advance(scan.get()));
  }
  if (current_ != nullptr) CAIRN_TRY(Advance(current_));
  current_ = nullptr;
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), After);
  current_ = heap_.back();
  heap_.pop_back();
  key_.assign(prefix_).append(current_->key().substr(kIdBytes));
  *key = key_;
  *value = current_->value();
  return true;
}

}  // namespace cairn::store
