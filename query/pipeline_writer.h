// SPDX-License-Identifier: Apache-2.0
// What $out and $merge write, through the collections of the API. Thread safety: belongs to one
// pipeline.
#pragma once

#include "query/engine.h"
#include "query/pipeline/writer.h"

namespace cairn {

class PipelineWriter final : public pipeline::DocumentWriter {
 public:
  /// Borrows `engine`. `bypass_validation`: documents need not be as validators ask.
  PipelineWriter(Engine* engine, bool bypass_validation)
      : engine_(engine), bypass_validation_(bypass_validation) {}

  Status Insert(std::string_view database, std::string_view collection,
                bson::View document) override;
  Result<bool> Replace(std::string_view database, std::string_view collection, bson::View filter,
                       bson::View replacement) override;
  Result<bool> Transform(std::string_view database, std::string_view collection, bson::View filter,
                         bson::View stages, bson::View let) override;
  Result<bool> Exists(std::string_view database, std::string_view collection,
                      bson::View filter) override;
  Result<std::unique_ptr<pipeline::Replacement>> BeginReplacement(
      std::string_view database, std::string_view collection) override;
  Status Settle() override;

 private:
  Engine* const engine_;
  const bool bypass_validation_;
  CommitNumber commit_ = 0;  // The last one.
};

}  // namespace cairn
