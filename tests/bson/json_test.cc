// SPDX-License-Identifier: Apache-2.0
// JSON from strangers, one danger a case, each with its code and its place; dates, numbers, limits
// and the three formats; and real files.
#include "cairn/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/bson/shared_files.h"

namespace cairn::json {
namespace {

using bson::Document;
using bson::HaveShared;
using bson::Type;

struct BadCase {
  const char* name;
  std::string text;
  std::string message;  // A part of it.
  std::string place;
};

std::string At(int line, int column, int offset) {
  return "at line " + std::to_string(line) + ", column " + std::to_string(column) +
         " (byte offset " + std::to_string(offset) + ")";
}

void ExpectRefused(const BadCase& c) {
  SCOPED_TRACE(c.name);
  const Status status = Parse(c.text).status();
  EXPECT_EQ(status.code(), ErrorCode::kFailedToParse);
  EXPECT_NE(status.message().find(c.message), std::string::npos) << status.message();
  EXPECT_TRUE(status.message().ends_with(c.place)) << status.message() << " / " << c.place;
}

TEST(JsonParse, RefusesHostileText) {
  using std::string_literals::operator""s;
  const BadCase cases[] = {
      {"duplicate key", R"({"a":1,"a":2})", "Duplicate field name \"a\"", At(1, 8, 7)},
      {"duplicate key below", "{\"x\":\n {\"a\":1,\n  \"a\":2}}", "Duplicate", At(3, 3, 17)},
      {"duplicate by escape", R"({"a":1,"\u0061":2})", "Duplicate field name \"a\"", At(1, 8, 7)},
      {"NaN", R"({"a":NaN})", "Invalid value", At(1, 6, 5)},
      {"Infinity", R"({"a":Infinity})", "Invalid value", At(1, 6, 5)},
      {"-Infinity", R"({"a":-Infinity})", "Invalid value", At(1, 7, 6)},
      {"integer above int64", R"({"a":9223372036854775808})", "$numberDecimal", At(1, 6, 5)},
      {"integer below int64", R"({"a":-9223372036854775809})", "$numberDecimal", At(1, 6, 5)},
      {"integer above uint64", R"({"a":99999999999999999999999})", "$numberLong", At(1, 6, 5)},
      {"number beyond doubles", R"({"a":1e400})", "too big", At(1, 6, 5)},
      {"number beyond doubles, fraction", R"({"a":9.9e308})", "range of a double", At(1, 6, 5)},
      {"long number", R"({"a":0.)" + std::string(1100, '1') + "}", "1024 characters", At(1, 6, 5)},
      {"invalid UTF-8", "{\"a\":\"x\xFFy\"}", "Invalid encoding", At(1, 8, 7)},
      {"overlong UTF-8", "{\"a\":\"\xC0\x80\"}", "Invalid encoding", At(1, 7, 6)},
      {"half a UTF-8 sequence at the end", "{\"a\":\"\xF0", "Invalid encoding", At(1, 7, 6)},
      {"raw surrogate", "{\"a\":\"\xED\xA0\x80\"}", "Invalid encoding", At(1, 7, 6)},
      {"invalid UTF-8 in a key", "{\"\xFF\":1}", "Invalid encoding", At(1, 3, 2)},
      {"lone high surrogate", R"({"a":"\uD800"})", "surrogate", At(1, 7, 6)},
      {"high surrogate twice", R"({"a":"\uD800\uD800"})", "surrogate", At(1, 7, 6)},
      {"lone low surrogate", R"({"a":"\uDC00"})", "surrogate", At(1, 6, 5)},
      {"lone low surrogate in a key", R"({"\uDFFF":1})", "surrogate", At(1, 2, 1)},
      {"NUL in a key", R"({"a\u0000b":1})", "zero character", At(1, 2, 1)},
      {"raw NUL", "{\"a\":1}\0{\"b\":2}"s, "zero byte", At(1, 8, 7)},
      {"raw NUL in a string", "{\"a\":\"x\0y\"}"s, "zero byte", At(1, 8, 7)},
      {"byte order mark", "\xEF\xBB\xBF{}", "byte order mark", At(1, 1, 0)},
      {"raw control character", "{\"a\":\"\n\"}", "control character", At(1, 7, 6)},
      {"text behind the document", R"({"a":1} {"b":2})", "root", At(1, 9, 8)},
      {"cut off", R"({"a":1)", "Missing", At(1, 7, 6)},
      {"cut string", R"({"a":"x)", "quotation mark", At(1, 8, 7)},
      {"empty", "", "empty", At(1, 1, 0)},
      {"spaces", " \n ", "empty", At(2, 2, 3)},
      {"trailing comma", R"({"a":1,})", "name", At(1, 8, 7)},
      {"comment", R"({"a":1/**/})", "Missing", At(1, 7, 6)},
      {"single quotes", "{'a':1}", "name", At(1, 2, 1)},
      {"an array", "[1]", "object is expected", At(1, 1, 0)},
      {"a number", "1", "object is expected", ""},
      {"a wrapper", R"({"$oid":"5ca4bbcea2dd94ee58162a68"})", "not for a document", At(1, 1, 0)},
      {"columns are characters", "{\"é\":1,\"é\":2}", "Duplicate", At(1, 8, 8)},
      {"bad $oid", R"({"a": {"$oid":"zz"}})", "$oid", At(1, 7, 6)},
      {"legacy $date number", R"({"a":{"$date":1356351330501}})", "$date", At(1, 6, 5)},
      {"leading zero", R"({"a":01})", "Missing", At(1, 7, 6)},
  };
  for (const BadCase& c : cases) ExpectRefused(c);
}

// The reader looks at many bytes at a time, whose place depends on what stands before.
TEST(JsonParse, RefusesControlCharactersWhereverTheyStand) {
  for (size_t before = 0; before < 40; ++before) {
    for (char control = 1; control < 0x20; ++control) {
      const std::string text =
          "{\"a\":\"" + std::string(before, 'x') + control + std::string(40 - before, 'y') + "\"}";
      const Result<bson::Document> parsed = Parse(text);
      ASSERT_FALSE(parsed.ok()) << before << " before " << static_cast<int>(control);
      const std::string place = "(byte offset " + std::to_string(before + 6) + ")";
      EXPECT_NE(parsed.status().message().find(place), std::string::npos)
          << parsed.status().message();
    }
    const std::string text =
        "{\"a\":\"" + std::string(before, 'x') + "\x7F\\t\\u0001é" + std::string(40, 'y') + "\"}";
    const Result<bson::Document> parsed = Parse(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
    EXPECT_EQ((*parsed)["a"].AsString(),
              std::string(before, 'x') + "\x7F\t\x01" + "é" + std::string(40, 'y'));
  }
}

TEST(JsonParse, ManyKeysAndOneDuplicate) {
  for (const int count : {15, 16, 17, 18, 64, 1000, 100000}) {
    std::string text = "{";
    for (int i = 0; i < count; ++i)
      text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    const int place = static_cast<int>(text.size());
    auto good = Parse(text + "\"last\":1}");
    ASSERT_TRUE(good.ok()) << good.status().ToString();
    EXPECT_EQ(good.value()["k" + std::to_string(count - 1)].AsInt32(), count - 1);
    for (const int again : {0, count / 2, count - 1}) {
      const std::string name = "k" + std::to_string(again);
      ExpectRefused({"duplicate of many", text + "\"" + name + "\":1}",
                     "Duplicate field name \"" + name + "\"", At(1, place + 1, place)});
    }
  }
  // Names may repeat in other objects, also after a large one at the same level.
  std::string large = "{";
  for (int i = 0; i < 40; ++i) large += "\"k" + std::to_string(i) + "\":{\"k0\":0},";
  large += "\"z\":[{\"a\":1},{\"a\":2}]}";
  EXPECT_TRUE(Parse("{\"x\":" + large + ",\"y\":" + large + ",\"k0\":1}").ok());
}

// The table of names of one object must not be seen by the next one at the same level.
TEST(JsonParse, NamesOfAnEarlierObjectAreForgotten) {
  const auto object = [](const std::string& prefix, int count, const std::string& more) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += "\"" + prefix + std::to_string(i) + "\":0,";
    return text + more + "}";
  };
  const std::string last = "\"last\":0";
  for (const int count : {17, 30, 40, 100}) {
    const std::string first = object("k", count, last);
    auto equal = ParseArray("[" + first + "," + first + "," + first + "]");
    EXPECT_TRUE(equal.ok()) << equal.status().ToString();
    const std::string second = object("x", count, last + ",\"x0\":0");
    EXPECT_EQ(ParseArray("[" + first + "," + second + "]").status().code(),
              ErrorCode::kFailedToParse);
  }
}

TEST(JsonParse, LongDuplicateNameIsCutInTheMessage) {
  const std::string name(100000, 'n');
  const Status status = Parse("{\"" + name + "\":1,\"" + name + "\":2}").status();
  EXPECT_EQ(status.code(), ErrorCode::kFailedToParse);
  EXPECT_LT(status.message().size(), 200U);
}

std::string Nested(const std::string& open, int levels, const std::string& inner,
                   const std::string& close) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += open;
  text += inner;
  for (int i = 0; i < levels; ++i) text += close;
  return text;
}

TEST(JsonParse, LimitsDepth) {
  const auto objects = [](int n) { return "{\"r\":" + Nested("{\"a\":", n, "1", "}") + "}"; };
  const auto arrays = [](int n) { return "{\"r\":" + Nested("[", n, "1", "]") + "}"; };
  for (const auto& text : {objects(100), arrays(100)}) {
    auto parsed = Parse(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
    EXPECT_TRUE(bson::Validate(parsed->bytes()).ok());
  }
  const int deep = 5 + 5 * 100;
  ExpectRefused({"101 objects", objects(101), "more than 100 levels", At(1, deep + 1, deep)});
  ExpectRefused({"101 arrays", arrays(101), "more than 100 levels", At(1, 106, 105)});
  for (const int n : {102, 103, 104, 200, 200000}) {
    EXPECT_EQ(Parse(objects(n)).status().code(), ErrorCode::kFailedToParse) << n;
    EXPECT_EQ(Parse(arrays(n)).status().code(), ErrorCode::kFailedToParse) << n;
    EXPECT_EQ(ParseArray(Nested("[", n, "", "]")).status().code(), ErrorCode::kFailedToParse) << n;
  }
  EXPECT_EQ(Parse(Nested("{\"a\":", 200000, "", "")).status().code(), ErrorCode::kFailedToParse);
  EXPECT_TRUE(Parse(objects(150), {.depth_max = 150}).ok());
}

// A wrapper is no level of BSON: what Validate accepts, the parser must accept as canonical JSON.
TEST(JsonParse, WrappersAreNoLevels) {
  const char* const values[] = {
      R"({"$numberInt":"1"})",
      R"({"$date":{"$numberLong":"1"}})",
      R"({"$binary":{"base64":"","subType":"00"}})",
      R"({"$dbPointer":{"$ref":"b","$id":{"$oid":"56e1fc72e0c917e9c4714161"}}})",
      R"({"$timestamp":{"t":1,"i":2}})",
  };
  for (const char* value : values) {
    const std::string text = "{\"r\":" + Nested("{\"a\":", 100, value, "}") + "}";
    auto parsed = Parse(text);
    ASSERT_TRUE(parsed.ok()) << value << parsed.status().ToString();
    EXPECT_TRUE(bson::Validate(parsed->bytes()).ok());
    EXPECT_EQ(ToJson(parsed.value(), Format::kCanonical), text);
  }
  const std::string scoped = R"({"$code":"f","$scope":{"x":{"$numberInt":"1"}}})";
  const std::string fits = "{\"r\":" + Nested("{\"a\":", 99, scoped, "}") + "}";
  ASSERT_TRUE(Parse(fits).ok()) << Parse(fits).status().ToString();
  EXPECT_TRUE(bson::Validate(Parse(fits)->bytes()).ok());
  const std::string deep = "{\"r\":" + Nested("{\"a\":", 100, scoped, "}") + "}";
  EXPECT_EQ(Parse(deep).status().code(), ErrorCode::kFailedToParse);
}

TEST(JsonParse, LimitsSize) {
  EXPECT_EQ(Parse(R"({"a":1})", {.bytes_max = 6}).status().code(), ErrorCode::kBSONObjectTooLarge);
  EXPECT_TRUE(Parse(R"({"a":1})", {.bytes_max = 7}).ok());
  EXPECT_EQ(Parse(R"({"a":1})", {.document_bytes_max = 11}).status().code(),
            ErrorCode::kBSONObjectTooLarge);
  EXPECT_TRUE(Parse(R"({"a":1})", {.document_bytes_max = 12}).ok());
  std::string items = "[0";
  for (int i = 0; i < 100000; ++i) items += ",0";
  const Status status = ParseArray(items + "]", {.document_bytes_max = 100000}).status();
  EXPECT_EQ(status.code(), ErrorCode::kBSONObjectTooLarge);
  EXPECT_NE(status.message().find("byte offset"), std::string::npos) << status.message();
  EXPECT_TRUE(ParseArray(items + "]").ok());
}

double Real(const std::string& text) {
  auto parsed = ParseValue(text);
  EXPECT_TRUE(parsed.ok()) << text << parsed.status().ToString();
  if (!parsed.ok() || parsed.value()[""].type() != Type::kDouble) return std::nan("");
  return parsed.value()[""].AsDouble();
}

TEST(JsonParse, ReadsRealNumbersThatCrashOthers) {
  EXPECT_EQ(Real("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_TRUE(std::signbit(Real("-0." + std::string(400, '0') + "1")));
  EXPECT_EQ(Real("0." + std::string(300, '0') + "1"), 1e-301);
  EXPECT_EQ(Real("1e-2147483647"), 0.0);
  EXPECT_EQ(Real("1e-2147483648"), 0.0);
  EXPECT_EQ(Real("1e-99999999999999999999"), 0.0);
  EXPECT_EQ(Real("0e-99999999999999999999"), 0.0);
  EXPECT_EQ(Real("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(Real("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(Real("1E5"), 1e5);
  EXPECT_EQ(Real("0.1"), 0.1);
  EXPECT_EQ(Real("9007199254740993.0"), 9007199254740992.0);
  EXPECT_EQ(Real("-0.0"), 0.0);
  EXPECT_TRUE(std::signbit(Real("-0.0")));
  for (const char* big : {"1e2147483647", "1e2147483648", "1e99999999999999999999", "-1e309"}) {
    EXPECT_EQ(ParseValue(big).status().code(), ErrorCode::kFailedToParse) << big;
  }
  EXPECT_EQ(Real("0." + std::string(1000, '3')), 1.0 / 3.0);
}

TEST(JsonParse, ChoosesTheIntegersWidth) {
  const struct {
    const char* text;
    Type type;
    int64_t value;
  } cases[] = {
      {"0", Type::kInt32, 0},
      {"-0", Type::kInt32, 0},
      {"2147483647", Type::kInt32, 2147483647},
      {"2147483648", Type::kInt64, 2147483648},
      {"-2147483648", Type::kInt32, -2147483648LL},
      {"-2147483649", Type::kInt64, -2147483649LL},
      {"999999999999999999", Type::kInt64, 999999999999999999},
      {"9223372036854775807", Type::kInt64, std::numeric_limits<int64_t>::max()},
      {"-9223372036854775808", Type::kInt64, std::numeric_limits<int64_t>::min()},
  };
  for (const auto& c : cases) {
    auto parsed = ParseValue(c.text);
    ASSERT_TRUE(parsed.ok()) << c.text;
    const bson::Value value = parsed.value()[""];
    ASSERT_EQ(value.type(), c.type) << c.text;
    EXPECT_EQ(c.type == Type::kInt32 ? value.AsInt32() : value.AsInt64(), c.value) << c.text;
  }
}

TEST(JsonParse, ReadsDates) {
  const struct {
    const char* text;
    int64_t ms;
  } good[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2009-04-01T00:00:00.000-0700", 1238569200000},
      {"2009-04-01T00:00:00.000-07:00", 1238569200000},
      {"2009-04-01T07:00:00.000+00:00", 1238569200000},
      {"2009-04-01T12:30:00.5+0530", 1238569200500},
      {"2009-04-01T07:00:00.123456Z", 1238569200123},
      {"2009-04-01T07:00Z", 1238569200000},
      {"2009-04-01T09:00:00+02", 1238569200000},
      {"1969-12-31T23:59:59.999Z", -1},
      {"0000-01-01T00:00:00Z", -62167219200000},
      {"2024-02-29T00:00:00Z", 1709164800000},
      {"9999-12-31T23:59:59.999Z", 253402300799999},
  };
  for (const auto& c : good) {
    auto parsed = ParseValue("{\"$date\":\"" + std::string(c.text) + "\"}");
    ASSERT_TRUE(parsed.ok()) << c.text << parsed.status().ToString();
    ASSERT_EQ(parsed.value()[""].type(), Type::kDate);
    EXPECT_EQ(parsed.value()[""].AsDateMs(), c.ms) << c.text;
  }
  for (const char* bad :
       {"", "2009", "2009-04-01", "2009-04-01T00:00:00", "2009-13-01T00:00:00Z",
        "2009-02-29T00:00:00Z", "2009-04-01T24:00:00Z", "2009-04-01T00:60:00Z",
        "2009-04-01T00:00:60Z", "2009-04-01 00:00:00Z", "2009-04-01T00:00:00.Z",
        "2009-04-01T00:00:00Zx", "2009-04-01T00:00:00+7", "2009-04-01T00:00:00+24:00",
        "+2009-04-01T00:00:00Z", "2009-4-1T00:00:00Z", "2009-04-01T00:00:00z"}) {
    ExpectRefused({bad, "{\"a\":{\"$date\":\"" + std::string(bad) + "\"}}", "$date", At(1, 6, 5)});
  }
}

TEST(JsonParse, DocumentsThatLookLikeWrappers) {
  // These must reach a query as they are.
  for (const char* text :
       {R"({"a":{"$regex":"^a","$options":"i"}})", R"({"a":{"$regex":"^a"}})",
        R"({"a":{"$type":"string"}})", R"({"a":{"$ref":"c","$id":1}})", R"({"a":{"$scope":{}}})",
        R"({"a":{"$options":"i"}})", R"({"$and":[{"a":{"$gt":1}}]})", R"({"$db":"x"})",
        R"({"__proto__":{"a":1}})", R"({"a.b":1,"":2})"}) {
    auto parsed = Parse(text);
    ASSERT_TRUE(parsed.ok()) << text << parsed.status().ToString();
    EXPECT_EQ(ToJson(parsed.value()), text);
  }
  auto legacy = ParseValue(R"({"$type":"05","$binary":"//8="})");
  ASSERT_TRUE(legacy.ok()) << legacy.status().ToString();
  EXPECT_EQ(legacy.value()[""].BinarySubtype(), 5);
  EXPECT_EQ(legacy.value()[""].AsBinary(), "\xFF\xFF");
}

TEST(JsonParse, SpecialNumbersOnlyWhenAsked) {
  const ParseLimits lenient{.special_numbers = true};
  auto parsed = Parse(R"({"a":NaN,"b":-Infinity,"c":Infinity,"d":[NaN]})", lenient);
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_TRUE(std::isnan(parsed.value()["a"].AsDouble()));
  EXPECT_EQ(parsed.value()["b"].AsDouble(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parsed.value()["c"].AsDouble(), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(parsed.value()["d"].AsView()["0"].AsDouble()));
  EXPECT_EQ(Parse(R"({"a":nan})", lenient).status().code(), ErrorCode::kFailedToParse);
}

TEST(JsonParse, ArraysAndValues) {
  auto array = ParseArray(R"([1,{"a":[]},{"$numberLong":"7"}])");
  ASSERT_TRUE(array.ok());
  EXPECT_EQ(array.value()["2"].AsInt64(), 7);
  std::string out;
  WriteArray(array.value(), Format::kRelaxed, &out);
  EXPECT_EQ(out, R"([1,{"a":[]},7])");
  EXPECT_EQ(ParseArray("{}").status().code(), ErrorCode::kFailedToParse);
  EXPECT_EQ(ParseValue("1 2").status().code(), ErrorCode::kFailedToParse);
  for (const char* text : {"1", "\"x\"", "null", "true", "[1,2]", R"({"a":1})",
                           R"({"$oid":"5ca4bbcea2dd94ee58162a68"})"}) {
    auto value = ParseValue(text);
    ASSERT_TRUE(value.ok()) << text << value.status().ToString();
    EXPECT_TRUE(bson::Validate(value->bytes()).ok()) << text;
    std::string written = "=";
    WriteValue(value.value()[""], Format::kRelaxed, &written);
    EXPECT_EQ(written, std::string("=") + text);
  }
}

TEST(JsonParse, RefusesOptionsThatAreNotAscii) {
  EXPECT_EQ(Parse("{\"a\":{\"$regularExpression\":{\"pattern\":\"a\",\"options\":\"\xC3\xA9\"}}}")
                .status()
                .code(),
            ErrorCode::kFailedToParse);
}

TEST(JsonWrite, ThreeFormats) {
  const std::string canonical =
      R"({"i":{"$numberInt":"1"},"l":{"$numberLong":"2"},"d":{"$numberDouble":"3.0"},)"
      R"("n":{"$numberDouble":"NaN"},"t":{"$date":{"$numberLong":"1"}},)"
      R"("old":{"$date":{"$numberLong":"-1"}},"o":{"$oid":"5ca4bbcea2dd94ee58162a68"},)"
      R"("b":{"$binary":{"base64":"//8=","subType":"05"}},"m":{"$numberDecimal":"1.50"},)"
      R"("s":{"$timestamp":{"t":1,"i":2}},"r":{"$regularExpression":{"pattern":"a","options":"i"}},)"
      R"("c":{"$code":"f","$scope":{"x":{"$numberInt":"1"}}},"k":{"$minKey":1},)"
      R"("u":{"$undefined":true},"e":[]})";
  const Document document = Parse(canonical).value();
  EXPECT_EQ(ToJson(document, Format::kCanonical), canonical);
  EXPECT_EQ(
      ToJson(document, Format::kRelaxed),
      R"({"i":1,"l":2,"d":3.0,"n":{"$numberDouble":"NaN"},"t":{"$date":"1970-01-01T00:00:00.001Z"},)"
      R"("old":{"$date":{"$numberLong":"-1"}},"o":{"$oid":"5ca4bbcea2dd94ee58162a68"},)"
      R"("b":{"$binary":{"base64":"//8=","subType":"05"}},"m":{"$numberDecimal":"1.50"},)"
      R"("s":{"$timestamp":{"t":1,"i":2}},"r":{"$regularExpression":{"pattern":"a","options":"i"}},)"
      R"("c":{"$code":"f","$scope":{"x":1}},"k":{"$minKey":1},"u":{"$undefined":true},"e":[]})");
  EXPECT_EQ(ToJson(document, Format::kPlain),
            R"({"i":1,"l":2,"d":3.0,"n":"NaN","t":"1970-01-01T00:00:00.001Z",)"
            R"("old":"1969-12-31T23:59:59.999Z","o":"5ca4bbcea2dd94ee58162a68",)"
            R"("b":{"Subtype":5,"Data":"//8="},"m":"1.50","s":{"T":1,"I":2},)"
            R"("r":{"Pattern":"a","Options":"i"},"c":{"Code":"f","Scope":{"x":1}},"k":{},)"
            R"("u":null,"e":[]})");
  std::string missing;
  WriteValue(bson::Value(), Format::kCanonical, &missing);
  EXPECT_EQ(missing, "null");
}

TEST(JsonWrite, EscapesStrings) {
  const struct {
    std::string text;
    const char* json;
  } cases[] = {
      {"", R"("")"},
      {"a\"b\\c/", R"("a\"b\\c/")"},
      {std::string("\0\1\x1F", 3), R"("\u0000\u0001\u001f")"},
      {"\b\f\n\r\t\x7F", "\"\\b\\f\\n\\r\\t\x7F\""},
      {"12345678\"12345678", R"("12345678\"12345678")"},
      {"é☃𝄞", "\"é☃𝄞\""},
      {"1234567\xFF", "\"1234567\xEF\xBF\xBD\""},
      {"\xC3", "\"\xEF\xBF\xBD\""},
      {"\xED\xA0\x80!", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD!\""},
  };
  for (const auto& c : cases) {
    std::string out;
    WriteString(c.text, &out);
    EXPECT_EQ(out, c.json);
  }
  // Every byte at every place within and around the words that the writer scans.
  for (int byte = 1; byte < 128; ++byte) {
    for (size_t at = 0; at < 17; ++at) {
      std::string text(17, 'x');
      text[at] = static_cast<char>(byte);
      std::string out;
      WriteString(text, &out);
      auto back = ParseValue(out);
      ASSERT_TRUE(back.ok()) << out;
      EXPECT_EQ(back.value()[""].AsString(), text);
    }
  }
}

TEST(JsonWrite, Doubles) {
  const struct {
    double value;
    const char* json;
  } cases[] = {
      {0.0, "0.0"},       {-0.0, "-0.0"},
      {1.0, "1.0"},       {100000.0, "100000.0"},
      {0.1, "0.1"},       {1e-5, "0.00001"},
      {1e-7, "1E-07"},    {1e15, "1000000000000000.0"},
      {1e16, "1E+16"},    {1.5e300, "1.5E+300"},
      {5e-324, "5E-324"}, {-73.94193078816193, "-73.94193078816193"},
  };
  for (const auto& c : cases) {
    bson::Builder builder;
    builder.AppendDouble("", c.value);
    const Document document = builder.Finish();
    std::string out;
    WriteValue(document[""], Format::kRelaxed, &out);
    EXPECT_EQ(out, c.json);
    EXPECT_EQ(ParseValue(out).value().bytes(), document.bytes()) << out;
  }
}

TEST(JsonWrite, DatesOfFarYears) {
  const struct {
    int64_t ms;
    const char* text;
  } cases[] = {
      {0, "1970-01-01T00:00:00Z"},
      {253402300800000, "+10000-01-01T00:00:00Z"},
      {-62167219200001, "-0001-12-31T23:59:59.999Z"},
      {std::numeric_limits<int64_t>::max(), "+292278994-08-17T07:12:55.807Z"},
      {std::numeric_limits<int64_t>::min(), "-292275055-05-16T16:47:04.192Z"},
  };
  for (const auto& c : cases) {
    bson::Builder builder;
    builder.AppendDate("d", c.ms);
    EXPECT_EQ(ToJson(builder.Finish(), Format::kPlain), "{\"d\":\"" + std::string(c.text) + "\"}");
  }
}

TEST(JsonFiles, RealFilesRoundTrip) {
  if (!HaveShared("data")) return;
  size_t files = 0, lines = 0, with_nan = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SharedFile("data"))) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      ++lines;
      SCOPED_TRACE(entry.path().filename().string() + " line " + std::to_string(lines));
      auto strict = Parse(line);
      auto parsed = Parse(line, {.special_numbers = true});
      ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
      // A few lines hold the literal NaN, which is refused unless it is asked for.
      if (!strict.ok()) {
        ++with_nan;
        EXPECT_NE(line.find(":NaN"), std::string::npos) << strict.status().ToString();
        EXPECT_EQ(strict.status().code(), ErrorCode::kFailedToParse);
      }
      ASSERT_TRUE(bson::Validate(parsed->bytes()).ok());
      auto again = Parse(ToJson(parsed.value(), Format::kCanonical));
      ASSERT_TRUE(again.ok()) << again.status().ToString();
      ASSERT_EQ(again->bytes(), parsed->bytes());
      auto relaxed = Parse(ToJson(parsed.value(), Format::kRelaxed));
      ASSERT_TRUE(relaxed.ok()) << relaxed.status().ToString();
      ASSERT_EQ(bson::Compare(relaxed->view(), parsed->view()), 0);
    }
  }
  std::cout << "real files: " << lines << " documents in " << files << " files, " << with_nan
            << " of them with a NaN literal\n";
  EXPECT_EQ(files, 11U);
  EXPECT_EQ(with_nan, 5U);
}

}  // namespace
}  // namespace cairn::json
