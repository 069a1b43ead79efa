// SPDX-License-Identifier: Apache-2.0
// Random updates on random documents: the result is valid, has what the update says and nothing
// else changed, and the same update once more changes nothing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include "query/update/update.h"
#include "tests/query/documents.h"

namespace cairn {
namespace {

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}
  size_t Below(size_t n) { return random_() % n; }

  void Value(bson::Builder* out, std::string_view name, int depth) {
    switch (Below(depth > 0 ? 6 : 3)) {
      case 0:
        out->AppendString(name, std::string(Below(20), 'x'));
        return;
      case 1:
        out->AppendNull(name);
        return;
      case 3:
        out->OpenDocument(name);
        Fields(out, depth - 1);
        out->Close();
        return;
      case 4:
      case 5:
        out->OpenArray(name);
        for (size_t left = Below(4); left > 0; --left) {
          const std::string index(out->NextIndex());
          Value(out, index, depth - 1);
        }
        out->Close();
        return;
      default:
        out->AppendInt32(name, static_cast<int32_t>(Below(100)));
        return;
    }
  }

  void Fields(bson::Builder* out, int depth) {
    for (const char* name : {"0", "1", "3", "a", "b"}) {
      if (Below(2) == 0) Value(out, name, depth);
    }
  }

  std::string Path() {
    static constexpr const char* kNames[] = {"0", "1", "3", "a", "b"};
    std::string path = kNames[Below(5)];
    while (Below(3) != 0) path += std::string(".") + kNames[Below(5)];
    return path;
  }

 private:
  std::mt19937_64 random_;
};

// The value at exactly this place; arrays have their positions for names.
bson::Value At(bson::View document, std::string_view path) {
  const size_t dot = path.find('.');
  const bson::Value value = document.Find(path.substr(0, dot));
  if (dot == std::string_view::npos || value.missing()) return value;
  if (value.type() != bson::Type::kDocument && value.type() != bson::Type::kArray) return {};
  return At(value.AsView(), path.substr(dot + 1));
}

std::string Show(bson::Value value) {
  if (value.missing()) return "missing";
  std::string text;
  json::WriteValue(value, json::Format::kCanonical, &text);
  return text;
}

struct Tried {
  bson::Document update;
  bson::Document before;
  std::set<std::string> paths;  // Of all operators.
};

void Check(const Tried& tried, const update::Update& update, const update::Outcome& outcome) {
  SCOPED_TRACE(Text(tried.update) + " " + Text(tried.before) + " " + Text(outcome.document));
  ASSERT_TRUE(bson::Validate(outcome.document.bytes()).ok());
  ASSERT_TRUE(bson::Validate(outcome.diff.bytes()).ok());
  ASSERT_EQ(outcome.modified, outcome.document.bytes() != tried.before.bytes());
  ASSERT_EQ(outcome.modified, !outcome.diff.empty());
  for (const bson::Element& modifier : tried.update.view()) {
    for (const bson::Element& field : modifier.value.AsView()) {
      const bson::Value now = At(outcome.document, field.name);
      if (modifier.name == "$set") {
        ASSERT_EQ(Show(now), Show(field.value)) << field.name;
      } else {
        ASSERT_TRUE(now.missing() || now.type() == bson::Type::kNull) << field.name;
      }
    }
  }
  // Where no path begins, nothing changed.
  std::set<std::string> touched;
  for (const std::string& path : tried.paths) touched.insert(path.substr(0, path.find('.')));
  for (const bson::Element& field : tried.before.view()) {
    if (touched.contains(std::string(field.name))) continue;
    ASSERT_EQ(Show(outcome.document[field.name]), Show(field.value)) << field.name;
  }
  const auto again = update.Apply(outcome.document);
  ASSERT_TRUE(again.ok());
  ASSERT_FALSE(again->modified);
}

TEST(RandomUpdate, DoesWhatItSays) {
  const char* const given = std::getenv("CAIRN_TEST_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "seed: CAIRN_TEST_SEED=" << seed << "\n";
  Generator generator(seed);
  constexpr int kTries = 50'000;
  int applied = 0;
  int conflicts = 0;
  for (int i = 0; i < kTries; ++i) {
    Tried tried;
    bson::Builder update_builder;
    for (const char* modifier : {"$set", "$unset"}) {
      update_builder.OpenDocument(modifier);
      for (size_t left = generator.Below(3); left > 0; --left) {
        const std::string path = generator.Path();
        if (tried.paths.insert(path).second) generator.Value(&update_builder, path, 2);
      }
      update_builder.Close();
    }
    tried.update = update_builder.Finish();
    bson::Builder document;
    generator.Fields(&document, 3);
    tried.before = document.Finish();
    const auto update = update::Update::ParseOperators(tried.update);
    if (!update.ok()) {
      ASSERT_EQ(update.status().code(), ErrorCode::kConflictingUpdateOperators);
      ++conflicts;
      continue;
    }
    const auto outcome = update->Apply(tried.before);
    if (!outcome.ok()) {
      ASSERT_EQ(outcome.status().code(), ErrorCode::kPathNotViable);
      continue;
    }
    ++applied;
    Check(tried, *update, *outcome);
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(applied, kTries / 4);
  EXPECT_GT(conflicts, kTries / 100);
}

}  // namespace
}  // namespace cairn
