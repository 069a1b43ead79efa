// SPDX-License-Identifier: Apache-2.0
// The tables of operators, and calls of them.
#include "query/expression/operators.h"

#include <algorithm>
#include <limits>
#include <string>

#include "engine/base/try.h"
#include "query/expression/convert_operators.h"
#include "query/expression/date_operators.h"
#include "query/expression/parser.h"
#include "query/expression/string_operators.h"

namespace cairn::expression {
namespace {

constexpr size_t kAny = std::numeric_limits<size_t>::max();

struct Operator {
  std::string_view name;
  size_t arguments_min;
  size_t arguments_max;
  Function function;    ///< Null: `parse` knows.
  ParseOperator parse;  ///< Null: as `function` says.
};

// table "expression operators": sorted
constexpr Operator kOperators[] = {
    {"$abs", 1, 1, Abs, nullptr},
    {"$acos", 1, 1, Acos, nullptr},
    {"$acosh", 1, 1, Acosh, nullptr},
    {"$add", 0, kAny, Add, nullptr},
    {"$allElementsTrue", 1, 1, AllElementsTrue, nullptr},
    {"$and", 0, 0, nullptr, ParseAnd},
    {"$anyElementTrue", 1, 1, AnyElementTrue, nullptr},
    {"$arrayElemAt", 2, 2, ArrayElemAt, nullptr},
    {"$arrayToObject", 1, 1, ArrayToObject, nullptr},
    {"$asin", 1, 1, Asin, nullptr},
    {"$asinh", 1, 1, Asinh, nullptr},
    {"$atan", 1, 1, Atan, nullptr},
    {"$atan2", 2, 2, Atan2, nullptr},
    {"$atanh", 1, 1, Atanh, nullptr},
    {"$avg", 0, 0, nullptr, ParseAvg},
    {"$binarySize", 1, 1, BinarySize, nullptr},
    {"$bitAnd", 0, kAny, BitAnd, nullptr},
    {"$bitNot", 1, 1, BitNot, nullptr},
    {"$bitOr", 0, kAny, BitOr, nullptr},
    {"$bitXor", 0, kAny, BitXor, nullptr},
    {"$bsonSize", 1, 1, BsonSize, nullptr},
    {"$ceil", 1, 1, Ceil, nullptr},
    {"$cmp", 2, 2, Cmp, nullptr},
    {"$concat", 0, kAny, Concat, nullptr},
    {"$concatArrays", 0, kAny, ConcatArrays, nullptr},
    {"$cond", 0, 0, nullptr, ParseCond},
    {"$const", 0, 0, nullptr, ParseLiteral},
    {"$convert", 0, 0, nullptr, ParseConvert},
    {"$cos", 1, 1, Cos, nullptr},
    {"$cosh", 1, 1, Cosh, nullptr},
    {"$createObjectId", 0, 0, nullptr, ParseCreateObjectId},
    {"$dateAdd", 0, 0, nullptr, ParseDateAdd},
    {"$dateDiff", 0, 0, nullptr, ParseDateDiff},
    {"$dateFromParts", 0, 0, nullptr, ParseDateFromParts},
    {"$dateFromString", 0, 0, nullptr, ParseDateFromString},
    {"$dateSubtract", 0, 0, nullptr, ParseDateSubtract},
    {"$dateToParts", 0, 0, nullptr, ParseDateToParts},
    {"$dateToString", 0, 0, nullptr, ParseDateToString},
    {"$dateTrunc", 0, 0, nullptr, ParseDateTrunc},
    {"$dayOfMonth", 0, 0, nullptr, ParseDayOfMonth},
    {"$dayOfWeek", 0, 0, nullptr, ParseDayOfWeekOf},
    {"$dayOfYear", 0, 0, nullptr, ParseDayOfYear},
    {"$degreesToRadians", 1, 1, DegreesToRadians, nullptr},
    {"$divide", 2, 2, Divide, nullptr},
    {"$eq", 2, 2, Eq, nullptr},
    {"$exp", 1, 1, Exp, nullptr},
    {"$filter", 0, 0, nullptr, ParseFilter},
    {"$first", 1, 1, First, nullptr},
    {"$firstN", 0, 0, nullptr, ParseFirstN},
    {"$floor", 1, 1, Floor, nullptr},
    {"$getField", 0, 0, nullptr, ParseGetField},
    {"$gt", 2, 2, Gt, nullptr},
    {"$gte", 2, 2, Gte, nullptr},
    {"$hour", 0, 0, nullptr, ParseHour},
    {"$ifNull", 0, 0, nullptr, ParseIfNull},
    {"$in", 2, 2, In, nullptr},
    {"$indexOfArray", 2, 4, IndexOfArray, nullptr},
    {"$indexOfBytes", 2, 4, IndexOfBytes, nullptr},
    {"$indexOfCP", 2, 4, IndexOfCp, nullptr},
    {"$isArray", 1, 1, IsArray, nullptr},
    {"$isNumber", 1, 1, IsNumber, nullptr},
    {"$isoDayOfWeek", 0, 0, nullptr, ParseIsoDayOfWeek},
    {"$isoWeek", 0, 0, nullptr, ParseIsoWeek},
    {"$isoWeekYear", 0, 0, nullptr, ParseIsoWeekYear},
    {"$last", 1, 1, Last, nullptr},
    {"$lastN", 0, 0, nullptr, ParseLastN},
    {"$let", 0, 0, nullptr, ParseLet},
    {"$literal", 0, 0, nullptr, ParseLiteral},
    {"$ln", 1, 1, Ln, nullptr},
    {"$log", 2, 2, Log, nullptr},
    {"$log10", 1, 1, Log10, nullptr},
    {"$lt", 2, 2, Lt, nullptr},
    {"$lte", 2, 2, Lte, nullptr},
    {"$ltrim", 0, 0, nullptr, ParseLtrim},
    {"$map", 0, 0, nullptr, ParseMap},
    {"$max", 0, 0, nullptr, ParseMax},
    {"$maxN", 0, 0, nullptr, ParseMaxN},
    {"$median", 0, 0, nullptr, ParseMedian},
    {"$mergeObjects", 0, kAny, MergeObjects, nullptr},
    {"$meta", 0, 0, nullptr, ParseMeta},
    {"$millisecond", 0, 0, nullptr, ParseMillisecond},
    {"$min", 0, 0, nullptr, ParseMin},
    {"$minN", 0, 0, nullptr, ParseMinN},
    {"$minute", 0, 0, nullptr, ParseMinute},
    {"$mod", 2, 2, Mod, nullptr},
    {"$month", 0, 0, nullptr, ParseMonth},
    {"$multiply", 0, kAny, Multiply, nullptr},
    {"$ne", 2, 2, Ne, nullptr},
    {"$not", 1, 1, Not, nullptr},
    {"$objectToArray", 1, 1, ObjectToArray, nullptr},
    {"$or", 0, 0, nullptr, ParseOr},
    {"$percentile", 0, 0, nullptr, ParsePercentile},
    {"$pow", 2, 2, Pow, nullptr},
    {"$radiansToDegrees", 1, 1, RadiansToDegrees, nullptr},
    {"$rand", 0, 0, nullptr, ParseRand},
    {"$range", 2, 3, Range, nullptr},
    {"$reduce", 0, 0, nullptr, ParseReduce},
    {"$regexFind", 0, 0, nullptr, ParseRegexFind},
    {"$regexFindAll", 0, 0, nullptr, ParseRegexFindAll},
    {"$regexMatch", 0, 0, nullptr, ParseRegexMatch},
    {"$replaceAll", 0, 0, nullptr, ParseReplaceAll},
    {"$replaceOne", 0, 0, nullptr, ParseReplaceOne},
    {"$reverseArray", 1, 1, ReverseArray, nullptr},
    {"$round", 1, 2, Round, nullptr},
    {"$rtrim", 0, 0, nullptr, ParseRtrim},
    {"$second", 0, 0, nullptr, ParseSecond},
    {"$setDifference", 2, 2, SetDifference, nullptr},
    {"$setEquals", 0, 0, nullptr, ParseSetEquals},
    {"$setField", 0, 0, nullptr, ParseSetField},
    {"$setIntersection", 0, kAny, SetIntersection, nullptr},
    {"$setIsSubset", 2, 2, SetIsSubset, nullptr},
    {"$setUnion", 0, kAny, SetUnion, nullptr},
    {"$sigmoid", 0, 0, nullptr, ParseSigmoid},
    {"$sin", 1, 1, Sin, nullptr},
    {"$sinh", 1, 1, Sinh, nullptr},
    {"$size", 1, 1, Size, nullptr},
    {"$slice", 2, 3, Slice, nullptr},
    {"$sortArray", 0, 0, nullptr, ParseSortArray},
    {"$split", 2, 2, Split, nullptr},
    {"$sqrt", 1, 1, Sqrt, nullptr},
    {"$stdDevPop", 0, 0, nullptr, ParseStdDevPop},
    {"$stdDevSamp", 0, 0, nullptr, ParseStdDevSamp},
    {"$strLenBytes", 1, 1, StrLenBytes, nullptr},
    {"$strLenCP", 1, 1, StrLenCp, nullptr},
    {"$strcasecmp", 2, 2, StrCaseCmp, nullptr},
    {"$substr", 3, 3, SubstrBytes, nullptr},
    {"$substrBytes", 3, 3, SubstrBytes, nullptr},
    {"$substrCP", 3, 3, SubstrCp, nullptr},
    {"$subtract", 2, 2, Subtract, nullptr},
    {"$sum", 0, 0, nullptr, ParseSum},
    {"$switch", 0, 0, nullptr, ParseSwitch},
    {"$tan", 1, 1, Tan, nullptr},
    {"$tanh", 1, 1, Tanh, nullptr},
    {"$toBool", 0, 0, nullptr, ParseToBool},
    {"$toDate", 0, 0, nullptr, ParseToDate},
    {"$toDecimal", 0, 0, nullptr, ParseToDecimal},
    {"$toDouble", 0, 0, nullptr, ParseToDouble},
    {"$toHashedIndexKey", 1, 1, ToHashedIndexKey, nullptr},
    {"$toInt", 0, 0, nullptr, ParseToInt},
    {"$toLong", 0, 0, nullptr, ParseToLong},
    {"$toLower", 1, 1, ToLower, nullptr},
    {"$toObjectId", 0, 0, nullptr, ParseToObjectId},
    {"$toString", 0, 0, nullptr, ParseToString},
    {"$toUUID", 0, 0, nullptr, ParseToUuid},
    {"$toUpper", 1, 1, ToUpper, nullptr},
    {"$trim", 0, 0, nullptr, ParseTrim},
    {"$trunc", 1, 2, Trunc, nullptr},
    {"$tsIncrement", 1, 1, TsIncrement, nullptr},
    {"$tsSecond", 1, 1, TsSecond, nullptr},
    {"$type", 1, 1, Type, nullptr},
    {"$unsetField", 0, 0, nullptr, ParseUnsetField},
    {"$week", 0, 0, nullptr, ParseWeek},
    {"$year", 0, 0, nullptr, ParseYear},
    {"$zip", 0, 0, nullptr, ParseZip},
};
static_assert(std::ranges::is_sorted(kOperators, {}, &Operator::name));

// MongoDB's operators that Cairn does not have.
// table "unsupported expression operators": sorted
constexpr std::string_view kUnsupported[] = {
    "$bottom",           "$bottomN",  "$encStrContains", "$encStrEndsWith",
    "$encStrStartsWith", "$function", "$sampleRate",
};
static_assert(std::ranges::is_sorted(kUnsupported));

const Operator* FindOperator(std::string_view name) {
  const auto* const row = std::ranges::lower_bound(kOperators, name, {}, &Operator::name);
  return row != std::end(kOperators) && row->name == name ? row : nullptr;
}

class Call : public Expression {
 public:
  Call(Function function, std::vector<ExpressionPtr> arguments)
      : function_(function), arguments_(std::move(arguments)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    constexpr size_t kFew = 4;
    bson::Value few[kFew];
    std::vector<bson::Value> many(arguments_.size() > kFew ? arguments_.size() : 0);
    bson::Value* const values = many.empty() ? few : many.data();
    for (size_t i = 0; i < arguments_.size(); ++i) {
      CAIRN_TRY_ASSIGN(values[i], arguments_[i]->Evaluate(context));
    }
    return function_({values, arguments_.size()}, context);
  }
  bool IsConstant() const override { return AllConstant(arguments_); }
  void AddDependencies(Dependencies* dependencies) const override {
    AddDependenciesOf(arguments_, dependencies);
  }

