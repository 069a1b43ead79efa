// SPDX-License-Identifier: Apache-2.0
// The curl examples of the pages about HTTP, run as they stand: what stands below each is what the
// server answers. "…" in an answer stands for any text.
#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "server/http/routes.h"
#include "server/http/target.h"
#include "tests/server/http_fixture.h"
#include "tests/source_directory.h"

namespace cairn::server {
namespace {

constexpr std::string_view kAny = "…";
constexpr std::string_view kBase = "http://127.0.0.1:8585";

struct Example {
  int line = 0;
  std::string command;
  std::vector<std::string> answer;  ///< Status, headers, body.
};

std::vector<Example> ExamplesOf(const std::string& page) {
  std::ifstream in(SourceDirectory() / page);
  EXPECT_TRUE(in.good()) << page;
  std::vector<Example> examples;
  std::string language;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with("```")) {
      language = language.empty() ? line.substr(3) : "";
      if (language == "sh") examples.push_back({number, "", {}});
    } else if (language == "sh") {
      examples.back().command += line + "\n";
    } else if (language == "text") {
      examples.back().answer.push_back(line);
    }
  }
  return examples;
}

/// The words of a shell command: quotes, and lines that go on after a backslash.
std::vector<std::string> Words(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  char quote = '\0';
  for (size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word.push_back(c);
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      inside = true;
    } else if (c == '\\' && i + 1 < command.size() && command[i + 1] == '\n') {
      ++i;
    } else if (c == ' ' || c == '\n') {
      if (inside) words.push_back(word);
      word.clear();
      inside = false;
    } else {
      word.push_back(c);
      inside = true;
    }
  }
  return words;
}

/// What curl would send.
std::string RequestOf(const std::string& command) {
  std::string method;
  std::string target;
  std::string headers;
  std::string body;
  std::string query;
  bool in_target = false;
  bool has_body = false;
  const std::vector<std::string> words = Words(command);
  EXPECT_EQ(words.at(0), "curl");
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-X" || word == "--request") {
      method = words.at(++i);
    } else if (word == "-H" || word == "--header") {
      headers += words.at(++i) + "\r\n";
    } else if (word == "-G") {
      in_target = true;
    } else if (word == "-d" || word == "--data-raw" || word == "--data-binary") {
      std::string data = words.at(++i);
      if (word == "-d" && !in_target) std::erase(data, '\n');  // As curl does.
      query += (query.empty() ? "" : "&") + data;
      body += data;
      has_body = true;
    } else if (word == "--data-urlencode") {
      const std::string& data = words.at(++i);
      const size_t equals = data.find('=');
      query += (query.empty() ? "" : "&") + data.substr(0, equals + 1) +
               PercentEncode(data.substr(equals + 1));
    } else if (word.starts_with(kBase)) {
      target = word.substr(kBase.size());
    } else {
      EXPECT_EQ(word, "-s") << "the test does not know this option of curl";
    }
  }
  if (target.empty()) target = "/";
  if (in_target) {
    target += "?" + query;
    body.clear();
  } else if (has_body && headers.find("Content-Type") == std::string::npos) {
    headers += "Content-Type: application/x-www-form-urlencoded\r\n";
  }
  if (method.empty()) method = has_body && !in_target ? "POST" : "GET";
  return MakeRequest(method, target, body, headers);
}

/// Whether `text` is `pattern`, in which "…" stands for anything.
bool Matches(std::string_view text, std::string_view pattern) {
  bool first = true;
  while (true) {
    const size_t any = pattern.find(kAny);
    const std::string_view part = pattern.substr(0, any);
    const bool last = any == std::string_view::npos;
    if (last && !first) return text.ends_with(part);
    if (first && !text.starts_with(part)) return false;
    if (last) return text == part;
    const size_t at = text.find(part);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + part.size());
    pattern.remove_prefix(any + kAny.size());
    first = false;
  }
}

const RouteRow* RowOf(std::string_view method, std::string_view path) {
  const std::vector<std::string_view> segments = SplitPath(path);
  for (const RouteRow& row : Routes()) {
    const std::vector<std::string_view> parts = SplitPath(row.pattern);
    bool fits = method == row.method && parts.size() == segments.size();
    for (size_t i = 0; fits && i < parts.size(); ++i) {
      const bool is_name = parts[i].starts_with('{') && !segments[i].starts_with('_');
      fits = is_name || parts[i] == segments[i];
    }
    if (fits) return &row;
  }
  return nullptr;
}

