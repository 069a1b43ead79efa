// SPDX-License-Identifier: Apache-2.0
#include "engine/index/definition.h"

#include <gtest/gtest.h>

#include "cairn/json.h"

namespace cairn::index {
namespace {

bson::Document Json(std::string_view text) {
  Result<bson::Document> document = json::Parse(text);
  EXPECT_TRUE(document.ok()) << text;
  return document.ok() ? *document : bson::Document();
}

struct Case {
  const char* name;
  const char* pattern;
  bool unique;
  const char* options;
  ErrorCode code;
};

TEST(IndexDefinition, Codes) {
  const Case kCases[] = {
      {"", R"({"a":1})", false, "{}", ErrorCode::kOk},
      {"", R"({"a":-1})", true, "{}", ErrorCode::kOk},
      {"", R"({"a":0.5})", true, "{}", ErrorCode::kOk},
      {"", R"({"a.b.0":{"$numberLong":"1"}})", false, R"({"v":2,"background":true})",
       ErrorCode::kOk},
      {"", R"({"a":1})", false, R"({"sparse":false,"hidden":false})", ErrorCode::kOk},
      {"", R"({"a":1})", false, R"({"v":1,"ns":"x.y","dropDups":true})", ErrorCode::kOk},
      {"", R"({"a.$id":1})", false, "{}", ErrorCode::kOk},
      {"", R"({"_id":1})", false, "{}", ErrorCode::kOk},
      {"other", R"({"_id":1})", false, "{}", ErrorCode::kOk},
      {"", R"({"_id":-1})", false, "{}", ErrorCode::kBadValue},
      {"", R"({"_id":1})", true, "{}", ErrorCode::kInvalidIndexSpecificationOption},
      {"_id_", R"({"a":1})", false, "{}", ErrorCode::kBadValue},
      {"*", R"({"a":1})", false, "{}", ErrorCode::kBadValue},
      {"", "{}", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":0})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":true})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":null})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":{"$numberDouble":"NaN"}})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"":1})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"a.":1})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({".a":1})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"a..b":1})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"a.$b":1})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":1,"b":-1})", false, "{}", ErrorCode::kOk},
      {"", R"({"a":"hashed"})", false, "{}", ErrorCode::kOk},
      {"", R"({"a":1,"b":"hashed"})", false, "{}", ErrorCode::kOk},
      {"", R"({"a":"hashed","b":"hashed"})", false, "{}", ErrorCode::kLocation31303},
      {"", R"({"a":"hashed"})", true, "{}", ErrorCode::kLocation16764},
      {"", R"({"a":"text"})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":"2dsphere"})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":"nonsense"})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"$**":1})", false, "{}", ErrorCode::kOk},
      {"", R"({"a.$**":1})", false, "{}", ErrorCode::kOk},
      {"", R"({"$**.a":1})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"$**":1})", true, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"$**":1,"a":1})", false, "{}", ErrorCode::kCannotCreateIndex},
      {"", R"({"$**":1,"a.$**":1})", false, "{}", ErrorCode::kLocation7246201},
      {"", R"({"$**":1,"a":1})", false, R"({"wildcardProjection":{"a":0}})", ErrorCode::kOk},
      {"", R"({"$**":1,"a":1})", false, R"({"wildcardProjection":{"b":0}})",
       ErrorCode::kLocation7246209},
      {"", R"({"a.$**":1})", false, R"({"wildcardProjection":{"b":0}})", ErrorCode::kFailedToParse},
      {"", R"({"$**":1})", false, R"({"wildcardProjection":{}})", ErrorCode::kFailedToParse},
      {"", R"({"$**":1})", false, R"({"wildcardProjection":{"a":"x"}})", ErrorCode::kLocation51271},
      {"", R"({"$**":1})", false, R"({"wildcardProjection":{"a":1,"b":0}})",
       ErrorCode::kLocation31254},
      {"", R"({"$**":1})", false, R"({"v":1})", ErrorCode::kCannotCreateIndex},
      {"", R"({"$**":1})", false, R"({"v":2})", ErrorCode::kOk},
      {"", R"({"$**":1})", false, R"({"wildcardProjection":{"a.b":0,"a":1}})",
       ErrorCode::kLocation31249},
      {"", R"({"$**":1})", false, R"({"wildcardProjection":{"a":1,"a.b":1}})",
       ErrorCode::kLocation31249},
      {"", R"({"a":1})", false, R"({"wildcardProjection":{"a":1}})", ErrorCode::kBadValue},
      {"", R"({"a":1})", false, R"({"sparse":true})", ErrorCode::kOk},
      {"", R"({"a":1})", false, R"({"sparse":"yes"})", ErrorCode::kTypeMismatch},
      {"", R"({"a":1})", false, R"({"hidden":true})", ErrorCode::kOk},
      {"", R"({"a":1})", false, R"({"hidden":1})", ErrorCode::kTypeMismatch},
      {"", R"({"_id":1})", false, R"({"hidden":true})", ErrorCode::kBadValue},
      {"", R"({"_id":1})", false, R"({"sparse":true})",
       ErrorCode::kInvalidIndexSpecificationOption},
      {"", R"({"a":1})", false, R"({"expireAfterSeconds":1})", ErrorCode::kOk},
      {"", R"({"a":1,"b":1})", false, R"({"expireAfterSeconds":1})", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":1})", false, R"({"expireAfterSeconds":-1})", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":1})", false, R"({"expireAfterSeconds":2147483648})",
       ErrorCode::kCannotCreateIndex},
      {"", R"({"a":1})", false, R"({"expireAfterSeconds":"1"})", ErrorCode::kTypeMismatch},
      {"", R"({"a":1})", false, R"({"collation":{"locale":"de"}})", ErrorCode::kOk},
      {"", R"({"a":1})", false, R"({"partialFilterExpression":{}})", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":1})", false, R"({"v":3})", ErrorCode::kCannotCreateIndex},
      {"", R"({"a":1})", false, R"({"v":"2"})", ErrorCode::kTypeMismatch},
      {"", R"({"a":1})", false, R"({"uniqe":true})", ErrorCode::kInvalidIndexSpecificationOption},
  };
  for (const Case& c : kCases) {
    const Result<catalog::IndexSpec> spec =
        MakeSpec(c.name, Json(c.pattern), c.unique, Json(c.options));
    EXPECT_EQ(spec.status().code(), c.code)
        << c.pattern << c.options << " " << spec.status().ToString();
  }
}

