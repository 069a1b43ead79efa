// SPDX-License-Identifier: Apache-2.0
// Documents in memory by the values at a path: what a $lookup without an index finds partners with.
// It gives a superset of the matches of an equality, in the order of the documents. Thread safety:
// belongs to its stage.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "cairn/bson.h"
#include "engine/collation/collator.h"
#include "query/path/field_path.h"

namespace cairn::pipeline {

class JoinTable {
 public:
  /// Copies.
  void Add(bson::View document, const path::FieldPath& path, const collation::Collator* collator);
  /// Which documents have any of the values, of which there are the JoinKeys.
  std::vector<uint32_t> Find(const std::vector<std::string>& keys) const;
  bson::View document(uint32_t number) const {
    return bson::View(bytes_.data() + offsets_[number]);
  }
  /// What it holds, its index included.
  size_t bytes() const { return bytes_.size() + key_bytes_; }

 private:
  std::string bytes_;
  std::vector<size_t> offsets_;
  std::unordered_map<std::string, std::vector<uint32_t>> by_key_;
  size_t key_bytes_ = 0;
};

}  // namespace cairn::pipeline
