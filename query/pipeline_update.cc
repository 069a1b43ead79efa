// SPDX-License-Identifier: Apache-2.0
// Stages of update pipelines. Each makes a whole document from the one before it.
#include "query/pipeline_update.h"

#include <algorithm>
#include <string>

#include "engine/base/try.h"
#include "query/expression/expression.h"
#include "query/project/added_fields.h"
#include "query/project/projection.h"

namespace cairn {
namespace {

class Stage {
 public:
  virtual ~Stage() = default;
  virtual Result<bson::Document> Apply(bson::View document) const = 0;
};
using StagePtr = std::unique_ptr<Stage>;

class AddFields final : public Stage {
 public:
  explicit AddFields(project::AddedFields fields) : fields_(std::move(fields)) {}
  Result<bson::Document> Apply(bson::View document) const override {
    bson::Builder builder;
    CAIRN_TRY(fields_.Apply(document, &builder));
    return builder.Finish();
  }

 private:
  const project::AddedFields fields_;
};

class Project final : public Stage {
 public:
  explicit Project(project::Projection projection) : projection_(std::move(projection)) {}
  Result<bson::Document> Apply(bson::View document) const override {
    bson::Builder builder;
    CAIRN_TRY(projection_.Apply(document, &builder));
    return builder.Finish();
  }

 private:
  const project::Projection projection_;
};

class ReplaceRoot final : public Stage {
 public:
  ReplaceRoot(expression::ExpressionPtr root, std::shared_ptr<const collation::Collator> collator)
      : root_(std::move(root)), collator_(std::move(collator)) {}
  Result<bson::Document> Apply(bson::View document) const override {
    expression::Scratch scratch;
    CAIRN_TRY_ASSIGN(const bson::Value value,
                     root_->Evaluate({document, &scratch, collator_.get()}));
    if (value.type() == bson::Type::kDocument) return bson::Document(value.AsView());
    return Status(ErrorCode::kLocation40228,
                  "the expression of the new root must evaluate to an object, but has the type " +
                      std::string(bson::TypeName(value.type())));
  }

 private:
  const expression::ExpressionPtr root_;
  const std::shared_ptr<const collation::Collator> collator_;
};

Result<StagePtr> ParseSet(bson::Value spec, const expression::Globals& globals) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40272, "$set specification stage must be an object, got " +
                                                 std::string(bson::TypeName(spec.type())));
  }
  CAIRN_TRY_ASSIGN(auto fields, project::AddedFields::Parse(spec.AsView(), globals));
  return StagePtr(std::make_unique<AddFields>(std::move(fields)));
}

Result<StagePtr> ParseProject(bson::Value spec, const expression::Globals& globals) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation15969, "$project specification must be an object");
  }
  if (spec.AsView().empty()) {
    return Status(ErrorCode::kLocation51272,
                  "Invalid $project :: caused by :: projection specification must have at least "
                  "one field");
  }
  CAIRN_TRY_ASSIGN(auto projection, project::Projection::Parse(spec.AsView(), globals));
  return StagePtr(std::make_unique<Project>(std::move(projection)));
}

Status Exclude(bson::Value field, bson::Builder* exclusion) {
  if (field.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation31120,
                  "$unset specification must be a string or an array containing only string "
                  "values");
  }
  if (field.AsString().find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation16411, "FieldPath field names may not contain '\\0'.");
  }
  exclusion->AppendInt32(field.AsString(), 0);
  return Status::Ok();
}

Result<StagePtr> ParseUnset(bson::Value spec, const expression::Globals& globals) {
  bson::Builder exclusion;
  if (spec.type() == bson::Type::kString) {
    CAIRN_TRY(Exclude(spec, &exclusion));
  } else if (spec.type() != bson::Type::kArray) {
    return Status(ErrorCode::kLocation31002, "$unset specification must be a string or an array");
  } else if (spec.AsView().empty()) {
    return Status(ErrorCode::kLocation31119,
                  "$unset specification must be a string or an array with at least one field");
  } else {
    for (const bson::Element& element : spec.AsView()) {
      CAIRN_TRY(Exclude(element.value, &exclusion));
    }
  }
  CAIRN_TRY_ASSIGN(auto projection, project::Projection::Parse(exclusion.Finish(), globals));
  return StagePtr(std::make_unique<Project>(std::move(projection)));
}

Result<StagePtr> ParseReplaceWith(bson::Value spec, const expression::Globals& globals) {
  CAIRN_TRY_ASSIGN(auto root, expression::Parse(spec, globals));
  return StagePtr(std::make_unique<ReplaceRoot>(std::move(root), globals.collator));
}

