// SPDX-License-Identifier: Apache-2.0
// /openapi.json: that it is what OpenAPI 3.1 asks for, and that it is about the routes there are.
#include <cctype>
#include <set>
#include <string>

#include "server/http/routes.h"
#include "server/http/target.h"
#include "tests/server/command_fixture.h"

namespace cairn::server {
namespace {

class OpenApiTest : public CommandTest {
 protected:
  Reply Ask(const std::string& method, const std::string& path, const std::string& body = "") {
    Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    return Route(request, {database_.get(), dispatcher_.get()});
  }
};

/// "/v1/{database}" as a request would have it.
std::string Filled(std::string_view pattern) {
  std::string path;
  for (const std::string_view segment : SplitPath(pattern)) {
    path += "/";
    path += segment.starts_with('{') ? std::string("name") : std::string(segment);
  }
  return path;
}

// The rules of OpenAPI 3.1 for what the document uses.
void CheckOperation(bson::View operation, std::string_view path, std::set<std::string>* ids) {
  EXPECT_TRUE(ids->insert(std::string(operation["operationId"].AsString())).second);
  EXPECT_FALSE(operation["summary"].AsString().empty());
  std::set<std::string> in_path;
  std::set<std::string> names;
  for (const bson::Element& element : operation["parameters"].AsView()) {
    const bson::View parameter = element.value.AsView();
    const std::string name(parameter["name"].AsString());
    const std::string_view in = parameter["in"].AsString();
    EXPECT_TRUE(in == "path" || in == "query" || in == "header");
    EXPECT_TRUE(names.insert(std::string(in) + ":" + name).second) << name;
    EXPECT_EQ(parameter["schema"].type(), bson::Type::kDocument);
    if (in == "path") {
      EXPECT_TRUE(parameter["required"].AsBool());
      in_path.insert(name);
    } else {
      EXPECT_FALSE(parameter["description"].AsString().empty()) << name;
    }
  }
  for (const std::string_view segment : SplitPath(path)) {
    if (!segment.starts_with('{')) continue;
    EXPECT_EQ(in_path.erase(std::string(segment.substr(1, segment.size() - 2))), 1u) << path;
  }
  EXPECT_TRUE(in_path.empty()) << path;
  const bson::View responses = operation["responses"].AsView();
  EXPECT_FALSE(responses["default"].missing());
  for (const bson::Element& response : responses) {
    const bool status = response.name.size() == 3 && std::isdigit(response.name[0]) != 0;
    EXPECT_TRUE(status || response.name == "default") << response.name;
    EXPECT_FALSE(response.value.AsView()["description"].AsString().empty());
  }
  const bson::Value body = operation["requestBody"];
  if (body.missing()) return;
  EXPECT_FALSE(body.AsView()["content"].AsView().empty());
  for (const bson::Element& content : body.AsView()["content"].AsView()) {
    EXPECT_NE(content.name.find('/'), std::string_view::npos);
    EXPECT_EQ(content.value.AsView()["schema"].type(), bson::Type::kDocument);
  }
}

TEST_F(OpenApiTest, DescribesEveryRouteAndNothingElse) {
  const Reply reply = Ask("GET", "/openapi.json");
  EXPECT_EQ(reply.status, 200);
  const bson::Document document = json::Parse(reply.body).value();
  EXPECT_EQ(document["openapi"].AsString(), "3.1.0");
  EXPECT_FALSE(document["info"].AsView()["title"].AsString().empty());
  EXPECT_FALSE(document["info"].AsView()["version"].AsString().empty());
  const bson::View schemas = document["components"].AsView()["schemas"].AsView();
  EXPECT_FALSE(schemas["Problem"].missing());
  EXPECT_FALSE(schemas["DataApiError"].missing());
  std::set<std::string> described;
  std::set<std::string> ids;
  for (const bson::Element& path : document["paths"].AsView()) {
    EXPECT_TRUE(path.name.starts_with('/'));
    for (const bson::Element& operation : path.value.AsView()) {
      std::string method(operation.name);
      for (char& c : method) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      EXPECT_TRUE(described.insert(method + " " + std::string(path.name)).second);
      CheckOperation(operation.value.AsView(), path.name, &ids);
      // It is there: whatever else the answer is, it is no 405, and no 404 of an unknown route.
      const Reply answer = Ask(method, Filled(path.name), "{}");
      EXPECT_NE(answer.status, 405) << method << " " << path.name;
      EXPECT_EQ(answer.body.find("there is no such route"), std::string::npos) << path.name;
    }
  }
  std::set<std::string> routes;
  for (const RouteRow& row : Routes()) {
    routes.insert(std::string(row.method) + " " + row.pattern);
    EXPECT_FALSE(row.statuses.empty()) << row.pattern;
  }
  EXPECT_EQ(described, routes);
}

TEST_F(OpenApiTest, TheRoutesAreSortedAndListedForPeople) {
  const Reply page = Ask("GET", "/");
  std::string before;
  for (const RouteRow& row : Routes()) {
    const std::string here = std::string(row.pattern) + " " + row.method;
    EXPECT_LT(before, here);
    before = here;
    EXPECT_NE(page.body.find(row.pattern), std::string::npos) << row.pattern;
  }
}

}  // namespace
}  // namespace cairn::server
