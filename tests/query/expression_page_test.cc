// SPDX-License-Identifier: Apache-2.0
// docs/aggregation.md: the examples of expressions give what it says.
#include <sstream>

#include "tests/query/expression_cases.h"
#include "tests/query/markdown_tables.h"

namespace cairn {
namespace {

const char* const kPage = "docs/aggregation.md";

TEST(ExpressionPage, ExamplesGiveWhatItSays) {
  std::string document;
  std::istringstream page(docs::ReadSource(kPage));
  for (std::string line; document.empty() && std::getline(page, line);) {
    if (line.starts_with("{\"_id\"")) document = line;
  }
  ASSERT_FALSE(document.empty());
  int examples = 0;
  for (const docs::Row& row : docs::TablesOf(kPage)) {
    if (!row.Has("value")) continue;
    SCOPED_TRACE(std::string(kPage) + ":" + std::to_string(row.line));
    const auto made = EvaluateOn(document, row["example"]);
    ASSERT_TRUE(made.ok()) << row["example"] << ": " << made.status().ToString();
    const std::string value = row["value"];
    const bson::Document expected =
        value == "missing" ? bson::Document() : Doc(R"({"e":)" + value + "}");
    // Relaxed, so that the page need not tell an int from a long.
    EXPECT_EQ(json::ToJson(*made), json::ToJson(expected)) << row["example"];
    ++examples;
  }
  EXPECT_GE(examples, 50);
}

}  // namespace
}  // namespace cairn
