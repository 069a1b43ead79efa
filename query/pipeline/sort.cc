// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/sort.h"

#include <set>
#include <string>

#include "engine/base/try.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

// The order by metadata: none of what MongoDB can sort by is there, as it comes from searches.
Status CheckMeta(bson::View direction) {
  const bson::Element first = direction.empty() ? bson::Element{} : *direction.begin();
  if (first.name != "$meta") {
    return Status(ErrorCode::kLocation17312, "$meta is the only expression supported by $sort");
  }
  if (++direction.begin() != direction.end()) {
    return Status(ErrorCode::kFailedToParse, "Cannot have additional keys in a $meta sort");
  }
  const std::string_view name =
      first.value.type() == bson::Type::kString ? first.value.AsString() : std::string_view();
  for (std::string_view known :
       {"geoNearDistance", "randVal", "score", "searchScore", "textScore", "vectorSearchScore"}) {
    if (name == known) {
      return Status(ErrorCode::kNotImplemented,
                    "a sort by $meta '" + std::string(name) + "' is not supported by Cairn");
    }
  }
  return Status(ErrorCode::kLocation31138, "Illegal $meta sort");
}

Status CheckKeys(bson::View sort) {
  std::set<std::string_view> names;
  for (const bson::Element& field : sort) {
    if (field.name == "$natural") {
      return Status(ErrorCode::kLocation16410,
                    "FieldPath field names may not start with '$': $natural");
    }
    if (!names.insert(field.name).second) {
      return Status(ErrorCode::kLocation7472500,
                    "$sort key must not contain duplicate keys: " + std::string(field.name));
    }
    if (field.value.type() == bson::Type::kDocument) CAIRN_TRY(CheckMeta(field.value.AsView()));
  }
  return Status::Ok();
}

}  // namespace

Status SortStage::Fill() {
  sorter_ = std::make_unique<exec::RowSorter>(&pattern_, run_->globals.collator, limit_,
                                              run_->spill_directory());
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) break;
    CAIRN_TRY(sorter_->Add({input_->document(), {}}));
  }
  return sorter_->Finish();
}

Result<bool> SortStage::Next() {
  if (sorter_ == nullptr) CAIRN_TRY(Fill());
  CAIRN_TRY_ASSIGN(const bool more, sorter_->Next());
  expression::RowMetadata::SetCurrent(more ? this : nullptr);
  if (more) document_ = sorter_->row().document;
  return more;
}

Result<bson::Value> SortStage::Get(Kind kind, expression::Scratch* scratch) {
  if (kind != Kind::kSortKey) return bson::Value();
  if (keys_ == nullptr) {
    keys_ = std::make_unique<exec::SortKeys>(&pattern_, run_->globals.collator);
  }
  CAIRN_TRY_ASSIGN(const bson::Document values, keys_->Values(document_));
  return scratch->Array(values);
}

void SortStage::Pause() {
  if (sorter_ == nullptr) Stage::Pause();
}

void SortStage::Describe(Verbosity, bson::Builder* out) const {
  const bson::Value pattern = source().empty() ? bson::Value() : source().begin()->value;
  out->OpenDocument("$sort").Append("sortKey", pattern);
  if (limit_ != 0) out->AppendInt64("limit", static_cast<int64_t>(limit_));
  out->Close();
}

void SortStage::AppendStatistics(bson::Builder* out) const {
  out->AppendInt64("totalDataSizeSortedBytesEstimate",
                   sorter_ == nullptr ? 0 : static_cast<int64_t>(sorter_->bytes_added()));
  AppendSpills(sorter_ == nullptr ? exec::Spills() : sorter_->spills(), out);
}

bool SortStage::AddDependencies(expression::Dependencies* dependencies) const {
  for (const plan::SortField& field : pattern_.fields()) {
    dependencies->paths.insert(field.path.dotted());
  }
  return true;
}

Status ParseSort(bson::Value spec, const ParseContext&, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation15973, "the $sort key specification must be an object");
  }
  if (spec.AsView().empty()) {
    return Status(ErrorCode::kLocation15976, "$sort stage must have at least one sort key");
  }
  CAIRN_TRY(CheckKeys(spec.AsView()));
  CAIRN_TRY_ASSIGN(auto pattern, plan::SortPattern::Parse(spec.AsView()));
  stages->push_back(std::make_unique<SortStage>(std::move(pattern)));
  return Status::Ok();
}

}  // namespace cairn::pipeline
