// SPDX-License-Identifier: Apache-2.0
// From an array of stage documents to stages: names, numbers, places and nesting are checked here,
// the rest by each stage. Free functions; any thread.
#pragma once

#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/scope.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

/// Stages of one pipeline.
inline constexpr size_t kStagesMax = 1'000;
/// Sub-pipelines within each other, as in MongoDB.
inline constexpr int kSubPipelineDepthMax = 20;

/// Where a pipeline stands.
enum class Place : uint8_t { kTop, kFacet, kLookup, kUnion, kView, kUpdate };

/// What stages have to know while they are parsed. Borrows all.
struct ParseContext {
  const expression::Globals& globals;
  std::string_view database = {};
  std::string_view collection = {};  ///< Empty: the pipeline is about the database as a whole.
  Place place = Place::kTop;
  int depth = 0;  ///< Pipelines around this one.
  /// Only what MongoDB's stable API has.
  bool api_strict = false;

  /// That of a pipeline inside, on the same collection.
  ParseContext Inside(Place the_place) const {
    ParseContext inside = *this;
    inside.place = the_place;
    ++inside.depth;
    return inside;
  }
};

/// Errors: TypeMismatch (an element that is no document), Location40323 (not exactly one field),
/// Location40324 (an unknown stage), NotImplemented (one of MongoDB's that is not supported),
/// Location7749501 (too many stages), MaxSubPipelineDepthExceeded, Location40600, Location40601,
/// Location40602, InvalidNamespace and InvalidOptions (a stage where it may not stand),
/// APIStrictError, and those of each stage.
Result<StageList> ParseStages(bson::View stages, const ParseContext& context);

}  // namespace cairn::pipeline
