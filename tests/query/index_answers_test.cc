// SPDX-License-Identifier: Apache-2.0
// Random collections, indexes and queries: every index gives the answer of a scan of the
// collection, which is that of a naive matcher; and an index that has lost an entry is noticed.
// CAIRN_INDEX_QUERIES sets how many queries are asked, CAIRN_SEED begins with a certain world.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/query/index_world.h"

namespace cairn {
namespace {

constexpr int kQueriesOfOneWorld = 400;

int QueriesWanted() {
  const char* wanted = std::getenv("CAIRN_INDEX_QUERIES");
  return wanted == nullptr ? 20'000 : std::atoi(wanted);
}

uint64_t Seed() {
  const char* given = std::getenv("CAIRN_SEED");
  const uint64_t seed =
      given == nullptr ? std::random_device()() : std::strtoull(given, nullptr, 10);
  std::cout << "seed: CAIRN_SEED=" << seed << "\n";
  return seed;
}

// Whether an answer is the naive one.
bool Agrees(IndexWorld* world, const Question& question, const Way& way,
            const std::vector<std::string>& expected, bool report) {
  std::string plan;
  const std::vector<std::string> answer = world->Answer(question, way, &plan);
  if (answer == expected) return true;
  if (report) {
    ADD_FAILURE() << question.ToString() << " hint " << way.hint << " allowed " << way.allowed
                  << " plan " << plan << "\nexpected " << testing::PrintToString(expected)
                  << "\ngot " << testing::PrintToString(answer);
  }
  return false;
}

// By a scan, by the planner's choice, by one index of its choices, and by a hinted one.
bool AllAgree(IndexWorld* world, const Question& question) {
  const std::vector<std::string> expected = world->NaiveAnswer(question);
  std::vector<Way> ways = {{R"({"$natural":1})", ""}, {"{}", ""}};
  ways.push_back({"{}", world->indexes()[world->Below(world->indexes().size())]});
  ways.push_back({world->complete()[world->Below(world->complete().size())], ""});
  bool agree = true;
  for (const Way& way : ways) agree &= Agrees(world, question, way, expected, true);
  return agree;
}

TEST(IndexAnswers, AreThoseOfAScanAndOfANaiveMatcher) {
  const uint64_t seed = Seed();
  const int wanted = QueriesWanted();
  int failures = 0;
  for (int asked = 0, worlds = 0; asked < wanted && failures < 3; ++worlds) {
    const uint64_t this_seed = seed + static_cast<uint64_t>(worlds);
    SCOPED_TRACE("CAIRN_SEED=" + std::to_string(this_seed));
    IndexWorld world(this_seed);
    for (int i = 0; i < kQueriesOfOneWorld && asked < wanted && failures < 3; ++i, ++asked) {
      if (i % 3 == 0) world.Churn();
      failures += AllAgree(&world, world.Ask()) ? 0 : 1;
    }
  }
}

// As if one put had been left out: of each kind of index. A single entry may be one that few
// queries look for, so that each kind has to be noticed, and most of the entries are.
constexpr int kTimesLost = 4;
TEST(IndexAnswers, AnEntryThatWasNotPutIsNoticed) {
  std::map<std::string, int> lost;
  std::map<std::string, int> noticed;
  int all_lost = 0;
  int all_noticed = 0;
  for (uint64_t seed = 1; seed < 90; ++seed) {
    IndexWorld world(seed);
    const std::string name = world.indexes()[world.Below(world.indexes().size())];
    if (!world.LoseAnEntry(name)) continue;
    bool differs = false;
    for (int i = 0; i < 4000 && !differs; ++i) {
      const Question question = world.Ask();
      differs = !Agrees(&world, question, {"{}", name}, world.NaiveAnswer(question), false);
    }
    ++lost[name];
    ++all_lost;
    noticed[name] += differs ? 1 : 0;
    all_noticed += differs ? 1 : 0;
  }
  for (const auto& [name, times] : lost) {
    std::cout << name << ": " << times << " lost, " << noticed[name] << " noticed\n";
    if (times >= kTimesLost) {
      EXPECT_GT(noticed[name], 0) << name;
    }
  }
  EXPECT_GT(all_lost, 40);
  EXPECT_GT(all_noticed * 2, all_lost);
}

}  // namespace
}  // namespace cairn