 private:
  const Function function_;
  const std::vector<ExpressionPtr> arguments_;
};

}  // namespace

bool IsOperator(std::string_view name) {
  return FindOperator(name) != nullptr || std::ranges::binary_search(kUnsupported, name);
}

Result<ExpressionPtr> ParseCall(const bson::Element& call, Scope* scope, int depth) {
  const Operator* const row = FindOperator(call.name);
  if (row == nullptr) {
    if (std::ranges::binary_search(kUnsupported, call.name)) {
      return Status(ErrorCode::kNotImplemented,
                    "the expression " + std::string(call.name) + " is not supported");
    }
    return Status(ErrorCode::kInvalidPipelineOperator,
                  "Unrecognized expression '" + std::string(call.name) + "'");
  }
  if (row->parse != nullptr) {
    CAIRN_TRY_ASSIGN(auto parsed, row->parse(call.value, scope, depth));
    return Fold(std::move(parsed), *scope);
  }
  CAIRN_TRY_ASSIGN(auto arguments, ParseArguments(call.value, scope, depth));
  CAIRN_TRY(CheckCount(row->name, arguments.size(), row->arguments_min, row->arguments_max));
  return Fold(std::make_unique<Call>(row->function, std::move(arguments)), *scope);
}

void AddDependenciesOf(const std::vector<ExpressionPtr>& parts, Dependencies* dependencies) {
  for (const ExpressionPtr& part : parts) part->AddDependencies(dependencies);
}

bool AllConstant(const std::vector<ExpressionPtr>& parts) {
  return std::ranges::all_of(parts, [](const ExpressionPtr& part) { return part->IsConstant(); });
}

Status CheckCount(std::string_view name, size_t count, size_t min, size_t max) {
  if (count >= min && count <= max) return Status::Ok();
  const std::string passed = std::to_string(count) + " were passed in.";
  if (min == max) {
    return Status(ErrorCode::kLocation16020, "Expression " + std::string(name) + " takes exactly " +
                                                 std::to_string(min) + " arguments. " + passed);
  }
  return Status(ErrorCode::kLocation28667, "Expression " + std::string(name) + " takes at least " +
                                               std::to_string(min) + " arguments, and at most " +
                                               std::to_string(max) + ", but " + passed);
}

}  // namespace cairn::expression
