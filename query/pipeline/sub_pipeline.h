// SPDX-License-Identifier: Apache-2.0
// A pipeline that a stage runs on another collection, or on documents of its own ($documents):
// checked when the stage is parsed, put together when it is first run. Thread safety: belongs to
// its stage.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/pipeline/parser.h"
#include "query/pipeline/pipeline.h"

namespace cairn::pipeline {

class SubPipeline {
 public:
  /// `stages`: an array; missing: none. `context` is that of the stage around. `variables`: names
  /// that will have values when it runs. Errors: those of ParseStages.
  static Result<SubPipeline> Parse(std::string_view database, std::string_view collection,
                                   bson::Value stages, const ParseContext& context, Place place,
                                   bson::View variables = {});

  /// Puts it together to be run, with `globals`; where there is a `join`, over the documents that
  /// Pipeline::Join's values are at that path of. Borrows `run` and `globals`.
  Result<std::unique_ptr<Pipeline>> Make(
      RunContext* run, const expression::Globals* globals,
      const std::optional<path::FieldPath>& join = std::nullopt) const;
  /// Whether what Make gave is still about the same collection.
  bool IsCurrent(const RunContext& run) const;
  /// From now on it gives only what `filter` lets through; false when that cannot be.
  bool AddMatch(bson::View filter, const expression::Globals& globals);

  const std::string& database() const { return database_; }
  const std::string& collection() const { return collection_; }
  bson::View stages() const { return stages_; }

 private:
  SubPipeline() = default;
  store::CollectionPtr Target(const RunContext& run) const;
  ParseContext MakeContext(const expression::Globals& globals) const;

  std::string database_;
  std::string collection_;
  bson::Document stages_;
  Place place_ = Place::kLookup;
  int depth_ = 0;
  bool api_strict_ = false;
  mutable store::CollectionPtr target_;  // Of the last Make.
};

/// Whether the array `stages` begins with $documents.
[[nodiscard]] bool BeginsWithDocuments(bson::Value stages);

}  // namespace cairn::pipeline
