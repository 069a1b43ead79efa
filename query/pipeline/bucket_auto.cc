// SPDX-License-Identifier: Apache-2.0
// $bucketAuto: documents in the order of an expression, dealt into buckets of about equal size.
// Equal values stay together, and with a granularity so does what a rounded boundary takes in.
// Everything is sorted first, in bounded memory:
//   sorter key   := value, ordered, then a sequence number
//   sorter value := type byte, payload of the value; document
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "engine/collation/collator.h"
#include "engine/index/sorter.h"
#include "engine/key/encoding.h"
#include "query/exec/accumulation.h"
#include "query/exec/read_context.h"
#include "query/pipeline/granularity.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

constexpr std::string_view kCount = "count";

struct Spec {
  expression::ExpressionPtr group_by;
  int64_t buckets = 0;
  std::optional<Granularity> granularity;
  std::vector<exec::Accumulation> output;
};

class BucketAutoStage final : public Stage {
 public:
  BucketAutoStage(Spec spec, std::shared_ptr<const collation::Collator> collator)
      : spec_(std::move(spec)), collator_(std::move(collator)) {}

  Status Open(RunContext* run, Stage* input) override {
    sorter_.reset();
    made_ = 0;
    boundary_ = {};
    return Stage::Open(run, input);
  }
  Result<bool> Next() override {
    if (sorter_ == nullptr) CAIRN_TRY(Fill());
    if (!has_row_) return false;
    CAIRN_TRY(Bucket());
    return true;
  }
  void Pause() override {
    if (sorter_ == nullptr) Stage::Pause();
  }
  bool KeepsDocuments() const override { return true; }
  bool AddDependencies(expression::Dependencies* dependencies) const override {
    spec_.group_by->AddDependencies(dependencies);
    for (const exec::Accumulation& field : spec_.output) field.AddDependencies(dependencies);
    return false;
  }

 private:
  Status Fill();
  Status Add(bson::View document);
  /// Reads the next row into value_ and row_document_.
  Status Advance();
  Status Bucket();
  Status AddRow(std::vector<accumulate::AccumulatorPtr>* accumulators);
  Status AddRows(std::vector<accumulate::AccumulatorPtr>* accumulators, bson::OwnedValue* last);
  /// The upper boundary of the bucket that ends with `last`; takes in what belongs below it.
  Result<bson::OwnedValue> Boundary(std::vector<accumulate::AccumulatorPtr>* accumulators,
                                    bson::OwnedValue last);
  int Compare(bson::Value a, bson::Value b) const {
    return collation::CompareValues(a, b, collator_.get());
  }

  Spec spec_;
  const std::shared_ptr<const collation::Collator> collator_;
  expression::Scratch scratch_;
  std::unique_ptr<index::Sorter> sorter_;  // Null before the first Next.
  MemoryShare share_;                      // Of the accumulators of a bucket.
  int64_t bucket_size_ = 1;
  int64_t made_ = 0;
  // The row that was read last and belongs to no bucket yet.
  bool has_row_ = false;
  bson::Value value_;
  bson::View row_document_;
  bson::OwnedValue boundary_;  // Of the bucket before, with a granularity.
  bson::Document result_;
};

bson::OwnedValue Own(bson::Number number) {
  bson::Builder builder;
  number.AppendTo(&builder, "");
  return bson::OwnedValue(builder.Finish().view().begin()->value);
}

Status BucketAutoStage::Add(bson::View document) {
  scratch_.Clear();
  CAIRN_TRY_ASSIGN(bson::Value value,
                   spec_.group_by->Evaluate({document, &scratch_, collator_.get()}));
  if (value.missing()) value = expression::Scratch::Null();
  if (spec_.granularity) CAIRN_TRY(Granularity::Check(value));
  std::string key;
  key::AppendValue(collation::Collated(value, collator_.get()).value(), key::Direction::kAscending,
                   &key);
  base::AppendBig<uint64_t>(&key, sorter_->size());
  std::string row(1, static_cast<char>(value.type()));
  row.append(value.payload(), value.size());
  row.append(document.bytes());
  return sorter_->Add(key, row);
}

Status BucketAutoStage::Fill() {
  sorter_ = std::make_unique<index::Sorter>(run_->spill_directory(), exec::kOperatorBytesMax,
                                            "$bucketAuto");
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) break;
    CAIRN_TRY(Add(input_->document()));
  }
  CAIRN_TRY(sorter_->Finish());
  const double size = static_cast<double>(sorter_->size()) / static_cast<double>(spec_.buckets);
  bucket_size_ = std::max<int64_t>(1, std::llround(size));
  return Advance();
}

