// SPDX-License-Identifier: Apache-2.0
// docs/query-language.md: its examples give what it says, and it names every operator.
#include <gtest/gtest.h>

#include "cairn/json.h"
#include "tests/query/library_commands.h"
#include "tests/query/markdown_tables.h"

namespace cairn {
namespace {

using docs::Row;

const char* const kPage = "docs/query-language.md";

std::string Relaxed(bson::View document) { return json::ToJson(document, json::Format::kRelaxed); }

class LanguagePage : public testing::Test {
 protected:
  LanguagePage() {
    OpenOptions options;
    options.in_memory = true;
    database_ = Database::Open("", options).value();
    std::istringstream page(docs::ReadSource(kPage));
    for (std::string line; std::getline(page, line);) {
      if (line.starts_with("{\"_id\"")) people_ += (people_.empty() ? "" : ",") + line;
    }
    Fill(people_);
  }

  bson::Document Run(const std::string& command) {
    auto parsed = json::Parse(command);
    EXPECT_TRUE(parsed.ok()) << command << ": " << parsed.status().ToString();
    return parsed.ok() ? cases::RunOnLibrary(database_.get(), "page", *parsed) : bson::Document();
  }
  void Fill(const std::string& documents) {
    Run(R"({"drop":"c"})");
    EXPECT_EQ(Run(R"({"insert":"c","documents":[)" + documents + "]}")["ok"].AsDouble(), 1.0);
  }
  // The documents that a find gives, one after another.
  std::string Find(const std::string& rest, bool ids) {
    const bson::Document reply = Run(R"({"find":"c",)" + rest + "}");
    const bson::Value cursor = reply["cursor"];
    EXPECT_FALSE(cursor.missing()) << rest << ": " << Relaxed(reply);
    if (cursor.missing()) return "error";
    std::string found;
    for (const bson::Element& element : cursor.AsView()["firstBatch"].AsView()) {
      if (!found.empty()) found += ", ";
      found += ids ? std::to_string(element.value.AsView()["_id"].AsInt32())
                   : Relaxed(element.value.AsView());
    }
    return found;
  }
  std::string Update(const Row& row, const std::string& filter, const std::string& update) {
    Fill(row["before"]);
    const std::string filters = row["arrayFilters"];
    const bson::Document reply =
        Run(R"({"update":"c","updates":[{"q":)" + filter + R"(,"u":)" + update +
            (filters.empty() ? "" : R"(,"arrayFilters":)" + filters) + "}]}");
    EXPECT_TRUE(reply["writeErrors"].missing()) << Relaxed(reply);
    return Find(R"("filter":{})", false);
  }

  std::unique_ptr<Database> database_;
  std::string people_;
};

std::string Normal(const std::string& document) {
  auto parsed = json::Parse(document);
  EXPECT_TRUE(parsed.ok()) << document;
  return parsed.ok() ? Relaxed(*parsed) : "";
}

TEST_F(LanguagePage, ExamplesGiveWhatItSays) {
  int finds = 0;
  int projections = 0;
  int sorts = 0;
  int updates = 0;
  for (const Row& row : docs::TablesOf(kPage)) {
    SCOPED_TRACE(std::string(kPage) + ":" + std::to_string(row.line));
    if (row.Has("finds `_id`")) {
      Fill(people_);
      EXPECT_EQ(Find(R"("sort":{"_id":1},"filter":)" + row["example"], true), row["finds `_id`"]);
      ++finds;
    } else if (row.Has("for `_id` 1")) {
      Fill(people_);
      EXPECT_EQ(Find(R"("filter":{"_id":1},"projection":)" + row["example"], false),
                Normal(row["for `_id` 1"]));
      ++projections;
    } else if (row.Has("projection")) {
      Fill(people_);
      EXPECT_EQ(Find("\"filter\":" + row["filter"] + ",\"projection\":" + row["projection"], false),
                Normal(row["gives"]));
      ++projections;
    } else if (row.Has("order of `_id`")) {
      Fill(people_);
      EXPECT_EQ(Find(R"("filter":{},"sort":)" + row["sort"], true), row["order of `_id`"]);
      ++sorts;
    } else if (row.Has("before")) {
      const bool has_filter = row.Has("filter");
      EXPECT_EQ(Update(row, has_filter ? row["filter"] : "{}",
                       has_filter ? row["update"] : row["example"]),
                Normal(row["after"]));
      ++updates;
    }
  }
  EXPECT_GE(finds, 30);
  EXPECT_GE(projections, 6);
  EXPECT_GE(sorts, 4);
  EXPECT_GE(updates, 20);
}

TEST_F(LanguagePage, NamesEveryOperator) {
  std::set<std::string> described;
  for (const Row& row : docs::TablesOf(kPage)) described.insert(row.cells[0]);
  const struct {
    const char* path;
    const char* table;
    size_t at_least;
  } tables[] = {{"query/match/parser.cc", "field operators", 19},
                {"query/match/parser.cc", "top operators", 9},
                {"query/update/parser.cc", "update operators", 15}};
  for (const auto& table : tables) {
    const auto names = docs::NamesInTable(table.path, table.table);
    EXPECT_GE(names.size(), table.at_least);
    for (const std::string& name : names) {
      EXPECT_TRUE(described.contains(name)) << name << " is not in " << kPage;
    }
  }
}

}  // namespace
}  // namespace cairn
