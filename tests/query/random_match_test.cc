// SPDX-License-Identifier: Apache-2.0
// Random filters on random documents: the Matcher against the naive one, and against naive ones
// with planted bugs, which the comparison must find.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <random>

#include "query/match/matcher.h"
#include "tests/query/documents.h"
#include "tests/query/naive_matcher.h"

namespace cairn {
namespace {

uint64_t Seed() {
  const char* const given = std::getenv("CAIRN_TEST_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "seed: CAIRN_TEST_SEED=" << seed << "\n";
  return seed;
}

// Few names and few values, so that filters meet documents.
class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  bson::Document Document() {
    bson::Builder builder;
    Fields(&builder, 3);
    return builder.Finish();
  }

  bson::Document Filter() {
    bson::Builder builder;
    Clauses(&builder, 2);
    return builder.Finish();
  }

 private:
  size_t Below(size_t n) { return random_() % n; }
  bool OneIn(size_t n) { return Below(n) == 0; }
  const char* Name() {
    static constexpr const char* kNames[] = {"a", "b", "0", "1"};
    return kNames[OneIn(3) ? 2 + Below(2) : Below(2)];
  }

  void Fields(bson::Builder* out, int depth) {
    static constexpr const char* kNames[] = {"a", "b", "0", "1"};
    for (const char* name : kNames) {
      if (OneIn(2)) Value(out, name, depth);
    }
  }

  void Value(bson::Builder* out, std::string_view name, int depth) {
    switch (Below(depth > 0 ? 16 : 11)) {
      case 0:
        out->AppendNull(name);
        return;
      case 1:
        out->AppendInt64(name, static_cast<int64_t>(Below(4)));
        return;
      case 2:
        out->AppendDouble(name, static_cast<double>(Below(8)) / 2);
        return;
      case 3:
        out->AppendString(name, OneIn(2) ? "x" : "y");
        return;
      case 4:
        out->AppendBool(name, OneIn(2));
        return;
      case 5:
        Rare(out, name);
        return;
      case 11:
      case 12:
        out->OpenDocument(name);
        Fields(out, depth - 1);
        out->Close();
        return;
      case 13:
      case 14:
      case 15:
        out->OpenArray(name);
        for (size_t left = Below(4); left > 0; --left) {
          const std::string index(out->NextIndex());
          Value(out, index, depth - 1);
        }
        out->Close();
        return;
      default:
        out->AppendInt32(name, static_cast<int32_t>(Below(4)));
        return;
    }
  }

  void Rare(bson::Builder* out, std::string_view name) {
    switch (Below(5)) {
      case 0:
        out->AppendMinKey(name);
        return;
      case 1:
        out->AppendMaxKey(name);
        return;
      case 2:
        out->AppendDouble(name, std::numeric_limits<double>::quiet_NaN());
        return;
      case 3:
        out->AppendDouble(name, -0.0);
        return;
      default:
        out->AppendInt64(name, (int64_t{1} << 53) + 1);
        return;
    }
  }

  std::string Path() {
    std::string path = Name();
    while (OneIn(2)) path += std::string(".") + Name();
    return path;
  }

  void Operator(bson::Builder* out, int depth, bool first = true) {
    static constexpr const char* kComparisons[] = {"$eq", "$gt", "$gte", "$lt", "$lte", "$ne"};
    static constexpr const char* kTypes[] = {"int", "number", "array", "object", "null", "string"};
    switch (Below(18)) {
      case 12:
        out->OpenArray("$mod");
        out->AppendInt32("0", 1 + static_cast<int32_t>(Below(3)));
        out->AppendInt32("1", static_cast<int32_t>(Below(3)));
        out->Close();
        return;
      case 13:
        out->AppendInt32("$size", static_cast<int32_t>(Below(4)));
        return;
      case 14:
        // Of two in one place only the last would count.
        if (first) out->AppendString("$regex", OneIn(2) ? "x" : "y");
        return;
      case 15:
        out->OpenArray("$all");
        for (size_t left = Below(3); left > 0; --left) {
          const std::string index(out->NextIndex());
          Value(out, index, 1);
        }
        out->Close();
        return;
      case 16:
      case 17:
        if (depth > 0) {
          out->OpenDocument("$elemMatch");
          if (OneIn(2)) {
            Operators(out, depth - 1);
          } else {
            Clauses(out, 0);
          }
          out->Close();
          return;
        }
        [[fallthrough]];
      case 0:
        out->AppendBool("$exists", OneIn(2));
        return;
      case 1:
        out->AppendString("$type", kTypes[Below(6)]);
        return;
      case 2:
      case 3:
        out->OpenArray(OneIn(2) ? "$in" : "$nin");
        for (size_t left = Below(4); left > 0; --left) {
          const std::string index(out->NextIndex());
          Value(out, index, 1);
        }
        out->Close();
        return;
      case 4:
        if (depth > 0) {
          out->OpenDocument("$not");
          Operators(out, depth - 1);
          out->Close();
          return;
        }
        [[fallthrough]];
      default:
        Value(out, kComparisons[Below(6)], 2);
        return;
    }
  }

  void Operators(bson::Builder* out, int depth) {
    Operator(out, depth);
    if (OneIn(3)) Operator(out, depth, false);
  }

  void Clauses(bson::Builder* out, int depth) {
    for (size_t left = 1 + Below(2); left > 0; --left) {
      if (depth > 0 && OneIn(4)) {
        static constexpr const char* kJunctions[] = {"$and", "$nor", "$or"};
        out->OpenArray(kJunctions[Below(3)]);
        for (size_t branches = 1 + Below(3); branches > 0; --branches) {
          const std::string index(out->NextIndex());
          out->OpenDocument(index);
          Clauses(out, depth - 1);
          out->Close();
        }
        out->Close();
      } else if (OneIn(3)) {
        Value(out, Path(), 2);
      } else {
        out->OpenDocument(Path());
        Operators(out, 2);
        out->Close();
      }
    }
  }

  std::mt19937_64 random_;
};

constexpr int kPairs = 1'000'000;

TEST(RandomMatch, AgreesWithNaiveMatcher) {
  Generator generator(Seed());
  int matches = 0;
  for (int i = 0; i < kPairs; ++i) {
    const bson::Document filter = generator.Filter();
    const bson::Document document = generator.Document();
    const auto matcher = match::Matcher::Parse(filter);
    ASSERT_TRUE(matcher.ok()) << Text(filter) << " " << matcher.status().ToString();
    const bool expected = NaiveMatches(ToTree(filter), ToTree(document));
    ASSERT_EQ(matcher->Matches(document).value(), expected) << Text(filter) << "\n"
                                                            << Text(document);
    matches += expected ? 1 : 0;
  }
  // Otherwise the generator makes pairs that say nothing.
  EXPECT_GT(matches, kPairs / 20);
  EXPECT_LT(matches, kPairs - kPairs / 20);
}

TEST(RandomMatch, FindsPlantedBugs) {
  for (const PlantedBug bug : {PlantedBug::kNullIgnoresMissing, PlantedBug::kWholeArrayForgotten,
                               PlantedBug::kTypesCompareAcross}) {
    Generator generator(Seed());
    bool found = false;
    for (int i = 0; i < kPairs && !found; ++i) {
      const bson::Document filter = generator.Filter();
      const bson::Document document = generator.Document();
      found = match::Matcher::Parse(filter)->Matches(document).value() !=
              NaiveMatches(ToTree(filter), ToTree(document), bug);
    }
    EXPECT_TRUE(found) << static_cast<int>(bug);
  }
}

}  // namespace
}  // namespace cairn
