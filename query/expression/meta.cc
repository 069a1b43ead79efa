// SPDX-License-Identifier: Apache-2.0
// $meta: what a query knows about a document beside its fields. No stage of Cairn produces such
// data, so that a kind is either absent for every document, or an error where MongoDB demands it.
#include <algorithm>
#include <string>

#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

struct Kind {
  std::string_view name;
  bool required;  // An error when no stage before produces it.
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
  if (kind->required) {
    return Status(ErrorCode::kLocation40218, "query requires " + std::string(kind->name) +
                                                 " metadata, but it is not available");
  }
  return MakeConstant(bson::Value());
}

}  // namespace cairn::expression
