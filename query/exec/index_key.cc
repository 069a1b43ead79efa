// SPDX-License-Identifier: Apache-2.0
#include "query/exec/index_key.h"

#include <algorithm>

#include "engine/base/try.h"
#include "engine/key/encoding.h"
#include "query/plan/interval.h"
#include "query/plan/partial_filter.h"

namespace cairn::exec {

IndexKey::IndexKey(const catalog::IndexSpec& index, const plan::IndexScan* scan)
    : generator_(index, plan::CompilePartialFilter), scan_(scan) {}

Result<bson::Document> IndexKey::Of(bson::View document) {
  keys_.Clear();
  CAIRN_TRY(generator_.Generate(document, &keys_));
  const auto keys = keys_.keys();
  if (keys.empty()) return bson::Document();
  auto key = keys.begin();
  // Only an array gives several; the first that the scan can have met is the one.
  if (keys.size() > 1) {
    key = std::ranges::find_if(
        keys, [this](const index::GeneratedKey& each) { return InBounds(each.fields); });
    if (key == keys.end()) key = keys.begin();
  }
  return generator_.KeyValues(document, key->fields);
}

bool IndexKey::InBounds(std::string_view fields) const {
  for (size_t column = 0; column < scan_->bounds.size(); ++column) {
    const bool descending = (scan_->descending >> column & 1) != 0;
    const Result<size_t> size = key::EncodedSize(
        fields, descending ? key::Direction::kDescending : key::Direction::kAscending);
    if (!size.ok()) return false;
    const std::string_view value = fields.substr(0, *size);
    fields.remove_prefix(*size);
    const bool inside = std::ranges::any_of(
        scan_->bounds[column],
        [value](const plan::Interval& interval) { return plan::Locate(value, interval) == 0; });
    if (!inside) return false;
  }
  return true;
}

}  // namespace cairn::exec