Result<StagePtr> ParseReplaceRoot(bson::Value spec, const expression::Globals& globals) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40229,
                  "expected an object as specification for $replaceRoot");
  }
  bson::Value root;
  for (const bson::Element& field : spec.AsView()) {
    if (field.name != "newRoot") {
      return Status(ErrorCode::kLocation40230,
                    "unrecognized option to $replaceRoot stage: " + std::string(field.name));
    }
    root = field.value;
  }
  if (root.missing()) {
    return Status(ErrorCode::kLocation40231, "no newRoot specified for the $replaceRoot stage");
  }
  return ParseReplaceWith(root, globals);
}

struct StageRow {
  std::string_view name;
  Result<StagePtr> (*parse)(bson::Value spec, const expression::Globals& globals);
};

// table "update stages": sorted
constexpr StageRow kStages[] = {
    {"$addFields", ParseSet},
    {"$project", ParseProject},
    {"$replaceRoot", ParseReplaceRoot},
    {"$replaceWith", ParseReplaceWith},
    {"$set", ParseSet},
    {"$unset", ParseUnset},
};
static_assert(std::ranges::is_sorted(kStages, {}, &StageRow::name));

// MongoDB's stages that no update may have.
// table "stages not of updates": sorted
constexpr std::string_view kOtherStages[] = {
    "$bucket",
    "$bucketAuto",
    "$changeStream",
    "$changeStreamSplitLargeEvent",
    "$collStats",
    "$count",
    "$currentOp",
    "$densify",
    "$documents",
    "$facet",
    "$fill",
    "$geoNear",
    "$graphLookup",
    "$group",
    "$indexStats",
    "$limit",
    "$listLocalSessions",
    "$listSampledQueries",
    "$listSearchIndexes",
    "$listSessions",
    "$lookup",
    "$match",
    "$merge",
    "$out",
    "$planCacheStats",
    "$querySettings",
    "$queryStats",
    "$rankFusion",
    "$redact",
    "$sample",
    "$score",
    "$scoreFusion",
    "$search",
    "$searchMeta",
    "$setWindowFields",
    "$shardedDataDistribution",
    "$skip",
    "$sort",
    "$sortByCount",
    "$unionWith",
    "$unwind",
    "$vectorSearch",
};
static_assert(std::ranges::is_sorted(kOtherStages));

Result<StagePtr> ParseStage(bson::Value value, const expression::Globals& globals) {
  if (value.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kTypeMismatch,
                  "Each element of the 'pipeline' array must be an object");
  }
  const bson::View stage = value.AsView();
  if (stage.empty() || ++stage.begin() != stage.end()) {
    return Status(ErrorCode::kLocation40323,
                  "A pipeline stage specification object must contain exactly one field.");
  }
  const bson::Element element = *stage.begin();
  const auto* const row = std::ranges::lower_bound(kStages, element.name, {}, &StageRow::name);
  if (row != std::end(kStages) && row->name == element.name)
    return row->parse(element.value, globals);
  if (std::ranges::binary_search(kOtherStages, element.name)) {
    return Status(ErrorCode::kInvalidOptions,
                  std::string(element.name) + " is not allowed to be used within an update");
  }
  return Status(ErrorCode::kLocation40324,
                "Unrecognized pipeline stage name: '" + std::string(element.name) + "'");
}

class Pipeline final : public update::Transform {
 public:
  explicit Pipeline(std::vector<StagePtr> stages) : stages_(std::move(stages)) {}

  Result<bson::Document> Apply(bson::View document) const override {
    bson::Document current(document);
    for (const StagePtr& stage : stages_) {
      CAIRN_TRY_ASSIGN(current, stage->Apply(current));
    }
    return current;
  }

 private:
  const std::vector<StagePtr> stages_;
};

}  // namespace

Result<update::Update> ParsePipelineUpdate(bson::View stages, const expression::Globals& globals) {
  std::vector<StagePtr> parsed;
  for (const bson::Element& element : stages) {
    if (parsed.size() == kUpdateStagesMax) {
      return Status(ErrorCode::kFailedToParse, "Pipeline length must be no longer than " +
                                                   std::to_string(kUpdateStagesMax) + " stages.");
    }
    CAIRN_TRY_ASSIGN(StagePtr stage, ParseStage(element.value, globals));
    parsed.push_back(std::move(stage));
  }
  return update::Update::FromTransform(std::make_unique<const Pipeline>(std::move(parsed)));
}

}  // namespace cairn
