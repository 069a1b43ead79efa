// SPDX-License-Identifier: Apache-2.0
// Projections: what is kept, and errors by code.
#include "query/project/projection.h"

#include <gtest/gtest.h>

#include "tests/query/documents.h"

namespace cairn {
namespace {

struct ProjectCase {
  const char* projection;
  const char* document;
  const char* projected;
};

class Project : public testing::TestWithParam<ProjectCase> {};

TEST_P(Project, Keeps) {
  const ProjectCase& c = GetParam();
  const auto projection = project::Projection::Parse(Doc(c.projection));
  ASSERT_TRUE(projection.ok()) << c.projection << ": " << projection.status().ToString();
  bson::Builder builder;
  const auto status = projection->Apply(Doc(c.document), &builder);
  ASSERT_TRUE(status.ok()) << c.projection << ": " << status.ToString();
  const bson::Document projected = builder.Finish();
  EXPECT_TRUE(bson::Validate(projected.bytes()).ok());
  EXPECT_EQ(Text(projected), Text(Doc(c.projected))) << c.projection << " " << c.document;
}

constexpr ProjectCase kInclusion[] = {
    {R"({})", R"({"_id":1,"a":1})", R"({"_id":1,"a":1})"},
    {R"({"a":1})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"a":1})"},
    {R"({"a":true})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"a":1})"},
    {R"({"a":-0.5})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"a":1})"},
    {R"({"a":{"$numberDouble":"NaN"}})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"a":1})"},
    {R"({"b":1,"a":1})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"a":1,"b":2})"},
    {R"({"a":1})", R"({"a":1,"_id":1,"b":2})", R"({"a":1,"_id":1})"},
    {R"({"a":1,"_id":0})", R"({"_id":1,"a":1,"b":2})", R"({"a":1})"},
    {R"({"_id":0,"a":1})", R"({"_id":1,"a":1,"b":2})", R"({"a":1})"},
    {R"({"_id":1})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1})"},
    {R"({"_id":1,"a":1})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"a":1})"},
    {R"({"z":1})", R"({"_id":1,"a":1})", R"({"_id":1})"},
    {R"({"a.b":1})", R"({"_id":1,"a":{"b":1,"c":2},"d":3})", R"({"_id":1,"a":{"b":1}})"},
    {R"({"a":{"b":1,"d":1}})", R"({"a":{"b":1,"c":2,"d":3}})", R"({"a":{"b":1,"d":3}})"},
    {R"({"a":{"b.c":1}})", R"({"a":{"b":{"c":1,"d":2}}})", R"({"a":{"b":{"c":1}}})"},
    {R"({"a.b":1})", R"({"a":5})", R"({})"},
    {R"({"a.b":1})", R"({"a":{"c":1}})", R"({"a":{}})"},
    {R"({"a.b":1})", R"({"a":[{"b":1,"c":2},5,{"c":3},[{"b":4},6]]})",
     R"({"a":[{"b":1},{},[{"b":4}]]})"},
    {R"({"a.b":1})", R"({"a":[]})", R"({"a":[]})"},
    {R"({"a.0":1})", R"({"a":[1,2]})", R"({"a":[]})"},
    {R"({"_id.x":1})", R"({"_id":{"x":1,"y":2},"a":1})", R"({"_id":{"x":1}})"},
};
INSTANTIATE_TEST_SUITE_P(Inclusion, Project, testing::ValuesIn(kInclusion));

constexpr ProjectCase kExclusion[] = {
    {R"({"a":0})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"b":2})"},
    {R"({"a":false})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"b":2})"},
    {R"({"a":0,"_id":0})", R"({"_id":1,"a":1,"b":2})", R"({"b":2})"},
    {R"({"_id":0})", R"({"_id":1,"a":1,"b":2})", R"({"a":1,"b":2})"},
    {R"({"_id":1,"a":0})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"b":2})"},
    {R"({"z":0})", R"({"_id":1,"a":1})", R"({"_id":1,"a":1})"},
    {R"({"a.b":0})", R"({"a":{"b":1,"c":2},"d":3})", R"({"a":{"c":2},"d":3})"},
    {R"({"a":{"b":0}})", R"({"a":{"b":1,"c":2}})", R"({"a":{"c":2}})"},
    {R"({"a.b":0})", R"({"a":5})", R"({"a":5})"},
    {R"({"a.b":0})", R"({"a":[{"b":1,"c":2},5,{"c":3},[{"b":4},6]]})",
     R"({"a":[{"c":2},5,{"c":3},[{},6]]})"},
    {R"({"_id.x":0})", R"({"_id":{"x":1,"y":2},"a":1})", R"({"_id":{"y":2},"a":1})"},
};
INSTANTIATE_TEST_SUITE_P(Exclusion, Project, testing::ValuesIn(kExclusion));

constexpr ProjectCase kSlice[] = {
    {R"({"a":{"$slice":2}})", R"({"_id":1,"a":[1,2,3],"b":2})", R"({"_id":1,"a":[1,2],"b":2})"},
    {R"({"a":{"$slice":-2}})", R"({"_id":1,"a":[1,2,3]})", R"({"_id":1,"a":[2,3]})"},
    {R"({"a":{"$slice":0}})", R"({"_id":1,"a":[1,2,3]})", R"({"_id":1,"a":[]})"},
    {R"({"a":{"$slice":-5}})", R"({"_id":1,"a":[1,2,3]})", R"({"_id":1,"a":[1,2,3]})"},
    {R"({"a":{"$slice":[1,1]}})", R"({"_id":1,"a":[1,2,3]})", R"({"_id":1,"a":[2]})"},
    {R"({"a":{"$slice":[-2,1]}})", R"({"_id":1,"a":[1,2,3]})", R"({"_id":1,"a":[2]})"},
    {R"({"a":{"$slice":[9,1]}})", R"({"_id":1,"a":[1,2,3]})", R"({"_id":1,"a":[]})"},
    {R"({"a":{"$slice":1},"b":1})", R"({"_id":1,"a":[1,2],"b":2,"c":3})",
     R"({"_id":1,"a":[1],"b":2})"},
    {R"({"a":{"$slice":1},"b":0})", R"({"_id":1,"a":[1,2],"b":2,"c":3})",
     R"({"_id":1,"a":[1],"c":3})"},
    {R"({"a":{"$slice":1},"_id":0})", R"({"_id":1,"a":[1,2],"c":3})", R"({"a":[1],"c":3})"},
    {R"({"a.b":{"$slice":1}})", R"({"a":[{"b":[1,2],"c":1},{"b":[3]},4]})",
     R"({"a":[{"b":[1],"c":1},{"b":[3]},4]})"},
    {R"({"a":{"$slice":1}})", R"({"a":5})", R"({"a":5})"},
    {R"({"a":{"$slice":1}})", R"({"a":null})", R"({"a":null})"},
    {R"({"a":{"$slice":1}})", R"({"b":1})", R"({"b":1})"},
    {R"({"a":{"$slice":["$b",2]}})", R"({"_id":1,"b":[1,2,3]})", R"({"_id":1,"a":[1,2]})"},
};
INSTANTIATE_TEST_SUITE_P(Slice, Project, testing::ValuesIn(kSlice));

constexpr ProjectCase kElemMatch[] = {
    {R"({"a":{"$elemMatch":{"x":1}}})", R"({"_id":1,"a":[{"x":2},{"x":1},{"x":1}],"b":2})",
     R"({"_id":1,"a":[{"x":1}]})"},
    {R"({"a":{"$elemMatch":{"$gt":1}}})", R"({"_id":1,"a":[1,2,3]})", R"({"_id":1,"a":[2]})"},
    {R"({"a":{"$elemMatch":{"$gt":9}}})", R"({"_id":1,"a":[1,2,3]})", R"({"_id":1})"},
    {R"({"a":{"$elemMatch":{"x":1}}})", R"({"_id":1,"a":{"x":1}})", R"({"_id":1})"},
    {R"({"a":{"$elemMatch":{"x":null}}})", R"({"_id":1,"a":null})", R"({"_id":1})"},
    {R"({"a":{"$elemMatch":{"x":null}}})", R"({"_id":1})", R"({"_id":1})"},
    {R"({"a":{"$elemMatch":{"$gt":1}},"b":1})", R"({"_id":1,"a":[2],"b":2,"c":3})",
     R"({"_id":1,"b":2,"a":[2]})"},
    {R"({"a":{"$elemMatch":{"$gt":1}},"b":0})", R"({"_id":1,"a":[1,2],"b":2,"c":3})",
     R"({"_id":1,"a":[2],"c":3})"},
    {R"({"a":{"$elemMatch":{"$gt":1}},"_id":0})", R"({"_id":1,"a":[2],"c":3})", R"({"a":[2]})"},
};
INSTANTIATE_TEST_SUITE_P(ElemMatch, Project, testing::ValuesIn(kElemMatch));

constexpr ProjectCase kComputed[] = {
    {R"({"s":{"$add":["$a","$b"]}})", R"({"_id":1,"a":1,"b":2})", R"({"_id":1,"s":3})"},
    {R"({"a":"$b","c":1})", R"({"_id":1,"a":1,"b":2,"c":3})", R"({"_id":1,"c":3,"a":2})"},
    {R"({"a":"text","n":null,"l":[1,"$a"]})", R"({"_id":1,"a":5})",
     R"({"_id":1,"a":"text","n":null,"l":[1,5]})"},
    {R"({"a.b":"$c"})", R"({"_id":1,"a":{"x":1},"c":7})", R"({"_id":1,"a":{"b":7}})"},
    {R"({"a.b":"$c","a.x":1})", R"({"_id":1,"a":[{"x":1},{"y":2}],"c":7})",
     R"({"_id":1,"a":[{"x":1,"b":7},{"b":7}]})"},
    {R"({"a.b":"$c"})", R"({"_id":1,"c":7})", R"({"_id":1,"a":{"b":7}})"},
    {R"({"a":"$zz"})", R"({"_id":1,"a":1})", R"({"_id":1})"},
    {R"({"a":{"$literal":"$x"}})", R"({"_id":1})", R"({"_id":1,"a":"$x"})"},
    {R"({"_id":"$a"})", R"({"_id":1,"a":5})", R"({"_id":5})"},
    {R"({"a":"$x.y"})", R"({"x":[{"y":1},{"z":2},{"y":3}]})", R"({"a":[1,3]})"},
};
INSTANTIATE_TEST_SUITE_P(Computed, Project, testing::ValuesIn(kComputed));

struct PositionalCase {
  const char* filter;
  const char* projection;
  const char* document;
  const char* projected;  // Null: error 51246.
};

class Positional : public testing::TestWithParam<PositionalCase> {};

TEST_P(Positional, KeepsWhatMatched) {
  const PositionalCase& c = GetParam();
  const auto projection = project::Projection::Parse(Doc(c.projection)).value();
  ASSERT_TRUE(projection.IsPositional());
  match::MatchDetails details;
  ASSERT_TRUE(match::Matcher::Parse(Doc(c.filter))->Matches(Doc(c.document), &details).value());
  bson::Builder builder;
  const auto status = projection.Apply(Doc(c.document), &builder, details);
  if (c.projected == nullptr) {
    EXPECT_EQ(status.code(), ErrorCode::kLocation51246) << c.filter;
    return;
  }
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Text(builder.Finish()), Text(Doc(c.projected))) << c.filter << " " << c.projection;
}

constexpr PositionalCase kPositional[] = {
    {R"({"a":{"$gt":1}})", R"({"a.$":1})", R"({"_id":1,"a":[1,2,3],"b":1})",
     R"({"_id":1,"a":[2]})"},
    {R"({"a.b":2})", R"({"a.$":1,"c":1})", R"({"_id":1,"a":[{"b":1},{"b":2}],"c":1})",
     R"({"_id":1,"a":[{"b":2}],"c":1})"},
    {R"({"a.b":2})", R"({"a.b.$":1})", R"({"_id":1,"a":{"b":[1,2]}})",
     R"({"_id":1,"a":{"b":[2]}})"},
    {R"({"b":2})", R"({"a.$":1})", R"({"_id":1,"a":[5,6],"b":[1,2]})", R"({"_id":1,"a":[6]})"},
    {R"({"a":1})", R"({"a.$":1})", R"({"_id":1,"a":1})", R"({"_id":1,"a":1})"},
    {R"({"b":1})", R"({"a.$":1})", R"({"_id":1,"b":1})", R"({"_id":1})"},
    {R"({"b":1})", R"({"a.$":1})", R"({"_id":1,"b":1,"a":null})", R"({"_id":1,"a":null})"},
    {R"({"b":1})", R"({"a.$":1})", R"({"_id":1,"b":1,"a":[1]})", nullptr},
};
INSTANTIATE_TEST_SUITE_P(Cases, Positional, testing::ValuesIn(kPositional));

struct ErrorCase {
  const char* projection;
  ErrorCode code;
};

class ProjectError : public testing::TestWithParam<ErrorCase> {};

TEST_P(ProjectError, HasCode) {
  EXPECT_EQ(project::Projection::Parse(Doc(GetParam().projection)).status().code(), GetParam().code)
      << GetParam().projection;
}

constexpr ErrorCase kErrors[] = {
    {R"({"a":1,"b":0})", ErrorCode::kLocation31254},
    {R"({"a":0,"b":1})", ErrorCode::kLocation31253},
    {R"({"a":{"b":1,"c":0}})", ErrorCode::kLocation31254},
    {R"({"a":1,"_id.x":0})", ErrorCode::kLocation31254},
    {R"({"a":1,"a.b":1})", ErrorCode::kLocation31249},
    {R"({"a":0,"a.b.c":0})", ErrorCode::kLocation31249},
    {R"({"a.b":1,"a":1})", ErrorCode::kLocation31250},
    {R"({"a.b.c":0,"a":0})", ErrorCode::kLocation31250},
    {R"({"a":{"b":1},"a.b":1})", ErrorCode::kLocation31250},
    {R"({"a":1,"ab":1,"a.b":1})", ErrorCode::kLocation31249},
    {R"({"_id":1,"_id.x":1})", ErrorCode::kLocation31249},
    {R"({"a":{}})", ErrorCode::kLocation51270},
    {R"({"":1})", ErrorCode::kLocation40352},
    {R"({"a.":1})", ErrorCode::kLocation40353},
    {R"({"a..b":1})", ErrorCode::kLocation15998},
    {R"({".a":1})", ErrorCode::kLocation15998},
    {R"({"$a":1})", ErrorCode::kLocation16410},
    {R"({"a.$b":1})", ErrorCode::kLocation16410},
    {R"({"a.$.b":1})", ErrorCode::kLocation31394},
    {R"({"a.$":0})", ErrorCode::kLocation31395},
    {R"({"b":0,"a.$":1})", ErrorCode::kLocation31395},
    {R"({"a.$":1,"b":0})", ErrorCode::kLocation31254},
    {R"({"a.$":{"$slice":1}})", ErrorCode::kLocation31271},
    {R"({"a.$":1,"b.$":1})", ErrorCode::kLocation31276},
    {R"({"a":{"$slice":1},"a.$":1})", ErrorCode::kLocation31250},
    {R"({"a":{"$slice":1},"a.b":1})", ErrorCode::kLocation31249},
    {R"({"a":{"$slice":"x"}})", ErrorCode::kLocation28667},
    {R"({"a":{"$slice":null}})", ErrorCode::kLocation28667},
    {R"({"a":{"$slice":[1]}})", ErrorCode::kLocation28667},
    {R"({"a":{"$slice":[0,-1]}})", ErrorCode::kLocation28724},
    {R"({"a":{"$slice":[0,0]}})", ErrorCode::kLocation28724},
    {R"({"a":{"$elemMatch":1}})", ErrorCode::kLocation31274},
    {R"({"a.b":{"$elemMatch":{"x":1}}})", ErrorCode::kLocation31255},
    {R"({"a":{"$elemMatch":{"$expr":true}}})", ErrorCode::kBadValue},
    {R"({"a":{"$meta":"textScore"}})", ErrorCode::kLocation40218},
    {R"({"a":{"$function":1}})", ErrorCode::kNotImplemented},
    {R"({"a":0,"b":"$c"})", ErrorCode::kLocation31252},
    {R"({"b":"$c","a":0})", ErrorCode::kLocation31254},
    {R"({"b":"$"})", ErrorCode::kLocation16872},
    {R"({"b":{"$divide":[1,0]}})", ErrorCode::kBadValue},
    {R"({"a":{"$inc":1}})", ErrorCode::kLocation31325},
    {R"({"a":{"$nonsense":1}})", ErrorCode::kLocation31325},
};
INSTANTIATE_TEST_SUITE_P(Cases, ProjectError, testing::ValuesIn(kErrors));

TEST(Projection, RefusesTheSamePathTwice) {
  bson::Builder builder;
  builder.AppendInt32("a", 1).AppendInt32("a", 1);
  EXPECT_EQ(project::Projection::Parse(builder.Finish()).status().code(),
            ErrorCode::kLocation31250);
}

TEST(Projection, IdentityOnlyForNothing) {
  EXPECT_TRUE(project::Projection::Parse(Doc("{}"))->IsIdentity());
  EXPECT_TRUE(project::Projection::Parse(bson::View())->IsIdentity());
  EXPECT_FALSE(project::Projection::Parse(Doc(R"({"_id":0})"))->IsIdentity());
  EXPECT_FALSE(project::Projection::Parse(Doc(R"({"_id":1})"))->IsIdentity());
}

TEST(Projection, TakesManyPaths) {
  bson::Builder projection;
  bson::Builder document;
  for (int i = 0; i < 300; ++i) {
    if (i % 3 == 0) projection.AppendInt32("f" + std::to_string(i), 1);
    document.AppendInt32("f" + std::to_string(i), i);
  }
  bson::Builder projected;
  ASSERT_TRUE(
      project::Projection::Parse(projection.Finish())->Apply(document.Finish(), &projected).ok());
  int fields = 0;
  const bson::Document kept = projected.Finish();
  for (const bson::Element& element : kept.view()) {
    EXPECT_EQ(element.value.AsInt32() % 3, 0);
    ++fields;
  }
  EXPECT_EQ(fields, 100);
}

TEST(Projection, BoundsThePathsOfNestedForms) {
  // 20,000 fields under a name of 1 MB would be 20 GB of paths.
  bson::Builder builder;
  builder.OpenDocument(std::string(1 << 20, 'n'));
  for (int i = 0; i < 20'000; ++i) builder.AppendInt32("f" + std::to_string(i), 1);
  builder.Close();
  EXPECT_EQ(project::Projection::Parse(builder.Finish()).status().code(), ErrorCode::kBadValue);
}

}  // namespace
}  // namespace cairn
