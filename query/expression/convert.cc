// SPDX-License-Identifier: Apache-2.0
// $convert: {input, to: type or {type, subtype}, format, byteOrder, onError, onNull}; and $toInt
// and its kin, which take the input alone.
#include <algorithm>
#include <string>

#include "engine/base/try.h"
#include "query/expression/conversion.h"
#include "query/expression/convert_operators.h"
#include "query/expression/named_call.h"

namespace cairn::expression {
namespace {

using bson::Type;

// The last is not a field of $convert's own document, but of the one in `to`.
enum Field : size_t { kInput, kTo, kFormat, kByteOrder, kOnError, kOnNull, kSubtype };
constexpr NamedField kFields[] = {
    {"input", ErrorCode::kFailedToParse}, {"to", ErrorCode::kFailedToParse},
    {"format", ErrorCode::kOk},           {"byteOrder", ErrorCode::kOk},
    {"onError", ErrorCode::kOk},          {"onNull", ErrorCode::kOk},
};

struct FormatName {
  std::string_view name;
  BinaryFormat format;
};
constexpr FormatName kFormats[] = {
    {"auto", BinaryFormat::kAuto},           {"base64", BinaryFormat::kBase64},
    {"base64url", BinaryFormat::kBase64Url}, {"hex", BinaryFormat::kHex},
    {"utf8", BinaryFormat::kUtf8},           {"uuid", BinaryFormat::kUuid},
};

constexpr Type kTypes[] = {
    Type::kDouble,    Type::kString,    Type::kDocument, Type::kArray,      Type::kBinary,
    Type::kUndefined, Type::kObjectId,  Type::kBool,     Type::kDate,       Type::kNull,
    Type::kRegex,     Type::kDbPointer, Type::kCode,     Type::kSymbol,     Type::kCodeWithScope,
    Type::kInt32,     Type::kTimestamp, Type::kInt64,    Type::kDecimal128, Type::kMaxKey,
    Type::kMinKey,
};

// A type by its number or its name.
Result<Type> TypeOf(bson::Value to) {
  if (to.type() == Type::kString) {
    for (const Type type : kTypes) {
      if (bson::TypeName(type) == to.AsString()) return type;
    }
    return Status(ErrorCode::kBadValue, "Unknown type name: " + std::string(to.AsString()));
  }
  if (!to.IsNumber()) {
    return Status(ErrorCode::kFailedToParse,
                  "$convert's 'to' argument must be a string or number, but is " +
                      std::string(NameOfType(to)));
  }
  const auto number = bson::ToInt32Exact(bson::Number::From(to));
  for (const Type type : kTypes) {
    const int code = type == Type::kMinKey ? -1 : static_cast<int>(type);
    if (number && *number == code) return type;
  }
  return Status(ErrorCode::kFailedToParse,
                "In $convert, numeric 'to' argument is not a valid type");
}

Status ReadSubtype(bson::Value value, Target* target) {
  if (value.IsNullish() || target->type != Type::kBinary) return Status::Ok();
  if (!value.IsNumber()) {
    return Status(ErrorCode::kLocation4341108,
                  "For BinData, $convert's 'subtype' argument must be a number, but is " +
                      std::string(NameOfType(value)));
  }
  const auto number = bson::ToInt32Exact(bson::Number::From(value));
  if (!number) {
    return Status(ErrorCode::kLocation4341106,
                  "In $convert, numeric 'subtype' argument is not an integer");
  }
  const bool known = (*number >= 0 && *number <= 9) || (*number >= 128 && *number <= 255);
  if (!known) {
    return Status(ErrorCode::kLocation4341107,
                  "In $convert, numeric value for 'subtype' does not correspond to a BinData type");
  }
  target->subtype = static_cast<uint8_t>(*number);
  return Status::Ok();
}

Status ReadFormat(bson::Value value, Target* target) {
  if (value.IsNullish()) return Status::Ok();
  if (value.type() != Type::kString) {
    return Status(
        ErrorCode::kLocation4341114,
        "$convert requires that 'format' be a string, found: " + std::string(NameOfType(value)));
  }
  const auto* const format = std::ranges::find(kFormats, value.AsString(), &FormatName::name);
  if (format == std::end(kFormats)) {
    return Status(ErrorCode::kLocation4341125,
                  "Invalid 'format' argument for $convert: " + std::string(value.AsString()));
  }
  target->format = format->format;
  return Status::Ok();
}

Status ReadByteOrder(bson::Value value, Target* target) {
  if (value.IsNullish()) return Status::Ok();
  if (value.type() != Type::kString) {
    return Status(
        ErrorCode::kLocation9130001,
        "$convert requires that 'byteOrder' be a string, found: " + std::string(NameOfType(value)));
  }
  target->big_endian = value.AsString() == "big";
  if (target->big_endian || value.AsString() == "little") return Status::Ok();
  return Status(ErrorCode::kLocation9130002,
                "Invalid 'byteOrder' argument for $convert: " + std::string(value.AsString()));
}

Result<bson::Value> Converted(const NamedArguments& arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const bson::Value input, arguments.Evaluate(kInput, context));
  CAIRN_TRY_ASSIGN(const bson::Value to, arguments.Evaluate(kTo, context));
  Target target;
  if (!to.IsNullish()) {
    CAIRN_TRY_ASSIGN(target.type, TypeOf(to));
  }
  if (input.IsNullish()) {
    return arguments.Has(kOnNull) ? arguments.Evaluate(kOnNull, context) : Scratch::Null();
  }
  if (to.IsNullish()) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const bson::Value subtype, arguments.Evaluate(kSubtype, context));
  CAIRN_TRY(ReadSubtype(subtype, &target));
  CAIRN_TRY_ASSIGN(const bson::Value format, arguments.Evaluate(kFormat, context));
  CAIRN_TRY(ReadFormat(format, &target));
  CAIRN_TRY_ASSIGN(const bson::Value byte_order, arguments.Evaluate(kByteOrder, context));
  CAIRN_TRY(ReadByteOrder(byte_order, &target));
  auto made = Convert(input, target, context.scratch);
  if (!made.ok() && made.status().code() == ErrorCode::kConversionFailure &&
      arguments.Has(kOnError)) {
    return arguments.Evaluate(kOnError, context);
  }
  return made;
}

