// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/join_table.h"

#include <algorithm>

#include "query/path/path.h"
#include "query/pipeline/join.h"

namespace cairn::pipeline {
namespace {

// What a value takes besides its bytes.
constexpr size_t kEntryBytes = 96;

}  // namespace

void JoinTable::Add(bson::View document, const path::FieldPath& path,
                    const collation::Collator* collator) {
  const auto number = static_cast<uint32_t>(offsets_.size());
  offsets_.push_back(bytes_.size());
  bytes_.append(document.bytes());
  const auto add = [&](bson::Value value) {
    if (value.IsNullish()) value = bson::Value(bson::Type::kNull, "");
    std::string key = JoinKey(value, collator);
    key_bytes_ += key.size() + kEntryBytes;
    std::vector<uint32_t>& numbers = by_key_[std::move(key)];
    if (numbers.empty() || numbers.back() != number) numbers.push_back(number);
    return false;
  };
  bool visited = false;
  path::ForEachValue(document, path, true, [&](bson::Value value) {
    visited = true;
    return add(value);
  });
  if (!visited) add(bson::Value());
}

std::vector<uint32_t> JoinTable::Find(const std::vector<std::string>& keys) const {
  std::vector<uint32_t> numbers;
  for (const std::string& key : keys) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) continue;
    numbers.insert(numbers.end(), found->second.begin(), found->second.end());
  }
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

}  // namespace cairn::pipeline
