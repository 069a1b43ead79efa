// SPDX-License-Identifier: Apache-2.0
// $lookup as it runs.
#include "engine/base/out_of_memory.h"
#include "engine/base/try.h"
#include "query/exec/read_context.h"
#include "query/pipeline/equality.h"
#include "query/pipeline/lookup.h"
#include "query/pipeline/set_path.h"

namespace cairn::pipeline {
namespace {

constexpr size_t kMemoryOfByte = 2;  // The partners are there twice for a moment.

}  // namespace

LookupStage::LookupStage(Lookup lookup, const expression::Globals& globals)
    : lookup_(std::move(lookup)), globals_(globals) {
  for (const Lookup::Variable& variable : lookup_.let) {
    values_.push_back(std::make_shared<bson::OwnedValue>());
    globals_.late_variables.emplace(globals_.late_variables.begin(), variable.name, values_.back());
  }
}

Status LookupStage::Open(RunContext* run, Stage* input) {
  has_joined_ = false;
  in_local_ = false;
  return Stage::Open(run, input);
}

void LookupStage::Pause() {
  if (in_local_) pipeline_->Pause();
  Stage::Pause();
}

bool LookupStage::Unwind(const UnwindOptions& options) {
  if (unwind_ || options.path.dotted() != lookup_.as->dotted()) return false;
  unwind_ = options;
  return true;
}

bool LookupStage::AddMatch(bson::View filter, const expression::Globals& globals) {
  if (!lookup_.from->AddMatch(filter, globals)) return false;
  match_ = bson::Document(filter);
  return true;
}

std::optional<path::FieldPath> LookupStage::PathBefore(const path::FieldPath& path) const {
  if (Overlap(path, *lookup_.as)) return {};
  if (unwind_ && unwind_->index && Overlap(path, *unwind_->index)) return {};
  return path;
}

bool LookupStage::AddDependencies(expression::Dependencies* dependencies) const {
  if (lookup_.local_field) dependencies->paths.insert(lookup_.local_field->dotted());
  for (const Lookup::Variable& variable : lookup_.let) {
    variable.value->AddDependencies(dependencies);
  }
  if (lookup_.as->size() > 1) dependencies->paths.insert(std::string(lookup_.as->part(0)));
  if (unwind_ && unwind_->index) {
    dependencies->paths.insert(std::string(unwind_->index->part(0)));
  }
  return true;
}

Status LookupStage::Prepare() {
  if (pipeline_ != nullptr && lookup_.from->IsCurrent(*run_)) return Status::Ok();
  if (pipeline_ != nullptr) past_.Add(pipeline_->examined());
  CAIRN_TRY_ASSIGN(pipeline_, lookup_.from->Make(run_, &globals_, lookup_.foreign_field));
  return Status::Ok();
}

Status LookupStage::Begin(bson::View local) {
  CAIRN_TRY(Prepare());
  scratch_.Clear();
  const expression::Context context(local, &scratch_, globals_.collator.get());
  for (size_t i = 0; i < values_.size(); ++i) {
    CAIRN_TRY_ASSIGN(const bson::Value value, lookup_.let[i].value->Evaluate(context));
    *values_[i] = bson::OwnedValue(value);
  }
  if (lookup_.local_field) CAIRN_TRY(pipeline_->Join(JoinValues(local, *lookup_.local_field)));
  return pipeline_->Open();
}

Status LookupStage::Collect(bson::View local) {
  if (has_joined_ && !DependsOnInput()) return Status::Ok();
  CAIRN_TRY(Begin(local));
  bson::Builder array;
  array.OpenArray("");
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, pipeline_->Next());
    if (!more) break;
    array.AppendDocument(array.NextIndex(), pipeline_->document());
    const size_t bytes = kMemoryOfByte * array.size();
    if (array.size() > exec::kOperatorBytesMax || !share_.Cover(bytes)) {
      if (array.size() <= exec::kOperatorBytesMax && base::OthersAreInTheWay(bytes)) {
        return base::OthersHoldMemory("$lookup");
      }
      return Status(ErrorCode::kLocation4568,
                    "Total size of documents in " + lookup_.from->collection() +
                        " matching pipeline's $lookup stage exceeds " +
                        std::to_string(exec::kOperatorBytesMax) + " bytes");
    }
  }
  array.Close();
  joined_ = bson::Document(array.Finish()[""].AsView());
  has_joined_ = true;
  return Status::Ok();
}

