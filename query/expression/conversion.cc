// SPDX-License-Identifier: Apache-2.0
// Conversions to everything but numbers and binary.
#include "query/expression/conversion.h"

#include <string>

#include "engine/base/try.h"
#include "engine/bson/truth.h"
#include "query/expression/date_argument.h"
#include "query/expression/date_format.h"
#include "query/expression/operators.h"
#include "query/expression/text_of.h"

namespace cairn::expression {
namespace {

using bson::Type;

Result<bson::Value> ToDate(bson::Value value, const Target& target, Scratch* scratch) {
  if (const auto ms = DateMsOf(value)) return scratch->Date(*ms);
  switch (value.type()) {
    case Type::kInt64:
    case Type::kDouble:
    case Type::kDecimal128: {
      const auto ms = bson::ToInt64Truncated(bson::Number::From(value));
      if (!ms) return FailedConversion("the number is out of range for a date");
      return scratch->Date(*ms);
    }
    case Type::kString: {
      CAIRN_TRY_ASSIGN(const DateText date, ReadDate(value.AsString()));
      CAIRN_TRY_ASSIGN(const int64_t ms, date.Moment(value.AsString(), TimeZone()));
      return scratch->Date(ms);
    }
    default:
      return NoConversion(value, target);
  }
}

Result<bson::Value> ToObjectId(bson::Value value, const Target& target, Scratch* scratch) {
  if (value.type() == Type::kObjectId) return value;
  if (value.type() != Type::kString) return NoConversion(value, target);
  auto id = bson::ObjectId::FromHex(value.AsString());
  if (!id.ok()) return FailedConversion(id.status().message());
  return scratch->Copy(Type::kObjectId,
                       {reinterpret_cast<const char*>(id->bytes.data()), id->bytes.size()});
}

Result<bson::Value> ToText(bson::Value value, const Target& target, Scratch* scratch) {
  switch (value.type()) {
    case Type::kString:
      return value;
    case Type::kBool:
      return scratch->String(value.AsBool() ? "true" : "false");
    case Type::kObjectId:
      return scratch->String(value.AsObjectId().ToHex());
    case Type::kBinary:
      return BinaryToText(value, target.format, scratch);
    case Type::kDouble:
      return scratch->String(TextOfDouble(value.AsDouble()));
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDecimal128:
    case Type::kDate: {
      CAIRN_TRY_ASSIGN(const std::string text, TextOf(value));
      return scratch->String(text);
    }
    default:
      return NoConversion(value, target);
  }
}

}  // namespace

Status FailedConversion(std::string_view why) {
  return Status(ErrorCode::kConversionFailure,
                "Failed to convert in $convert with no onError value: " + std::string(why));
}

Status NoConversion(bson::Value from, const Target& target) {
  return Status(ErrorCode::kConversionFailure, "Unsupported conversion from " +
                                                   std::string(NameOfType(from)) + " to " +
                                                   std::string(bson::TypeName(target.type)) +
                                                   " in $convert with no onError value");
}

Result<bson::Value> Convert(bson::Value value, const Target& target, Scratch* scratch) {
  switch (target.type) {
    case Type::kBool:
      return Scratch::Bool(bson::IsTrue(value));
    case Type::kDate:
      return ToDate(value, target, scratch);
    case Type::kObjectId:
      return ToObjectId(value, target, scratch);
    case Type::kString:
      return ToText(value, target, scratch);
    case Type::kBinary:
      return ToBinary(value, target, scratch);
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDouble:
    case Type::kDecimal128:
      return ToNumber(value, target, scratch);
    default:
      return NoConversion(value, target);
  }
}

}  // namespace cairn::expression