Status BucketAutoStage::Advance() {
  CAIRN_TRY(run_->Tick());
  std::string_view key;
  std::string_view row;
  CAIRN_TRY_ASSIGN(has_row_, sorter_->Next(&key, &row));
  if (!has_row_) return Status::Ok();
  value_ = bson::Value(static_cast<bson::Type>(static_cast<uint8_t>(row[0])), row.data() + 1);
  row_document_ = bson::View(row.data() + 1 + value_.size());
  return Status::Ok();
}

Status BucketAutoStage::AddRow(std::vector<accumulate::AccumulatorPtr>* accumulators) {
  size_t bytes = 0;
  for (size_t i = 0; i < spec_.output.size(); ++i) {
    scratch_.Clear();
    CAIRN_TRY(spec_.output[i].Add(row_document_, &scratch_, (*accumulators)[i].get()));
    bytes += (*accumulators)[i]->bytes();
  }
  if (!exec::Fits(bytes, &share_)) return exec::OutOfMemory("$bucketAuto", bytes);
  return Status::Ok();
}

Status BucketAutoStage::AddRows(std::vector<accumulate::AccumulatorPtr>* accumulators,
                                bson::OwnedValue* last) {
  const bool takes_all = made_ + 1 == spec_.buckets;
  for (int64_t i = 0; has_row_ && (takes_all || i < bucket_size_); ++i) {
    CAIRN_TRY(AddRow(accumulators));
    *last = bson::OwnedValue(value_);
    CAIRN_TRY(Advance());
  }
  return Status::Ok();
}

Result<bson::OwnedValue> BucketAutoStage::Boundary(
    std::vector<accumulate::AccumulatorPtr>* accumulators, bson::OwnedValue last) {
  if (!spec_.granularity) {
    while (has_row_ && Compare(value_, last.value()) == 0) {
      CAIRN_TRY(AddRow(accumulators));
      CAIRN_TRY(Advance());
    }
    return has_row_ ? bson::OwnedValue(value_) : std::move(last);
  }
  bson::OwnedValue rounded = Own(spec_.granularity->RoundUp(bson::Number::From(last.value())));
  while (has_row_ && Compare(rounded.value(), value_) > 0) {
    CAIRN_TRY(AddRow(accumulators));
    CAIRN_TRY(Advance());
  }
  const bool only_zeros = bson::Sign(bson::Number::From(last.value())) == 0;
  if (only_zeros && has_row_) {
    // Equal zeros that follow belong here too: 0 rounds to itself.
    while (has_row_ && bson::Sign(bson::Number::From(value_)) == 0) {
      CAIRN_TRY(AddRow(accumulators));
      CAIRN_TRY(Advance());
    }
    if (has_row_) return Own(spec_.granularity->RoundDown(bson::Number::From(value_)));
  }
  return rounded;
}

Status BucketAutoStage::Bucket() {
  std::vector<accumulate::AccumulatorPtr> accumulators;
  for (const exec::Accumulation& field : spec_.output) {
    scratch_.Clear();
    CAIRN_TRY_ASSIGN(accumulators.emplace_back(), field.Make(bson::View(), &scratch_));
  }
  bson::OwnedValue least(value_);
  bson::OwnedValue last;
  CAIRN_TRY(AddRows(&accumulators, &last));
  CAIRN_TRY_ASSIGN(bson::OwnedValue boundary, Boundary(&accumulators, std::move(last)));
  if (spec_.granularity) {
    least = made_ == 0 ? Own(spec_.granularity->RoundDown(bson::Number::From(least.value())))
                       : std::move(boundary_);
    boundary_ = boundary;
  }
  ++made_;
  bson::Builder out;
  out.OpenDocument("_id");
  out.Append("min", least.value()).Append("max", boundary.value());
  out.Close();
  for (size_t i = 0; i < accumulators.size(); ++i) {
    accumulators[i]->AppendTo(spec_.output[i].field(), &out);
  }
  result_ = out.Finish();
  document_ = result_;
  return Status::Ok();
}

