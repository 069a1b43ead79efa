// SPDX-License-Identifier: Apache-2.0
// Puts documents that come in the order of their keys into the exact order of their _id. The two
// differ only among keys that were cut (key::FitKey): rows whose keys agree up to the cut are
// collected and sorted. All others pass through. Thread safety: belongs to its Execution.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/exec/read_context.h"
#include "query/exec/source.h"

namespace cairn::exec {

class IdOrder final : public Source {
 public:
  IdOrder(std::unique_ptr<Source> input, bool descending)
      : input_(std::move(input)), descending_(descending) {}

  /// Error QueryExceededMemoryLimitNoDiskUseAllowed.
  Result<bool> Next() override;
  /// Groups are copies.
  void Pause() override { input_->Pause(); }
  const Source* source() const override { return input_.get(); }

 private:
  struct Owned {
    std::string document;
    std::string suffix;
  };
  static Owned Copy(const Row& row) {
    return {std::string(row.document.bytes()), std::string(row.suffix)};
  }
  /// Collects the rows that agree with `first`, and sorts them.
  Status Collect(Owned first);
  void Show(const Owned& owned);

  std::unique_ptr<Source> input_;
  const bool descending_;
  std::vector<Owned> group_;
  MemoryShare share_;
  size_t next_in_group_ = 0;
  std::optional<Owned> pending_;  // The row behind the group.
  bool input_ended_ = false;
};

}  // namespace cairn::exec
