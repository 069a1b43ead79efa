// SPDX-License-Identifier: Apache-2.0
#include "query/exec/entry_union.h"

#include <algorithm>
#include <utility>

#include "engine/base/try.h"
#include "query/exec/index_walk.h"
#include "query/exec/timed.h"

namespace cairn::exec {

Result<bool> EntryUnion::Next() {
  for (; at_ < inputs_.size(); ++at_) {
    CAIRN_TRY_ASSIGN(const bool more, inputs_[at_]->Next());
    if (!more) continue;
    entry_ = inputs_[at_]->entry();
    ++statistics_.advanced;
    return true;
  }
  statistics_.ended = true;
  return false;
}

void EntryUnion::Pause() {
  if (at_ < inputs_.size()) inputs_[at_]->Pause();
}

EntryMerge::EntryMerge(EntrySources inputs) {
  for (std::unique_ptr<EntrySource>& input : inputs) {
    heads_.emplace_back().source = std::move(input);
  }
}

bool EntryMerge::After(size_t a, size_t b) const {
  const int order = heads_[a].order.compare(heads_[b].order);
  return order != 0 ? order > 0 : a > b;
}

Status EntryMerge::Advance(size_t i) {
  Head& head = heads_[i];
  advancing_ = i;
  CAIRN_TRY_ASSIGN(const bool more, head.source->Next());
  advancing_ = SIZE_MAX;
  if (!more) return Status::Ok();
  head.order.clear();
  head.source->AppendOrder(&head.order);
  head.suffix.assign(head.source->entry().suffix);
  heap_.push_back(i);
  std::push_heap(heap_.begin(), heap_.end(), [this](size_t a, size_t b) { return After(a, b); });
  return Status::Ok();
}

Result<bool> EntryMerge::Next() {
  const auto after = [this](size_t a, size_t b) { return After(a, b); };
  if (advancing_ != SIZE_MAX) CAIRN_TRY(Advance(advancing_));
  while (to_start_ < heads_.size()) CAIRN_TRY(Advance(to_start_++));
  if (current_) {
    current_ = false;
    std::pop_heap(heap_.begin(), heap_.end(), after);
    const size_t last = heap_.back();
    heap_.pop_back();
    CAIRN_TRY(Advance(last));
  }
  if (heap_.empty()) {
    statistics_.ended = true;
    return false;
  }
  current_ = true;
  entry_ = {};
  entry_.suffix = heads_[heap_.front()].suffix;
  ++statistics_.advanced;
  return true;
}

void EntryMerge::Pause() {
  for (Head& head : heads_) head.source->Pause();
}

Result<bool> IdEntries::Next() {
  if (next_ == suffixes_->size()) {
    statistics_.ended = true;
    return false;
  }
  entry_.suffix = (*suffixes_)[next_++];
  ++statistics_.keys_examined;
  ++statistics_.advanced;
  return true;
}

Result<bool> IdRangeEntries::Next() {
  if (context_->Due()) CAIRN_TRY(context_->CheckBelow());
  if (scan_ == nullptr) {
    if (statistics_.ended) return false;
    CAIRN_TRY_ASSIGN(kv::Reader* const reader, context_->Reader());
    scan_ = context_->store().ScanDocuments(*reader, context_->collection(), range_, {});
  }
  if (!scan_->Next()) {
    // Its key has gone, so that Pause must find no scan.
    const Status status = scan_->status();
    scan_.reset();
    CAIRN_TRY(status);
    statistics_.ended = true;
    return false;
  }
  entry_.suffix = scan_->suffix();
  ++statistics_.keys_examined;
  ++statistics_.advanced;
  return true;
}

void IdRangeEntries::Pause() {
  if (scan_ == nullptr) return;
  if (statistics_.keys_examined != 0) range_.begin = std::string(scan_->suffix()) + '\0';
  scan_.reset();
}

namespace {

std::unique_ptr<EntrySource> MakeUntimed(ReadContext* context, const plan::Node* node) {
  switch (node->stage) {
    case plan::Stage::kIndexScan:
      return std::make_unique<IndexWalk>(context, &node->scan);
    case plan::Stage::kIdPoints:
      return std::make_unique<IdEntries>(&node->points);
    case plan::Stage::kOr:
    case plan::Stage::kSortMerge: {
      EntrySources inputs;
      for (const plan::Node& child : node->children) {
        inputs.push_back(MakeEntrySource(context, &child));
      }
      if (node->stage == plan::Stage::kOr) return std::make_unique<EntryUnion>(std::move(inputs));
      return std::make_unique<EntryMerge>(std::move(inputs));
    }
    case plan::Stage::kNothing:
    case plan::Stage::kCollectionScan:
      break;
  }
  return std::make_unique<IdRangeEntries>(context, node->ids);
}

}  // namespace

std::unique_ptr<EntrySource> MakeEntrySource(ReadContext* context, const plan::Node* node) {
  return WithTimes(*context, MakeUntimed(context, node));
}

}  // namespace cairn::exec
