// SPDX-License-Identifier: Apache-2.0
// $unwind: one document for each element of an array. Belongs to its pipeline.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "query/path/field_path.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

struct UnwindOptions {
  path::FieldPath path;
  std::optional<path::FieldPath> index;  ///< Where the position goes.
  bool preserve = false;                 ///< Keep documents without elements.
};

class UnwindStage final : public Stage {
 public:
  explicit UnwindStage(UnwindOptions options) : options_(std::move(options)) {}

  Result<bool> Next() override;
  void Pause() override;
  bool AddDependencies(expression::Dependencies* dependencies) const override {
    dependencies->paths.insert(options_.path.dotted());
    return true;
  }

  Status Open(RunContext* run, Stage* input) override {
    next_offset_ = 0;
    return Stage::Open(run, input);
  }
  std::optional<path::FieldPath> PathBefore(const path::FieldPath& path) const override;

  const UnwindOptions& options() const { return options_; }

 private:
  /// Takes up a document of the input; false when it gives nothing.
  bool Begin();
  /// Makes the document with `value`, or without when it is missing, and `position`.
  void Show(bson::Value value, std::optional<int64_t> position);

  const UnwindOptions options_;
  bson::View whole_;        // The document that is unwound, of the input or in kept_.
  std::string kept_;        // Its copy once the input was paused.
  bson::View array_;        // Of whole_.
  size_t next_offset_ = 0;  // Of the next element in array_; 0: none is left.
  int64_t position_ = 0;
  std::string bytes_;
  std::string indexed_;
};

}  // namespace cairn::pipeline
