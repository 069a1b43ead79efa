// SPDX-License-Identifier: Apache-2.0
// $densify: documents with values that are missing from a sequence, between those that are there.
// Everything is sorted by partition and value first, in bounded memory; at most kGeneratedMax
// documents are made.
//   sorter key   := partition values, ordered; value, ordered; sequence number
//   sorter value := length of the partition's part (u32); document
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "engine/collation/collator.h"
#include "engine/index/sorter.h"
#include "engine/key/encoding.h"
#include "query/exec/read_context.h"
#include "query/expression/date_argument.h"
#include "query/path/path.h"
#include "query/pipeline/set_path.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

constexpr int64_t kGeneratedMax = 500'000;
constexpr auto kDouble = bson::OnOverflow::kDouble;

enum class Bounds { kFull, kPartition, kGiven };

struct Spec {
  std::optional<path::FieldPath> field;
  std::vector<path::FieldPath> partition_by;
  bson::Number step;
  std::optional<expression::DateUnit> unit;
  Bounds bounds = Bounds::kFull;
  bson::Number lower;  // Of kGiven; dates as milliseconds.
  bson::Number upper;
};

class DensifyStage final : public Stage {
 public:
  explicit DensifyStage(Spec spec) : spec_(std::move(spec)) {}

  Status Open(RunContext* run, Stage* input) override {
    sorter_.reset();
    least_.reset();
    greatest_.reset();
    has_row_ = in_partition_ = at_end_ = false;
    first_.reset();
    target_.reset();
    steps_ = generated_ = 0;
    return Stage::Open(run, input);
  }

  Result<bool> Next() override {
    if (sorter_ == nullptr) CAIRN_TRY(Fill());
    while (true) {
      CAIRN_TRY(run_->Tick());
      CAIRN_TRY_ASSIGN(const bool made, Make());
      if (made) return true;
      if (!has_row_) {
        if (!in_partition_) return false;
        in_partition_ = false;  // Its end has been filled.
        continue;
      }
      if (!in_partition_ || partition_ != row_partition_) {
        if (in_partition_ && !at_end_) {
          at_end_ = true;  // First fill what follows the last document.
          CAIRN_TRY(SetTarget(PartitionEnd()));
          continue;
        }
        CAIRN_TRY(BeginPartition());
        continue;
      }
      return Give();
    }
  }
  void Pause() override {
    if (sorter_ == nullptr) Stage::Pause();
  }

 private:
  Status Fill();
  Status Add(bson::View document);
  Status Advance();
  Result<bool> Make();
  Status BeginPartition();
  Result<bool> Give();
  Status SetTarget(std::optional<bson::Number> target) {
    target_ = target;
    return Status::Ok();
  }
  std::optional<bson::Number> PartitionEnd() const;
  Result<std::optional<bson::Number>> ValueOf(bson::View document) const;
  /// first_ and `count` steps.
  Result<bson::Number> After(int64_t count) const;
  Status AppendMade(bson::Number value);

  const Spec spec_;
  std::unique_ptr<index::Sorter> sorter_;  // Null before the first Next.
  std::optional<bson::Number> least_;      // Of all documents.
  std::optional<bson::Number> greatest_;
  // The row that was read last and was not given yet.
  bool has_row_ = false;
  std::string row_partition_;
  bson::View row_document_;
  // The partition that is being filled.
  bool in_partition_ = false;
  bool at_end_ = false;
  std::string partition_;
  bson::Document sample_;               // A document of it, for its partition fields.
  std::optional<bson::Number> first_;   // Where its steps begin.
  int64_t steps_ = 0;                   // Made or met.
  std::optional<bson::Number> target_;  // Steps below it are made.
  int64_t generated_ = 0;
  bson::Document shown_;
};

