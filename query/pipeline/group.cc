// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/group.h"

#include <algorithm>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/collation/collator.h"
#include "engine/key/encoding.h"
#include "query/pipeline/count.h"
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

Status GroupStage::Open(RunContext* run, Stage* input) {
  by_key_.clear();
  groups_.clear();
  bytes_ = next_ = 0;
  share_.Release();
  filled_ = false;
  spilled_.reset();
  spills_ = output_bytes_ = 0;
  field_bytes_.assign(accumulations_.size(), 0);
  field_bytes_max_.assign(accumulations_.size(), 0);
  return Stage::Open(run, input);
}

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
    field_bytes_[group.accumulators.size()] += accumulator->bytes();
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
    const size_t grown = accumulator->bytes() - before;
    bytes_ += grown;
    field_bytes_[i] += grown;
  }
  return bytes_ > kGroupsBytesMax || !share_.Cover(bytes_) ? Spill() : Status::Ok();
}

Status GroupStage::Spill() {
  if (spilled_ == nullptr) {
    const std::string directory = run_->spill_directory();
    if (directory.empty()) {
      // The rest of the bound is the sorter's.
      return exec::OutOfMemory("$group", bytes_ + kSorterBytesMax);
    }
    spilled_ = std::make_unique<index::Sorter>(directory, kSorterBytesMax, "$group");
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
  share_.Release();
  NoteMemory();
  return Status::Ok();
}

void GroupStage::NoteMemory() {
  for (size_t i = 0; i < field_bytes_.size(); ++i) {
    field_bytes_max_[i] = std::max(field_bytes_max_[i], field_bytes_[i]);
    field_bytes_[i] = 0;
  }
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
    NoteMemory();
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
    accumulate::Accumulator* const accumulator = group->accumulators[i++].get();
    const size_t before = accumulator->bytes();
    CAIRN_TRY(accumulator->Merge(partial.value));
    bytes_ += accumulator->bytes() - before;
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
    if (!share_.Cover(bytes_)) return exec::OutOfMemory("$group", bytes_);
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
  output_bytes_ += bytes_out_.size();
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

// A path below _id, where that is a field, or a document of fields.
std::optional<path::FieldPath> GroupStage::PathBefore(const path::FieldPath& path) const {
  if (path.part(0) != "_id" || source().empty()) return {};
  size_t part = 1;
  bson::Value from = spec()["_id"];
  if (from.type() == bson::Type::kDocument) {
    if (path.size() < 2) return {};
    from = from.AsView()[path.part(part++)];
  }
  if (from.type() != bson::Type::kString) return {};
  std::string_view name = from.AsString();
  if (!name.starts_with('$') || name.starts_with("$$")) return {};
  name.remove_prefix(1);
  if (name.empty() || name.find('.') != std::string_view::npos) return {};
  std::string before(name);
  for (; part < path.size(); ++part) before.append(".").append(path.part(part));
  Result<path::FieldPath> parsed = path::FieldPath::Parse(before);
  if (!parsed.ok()) return {};
  return std::move(parsed).value();
}

void GroupStage::AppendStatistics(bson::Builder* out) const {
  out->OpenDocument("maxAccumulatorMemoryUsageBytes");
  for (size_t i = 0; i < accumulations_.size() && i < field_bytes_max_.size(); ++i) {
    out->AppendInt64(accumulations_[i].field(), static_cast<int64_t>(field_bytes_max_[i]));
  }
  out->Close();
  out->AppendInt64("totalOutputDataSizeBytes", static_cast<int64_t>(output_bytes_));
  AppendSpills(
      spilled_ == nullptr ? exec::Spills() : exec::Spills{spills_, spilled_->spilled_bytes()}, out);
}

std::string GroupStage::FirstOfEach(const plan::SortPattern& sort) const {
  const path::FieldPath* const field = id_->RootField();
  if (field == nullptr) return {};
  const bool sorted = !sort.empty() && sort.fields()[0].path.dotted() == field->dotted();
  const bool firsts = std::ranges::all_of(
      accumulations_, [](const exec::Accumulation& each) { return each.op().name == "$first"; });
  return accumulations_.empty() || (sorted && firsts) ? field->dotted() : std::string();
}

StagePtr GroupStage::AsCount() const {
  if (source().empty() || source().begin()->name != "$group" || !id_->IsConstant() ||
      accumulations_.size() != 1)
    return nullptr;
  const bson::Element call = *spec()[accumulations_[0].field()].AsView().begin();
  const bool counts =
      call.name == "$count" ||
      (call.name == "$sum" && call.value.type() == bson::Type::kInt32 && call.value.AsInt32() == 1);
  if (!counts) return nullptr;
  expression::Scratch scratch;
  const Result<bson::Value> id = id_->Evaluate({bson::View(), &scratch});
  if (!id.ok()) return nullptr;
  auto stage = std::make_unique<CountStage>(accumulations_[0].field(),
                                            id->missing() ? expression::Scratch::Null() : *id);
  stage->set_source(bson::Document(source()));
  return stage;
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
