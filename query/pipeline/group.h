// SPDX-License-Identifier: Apache-2.0
// $group: one document for each distinct value of an expression, with accumulated fields. Groups
// are kept in a hash table by the encoding of their _id; when they take too much memory all of them
// go to a sorter as partial states, which are merged in the end. Belongs to its pipeline.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/index/sorter.h"
#include "query/exec/accumulation.h"
#include "query/pipeline/parser.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

class GroupStage final : public Stage {
 public:
  GroupStage(expression::ExpressionPtr id, std::vector<exec::Accumulation> accumulations);

  Status Open(RunContext* run, Stage* input) override;
  Result<bool> Next() override;
  void Pause() override;
  bool AddDependencies(expression::Dependencies* dependencies) const override;
  std::optional<path::FieldPath> PathBefore(const path::FieldPath& path) const override;
  bool BlursValues() const override { return true; }
  void AppendStatistics(bson::Builder* out) const override;

  /// The field that it groups by, when the first document of each value of the field, in the order
  /// of `sort`, is all that it needs; else empty.
  std::string FirstOfEach(const plan::SortPattern& sort) const;
  /// A stage that does the same, when it only counts all documents; else null.
  StagePtr AsCount() const;

 private:
  struct Group {
    bson::OwnedValue id;
    std::vector<accumulate::AccumulatorPtr> accumulators;
  };

  bson::View spec() const { return source().begin()->value.AsView(); }
  Status Fill();
  Status AddDocument(bson::View document);
  /// The group of key_, made anew for `id` when there is none.
  Result<Group*> Find(bson::Value id);
  Result<Group> NewGroup(bson::Value id);
  Status Encode(bson::Value id);
  /// Writes all groups to the sorter and forgets them.
  Status Spill();
  void NoteMemory();
  Result<bool> NextSpilled();
  Status MergeInto(Group* group, bson::View state);
  void Show(const Group& group);

  const expression::ExpressionPtr id_;
  std::vector<exec::Accumulation> accumulations_;
  expression::Scratch scratch_;
  expression::Scratch made_;  // For new groups, while scratch_ holds the _id.
  std::string key_;
  std::unordered_map<std::string, Group*> by_key_;
  std::deque<Group> groups_;  // In the order in which they came.
  size_t bytes_ = 0;
  MemoryShare share_;
  bool filled_ = false;
  size_t next_ = 0;
  // Once spilled: (key, number of the spill) -> {i: _id, s: [states]}.
  std::unique_ptr<index::Sorter> spilled_;
  uint64_t spills_ = 0;
  std::vector<size_t> field_bytes_;      // Of the accumulators of each field in memory, and
  std::vector<size_t> field_bytes_max_;  // the most that they took.
  uint64_t output_bytes_ = 0;
  std::string_view spilled_key_;  // Of the next partial state.
  std::string_view spilled_state_;
  bool spilled_more_ = false;
  std::string bytes_out_;  // Keeps its memory.
};

/// The accumulated fields of a $group: all but _id. Errors: Location40235, Location40236, those of
/// exec::Accumulation::Parse.
Result<std::vector<exec::Accumulation>> ParseAccumulations(bson::View fields,
                                                           const ParseContext& context);

}  // namespace cairn::pipeline
