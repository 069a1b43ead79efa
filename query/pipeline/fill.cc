// SPDX-License-Identifier: Apache-2.0
// $fill: values for fields that are null or missing. It is written with other stages: $locf and
// $linearFill of $setWindowFields, then $addFields for those with an expression.
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

struct Arguments {
  bson::Value partition_by, partition_by_fields, sort_by, output;
};

Result<Arguments> ReadArguments(bson::View spec) {
  Arguments arguments;
  for (const bson::Element& field : spec) {
    bson::Value* place = nullptr;
    if (field.name == "partitionBy") place = &arguments.partition_by;
    if (field.name == "partitionByFields") place = &arguments.partition_by_fields;
    if (field.name == "sortBy") place = &arguments.sort_by;
    if (field.name == "output") place = &arguments.output;
    if (place == nullptr) {
      return Status(ErrorCode::kLocation40415,
                    "BSON field '$fill." + std::string(field.name) + "' is an unknown field.");
    }
    *place = field.value;
  }
  if (arguments.output.missing()) {
    return Status(ErrorCode::kLocation40414,
                  "BSON field '$fill.output' is missing but a required field");
  }
  const bool types_ok =
      arguments.output.type() == bson::Type::kDocument &&
      (arguments.sort_by.missing() || arguments.sort_by.type() == bson::Type::kDocument) &&
      (arguments.partition_by_fields.missing() ||
       arguments.partition_by_fields.type() == bson::Type::kArray);
  if (!types_ok) {
    return Status(ErrorCode::kTypeMismatch, "a field of $fill has the wrong type");
  }
  if (!arguments.partition_by.missing() && !arguments.partition_by_fields.missing()) {
    return Status(
        ErrorCode::kLocation6050204,
        "Maximum one of 'partitionBy' and 'partitionByFields can be specified in '$fill'");
  }
  return arguments;
}

// {f: {value: expression}} or {f: {method: name}} into one of the two stages.
Status AddOutput(const bson::Element& field, bson::Builder* window, bson::Builder* added) {
  const bson::View fill =
      field.value.type() == bson::Type::kDocument ? field.value.AsView() : bson::View();
  const bson::Value value = fill["value"];
  const bson::Value method = fill["method"];
  if (fill.empty() || ++fill.begin() != fill.end() || (value.missing() && method.missing())) {
    return Status(ErrorCode::kLocation6050202,
                  "Each fill output field must have exactly one of 'method' and 'value'");
  }
  const std::string path = "$" + std::string(field.name);
  if (!value.missing()) {
    added->OpenDocument(field.name).OpenArray("$ifNull");
    added->AppendString(added->NextIndex(), path);
    added->Append(added->NextIndex(), value);
    added->Close().Close();
    return Status::Ok();
  }
  const std::string_view name =
      method.type() == bson::Type::kString ? method.AsString() : std::string_view();
  if (name != "linear" && name != "locf") {
    return Status(ErrorCode::kLocation6050203, "Method must be either 'linear' or 'locf'");
  }
  window->OpenDocument(field.name);
  window->AppendString(name == "linear" ? "$linearFill" : "$locf", path).Close();
  return Status::Ok();
}

Status AppendPartition(const Arguments& arguments, bson::Builder* window) {
  if (!arguments.partition_by.missing()) {
    if (arguments.partition_by.type() == bson::Type::kString &&
        !arguments.partition_by.AsString().starts_with('$')) {
      return Status(ErrorCode::kLocation6050200,
                    "Maximum one of 'partitionBy' and a path that begins with '$' is allowed");
    }
    window->Append("partitionBy", arguments.partition_by);
    return Status::Ok();
  }
  if (arguments.partition_by_fields.missing()) return Status::Ok();
  window->OpenDocument("partitionBy");
  for (const bson::Element& element : arguments.partition_by_fields.AsView()) {
    if (element.value.type() != bson::Type::kString) {
      return Status(ErrorCode::kTypeMismatch, "each of 'partitionByFields' must be a string");
    }
    const std::string_view name = element.value.AsString();
    if (name.starts_with('$')) {
      return Status(ErrorCode::kLocation6050201,
                    "a field of 'partitionByFields' must not begin with '$'");
    }
    // Names of an expression object must not be dotted: they are numbered.
    window->AppendString("f" + std::string(element.name), "$" + std::string(name));
  }
  window->Close();
  return Status::Ok();
}

}  // namespace

Status ParseFill(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kFailedToParse,
                  "the $fill stage specification must be an object, found " +
                      std::string(bson::TypeName(spec.type())));
  }
  CAIRN_TRY_ASSIGN(const Arguments arguments, ReadArguments(spec.AsView()));
  bson::Builder added;
  bson::Builder output;
  for (const bson::Element& field : arguments.output.AsView()) {
    CAIRN_TRY(AddOutput(field, &output, &added));
  }
  const bson::Document window_fields = output.Finish();
  if (!window_fields.empty()) {
    bson::Builder window;
    window.OpenDocument("");
    CAIRN_TRY(AppendPartition(arguments, &window));
    if (!arguments.sort_by.missing()) window.Append("sortBy", arguments.sort_by);
    window.AppendDocument("output", window_fields).Close();
    const bson::Document made = window.Finish();
    CAIRN_TRY(ParseSetWindowFields(made[""], context, stages));
  }
  const bson::Document fields = added.Finish();
  if (fields.empty()) return Status::Ok();
  return ParseAddFields(bson::Value(bson::Type::kDocument, fields.view().data()), context, stages);
}

}  // namespace cairn::pipeline
