// SPDX-License-Identifier: Apache-2.0
#include "server/http/body.h"

#include <charconv>

#include "cairn/json.h"
#include "server/http/problem.h"
#include "server/net/header_text.h"

namespace cairn::server {
namespace {

Status NoLines(const Call& call) {
  if (!HasMediaType(call.request, "application/x-ndjson")) return Status();
  return Status(ErrorCode::kUnsupportedMediaType,
                "this route takes one JSON value, not one a line (application/x-ndjson)");
}

Status Wrong(const QueryParameter& parameter, std::string_view why) {
  return Status(ErrorCode::kBadValue,
                "query parameter '" + std::string(parameter.name) + "' " + std::string(why));
}

Status AppendParameter(const QueryParameter& parameter, std::string_view text,
                       bson::Builder* fields) {
  const std::string_view type = parameter.type;
  if (type == "string") {
    fields->AppendString(parameter.name, text);
  } else if (type == "integer") {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
      return Wrong(parameter, "must be an integer");
    }
    fields->AppendInt64(parameter.name, number);
  } else if (type == "boolean") {
    if (text != "true" && text != "false") return Wrong(parameter, "must be true or false");
    fields->AppendBool(parameter.name, text == "true");
  } else if (type == "string or json" && !text.starts_with('{')) {
    fields->AppendString(parameter.name, text);
  } else {
    Result<bson::Document> value = json::ParseValue(text);
    if (!value.ok()) {
      return std::move(value).status().WithContext("query parameter '" +
                                                   std::string(parameter.name) + "': ");
    }
    fields->Append(parameter.name, value->view().begin()->value);
  }
  return Status();
}

}  // namespace

bool HasMediaType(const Request& request, std::string_view media_type) {
  return EqualsIgnoringCase(MediaTypeOf(request.Header("Content-Type")), media_type);
}

bool AcceptsLines(const Request& request) {
  constexpr char kLinesType[] = "application/x-ndjson";
  if (!Accepts(request, kLinesType)) return false;
  const std::string_view accept = request.Header("Accept");
  return *QualityOf(kLinesType, accept) >= QualityOf("application/ejson", accept).value_or(0);
}

Result<bson::Document> ReadObject(const Call& call) {
  if (Status lines = NoLines(call); !lines.ok()) return lines;
  return json::Parse(call.request.body, kCommandLimits);
}

Result<bson::Document> ReadOptionalObject(const Call& call) {
  const bool empty = call.request.body.find_first_not_of(" \t\r\n") == std::string::npos;
  if (empty) return bson::Document();
  return ReadObject(call);
}

Result<bson::Document> ReadObjectOrArray(const Call& call) {
  if (Status lines = NoLines(call); !lines.ok()) return lines;
  Result<bson::Document> value = json::ParseValue(call.request.body, kCommandLimits);
  if (!value.ok()) return value;
  const bson::Type type = value->view().begin()->value.type();
  if (type == bson::Type::kDocument || type == bson::Type::kArray) return value;
  return Status(ErrorCode::kTypeMismatch, "the body must be an object or an array");
}

Result<bson::Document> ReadUpdate(const Call& call) {
  Result<bson::Document> value = ReadObjectOrArray(call);
  if (!value.ok()) return value;
  const bson::Value update = value->view().begin()->value;
  if (update.type() == bson::Type::kArray) return value;
  const bson::View operators = update.AsView();
  if (!operators.empty() && operators.begin()->name.starts_with('$')) return value;
  return Status(ErrorCode::kFailedToParse,
                "the body must be update operators ({\"$set\": …}) or a pipeline; a whole document "
                "goes with PUT");
}

void AppendFields(bson::View body, std::span<const Rename> renames, bson::Builder* command) {
  for (const bson::Element& element : body) {
    const auto is_it = [&element](const Rename& each) { return each.from == element.name; };
    const auto rename = std::find_if(renames.begin(), renames.end(), is_it);
    const std::string_view name = rename == renames.end() ? element.name : rename->to;
    if (!name.empty()) command->Append(name, element.value);
  }
}

Result<bson::Document> ReadQueryFields(const Call& call, std::span<const QueryParameter> names) {
  bson::Builder fields;
  for (const QueryParameter& parameter : names) {
    const std::optional<std::string_view> text = call.Query(parameter.name);
    if (!text) continue;
    if (Status status = AppendParameter(parameter, *text, &fields); !status.ok()) return status;
  }
  return fields.Finish();
}

void AppendWriteConcern(const Call& call, bson::Builder* command) {
  if (call.Query("j") != "false") return;
  command->OpenDocument("writeConcern").AppendBool("j", false).Close();
}

}  // namespace cairn::server