Result<std::optional<bson::Number>> DensifyStage::ValueOf(bson::View document) const {
  const bson::Value value = PlainValueAt(document, *spec_.field);
  if (value.IsNullish()) return std::optional<bson::Number>();
  if (!spec_.unit && value.IsNumber()) return std::optional(bson::Number::From(value));
  if (spec_.unit && value.type() == bson::Type::kDate) {
    return std::optional(bson::Number::Int64(value.AsDateMs()));
  }
  if (spec_.unit || value.type() == bson::Type::kDate) {
    return Status(spec_.unit ? ErrorCode::kLocation6053600 : ErrorCode::kLocation6053600,
                  "$densify needs a 'unit' for dates, and none for numbers");
  }
  return Status(ErrorCode::kLocation5733201,
                "Densify field type must be numeric or a date, but is " +
                    std::string(bson::TypeName(value.type())));
}

Status DensifyStage::Add(bson::View document) {
  CAIRN_TRY_ASSIGN(const auto value, ValueOf(document));
  std::string key;
  for (const path::FieldPath& path : spec_.partition_by) {
    const bson::Value part = PlainValueAt(document, path);
    key::AppendValue(collation::Collated(part, run_->collator()).value(),
                     key::Direction::kAscending, &key);
  }
  std::string row;
  base::AppendLittle<uint32_t>(&row, static_cast<uint32_t>(key.size()));
  key::AppendValue(PlainValueAt(document, *spec_.field), key::Direction::kAscending, &key);
  base::AppendBig<uint64_t>(&key, sorter_->size());
  row.append(document.bytes());
  if (value && (!least_ || bson::CompareNumbers(*value, *least_) < 0)) least_ = value;
  if (value && (!greatest_ || bson::CompareNumbers(*value, *greatest_) > 0)) greatest_ = value;
  return sorter_->Add(key, row);
}

Status DensifyStage::Fill() {
  sorter_ =
      std::make_unique<index::Sorter>(run_->spill_directory(), exec::kOperatorBytesMax, "$densify");
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) break;
    CAIRN_TRY(Add(input_->document()));
  }
  CAIRN_TRY(sorter_->Finish());
  return Advance();
}

Status DensifyStage::Advance() {
  std::string_view key;
  std::string_view row;
  CAIRN_TRY_ASSIGN(has_row_, sorter_->Next(&key, &row));
  if (!has_row_) return Status::Ok();
  row_partition_ = key.substr(0, base::LoadLittle<uint32_t>(row.data()));
  row_document_ = bson::View(row.data() + 4);
  return Status::Ok();
}

Status DensifyStage::BeginPartition() {
  in_partition_ = true;
  at_end_ = false;
  partition_ = row_partition_;
  sample_ = bson::Document(row_document_);
  first_.reset();
  target_.reset();
  steps_ = 0;
  if (spec_.bounds == Bounds::kFull) first_ = least_;
  if (spec_.bounds == Bounds::kGiven) first_ = spec_.lower;
  return Status::Ok();
}

std::optional<bson::Number> DensifyStage::PartitionEnd() const {
  if (spec_.bounds == Bounds::kFull) return greatest_;
  if (spec_.bounds == Bounds::kGiven) return spec_.upper;
  return std::nullopt;
}

Result<bson::Number> DensifyStage::After(int64_t count) const {
  CAIRN_TRY_ASSIGN(const bson::Number way,
                   bson::Multiply(spec_.step, bson::Number::Smallest(count), kDouble));
  if (!spec_.unit) return bson::Add(*first_, way, kDouble);
  const auto amount = bson::ToInt64Exact(way);
  const auto date = amount ? expression::AddToDate(first_->integer(), *spec_.unit, *amount,
                                                   expression::TimeZone())
                           : std::nullopt;
  if (!date) return Status(ErrorCode::kOverflow, "$densify leaves the range of dates");
  return bson::Number::Int64(*date);
}

