// SPDX-License-Identifier: Apache-2.0
// $meta: what a query knows about a document beside its fields. No stage of Cairn produces such
// data: that is an error where MongoDB demands a stage that does, and a missing value where it does
// not.
#include <algorithm>
#include <cstdint>
#include <string>

#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

enum class Presence : uint8_t {
  kByStage,  // An error without a stage that makes it.
  kAtTimes,  // Missing without one.
  kAlways,   // Of every document, in MongoDB.
};

struct Kind {
  std::string_view name;
  Presence presence;
};

// table "kinds of metadata": sorted
constexpr Kind kKinds[] = {
    {"geoNearDistance", Presence::kByStage},
    {"geoNearPoint", Presence::kByStage},
    {"indexKey", Presence::kAlways},
    {"randVal", Presence::kAtTimes},
    {"recordId", Presence::kAlways},
    {"score", Presence::kByStage},
    {"scoreDetails", Presence::kByStage},
    {"searchHighlights", Presence::kAtTimes},
    {"searchScore", Presence::kAtTimes},
    {"searchScoreDetails", Presence::kAtTimes},
    {"searchSequenceToken", Presence::kAtTimes},
    {"sortKey", Presence::kAlways},
    {"textScore", Presence::kByStage},
    {"timeseriesBucketMaxTime", Presence::kByStage},
    {"timeseriesBucketMinTime", Presence::kByStage},
    {"vectorSearchScore", Presence::kByStage},
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
  if (kind->presence == Presence::kAtTimes) return MakeConstant(bson::Value());
  if (kind->presence == Presence::kByStage) {
    return Status(ErrorCode::kLocation40218,
                  "query requires " + name + " metadata, but it is not available");
  }
  return Status(ErrorCode::kNotImplemented, "$meta of " + name + " is not supported");
}

}  // namespace cairn::expression
