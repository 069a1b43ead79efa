// SPDX-License-Identifier: Apache-2.0
// Reading parameters by tables.
#include "server/command/parameters.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "server/command/generic_arguments.h"

namespace cairn::server {
namespace {

using bson::Type;

std::string Quoted(std::string_view where, std::string_view name) {
  std::string text = "BSON field '";
  text += where;
  text += '.';
  text += name;
  text += '\'';
  return text;
}

// Indexed by Accepts: as the error lists them.
constexpr std::string_view kExpected[] = {
    "any type",
    "type 'array'",
    "type 'bool'",
    "types '[bool, long, int, decimal, double]'",
    "type 'int'",
    "types '[long, int, decimal, double]'",
    "type 'long'",
    "type 'object'",
    "types '[object, array]'",
    "type 'string'",
    "types '[string, object]'",
    "type 'timestamp'",
    "types '[string, long, int, decimal, double]'",
    "types '[bool, long, int, decimal, double, object]'",
    "types '[bool, long, int, decimal, double, binData]'",
};

bool IsOfType(bson::Value value, Accepts accepts) {
  const Type type = value.type();
  switch (accepts) {
    case Accepts::kAny:
      return true;
    case Accepts::kArray:
      return type == Type::kArray;
    case Accepts::kBool:
      return type == Type::kBool;
    case Accepts::kBoolOrNumber:
      return type == Type::kBool || value.IsNumber();
    case Accepts::kInt32:
      return type == Type::kInt32;
    case Accepts::kInteger:
      return value.IsNumber();
    case Accepts::kLong:
      return type == Type::kInt64;
    case Accepts::kObject:
      return type == Type::kDocument;
    case Accepts::kObjectOrArray:
      return type == Type::kDocument || type == Type::kArray;
    case Accepts::kString:
      return type == Type::kString;
    case Accepts::kStringOrObject:
      return type == Type::kString || type == Type::kDocument;
    case Accepts::kTimestamp:
      return type == Type::kTimestamp;
    case Accepts::kStringOrNumber:
      return type == Type::kString || value.IsNumber();
    case Accepts::kBoolNumberOrObject:
      return type == Type::kBool || value.IsNumber() || type == Type::kDocument;
    case Accepts::kBoolNumberOrBinary:
      return type == Type::kBool || value.IsNumber() || type == Type::kBinary;
  }
  return false;
}

bool AsksForNothing(bson::Value value) {
  if (value.IsNullish()) return true;
  if (value.type() == Type::kBool || value.IsNumber()) return !IsTrue(value);
  if (value.type() == Type::kDocument || value.type() == Type::kArray)
    return value.AsView().empty();
  return false;
}

int64_t DoubleToInt64(double value) {
  constexpr double kTooLarge = 9223372036854775808.0;  // 2^63
  if (std::isnan(value)) return 0;
  if (value >= kTooLarge) return std::numeric_limits<int64_t>::max();
  if (value < -kTooLarge) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

int64_t DecimalToInt64(const bson::Decimal128& decimal) {
  const std::string text = decimal.ToString();
  const char* end = text.data() + text.size();
  int64_t integer = 0;
  const auto whole = std::from_chars(text.data(), end, integer);
  if (whole.ec == std::errc() && whole.ptr == end) return integer;
  double value = 0;
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec == std::errc::result_out_of_range) {
    if (text.find("E-") != std::string::npos) return 0;
    value = decimal.IsNegative() ? -HUGE_VAL : HUGE_VAL;
  }
  return DoubleToInt64(std::nearbyint(value));
}

}  // namespace

// The tables are short, and nearly all rows differ in their length or first letter: quicker than
// halving.
int FindParameter(std::span<const Parameter> table, std::string_view name) {
  if (name.empty()) return -1;
  for (size_t i = 0; i < table.size(); ++i) {
    const std::string_view row = table[i].name;
    if (row.size() == name.size() && row[0] == name[0] && row == name) return static_cast<int>(i);
  }
  return -1;
}

bool IsSimpleCollation(bson::Value value) {
  if (value.type() != Type::kDocument) return value.IsNullish();
  const bson::View collation = value.AsView();
  if (collation.empty()) return true;
  const bson::Value locale = collation["locale"];
  return locale.type() == Type::kString && locale.AsString() == "simple";
}

Status UnknownField(std::string_view where, std::string_view name) {
  return Status(ErrorCode::kLocation40415, Quoted(where, name) + " is an unknown field.");
}

Status MissingField(std::string_view where, std::string_view name) {
  return Status(ErrorCode::kLocation40414,
                Quoted(where, name) + " is missing but a required field");
}

Status UnsupportedField(std::string_view where, std::string_view name) {
  return Status(ErrorCode::kNotImplemented, Quoted(where, name) + " is not supported by Cairn");
}

Status CheckType(std::string_view field, bson::Value value, Accepts accepts) {
  if (IsOfType(value, accepts)) return Status::Ok();
  std::string message = "BSON field '";
  message += field;
  message += "' is the wrong type '";
  message += bson::TypeName(value.type());
  message += "', expected ";
  message += kExpected[static_cast<size_t>(accepts)];
  return Status(ErrorCode::kTypeMismatch, std::move(message));
}

int64_t ToInt64(bson::Value number) {
  switch (number.type()) {
    case Type::kInt32:
      return number.AsInt32();
    case Type::kInt64:
      return number.AsInt64();
    case Type::kDouble:
      return DoubleToInt64(number.AsDouble());
    case Type::kDecimal128:
      return DecimalToInt64(number.AsDecimal128());
    default:
      return 0;
  }
}

std::optional<int64_t> ExactInt64(bson::Value number) {
  if (!number.IsNumber()) return std::nullopt;
  const int64_t integer = ToInt64(number);
  char payload[sizeof(integer)];
  std::memcpy(payload, &integer, sizeof(integer));
  if (bson::Compare(number, bson::Value(Type::kInt64, payload)) != 0) return std::nullopt;
  return integer;
}

bool IsTrue(bson::Value value) {
  if (value.type() == Type::kBool) return value.AsBool();
  const char zero[4] = {};
  return value.IsNumber() && bson::Compare(value, bson::Value(Type::kInt32, zero)) != 0;
}

Result<Arguments> Arguments::OfCommand(std::span<const Parameter> table, bson::View body) {
  auto element = body.begin();
  if (element == body.end()) return Status(ErrorCode::kFailedToParse, "the command is empty");
  Arguments arguments(element->name, table);
  for (++element; element != body.end(); ++element) {
    const int index = FindParameter(table, element->name);
    if (index < 0 && IsGenericArgument(element->name)) continue;
    Status status = arguments.Read(index, *element);
    if (!status.ok()) return status;
  }
  Status status = arguments.CheckRequired();
  if (!status.ok()) return status;
  return arguments;
}

Result<Arguments> Arguments::OfDocument(std::string_view where, std::span<const Parameter> table,
                                        bson::View document) {
  Arguments arguments(where, table);
  for (const bson::Element& element : document) {
    Status status = arguments.Read(FindParameter(table, element.name), element);
    if (!status.ok()) return status;
  }
  Status status = arguments.CheckRequired();
  if (!status.ok()) return status;
  return arguments;
}

Status Arguments::Read(int index, bson::Element element) {
  if (index < 0) return UnknownField(where_, element.name);
  const Parameter& parameter = table_[static_cast<size_t>(index)];
  if (Has(element.name)) {
    return Status(ErrorCode::kDuplicateCommandParameter,
                  Quoted(where_, element.name) + " is a duplicate field");
  }
  const bson::Value value = element.value;
  const bool null = value.type() == Type::kNull || value.type() == Type::kUndefined;
  if (null && parameter.null == Null::kAbsent) return Status::Ok();
  if (!IsOfType(value, parameter.accepts)) {
    if (!parameter.wrong_type_message.empty()) {
      return Status(parameter.wrong_type, std::string(parameter.wrong_type_message));
    }
    std::string field = where_;
    field += '.';
    field += element.name;
    return CheckType(field, value, parameter.accepts);
  }
  if (parameter.use == Use::kUnsupported) {
    const bool harmless =
        parameter.harmless != nullptr ? parameter.harmless(value) : AsksForNothing(value);
    if (!harmless) return UnsupportedField(where_, element.name);
  }
  if (given_.capacity() == 0) given_.reserve(8);
  given_.push_back({parameter.name, value});
  return Status::Ok();
}

Status Arguments::CheckRequired() const {
  for (const Parameter& parameter : table_) {
    if (parameter.use == Use::kRequired && !Has(parameter.name)) {
      return MissingField(where_, parameter.name);
    }
  }
  return Status::Ok();
}

bson::Value Arguments::operator[](std::string_view name) const {
  for (const bson::Element& given : given_) {
    if (given.name == name) return given.value;
  }
  return {};
}

bson::View Arguments::Object(std::string_view name) const {
  const bson::Value value = (*this)[name];
  return value.type() == Type::kDocument ? value.AsView() : bson::View();
}

bool Arguments::Bool(std::string_view name, bool otherwise) const {
  const bson::Value value = (*this)[name];
  return value.missing() ? otherwise : IsTrue(value);
}

Result<int64_t> Arguments::NonNegative(std::string_view name, int64_t otherwise) const {
  const bson::Value value = (*this)[name];
  if (value.missing()) return otherwise;
  const int64_t integer = ToInt64(value);
  if (integer < 0) {
    return Status(ErrorCode::kBadValue, "BSON field '" + std::string(name) +
                                            "' value must be >= 0, actual value '" +
                                            std::to_string(integer) + "'");
  }
  return integer;
}

}  // namespace cairn::server
