// SPDX-License-Identifier: Apache-2.0
// Random updates with every operator on random documents: the diff, applied by a writer of its own
// to the old document, gives the new one, and an update that is no change has no diff.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "query/update/update.h"
#include "tests/query/documents.h"

namespace cairn {
namespace {

// A value as a tree that is easy to change. What is neither document nor array keeps its bytes.
struct Tree {
  bson::Type type = bson::Type::kNull;
  bson::OwnedValue scalar;
  std::vector<std::pair<std::string, Tree>> children;

  static Tree Of(bson::Value value) {
    Tree tree;
    tree.type = value.type();
    if (!tree.IsContainer()) {
      tree.scalar = bson::OwnedValue(value);
      return tree;
    }
    for (const bson::Element& element : value.AsView()) {
      tree.children.emplace_back(element.name, Of(element.value));
    }
    return tree;
  }

  bool IsContainer() const { return type == bson::Type::kDocument || type == bson::Type::kArray; }

  size_t Find(std::string_view name) const {
    size_t i = 0;
    while (i < children.size() && children[i].first != name) ++i;
    return i;
  }

  void Set(std::string_view path, bson::Value value) {
    const size_t dot = path.find('.');
    const std::string name(path.substr(0, dot));
    if (type == bson::Type::kArray) {
      const size_t wanted = std::stoul(name);
      while (children.size() <= wanted) {
        children.emplace_back(std::to_string(children.size()),
                              Of(bson::Value(bson::Type::kNull, "")));
      }
    }
    const size_t i = Find(name);
    if (i == children.size()) children.emplace_back(name, Tree());
    Tree& child = children[i].second;
    if (dot == std::string_view::npos) {
      child = Of(value);
      return;
    }
    if (!child.IsContainer()) child = Of(bson::Value(bson::Type::kDocument, bson::View().data()));
    child.Set(path.substr(dot + 1), value);
  }

