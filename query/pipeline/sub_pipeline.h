// SPDX-License-Identifier: Apache-2.0
// A pipeline that a stage runs on another collection, or on documents of its own ($documents):
// checked when the stage is parsed, parsed again for each run with the variables of that run.
// Thread safety: const after Parse.
#pragma once

#include <memory>
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

  /// Runs it with `globals`, over the documents that `filter` lets through. Borrows `run`.
  Result<std::unique_ptr<Pipeline>> Open(RunContext* run, const expression::Globals& globals,
                                         bson::View filter = {}) const;

  const std::string& database() const { return database_; }
  const std::string& collection() const { return collection_; }

 private:
  SubPipeline() = default;
  ParseContext MakeContext(const expression::Globals& globals) const;

  std::string database_;
  std::string collection_;
  bson::Document stages_;
  Place place_ = Place::kLookup;
  int depth_ = 0;
  bool api_strict_ = false;
};

/// Whether the array `stages` begins with $documents.
[[nodiscard]] bool BeginsWithDocuments(bson::Value stages);

}  // namespace cairn::pipeline
