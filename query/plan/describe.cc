// SPDX-License-Identifier: Apache-2.0
// Plans as documents, for people.
#include "query/plan/plan.h"

namespace cairn::plan {
namespace {

// Explain is read by people: longer keys are cut.
constexpr size_t kShownBytesMax = 64;
constexpr size_t kShownIntervalsMax = 100;

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes.substr(0, kShownBytesMax)) {
    text.push_back(kDigits[static_cast<uint8_t>(byte) >> 4]);
    text.push_back(kDigits[static_cast<uint8_t>(byte) & 15]);
  }
  if (bytes.size() > kShownBytesMax) text += "…";
  return text;
}

std::string Describe(const key::Range& range) {
  return "[" + Hex(range.begin) + ", " + (range.end.empty() ? "∞" : Hex(range.end)) + ")";
}

}  // namespace

std::string_view StageName(Access access) {
  switch (access) {
    case Access::kNothing:
      return "EOF";
    case Access::kIdPoints:
      return "IDHACK";
    case Access::kCollectionScan:
      return "COLLSCAN";
    case Access::kIndexScan:
      return "IXSCAN";
  }
  return "EOF";
}

bson::Document Describe(const Plan& plan) {
  bson::Builder builder;
  builder.AppendString("stage", StageName(plan.access));
  if (plan.access == Access::kIdPoints) {
    builder.AppendInt64("points", static_cast<int64_t>(plan.points.size()));
  }
  if (plan.access == Access::kCollectionScan && !(plan.ids.begin.empty() && plan.ids.end.empty())) {
    builder.AppendString("ids", Describe(plan.ids));
  }
  if (plan.access == Access::kIndexScan) {
    builder.AppendString("indexName", plan.index_name);
    builder.AppendDocument("keyPattern", plan.key_pattern);
    builder.OpenArray("indexBounds");
    size_t shown = 0;
    for (const key::Range& range : plan.intervals) {
      if (++shown > kShownIntervalsMax) break;
      builder.AppendString(builder.NextIndex(), Describe(range));
    }
    builder.Close();
    builder.AppendInt64("intervals", static_cast<int64_t>(plan.intervals.size()));
  }
  builder.AppendString("direction", plan.reverse ? "backward" : "forward");
  builder.AppendBool("needsSort", plan.needs_sort);
  builder.AppendBool("covered", plan.covered);
  return builder.Finish();
}

}  // namespace cairn::plan
