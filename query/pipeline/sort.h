// SPDX-License-Identifier: Apache-2.0
// $sort: collects all documents and gives them in order. Belongs to its pipeline.
#pragma once

#include <memory>
#include <utility>

#include "query/exec/row_sorter.h"
#include "query/exec/sort_key.h"
#include "query/expression/row_metadata.h"
#include "query/pipeline/stage.h"
#include "query/plan/sort_pattern.h"

namespace cairn::pipeline {

class SortStage final : public Stage, public expression::RowMetadata {
 public:
  explicit SortStage(plan::SortPattern pattern) : pattern_(std::move(pattern)) {}

  Result<bool> Next() override;
  /// What it has are copies.
  void Pause() override;
  Status Open(RunContext* run, Stage* input) override {
    sorter_.reset();
    return Stage::Open(run, input);
  }
  void Describe(Verbosity verbosity, bson::Builder* out) const override;
  void AppendStatistics(bson::Builder* out) const override;
  /// Of the current document, which is a copy: its sort key is known.
  Result<bson::Value> Get(Kind kind, expression::Scratch* scratch) override;
  std::optional<path::FieldPath> PathBefore(const path::FieldPath& path) const override {
    if (limit_ != 0) return {};
    return path;
  }
  bool KeepsDocuments() const override { return true; }
  bool AddDependencies(expression::Dependencies* dependencies) const override;

  const plan::SortPattern& pattern() const { return pattern_; }
  /// Only so many documents, from the first on, will be asked for; 0: all.
  void set_limit(uint64_t limit) { limit_ = limit; }
  uint64_t limit() const { return limit_; }

 private:
  Status Fill();

  const plan::SortPattern pattern_;
  uint64_t limit_ = 0;
  std::unique_ptr<exec::RowSorter> sorter_;  // Null before the first Next.
  std::unique_ptr<exec::SortKeys> keys_;     // Of $meta, once it is asked for.
};

}  // namespace cairn::pipeline
