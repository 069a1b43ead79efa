// SPDX-License-Identifier: Apache-2.0
// Separated values: cutting records, columns and their types, both ways.
#include <gtest/gtest.h>

#include <memory>

#include "cairn/json.h"
#include "server/cli/csv_columns.h"
#include "server/cli/csv_reader.h"
#include "server/cli/progress.h"

namespace cairn::server {
namespace {

// Each record as "line: field|field", quoted fields in '…'; a fault as "line! message".
std::vector<std::string> Records(std::string text, char delimiter = ',', size_t bytes_max = 1000) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      text.empty() ? std::fopen("/dev/null", "rb") : fmemopen(text.data(), text.size(), "rb"),
      [](std::FILE* opened) { return std::fclose(opened); });
  InputFile input(file.get());
  CsvReader reader(&input, delimiter, bytes_max);
  std::vector<std::string> records;
  std::vector<CsvField> record;
  while (records.size() < 100) {
    const auto more = reader.Next(&record);
    std::string shown = std::to_string(reader.line());
    if (!more.ok()) {
      records.push_back(shown + "! " + more.status().message());
      continue;
    }
    if (!*more) break;
    shown += ":";
    for (const CsvField& field : record) {
      shown += (&field == &record.front() ? " " : "|");
      shown += field.quoted ? "'" + field.text + "'" : field.text;
    }
    records.push_back(shown);
  }
  return records;
}

TEST(CsvReader, CutsRecords) {
  struct Case {
    std::string text;
    std::vector<std::string> records;
  };
  const Case cases[] = {
      {"", {}},
      {"\n\r\n\n", {}},
      {"a", {"1: a"}},
      {"a,b\n", {"1: a|b"}},
      {"a,b\r\nc,d\r\n", {"1: a|b", "2: c|d"}},
      {",\n,,", {"1: |", "2: ||"}},
      {"\"\"\n", {"1: ''"}},
      {"\"a,b\",\"c\"\"d\"\n", {"1: 'a,b'|'c\"d'"}},
      {"\"a\nb\",c\nd\n", {"1: 'a\nb'|c", "3: d"}},
      {"\"a\"\r\n\"b\"", {"1: 'a'", "2: 'b'"}},
      {"a\"b,c\rd\n", {"1: a\"b|c\rd"}},
      {"\xEF\xBB\xBFname\n1\n", {"1: name", "2: 1"}},
      {" a , b \n", {"1:  a | b "}},
  };
  for (const Case& test : cases) EXPECT_EQ(Records(test.text), test.records) << test.text;
  EXPECT_EQ(Records("a\tb,\"c\"\n", '\t'), std::vector<std::string>{"1: a|b,\"c\""});
}

TEST(CsvReader, GoesOnBehindFaults) {
  EXPECT_EQ(Records("\"a\"b,c\nd\n"),
            (std::vector<std::string>{
                "1! something stands between a closing quote and the end of the field", "2: d"}));
  EXPECT_EQ(Records("a\n\"b\nc"),
            (std::vector<std::string>{"1: a", "2! a quoted field has no end"}));
  EXPECT_EQ(Records(std::string(50, 'x') + "\ny\n", ',', 20),
            (std::vector<std::string>{"1! the record is too long", "2: y"}));
  EXPECT_EQ(Records(std::string(50, ',') + "\ny\n", ',', 20),
            (std::vector<std::string>{"1! the record is too long", "2: y"}));
}

CsvColumns Columns(const std::vector<std::string>& heads, bool typed) {
  auto columns = CsvColumns::Parse(heads, typed);
  EXPECT_TRUE(columns.ok()) << columns.status().ToString();
  return columns.ok() ? std::move(columns).value() : CsvColumns();
}

// Canonical Extended JSON of one field, or the error.
std::string Taken(const std::string& type, const std::string& text) {
  const auto document =
      Columns({"a." + type}, true).ToDocument({CsvField{text, false}}, /*ignore_blanks=*/false);
  if (!document.ok()) return document.status().message();
  std::string out;
  json::WriteValue((*document)["a"], json::Format::kCanonical, &out);
  return out;
}

