// SPDX-License-Identifier: Apache-2.0
#include "query/exec/index_walk.h"

#include <algorithm>
#include <utility>

#include "engine/base/try.h"
#include "engine/key/encoding.h"

namespace cairn::exec {
namespace {

using plan::Interval;
using plan::Intervals;

// What a cut key keeps of the whole.
constexpr size_t kKeptBytes = key::kMaxFieldBytes - key::kDigestBytes;

std::string LowEnd(const Interval& interval) {
  return interval.low_included ? interval.low : key::PrefixEnd(interval.low);
}

// Exclusive.
std::string HighEnd(const Interval& interval) {
  return interval.high_included ? key::PrefixEnd(interval.high) : interval.high;
}

}  // namespace

IndexWalk::IndexWalk(ReadContext* context, const plan::IndexScan* plan)
    : context_(context),
      plan_(plan),
      bounds_(plan->bounds),
      part_(plan->part),
      multikey_(plan->multikey) {}

key::Range IndexWalk::WholeRange() const {
  if (plan_->range.has_value()) return *plan_->range;
  key::Range range = RangeOfBounds();
  range.begin = std::max(range.begin, part_.begin);
  if (range.end.empty() || (!part_.end.empty() && part_.end < range.end)) range.end = part_.end;
  return range;
}

key::Range IndexWalk::RangeOfBounds() const {
  std::string prefix;
  for (const Intervals& column : bounds_) {
    if (plan::IsOnePoint(column)) {
      prefix += column.front().low;
      continue;
    }
    key::Range range{prefix + LowEnd(column.front()), {}};
    const std::string end = HighEnd(column.back());
    range.end = end.empty() ? key::PrefixEnd(prefix) : prefix + end;
    return range;
  }
  return {prefix, key::PrefixEnd(prefix)};
}

Status IndexWalk::Open() {
  CAIRN_TRY_ASSIGN(kv::Reader* const reader, context_->Reader());
  const catalog::IndexSpec* index = nullptr;
  for (const catalog::IndexSpec& each : context_->snapshot_collection().indexes) {
    if (each.id == plan_->index_id && each.ready) index = &each;
  }
  if (index == nullptr) {
    return Status(ErrorCode::kQueryPlanKilled, "index '" + plan_->index_name + "' dropped");
  }
  const bool more_arrays =
      (index->multikey && !plan_->multikey) ||
      (plan_->path_column < 0 && index->multikey_paths.size() != plan_->multikey_paths.size());
  if (more_arrays && !widened_) {
    // Several keys of a document may now meet the bounds together: wider ones from the start. What
    // was given before is left out by who reads these entries.
    multikey_ = widened_ = true;
    resumes_ = false;
    part_ = {};
    for (size_t i = 0; i < bounds_.size(); ++i) {
      if (plan_->lasting >> i & 1) continue;
      bounds_[i] = plan_->descending >> i & 1 ? plan::Turned(plan::AllValues()) : plan::AllValues();
    }
  }
  kv::ScanOptions options;
  options.reverse = plan_->reverse;
  scan_ = context_->store().ScanIndex(*reader, *index, WholeRange(), options);
  ++statistics_.seeks;
  if (resumes_) scan_->SkipTo(resume_key_);
  return Status::Ok();
}

void IndexWalk::Jump(std::string target) {
  if (target.size() > kKeptBytes) target.resize(kKeptBytes);
  const std::string_view current = scan_->key().substr(sizeof(uint32_t));
  const bool ahead = plan_->reverse ? target < current : target > current;
  if (!ahead) return;
  ++statistics_.seeks;
  // From here on the scan has no current key: a pause goes on at the target.
  resume_key_ = key::IdPrefix(plan_->index_id) + target;
  jumped_ = true;
  scan_->SkipTo(resume_key_);
}

IndexWalk::Place IndexWalk::LeavePrefix(size_t column, size_t prefix_bytes) {
  if (column == 0) return Place::kBehind;
  const std::string_view prefix = scan_->fields().substr(0, prefix_bytes);
  std::string target = plan_->reverse ? std::string(prefix) : key::PrefixEnd(prefix);
  if (target.empty()) return Place::kBehind;
  Jump(std::move(target));
  return Place::kElsewhere;
}

// The value of a column is in none of its intervals.
IndexWalk::Place IndexWalk::LeaveColumn(size_t column, size_t begin, std::string_view value) {
  const Intervals& intervals = bounds_[column];
  const std::string prefix(scan_->fields().substr(0, begin));
  if (!plan_->reverse) {
    // The first interval that is not wholly before the value.
    const auto next = std::partition_point(
        intervals.begin(), intervals.end(),
        [&](const Interval& interval) { return plan::Locate(value, interval) > 0; });
    if (next == intervals.end()) return LeavePrefix(column, begin);
    Jump(prefix + LowEnd(*next));
    return Place::kElsewhere;
  }
  const auto next = std::partition_point(
      intervals.begin(), intervals.end(),
      [&](const Interval& interval) { return plan::Locate(value, interval) >= 0; });
  if (next == intervals.begin()) return LeavePrefix(column, begin);
  const std::string end = HighEnd(*std::prev(next));
  Jump(end.empty() ? key::PrefixEnd(prefix) : prefix + end);
  return Place::kElsewhere;
}

IndexWalk::Place IndexWalk::Examine() {
  std::string_view fields = scan_->fields();
  const bool cut = fields.size() == key::kMaxFieldBytes;
  if (cut) fields = fields.substr(0, kKeptBytes);
  size_t begin = 0;
  for (size_t column = 0; column < bounds_.size(); ++column) {
    std::string_view value = fields.substr(begin);
    if (cut || column + 1 < bounds_.size()) {
      const auto direction = plan_->descending >> column & 1 ? key::Direction::kDescending
                                                             : key::Direction::kAscending;
      const Result<size_t> size = key::EncodedSize(value, direction);
      // Of a column that was cut nothing is known.
      if (!size.ok() || *size > value.size()) return Place::kInside;
      value = value.substr(0, *size);
    }
    const Intervals& intervals = bounds_[column];
    const bool inside =
        intervals.size() == 1
            ? plan::Locate(value, intervals.front()) == 0
            : std::partition_point(intervals.begin(), intervals.end(),
                                   [&](const Interval& interval) {
                                     return plan::Locate(value, interval) > 0;
                                   }) != intervals.end() &&
                  plan::Locate(value, *std::partition_point(intervals.begin(), intervals.end(),
                                                            [&](const Interval& interval) {
                                                              return plan::Locate(value, interval) >
                                                                     0;
                                                            })) == 0;
    if (!inside) return LeaveColumn(column, begin, value);
    begin += value.size();
  }
  return Place::kInside;
}

Result<bool> IndexWalk::Next() {
  while (true) {
    if (context_->Due()) CAIRN_TRY(context_->CheckBelow());
    if (scan_ == nullptr) {
      if (statistics_.ended) return false;
      CAIRN_TRY(Open());
    }
    if (!scan_->Next()) {
      // Its key has gone, so that Pause must find no scan.
      const Status status = scan_->status();
      scan_.reset();
      CAIRN_TRY(status);
      break;
    }
    jumped_ = false;
    if (resumes_) {
      resumes_ = false;
      if (scan_->key() == resume_key_) continue;
    }
    ++statistics_.keys_examined;
    const Place place = plan_->range.has_value() ? Place::kInside : Examine();
    if (place == Place::kBehind) break;
    if (place == Place::kElsewhere) continue;
    entry_.suffix = scan_->suffix();
    entry_.fields = scan_->fields();
    entry_.type_bits = scan_->type_bits();
    ++statistics_.advanced;
    return true;
  }
  statistics_.ended = true;
  return false;
}

void IndexWalk::Pause() {
  if (scan_ == nullptr) return;
  if (statistics_.keys_examined != 0 && !resumes_) {
    if (!jumped_) resume_key_.assign(scan_->key());
    resumes_ = true;
  }
  jumped_ = false;
  scan_.reset();
}

std::string_view IndexWalk::ColumnBytes(int column) const {
  std::string_view rest = entry_.fields;
  for (int i = 0;; ++i) {
    const auto direction =
        plan_->descending >> i & 1 ? key::Direction::kDescending : key::Direction::kAscending;
    const Result<size_t> size = key::EncodedSize(rest, direction);
    if (!size.ok() || *size > rest.size()) return rest;
    if (i == column) return rest.substr(0, *size);
    rest.remove_prefix(*size);
  }
}

void IndexWalk::AppendOrder(std::string* out) const {
  for (const plan::IndexScan::OrderColumn& each : plan_->order) {
    const bool by_id = each.column == plan_->columns;
    for (const char byte : by_id ? entry_.suffix : ColumnBytes(each.column)) {
      out->push_back(each.turned ? static_cast<char>(~byte) : byte);
    }
  }
}

void IndexWalk::SkipColumns(int columns) {
  const std::string_view last = ColumnBytes(columns - 1);
  const auto bytes = static_cast<size_t>(last.data() + last.size() - entry_.fields.data());
  const std::string_view prefix = entry_.fields.substr(0, bytes);
  std::string target = plan_->reverse ? std::string(prefix) : key::PrefixEnd(prefix);
  if (!target.empty()) Jump(std::move(target));
}

}  // namespace cairn::exec
