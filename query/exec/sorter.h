// SPDX-License-Identifier: Apache-2.0
// Collects all rows and gives them in order: a RowSorter over another operator. Thread safety:
// belongs to its Execution.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "query/exec/read_context.h"
#include "query/exec/row_sorter.h"
#include "query/exec/source.h"
#include "query/plan/sort_pattern.h"

namespace cairn::exec {

class Sorter final : public Source {
 public:
  /// As of RowSorter. Borrows `context` and `sort`.
  Sorter(ReadContext* context, std::unique_ptr<Source> input, const plan::SortPattern* sort,
         std::shared_ptr<const collation::Collator> collator, uint64_t limit,
         std::string spill_directory)
      : context_(context),
        input_(std::move(input)),
        sorter_(sort, std::move(collator), limit, std::move(spill_directory)) {}

  /// Errors: those of RowSorter::Add.
  Result<bool> Next() override;
  /// The rows are copies.
  void Pause() override;
  const Source* source() const override { return input_.get(); }

 private:
  Status Fill();

  ReadContext* const context_;
  const std::unique_ptr<Source> input_;
  bool filled_ = false;  // All rows are collected.
  RowSorter sorter_;
};

}  // namespace cairn::exec
