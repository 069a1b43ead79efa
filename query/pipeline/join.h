// SPDX-License-Identifier: Apache-2.0
// The $match of a $lookup by equal fields: {path: any of the values}, where the values come with
// each document that is joined. Belongs to its pipeline.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/match/matcher.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

class JoinStage final : public Stage {
 public:
  /// Borrows `globals`.
  JoinStage(path::FieldPath path, const expression::Globals* globals)
      : globals_(globals), path_(std::move(path)) {}

  /// For the next run.
  Status SetValues(const std::vector<bson::Value>& values);
  Result<bool> Next() override;
  bool AddDependencies(expression::Dependencies* dependencies) const override {
    dependencies->paths.insert(path_.dotted());
    return true;
  }

  const path::FieldPath& path() const { return path_; }
  void set_path(path::FieldPath path) { path_ = std::move(path); }
  /// The filter of the next run.
  bson::View filter() const { return filter_; }
  /// The values, each as the encoding by which equal ones are equal.
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  const expression::Globals* const globals_;
  path::FieldPath path_;
  bson::Document filter_;
  std::vector<std::string> keys_;
  std::optional<match::Matcher> matcher_;  // Made when it is run as a stage of its own.
};

/// The encoding of `value` by which values that compare equal are equal.
std::string JoinKey(bson::Value value, const collation::Collator* collator);

}  // namespace cairn::pipeline
