// SPDX-License-Identifier: Apache-2.0
// explain refuses what the explained command would refuse, and writes nothing.
#include "tests/server/command_fixture.h"

namespace cairn::server {
namespace {

constexpr CodeCase kCases[] = {
    {R"({"find":"c","filter":{"_id":1}})", 0},
    {R"({"find":"c","nonsense":1})", 40415},
    {R"({"find":"c","limit":-1})", 2},
    {R"({"count":"c","skip":-1})", 2},
    {R"({"count":"c","query":{},"limit":-1})", 0},
    {R"({"find":"c","filter":1})", 14},
    {R"({"find":"c","collation":{"locale":"nowhere"}})", 2},
    {R"({"distinct":"c","key":"a","hint":1})", 9},
    {R"({"distinct":"c"})", 40414},
    {R"({"update":"c","updates":[{"q":{},"u":{"$set":{"a":1}},"multi":true}]})", 0},
    {R"({"update":"c","updates":[{"q":{},"u":{"$nonsense":{"a":1}}}]})", 9},
    {R"({"update":"c","updates":[{"q":{},"u":{"$set":{"a":1},"$inc":{"a":1}}}]})", 40},
    {R"({"update":"c","updates":[{"q":{},"u":{"$set":{"a":1}},"arrayFilters":[{"x":1}]}]})", 9},
    {R"({"update":"c","updates":[{"q":{},"u":{"a":1},"multi":true}]})", 9},
    {R"({"update":"c","updates":[{"q":{},"u":[{"$nonsense":{}}]}]})", 40324},
    {R"({"update":"c","updates":[{"q":{},"u":{"a":1}},{"q":{},"u":{"a":1}}]})", 16},
    {R"({"delete":"c","deletes":[{"q":{},"limit":0}]})", 0},
    {R"({"delete":"c","deletes":[{"q":{},"limit":2}]})", 9},
    {R"({"delete":"c","deletes":[{"q":{}}]})", 40414},
    {R"({"findAndModify":"c","query":{}})", 9},
    {R"({"findAndModify":"c","query":{},"update":{"$set":{"a":1}}})", 0},
    {R"({"findAndModify":"c","query":{},"update":{"$nonsense":1}})", 9},
};

class ExplainTest : public CommandTest {};

TEST_F(ExplainTest, RefusesWhatTheCommandRefuses) {
  for (const CodeCase& each : kCases) {
    EXPECT_EQ(CodeOf(std::string(R"({"explain":)") + each.command + "}"), each.code)
        << each.command;
  }
}

TEST_F(ExplainTest, WritesNothing) {
  Must(R"({"insert":"c","documents":[{"_id":1}]})");
  for (const CodeCase& each : kCases) {
    if (each.code == 0) Must(std::string(R"({"explain":)") + each.command + "}");
  }
  EXPECT_EQ(RunRelaxed(R"({"find":"c"})"),
            R"({"cursor":{"firstBatch":[{"_id":1}],"id":0,"ns":"test.c"},"ok":1.0})");
}

TEST_F(ExplainTest, EndsWhenTheTimeOfTheCommandIsOver) {
  Must(R"({"insert":"c","documents":[{"_id":1}]})");
  const std::string slow =
      R"({"$expr":{"$gt":[{"$reduce":{"input":{"$range":[0,3000000]},"initialValue":"$_id",)"
      R"("in":{"$add":["$$value","$$this"]}}},0]}},"maxTimeMS":20})";
  for (const std::string& command :
       {R"({"find":"c","filter":)" + slow, R"({"count":"c","query":)" + slow,
        R"({"aggregate":"c","cursor":{},"pipeline":[{"$match":)" + slow}) {
    std::string whole = command;
    // The time of a pipeline stands behind it.
    if (whole.starts_with(R"({"aggregate")")) whole.replace(whole.find(R"(,"maxTimeMS")"), 0, "}]");
    EXPECT_EQ(CodeOf(R"({"explain":)" + whole + R"(,"verbosity":"executionStats"})"), 50) << whole;
  }
  EXPECT_EQ(CodeOf(R"({"explain":{"find":"c","maxTimeMS":-1}})"), 2);
}

}  // namespace
}  // namespace cairn::server