/// What /openapi.json says of a good answer to `request` is so.
void CheckDescription(const std::string& request, const RawReply& reply) {
  const size_t target = request.find(' ') + 1;
  const size_t end = request.find_first_of("? ", target);
  const RouteRow* const row =
      RowOf(request.substr(0, target - 1), request.substr(target, end - target));
  ASSERT_NE(row, nullptr);
  if (reply.status >= 400) return;
  EXPECT_NE(std::find(row->statuses.begin(), row->statuses.end(), reply.status),
            row->statuses.end());
  EXPECT_TRUE(reply.Header("ETag").empty() || row->Has(kTagged));
  EXPECT_TRUE(reply.Header("Preference-Applied").empty() || row->Has(kPrefers));
  const std::string type = reply.Header("Content-Type");
  EXPECT_TRUE(type != "application/x-ndjson" || row->Has(kLines));
  if (type != "application/json" || row->members.empty()) return;
  const Result<bson::Document> body = json::Parse(reply.body);
  ASSERT_TRUE(body.ok()) << body.status().ToString();
  for (const bson::Element& element : body->view()) {
    const auto is_it = [&element](const Member& member) { return element.name == member.name; };
    const auto member = std::find_if(row->members.begin(), row->members.end(), is_it);
    ASSERT_NE(member, row->members.end()) << row->pattern << " also gives " << element.name;
    const std::string_view described = member->type;
    const bson::Type is = element.value.type();
    EXPECT_TRUE(described == "any" || (described == "integer" && element.value.IsNumber()) ||
                (described == "boolean" && is == bson::Type::kBool) ||
                (described == "string" && is == bson::Type::kString) ||
                (described == "array" && is == bson::Type::kArray) ||
                (described == "object" && is == bson::Type::kDocument))
        << row->pattern << " " << element.name;
  }
}

class HttpPage : public HttpTest {
 protected:
  int RunExamples(const std::string& page) {
    int examples = 0;
    for (const Example& example : ExamplesOf(page)) {
      if (example.answer.empty()) {
        ADD_FAILURE() << page << ":" << example.line << " has no answer";
        continue;
      }
      SCOPED_TRACE(page + ":" + std::to_string(example.line));
      const std::string request = RequestOf(example.command);
      const RawReply reply = Ask(request);
      CheckDescription(request, reply);
      EXPECT_EQ(std::to_string(reply.status), example.answer[0]) << reply.body;
      std::string body;
      for (size_t i = 1; i < example.answer.size(); ++i) {
        const std::string& line = example.answer[i];
        const size_t colon = line.find(": ");
        if (body.empty() && !line.starts_with('{') && colon != std::string::npos) {
          const std::string value = reply.Header(line.substr(0, colon));
          EXPECT_TRUE(Matches(value, line.substr(colon + 2))) << line << " is " << value;
        } else {
          body += line + "\n";
        }
      }
      std::string got = reply.body;
      if (!body.empty() && !got.ends_with('\n')) got += "\n";
      EXPECT_TRUE(Matches(got, body)) << body << "is\n" << reply.body;
      ++examples;
    }
    return examples;
  }
};

TEST_F(HttpPage, ExamplesAreAnsweredAsItSays) { EXPECT_GE(RunExamples("docs/http-api.md"), 28); }

TEST_F(HttpPage, AtlasExamplesAreAnsweredAsItSays) {
  EXPECT_GE(RunExamples("docs/from-atlas-data-api.md"), 18);
}

TEST(HttpPageText, MatchesWithGaps) {
  EXPECT_TRUE(Matches("abc", "abc"));
  EXPECT_FALSE(Matches("abcd", "abc"));
  EXPECT_TRUE(Matches("abcd", "a…d"));
  EXPECT_TRUE(Matches("abcd", "ab…"));
  EXPECT_FALSE(Matches("abcd", "b…"));
  EXPECT_FALSE(Matches("abcd", "a…c"));
}

}  // namespace
}  // namespace cairn::server
