// SPDX-License-Identifier: Apache-2.0
// Windows, and the table of window functions.
#include "query/pipeline/window.h"

#include <algorithm>

#include "engine/base/try.h"
#include "engine/bson/decimal_arithmetic.h"
#include "query/accumulate/operators.h"
#include "query/path/path.h"
#include "query/pipeline/set_path.h"

namespace cairn::pipeline {
namespace {

Status BadWindow(std::string_view why) {
  return Status(ErrorCode::kFailedToParse, "'window' field: " + std::string(why));
}

Result<Bound> ParseBound(bson::Value value, bool by_range, bool has_unit) {
  Bound bound;
  if (value.type() == bson::Type::kString) {
    if (value.AsString() == "unbounded") return bound;
    bound.kind = Bound::Kind::kCurrent;
    if (value.AsString() == "current") return bound;
  }
  if (!value.IsNumber()) {
    return BadWindow("a bound must be 'unbounded', 'current' or a number");
  }
  bound.kind = Bound::Kind::kOffset;
  bound.offset = bson::Number::From(value);
  if (bson::IsNaN(bound.offset)) return BadWindow("a bound must not be NaN");
  if (by_range && !has_unit) return bound;
  const auto integer = bson::ToInt64Exact(bound.offset);
  if (!integer) return BadWindow("a bound must be an integer");
  bound.offset = bson::Number::Int64(*integer);
  return bound;
}

// -1: unbounded below, and so on; enough to tell that the lower bound is above the upper.
bool IsReversed(const Bound& lower, const Bound& upper) {
  if (lower.kind == Bound::Kind::kUnbounded || upper.kind == Bound::Kind::kUnbounded) return false;
  return bson::CompareNumbers(lower.offset, upper.offset) > 0;
}

Status CheckSort(const WindowBounds& bounds, const plan::SortPattern& sort, bool has_sort_by) {
  if (bounds.by_range) {
    if (sort.fields().size() != 1) {
      return Status(ErrorCode::kLocation5339902,
                    "Range-based window require sortBy a single field");
    }
    if (sort.fields()[0].descending) {
      return Status(ErrorCode::kLocation8947401, "Range-based bounds require an ascending sortBy");
    }
    return Status::Ok();
  }
  if (!has_sort_by && !bounds.IsUnbounded()) {
    return Status(ErrorCode::kLocation5339901,
                  "Document-based bounds require a sortBy, unless they are unbounded");
  }
  return Status::Ok();
}

struct FunctionRow {
  std::string_view name;
  Result<WindowFunctionPtr> (*parse)(const WindowCall& call);
};
// table "window functions": sorted
constexpr FunctionRow kFunctions[] = {
    {"$covariancePop", ParseCovariancePop},
    {"$covarianceSamp", ParseCovarianceSamp},
    {"$denseRank", ParseDenseRank},
    {"$derivative", ParseDerivative},
    {"$documentNumber", ParseDocumentNumber},
    {"$expMovingAvg", ParseExpMovingAvg},
    {"$integral", ParseIntegral},
    {"$linearFill", ParseLinearFill},
    {"$locf", ParseLocf},
    {"$minMaxScaler", ParseMinMaxScaler},
    {"$rank", ParseRank},
    {"$shift", ParseShift},
};
static_assert(std::ranges::is_sorted(kFunctions, {}, &FunctionRow::name));

}  // namespace

Result<WindowBounds> WindowBounds::Parse(const WindowCall& call) {
  const bson::Value window = call.window;
  WindowBounds bounds;
  if (window.missing()) return bounds;
  if (window.type() != bson::Type::kDocument) return BadWindow("it must be an object");
  bson::Value documents;
  bson::Value range;
  for (const bson::Element& field : window.AsView()) {
    if (field.name == "documents") {
      documents = field.value;
    } else if (field.name == "range") {
      range = field.value;
    } else if (field.name == "unit") {
      if (field.value.type() != bson::Type::kString) return BadWindow("'unit' must be a string");
      CAIRN_TRY_ASSIGN(bounds.unit, expression::ParseDateUnit("window", field.value));
    } else {
      return BadWindow("unknown field '" + std::string(field.name) + "'");
    }
  }
  if (!documents.missing() && !range.missing()) {
    return BadWindow("'documents' and 'range' exclude each other");
  }
  bounds.by_range = !range.missing();
  if (bounds.unit && !bounds.by_range) return BadWindow("'unit' is for 'range' only");
  const bson::Value ends = bounds.by_range ? range : documents;
  if (ends.missing()) return bounds;
  if (ends.type() != bson::Type::kArray || ends.AsView()["1"].missing() ||
      !ends.AsView()["2"].missing()) {
    return BadWindow("bounds must be an array of two");
  }
  const bool has_unit = bounds.unit.has_value();
  CAIRN_TRY_ASSIGN(bounds.lower, ParseBound(ends.AsView()["0"], bounds.by_range, has_unit));
  CAIRN_TRY_ASSIGN(bounds.upper, ParseBound(ends.AsView()["1"], bounds.by_range, has_unit));
  if (IsReversed(bounds.lower, bounds.upper)) {
    return Status(ErrorCode::kLocation5339900, "the lower bound must not exceed the upper bound");
  }
  CAIRN_TRY(CheckSort(bounds, *call.sort, call.has_sort_by));
  return bounds;
}

Rows WindowRows::ByDocuments(size_t size, size_t row) const {
  const auto clamp = [size, row](const Bound& bound, int64_t extra) {
    const int64_t offset = bound.kind == Bound::Kind::kOffset ? bound.offset.integer() : 0;
    int64_t at = 0;
    if (__builtin_add_overflow(static_cast<int64_t>(row) + extra, offset, &at)) {
      return offset < 0 ? size_t{0} : size;
    }
    return static_cast<size_t>(std::clamp<int64_t>(at, 0, static_cast<int64_t>(size)));
  };
  Rows rows{0, size};
  if (bounds_.lower.kind != Bound::Kind::kUnbounded) rows.begin = clamp(bounds_.lower, 0);
  if (bounds_.upper.kind != Bound::Kind::kUnbounded) rows.end = clamp(bounds_.upper, 1);
  return rows;
}

Result<bson::Value> WindowRows::SortValue(const Partition& partition, size_t row) const {
  const bson::Value value = PlainValueAt(partition.document(row), sort_->fields()[0].path);
  if (bounds_.unit) {
    if (value.type() == bson::Type::kDate) return value;
    return Status(ErrorCode::kLocation5429513,
                  "Invalid range: Expected the sortBy field to be a Date, but it was " +
                      std::string(bson::TypeName(value.type())));
  }
  if (value.IsNumber()) return value;
  return Status(ErrorCode::kLocation5429414,
                "Invalid range: Expected the sortBy field to be a number, but it was " +
                    std::string(bson::TypeName(value.type())));
}

Result<int> WindowRows::CompareToBound(bson::Value center, const Bound& bound,
                                       bson::Value value) const {
  if (bounds_.unit) {
    const int64_t amount = bound.kind == Bound::Kind::kOffset ? bound.offset.integer() : 0;
    const auto end =
        expression::AddToDate(center.AsDateMs(), *bounds_.unit, amount, expression::TimeZone());
    if (!end) return amount < 0 ? 1 : -1;
    return value.AsDateMs() < *end ? -1 : value.AsDateMs() > *end;
  }
  CAIRN_TRY_ASSIGN(const bson::Number end,
                   bson::Add(bson::Number::From(center), bound.offset, bson::OnOverflow::kDouble));
  return bson::CompareNumbers(bson::Number::From(value), end);
}

Result<Rows> WindowRows::Of(const Partition& partition, size_t row, RunContext* run) {
  if (!bounds_.by_range) return ByDocuments(partition.size(), row);
  CAIRN_TRY_ASSIGN(const bson::Value value_of_row, SortValue(partition, row));
  // Looking at others may take the document away.
  const bson::OwnedValue owned(value_of_row);
  const bson::Value center = owned.value();
  if (bounds_.lower.kind != Bound::Kind::kUnbounded) {
    for (; last_.begin < partition.size(); ++last_.begin) {
      CAIRN_TRY(run->Tick());
      CAIRN_TRY_ASSIGN(const bson::Value value, SortValue(partition, last_.begin));
      CAIRN_TRY_ASSIGN(const int order, CompareToBound(center, bounds_.lower, value));
      if (order >= 0) break;
    }
  }
  if (bounds_.upper.kind == Bound::Kind::kUnbounded) {
    last_.end = partition.size();
    return last_;
  }
  for (; last_.end < partition.size(); ++last_.end) {
    CAIRN_TRY(run->Tick());
    CAIRN_TRY_ASSIGN(const bson::Value value, SortValue(partition, last_.end));
    CAIRN_TRY_ASSIGN(const int order, CompareToBound(center, bounds_.upper, value));
    if (order > 0) break;
  }
  return last_;
}

Result<RowExpression> RowExpression::Parse(bson::Value value, const expression::Globals& globals) {
  RowExpression parsed;
  CAIRN_TRY_ASSIGN(parsed.expression_, expression::Parse(value, globals));
  parsed.collator_ = globals.collator;
  parsed.scratch_ = std::make_unique<expression::Scratch>();
  return parsed;
}

Result<bson::Value> RowExpression::Evaluate(bson::View document) {
  scratch_->Clear();
  return expression_->Evaluate({document, scratch_.get(), collator_.get()});
}

bson::Number Divide(bson::Number a, bson::Number b) {
  if (a.type() == bson::Type::kDecimal128 || b.type() == bson::Type::kDecimal128) {
    return bson::Number::Decimal(bson::DivideDecimals(bson::ToDecimal(a), bson::ToDecimal(b)));
  }
  return bson::Number::Double(bson::ToDouble(a) / bson::ToDouble(b));
}

Result<WindowFunctionPtr> ParseWindowFunction(const WindowCall& call) {
  const auto* const row = std::ranges::lower_bound(kFunctions, call.name, {}, &FunctionRow::name);
  if (row != std::end(kFunctions) && row->name == call.name) return row->parse(call);
  if (accumulate::FindOperator(call.name) != nullptr) return ParseWindowAccumulator(call);
  return Status(ErrorCode::kFailedToParse,
                "Unrecognized window function, " + std::string(call.name));
}

}  // namespace cairn::pipeline