Result<bool> LookupStage::Next() {
  if (unwind_) return NextPartner();
  CAIRN_TRY_ASSIGN(const bool more, Pull());
  if (!more) return false;
  const bson::View local = input_->document();
  CAIRN_TRY(Collect(local));
  bson::Builder out(std::move(bytes_));
  AppendWithPath(local, *lookup_.as, bson::Value(bson::Type::kArray, joined_.view().data()), &out);
  bytes_ = out.Finish().TakeBytes();
  document_ = bson::View(bytes_.data());
  return true;
}

// local_ with `partner`, or without when it is missing.
void LookupStage::Show(bson::Value partner, std::optional<int64_t> position) {
  bson::Builder out(std::move(bytes_));
  AppendWithPath(local_, *lookup_.as, partner, &out);
  bytes_ = out.Finish().TakeBytes();
  document_ = bson::View(bytes_.data());
  if (!unwind_->index) return;
  bson::Builder number;
  if (position) {
    number.AppendInt64("", *position);
  } else {
    number.AppendNull("");
  }
  const bson::Document index = number.Finish();
  bson::Builder indexed(std::move(indexed_));
  AppendWithPath(document_, *unwind_->index, index[""], &indexed);
  indexed_ = indexed.Finish().TakeBytes();
  document_ = bson::View(indexed_.data());
}

Result<bool> LookupStage::NextPartner() {
  while (true) {
    if (!in_local_) {
      CAIRN_TRY_ASSIGN(const bool more, Pull());
      if (!more) return false;
      local_ = bson::Document(input_->document());
      CAIRN_TRY(Begin(local_));
      in_local_ = true;
      position_ = 0;
    }
    CAIRN_TRY(run_->Tick());
    CAIRN_TRY_ASSIGN(const bool more, pipeline_->Next());
    if (more) {
      const bson::View partner = pipeline_->document();
      Show(bson::Value(bson::Type::kDocument, partner.data()), position_++);
      return true;
    }
    in_local_ = false;
    if (position_ != 0 || !unwind_->preserve) continue;
    Show(bson::Value(), std::nullopt);
    return true;
  }
}

void LookupStage::Describe(Verbosity, bson::Builder* out) const {
  out->OpenDocument("$lookup");
  out->AppendAll(source().begin()->value.AsView());
  if (unwind_) {
    out->OpenDocument("unwinding");
    out->AppendBool("preserveNullAndEmptyArrays", unwind_->preserve);
    if (unwind_->index) out->AppendString("includeArrayIndex", unwind_->index->dotted());
    out->Close();
  }
  if (match_) out->AppendDocument("matching", *match_);
  out->Close();
}

void LookupStage::AppendStatistics(bson::Builder* out) const {
  Examined examined = past_;
  bool in_memory = false;
  if (pipeline_ != nullptr) {
    examined.Add(pipeline_->examined());
    in_memory = pipeline_->joins_in_memory();
  }
  if (lookup_.local_field) {
    out->AppendString("strategy", in_memory                       ? "HashJoin"
                                  : examined.collection_scans > 0 ? "NestedLoopJoin"
                                                                  : "IndexedLoopJoin");
  }
  out->AppendInt64("totalDocsExamined", static_cast<int64_t>(examined.docs));
  out->AppendInt64("totalKeysExamined", static_cast<int64_t>(examined.keys));
  out->AppendInt64("collectionScans", static_cast<int64_t>(examined.collection_scans));
  out->OpenArray("indexesUsed");
  for (const std::string& name : examined.indexes) out->AppendString(out->NextIndex(), name);
  out->Close();
}

}  // namespace cairn::pipeline
