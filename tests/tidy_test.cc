// SPDX-License-Identifier: Apache-2.0
// The rules of the house as a test. Each check of tests/tidy_checks.h runs once on the real tree,
// which must have no findings, and on small made-up trees with a planted violation, which it must
// find, beside a twin without it. Links nothing of Cairn's rooms.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <string>

#include "tests/source_directory.h"
#include "tests/tidy_checks.h"

namespace cairn::tidy {
namespace {

// The files of the real tree, without what .gitignore names at the top level.
Tree ReadTree(const std::filesystem::path& root) {
  const auto read = [](const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  std::set<std::string> ignored = {".git"};
  for (std::string name : Lines(read(root / ".gitignore"))) {
    std::erase(name, '/');
    ignored.insert(name);
  }
  Tree tree;
  for (const auto& top : std::filesystem::directory_iterator(root)) {
    if (ignored.contains(top.path().filename().string())) continue;
    const auto add = [&](const std::filesystem::path& file) {
      const std::string path = std::filesystem::relative(file, root).string();
      tree[path] = IsText(path) ? read(file) : "";
    };
    if (!top.is_directory()) {
      add(top.path());
      continue;
    }
    for (const auto& file : std::filesystem::recursive_directory_iterator(top)) {
      if (file.is_regular_file()) add(file.path());
    }
  }
  return tree;
}

struct Check {
  const char* name;
  Findings (*run)(const Tree&);
};
constexpr Check kChecks[] = {
    {"Layers", LayerFindings},      {"Cycles", CycleFindings},
    {"Libraries", LibraryFindings}, {"PublicHeaders", PublicHeaderFindings},
    {"Sizes", SizeFindings},        {"Names", NameFindings},
    {"Spdx", SpdxFindings},         {"Texts", TextFindings},
    {"TopLevel", TopLevelFindings}, {"Tables", TableFindings},
    {"BuildLists", BuildFindings},
};

void PrintTo(const Check& check, std::ostream* out) { *out << check.name; }

class Tidy : public testing::TestWithParam<Check> {};

TEST_P(Tidy, TreeHasNoFindings) {
  static const Tree tree = ReadTree(SourceDirectory());
  ASSERT_TRUE(tree.contains("engine/include/cairn/status.h")) << "not Cairn's tree";
  for (const std::string& finding : GetParam().run(tree)) ADD_FAILURE() << finding;
}

INSTANTIATE_TEST_SUITE_P(Checks, Tidy, testing::ValuesIn(kChecks),
                         [](const auto& info) { return std::string(info.param.name); });

// A violation that its check must find in `path`, and a twin of the text that it must accept.
struct Planted {
  const char* name;
  Findings (*run)(const Tree&);
  std::string path;
  std::string bad;
  std::string good;
};

std::string NumberedLines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "//\n";
  return text;
}

const Planted kPlanted[] = {
    {"RoomAbove", LayerFindings, "engine/kv/a.cc", "#include \"engine/store/s.h\"\n",
     "#include \"engine/key/k.h\"\n#include \"cairn/e.h\"\n"},
    {"EngineSeesQuery", LayerFindings, "engine/store/a.cc", "#include \"query/match/m.h\"\n", ""},
    {"EngineSeesQueryPublic", LayerFindings, "engine/store/a.cc", "#include \"cairn/q.h\"\n",
     "#include \"cairn/e.h\"\n"},
    {"QueryRoomAbove", LayerFindings, "query/match/m.cc", "#include \"query/plan/p.h\"\n",
     "#include \"query/path/p.h\"\n#include \"engine/store/s.h\"\n"},
    {"ServerSeesEngine", LayerFindings, "server/command/a.cc", "#include \"engine/key/k.h\"\n",
     "#include \"cairn/q.h\"\n#include \"server/net/n.h\"\n"},
    {"HttpSeesWire", LayerFindings, "server/http/a.cc", "#include \"server/wire/w.h\"\n",
     "#include \"server/command/c.h\"\n"},
    {"PublicSeesPrivate", LayerFindings, "engine/include/cairn/e.h",
     "#include \"engine/key/k.h\"\n", "#include <string>\n"},
    {"RelativeInclude", LayerFindings, "engine/kv/a.cc", "#include \"b.h\"\n", "#include <b.h>\n"},
    {"TestIncluded", LayerFindings, "query/plan/a.cc", "#include \"tests/t.h\"\n", ""},
    {"ExampleSeesEngine", LayerFindings, "examples/embed/main.cc", "#include \"engine/key/k.h\"\n",
     "#include <cairn/q.h>\n"},
    {
        "UnknownRoom",
        LayerFindings,
        "engine/stuffing/a.cc",
        "",
        "",
    },
    {"Cycle", CycleFindings, "engine/key/k.h", "#include \"engine/key/l.h\"\n", ""},
    {"RocksdbOutside", LibraryFindings, "engine/store/a.cc", "#include <rocksdb/db.h>\n", ""},
    {"RocksdbInHeader", LibraryFindings, "engine/kv/rocksdb_a.h", "#include <rocksdb/db.h>\n", ""},
    {"HttplibOutside", LibraryFindings, "server/net/a.cc", "#include <httplib.h>\n", ""},
    {"RapidjsonInHeader", LibraryFindings, "engine/bson/a.h", "#include <rapidjson/reader.h>\n",
     ""},
    {"IcuInHeader", LibraryFindings, "engine/bson/a.h", "#include <unicode/ucol.h>\n", ""},
    {"LibbsonOutsideTests", LibraryFindings, "engine/bson/a.cc", "#include <bson/bson.h>\n", ""},
    {"PublicShowsRocksdb", PublicHeaderFindings, "engine/include/cairn/e.h", "rocksdb::DB* db();\n",
     "/// Not a rocksdb::DB.\n"},
    {"PublicIncludesSpdlog", PublicHeaderFindings, "query/include/cairn/q.h",
     "#include <spdlog/spdlog.h>\n", "#include <string>\n"},
    {"LongSource", SizeFindings, "engine/kv/a.cc", NumberedLines(601), NumberedLines(600)},
    {"LongHeader", SizeFindings, "engine/kv/a.h", NumberedLines(301), NumberedLines(300)},
    {"BannedType", NameFindings, "query/plan/a.h", "class PlanHelper final : A {\n",
     "// struct Helper\nclass BufferManager;\n"},
    {"BannedNamespace", NameFindings, "query/plan/a.h", "namespace misc {}\n", ""},
    {"NoSpdx", SpdxFindings, "query/plan/a.h", "#pragma once\n",
     "// SPDX-License-Identifier: Apache-2.0\n"},
    {"NoSpdxAfterShebang", SpdxFindings, "dev", "#!/bin/bash\n\n",
     "#!/bin/bash\n# SPDX-License-Identifier: Apache-2.0\n"},
    {"Unfinished", TextFindings, "query/plan/a.h",
     "// TO"
     "DO: more\n",
     "// todolist\n"},
    {"MachinePath", TextFindings, "docs/a.md",
     "see /wo"
     "rk/x\n",
     "see net/wo"
     "rk/x\n"},
    {"OperatorsUnsorted", TableFindings, "query/match/a.cc",
     "constexpr Row kRows[] = {\n  {\"$b\", \"x\"},  // \"\n  {\"$a\", \"y\"},\n};\n",
     "constexpr Row kRows[] = {\n  {\"$a\", \"y\"},  // \"\n  {\"$b\", \"x\"},\n};\n"},
    {"OperatorTwice", TableFindings, "query/match/a.cc",
     "constexpr auto kRows = std::to_array<Row>({{\"$a\", 1}, {\"$a\", 2}});\n",
     "constexpr auto kRows = std::to_array<Row>({{\"$a\", 1}, {\"$b\", 2}});\n"},
    {"OperatorListUnsorted", TableFindings, "query/match/a.cc",
     "constexpr std::string_view kNames[] = {\"$a\", \"$c\", \"$b\"};\n",
     "constexpr std::string_view kNames[] = {\"$a\", \"$b\", \"$c\"};\n"},
    {"MarkedTableUnsorted", TableFindings, "server/command/a.cc",
     "// table"
     ": sorted\nconst std::array<Row, 2> kRows = {{\n{\"b\", F}, {\"a\", G}}};\n",
     "// table"
     ": sorted\nconst std::array<Row, 2> kRows = {{\n{\"a\", G}, {\"b\", F}}};\n"},
    {"MarkedTableEmpty", TableFindings, "server/command/a.cc",
     "// table"
     ": sorted\nconst Row kRows[] = {};\n",
     "// table"
     ": sorted\nconst Row kRows[] = {Row(\"b\", \"a\")};\n"},
    {"ErrorNumberTwice", TableFindings, "engine/include/cairn/error_codes.def",
     "CAIRN_ERROR(A, 1, 400, false)\nCAIRN_ERROR(B, 1, 400, false)\n",
     "CAIRN_ERROR(A, 1, 400, false)\nCAIRN_ERROR(B, 2, 400, false)\n"},
    {"ErrorNameTwice", TableFindings, "engine/include/cairn/error_codes.def",
     "CAIRN_ERROR(A, 1, 400, false)\nCAIRN_ERROR(A, 2, 400, false)\n",
     "CAIRN_ERROR(A, 1, 400, false)\n"},
};

// What the planted files include; every one of these is clean.
Tree Surroundings() {
  Tree tree;
  for (const char* path :
       {"engine/include/cairn/e.h", "engine/key/k.h", "engine/key/l.h", "engine/store/s.h",
        "query/include/cairn/q.h", "query/match/m.h", "query/path/p.h", "query/plan/p.h",
        "server/net/n.h", "server/command/c.h", "server/wire/w.h", "tests/t.h"}) {
    tree[path] = "// SPDX-License-Identifier: Apache-2.0\n";
  }
  tree["engine/key/l.h"] += "#include \"engine/key/k.h\"\n";
  return tree;
}

TEST(TidyCanary, FindsEachPlantedViolation) {
  for (const Planted& planted : kPlanted) {
    SCOPED_TRACE(planted.name);
    Tree tree = Surroundings();
    tree[planted.path] = planted.bad;
    const Findings findings = planted.run(tree);
    ASSERT_FALSE(findings.empty());
    // A cycle is reported where it closes, which is the other file.
    const std::string reported = planted.run == CycleFindings ? "engine/key/l.h" : planted.path;
    EXPECT_TRUE(findings[0].starts_with(reported)) << findings[0];
    if (planted.bad == planted.good) continue;  // the path is the violation
    tree[planted.path] = planted.good;
    for (const std::string& finding : planted.run(tree)) ADD_FAILURE() << finding;
  }
}

TEST(TidyCanary, FindsNamesAndMissingBuildLines) {
  EXPECT_EQ(NameFindings({{"engine/base/string_util.h", ""}}).size(), 1u);
  EXPECT_EQ(NameFindings({{"server/common/a.h", ""}}).size(), 1u);
  EXPECT_EQ(NameFindings({{"query/plan/utilization.h", ""}}).size(), 0u);
  EXPECT_EQ(TopLevelFindings({{"scripts/a.py", ""}}).size(), 1u);
  EXPECT_EQ(TopLevelFindings({{"docs/a.md", ""}}).size(), 0u);
  EXPECT_EQ(BuildFindings({{"engine/kv/a.cc", ""}}).size(), 1u);
  const std::string other = "cairn_room(kv SOURCES ba.cc a.cc2)\n";
  const std::string same = "cairn_room(kv SOURCES\n  a.cc)\n";
  EXPECT_EQ(BuildFindings({{"engine/kv/a.cc", ""}, {"engine/kv/CMakeLists.txt", other}}).size(),
            1u);
  EXPECT_EQ(BuildFindings({{"engine/kv/a.cc", ""}, {"engine/kv/CMakeLists.txt", same}}).size(), 0u);
  const std::string above = "add_library(x STATIC kv/a.cc)\n";
  EXPECT_EQ(BuildFindings({{"engine/kv/a.cc", ""}, {"engine/CMakeLists.txt", above}}).size(), 0u);
  const Tree two = {{"server/cli/b.cc", "#include <httplib.h>\n"},
                    {"server/cli/c.cc", "#include <httplib.h>\n"}};
  EXPECT_EQ(LibraryFindings(two).size(), 1u);
}

}  // namespace
}  // namespace cairn::tidy
