// SPDX-License-Identifier: Apache-2.0
// $setWindowFields: documents are sorted by partition and order, in bounded memory; each partition
// is then collected as a whole, and its documents get their output fields one by one.
//   sorter key := partition value, ordered; sort key; sequence number (8 bytes)
//   sorter value := length of the partition value's part (u32), of the sort key's (u32); document
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/out_of_memory.h"
#include "engine/base/try.h"
#include "engine/collation/collator.h"
#include "engine/index/sorter.h"
#include "engine/key/encoding.h"
#include "query/exec/read_context.h"
#include "query/exec/sort_key.h"
#include "query/pipeline/set_path.h"
#include "query/pipeline/stages.h"
#include "query/pipeline/window.h"

namespace cairn::pipeline {
namespace {

struct Output {
  path::FieldPath path;
  WindowFunctionPtr function;
};

struct Spec {
  std::optional<RowExpression> partition_by;
  std::unique_ptr<plan::SortPattern> sort;  // Functions borrow it.
  std::vector<Output> output;
};

class SetWindowFieldsStage final : public Stage {
 public:
  SetWindowFieldsStage(Spec spec, std::shared_ptr<const collation::Collator> collator)
      : spec_(std::move(spec)),
        collator_(std::move(collator)),
        sort_keys_(spec_.sort.get(), collator_) {}

  Status Open(RunContext* run, Stage* input) override {
    sorter_.reset();
    has_row_ = false;
    partition_.emplace(run->spill_directory());
    row_ = 0;
    spills_ = {};
    partition_bytes_max_ = 0;
    return Stage::Open(run, input);
  }
  Result<bool> Next() override {
    if (sorter_ == nullptr) CAIRN_TRY(Fill());
    if (row_ == partition_->size()) {
      CAIRN_TRY(NextPartition());
      if (partition_->size() == 0) return false;
    }
    // Not only at times: a row can take long, as its window can be large.
    CAIRN_TRY(run_->deadline.Check());
    CAIRN_TRY(Show());
    ++row_;
    return true;
  }
  void Pause() override {
    if (sorter_ == nullptr) Stage::Pause();
  }
  // Whole partitions may be left out before.
  std::optional<path::FieldPath> PathBefore(const path::FieldPath& path) const override {
    const path::FieldPath* const field =
        spec_.partition_by ? spec_.partition_by->RootField() : nullptr;
    const bool of_partition =
        field != nullptr && field->size() == 1 && path.part(0) == field->part(0);
    if (!of_partition || std::ranges::any_of(spec_.output, [&](const Output& output) {
          return Overlap(output.path, path);
        })) {
      return {};
    }
    return path;
  }
  bool BlursValues() const override { return true; }
  void AppendStatistics(bson::Builder* out) const override;

 private:
  Status Fill();
  Status Add(bson::View document);
  Status Advance();
  Status NextPartition();
  Status Show();

  Spec spec_;
  const std::shared_ptr<const collation::Collator> collator_;
  exec::SortKeys sort_keys_;
  std::unique_ptr<index::Sorter> sorter_;  // Null before the first Next.
  MemoryShare functions_share_;
  // The row that was read last and is in no partition yet.
  bool has_row_ = false;
  std::string_view row_partition_;
  std::string_view row_sort_key_;
  bson::View row_document_;
  std::optional<Partition> partition_;
  size_t row_ = 0;
  exec::Spills spills_;  // Of partitions.
  size_t partition_bytes_max_ = 0;
  bson::Document shown_;
};

Status SetWindowFieldsStage::Add(bson::View document) {
  std::string key;
  if (spec_.partition_by) {
    CAIRN_TRY_ASSIGN(const bson::Value value, spec_.partition_by->Evaluate(document));
    if (value.type() == bson::Type::kArray) {
      return Status(ErrorCode::kTypeMismatch,
                    "An expression used to partition cannot evaluate to value of type array");
    }
    key::AppendValue(collation::Collated(value, collator_.get()).value(),
                     key::Direction::kAscending, &key);
  }
  std::string row;
  base::AppendLittle<uint32_t>(&row, static_cast<uint32_t>(key.size()));
  const size_t partition_bytes = key.size();
  CAIRN_TRY(sort_keys_.Append(document, &key));
  base::AppendLittle<uint32_t>(&row, static_cast<uint32_t>(key.size() - partition_bytes));
  base::AppendBig<uint64_t>(&key, sorter_->size());
  row.append(document.bytes());
  return sorter_->Add(key, row);
}

Status SetWindowFieldsStage::Fill() {
  sorter_ = std::make_unique<index::Sorter>(run_->spill_directory(), exec::kOperatorBytesMax,
                                            "$setWindowFields");
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) break;
    CAIRN_TRY(Add(input_->document()));
  }
  CAIRN_TRY(sorter_->Finish());
  return Advance();
}

Status SetWindowFieldsStage::Advance() {
  std::string_view key;
  std::string_view row;
  CAIRN_TRY_ASSIGN(has_row_, sorter_->Next(&key, &row));
  if (!has_row_) return Status::Ok();
  const auto partition_bytes = base::LoadLittle<uint32_t>(row.data());
  row_partition_ = key.substr(0, partition_bytes);
  row_sort_key_ = key.substr(partition_bytes, base::LoadLittle<uint32_t>(row.data() + 4));
  row_document_ = bson::View(row.data() + 8);
  return Status::Ok();
}

