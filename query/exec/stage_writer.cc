// SPDX-License-Identifier: Apache-2.0
#include "query/exec/stage_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "query/plan/index_scan.h"

namespace cairn::exec {
namespace {

using plan::Node;
using plan::Stage;

// Explain is read by people.
constexpr size_t kShownIntervalsMax = 100;

// "[1, 5)" as a scan from the end meets it: "(5, 1]".
std::string Backward(const std::string& text) {
  const size_t comma = text.find(", ");
  if (text.size() < 4 || comma == std::string::npos ||
      text.find(", ", comma + 2) != std::string::npos) {
    return text;
  }
  const std::string low = text.substr(1, comma - 1);
  const std::string high = text.substr(comma + 2, text.size() - comma - 3);
  return (text.back() == ']' ? "[" : "(") + high + ", " + low + (text.front() == '[' ? "]" : ")");
}

const Statistics* StatisticsOf(const Source* source) {
  while (source != nullptr && source->source() != nullptr) source = source->source();
  return source == nullptr ? nullptr : &source->statistics();
}

// Whether a projection takes or leaves out whole fields.
bool IsSimple(bson::View projection) {
  return std::all_of(projection.begin(), projection.end(), [](const bson::Element& field) {
    const bool flag = field.value.type() == bson::Type::kBool || field.value.IsNumber();
    return flag && field.name.find('.') == std::string_view::npos;
  });
}

}  // namespace

void StageWriter::Write() {
  const Query& query = execution_.query();
  rows_ = candidate_ == nullptr ? 0 : candidate_->found();
  if (candidate_ == execution_.active()) rows_ += execution_.given();
  if (!frame_.top_stage.empty()) WriteTop();
  if (frame_.fast_count) {
    Begin("RECORD_STORE_FAST_COUNT", nullptr);
  } else {
    if (query.limit != 0 && frame_.top_stage.empty()) {
      Begin("LIMIT", nullptr);
      out_->AppendInt64("limitAmount", static_cast<int64_t>(query.limit));
    }
    WriteProjection();
    if (query.skip != 0) {
      Begin("SKIP", nullptr);
      out_->AppendInt64("skipAmount", static_cast<int64_t>(query.skip));
    }
    WriteAccess();
  }
  for (; open_ > 0; --open_) out_->Close();
}

void StageWriter::WriteTop() {
  const uint64_t found = std::exchange(rows_, 0);
  Begin(frame_.top_stage, nullptr);
  rows_ = found;
  if (!frame_.type.empty()) out_->AppendString("type", frame_.type);
  if (!statistics_) return;
  if (frame_.top_stage == "COUNT") {
    AppendCount("nCounted", static_cast<uint64_t>(frame_.top_count));
    AppendCount("nSkipped", execution_.query().skip);
  } else if (frame_.top_stage == "DELETE") {
    AppendCount("nWouldDelete", static_cast<uint64_t>(frame_.top_count));
  } else {
    AppendCount("nMatched", static_cast<uint64_t>(frame_.top_count));
    AppendCount("nWouldModify", static_cast<uint64_t>(frame_.top_count));
    AppendCount("nWouldUpsert", 0);
  }
}

void StageWriter::Begin(std::string_view stage, const Statistics* statistics) {
  if (begun_) {
    out_->OpenDocument("inputStage");
    ++open_;
  }
  begun_ = true;
  out_->AppendString("stage", stage);
  if (!statistics_) return;
  const uint64_t advanced = statistics == nullptr ? rows_ : statistics->advanced;
  const uint64_t works = statistics == nullptr
                             ? rows_ + 1
                             : std::max(statistics->advanced + 1,
                                        statistics->keys_examined + statistics->docs_examined);
  AppendCount("nReturned", advanced);
  const int64_t time_us = statistics == nullptr ? TimeUs() : statistics->time_us;
  AppendCount("executionTimeMillisEstimate", static_cast<uint64_t>(time_us / 1000));
  AppendCount("works", works);
  AppendCount("advanced", advanced);
  AppendCount("needTime", works - advanced > 0 ? works - advanced - 1 : 0);
  AppendCount("needYield", 0);
  AppendCount("saveState", 0);
  AppendCount("restoreState", 0);
  AppendCount("isEOF", statistics == nullptr || statistics->ended ? 1 : 0);
}

int64_t StageWriter::TimeUs() const {
  const int64_t of_plan = source() == nullptr ? 0 : source()->statistics().time_us;
  return candidate_ == execution_.active() ? std::max(of_plan, execution_.time_us()) : of_plan;
}

void StageWriter::AppendCount(std::string_view name, uint64_t count) {
  if (count <= INT32_MAX) {
    out_->AppendInt32(name, static_cast<int32_t>(count));
  } else {
    out_->AppendInt64(name, static_cast<int64_t>(count));
  }
}

void StageWriter::WriteProjection() {
  const Query& query = execution_.query();
  const bool covered = plan().reading == plan::Reading::kKeys;
  // Of a distinct and an aggregation the planner alone is told the fields.
  if (!query.projection.has_value() && !(covered && !query.projection_source.empty())) return;
  Begin(covered                             ? "PROJECTION_COVERED"
        : IsSimple(query.projection_source) ? "PROJECTION_SIMPLE"
                                            : "PROJECTION_DEFAULT",
        nullptr);
  out_->AppendDocument("transformBy", query.projection_source);
}

void StageWriter::WriteAccess() {
  const Source* at = source();
  if (plan().needs_sort) at = WriteSort(at);
  const Node& access = plan().access;
  switch (access.stage) {
    case Stage::kNothing:
      Begin("EOF", nullptr);
      if (execution_.active() == nullptr) out_->AppendString("type", "nonExistentNamespace");
      return;
    case Stage::kCollectionScan:
      WriteScan(access, at);
      return;
    case Stage::kIdPoints:
      WriteIdPoints(access, at);
      return;
    case Stage::kIndexScan:
    case Stage::kOr:
    case Stage::kSortMerge:
      WriteEntries(access, at);
      return;
  }
}

// Gives what the sort reads from.
const Source* StageWriter::WriteSort(const Source* source) {
  const Query& query = execution_.query();
  Begin("SORT", source == nullptr ? nullptr : &source->statistics());
  out_->AppendDocument("sortPattern", query.sort_source);
  out_->AppendInt64("memLimit", static_cast<int64_t>(kOperatorBytesMax));
  if (query.limit != 0) {
    out_->AppendInt64("limitAmount", static_cast<int64_t>(query.limit + query.skip));
  }
  out_->AppendString("type", plan().reading == plan::Reading::kKeys ? "default" : "simple");
  if (source == nullptr) return nullptr;
  if (statistics_) {
    AppendCount("totalDataSizeSorted", source->statistics().bytes_sorted);
    out_->AppendBool("usedDisk", source->statistics().used_disk);
  }
  return source->source();
}

void StageWriter::WriteFilter() {
  if (!execution_.filter().MatchesAll()) {
    out_->AppendDocument("filter", execution_.filter().source());
  }
}

void StageWriter::WriteScan(const Node& access, const Source* source) {
  const Statistics* statistics = StatisticsOf(source);
  const bool counted = statistics_ && statistics != nullptr;
  const bool by_id = !access.id_bounds.empty() || plan().ordered_by_id;
  if (by_id && !frame_.clustered) {
    Begin("FETCH", statistics);
    WriteFilter();
    if (counted) AppendCount("docsExamined", statistics->docs_examined);
    Begin("IXSCAN", statistics);
    WriteIdIndex(access.reverse);
  } else {
    Begin(by_id ? "CLUSTERED_IXSCAN" : "COLLSCAN", statistics);
    WriteFilter();
    out_->AppendString("direction", access.reverse ? "backward" : "forward");
    if (counted) AppendCount("docsExamined", statistics->docs_examined);
    if (!by_id) return;
  }
  out_->OpenDocument("indexBounds");
  WriteIntervals("_id", access.id_bounds.empty() ? plan::AllValues() : access.id_bounds,
                 key::Direction::kAscending, access.reverse);
  out_->Close();
  if (counted && !frame_.clustered) AppendCount("keysExamined", statistics->docs_examined);
}

void StageWriter::WriteIdIndex(bool reverse) {
  out_->OpenDocument("keyPattern").AppendInt32("_id", 1).Close();
  out_->AppendString("indexName", "_id_");
  out_->AppendBool("isMultiKey", false);
  out_->OpenDocument("multiKeyPaths").OpenArray("_id").Close().Close();
  out_->AppendBool("isUnique", true);
  out_->AppendBool("isSparse", false);
  out_->AppendBool("isPartial", false);
  out_->AppendInt32("indexVersion", 2);
  out_->AppendString("direction", reverse ? "backward" : "forward");
}

void StageWriter::WriteIdPoints(const Node& access, const Source* source) {
  const Statistics* statistics = StatisticsOf(source);
  const bool counted = statistics_ && statistics != nullptr;
  if (access.points.size() == 1) {
    Begin(frame_.clustered ? "EXPRESS_CLUSTERED_IXSCAN" : "EXPRESS_IXSCAN", statistics);
    WriteFilter();
    out_->AppendString("keyPattern", "{ _id: 1 }");
    out_->AppendString("indexName", "_id_");
    if (counted) AppendCount("keysExamined", statistics->keys_examined);
    if (counted) AppendCount("docsExamined", statistics->docs_examined);
    return;
  }
  Begin("FETCH", statistics);
  WriteFilter();
  if (counted) AppendCount("docsExamined", statistics->docs_examined);
  Begin("IXSCAN", statistics);
  WriteIdIndex(access.reverse);
  plan::Intervals bounds;
  for (const std::string& point : access.points) {
    if (bounds.size() > kShownIntervalsMax) break;
    bounds.push_back(plan::Point(point));
  }
  out_->OpenDocument("indexBounds");
  WriteIntervals("_id", bounds, key::Direction::kAscending, access.reverse);
  out_->Close();
  if (counted) AppendCount("keysExamined", statistics->keys_examined);
}

void StageWriter::WriteEntries(const Node& access, const Source* source) {
  while (source != nullptr && source->source() != nullptr) source = source->source();
  const Statistics* statistics = source == nullptr ? nullptr : &source->statistics();
  if (plan().reading == plan::Reading::kDocuments) {
    Begin("FETCH", statistics);
    if (!plan().exact) WriteFilter();
    if (statistics_ && statistics != nullptr) {
      AppendCount("docsExamined", statistics->docs_examined);
      AppendCount("alreadyHasObj", 0);
    }
  }
  const EntrySource* entries = source == nullptr ? nullptr : source->entries();
  Begin(EntryStage(access), entries == nullptr ? nullptr : &entries->statistics());
  WriteNode(access, entries);
}

std::string_view StageWriter::EntryStage(const Node& node) const {
  if (node.stage == Stage::kIndexScan && plan().reading == plan::Reading::kCount) {
    return "COUNT_SCAN";
  }
  if (node.stage == Stage::kIndexScan && !frame_.distinct.empty() && execution_.skips_values()) {
    return "DISTINCT_SCAN";
  }
  if (node.stage == Stage::kIdPoints || node.stage == Stage::kCollectionScan) return "IXSCAN";
  return plan::StageName(node.stage);
}

void StageWriter::WriteNode(const Node& node, const EntrySource* entries) {
  if (node.stage == Stage::kIndexScan) {
    WriteIndexScan(node.scan, entries);
    return;
  }
  if (node.stage == Stage::kIdPoints || node.stage == Stage::kCollectionScan) {
    WriteIdIndex(node.reverse);
    if (statistics_ && entries != nullptr) {
      AppendCount("keysExamined", entries->statistics().keys_examined);
    }
    return;
  }
  if (node.stage == Stage::kSortMerge) {
    out_->AppendDocument("sortPattern", execution_.query().sort_source);
  }
  if (statistics_ && entries != nullptr) {
    AppendCount("dupsTested", entries->statistics().advanced);
    AppendCount("dupsDropped", entries->statistics().duplicates);
  }
  out_->OpenArray("inputStages");
  for (size_t i = 0; i < node.children.size(); ++i) {
    const EntrySource* input = entries == nullptr ? nullptr : entries->input(i);
    out_->OpenDocument(out_->NextIndex());
    begun_ = false;
    Begin(EntryStage(node.children[i]), input == nullptr ? nullptr : &input->statistics());
    WriteNode(node.children[i], input);
    out_->Close();
  }
  out_->Close();
}

void StageWriter::WriteIndexScan(const plan::IndexScan& scan, const EntrySource* entries) {
  out_->AppendDocument("keyPattern", scan.key_pattern);
  out_->AppendString("indexName", scan.index_name);
  if (!scan.collation.empty()) out_->AppendDocument("collation", scan.collation);
  out_->AppendBool("isMultiKey", scan.multikey);
  out_->OpenDocument("multiKeyPaths");
  for (int column = 0; column < scan.columns; ++column) {
    const std::string_view name = plan::ColumnName(scan, column);
    out_->OpenArray(name);
    for (const std::string& path : scan.multikey_paths) {
      if (name.starts_with(path) && (name.size() == path.size() || name[path.size()] == '.')) {
        out_->AppendString(out_->NextIndex(), path);
      }
    }
    out_->Close();
  }
  out_->Close();
  out_->AppendBool("isUnique", scan.unique);
  out_->AppendBool("isSparse", scan.sparse);
  out_->AppendBool("isPartial", scan.partial);
  out_->AppendInt32("indexVersion", 2);
  out_->AppendString("direction", scan.reverse ? "backward" : "forward");
  out_->OpenDocument("indexBounds");
  for (int column = 0; column < scan.columns; ++column) {
    WriteIntervals(plan::ColumnName(scan, column), scan.bounds[static_cast<size_t>(column)],
                   plan::ColumnDirection(scan, column), scan.reverse);
  }
  out_->Close();
  if (!statistics_ || entries == nullptr) return;
  const Statistics& statistics = entries->statistics();
  AppendCount("keysExamined", statistics.keys_examined);
  AppendCount("seeks", statistics.seeks);
  AppendCount("dupsTested", scan.multikey ? statistics.advanced : 0);
  AppendCount("dupsDropped", statistics.duplicates);
}

void StageWriter::WriteIntervals(std::string_view name, const plan::Intervals& intervals,
                                 key::Direction direction, bool reverse) {
  std::vector<std::string> texts;
  for (const plan::Interval& interval : intervals) {
    if (texts.size() == kShownIntervalsMax) break;
    const std::string text = plan::ShowInterval(interval, direction);
    texts.push_back(reverse ? Backward(text) : text);
  }
  // As the scan meets them.
  if (reverse) std::reverse(texts.begin(), texts.end());
  out_->OpenArray(name);
  for (const std::string& text : texts) out_->AppendString(out_->NextIndex(), text);
  if (intervals.size() > texts.size()) out_->AppendString(out_->NextIndex(), "...");
  out_->Close();
}

}  // namespace cairn::exec
