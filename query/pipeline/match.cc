// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/match.h"

#include <string>
#include <vector>

#include "engine/base/try.h"
#include "query/match/dependencies.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {

Result<bool> MatchStage::Next() {
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) return false;
    document_ = input_->document();
    CAIRN_TRY_ASSIGN(const bool matches, matcher_.Matches(document_));
    if (matches) return true;
  }
}

bool MatchStage::AddDependencies(expression::Dependencies* dependencies) const {
  match::AddDependencies(matcher_.root(), dependencies);
  return true;
}

namespace {

// What a filter may have in find and not here.
Status CheckOperator(std::string_view name, bool first) {
  if (name == "$where") return Status(ErrorCode::kBadValue, "$where is not allowed in $match");
  if (name == "$near" || name == "$nearSphere" || name == "$geoNear") {
    return Status(ErrorCode::kLocation5626500,
                  std::string(name) + " is not allowed in $match; use $geoNear or $geoWithin");
  }
  if (name == "$text" && !first) {
    return Status(ErrorCode::kLocation17313,
                  "$match with $text is only allowed as the first pipeline stage");
  }
  return Status::Ok();
}

bool HoldsFilters(std::string_view name) {
  return name == "$and" || name == "$or" || name == "$nor" || name == "$not" ||
         name == "$elemMatch";
}

Status CheckRestrictions(bson::View filter, bool first) {
  std::vector<bson::View> open = {filter};
  while (!open.empty()) {
    const bson::View current = open.back();
    open.pop_back();
    for (const bson::Element& field : current) {
      CAIRN_TRY(CheckOperator(field.name, first));
      const bool goes_in = !field.name.starts_with('$') || HoldsFilters(field.name);
      const bool nests =
          field.value.type() == bson::Type::kDocument || field.value.type() == bson::Type::kArray;
      if (goes_in && nests) open.push_back(field.value.AsView());
    }
  }
  return Status::Ok();
}

}  // namespace

Status ParseMatch(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation15959, "the match filter must be an expression in an object");
  }
  CAIRN_TRY(CheckRestrictions(spec.AsView(), stages->empty()));
  CAIRN_TRY_ASSIGN(auto matcher, match::Matcher::Parse(spec.AsView(), context.globals));
  stages->push_back(std::make_unique<MatchStage>(std::move(matcher)));
  return Status::Ok();
}

}  // namespace cairn::pipeline