Status DensifyStage::AppendMade(bson::Number value) {
  if (++generated_ > kGeneratedMax) {
    return Status(ErrorCode::kLocation5897900,
                  "Generated " + std::to_string(generated_) +
                      " documents in $densify, which is over the limit of " +
                      std::to_string(kGeneratedMax));
  }
  // Values of a partition are equal, but not always the same: those of the document that follows.
  const bson::View like = at_end_ ? sample_.view() : row_document_;
  bson::Document made;
  for (const path::FieldPath& path : spec_.partition_by) {
    bson::Builder out;
    AppendWithPath(made, path, PlainValueAt(like, path), &out);
    made = out.Finish();
  }
  bson::Builder text;
  if (spec_.unit) {
    text.AppendDate("", value.integer());
  } else {
    value.AppendTo(&text, "");
  }
  const bson::Document number = text.Finish();
  bson::Builder out;
  AppendWithPath(made, *spec_.field, number[""], &out);
  shown_ = out.Finish();
  document_ = shown_;
  return Status::Ok();
}

// The next step below the target.
Result<bool> DensifyStage::Make() {
  if (!in_partition_ || !first_) return false;
  if (!has_row_ && !at_end_) {
    at_end_ = true;
    target_ = PartitionEnd();
  }
  if (!target_) return false;
  CAIRN_TRY_ASSIGN(const bson::Number value, After(steps_));
  const int order = bson::CompareNumbers(value, *target_);
  // The end of the whole range is a document's value where it is not given.
  if (order >= 0) return false;
  ++steps_;
  CAIRN_TRY(AppendMade(value));
  return true;
}

// The document at hand, once the steps below its value have been made.
Result<bool> DensifyStage::Give() {
  CAIRN_TRY_ASSIGN(const auto value, ValueOf(row_document_));
  if (value) {
    if (!first_) first_ = value;
    std::optional<bson::Number> target = value;
    if (spec_.bounds == Bounds::kGiven && bson::CompareNumbers(*value, spec_.upper) > 0) {
      target = spec_.upper;
    }
    CAIRN_TRY_ASSIGN(const bson::Number next, After(steps_));
    if (bson::CompareNumbers(next, *target) < 0) {
      target_ = target;
      return Next();
    }
    // A document that stands where a step would is that step.
    if (bson::CompareNumbers(next, *value) == 0) ++steps_;
  }
  shown_ = bson::Document(row_document_);
  document_ = shown_;
  target_.reset();
  CAIRN_TRY(Advance());
  return true;
}

Status WrongType(std::string_view field) {
  return Status(ErrorCode::kTypeMismatch,
                "BSON field '$densify." + std::string(field) + "' is the wrong type");
}

Result<bson::Number> ParseEnd(bson::Value value, bool has_unit) {
  if (has_unit && value.type() == bson::Type::kDate) return bson::Number::Int64(value.AsDateMs());
  if (!has_unit && value.IsNumber()) return bson::Number::From(value);
  return Status(ErrorCode::kLocation5733402,
                "a bounding array must contain either both dates or both numeric types");
}

Status ParseBounds(bson::Value bounds, Spec* spec) {
  if (bounds.type() == bson::Type::kString) {
    if (bounds.AsString() == "full") return Status::Ok();
    if (bounds.AsString() == "partition") {
      if (spec->partition_by.empty()) {
        return Status(ErrorCode::kLocation5733408,
                      "one may not specify the bounds as 'partition' without specifying a "
                      "non-empty array of partitionByFields. You may have meant to specify 'full' "
                      "bounds.");
      }
      spec->bounds = Bounds::kPartition;
      return Status::Ok();
    }
    return Status(ErrorCode::kLocation5946802,
                  "Bounds string must either be 'full' or 'partition'");
  }
  if (bounds.type() != bson::Type::kArray || bounds.AsView()["1"].missing() ||
      !bounds.AsView()["2"].missing()) {
    return Status(ErrorCode::kLocation5733403,
                  "a bounding array in a range statement must have "
                  "exactly two elements");
  }
  spec->bounds = Bounds::kGiven;
  CAIRN_TRY_ASSIGN(spec->lower, ParseEnd(bounds.AsView()["0"], spec->unit.has_value()));
  CAIRN_TRY_ASSIGN(spec->upper, ParseEnd(bounds.AsView()["1"], spec->unit.has_value()));
  if (bson::CompareNumbers(spec->lower, spec->upper) > 0) {
    return Status(ErrorCode::kLocation5733402,
                  "the bounds in a range statement must be the string 'full', 'partition', or an "
                  "ascending array of two numbers or two dates");
  }
  return Status::Ok();
}

