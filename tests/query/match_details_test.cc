// SPDX-License-Identifier: Apache-2.0
// Which array element satisfied a filter: what positional `$` stands for.
#include <gtest/gtest.h>

#include "query/match/matcher.h"
#include "tests/query/documents.h"

namespace cairn {
namespace {

constexpr int kNone = -1;

struct DetailsCase {
  const char* filter;
  const char* document;
  int array_index;
};

class Details : public testing::TestWithParam<DetailsCase> {};

TEST_P(Details, NameTheElement) {
  const DetailsCase& c = GetParam();
  const auto matcher = match::Matcher::Parse(Doc(c.filter));
  ASSERT_TRUE(matcher.ok()) << c.filter << ": " << matcher.status().ToString();
  match::MatchDetails details;
  ASSERT_TRUE(matcher->Matches(Doc(c.document), &details).value()) << c.filter;
  const int found = details.array_index ? static_cast<int>(*details.array_index) : kNone;
  EXPECT_EQ(found, c.array_index) << c.filter << " " << c.document;
}

constexpr DetailsCase kDetails[] = {
    {R"({})", R"({"a":[1]})", kNone},
    {R"({"a":1})", R"({"a":1})", kNone},
    {R"({"a":2})", R"({"a":[1,2,2]})", 1},
    {R"({"a":[1,2]})", R"({"a":[1,2]})", kNone},
    {R"({"a":[1,2]})", R"({"a":[0,[1,2]]})", 1},
    {R"({"a":{"$gt":1}})", R"({"a":[1,2,3]})", 1},
    {R"({"a":{"$gt":1,"$lt":1}})", R"({"a":[3,2,0]})", 0},
    {R"({"$and":[{"a":{"$gt":1}},{"a":{"$lt":5}}]})", R"({"a":[1,2,3]})", 1},
    {R"({"$or":[{"a":4},{"a":2}]})", R"({"a":[1,2,3,4]})", 1},
    {R"({"a":{"$in":[3]}})", R"({"a":[1,2,3]})", 2},
    {R"({"a":{"$type":"string"}})", R"({"a":[1,"x"]})", 1},
    {R"({"a":{"$exists":true}})", R"({"a":[1]})", kNone},
    {R"({"a.b":2})", R"({"a":[{"b":1},{"b":2}]})", 1},
    {R"({"a.b":null})", R"({"a":[{"b":1},{}]})", 1},
    {R"({"a.b":2})", R"({"a":{"b":[1,2]}})", 1},
    {R"({"a.b":2})", R"({"a":[{"b":1},{"b":[0,1,2]}]})", 1},
    {R"({"a.1":2})", R"({"a":[1,2]})", 1},
    {R"({"a.1":2})", R"({"a":[{},{}, {"1":2}]})", 2},
    {R"({"a":2,"b":3})", R"({"a":[1,2],"b":[1,2,3]})", 2},
    {R"({"a":2,"b":3})", R"({"a":[1,2],"b":3})", 1},
    {R"({"$and":[{"a":2}]})", R"({"a":[1,2]})", 1},
    {R"({"$or":[{"a":2},{"b":1}]})", R"({"a":[1,2]})", kNone},
    {R"({"$nor":[{"a":2}]})", R"({"a":[1]})", kNone},
    {R"({"a":{"$ne":2}})", R"({"a":[1]})", kNone},
    {R"({"a":3,"b":{"$not":{"$gt":5}}})", R"({"a":[1,3],"b":[1,2]})", 1},
};
INSTANTIATE_TEST_SUITE_P(Cases, Details, testing::ValuesIn(kDetails));

TEST(Details, AreLeftAloneWithoutAMatchInAnArray) {
  const auto matcher = match::Matcher::Parse(Doc(R"({"a":1})")).value();
  match::MatchDetails details;
  EXPECT_FALSE(matcher.Matches(Doc(R"({"a":[2]})"), &details).value());
  EXPECT_FALSE(details.array_index.has_value());
}

}  // namespace
}  // namespace cairn
