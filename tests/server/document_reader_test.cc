// SPDX-License-Identifier: Apache-2.0
// Cutting files into documents: lines, arrays, and what is broken.
#include "server/cli/document_reader.h"

#include <gtest/gtest.h>

#include <memory>

namespace cairn::server {
namespace {

using Pieces = std::vector<std::string>;  // "line: text"

struct Read {
  Pieces pieces;
  Status status;
};

Read ReadAll(const std::string& text, size_t piece_bytes_max = 1 << 20) {
  // fmemopen refuses an empty buffer.
  std::string bytes = text;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      text.empty() ? std::fopen("/dev/null", "rb") : fmemopen(bytes.data(), bytes.size(), "rb"),
      [](std::FILE* opened) { return std::fclose(opened); });
  InputFile input(file.get());
  DocumentReader reader(&input, piece_bytes_max);
  Read read;
  std::string piece;
  while (true) {
    auto more = reader.Next(&piece);
    if (!more.ok()) {
      read.status = more.status();
      EXPECT_FALSE(reader.Next(&piece).value());
      return read;
    }
    if (!*more) break;
    read.pieces.push_back(std::to_string(reader.line()) + ": " + piece);
  }
  EXPECT_FALSE(reader.Next(&piece).value());
  EXPECT_EQ(input.position(), text.size());
  return read;
}

struct Case {
  const char* text;
  Pieces pieces;
};

TEST(DocumentReader, CutsLines) {
  const Case cases[] = {
      {"", {}},
      {"\n  \n\n", {}},
      {"{}", {"1: {}"}},
      {"{}\n", {"1: {}"}},
      {"{\"a\":1}\r\n\r\n \n{\"b\":2}", {"1: {\"a\":1}\r", "4: {\"b\":2}"}},
      {"\n\n{}\nnonsense\n[]\n", {"3: {}", "4: nonsense", "5: []"}},
  };
  for (const Case& test : cases) {
    const Read read = ReadAll(test.text);
    EXPECT_TRUE(read.status.ok()) << test.text;
    EXPECT_EQ(read.pieces, test.pieces) << test.text;
  }
}

TEST(DocumentReader, CutsArrays) {
  const Case cases[] = {
      {"[]", {}},
      {" [ \n ] \n", {}},
      {"[{}]", {"1: {}"}},
      {"[\n{\"a\":[1,{\"b\":\"],}\\\"\"}]},\n\n {}\n]\n",
       {"2: {\"a\":[1,{\"b\":\"],}\\\"\"}]}", "4: {}\n"}},
      {"[\"a,b\\\\\",2]", {"1: \"a,b\\\\\"", "1: 2"}},
      {"[{},]", {"1: {}", "1: "}},
      {"[,{}]", {"1: ", "1: {}"}},
  };
  for (const Case& test : cases) {
    const Read read = ReadAll(test.text);
    EXPECT_TRUE(read.status.ok()) << test.text << read.status.ToString();
    EXPECT_EQ(read.pieces, test.pieces) << test.text;
  }
}

TEST(DocumentReader, RefusesBrokenArrays) {
  for (const char* text : {"[", "[{}", "[{},", "[{\"a\":\"]", "[{}] x", "[{}]]", "[]{}"}) {
    EXPECT_EQ(ReadAll(text).status.code(), ErrorCode::kFailedToParse) << text;
  }
}

TEST(DocumentReader, BoundsPieces) {
  const std::string text = "{\"a\":\"" + std::string(1000, 'x') + "\"}\n{}\n";
  const Read lines = ReadAll(text, 100);
  ASSERT_EQ(lines.pieces.size(), 2u);
  EXPECT_EQ(lines.pieces[0].size(), 3u + 101u);
  EXPECT_EQ(lines.pieces[1], "2: {}");
  const Read array = ReadAll("[{\"a\":\"" + std::string(1000, 'x') + "\"},{}]", 100);
  ASSERT_EQ(array.pieces.size(), 2u);
  EXPECT_EQ(array.pieces[0].size(), 3u + 101u);
}

TEST(DocumentReader, CrossesItsBuffer) {
  std::string text = "[";
  for (int i = 0; i < 50000; ++i) {
    if (i > 0) text += ",";
    text += "{\"i\":" + std::to_string(i) + "}";
  }
  const Read read = ReadAll(text + "]");
  ASSERT_EQ(read.pieces.size(), 50000u);
  EXPECT_EQ(read.pieces.back(), "1: {\"i\":49999}");
}

}  // namespace
}  // namespace cairn::server