Status ParseRange(bson::View range, Spec* spec) {
  bson::Value step;
  bson::Value bounds;
  for (const bson::Element& field : range) {
    if (field.name == "step") {
      step = field.value;
    } else if (field.name == "bounds") {
      bounds = field.value;
    } else if (field.name == "unit") {
      if (field.value.type() != bson::Type::kString) return WrongType("range.unit");
      CAIRN_TRY_ASSIGN(spec->unit, expression::ParseDateUnit("$densify", field.value));
    } else {
      return Status(
          ErrorCode::kLocation40415,
          "BSON field '$densify.range." + std::string(field.name) + "' is an unknown field.");
    }
  }
  if (step.missing() || bounds.missing()) {
    return Status(ErrorCode::kLocation40414,
                  "BSON fields '$densify.range.step' and '.bounds' are "
                  "required");
  }
  if (!step.IsNumber()) return WrongType("range.step");
  spec->step = bson::Number::From(step);
  if (bson::Sign(spec->step) <= 0) {
    return Status(ErrorCode::kLocation5733401,
                  "the step parameter in a range statement must be a strictly positive numeric "
                  "value");
  }
  if (spec->unit) {
    const auto whole = bson::ToInt64Exact(spec->step);
    if (!whole) {
      return Status(ErrorCode::kLocation6586400,
                    "The step parameter in a range statement must be a whole number when "
                    "densifying a date range");
    }
    spec->step = bson::Number::Int64(*whole);
  }
  return ParseBounds(bounds, spec);
}

Status ParsePartition(bson::Value fields, Spec* spec) {
  if (fields.missing()) return Status::Ok();
  if (fields.type() != bson::Type::kArray) return WrongType("partitionByFields");
  for (const bson::Element& element : fields.AsView()) {
    if (element.value.type() != bson::Type::kString) return WrongType("partitionByFields");
    CAIRN_TRY_ASSIGN(auto path, ParseUserPath(element.value.AsString()));
    if (path.dotted() == spec->field->dotted() ||
        path.dotted().starts_with(spec->field->dotted() + ".") ||
        spec->field->dotted().starts_with(path.dotted() + ".")) {
      return Status(ErrorCode::kLocation8993000,
                    "BSON field '$densify.partitionByFields' contains the field that is densified");
    }
    spec->partition_by.push_back(std::move(path));
  }
  return Status::Ok();
}

}  // namespace

Status ParseDensify(bson::Value spec, const ParseContext&, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation5733413,
                  "The $densify stage specification must be an object, found " +
                      std::string(bson::TypeName(spec.type())));
  }
  bson::Value field;
  bson::Value partition;
  bson::Value range;
  for (const bson::Element& element : spec.AsView()) {
    if (element.name == "field") {
      field = element.value;
    } else if (element.name == "partitionByFields") {
      partition = element.value;
    } else if (element.name == "range") {
      range = element.value;
    } else {
      return Status(ErrorCode::kLocation40415,
                    "BSON field '$densify." + std::string(element.name) + "' is an unknown field.");
    }
  }
  if (field.missing() || range.missing()) {
    return Status(ErrorCode::kLocation40414,
                  "BSON fields '$densify.field' and '$densify.range' are required");
  }
  if (field.type() != bson::Type::kString) return WrongType("field");
  if (range.type() != bson::Type::kDocument) return WrongType("range");
  Spec parsed;
  CAIRN_TRY_ASSIGN(parsed.field, ParseUserPath(field.AsString()));
  CAIRN_TRY(ParsePartition(partition, &parsed));
  CAIRN_TRY(ParseRange(range.AsView(), &parsed));
  stages->push_back(std::make_unique<DensifyStage>(std::move(parsed)));
  return Status::Ok();
}

}  // namespace cairn::pipeline
