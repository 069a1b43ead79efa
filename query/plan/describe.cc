// SPDX-License-Identifier: Apache-2.0
// Plans in a word.
#include "engine/index/message_text.h"
#include "query/plan/plan.h"

namespace cairn::plan {
namespace {

constexpr size_t kShownChildrenMax = 5;

std::string SummaryOf(const Node& node) {
  if (node.stage == Stage::kIndexScan) {
    return "IXSCAN " + index::MessageText(node.scan.key_pattern);
  }
  if (node.children.empty()) return std::string(StageName(node.stage));
  std::string text;
  size_t shown = 0;
  for (const Node& child : node.children) {
    if (!text.empty()) text += ", ";
    if (++shown > kShownChildrenMax) return text + "...";
    text += SummaryOf(child);
  }
  return text;
}

}  // namespace

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kNothing:
      return "EOF";
    case Stage::kIdPoints:
      return "IDHACK";
    case Stage::kCollectionScan:
      return "COLLSCAN";
    case Stage::kIndexScan:
      return "IXSCAN";
    case Stage::kOr:
      return "OR";
    case Stage::kSortMerge:
      return "SORT_MERGE";
  }
  return "EOF";
}

std::string Summary(const Plan& plan) {
  const Node& access = plan.access;
  if (access.stage == Stage::kCollectionScan && !access.id_bounds.empty()) {
    return "IXSCAN { _id: 1 }";
  }
  std::string text = SummaryOf(access);
  if (plan.reading == Reading::kCount && text.starts_with("IXSCAN")) {
    text.replace(0, 6, "COUNT_SCAN");
  }
  return text;
}

}  // namespace cairn::plan
