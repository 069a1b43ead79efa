// SPDX-License-Identifier: Apache-2.0
// The checks of tests/tidy_checks.h.
#include "tests/tidy_checks.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>

namespace cairn::tidy {

bool IsText(std::string_view path) {
  for (std::string_view end : {".h", ".cc", ".def", ".md", ".cmake", ".in", "CMakeLists.txt",
                               "/run", "CMakePresets.json"}) {
    if (path.ends_with(end)) return true;
  }
  return path == "dev";
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

namespace {

using Tree =
    std::map<std::string, std::string>;  // path from the root → text (empty for data files)
using Findings = std::vector<std::string>;

constexpr size_t kSourceLinesMax = 600;
constexpr size_t kHeaderLinesMax = 300;

// The rooms, lowest first. A file includes its own room and those before it in its part of the
// house; query/ also sees all of engine/, and server/ sees neither but for their public headers.
constexpr std::string_view kParts[] = {"engine/", "query/", "server/"};
const std::vector<std::string> kRooms[] = {
    {"engine/base", "engine/bson", "engine/collation", "engine/key", "engine/kv", "engine/catalog",
     "engine/index", "engine/store"},
    {"query/path", "query/accumulate", "query/expression", "query/match", "query/update",
     "query/project", "query/plan", "query/exec", "query/pipeline", "query"},
    {"server/config", "server/net", "server/auth", "server/command", "server/http", "server/wire",
     "server/console", "server/cli", "server"},
};
constexpr std::string_view kPublicFolders[] = {"engine/include/cairn", "query/include/cairn"};

const std::set<std::string> kTopLevel = {"CMakeLists.txt",
                                         "engine",
                                         "query",
                                         "server",
                                         "tests",
                                         "bench",
                                         "README.md",
                                         "LICENSE",
                                         ".clang-format",
                                         ".clang-tidy",
                                         ".ci",
                                         "docs",
                                         "examples",
                                         "dev",
                                         "cmake",
                                         ".gitignore",
                                         "CMakePresets.json"};

const std::set<std::string> kBannedWords = {"util",    "utils",    "utility", "utilities",
                                            "helper",  "helpers",  "common",  "misc",
                                            "manager", "managers", "stuff"};

bool EndsWith(std::string_view text, std::string_view end) { return text.ends_with(end); }
bool IsHeader(std::string_view path) { return EndsWith(path, ".h"); }
bool IsSource(std::string_view path) { return EndsWith(path, ".cc"); }
bool IsCpp(std::string_view path) { return IsHeader(path) || IsSource(path); }
std::string Folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// `text` with spaces for comments; line breaks and all positions stay.
std::string WithoutComments(const std::string& text) {
  std::string out = text;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == '"' || out[i] == '\'') {
      const bool digit_separator = out[i] == '\'' && i > 0 && std::isalnum(out[i - 1]) != 0;
      if (digit_separator) continue;
      const char quote = out[i];
      for (++i; i < out.size() && out[i] != quote && out[i] != '\n'; ++i) {
        if (out[i] == '\\') ++i;
      }
    } else if (out.compare(i, 2, "//") == 0) {
      for (; i < out.size() && out[i] != '\n'; ++i) out[i] = ' ';
    } else if (out.compare(i, 2, "/*") == 0) {
      const size_t end = std::min(out.find("*/", i + 2), out.size());
      for (; i < end; ++i) {
        if (out[i] != '\n') out[i] = ' ';
      }
    }
  }
  return out;
}

// `code` with spaces for what is in string literals.
std::string WithoutStrings(std::string code) {
  bool inside = false;
  for (size_t i = 0; i < code.size(); ++i) {
    if (!inside && code.compare(i, 3, "'\"'") == 0) i += 2;
    if (code[i] == '"') {
      inside = !inside;
    } else if (inside && code[i] == '\\') {
      code[i] = ' ';
      if (++i < code.size()) code[i] = ' ';
    } else if (inside) {
      code[i] = ' ';
    }
  }
  return code;
}

struct Include {
  std::string target;
  bool quoted;
};

std::vector<Include> Includes(const std::string& text) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> includes;
  std::smatch match;
  for (const std::string& line : Lines(text)) {
    if (line.find("include") == std::string::npos) continue;
    if (std::regex_search(line, match, kInclude)) includes.push_back({match[2], match[1] == "\""});
  }
  return includes;
}

// Where an include of ours is in the tree, or "" when it is from outside.
std::string Resolve(const Tree& tree, const std::string& target) {
  if (tree.contains(target)) return target;
  for (std::string_view folder : kPublicFolders) {
    const std::string path = Folder(std::string(folder)) + "/" + target;
    if (tree.contains(path)) return path;
  }
  return "";
}

