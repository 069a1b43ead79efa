// SPDX-License-Identifier: Apache-2.0
// The tables of a page of documentation, so that tests can run the examples in them.
#pragma once

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/source_directory.h"

namespace cairn::docs {

/// One row below a table's head: its cells without blanks and backticks around them.
struct Row {
  int line = 0;
  std::vector<std::string> head;
  std::vector<std::string> cells;

  /// The cell in the column of that name, or an empty one.
  std::string operator[](const std::string& column) const {
    const auto at = std::find(head.begin(), head.end(), column);
    const auto i = static_cast<size_t>(at - head.begin());
    return i < cells.size() ? cells[i] : std::string();
  }
  bool Has(const std::string& column) const {
    return std::find(head.begin(), head.end(), column) != head.end();
  }
};

inline std::string Trimmed(std::string text, const char* what) {
  text.erase(0, std::min(text.find_first_not_of(what), text.size()));
  text.erase(text.find_last_not_of(what) + 1);
  return text;
}

inline std::string ReadSource(const std::string& path) {
  std::ifstream in(SourceDirectory() / path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// All rows of all tables of the page at `path`, which begins at the root of the sources.
inline std::vector<Row> TablesOf(const std::string& path) {
  std::istringstream page(ReadSource(path));
  std::vector<Row> rows;
  std::vector<std::string> head;
  int number = 0;
  for (std::string line; std::getline(page, line);) {
    ++number;
    if (!line.starts_with('|')) {
      head.clear();
      continue;
    }
    if (line.starts_with("|--")) continue;
    std::vector<std::string> cells;
    std::istringstream parts(line.substr(1));
    for (std::string cell; std::getline(parts, cell, '|');) {
      cell = Trimmed(cell, " ");
      // Only a cell that is one piece of code loses its backticks.
      if (cell.starts_with('`') && std::count(cell.begin(), cell.end(), '`') == 2) {
        cell = Trimmed(cell, "`");
      }
      cells.push_back(cell);
    }
    if (head.empty()) {
      head = cells;
    } else {
      rows.push_back({number, head, cells});
    }
  }
  return rows;
}

/// The names in the table of a source file that is marked `// table "title"`.
inline std::set<std::string> NamesInTable(const std::string& path, const std::string& title) {
  std::istringstream source(ReadSource(path));
  std::set<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(source, line);) {
    if (line.starts_with("// table \"" + title + "\"")) inside = true;
    if (inside && line == "};") break;
    const size_t at = line.find("{\"");
    if (inside && at != std::string::npos) {
      names.insert(line.substr(at + 2, line.find('"', at + 2) - at - 2));
    }
  }
  return names;
}

}  // namespace cairn::docs
