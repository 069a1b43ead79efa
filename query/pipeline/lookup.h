// SPDX-License-Identifier: Apache-2.0
// $lookup: adds to each document an array of the documents of another collection that belong to it:
// by equal fields, by a pipeline that sees variables of the document, or by both. With an $unwind
// that it has taken in, it gives a document for each of them instead. Its pipeline is put together
// once, and runs for each document; one that depends on nothing of the document runs once, as long
// as what it gives fits into memory. Belongs to its pipeline.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/pipeline/stage.h"
#include "query/pipeline/sub_pipeline.h"
#include "query/pipeline/unwind.h"

namespace cairn::pipeline {

struct Lookup {
  struct Variable {
    std::string name;
    expression::ExpressionPtr value;
  };

  std::optional<SubPipeline> from;
  std::optional<path::FieldPath> local_field;
  std::optional<path::FieldPath> foreign_field;
  std::optional<path::FieldPath> as;
  std::vector<Variable> let;
  bool has_pipeline = false;
};

class LookupStage final : public Stage {
 public:
  LookupStage(Lookup lookup, const expression::Globals& globals);

  Status Open(RunContext* run, Stage* input) override;
  Result<bool> Next() override;
  void Pause() override;
  bool AddDependencies(expression::Dependencies* dependencies) const override;
  bool Makes(std::string_view name) const override {
    return lookup_.as->size() == 1 && lookup_.as->part(0) == name;
  }
  std::optional<path::FieldPath> PathBefore(const path::FieldPath& path) const override;
  bool IsOneToOne() const override { return !unwind_.has_value(); }
  void Describe(Verbosity verbosity, bson::Builder* out) const override;
  void AppendStatistics(bson::Builder* out) const override;

  const path::FieldPath& as() const { return *lookup_.as; }
  bool unwinds() const { return unwind_.has_value(); }
  /// Takes in an $unwind of its array; false when it is of something else.
  bool Unwind(const UnwindOptions& options);
  /// Whether what AddMatch is given decides about all that comes of a partner.
  bool TakesMatch() const { return unwind_ && !unwind_->preserve && !unwind_->index; }
  /// From now on only partners that `filter` lets through count; false when that cannot be.
  bool AddMatch(bson::View filter, const expression::Globals& globals);

 private:
  bool DependsOnInput() const { return lookup_.local_field.has_value() || !lookup_.let.empty(); }
  /// Puts the pipeline together, unless it is.
  Status Prepare();
  /// Begins to look for the partners of `local`.
  Status Begin(bson::View local);
  /// Sets joined_ to the array of partners of `local`.
  Status Collect(bson::View local);
  Result<bool> NextPartner();
  void Show(bson::Value partner, std::optional<int64_t> position);

  Lookup lookup_;
  expression::Globals globals_;                            // With the variables of `let`.
  std::vector<std::shared_ptr<bson::OwnedValue>> values_;  // Of those variables, one each.
  std::optional<UnwindOptions> unwind_;
  std::optional<bson::Document> match_;  // What AddMatch took in, for explain.
  expression::Scratch scratch_;
  std::unique_ptr<Pipeline> pipeline_;
  Examined past_;  // By pipelines before.
  // Without $unwind.
  bson::Document joined_;  // The bytes of an array.
  MemoryShare share_;
  bool has_joined_ = false;
  // With it.
  bson::Document local_;  // The document whose partners are given.
  bool in_local_ = false;
  int64_t position_ = 0;
  std::string bytes_;  // These two keep their memory.
  std::string indexed_;
};

}  // namespace cairn::pipeline
