// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/group.h"

#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/collation/collator.h"
#include "engine/key/encoding.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

// The sorter of spilled groups has this much, the groups in memory the rest.
constexpr size_t kSorterBytesMax = size_t{16} << 20;
constexpr size_t kGroupsBytesMax = exec::kOperatorBytesMax - kSorterBytesMax;
// What a group takes besides its values.
constexpr size_t kGroupBytes = 160;

}  // namespace

GroupStage::GroupStage(expression::ExpressionPtr id, std::vector<exec::Accumulation> accumulations)
    : id_(std::move(id)), accumulations_(std::move(accumulations)) {}

Status GroupStage::Encode(bson::Value id) {
  key_.clear();
  if (run_->collator() != nullptr && collation::HoldsStrings(id.type())) {
    bson::Builder builder;
    collation::AppendWithSortKeys("", id, *run_->collator(), &builder);
    const bson::Document sort_keys = builder.Finish();
    key::AppendValue(sort_keys.view().begin()->value, key::Direction::kAscending, &key_);
  } else {
    key::AppendValue(id, key::Direction::kAscending, &key_);
  }
  return Status::Ok();
}

Result<GroupStage::Group> GroupStage::NewGroup(bson::Value id) {
  Group group;
  group.id = bson::OwnedValue(id);
  const bson::Value own = group.id.value();
  const bson::View fields = own.type() == bson::Type::kDocument ? own.AsView() : bson::View();
  group.accumulators.reserve(accumulations_.size());
  made_.Clear();
  for (const exec::Accumulation& accumulation : accumulations_) {
    CAIRN_TRY_ASSIGN(auto accumulator, accumulation.Make(fields, &made_));
    bytes_ += accumulator->bytes();
    group.accumulators.push_back(std::move(accumulator));
  }
  bytes_ += kGroupBytes + id.size() + 2 * key_.size();
  return group;
}

Result<GroupStage::Group*> GroupStage::Find(bson::Value id) {
  const auto found = by_key_.find(key_);
  if (found != by_key_.end()) return found->second;
  CAIRN_TRY_ASSIGN(Group group, NewGroup(id));
  groups_.push_back(std::move(group));
  by_key_.emplace(key_, &groups_.back());
  return &groups_.back();
}

Status GroupStage::AddDocument(bson::View document) {
  scratch_.Clear();
  expression::Context context(document, &scratch_, run_->collator());
  context.grouping = true;
  CAIRN_TRY_ASSIGN(bson::Value id, id_->Evaluate(context));
  if (id.missing()) id = expression::Scratch::Null();
  CAIRN_TRY(Encode(id));
  CAIRN_TRY_ASSIGN(Group* const group, Find(id));
  for (size_t i = 0; i < accumulations_.size(); ++i) {
    accumulate::Accumulator* const accumulator = group->accumulators[i].get();
    const size_t before = accumulator->bytes();
    scratch_.Clear();
    CAIRN_TRY(accumulations_[i].Add(document, &scratch_, accumulator));
    bytes_ += accumulator->bytes() - before;
  }
  return bytes_ > kGroupsBytesMax ? Spill() : Status::Ok();
}

Status GroupStage::Spill() {
  if (spilled_ == nullptr) {
    const std::string directory = run_->spill_directory();
    if (directory.empty()) return exec::OutOfMemory("$group");
    spilled_ = std::make_unique<index::Sorter>(directory, kSorterBytesMax);
  }
  for (auto& [key, group] : by_key_) {
    bson::Builder state;
    state.Append("i", group->id.value());
    state.OpenArray("s");
    for (const auto& accumulator : group->accumulators) {
      const std::string index(state.NextIndex());
      accumulator->AppendState(index, &state);
    }
    state.Close();
    std::string spill_key = key;
    base::AppendBig(&spill_key, spills_);
    CAIRN_TRY(spilled_->Add(spill_key, state.Finish().bytes()));
    CAIRN_TRY(run_->Tick());
  }
  ++spills_;
  by_key_.clear();
  groups_.clear();
  bytes_ = 0;
  return Status::Ok();
}

Status GroupStage::Fill() {
  filled_ = true;
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) break;
    CAIRN_TRY(AddDocument(input_->document()));
  }
  if (spilled_ == nullptr) {
    by_key_ = {};
    return Status::Ok();
  }
  CAIRN_TRY(Spill());
  CAIRN_TRY(spilled_->Finish());
  CAIRN_TRY_ASSIGN(spilled_more_, spilled_->Next(&spilled_key_, &spilled_state_));
  return Status::Ok();
}