bool IsPublic(const std::string& path) {
  return std::any_of(std::begin(kPublicFolders), std::end(kPublicFolders),
                     [&](std::string_view folder) { return path.starts_with(folder); });
}

// The part (engine 0, query 1, server 2) and the rank of the room that `path` is in.
struct Place {
  int part = -1;
  int rank = -1;
};
Place PlaceOf(const std::string& path) {
  const std::string folder = Folder(path);
  for (int part = 0; part < 3; ++part) {
    const auto& rooms = kRooms[part];
    const auto room = std::find(rooms.begin(), rooms.end(), folder);
    if (room != rooms.end()) return {part, static_cast<int>(room - rooms.begin())};
    if (path.starts_with(kParts[part])) return {part, -1};
  }
  return {};
}

// "" when `from` may include `to`, otherwise the rule that it breaks. Both are in the tree.
std::string LayerRule(const std::string& from, const std::string& to) {
  const std::string part_of_from = from.substr(0, from.find('/'));
  if (part_of_from == "tests" || part_of_from == "bench") return "";
  if (part_of_from == "examples") return IsPublic(to) ? "" : "examples see only public headers";
  if (IsPublic(from) && !IsPublic(to)) return "a public header includes only public headers";
  if (from.starts_with("engine/") && to.starts_with("query/")) return "engine does not see query";
  if (IsPublic(to)) return "";
  const Place above = PlaceOf(from);
  const Place below = PlaceOf(to);
  if (below.part < 0) return "only tests include tests";
  if (above.part == 2 && below.part < 2) return "server sees engine and query by public headers";
  if (below.part > above.part) return "a lower part does not see a higher one";
  if (below.part == above.part && below.rank > above.rank) return "that room is above this one";
  return "";
}

}  // namespace

Findings LayerFindings(const Tree& tree) {
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (!IsCpp(path)) continue;
    const Place place = PlaceOf(path);
    if (place.part >= 0 && place.rank < 0 && !IsPublic(path)) {
      findings.push_back(path + ": is in no room that the list knows");
    }
    for (const Include& include : Includes(text)) {
      const std::string to = Resolve(tree, include.target);
      if (to.empty()) {
        if (include.quoted) {
          findings.push_back(path + ": \"" + include.target + "\" does not start at the root");
        }
        continue;
      }
      const std::string rule = LayerRule(path, to);
      if (!rule.empty()) findings.push_back(path + ": includes " + to + ": " + rule);
    }
  }
  return findings;
}

Findings CycleFindings(const Tree& tree) {
  enum class Mark { kNew, kOpen, kDone };
  std::map<std::string, Mark> marks;
  Findings findings;
  const std::function<void(const std::string&)> visit = [&](const std::string& path) {
    marks[path] = Mark::kOpen;
    for (const Include& include : Includes(tree.at(path))) {
      const std::string to = Resolve(tree, include.target);
      if (to.empty()) continue;
      if (marks[to] == Mark::kOpen) findings.push_back(path + ": include cycle through " + to);
      if (marks[to] == Mark::kNew) visit(to);
    }
    marks[path] = Mark::kDone;
  };
  for (const auto& [path, text] : tree) {
    if (IsCpp(path) && marks[path] == Mark::kNew) visit(path);
  }
  return findings;
}

// Each outside library stays behind the few files that speak to it.
Findings LibraryFindings(const Tree& tree) {
  static const std::regex kRocksdbFile("(engine/kv|tests/harness)/rocksdb_[a-z0-9_]*\\.cc");
  static const std::regex kHttplibFile("server/cli/[a-z0-9_]*\\.cc");
  Findings findings;
  Findings httplib_files;
  for (const auto& [path, text] : tree) {
    if (!IsCpp(path)) continue;
    const bool test = path.starts_with("tests/") || path.starts_with("bench/");
    for (const Include& include : Includes(text)) {
      const std::string& target = include.target;
      const std::string finding = path + ": <" + target + "> does not belong here";
      if (target.starts_with("rocksdb/") && !path.starts_with("bench/") &&
          !std::regex_match(path, kRocksdbFile)) {
        findings.push_back(finding);
      }
      if (target == "httplib.h" && !test) {
        httplib_files.push_back(path);
        if (!std::regex_match(path, kHttplibFile)) findings.push_back(finding);
      }
      if ((target.starts_with("rapidjson/") || target.starts_with("unicode/")) && IsHeader(path)) {
        findings.push_back(finding);
      }
      if (target.starts_with("bson/") && !test) findings.push_back(finding);
    }
  }
  if (httplib_files.size() > 1) {
    findings.push_back(httplib_files.back() + ": <httplib.h> in more than one file");
  }
  return findings;
}

