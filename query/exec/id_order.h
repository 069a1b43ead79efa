// SPDX-License-Identifier: Apache-2.0
// Puts documents that come in the order of their keys into the exact order of a sort that has _id
// among its fields. The two differ only among keys of documents that were cut (key::FitKey): rows
// whose keys agree up to the cut are collected and sorted. All others pass through. Thread safety:
// belongs to its Execution.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/exec/read_context.h"
#include "query/exec/sort_key.h"
#include "query/exec/source.h"

namespace cairn::exec {

class IdOrder final : public Source {
 public:
  /// Borrows `sort`, whose strings are compared by their bytes.
  IdOrder(std::unique_ptr<Source> input, const plan::SortPattern* sort)
      : input_(std::move(input)), keys_(sort, nullptr) {}

  /// Error QueryExceededMemoryLimitNoDiskUseAllowed.
  Result<bool> Next() override;
  /// Groups are copies.
  void Pause() override { input_->Pause(); }
  const Source* source() const override { return input_.get(); }

 private:
  struct Owned {
    std::string document;
    std::string suffix;
    std::string sort_key = {};  // Of a row in a group.
  };
  static Owned Copy(const Row& row) {
    return {std::string(row.document.bytes()), std::string(row.suffix)};
  }
  /// Begins a group.
  void Begin(Owned first);
  /// Adds the rows that agree with its first one, and sorts them. After error TrialOver it is
  /// called again.
  Status Collect();
  void Show(const Owned& owned);

  std::unique_ptr<Source> input_;
  SortKeys keys_;
  std::vector<Owned> group_;
  MemoryShare share_;
  size_t group_bytes_ = 0;
  bool collecting_ = false;
  size_t next_in_group_ = 0;
  std::optional<Owned> pending_;  // The row behind the group.
  bool input_ended_ = false;
};

}  // namespace cairn::exec
