// SPDX-License-Identifier: Apache-2.0
// cairn import and cairn export against a real server.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "cairn/cairn.h"
#include "tests/server/program.h"
#include "tests/source_directory.h"

namespace cairn::server {
namespace {

class ImportExportTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.Start({"--memory"})) << server_.error(); }

  Finished Import(const std::string& input, std::vector<std::string> more = {},
                  const std::string& file = "-") {
    std::vector<std::string> arguments = {"import",       file, "--db",  "d",
                                          "--collection", "c",  "--url", server_.url()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCairn(arguments, input);
  }
  Finished Export(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"export", "--db",  "d",          "--collection",
                                          "c",      "--url", server_.url()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCairn(arguments);
  }

  RunningServer server_;
  TemporaryDirectory directory_;
};

TEST_F(ImportExportTest, TakesLines) {
  const Finished import =
      Import("{\"_id\":1,\"a\":1.5}\n\n{\"_id\":2,\"a\":{\"$numberLong\":\"3\"}}\n");
  EXPECT_EQ(import.code, 0) << import.err;
  EXPECT_EQ(import.err, "2 documents imported\n");
  const Finished canonical = Export();
  EXPECT_EQ(canonical.code, 0) << canonical.err;
  EXPECT_EQ(canonical.out,
            "{\"_id\":{\"$numberInt\":\"1\"},\"a\":{\"$numberDouble\":\"1.5\"}}\n"
            "{\"_id\":{\"$numberInt\":\"2\"},\"a\":{\"$numberLong\":\"3\"}}\n");
  EXPECT_EQ(Export({"--format", "relaxed"}).out, "{\"_id\":1,\"a\":1.5}\n{\"_id\":2,\"a\":3}\n");
}

TEST_F(ImportExportTest, TakesAByteOrderMark) {
  EXPECT_EQ(Import("\xEF\xBB\xBF{\"_id\":1}\n").code, 0);
  EXPECT_EQ(Export({"--format", "relaxed"}).out, "{\"_id\":1}\n");
}

TEST_F(ImportExportTest, TakesAnArray) {
  const Finished import = Import("[{\"_id\":1},\n {\"_id\":2,\"a\":[\"]\",{}]}\n]\n");
  EXPECT_EQ(import.code, 0) << import.err;
  EXPECT_EQ(Export({"--format", "relaxed"}).out, "{\"_id\":1}\n{\"_id\":2,\"a\":[\"]\",{}]}\n");
}

TEST_F(ImportExportTest, StopsAtABadLine) {
  const Finished import = Import("{\"_id\":1}\n{\"_id\":2}\n{\"_id\":}\n{\"_id\":4}\n");
  EXPECT_EQ(import.code, 1);
  EXPECT_TRUE(import.err.starts_with("line 3: ")) << import.err;
  EXPECT_NE(import.err.find("2 documents imported, 1 rejected\n"), std::string::npos) << import.err;
  EXPECT_EQ(Export({"--format", "relaxed"}).out, "{\"_id\":1}\n{\"_id\":2}\n");
}

TEST_F(ImportExportTest, StopsAtADuplicate) {
  const Finished import = Import("{\"_id\":1}\n{\"_id\":1}\n{\"_id\":2}\n");
  EXPECT_EQ(import.code, 1);
  EXPECT_TRUE(import.err.starts_with("line 2: ")) << import.err;
  EXPECT_NE(import.err.find("1 document imported, 1 rejected\n"), std::string::npos) << import.err;
}

TEST_F(ImportExportTest, ContinuesWhenTold) {
  const Finished import = Import(
      "{\"_id\":1}\nnonsense\n{\"_id\":1}\n[]\n{\"_id\":2}\n{\"_id\":2,\"_id\":3}\n{\"_id\":4}\n",
      {"--continue"});
  EXPECT_EQ(import.code, 1);
  for (const char* line : {"line 2: ", "line 3: ", "line 4: ", "line 6: "}) {
    EXPECT_NE(import.err.find(line), std::string::npos) << line << import.err;
  }
  EXPECT_NE(import.err.find("3 documents imported, 4 rejected\n"), std::string::npos) << import.err;
  EXPECT_EQ(Export({"--format", "relaxed"}).out, "{\"_id\":1}\n{\"_id\":2}\n{\"_id\":4}\n");
}

TEST_F(ImportExportTest, DropsFirstWhenTold) {
  EXPECT_EQ(Import("{\"_id\":1}\n").code, 0);
  EXPECT_EQ(Import("{\"_id\":2}\n", {"--drop"}).code, 0);
  EXPECT_EQ(Export({"--format", "relaxed"}).out, "{\"_id\":2}\n");
  // What cannot be read takes nothing's place.
  EXPECT_EQ(Import("{\"_id\":", {"--drop"}).code, 1);
  EXPECT_EQ(Import("1\n", {"--drop", "--type", "csv", "--fields", "a,a"}).code, 1);
  EXPECT_EQ(Import("", {"--drop"}, directory_ / "nothing").code, 1);
  EXPECT_EQ(Export({"--format", "relaxed"}).out, "{\"_id\":2}\n");
  EXPECT_EQ(Import("", {"--drop"}).code, 0);
  EXPECT_EQ(Export({"--format", "relaxed"}).out, "");
}