Findings PublicHeaderFindings(const Tree& tree) {
  static const std::regex kForeign(
      R"(\b(rocksdb|rapidjson|httplib|spdlog|fmt|pcre2|CLI)(::|/|\.h)|\b(pcre2_\w+|SSL_\w+))");
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (!IsPublic(path)) continue;
    std::smatch match;
    const std::string code = WithoutComments(text);
    if (std::regex_search(code, match, kForeign)) {
      findings.push_back(path + ": a public header shows " + match.str());
    }
  }
  return findings;
}

Findings SizeFindings(const Tree& tree) {
  Findings findings;
  for (const auto& [path, text] : tree) {
    const size_t limit = IsSource(path) ? kSourceLinesMax : IsHeader(path) ? kHeaderLinesMax : 0;
    const size_t lines = std::count(text.begin(), text.end(), '\n');
    if (limit != 0 && lines > limit) {
      findings.push_back(path + ": " + std::to_string(lines) + " lines, more than " +
                         std::to_string(limit));
    }
  }
  return findings;
}

namespace {

// "TaskManager" and "task_manager" → task, manager.
std::vector<std::string> Words(const std::string& name) {
  std::vector<std::string> words(1);
  for (size_t i = 0; i < name.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(name[i]);
    const bool starts =
        std::isupper(c) != 0 && i > 0 && std::islower(static_cast<unsigned char>(name[i - 1])) != 0;
    if (std::isalnum(c) == 0 || starts) words.emplace_back();
    if (std::isalnum(c) != 0) words.back() += static_cast<char>(std::tolower(c));
  }
  return words;
}

}  // namespace

Findings NameFindings(const Tree& tree) {
  // Definitions only: a library's own names may be declared.
  static const std::regex kType(
      R"(\b(?:class|struct|namespace)\s+(?:CAIRN_API\s+)?([A-Za-z]\w*)[^;(){}]*\{)");
  const auto banned = [](const std::string& name) {
    const std::vector<std::string> words = Words(name);
    return std::any_of(words.begin(), words.end(),
                       [](const std::string& word) { return kBannedWords.contains(word); });
  };
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (banned(path)) findings.push_back(path + ": a banned word in the path");
    if (!IsCpp(path)) continue;
    const std::string code = WithoutStrings(WithoutComments(text));
    for (std::sregex_iterator it(code.begin(), code.end(), kType), end; it != end; ++it) {
      if (banned((*it)[1])) findings.push_back(path + ": banned name " + (*it)[1].str());
    }
  }
  return findings;
}

Findings SpdxFindings(const Tree& tree) {
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (!IsText(path) || EndsWith(path, ".md") || EndsWith(path, ".json")) continue;
    if (text.empty() && EndsWith(path, "CMakeLists.txt")) continue;
    const std::vector<std::string> lines = Lines(text);
    const size_t at = !lines.empty() && lines[0].starts_with("#!") ? 1 : 0;
    static const std::regex kSpdx("(//|#) SPDX-License-Identifier: Apache-2\\.0");
    if (lines.size() <= at || !std::regex_match(lines[at], kSpdx)) {
      findings.push_back(path + ": the first line is not the SPDX line");
    }
  }
  return findings;
}

Findings TextFindings(const Tree& tree) {
  // Written in pieces, so that this file passes its own check.
  static const std::regex kMarks(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X)\\b");
  static const std::regex kMachine(
      "(^|[\\s\"'(=`])/(wo"
      "rk|ro"
      "ot|ho"
      "me)/[A-Za-z0-9_.]");
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (!IsText(path)) continue;
    std::smatch match;
    for (const std::string& line : Lines(text)) {
      if (std::regex_search(line, match, kMarks)) {
        findings.push_back(path + ": unfinished: " + line);
      }
      if (std::regex_search(line, match, kMachine)) {
        findings.push_back(path + ": a path of one machine: " + line);
      }
    }
  }
  return findings;
}

Findings TopLevelFindings(const Tree& tree) {
  Findings findings;
  for (const auto& [path, text] : tree) {
    const std::string top = path.substr(0, path.find('/'));
    if (!kTopLevel.contains(top)) findings.push_back(path + ": not a name of the top level");
  }
  return findings;
}