TEST(CsvColumns, TakeTypes) {
  struct Case {
    const char* type;
    const char* text;
    const char* value;
  };
  const Case cases[] = {
      {"auto()", "12", R"({"$numberInt":"12"})"},
      {"auto()", "-2147483649", R"({"$numberLong":"-2147483649"})"},
      {"auto()", "1.50", R"({"$numberDouble":"1.5"})"},
      {"auto()", "1e3", R"({"$numberDouble":"1000.0"})"},
      {"auto()", "-0", R"({"$numberDouble":"-0.0"})"},
      {"auto()", "007", R"("007")"},
      {"auto()", "+49", R"("+49")"},
      {"auto()", "1-2", R"("1-2")"},
      {"auto()", "1.2.3", R"("1.2.3")"},
      {"auto()", "12345678901234567890", R"("12345678901234567890")"},
      {"auto()", "nan", R"("nan")"},
      {"auto()", "", R"("")"},
      {"auto()", "true", R"("true")"},
      {"string()", "12", R"("12")"},
      {"int32()", "12", R"({"$numberInt":"12"})"},
      {"int32()", "1.5", "column 'a.int32()': '1.5' is no int32"},
      {"int32()", "2147483648", "column 'a.int32()': '2147483648' is no int32"},
      {"int32()", "", "column 'a.int32()': '' is no int32"},
      {"int64()", "12", R"({"$numberLong":"12"})"},
      {"double()", "12", R"({"$numberDouble":"12.0"})"},
      {"double()", "NaN", R"({"$numberDouble":"NaN"})"},
      {"decimal()", "1.10", R"({"$numberDecimal":"1.10"})"},
      {"boolean()", "TRUE", "true"},
      {"boolean()", "no", "false"},
      {"boolean()", "perhaps", "column 'a.boolean()': 'perhaps' is no boolean"},
      {"date()", "2024-02-29T10:00:00Z", R"({"$date":{"$numberLong":"1709200800000"}})"},
      {"date()", "2024-02-29", R"({"$date":{"$numberLong":"1709164800000"}})"},
      {"date()", "2024-02-29 10:00", R"({"$date":{"$numberLong":"1709200800000"}})"},
      {"date()", "2024-02-29T10:00:00.5", R"({"$date":{"$numberLong":"1709200800500"}})"},
      {"date()", "2024-02-29 11:00+01:00", R"({"$date":{"$numberLong":"1709200800000"}})"},
      {"date()", "2024-02-30", "column 'a.date()': '2024-02-30' is no date"},
      {"date()", "2024", "column 'a.date()': '2024' is no date"},
      {"date()", "1709200800000", "column 'a.date()': '1709200800000' is no date"},
      {"date()", "253402300800000", R"({"$date":{"$numberLong":"253402300800000"}})"},
      {"date()", "-62167219200001", R"({"$date":{"$numberLong":"-62167219200001"}})"},
      {"date(%d.%m.%Y)", "31.02.2024",
       "column 'a.date(%d.%m.%Y)': '31.02.2024' is no date of the form %d.%m.%Y"},
      {"date(%d.%m.%Y)", "29.02.2024", R"({"$date":{"$numberLong":"1709164800000"}})"},
      {"date(%Y-%m-%d %H:%M %z)", "2024-02-29 01:00 +0100",
       R"({"$date":{"$numberLong":"1709164800000"}})"},
      {"date(%Y)", "2024x", "column 'a.date(%Y)': '2024x' is no date of the form %Y"},
      {"objectid()", "0123456789abcdef01234567", R"({"$oid":"0123456789abcdef01234567"})"},
      {"objectid()", "12", "column 'a.objectid()': '12' is no objectid"},
      {"binary()", "AQI=", R"({"$binary":{"base64":"AQI=","subType":"00"}})"},
      {"binary(hex)", "0102", R"({"$binary":{"base64":"AQI=","subType":"00"}})"},
      {"binary(hex)", "010", "column 'a.binary(hex)': '010' is no binary of the form hex"},
      {"json()", R"([1,{"b":null}])", R"([{"$numberInt":"1"},{"b":null}])"},
  };
  for (const Case& test : cases) EXPECT_EQ(Taken(test.type, test.text), test.value) << test.text;
}

