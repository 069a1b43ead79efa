// SPDX-License-Identifier: Apache-2.0
// $meta: what a query knows about a document beside its fields. No stage of Cairn produces such
// data, which is an error where MongoDB demands a stage that does.
#include <algorithm>
#include <string>

#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

struct Kind {
  std::string_view name;
  bool needs_stage;  // Otherwise every document has it in MongoDB.
};

// table "kinds of metadata": sorted
constexpr Kind kKinds[] = {
    {"geoNearDistance", true},
    {"geoNearPoint", true},
    {"indexKey", false},
    {"randVal", true},
    {"recordId", false},
    {"score", true},
    {"scoreDetails", true},
    {"searchHighlights", true},
    {"searchScore", true},
    {"searchScoreDetails", true},
    {"searchSequenceToken", true},
    {"sortKey", false},
    {"textScore", true},
    {"timeseriesBucketMaxTime", true},
    {"timeseriesBucketMinTime", true},
    {"vectorSearchScore", true},
};
static_assert(std::ranges::is_sorted(kKinds, {}, &Kind::name));

}  // namespace

Result<ExpressionPtr> ParseMeta(bson::Value operand, Scope*, int) {
  if (operand.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation17307,
                  "$meta only takes strings, not " + std::string(NameOfType(operand)));
  }
  const auto* const kind = std::ranges::lower_bound(kKinds, operand.AsString(), {}, &Kind::name);
  if (kind == std::end(kKinds) || kind->name != operand.AsString()) {
    return Status(ErrorCode::kLocation17308,
                  "unsupported argument to $meta: " + std::string(operand.AsString()));
  }
  const std::string name(kind->name);
  if (kind->needs_stage) {
    return Status(ErrorCode::kLocation40218,
                  "query requires " + name + " metadata, but it is not available");
  }
  return Status(ErrorCode::kNotImplemented, "$meta of " + name + " is not supported");
}

}  // namespace cairn::expression
