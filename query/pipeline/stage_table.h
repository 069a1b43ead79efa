// SPDX-License-Identifier: Apache-2.0
// The table of stages, and of MongoDB's stages that are not among them. Constants; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/pipeline/parser.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

/// Where a stage may stand: any of these together.
enum Rule : uint16_t {
  kAnywhere = 0,
  kFirst = 1 << 0,       ///< Only first.
  kLast = 1 << 1,        ///< Only last.
  kOfDatabase = 1 << 2,  ///< Needs a pipeline about a database: {aggregate: 1}.
  kNotInFacet = 1 << 3,
  kNotInLookup = 1 << 4,
  kNotInUnion = 1 << 5,
  kNotInView = 1 << 6,
  kInUpdate = 1 << 7,  ///< May be a part of an update.
  kUnstable = 1 << 8,  ///< Is not in MongoDB's stable API.
  kWrites = 1 << 9,
};

/// Appends the stages that `spec`, the value of the stage's one field, asks for.
using ParseFunction = Status (*)(bson::Value spec, const ParseContext& context, StageList* stages);

struct StageRow {
  std::string_view name;
  ParseFunction parse;
  uint16_t rules;

  bool Is(Rule rule) const { return (rules & rule) != 0; }
};

/// Null when there is no such stage.
const StageRow* FindStage(std::string_view name);
/// Whether MongoDB has a stage of that name and Cairn does not.
bool IsUnsupportedStage(std::string_view name);

}  // namespace cairn::pipeline
