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

void AppendHeader(const char* name, const char* description, bson::Builder* out) {
  out->OpenDocument(out->NextIndex()).AppendString("name", name).AppendString("in", "header");
  out->AppendString("description", description).AppendBool("required", false);
  AppendSchema("string", out);
  out->Close();
}

void AppendHeaders(const RouteRow& row, bson::Builder* out) {
  const std::string_view method = row.method;
  if (row.Has(kTagged)) {
    AppendHeader("If-Match", "The ETag of the document that is meant; * for any", out);
  }
  if (row.Has(kTagged) && method == "GET") {
    AppendHeader("If-None-Match", "ETags that are known: 304 when the document has one", out);
  }
  if (row.Has(kTagged) && method == "PUT") {
    AppendHeader("If-None-Match", "*: only create", out);
  }
  if (row.Has(kPrefers)) {
    AppendHeader("Prefer", "return=minimal or return=representation", out);
  }
  if (method == "POST") {
    AppendHeader("Idempotency-Key", "Sent again with the same key it is not done again", out);
  }
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
    out->AppendString("description", parameter.summary);
    out->AppendBool("required", parameter.required);
    AppendSchema(parameter.type, out);
    out->Close();
  }
  AppendHeaders(row, out);
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

/// What a reply with `members` looks like; {} when they do not say all.
void AppendObject(std::span<const Member> members, bson::Builder* out) {
  out->OpenDocument("schema");
  if (!members.empty()) out->AppendString("type", "object").OpenDocument("properties");
  for (const auto& [name, type] : members) {
    out->OpenDocument(name);
    if (type != std::string_view("any")) out->AppendString("type", type);
    out->Close();
  }
  if (!members.empty()) out->Close();
  out->Close();
}

void AppendReply(const RouteRow& row, bson::Builder* out) {
  out->OpenDocument("content");
  const std::string_view pattern = row.pattern;
  if (pattern == "/") {
    AppendContent("text/plain", {"string"}, out);
  } else {
    // Several documents have several results.
    const bool varies = row.body == BodyKind::kDocuments;
    for (const char* media_type : {"application/json", "application/ejson"}) {
      if (varies) {
        AppendContent(media_type, {"object", "array"}, out);
      } else {
        out->OpenDocument(media_type);
        AppendObject(row.members, out);
        out->Close();
      }
      if (!pattern.starts_with("/v1") && !IsDataApi(pattern)) break;
    }
    if (row.Has(kLines)) AppendContent("application/x-ndjson", {"string"}, out);
  }
  out->Close();
}

void AppendReplyHeaders(const RouteRow& row, int status, bson::Builder* out) {
  std::vector<const char*> names;
  if (row.Has(kTagged) && status != 204) names.push_back("ETag");
  if (status == 201 && row.method != std::string_view("POST")) names.push_back("Location");
  if (row.body == BodyKind::kDocuments) {
    names.insert(names.end(), {"Location", "Cairn-Inserted", "Cairn-Failed"});
  }
  if (row.single_insert != nullptr || row.Has(kPrefers)) {
    names.push_back("Cairn-Durability");
  }
  if (row.Has(kPrefers)) names.push_back("Preference-Applied");
  if (row.method == std::string_view("GET") && !row.members.empty() && row.Has(kLines)) {
    names.push_back("Link");
  }
  if (row.method == std::string_view("POST")) names.push_back("Idempotency-Replayed");
  if (names.empty()) return;
  out->OpenDocument("headers");
  for (const char* name : names) {
    out->OpenDocument(name);
    AppendSchema("string", out);
    out->Close();
  }
  out->Close();
}

void AppendProblem(const char* status, const char* description, const char* media_type,
                   const char* schema, bson::Builder* out) {
  out->OpenDocument(status).AppendString("description", description);
  out->OpenDocument("content").OpenDocument(media_type).OpenDocument("schema");
  out->AppendString("$ref", schema);
  out->Close().Close().Close().Close();
}

void AppendResponses(const RouteRow& row, bson::Builder* out) {
  constexpr const char* kProblem = "#/components/schemas/Problem";
  constexpr const char* kProblemType = "application/problem+json";
  out->OpenDocument("responses");
  for (const int status : row.statuses) {
    out->OpenDocument(std::to_string(status)).AppendString("description", MeaningOf(status));
    if (status != 204 && status != 304) AppendReply(row, out);
    AppendReplyHeaders(row, status, out);
    out->Close();
  }
  if (row.Has(kTagged)) {
    AppendProblem("412", "A condition does not hold", kProblemType, kProblem, out);
  }
  if (IsDataApi(row.pattern)) {
    AppendProblem("default", "A refusal", "application/json", "#/components/schemas/DataApiError",
                  out);
  } else if (std::string_view(row.pattern).ends_with("/_command")) {
    out->OpenDocument("default").AppendString("description", "The command's own error reply");
    out->OpenDocument("content");
    AppendContent("application/json", {"object"}, out);
    out->Close().Close();
  } else {
    AppendProblem("default", "A refusal", kProblemType, kProblem, out);
  }
  out->Close();
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