Status SetWindowFieldsStage::NextPartition() {
  partition_.emplace(run_->spill_directory());
  row_ = 0;
  if (!has_row_) return Status::Ok();
  const std::string name(row_partition_);
  while (has_row_ && row_partition_ == name) {
    CAIRN_TRY(run_->Tick());
    CAIRN_TRY(partition_->Add(row_document_, row_sort_key_));
    CAIRN_TRY(Advance());
  }
  spills_.count += partition_->spills().count;
  spills_.bytes += partition_->spills().bytes;
  partition_bytes_max_ = std::max(partition_bytes_max_, partition_->bytes());
  for (Output& output : spec_.output) CAIRN_TRY(output.function->Begin(&*partition_, run_));
  return Status::Ok();
}

void SetWindowFieldsStage::AppendStatistics(bson::Builder* out) const {
  out->AppendInt64("maxTotalMemoryUsageBytes", static_cast<int64_t>(partition_bytes_max_));
  exec::Spills all = spills_;
  if (sorter_ != nullptr) {
    all.count += sorter_->spilled_runs();
    all.bytes += sorter_->spilled_bytes();
  }
  AppendSpills(all, out);
}

Status SetWindowFieldsStage::Show() {
  shown_ = bson::Document(partition_->document(row_));
  size_t bytes = 0;
  for (Output& output : spec_.output) {
    bson::Builder value;
    CAIRN_TRY(output.function->AppendFor(row_, "", &value));
    const bson::Document made = value.Finish();
    bson::Builder out;
    AppendWithPath(shown_, output.path, made[""], &out);
    shown_ = out.Finish();
    bytes += output.function->bytes();
  }
  CAIRN_TRY(partition_->status());
  if (!exec::Fits(bytes, &functions_share_)) {
    if (bytes <= exec::kOperatorBytesMax && base::OthersAreInTheWay(bytes)) {
      return base::OthersHoldMemory("$setWindowFields");
    }
    return Status(ErrorCode::kExceededMemoryLimit,
                  "the functions of $setWindowFields hold too much memory");
  }
  document_ = shown_;
  return Status::Ok();
}

Result<Output> ParseOutput(const bson::Element& field, const plan::SortPattern& sort,
                           bool has_sort_by, const ParseContext& context) {
  Output output;
  CAIRN_TRY_ASSIGN(output.path, ParseUserPath(field.name));
  const std::string name(field.name);
  if (field.value.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kFailedToParse, "The field '" + name + "' must be an object");
  }
  WindowCall call{.name = {},
                  .argument = {},
                  .window = {},
                  .sort = &sort,
                  .has_sort_by = has_sort_by,
                  .globals = context.globals};
  for (const bson::Element& part : field.value.AsView()) {
    if (part.name == "window") {
      call.window = part.value;
    } else if (!part.name.starts_with('$') || !call.name.empty()) {
      return Status(ErrorCode::kFailedToParse,
                    "Window function found an unknown argument: " + std::string(part.name));
    } else {
      call.name = part.name;
      call.argument = part.value;
    }
  }
  if (call.name.empty()) {
    return Status(ErrorCode::kFailedToParse,
                  "Expected a $-prefixed window function in '" + name + "'");
  }
  CAIRN_TRY_ASSIGN(output.function, ParseWindowFunction(call));
  return output;
}

// The fields as they were given.
struct Arguments {
  bson::Value partition_by, sort_by, output;
};

Result<Arguments> ReadArguments(bson::View spec) {
  Arguments arguments;
  for (const bson::Element& field : spec) {
    if (field.name == "partitionBy") {
      arguments.partition_by = field.value;
    } else if (field.name == "sortBy") {
      arguments.sort_by = field.value;
    } else if (field.name == "output") {
      arguments.output = field.value;
    } else {
      return Status(
          ErrorCode::kLocation40415,
          "BSON field '$setWindowFields." + std::string(field.name) + "' is an unknown field.");
    }
  }
  if (arguments.output.missing()) {
    return Status(ErrorCode::kLocation40414,
                  "BSON field '$setWindowFields.output' is missing but a required field");
  }
  if (arguments.sort_by.IsNullish()) arguments.sort_by = bson::Value();
  for (bson::Value value : {arguments.output, arguments.sort_by}) {
    if (value.missing() || value.type() == bson::Type::kDocument) continue;
    return Status(ErrorCode::kTypeMismatch,
                  "'sortBy' and 'output' of $setWindowFields must be objects");
  }
  return arguments;
}

}  // namespace

Status ParseSetWindowFields(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kFailedToParse,
                  "the $setWindowFields stage specification must be an object, found " +
                      std::string(bson::TypeName(spec.type())));
  }
  CAIRN_TRY_ASSIGN(const Arguments arguments, ReadArguments(spec.AsView()));
  Spec parsed;
  const bson::View sort_by =
      arguments.sort_by.missing() ? bson::View() : arguments.sort_by.AsView();
  CAIRN_TRY_ASSIGN(auto pattern, plan::SortPattern::Parse(sort_by));
  parsed.sort = std::make_unique<plan::SortPattern>(std::move(pattern));
  if (!arguments.partition_by.IsNullish()) {
    CAIRN_TRY_ASSIGN(parsed.partition_by,
                     RowExpression::Parse(arguments.partition_by, context.globals));
  }
  for (const bson::Element& field : arguments.output.AsView()) {
    CAIRN_TRY_ASSIGN(Output output,
                     ParseOutput(field, *parsed.sort, !arguments.sort_by.missing(), context));
    parsed.output.push_back(std::move(output));
  }
  stages->push_back(
      std::make_unique<SetWindowFieldsStage>(std::move(parsed), context.globals.collator));
  return Status::Ok();
}

}  // namespace cairn::pipeline
