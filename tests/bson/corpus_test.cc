// SPDX-License-Identifier: Apache-2.0
// MongoDB's BSON corpus, straight from its folder: for each valid case every conversion between
// bytes, canonical, relaxed and degenerate forms; for the others, that bytes or text are refused.
// JSON is compared as token text: whitespace and escapes do not count, the order of keys and digits
// do.
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <vector>

#include "cairn/json.h"
#include "tests/bson/shared_files.h"

namespace cairn::bson {
namespace {

using Json = rapidjson::Value;

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    char text[3];
    std::snprintf(text, sizeof(text), "%02X", static_cast<unsigned char>(c));
    hex += text;
  }
  return hex;
}

/// The text without spaces and with one way of escaping; numbers keep their characters.
std::string Normal(const std::string& json) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  struct Handler : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
    rapidjson::Writer<rapidjson::StringBuffer>* to = nullptr;
    bool Null() { return to->Null(); }
    bool Bool(bool b) { return to->Bool(b); }
    bool RawNumber(const char* s, unsigned n, bool) {
      return to->RawValue(s, n, rapidjson::kNumberType);
    }
    bool String(const char* s, unsigned n, bool) { return to->String(s, n); }
    bool Key(const char* s, unsigned n, bool) { return to->Key(s, n); }
    bool StartObject() { return to->StartObject(); }
    bool EndObject(unsigned n) { return to->EndObject(n); }
    bool StartArray() { return to->StartArray(); }
    bool EndArray(unsigned n) { return to->EndArray(n); }
  } handler;
  handler.to = &writer;
  rapidjson::StringStream stream(json.c_str());
  rapidjson::Reader reader;
  const bool good = !reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, handler).IsError();
  EXPECT_TRUE(good) << "the harness cannot read: " << json;
  return buffer.GetString();
}

std::string Text(const Json& object, const char* key) {
  return object.HasMember(key) ? std::string(object[key].GetString(), object[key].GetStringLength())
                               : std::string();
}

void ExpectParses(const std::string& json, const std::string& hex) {
  auto parsed = json::Parse(json);
  ASSERT_TRUE(parsed.ok()) << json << ": " << parsed.status().ToString();
  EXPECT_EQ(ToHex(parsed->bytes()), hex) << json;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(c));
  return text;
}

void CheckValid(const Json& test) {
  const std::string hex = Upper(Text(test, "canonical_bson"));
  const std::string canonical = Text(test, "canonical_extjson");
  const std::string relaxed = Text(test, "relaxed_extjson");
  const std::string degenerate = Text(test, "degenerate_extjson");
  const bool lossy = test.HasMember("lossy") && test["lossy"].GetBool();

  auto document = Document::FromBytes(FromHex(hex));
  ASSERT_TRUE(document.ok()) << document.status().ToString();
  const std::string written = json::ToJson(document.value(), json::Format::kCanonical);
  EXPECT_EQ(Normal(written), Normal(canonical));
  EXPECT_EQ(Compare(document->view(), document->view()), 0);
  if (!lossy) {
    ExpectParses(canonical, hex);
    ExpectParses(written, hex);
    if (!degenerate.empty()) ExpectParses(degenerate, hex);
  }
  if (!degenerate.empty()) {
    auto parsed = json::Parse(degenerate);
    ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
    EXPECT_EQ(Normal(json::ToJson(parsed.value(), json::Format::kCanonical)), Normal(canonical));
  }
  if (!relaxed.empty()) {
    EXPECT_EQ(Normal(json::ToJson(document.value(), json::Format::kRelaxed)), Normal(relaxed));
    auto parsed = json::Parse(relaxed);
    ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
    EXPECT_EQ(Normal(json::ToJson(parsed.value(), json::Format::kRelaxed)), Normal(relaxed));
  }
  if (test.HasMember("degenerate_bson")) {
    auto odd = Document::FromBytes(FromHex(Text(test, "degenerate_bson")));
    ASSERT_TRUE(odd.ok()) << odd.status().ToString();
    EXPECT_EQ(Normal(json::ToJson(odd.value(), json::Format::kCanonical)), Normal(canonical));
  }
  if (test.HasMember("converted_bson")) {
    const std::string converted = Upper(Text(test, "converted_bson"));
    auto other = Document::FromBytes(FromHex(converted));
    ASSERT_TRUE(other.ok()) << other.status().ToString();
    const std::string expected = Text(test, "converted_extjson");
    EXPECT_EQ(Normal(json::ToJson(other.value(), json::Format::kCanonical)), Normal(expected));
    ExpectParses(expected, converted);
  }
}

void CheckDecodeError(const Json& test) {
  const Status status = Validate(FromHex(Text(test, "bson")));
  EXPECT_EQ(status.code(), ErrorCode::kInvalidBSON) << status.ToString();
  EXPECT_NE(status.message().find("at byte offset"), std::string::npos) << status.ToString();
}

void CheckParseError(const std::string& bson_type, const Json& test) {
  const std::string text = Text(test, "string");
  if (bson_type == "0x13") {
    auto decimal = Decimal128::FromString(text);
    EXPECT_EQ(decimal.status().code(), ErrorCode::kFailedToParse);
    std::string wrapped = "{\"d\":{\"$numberDecimal\":";
    json::WriteString(text, &wrapped);
    auto parsed = json::Parse(wrapped + "}}");
    EXPECT_EQ(parsed.status().code(), ErrorCode::kFailedToParse);
    return;
  }
  auto parsed = json::Parse(text);
  EXPECT_EQ(parsed.status().code(), ErrorCode::kFailedToParse);
  EXPECT_NE(parsed.status().message().find("at line 1, column "), std::string::npos)
      << parsed.status().ToString();
}

TEST(BsonCorpus, EveryCase) {
  if (!HaveShared("conformance/bson-corpus")) return;
  size_t files = 0, valid = 0, decode = 0, parse = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(SharedFile("conformance/bson-corpus"))) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() != ".json" || name == "SOURCES.json") continue;
    rapidjson::Document file;
    const std::string content = ReadFile(entry.path());
    file.Parse<rapidjson::kParseFullPrecisionFlag>(content.c_str());
    ASSERT_FALSE(file.HasParseError()) << name;
    ++files;
    const auto each = [&](const char* list, size_t* count, auto check) {
      if (!file.HasMember(list)) return;
      for (const Json& test : file[list].GetArray()) {
        SCOPED_TRACE(name + ": " + Text(test, "description"));
        check(test);
        ++*count;
      }
    };
    each("valid", &valid, CheckValid);
    each("decodeErrors", &decode, CheckDecodeError);
    each("parseErrors", &parse,
         [&](const Json& test) { CheckParseError(Text(file, "bson_type"), test); });
  }
  std::cout << "BSON corpus: " << valid + decode + parse << " cases in " << files << " files ("
            << valid << " valid, " << decode << " decode errors, " << parse << " parse errors)\n";
  EXPECT_GE(valid + decode + parse, 983U);
}

}  // namespace
}  // namespace cairn::bson