Status GroupStage::MergeInto(Group* group, bson::View state) {
  size_t i = 0;
  for (const bson::Element& partial : state["s"].AsView()) {
    CAIRN_TRY(group->accumulators[i++]->Merge(partial.value));
  }
  return Status::Ok();
}

Result<bool> GroupStage::NextSpilled() {
  if (!spilled_more_) return false;
  const auto key_of = [](std::string_view key) { return key.substr(0, key.size() - 8); };
  key_ = key_of(spilled_key_);
  bytes_ = 0;
  CAIRN_TRY_ASSIGN(Group group, NewGroup(bson::View(spilled_state_.data())["i"]));
  while (spilled_more_ && key_of(spilled_key_) == key_) {
    CAIRN_TRY(run_->Tick());
    CAIRN_TRY(MergeInto(&group, bson::View(spilled_state_.data())));
    CAIRN_TRY_ASSIGN(spilled_more_, spilled_->Next(&spilled_key_, &spilled_state_));
  }
  Show(group);
  return true;
}

void GroupStage::Show(const Group& group) {
  bson::Builder builder(std::move(bytes_out_));
  builder.Append("_id", group.id.value());
  for (size_t i = 0; i < accumulations_.size(); ++i) {
    group.accumulators[i]->AppendTo(accumulations_[i].field(), &builder);
  }
  bytes_out_ = builder.Finish().TakeBytes();
  document_ = bson::View(bytes_out_.data());
}

Result<bool> GroupStage::Next() {
  if (!filled_) CAIRN_TRY(Fill());
  if (spilled_ != nullptr) return NextSpilled();
  CAIRN_TRY(run_->Tick());
  if (next_ == groups_.size()) return false;
  Show(groups_[next_]);
  groups_[next_++] = Group();
  return true;
}

void GroupStage::Pause() {
  if (!filled_) Stage::Pause();
}

bool GroupStage::AddDependencies(expression::Dependencies* dependencies) const {
  id_->AddDependencies(dependencies);
  for (const auto& accumulation : accumulations_) accumulation.AddDependencies(dependencies);
  return false;
}

namespace {

Status CheckId(bson::Value id) {
  if (id.type() != bson::Type::kDocument || id.AsView().empty()) return Status::Ok();
  if (id.AsView().begin()->name.starts_with('$')) return Status::Ok();
  for (const bson::Element& field : id.AsView()) {
    if (field.value.IsNumber() || field.value.type() == bson::Type::kBool) {
      return Status(ErrorCode::kLocation17390,
                    "$group does not support inclusion-style expressions");
    }
  }
  return Status::Ok();
}

Status CheckField(std::string_view name) {
  if (name.find('.') != std::string_view::npos) {
    return Status(ErrorCode::kLocation40235,
                  "The field name '" + std::string(name) + "' cannot contain '.'");
  }
  if (name.starts_with('$')) {
    return Status(ErrorCode::kLocation40236,
                  "The field name '" + std::string(name) + "' cannot be an operator name");
  }
  return Status::Ok();
}

}  // namespace

Result<std::vector<exec::Accumulation>> ParseAccumulations(bson::View fields,
                                                           const ParseContext& context) {
  std::vector<exec::Accumulation> accumulations;
  for (const bson::Element& field : fields) {
    if (field.name == "_id") continue;
    CAIRN_TRY(CheckField(field.name));
    CAIRN_TRY_ASSIGN(auto accumulation,
                     exec::Accumulation::Parse(field.name, field.value, context.globals,
                                               accumulate::Place::kGroup));
    accumulations.push_back(std::move(accumulation));
  }
  return accumulations;
}

Status ParseGroup(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation15947, "a group's fields must be specified in an object");
  }
  expression::ExpressionPtr id;
  for (const bson::Element& field : spec.AsView()) {
    if (field.name != "_id") continue;
    if (id != nullptr) {
      return Status(ErrorCode::kLocation15948, "a group's _id may only be specified once");
    }
    CAIRN_TRY(CheckId(field.value));
    CAIRN_TRY_ASSIGN(id, expression::Parse(field.value, context.globals));
  }
  CAIRN_TRY_ASSIGN(auto accumulations, ParseAccumulations(spec.AsView(), context));
  if (id == nullptr) {
    return Status(ErrorCode::kLocation15955, "a group specification must include an _id");
  }
  stages->push_back(std::make_unique<GroupStage>(std::move(id), std::move(accumulations)));
  return Status::Ok();
}

}  // namespace cairn::pipeline