TEST(CsvColumns, MakeNestedDocuments) {
  const CsvColumns columns = Columns({"a.x", "b", "a.y.z"}, false);
  const auto json = [&](const std::vector<CsvField>& record, bool ignore_blanks) {
    const auto document = columns.ToDocument(record, ignore_blanks);
    return document.ok() ? json::ToJson(*document) : document.status().message();
  };
  const CsvField blank{"", false};
  const CsvField empty{"", true};
  EXPECT_EQ(json({{"1"}, {"2"}, {"3"}}, false), R"({"a":{"x":1,"y":{"z":3}},"b":2})");
  EXPECT_EQ(json({blank, {"2"}, blank}, true), R"({"b":2})");
  EXPECT_EQ(json({blank, {"2"}, blank}, false), R"({"a":{"x":"","y":{"z":""}},"b":2})");
  EXPECT_EQ(json({blank, empty, blank}, true), R"({"b":""})");
  EXPECT_EQ(json({{"1"}}, false), R"({"a":{"x":1}})");
  EXPECT_EQ(json({{"1"}, {"2"}, {"3"}, {"4"}}, false),
            "the record has 4 fields, and there are 3 columns");
  EXPECT_NE(json({{"\xFF"}}, false).find("UTF-8"), std::string::npos);
}

TEST(CsvColumns, RefuseHeads) {
  struct Case {
    std::vector<std::string> heads;
    bool typed;
  };
  const Case cases[] = {
      {{}, false},           {{""}, false},          {{"a", "a"}, false}, {{"a", "a.b"}, false},
      {{"a.b", "a"}, false}, {{"a..b"}, false},      {{"a"}, true},       {{"a.int()"}, true},
      {{"a.int32"}, true},   {{"a.int32(x)"}, true}, {{"int32()"}, true},
  };
  for (const Case& test : cases) {
    const auto columns = CsvColumns::Parse(test.heads, test.typed);
    ASSERT_FALSE(columns.ok()) << (test.heads.empty() ? "none" : test.heads.front());
    EXPECT_EQ(columns.status().code(), ErrorCode::kBadValue);
  }
}

TEST(CsvColumns, WriteRecords) {
  const auto line = [](const std::vector<std::string>& heads, bool typed, const char* document,
                       char delimiter = ',') {
    std::string out;
    const Status status =
        Columns(heads, typed).AppendRecord(*json::Parse(document), delimiter, &out);
    return status.ok() ? out : status.message();
  };
  EXPECT_EQ(line({"a", "b"}, false, R"({"a":1})"), "1,\n");
  EXPECT_EQ(line({"a", "b"}, false, R"({"a":null,"b":""})"), ",\"\"\n");
  EXPECT_EQ(line({"a"}, false, R"({"a":"x,\"y\"\n"})"), "\"x,\"\"y\"\"\n\"\n");
  EXPECT_EQ(line({"a.b", "c.1"}, false, R"({"a":{"b":1.5},"c":[7,8]})"), "1.5,8\n");
  EXPECT_EQ(line({"a"}, false, R"({"a":[1,{"b":2}]})"), "\"[1,{\"\"b\"\":2}]\"\n");
  EXPECT_EQ(line({"a.int32()"}, true, R"({"a":"x"})"), "column 'a.int32()': \"x\" is no int32");
  EXPECT_EQ(line({"a.date(%d/%m/%Y)"}, true, R"({"a":{"$date":"2024-02-29T10:00:00Z"}})"),
            "29/02/2024\n");
  EXPECT_EQ(line({"a", "b"}, false, R"({"a":"x,y","b":"\"q\""})", '\t'), "x,y\t\"q\"\n");
  EXPECT_NE(line({"a"}, false, R"({"a":"x\ty"})", '\t').find("column 'a'"), std::string::npos);
}

TEST(ProgressText, SaysHowFarHowFastAndHowLong) {
  const std::string bar = "[#########                     ]";
  EXPECT_EQ(ProgressText(30, 100, 1200, 3, false), bar + "  30%  1200 documents, 400/s, 0:07 left");
  EXPECT_EQ(ProgressText(30, 100, 0, 0.1, false), bar + "  30%  0 documents");
  EXPECT_EQ(ProgressText(30, 0, 1200, 3, false), "1200 documents, 400/s");
  EXPECT_EQ(ProgressText(1, 200, 10, 10, false).substr(32), "   0%  10 documents, 1/s, 33:10 left");
  EXPECT_EQ(ProgressText(300, 100, 1, 1, false).substr(32), " 100%  1 document, 1/s, 0:00 left");
}

}  // namespace
}  // namespace cairn::server