TEST_F(ImportExportTest, ReportsWhatCannotBe) {
  EXPECT_EQ(Import("", {}, directory_ / "nothing").code, 1);
  EXPECT_EQ(Import("[{\"_id\":1}").code, 1);
  EXPECT_EQ(Import("").code, 0);
  EXPECT_EQ(Export({"--out", directory_ / "no" + std::string("/such/file")}).code, 1);
  server_.Stop(SIGTERM);
  const Finished import = Import("{\"_id\":1}\n");
  EXPECT_EQ(import.code, 1);
  EXPECT_NE(import.err.find("no answer from http://"), std::string::npos) << import.err;
  EXPECT_EQ(Export({"--out", directory_ / "out"}).code, 1);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(ImportExportTest, TakesSeparatedValues) {
  const Finished import = Import("_id,name.first,age,note\n1,Ada,36,\n2,\"Al,an\",41,\"\"\n",
                                 {"--type", "csv", "--ignore-blanks"});
  EXPECT_EQ(import.code, 0) << import.err;
  EXPECT_EQ(Export({"--format", "relaxed"}).out,
            "{\"_id\":1,\"name\":{\"first\":\"Ada\"},\"age\":36}\n"
            "{\"_id\":2,\"name\":{\"first\":\"Al,an\"},\"age\":41,\"note\":\"\"}\n");
  EXPECT_EQ(Export({"--type", "csv", "--fields", "name.first,age,note"}).out,
            "name.first,age,note\nAda,36,\n\"Al,an\",41,\"\"\n");
  EXPECT_EQ(Export({"--type", "tsv", "--fields", "_id,name.first"}).out,
            "_id\tname.first\n1\tAda\n2\tAl,an\n");
  EXPECT_EQ(Export({"--type", "csv", "--fields", "name.first,name.last"}).out,
            "name.first,name.last\nAda,\n\"Al,an\",\n");
}

TEST_F(ImportExportTest, NamesTheLineOfABadRecord) {
  const Finished import = Import("_id.int32()\n1\n\nx\n3\n\"4\"5\n1\n6\n",
                                 {"--type", "csv", "--columns-have-types", "--continue"});
  EXPECT_EQ(import.code, 1);
  for (const char* line :
       {"line 4: column '_id.int32()': 'x' is no int32\n", "line 6: something", "line 7: "}) {
    EXPECT_NE(import.err.find(line), std::string::npos) << line << import.err;
  }
  EXPECT_NE(import.err.find("3 documents imported, 3 rejected\n"), std::string::npos) << import.err;
  EXPECT_EQ(Import("a,a\n1,2\n", {"--type", "csv"}).code, 1);
  EXPECT_EQ(Import("", {"--type", "csv"}).code, 0);
}

// Every type goes out into columns and comes back as it was, also through gzip.
TEST_F(ImportExportTest, TypedColumnsSurvive) {
  const std::string text =
      R"({"_id":{"$oid":"0123456789abcdef01234567"},"i":{"$numberInt":"1"},"l":{"$numberLong":"2"},)"
      R"("d":{"$numberDouble":"0.1"},"m":{"$numberDecimal":"1.10"},"s":"00,7\n","t":true,)"
      R"("w":{"$date":{"$numberLong":"1709200800123"}},)"
      R"("b":{"$binary":{"base64":"AQI=","subType":"00"}},"j":[{"$numberInt":"1"},{"x":null}]})"
      "\n"
      R"({"_id":{"$oid":"0123456789abcdef01234568"},"s":""})"
      "\n"
      R"({"_id":{"$oid":"0123456789abcdef01234569"},"d":{"$numberDouble":"NaN"},)"
      R"("w":{"$date":{"$numberLong":"253402300800000"}},)"
      R"("b":{"$binary":{"base64":"","subType":"00"}},"j":null})"
      "\n"
      R"({"_id":{"$oid":"0123456789abcdef0123456a"},"d":{"$numberDouble":"-Infinity"}})"
      "\n";
  EXPECT_EQ(Import(text).code, 0);
  const std::string file = directory_ / "out.csv.gz";
  const Finished exported = Export(
      {"--out", file, "--columns-have-types", "--fields",
       "_id.objectid(),i.int32(),l.int64(),d.double(),m.decimal(),s.string(),t.boolean(),w.date(),"
       "b.binary(),j.json()"});
  EXPECT_EQ(exported.code, 0) << exported.err;
  const Finished import = Import("", {"--drop", "--columns-have-types", "--ignore-blanks"}, file);
  EXPECT_EQ(import.code, 0) << import.err;
  EXPECT_EQ(Export().out, text);
}

TEST_F(ImportExportTest, ExportsWhatAQueryFinds) {
  EXPECT_EQ(Import("{\"_id\":1,\"a\":3,\"b\":1}\n{\"_id\":2,\"a\":2}\n{\"_id\":3,\"a\":1}\n").code,
            0);
  EXPECT_EQ(Export({"--query", R"({"a":{"$gt":1}})", "--sort", R"({"a":1})", "--fields", "a",
                    "--format", "relaxed", "--json-array"})
                .out,
            "[\n{\"_id\":2,\"a\":2},\n{\"_id\":1,\"a\":3}\n]\n");
  EXPECT_EQ(Export({"--skip", "1", "--limit", "1", "--format", "relaxed"}).out,
            "{\"_id\":2,\"a\":2}\n");
  EXPECT_EQ(Export({"--query", R"({"a":9})", "--json-array"}).out, "[\n]\n");
  EXPECT_EQ(Export({"--query", "{"}).code, 2);
  EXPECT_EQ(Export({"--type", "csv"}).code, 2);
  EXPECT_EQ(Export({"--columns-have-types"}).code, 2);
  EXPECT_EQ(Import("", {"--fields", "a"}).code, 2);
}

TEST_F(ImportExportTest, PacksAndUnpacks) {
  std::string text;
  for (int i = 0; i < 30000; ++i) text += "{\"_id\":" + std::to_string(i) + ",\"a\":\"word\"}\n";
  EXPECT_EQ(Import(text).code, 0);
  const std::string file = directory_ / "out.json.gz";
  EXPECT_EQ(Export({"--out", file, "--format", "relaxed"}).code, 0);
  const auto packed = static_cast<size_t>(std::filesystem::file_size(file));
  EXPECT_LT(packed, text.size() / 3);
  // Two members are one text; this is also what comes through standard input.
  std::ifstream in(file, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  EXPECT_EQ(Import(bytes.str(), {"--drop"}).code, 0);
  EXPECT_EQ(Export({"--format", "relaxed"}).out, text);
  const Finished twice = Import(bytes.str() + bytes.str(), {"--drop", "--continue"});
  EXPECT_NE(twice.err.find("30000 documents imported, 30000 rejected\n"), std::string::npos);
  // Cut off and damaged.
  const Finished cut = Import(bytes.str().substr(0, packed - 20), {"--drop"});
  EXPECT_EQ(cut.code, 1);
  EXPECT_NE(cut.err.find("the gzip file is cut off"), std::string::npos) << cut.err;
  std::string damaged = bytes.str();
  damaged[packed / 2] = static_cast<char>(damaged[packed / 2] ^ 0x55);
  EXPECT_EQ(Import(damaged, {"--drop"}).code, 1);
}

// Documents by the canonical text of their _id, each as its bytes with _id in front, where the
// server puts it.
using Documents = std::map<std::string, std::string>;

void Add(bson::View document, Documents* documents) {
  const bson::Value id = document["_id"];
  ASSERT_FALSE(id.missing());
  bson::Builder ordered;
  ordered.Append("_id", id);
  for (const bson::Element& element : document) {
    if (element.name != "_id") ordered.Append(element.name, element.value);
  }
  std::string key;
  json::WriteValue(id, json::Format::kCanonical, &key);
  EXPECT_TRUE(documents->emplace(key, ordered.Finish().bytes()).second) << "twice: " << key;
}

// The documents of a file. Real files hold bare NaN, which import takes.
Documents ReadDocuments(const std::filesystem::path& path) {
  Documents documents;
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto parsed = json::Parse(line, {.special_numbers = true});
    EXPECT_TRUE(parsed.ok()) << line;
    if (parsed.ok()) Add(*parsed, &documents);
  }
  return documents;
}

TEST_F(ImportExportTest, RealDataSurvives) {
  const std::filesystem::path data = SharedFile("data");
  if (!std::filesystem::exists(data)) {
    GTEST_SKIP() << "LEFT OUT: " << data << " is not there, so no real data was imported";
  }
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(data)) {
    if (file.path().extension() != ".json") continue;
    SCOPED_TRACE(file.path().filename());
    ++files;
    const Documents expected = ReadDocuments(file.path());
    ASSERT_FALSE(expected.empty());
    const Finished import = Import("", {"--drop"}, file.path().string());
    ASSERT_EQ(import.code, 0) << import.err;
    const std::string summary = std::to_string(expected.size()) + " documents imported\n";
    EXPECT_TRUE(import.err.ends_with(summary)) << import.err;
    const std::string out = directory_ / "out.json";
    const Finished exported = Export({"--out", out});
    ASSERT_EQ(exported.code, 0) << exported.err;
    const Documents found = ReadDocuments(out);
    EXPECT_EQ(found.size(), expected.size());
    for (const auto& [id, bytes] : expected) {
      const auto document = found.find(id);
      ASSERT_NE(document, found.end()) << "lost: " << id;
      ASSERT_EQ(document->second, bytes) << "changed: " << id;
    }
  }
  EXPECT_EQ(files, 11);
}

}  // namespace
}  // namespace cairn::server