// {type: …, subtype: …} instead of a type alone; other fields mean nothing.
Status ParseTo(bson::View to, std::vector<ExpressionPtr>* parts, Scope* scope, int depth) {
  if (to["type"].missing()) {
    return Status(ErrorCode::kFailedToParse, "Missing 'type' parameter to $convert's 'to'");
  }
  CAIRN_TRY_ASSIGN((*parts)[kTo], Parse(to["type"], scope, depth + 2));
  if (!to["subtype"].missing()) {
    CAIRN_TRY_ASSIGN((*parts)[kSubtype], Parse(to["subtype"], scope, depth + 2));
  }
  return Status::Ok();
}

// {$toInt: expression}, or an array of one.
Result<ExpressionPtr> ParseShort(std::string_view name, std::string_view type, bson::Value operand,
                                 Scope* scope, int depth) {
  CAIRN_TRY_ASSIGN(auto arguments, ParseArguments(operand, scope, depth));
  if (arguments.size() != 1) {
    return Status(
        ErrorCode::kLocation50723,
        std::string(name) + " requires a single argument, got " + std::to_string(arguments.size()));
  }
  std::vector<ExpressionPtr> parts(kSubtype + 1);
  parts[kInput] = std::move(arguments[0]);
  Scratch scratch;
  CAIRN_TRY_ASSIGN(const bson::Value to, scratch.String(type));
  parts[kTo] = MakeConstant(to);
  std::string_view format;
  if (type == "string") format = "auto";
  if (type == "binData") {
    format = "uuid";
    CAIRN_TRY_ASSIGN(const bson::Value subtype, scratch.Int32(4));
    parts[kSubtype] = MakeConstant(subtype);
  }
  if (!format.empty()) {
    CAIRN_TRY_ASSIGN(const bson::Value value, scratch.String(format));
    parts[kFormat] = MakeConstant(value);
  }
  return MakeNamedCall(Converted, std::move(parts));
}

}  // namespace

Result<ExpressionPtr> ParseConvert(bson::Value operand, Scope* scope, int depth) {
  bson::Value to;
  if (operand.type() == Type::kDocument) to = operand.AsView()["to"];
  const bool typed = to.type() == Type::kDocument &&
                     (to.AsView().empty() || !to.AsView().begin()->name.starts_with('$'));
  CAIRN_TRY_ASSIGN(auto parts, ParseNamedFields({"$convert", ErrorCode::kFailedToParse,
                                                 ErrorCode::kFailedToParse, kFields},
                                                operand, scope, depth));
  parts.resize(kSubtype + 1);
  if (typed) CAIRN_TRY(ParseTo(to.AsView(), &parts, scope, depth));
  return MakeNamedCall(Converted, std::move(parts));
}

Result<ExpressionPtr> ParseToBool(bson::Value operand, Scope* scope, int depth) {
  return ParseShort("$toBool", "bool", operand, scope, depth);
}

Result<ExpressionPtr> ParseToDate(bson::Value operand, Scope* scope, int depth) {
  return ParseShort("$toDate", "date", operand, scope, depth);
}

Result<ExpressionPtr> ParseToDecimal(bson::Value operand, Scope* scope, int depth) {
  return ParseShort("$toDecimal", "decimal", operand, scope, depth);
}

Result<ExpressionPtr> ParseToDouble(bson::Value operand, Scope* scope, int depth) {
  return ParseShort("$toDouble", "double", operand, scope, depth);
}

Result<ExpressionPtr> ParseToInt(bson::Value operand, Scope* scope, int depth) {
  return ParseShort("$toInt", "int", operand, scope, depth);
}

Result<ExpressionPtr> ParseToLong(bson::Value operand, Scope* scope, int depth) {
  return ParseShort("$toLong", "long", operand, scope, depth);
}

Result<ExpressionPtr> ParseToObjectId(bson::Value operand, Scope* scope, int depth) {
  return ParseShort("$toObjectId", "objectId", operand, scope, depth);
}

Result<ExpressionPtr> ParseToString(bson::Value operand, Scope* scope, int depth) {
  return ParseShort("$toString", "string", operand, scope, depth);
}

Result<ExpressionPtr> ParseToUuid(bson::Value operand, Scope* scope, int depth) {
  return ParseShort("$toUUID", "binData", operand, scope, depth);
}

}  // namespace cairn::expression