namespace {

// The keys of the table whose initializer starts at `open`, a '{'. A row is a group in braces or
// parentheses and its key the first string literal in it; a table without groups is a list of keys.
std::vector<std::string> TableKeys(const std::string& code, size_t open) {
  const auto next = [&](size_t at) { return code.find_first_not_of(" \n\t", at); };
  // std::array wraps its rows in a second pair of braces.
  if (const size_t inner = next(open + 1); inner != std::string::npos && code[inner] == '{') {
    if (const size_t row = next(inner + 1); row != std::string::npos && code[row] == '{') {
      open = inner;
    }
  }
  std::vector<std::string> keys;
  bool row_has_key = false;
  int depth = 0;
  for (size_t i = open; i < code.size(); ++i) {
    if (code[i] == '{' || code[i] == '(') {
      if (++depth == 2) row_has_key = false;
    } else if (code[i] == '}' || code[i] == ')') {
      if (--depth == 0) break;
    } else if (code[i] == '\'') {
      for (++i; i < code.size() && code[i] != '\''; ++i) i += code[i] == '\\';
    } else if (code[i] == '"') {
      const size_t start = i + 1;
      for (++i; i < code.size() && code[i] != '"'; ++i) i += code[i] == '\\';
      if (depth == 1 || !row_has_key) keys.push_back(code.substr(start, i - start));
      row_has_key = true;
    }
  }
  return keys;
}

void CheckKeys(const std::string& path, const std::vector<std::string>& keys, Findings* findings) {
  for (size_t i = 1; i < keys.size(); ++i) {
    if (keys[i - 1] < keys[i]) continue;
    const char* what = keys[i - 1] == keys[i] ? "twice" : "out of order";
    findings->push_back(path + ": table row \"" + keys[i] + "\" is " + what);
  }
}

// error_codes.def: the numbers rise, the names differ.
void CheckErrorCodes(const std::string& path, const std::string& text, Findings* findings) {
  static const std::regex kRow(R"(CAIRN_ERROR\((\w+), (\d+),)");
  const std::string code = WithoutComments(text);
  long last = 0;
  std::set<std::string> names;
  for (std::sregex_iterator it(code.begin(), code.end(), kRow), end; it != end; ++it) {
    const long number = std::stol((*it)[2]);
    if (number <= last) findings->push_back(path + ": " + (*it)[1].str() + " is out of order");
    if (!names.insert((*it)[1]).second)
      findings->push_back(path + ": " + (*it)[1].str() + " twice");
    last = number;
  }
  if (names.empty()) findings->push_back(path + ": no rows");
}

}  // namespace

// Tables marked "// table: sorted", and every constexpr array of operators (its first key has a $).
Findings TableFindings(const Tree& tree) {
  static const std::string kMark =
      "// table"
      ": sorted\n";
  static const std::regex kArray(
      R"(constexpr\b[^;{}()]*?\bk\w+\s*(?:\[[^\]]*\])?\s*=\s*[^;{}]*\{)");
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (EndsWith(path, "error_codes.def")) CheckErrorCodes(path, text, &findings);
    if (!IsCpp(path)) continue;
    const std::string code = WithoutComments(text);
    const std::string bare = WithoutStrings(code);
    for (std::sregex_iterator it(bare.begin(), bare.end(), kArray), end; it != end; ++it) {
      const size_t open = static_cast<size_t>(it->position() + it->length()) - 1;
      const std::vector<std::string> keys = TableKeys(code, open);
      if (!keys.empty() && keys[0].starts_with("$")) CheckKeys(path, keys, &findings);
    }
    for (size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
      const size_t open = code.find('{', at);
      const std::vector<std::string> keys =
          open == std::string::npos ? std::vector<std::string>() : TableKeys(code, open);
      if (keys.empty()) findings.push_back(path + ": no rows after the mark of a sorted table");
      if (!keys.empty() && keys[0].starts_with("$")) continue;  // reported above
      CheckKeys(path, keys, &findings);
    }
  }
  return findings;
}

// Every .cc is named, relative to it, in the CMakeLists.txt of its folder or of one above.
Findings BuildFindings(const Tree& tree) {
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (!IsSource(path)) continue;
    bool listed = false;
    for (std::string rest = path; !listed && !rest.empty();) {
      const std::string folder = Folder(rest);
      rest = folder;
      const auto lists = tree.find(folder.empty() ? "CMakeLists.txt" : folder + "/CMakeLists.txt");
      if (lists == tree.end()) continue;
      const std::string name = folder.empty() ? path : path.substr(folder.size() + 1);
      const std::string& build = lists->second;
      for (size_t at = build.find(name); at != std::string::npos; at = build.find(name, at + 1)) {
        const auto ends = [](char c) { return std::strchr(" \n()\"", c) != nullptr; };
        const size_t after = at + name.size();
        listed |= (at == 0 || ends(build[at - 1])) && (after == build.size() || ends(build[after]));
      }
    }
    if (!listed) findings.push_back(path + ": no CMakeLists.txt names it");
  }
  return findings;
}

}  // namespace cairn::tidy
