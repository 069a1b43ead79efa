// SPDX-License-Identifier: Apache-2.0
// docs/aggregation.md: it has every operator, accumulator, window function and stage with an
// example, and the examples of pipelines give what it says.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "cairn/json.h"
#include "tests/query/library_commands.h"
#include "tests/query/markdown_tables.h"

namespace cairn {
namespace {

using docs::Row;

const char* const kPage = "docs/aggregation.md";

class PipelinePage : public testing::Test {
 protected:
  PipelinePage() {
    OpenOptions options;
    options.in_memory = true;
    database_ = Database::Open("", options).value();
    std::istringstream page(docs::ReadSource(kPage));
    bool behind = false;  // Of `sales`, which stand behind their name.
    std::string sales;
    for (std::string line; std::getline(page, line);) {
      behind = behind || line.find("collection `sales`") != std::string::npos;
      if (behind && line.starts_with("{\"_id\"")) sales += (sales.empty() ? "" : ",") + line;
    }
    EXPECT_EQ(Run(R"({"insert":"sales","documents":[)" + sales + "]}")["n"].AsInt32(), 3);
  }

  bson::Document Run(const std::string& command) {
    auto parsed = json::Parse(command);
    EXPECT_TRUE(parsed.ok()) << command << ": " << parsed.status().ToString();
    return parsed.ok() ? cases::RunOnLibrary(database_.get(), "page", *parsed) : bson::Document();
  }
  // The documents that a pipeline gives, as {"all": [...]} in relaxed JSON.
  std::string Aggregate(const std::string& pipeline) {
    const bson::Document reply =
        Run(R"({"aggregate":"sales","pipeline":)" + pipeline + R"(,"cursor":{}})");
    const bson::Value cursor = reply["cursor"];
    EXPECT_FALSE(cursor.missing()) << pipeline << ": " << json::ToJson(reply);
    if (cursor.missing()) return "error";
    return All(cursor.AsView()["firstBatch"]);
  }
  static std::string All(bson::Value documents) {
    return json::ToJson(bson::Builder().Append("all", documents).Finish(), json::Format::kRelaxed);
  }
  static std::string Normal(const std::string& documents) {
    const auto parsed = json::Parse(R"({"all":[)" + documents + "]}");
    EXPECT_TRUE(parsed.ok()) << documents;
    return parsed.ok() ? All((*parsed)["all"]) : "";
  }

  std::unique_ptr<Database> database_;
};

std::string WithoutTicks(std::string text) {
  std::erase(text, '`');
  return text;
}

TEST_F(PipelinePage, ExamplesGiveWhatItSays) {
  int accumulators = 0;
  int functions = 0;
  int stages = 0;
  for (const Row& row : docs::TablesOf(kPage)) {
    SCOPED_TRACE(std::string(kPage) + ":" + std::to_string(row.line));
    if (row.Has("accumulator")) {
      const std::string made =
          Aggregate(R"([{"$bucketAuto":{"groupBy":"$day","buckets":1,"output":{"r":)" +
                    row["output"] + R"(}}},{"$project":{"_id":0,"r":1}}])");
      EXPECT_EQ(made, Normal(R"({"r":)" + row["r"] + "}"));
      ++accumulators;
    } else if (row.Has("function")) {
      const std::string made =
          Aggregate(R"([{"$setWindowFields":{"sortBy":{"day":1},"output":{"r":)" + row["output"] +
                    R"(}}},{"$group":{"_id":null,"r":{"$push":"$r"}}},{"$unset":"_id"}])");
      EXPECT_EQ(made, Normal(R"({"r":)" + row["r"] + "}"));
      ++functions;
    } else if (row.Has("stage") && !row["documents"].empty()) {
      const bool none = row["documents"] == "none";
      EXPECT_EQ(Aggregate(row["pipeline"]), Normal(none ? "" : WithoutTicks(row["documents"])));
      ++stages;
    }
  }
  EXPECT_GE(accumulators, 15);
  EXPECT_GE(functions, 10);
  EXPECT_GE(stages, 27);
}

// The names in the first cells of the rows with examples, in tables that have such a column.
std::set<std::string> WithExamples(const std::string& column) {
  std::set<std::string> names;
  const std::regex name(R"(\$[A-Za-z0-9]+)");
  for (const Row& row : docs::TablesOf(kPage)) {
    if (!row.Has(column)) continue;
    if (row["example"].empty() && row["output"].empty() && row["pipeline"].empty()) continue;
    const std::string& text = row.cells[0];
    for (std::sregex_iterator at(text.begin(), text.end(), name); at != std::sregex_iterator();
         ++at) {
      names.insert(at->str());
    }
  }
  return names;
}

TEST(AggregationPage, HasAnExampleOfEveryOperatorAndStage) {
  const struct {
    const char* path;
    const char* table;
    size_t at_least;
    const char* column;
  } tables[] = {{"query/expression/operators.cc", "expression operators", 150, "operator"},
                {"query/accumulate/operators.cc", "accumulators", 20, "accumulator"},
                {"query/pipeline/window.cc", "window functions", 12, "function"},
                {"query/pipeline/stage_table.cc", "stages", 34, "stage"}};
  for (const auto& table : tables) {
    const auto names = docs::NamesInTable(table.path, table.table);
    EXPECT_GE(names.size(), table.at_least) << table.path;
    const auto described = WithExamples(table.column);
    for (const std::string& each : names) {
      EXPECT_TRUE(described.contains(each)) << each << " has no example in " << kPage;
    }
  }
}

}  // namespace
}  // namespace cairn