Status ParseGroupBy(bson::Value value, const ParseContext& context, Spec* spec) {
  const bool is_path = value.type() == bson::Type::kString && value.AsString().starts_with('$');
  const bool is_operator = value.type() == bson::Type::kDocument && !value.AsView().empty() &&
                           value.AsView().begin()->name.starts_with('$');
  if (!is_path && !is_operator) {
    return Status(ErrorCode::kLocation40239,
                  "The $bucketAuto 'groupBy' field must be defined as a $-prefixed path or an "
                  "expression object");
  }
  CAIRN_TRY_ASSIGN(spec->group_by, expression::Parse(value, context.globals));
  return Status::Ok();
}

Status ParseBuckets(bson::Value value, Spec* spec) {
  if (!value.IsNumber()) {
    return Status(ErrorCode::kLocation40241,
                  "The $bucketAuto 'buckets' field must be a numeric value, but found type: " +
                      std::string(bson::TypeName(value.type())));
  }
  const auto buckets = bson::ToInt32Exact(bson::Number::From(value));
  if (!buckets) {
    return Status(ErrorCode::kLocation40242,
                  "The $bucketAuto 'buckets' field must be representable as a 32-bit integer");
  }
  if (*buckets <= 0) {
    return Status(ErrorCode::kLocation40243,
                  "The $bucketAuto 'buckets' field must be greater than 0");
  }
  spec->buckets = *buckets;
  return Status::Ok();
}

Status ParseOutput(bson::View output, const ParseContext& context, Spec* spec) {
  for (const bson::Element& field : output) {
    if (field.value.type() != bson::Type::kDocument) {
      return Status(ErrorCode::kLocation40234,
                    "The field '" + std::string(field.name) + "' must be an accumulator object");
    }
    if (field.name.find('.') != std::string_view::npos) {
      return Status(ErrorCode::kLocation40235,
                    "The field name '" + std::string(field.name) + "' cannot contain '.'");
    }
    if (field.name.starts_with('$')) {
      return Status(ErrorCode::kLocation40236,
                    "The field name '" + std::string(field.name) + "' cannot be an operator name");
    }
    CAIRN_TRY_ASSIGN(auto parsed,
                     exec::Accumulation::Parse(field.name, field.value, context.globals,
                                               accumulate::Place::kGroup));
    std::erase_if(spec->output,
                  [&](const exec::Accumulation& before) { return before.field() == field.name; });
    spec->output.push_back(std::move(parsed));
  }
  return Status::Ok();
}

Status ParseField(const bson::Element& field, const ParseContext& context, Spec* spec) {
  if (field.name == "groupBy") return ParseGroupBy(field.value, context, spec);
  if (field.name == "buckets") return ParseBuckets(field.value, spec);
  if (field.name == "output") {
    if (field.value.type() != bson::Type::kDocument) {
      return Status(ErrorCode::kLocation40244, "The $bucketAuto 'output' field must be an object");
    }
    return ParseOutput(field.value.AsView(), context, spec);
  }
  if (field.name == "granularity") {
    if (field.value.type() != bson::Type::kString) {
      return Status(ErrorCode::kLocation40261,
                    "The $bucketAuto 'granularity' field must be a string");
    }
    CAIRN_TRY_ASSIGN(spec->granularity, Granularity::Find(field.value.AsString()));
    return Status::Ok();
  }
  return Status(ErrorCode::kLocation40245,
                "Unrecognized option to $bucketAuto: " + std::string(field.name) + ".");
}

}  // namespace

Status ParseBucketAuto(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40240, "The argument to $bucketAuto must be an object");
  }
  Spec parsed;
  for (const bson::Element& field : spec.AsView()) CAIRN_TRY(ParseField(field, context, &parsed));
  if (parsed.group_by == nullptr || parsed.buckets == 0) {
    return Status(ErrorCode::kLocation40246,
                  "$bucketAuto requires 'groupBy' and 'buckets' to be specified.");
  }
  if (parsed.output.empty()) {
    bson::Builder count;
    count.OpenDocument("").AppendInt32("$sum", 1).Close();
    const bson::Document statement = count.Finish();
    CAIRN_TRY_ASSIGN(auto field,
                     exec::Accumulation::Parse(kCount, statement.view().begin()->value,
                                               context.globals, accumulate::Place::kGroup));
    parsed.output.push_back(std::move(field));
  }
  stages->push_back(std::make_unique<BucketAutoStage>(std::move(parsed), context.globals.collator));
  return Status::Ok();
}

}  // namespace cairn::pipeline
