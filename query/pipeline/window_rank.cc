// SPDX-License-Identifier: Apache-2.0
// $rank, $denseRank and $documentNumber number the documents of a partition, $shift takes a value
// from another of its documents.
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/pipeline/window.h"

namespace cairn::pipeline {
namespace {

enum class Numbering { kRank, kDenseRank, kDocumentNumber };

class Rank final : public WindowFunction {
 public:
  explicit Rank(Numbering numbering) : numbering_(numbering) {}
  Status Begin(const Partition* partition, RunContext* run) override {
    rank_ = 0;
    return WindowFunction::Begin(partition, run);
  }
  Status AppendFor(size_t row, std::string_view name, bson::Builder* out) override {
    const bool tied = partition_->IsTied(row);
    if (numbering_ == Numbering::kDocumentNumber) {
      rank_ = static_cast<int64_t>(row) + 1;
    } else if (!tied) {
      rank_ = numbering_ == Numbering::kRank ? static_cast<int64_t>(row) + 1 : rank_ + 1;
    }
    bson::Number::Smallest(rank_).AppendTo(out, name);
    return Status::Ok();
  }

 private:
  const Numbering numbering_;
  int64_t rank_ = 0;
};

Result<WindowFunctionPtr> ParseNumbering(const WindowCall& call, Numbering numbering) {
  const std::string name(call.name);
  if (!call.window.missing()) {
    return Status(ErrorCode::kLocation5371601,
                  "Rank style window functions take no other arguments");
  }
  const size_t fields = call.sort->fields().size();
  if (fields == 0 || (fields > 1 && numbering != Numbering::kDocumentNumber)) {
    return Status(ErrorCode::kLocation5371602,
                  name +
                      " must be specified with a top level sortBy expression with exactly one "
                      "element");
  }
  if (call.argument.type() != bson::Type::kDocument || !call.argument.AsView().empty()) {
    return Status(ErrorCode::kLocation5371603, name + " must be specified with '{}' as the value");
  }
  return WindowFunctionPtr(std::make_unique<Rank>(numbering));
}

class Shift final : public WindowFunction {
 public:
  Shift(RowExpression output, int64_t by, bson::OwnedValue otherwise)
      : output_(std::move(output)), by_(by), otherwise_(std::move(otherwise)) {}
  Status AppendFor(size_t row, std::string_view name, bson::Builder* out) override {
    int64_t other = 0;
    const bool overflows = __builtin_add_overflow(static_cast<int64_t>(row), by_, &other);
    bson::Value value = otherwise_.value();
    if (!overflows && other >= 0 && other < static_cast<int64_t>(partition_->size())) {
      CAIRN_TRY_ASSIGN(value, output_.Evaluate(document(static_cast<size_t>(other))));
    }
    out->Append(name, value.missing() ? expression::Scratch::Null() : value);
    return Status::Ok();
  }

 private:
  RowExpression output_;
  const int64_t by_;
  const bson::OwnedValue otherwise_;
};

}  // namespace

Result<WindowFunctionPtr> ParseRank(const WindowCall& call) {
  return ParseNumbering(call, Numbering::kRank);
}
Result<WindowFunctionPtr> ParseDenseRank(const WindowCall& call) {
  return ParseNumbering(call, Numbering::kDenseRank);
}
Result<WindowFunctionPtr> ParseDocumentNumber(const WindowCall& call) {
  return ParseNumbering(call, Numbering::kDocumentNumber);
}

Result<WindowFunctionPtr> ParseShift(const WindowCall& call) {
  const auto bad = [](std::string_view why) {
    return Status(ErrorCode::kFailedToParse, "$shift " + std::string(why));
  };
  if (call.argument.type() != bson::Type::kDocument) return bad("expects an object");
  if (!call.window.missing()) return bad("does not accept a 'window' field");
  if (call.sort->empty()) return bad("requires a sortBy");
  bson::Value output;
  bson::Value by;
  bson::OwnedValue otherwise;
  for (const bson::Element& field : call.argument.AsView()) {
    if (field.name == "output") {
      output = field.value;
    } else if (field.name == "by") {
      by = field.value;
    } else if (field.name == "default") {
      CAIRN_TRY_ASSIGN(const auto parsed, expression::Parse(field.value, call.globals));
      if (!parsed->IsConstant()) return bad("requires a constant 'default'");
      expression::Scratch scratch;
      CAIRN_TRY_ASSIGN(const bson::Value value, parsed->Evaluate({bson::View(), &scratch}));
      otherwise = bson::OwnedValue(value);
    } else {
      return bad("got an unexpected argument: " + std::string(field.name));
    }
  }
  if (output.missing()) return bad("requires an 'output' expression");
  const auto amount = by.IsNumber() ? bson::ToInt64Exact(bson::Number::From(by)) : std::nullopt;
  if (!amount) return bad("requires 'by' as an integer");
  CAIRN_TRY_ASSIGN(auto expression, RowExpression::Parse(output, call.globals));
  return WindowFunctionPtr(
      std::make_unique<Shift>(std::move(expression), *amount, std::move(otherwise)));
}

}  // namespace cairn::pipeline
