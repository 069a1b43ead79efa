// SPDX-License-Identifier: Apache-2.0
// $meta: what a query knows about a document beside its fields: the index key, the record and the
// sort key by which it was found. No stage of Cairn produces the other kinds: that is an error
// where MongoDB demands a stage that does, and a missing value where it does not.
#include <algorithm>
#include <cstdint>
#include <string>

#include "query/expression/operators.h"
#include "query/expression/row_metadata.h"

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
  RowMetadata::Kind row = {};  // kAlways.
};

// table "kinds of metadata": sorted
constexpr Kind kKinds[] = {
    {"geoNearDistance", Presence::kByStage},
    {"geoNearPoint", Presence::kByStage},
    {"indexKey", Presence::kAlways, RowMetadata::Kind::kIndexKey},
    {"randVal", Presence::kAtTimes},
    {"recordId", Presence::kAlways, RowMetadata::Kind::kRecordId},
    {"score", Presence::kByStage},
    {"scoreDetails", Presence::kByStage},
    {"searchHighlights", Presence::kAtTimes},
    {"searchScore", Presence::kAtTimes},
    {"searchScoreDetails", Presence::kAtTimes},
    {"searchSequenceToken", Presence::kAtTimes},
    {"sortKey", Presence::kAlways, RowMetadata::Kind::kSortKey},
    {"textScore", Presence::kByStage},
    {"timeseriesBucketMaxTime", Presence::kByStage},
    {"timeseriesBucketMinTime", Presence::kByStage},
    {"vectorSearchScore", Presence::kByStage},
};
static_assert(std::ranges::is_sorted(kKinds, {}, &Kind::name));

class Meta : public Expression {
 public:
  explicit Meta(RowMetadata::Kind kind) : kind_(kind) {}
  Result<bson::Value> Evaluate(const Context& context) const override {
    RowMetadata* const row = RowMetadata::current();
    return row == nullptr ? bson::Value() : row->Get(kind_, context.scratch);
  }
  // The keys are made anew from the document.
  void AddDependencies(Dependencies* dependencies) const override {
    dependencies->whole = true;
    dependencies->sort_key = dependencies->sort_key || kind_ == RowMetadata::Kind::kSortKey;
  }

 private:
  const RowMetadata::Kind kind_;
};

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
  if (kind->presence == Presence::kAtTimes) return MakeConstant(bson::Value());
  if (kind->presence == Presence::kByStage) {
    return Status(ErrorCode::kLocation40218, "query requires " + std::string(kind->name) +
                                                 " metadata, but it is not available");
  }
  return ExpressionPtr(std::make_unique<Meta>(kind->row));
}

}  // namespace cairn::expression