TEST(IndexDefinition, UnsupportedAndUnknownReadDifferently) {
  const auto message = [](const char* pattern) {
    return MakeSpec("", Json(pattern), false, bson::Document()).status().message();
  };
  EXPECT_NE(message(R"({"a":"text"})").find("not supported"), std::string::npos);
  EXPECT_EQ(message(R"({"a":"nonsense"})"), "Unknown index plugin 'nonsense'");
}

TEST(IndexDefinition, LongNamesAndPaths) {
  std::string path = "a";
  for (int i = 1; i < 100; ++i) path += ".a";
  EXPECT_TRUE(MakeSpec("n", Json("{\"" + path + "\":1}"), false, bson::Document()).ok());
  EXPECT_EQ(MakeSpec("n", Json("{\"" + path + ".a\":1}"), false, bson::Document()).status().code(),
            ErrorCode::kCannotCreateIndex);
  EXPECT_TRUE(MakeSpec(std::string(1024, 'n'), Json(R"({"a":1})"), false, bson::Document()).ok());
  EXPECT_EQ(
      MakeSpec(std::string(1025, 'n'), Json(R"({"a":1})"), false, bson::Document()).status().code(),
      ErrorCode::kCannotCreateIndex);
}

TEST(IndexDefinition, DefaultName) {
  EXPECT_EQ(DefaultName(Json(R"({"a.b":1})")), "a.b_1");
  EXPECT_EQ(DefaultName(Json(R"({"a":-1,"b":1.0})")), "a_-1_b_1");
  EXPECT_EQ(DefaultName(Json(R"({"n.0":1,"m":-1.0})")), "n.0_1_m_-1");
  EXPECT_EQ(DefaultName(Json(R"({"_id":1})")), "_id_");
  EXPECT_EQ(DefaultName(Json(R"({"a":1.5,"b":"text"})")), "a_1.5_b_text");
}

TEST(IndexDefinition, KeepsOptions) {
  const Result<catalog::IndexSpec> spec =
      MakeSpec("", Json(R"({"a":1})"), true,
               Json(R"({"v":2,"background":true,"expireAfterSeconds":3.5,"sparse":1})"));
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(json::ToJson(spec->options),
            R"({"background":true,"expireAfterSeconds":3,"sparse":true})");
  EXPECT_TRUE(spec->unique);
  EXPECT_FALSE(spec->ready);
  EXPECT_EQ(spec->name, "a_1");
}

TEST(IndexDefinition, Conflicts) {
  const auto make = [](const char* name, const char* pattern, bool unique) {
    return MakeSpec(name, Json(pattern), unique, bson::Document()).value();
  };
  const std::vector<catalog::IndexSpec> existing = {make("a_1", R"({"a":1})", false)};
  const auto find = [&](const char* name, const char* pattern, bool unique) {
    return FindExisting(make(name, pattern, unique), existing);
  };
  EXPECT_TRUE(find("a_1", R"({"a":1})", false).value());
  EXPECT_TRUE(find("a_1", R"({"a":1.0})", false).value());
  EXPECT_FALSE(find("b_1", R"({"b":1})", false).value());
  EXPECT_FALSE(find("other", R"({"a":1})", true).value());
  EXPECT_EQ(find("other", R"({"a":1})", false).status().code(), ErrorCode::kIndexOptionsConflict);
  EXPECT_EQ(find("a_1", R"({"a":1})", true).status().code(), ErrorCode::kIndexKeySpecsConflict);
  EXPECT_EQ(find("a_1", R"({"b":1})", false).status().code(), ErrorCode::kIndexKeySpecsConflict);
}

}  // namespace
}  // namespace cairn::index