  void Remove(std::string_view path) {
    const size_t dot = path.find('.');
    const size_t i = Find(path.substr(0, dot));
    ASSERT_LT(i, children.size()) << path;
    if (dot != std::string_view::npos) {
      children[i].second.Remove(path.substr(dot + 1));
    } else {
      children.erase(children.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  void Write(bson::Builder* out, std::string_view name) const {
    if (!IsContainer()) {
      out->Append(name, scalar.type() == bson::Type::kEndOfObject
                            ? bson::Value(bson::Type::kNull, "")
                            : scalar.value());
      return;
    }
    type == bson::Type::kArray ? out->OpenArray(name) : out->OpenDocument(name);
    for (const auto& [child_name, child] : children) child.Write(out, child_name);
    out->Close();
  }
};

std::string AfterDiff(bson::View before, bson::View diff) {
  Tree tree = Tree::Of(bson::Value(bson::Type::kDocument, before.data()));
  if (!diff["u"].missing()) {
    for (const bson::Element& set : diff["u"].AsView()) tree.Set(set.name, set.value);
  }
  if (!diff["d"].missing()) {
    for (const bson::Element& path : diff["d"].AsView()) tree.Remove(path.value.AsString());
  }
  bson::Builder builder;
  for (const auto& [name, child] : tree.children) child.Write(&builder, name);
  return Text(builder.Finish());
}

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}
  size_t Below(size_t n) { return random_() % n; }

  // Extended JSON. Arrays prevail, so that array operators find some.
  std::string Value(int depth) {
    switch (Below(depth > 0 ? 8 : 4)) {
      case 0:
        return "\"x\"";
      case 1:
        return "null";
      case 2:
      case 3:
        return std::to_string(Below(5));
      case 4:
        return Document(depth - 1);
      default: {
        std::string text = "[";
        for (size_t left = Below(4); left > 0; --left) {
          text += Value(depth - 1) + (left > 1 ? "," : "");
        }
        return text + "]";
      }
    }
  }

  std::string Document(int depth) {
    std::string text = "{";
    for (const char* name : {"0", "a", "b", "c"}) {
      if (Below(3) == 0) continue;
      if (text.size() > 1) text += ",";
      text += std::string("\"") + name + "\":" + Value(depth);
    }
    return text + "}";
  }

  std::string Path(bool positional) {
    static constexpr const char* kNames[] = {"a", "b", "c", "0", "2", "$[]", "$[i]", "$"};
    std::string path = kNames[Below(3)];
    while (Below(3) == 0) path += std::string(".") + kNames[Below(positional ? 8 : 5)];
    return path;
  }

  // One operator, as {"$name": {path: operand}}.
  std::string Operator() {
    const std::string number = std::to_string(Below(4));
    const std::string values = "[" + Value(1) + "," + number + "]";
    const std::pair<const char*, std::string> kinds[] = {
        {"$set", Value(2)},
        {"$unset", "1"},
        {"$inc", number},
        {"$mul", number},
        {"$min", Value(1)},
        {"$max", Value(1)},
        {"$bit", "{\"xor\":" + number + "}"},
        {"$push", Value(1)},
        {"$push", "{\"$each\":" + values + ",\"$position\":1}"},
        {"$push", "{\"$each\":" + values + ",\"$sort\":-1,\"$slice\":3}"},
        {"$addToSet", "{\"$each\":" + values + "}"},
        {"$pop", Below(2) == 0 ? "1" : "-1"},
        {"$pull", "{\"$gte\":" + number + "}"},
        {"$pullAll", values},
        {"$rename", "\"" + Path(false) + "\""},
    };
    const auto& [name, operand] = kinds[Below(std::size(kinds))];
    const bool renames = std::string_view(name) == "$rename";
    return std::string("\"") + name + "\":{\"" + Path(!renames) + "\":" + operand + "}";
  }

 private:
  std::mt19937_64 random_;
};

// The diff of an update that is damaged on purpose must be found.
TEST(RandomDiff, CheckFindsAWrongDiff) {
  EXPECT_NE(AfterDiff(Doc(R"({"a":1})"), Doc(R"({"u":{"a":2}})")), Text(Doc(R"({"a":3})")));
  EXPECT_NE(AfterDiff(Doc(R"({"a":1})"), Doc("{}")), Text(Doc("{}")));
  EXPECT_EQ(AfterDiff(Doc(R"({"a":[1],"b":2})"), Doc(R"({"u":{"a.2.x":5},"d":["b"]})")),
            Text(Doc(R"({"a":[1,null,{"x":5}]})")));
}

TEST(RandomDiff, MakesTheNewDocument) {
  const char* const given = std::getenv("CAIRN_TEST_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "seed: CAIRN_TEST_SEED=" << seed << "\n";
  Generator generator(seed);
  std::vector<bson::Document> filters;
  filters.push_back(Doc(R"({"i":{"$gte":1}})"));
  constexpr int kTries = 60'000;
  int changed = 0;
  std::map<ErrorCode, int> errors;
  for (int i = 0; i < kTries; ++i) {
    std::string text = "{" + generator.Operator();
    const std::string second = generator.Operator();
    if (second.substr(0, 4) != text.substr(1, 4)) text += "," + second;
    text += "}";
    const bson::Document before = Doc(generator.Document(3));
    const bool filtered = text.find("$[i]") != std::string::npos;
    const auto update = update::Update::ParseOperators(
        Doc(text),
        filtered ? std::span<const bson::Document>(filters) : std::span<const bson::Document>());
    if (!update.ok()) {
      ++errors[update.status().code()];
      continue;
    }
    const auto outcome = update->Apply(before, static_cast<int64_t>(generator.Below(3)) - 1);
    if (!outcome.ok()) {
      ++errors[outcome.status().code()];
      continue;
    }
    SCOPED_TRACE(text + " on " + Text(before) + " diff " + Text(outcome->diff));
    ASSERT_TRUE(bson::Validate(outcome->document.bytes()).ok());
    ASSERT_EQ(outcome->modified, outcome->document.bytes() != before.bytes());
    ASSERT_EQ(outcome->modified, !outcome->diff.empty());
    ASSERT_EQ(AfterDiff(before, outcome->diff), Text(outcome->document));
    changed += outcome->modified ? 1 : 0;
  }
  EXPECT_GT(changed, kTries / 8);
  for (const auto& [code, count] : errors) {
    const bool expected = code == ErrorCode::kBadValue || code == ErrorCode::kTypeMismatch ||
                          code == ErrorCode::kPathNotViable ||
                          code == ErrorCode::kConflictingUpdateOperators;
    EXPECT_TRUE(expected) << ErrorName(code) << ": " << count;
  }
}

}  // namespace
}  // namespace cairn
