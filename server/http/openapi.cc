// SPDX-License-Identifier: Apache-2.0
#include "server/http/openapi.h"

#include <cctype>
#include <string>
#include <vector>

#include "server/http/problem.h"
#include "server/http/target.h"

#ifndef CAIRN_VERSION
#error "the build defines CAIRN_VERSION"
#endif

namespace cairn::server {
namespace {

bool IsName(std::string_view segment) { return segment.starts_with('{'); }

/// "getV1DatabaseCollectionId"
std::string OperationId(const RouteRow& row) {
  std::string id;
  for (const char* c = row.method; *c != '\0'; ++c) {
    id.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(*c))));
  }
  bool starts = true;
  for (const char* c = row.pattern; *c != '\0'; ++c) {
    if (std::isalnum(static_cast<unsigned char>(*c)) == 0) {
      starts = true;
      continue;
    }
    id.push_back(starts ? static_cast<char>(std::toupper(static_cast<unsigned char>(*c))) : *c);
    starts = false;
  }
  return id;
}

void AppendSchema(std::string_view type, bson::Builder* out) {
  out->OpenDocument("schema");
  out->AppendString("type", type == "integer" || type == "boolean" ? type : "string");
  if (type == "json" || type == "string or json") {
    out->AppendString("contentMediaType", "application/json");
  }
  out->Close();
}

void AppendParameters(const RouteRow& row, bson::Builder* out) {
  out->OpenArray("parameters");
  for (const std::string_view segment : SplitPath(row.pattern)) {
    if (!IsName(segment)) continue;
    out->OpenDocument(out->NextIndex());
    out->AppendString("name", segment.substr(1, segment.size() - 2)).AppendString("in", "path");
    out->AppendBool("required", true);
    AppendSchema("string", out);
    out->Close();
  }
  for (const QueryParameter& parameter : row.parameters) {
    out->OpenDocument(out->NextIndex());
    out->AppendString("name", parameter.name).AppendString("in", "query");
    out->AppendString("description", parameter.summary).AppendBool("required", false);
    AppendSchema(parameter.type, out);
    out->Close();
  }
  out->Close();
}

void AppendContent(std::string_view media_type, std::initializer_list<const char*> types,
                   bson::Builder* out) {
  out->OpenDocument(media_type).OpenDocument("schema");
  if (types.size() == 1) {
    out->AppendString("type", *types.begin());
  } else if (types.size() > 1) {
    out->OpenArray("type");
    for (const char* type : types) out->AppendString(out->NextIndex(), type);
    out->Close();
  }
  out->Close().Close();
}

void AppendBody(BodyKind kind, bson::Builder* out) {
  if (kind == BodyKind::kNone) return;
  const bool arrays = kind == BodyKind::kObjectOrArray || kind == BodyKind::kDocuments;
  out->OpenDocument("requestBody").AppendBool("required", kind != BodyKind::kOptionalObject);
  out->OpenDocument("content");
  for (const char* media_type : {"application/json", "application/ejson"}) {
    if (arrays) {
      AppendContent(media_type, {"object", "array"}, out);
    } else {
      AppendContent(media_type, {"object"}, out);
    }
  }
  if (kind == BodyKind::kDocuments) AppendContent("application/x-ndjson", {"string"}, out);
  out->Close().Close();
}

const char* MeaningOf(int status) {
  switch (status) {
    case 200:
      return "Done";
    case 201:
      return "Created";
    case 204:
      return "Done, and there is nothing to show";
    case 207:
      return "Some of it failed: the body says what";
    default:
      return "Not modified";
  }
}

void AppendResponses(const RouteRow& row, bson::Builder* out) {
  out->OpenDocument("responses");
  for (const int status : row.statuses) {
    out->OpenDocument(std::to_string(status)).AppendString("description", MeaningOf(status));
    if (status != 204 && status != 304) {
      out->OpenDocument("content");
      if (std::string_view(row.pattern) == "/") {
        AppendContent("text/plain", {"string"}, out);
      } else {
        AppendContent("application/json", {}, out);
      }
      out->Close();
    }
    out->Close();
  }
  out->OpenDocument("default").AppendString("description", "A refusal");
  out->OpenDocument("content");
  const bool data_api = IsDataApi(row.pattern);
  out->OpenDocument(data_api ? "application/json" : "application/problem+json");
  out->OpenDocument("schema");
  out->AppendString(
      "$ref", data_api ? "#/components/schemas/DataApiError" : "#/components/schemas/Problem");
  out->Close().Close().Close().Close().Close();
}

void AppendOperation(const RouteRow& row, bson::Builder* out) {
  std::string method = row.method;
  for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  out->OpenDocument(method);
  out->AppendString("operationId", OperationId(row)).AppendString("summary", row.summary);
  AppendParameters(row, out);
  AppendBody(row.body, out);
  AppendResponses(row, out);
  out->Close();
}

void AppendPaths(bson::Builder* out) {
  out->OpenDocument("paths");
  std::string_view open;
  for (const RouteRow& row : Routes()) {
    if (open != row.pattern) {
      if (!open.empty()) out->Close();
      open = row.pattern;
      out->OpenDocument(open);
    }
    AppendOperation(row, out);
  }
  out->Close().Close();
}

void AppendObjectSchema(const char* name,
                        std::initializer_list<std::pair<const char*, const char*>> members,
                        bson::Builder* out) {
  out->OpenDocument(name).AppendString("type", "object").OpenDocument("properties");
  for (const auto& [member, type] : members) {
    out->OpenDocument(member).AppendString("type", type).Close();
  }
  out->Close().Close();
}

std::string Describe() {
  bson::Builder out;
  out.AppendString("openapi", "3.1.0");
  out.OpenDocument("info").AppendString("title", "Cairn").AppendString("version", CAIRN_VERSION);
  out.AppendString("description",
                   "A document database over HTTP. Bodies are Extended JSON of MongoDB.");
  out.Close();
  AppendPaths(&out);
  out.OpenDocument("components").OpenDocument("schemas");
  AppendObjectSchema("Problem",
                     {{"type", "string"},
                      {"title", "string"},
                      {"status", "integer"},
                      {"detail", "string"},
                      {"instance", "string"},
                      {"code", "integer"},
                      {"codeName", "string"},
                      {"requestId", "string"},
                      {"errors", "array"}},
                     &out);
  AppendObjectSchema("DataApiError",
                     {{"error", "string"}, {"error_code", "string"}, {"link", "string"}}, &out);
  out.Close().Close();
  return json::ToJson(out.Finish());
}

}  // namespace

Reply HandleOpenApi(const Call&) {
  static const std::string document = Describe();
  Reply reply;
  reply.body = document;
  return reply;
}

}  // namespace cairn::server
