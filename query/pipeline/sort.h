// SPDX-License-Identifier: Apache-2.0
// $sort: collects all documents and gives them in order. Belongs to its pipeline.
#pragma once

#include <memory>
#include <utility>

#include "query/exec/row_sorter.h"
#include "query/pipeline/stage.h"
#include "query/plan/sort_pattern.h"

namespace cairn::pipeline {

class SortStage final : public Stage {
 public:
  explicit SortStage(plan::SortPattern pattern) : pattern_(std::move(pattern)) {}

  Result<bool> Next() override;
  /// What it has are copies.
  void Pause() override;
  bool LetsMatchPass(const path::FieldPath&) const override { return limit_ == 0; }
  bool AddDependencies(expression::Dependencies* dependencies) const override;

  const plan::SortPattern& pattern() const { return pattern_; }
  plan::SortPattern TakePattern() { return std::move(pattern_); }
  /// Only so many documents, from the first on, will be asked for; 0: all.
  void set_limit(uint64_t limit) { limit_ = limit; }
  uint64_t limit() const { return limit_; }

 private:
  Status Fill();

  plan::SortPattern pattern_;
  uint64_t limit_ = 0;
  std::unique_ptr<exec::RowSorter> sorter_;  // Null before the first Next.
};

}  // namespace cairn::pipeline
