// SPDX-License-Identifier: Apache-2.0
#include "tests/query/case_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cairn/json.h"
#include "tests/source_directory.h"

namespace cairn::cases {
namespace {

using bson::Type;
using bson::Value;

std::string Text(Value value) {
  std::string text;
  json::WriteValue(value, json::Format::kCanonical, &text);
  return text;
}

// Equal bytes: types count. The position of fields does, too.
bool Same(Value a, Value b) {
  return a.type() == b.type() &&
         (a.missing() || (a.size() == b.size() && memcmp(a.payload(), b.payload(), a.size()) == 0));
}

std::string Difference(const std::string& what, Value expected, Value found) {
  if (Same(expected, found)) return "";
  return what + ": expected " + Text(expected) + "\n  found " + Text(found) + "\n";
}

int CodeOf(bson::View reply) {
  if (reply["code"].type() == Type::kInt32) return reply["code"].AsInt32();
  const Value errors = reply["writeErrors"];
  if (errors.type() != Type::kArray || errors.AsView().empty()) return 0;
  const Value code = errors.AsView().begin()->value.AsView()["code"];
  return code.type() == Type::kInt32 ? code.AsInt32() : -1;
}

Value BatchOf(bson::View reply) {
  const Value cursor = reply["cursor"];
  return cursor.type() == Type::kDocument ? cursor.AsView()["firstBatch"] : Value();
}

// Runs what has to go well.
std::string Prepare(bson::View body, const RunCommand& run) {
  if (const Value documents = body["documents"]; documents.type() == Type::kArray) {
    const bson::Document insert =
        bson::Builder().AppendString("insert", "c").Append("documents", documents).Finish();
    const bson::Document reply = run(insert);
    if (CodeOf(reply) != 0) return "documents: " + json::ToJson(reply) + "\n";
  }
  if (const Value before = body["before"]; before.type() == Type::kArray) {
    for (const bson::Element& command : before.AsView()) {
      const bson::Document reply = run(command.value.AsView());
      if (CodeOf(reply) != 0) return "before: " + json::ToJson(reply) + "\n";
    }
  }
  return "";
}

std::string CheckReply(bson::View expected, bson::View reply) {
  std::string wrong;
  const Value error = expected["error"];
  const int code = CodeOf(reply);
  if (code != (error.missing() ? 0 : error.AsInt32())) {
    wrong += "error: expected " + (error.missing() ? "none" : Text(error)) + "\n  found " +
             json::ToJson(reply) + "\n";
  }
  if (const Value documents = expected["documents"]; !documents.missing()) {
    wrong += Difference("documents", documents, BatchOf(reply));
  }
  if (const Value fields = expected["reply"]; !fields.missing()) {
    for (const bson::Element& field : fields.AsView()) {
      wrong += Difference(std::string(field.name), field.value, reply[field.name]);
    }
  }
  return wrong;
}

}  // namespace

std::string Case::name() const {
  const Value name = body["name"];
  return name.type() == Type::kString ? std::string(name.AsString()) : "";
}

std::vector<Case> LoadCases() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SourceDirectory() / "tests/cases")) {
    if (entry.path().extension() == ".ejsonl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Case> cases;
  for (const auto& path : files) {
    std::ifstream in(path);
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (line.empty() || line[0] == '#') continue;
      Result<bson::Document> body = json::Parse(line);
      cases.push_back(
          {path.stem().string(), number, body.ok() ? std::move(body).value() : bson::Document()});
    }
  }
  return cases;
}

std::string Check(const Case& test, const RunCommand& run) {
  const bson::View body = test.body;
  if (body["command"].type() != Type::kDocument || body["expect"].type() != Type::kDocument ||
      test.name().empty()) {
    return "not a case: " + json::ToJson(body) + "\n";
  }
  const bson::View expected = body["expect"].AsView();
  if (expected.empty()) return "expects nothing\n";
  if (std::string wrong = Prepare(body, run); !wrong.empty()) return wrong;
  std::string wrong = CheckReply(expected, run(body["command"].AsView()));
  if (const Value after = expected["after"]; !after.missing()) {
    const bson::Document sort = bson::Builder().AppendInt32("_id", 1).Finish();
    const bson::Document find =
        bson::Builder().AppendString("find", "c").AppendDocument("sort", sort).Finish();
    wrong += Difference("after", after, BatchOf(run(find)));
  }
  return wrong;
}

}  // namespace cairn::cases
