// SPDX-License-Identifier: Apache-2.0
// Matching documents among some given by their keys. Thread safety: belongs to its Execution.
#pragma once

#include <string>
#include <vector>

#include "query/exec/fetch.h"
#include "query/exec/read_context.h"
#include "query/exec/source.h"
#include "query/match/matcher.h"

namespace cairn::exec {

class IdPoints final : public Source {
 public:
  /// Reads `suffixes` in order. Borrows `context` and `filter`.
  IdPoints(ReadContext* context, const match::Matcher* filter, std::vector<std::string> suffixes)
      : context_(context), filter_(filter), suffixes_(std::move(suffixes)) {}

  Result<bool> Next() override;
  void Pause() override {
    batch_begin_ += fetched_.examined();
    fetched_.Clear();
  }

 private:
  ReadContext* const context_;
  const match::Matcher* const filter_;
  const std::vector<std::string> suffixes_;
  size_t batch_begin_ = 0;  // Where in suffixes_ the batch begins.
  FetchBatch fetched_;
};

}  // namespace cairn::exec
