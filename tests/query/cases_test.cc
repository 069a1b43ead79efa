// SPDX-License-Identifier: Apache-2.0
// The case files through the C++ API, and that their check can fail.
#include <gtest/gtest.h>

#include <set>

#include "cairn/json.h"
#include "tests/query/case_file.h"
#include "tests/query/library_commands.h"

namespace cairn {
namespace {

std::unique_ptr<Database> OpenInMemory() {
  OpenOptions options;
  options.in_memory = true;
  auto database = Database::Open("", options);
  EXPECT_TRUE(database.ok()) << database.status().ToString();
  return std::move(database).value();
}

TEST(Cases, PassOnTheLibrary) {
  const auto database = OpenInMemory();
  const std::vector<cases::Case> all = cases::LoadCases();
  EXPECT_GE(all.size(), 120u);
  std::set<std::string> names;
  int number = 0;
  for (const cases::Case& test : all) {
    EXPECT_TRUE(names.insert(test.file + ": " + test.name()).second) << "twice: " << test.name();
    const std::string name = "case" + std::to_string(++number);
    const std::string wrong = cases::Check(test, [&](bson::View command) {
      return cases::RunOnLibrary(database.get(), name, command);
    });
    EXPECT_EQ(wrong, "") << test.file << ".ejsonl:" << test.line << ": " << test.name();
    EXPECT_TRUE(database->DropDatabase(name).ok());
  }
}

// Each of these must be found wrong.
TEST(Cases, CheckFindsWhatIsWrong) {
  const auto database = OpenInMemory();
  int number = 0;
  for (const char* body : {
           R"({"name":"order","documents":[{"_id":1},{"_id":2}],"command":{"find":"c"},
               "expect":{"documents":[{"_id":2},{"_id":1}]}})",
           R"({"name":"type","documents":[{"_id":1,"a":1}],"command":{"find":"c"},
               "expect":{"documents":[{"_id":1,"a":1.0}]}})",
           R"({"name":"missing error","command":{"find":"c"},"expect":{"error":2}})",
           R"({"name":"error","command":{"find":"c","filter":{"a":{"$x":1}}},
               "expect":{"documents":[]}})",
           R"({"name":"reply","command":{"count":"c"},"expect":{"reply":{"n":1}}})",
           R"({"name":"after","documents":[{"_id":1}],
               "command":{"delete":"c","deletes":[{"q":{},"limit":0}]},
               "expect":{"after":[{"_id":1}]}})",
           R"({"name":"nothing","command":{"find":"c"},"expect":{}})",
           R"({"name":"no command","expect":{"error":2}})",
       }) {
    cases::Case test;
    test.body = json::Parse(body).value();
    const std::string name = "wrong" + std::to_string(++number);
    EXPECT_NE(cases::Check(test,
                           [&](bson::View command) {
                             return cases::RunOnLibrary(database.get(), name, command);
                           }),
              "")
        << body;
  }
}

}  // namespace
}  // namespace cairn
