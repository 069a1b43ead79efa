// SPDX-License-Identifier: Apache-2.0
// $bucket: {groupBy, boundaries, default, output}: a $group by the range that a value falls into,
// and a $sort by _id.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/try.h"
#include "engine/collation/collator.h"
#include "query/pipeline/group.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

using Bounds = std::vector<bson::OwnedValue>;

// The lower boundary of the bucket of a value.
class BucketOf final : public expression::Expression {
 public:
  BucketOf(expression::ExpressionPtr value, Bounds boundaries, bson::OwnedValue otherwise)
      : value_(std::move(value)),
        boundaries_(std::move(boundaries)),
        otherwise_(std::move(otherwise)) {}

  Result<bson::Value> Evaluate(const expression::Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value value, value_->Evaluate(context));
    const auto above = std::ranges::upper_bound(
        boundaries_, value,
        [&context](bson::Value a, bson::Value b) {
          return collation::CompareValues(a, b, context.collator) < 0;
        },
        [](const bson::OwnedValue& boundary) { return boundary.value(); });
    if (above != boundaries_.begin() && above != boundaries_.end()) {
      return std::prev(above)->value();
    }
    if (!otherwise_.missing()) return otherwise_.value();
    return Status(ErrorCode::kLocation40066,
                  "$bucket could not find a bucket for an input, and no default was specified");
  }
  void AddDependencies(expression::Dependencies* dependencies) const override {
    value_->AddDependencies(dependencies);
  }

 private:
  const expression::ExpressionPtr value_;
  const Bounds boundaries_;
  const bson::OwnedValue otherwise_;
};

struct Spec {
  bson::Value group_by;
  bson::Value boundaries;
  bson::Value otherwise;
  bson::Value output;
};

Result<bson::OwnedValue> Constant(ErrorCode code, std::string_view what, bson::Value value,
                                  const ParseContext& context) {
  CAIRN_TRY_ASSIGN(const auto parsed, expression::Parse(value, context.globals));
  if (!parsed->IsConstant()) {
    return Status(code, std::string(what) + " must be a constant");
  }
  expression::Scratch scratch;
  CAIRN_TRY_ASSIGN(const bson::Value constant,
                   parsed->Evaluate({bson::View(), &scratch, context.globals.collator.get()}));
  return bson::OwnedValue(constant);
}

Status CheckGroupBy(bson::Value value) {
  const bool path = value.type() == bson::Type::kString && value.AsString().starts_with('$');
  const bool call = value.type() == bson::Type::kDocument && !value.AsView().empty() &&
                    value.AsView().begin()->name.starts_with('$');
  if (path || call) return Status::Ok();
  return Status(ErrorCode::kLocation40202,
                "The $bucket 'groupBy' field must be defined as a $-prefixed path or an "
                "expression");
}

Result<Bounds> ParseBoundaries(bson::Value value, const ParseContext& context) {
  Bounds boundaries;
  for (const bson::Element& element : value.AsView()) {
    CAIRN_TRY_ASSIGN(auto boundary, Constant(ErrorCode::kLocation40191, "A $bucket boundary",
                                             element.value, context));
    boundaries.push_back(std::move(boundary));
  }
  if (boundaries.size() < 2) {
    return Status(ErrorCode::kLocation40192,
                  "The $bucket 'boundaries' field must have at least 2 values");
  }
  for (size_t i = 1; i < boundaries.size(); ++i) {
    const bson::Value lower = boundaries[i - 1].value();
    const bson::Value upper = boundaries[i].value();
    if (bson::CanonicalOrder(lower.type()) != bson::CanonicalOrder(upper.type())) {
      return Status(ErrorCode::kLocation40193,
                    "All values in the 'boundaries' of $bucket must have the same type");
    }
    if (collation::CompareValues(lower, upper, context.globals.collator.get()) >= 0) {
      return Status(ErrorCode::kLocation40194,
                    "The 'boundaries' of $bucket must be sorted in ascending order");
    }
  }
  return boundaries;
}

Result<Spec> ParseFields(bson::View fields) {
  Spec spec;
  for (const bson::Element& field : fields) {
    if (field.name == "groupBy") {
      CAIRN_TRY(CheckGroupBy(field.value));
      spec.group_by = field.value;
    } else if (field.name == "boundaries") {
      if (field.value.type() != bson::Type::kArray) {
        return Status(ErrorCode::kLocation40200, "The $bucket 'boundaries' field must be an array");
      }
      spec.boundaries = field.value;
    } else if (field.name == "default") {
      spec.otherwise = field.value;
    } else if (field.name == "output") {
      if (field.value.type() != bson::Type::kDocument) {
        return Status(ErrorCode::kLocation40196, "The $bucket 'output' field must be an object");
      }
      spec.output = field.value;
    } else {
      return Status(ErrorCode::kLocation40197,
                    "Unrecognized option to $bucket: " + std::string(field.name));
    }
  }
  return spec;
}

Status CheckDefault(bson::Value otherwise, const Bounds& boundaries, const ParseContext& context) {
  const auto* const collator = context.globals.collator.get();
  if (collation::CompareValues(otherwise, boundaries.front().value(), collator) < 0 ||
      collation::CompareValues(otherwise, boundaries.back().value(), collator) >= 0) {
    return Status::Ok();
  }
  return Status(ErrorCode::kLocation40199,
                "The $bucket 'default' field must be less than the lowest boundary or greater "
                "than or equal to the highest boundary");
}

Result<std::vector<exec::Accumulation>> ParseOutput(bson::Value output,
                                                    const ParseContext& context) {
  if (output.missing()) {
    bson::Builder count;
    count.OpenDocument("count").AppendInt32("$sum", 1).Close();
    return ParseAccumulations(count.Finish(), context);
  }
  if (!output.AsView()["_id"].missing()) {
    return Status(ErrorCode::kLocation15948, "a group's _id may only be specified once");
  }
  return ParseAccumulations(output.AsView(), context);
}

}  // namespace

Status ParseBucket(bson::Value value, const ParseContext& context, StageList* stages) {
  if (value.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40201, "Argument to $bucket stage must be an object");
  }
  CAIRN_TRY_ASSIGN(const Spec spec, ParseFields(value.AsView()));
  Bounds boundaries;
  if (!spec.boundaries.missing()) {
    CAIRN_TRY_ASSIGN(boundaries, ParseBoundaries(spec.boundaries, context));
  }
  if (spec.group_by.missing() || spec.boundaries.missing()) {
    return Status(ErrorCode::kLocation40198,
                  "$bucket requires 'groupBy' and 'boundaries' to be specified");
  }
  bson::OwnedValue otherwise;
  if (!spec.otherwise.missing()) {
    CAIRN_TRY_ASSIGN(otherwise, Constant(ErrorCode::kLocation40195, "The $bucket 'default' field",
                                         spec.otherwise, context));
    CAIRN_TRY(CheckDefault(otherwise.value(), boundaries, context));
  }
  CAIRN_TRY_ASSIGN(auto group_by, expression::Parse(spec.group_by, context.globals));
  CAIRN_TRY_ASSIGN(auto accumulations, ParseOutput(spec.output, context));
  auto id =
      std::make_unique<BucketOf>(std::move(group_by), std::move(boundaries), std::move(otherwise));
  auto group = std::make_unique<GroupStage>(std::move(id), std::move(accumulations));
  group->set_source(bson::Builder().Append("$bucket", value).Finish());
  stages->push_back(std::move(group));
  return ParseSortById(context, stages);
}

}  // namespace cairn::pipeline
