// SPDX-License-Identifier: Apache-2.0
// Random documents as filters, as expressions and as projections: whatever they hold, they are
// refused with an error or work, and never crash. Meant for the sanitizers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "query/match/matcher.h"
#include "query/project/projection.h"
#include "tests/query/documents.h"

namespace cairn {
namespace {

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  bson::Document Document(int depth) {
    bson::Builder builder;
    Fields(&builder, depth);
    return builder.Finish();
  }

 private:
  size_t Below(size_t n) { return random_() % n; }

  std::string Name() {
    static constexpr const char* kNames[] = {
        "a",        "b",          "_id",       "a.b",         "a.0",          "a.$",
        "x",        "$and",       "$or",       "$nor",        "$not",         "$eq",
        "$ne",      "$gt",        "$lte",      "$in",         "$nin",         "$all",
        "$exists",  "$type",      "$size",     "$mod",        "$regex",       "$options",
        "$expr",    "$elemMatch", "$slice",    "$jsonSchema", "$bitsAllSet",  "$bitsAnyClear",
        "$comment", "$cond",      "$add",      "$divide",     "$concat",      "$ifNull",
        "$literal", "$toUpper",   "$subtract", "properties",  "required",     "items",
        "bsonType", "enum",       "pattern",   "minimum",     "uniqueItems",  "anyOf",
        "not",      "if",         "then",      "else",        "dependencies", "patternProperties"};
    return kNames[Below(std::size(kNames))];
  }

  void Fields(bson::Builder* out, int depth) {
    for (size_t left = Below(4); left > 0; --left) Value(out, Name(), depth);
  }

  void Value(bson::Builder* out, const std::string& name, int depth) {
    static constexpr const char* kTexts[] = {"", "$$ROOT", "$a", "(", "^x+", "int", "string", "x"};
    switch (Below(depth > 0 ? 14 : 9)) {
      case 0:
        out->AppendNull(name);
        return;
      case 1:
        out->AppendDouble(name, static_cast<double>(Below(9)) / 2 - 1);
        return;
      case 2:
        out->AppendBool(name, Below(2) == 0);
        return;
      case 3:
        out->AppendRegex(name, "a(b|c)*", Below(2) == 0 ? "i" : "");
        return;
      case 4:
        out->AppendBinary(name, static_cast<uint8_t>(Below(3)), std::string("\3\0\0\0abc", 7));
        return;
      case 5:
        out->AppendInt64(name, static_cast<int64_t>(random_()));
        return;
      case 6:
      case 7:
        out->AppendString(name, kTexts[Below(std::size(kTexts))]);
        return;
      case 8:
        out->AppendInt32(name, static_cast<int32_t>(Below(5)) - 1);
        return;
      case 9:
      case 10:
        out->OpenArray(name);
        for (size_t left = Below(4); left > 0; --left) {
          const std::string index(out->NextIndex());
          Value(out, index, depth - 1);
        }
        out->Close();
        return;
      default:
        out->OpenDocument(name);
        Fields(out, depth - 1);
        out->Close();
        return;
    }
  }

  std::mt19937_64 random_;
};

TEST(HostileFilters, AreRefusedOrWork) {
  const char* const given = std::getenv("CAIRN_TEST_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "seed: CAIRN_TEST_SEED=" << seed << "\n";
  Generator generator(seed);
  int filters = 0;
  int projections = 0;
  for (int i = 0; i < 100'000; ++i) {
    const bson::Document program = generator.Document(5);
    const bson::Document document = generator.Document(4);
    match::MatchDetails details;
    const auto matcher = match::Matcher::Parse(program);
    if (matcher.ok()) {
      ++filters;
      matcher->Matches(document, &details).status().PermitUncheckedError();
    }
    const auto projection = project::Projection::Parse(program);
    if (projection.ok()) {
      ++projections;
      bson::Builder builder;
      if (projection->Apply(document, &builder, details).ok()) {
        EXPECT_TRUE(bson::Validate(builder.Finish().bytes()).ok()) << Text(program);
      }
    }
  }
  EXPECT_GT(filters, 1000);
  EXPECT_GT(projections, 1000);
}

}  // namespace
}  // namespace cairn
