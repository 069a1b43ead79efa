// SPDX-License-Identifier: Apache-2.0
// Key order is bson::Compare's order: all types against all, ascending, descending and compound,
// and no key is a prefix of another one.
#include <gtest/gtest.h>

#include <random>

#include "engine/key/encoding.h"
#include "tests/key/samples.h"

namespace cairn::key {
namespace {

using Encoding = void (*)(bson::Value, Direction, std::string*);

void Real(bson::Value value, Direction direction, std::string* key) {
  AppendValue(value, direction, key);
}

/// What an encoding puts into the wrong order.
struct Disorder {
  int pairs = 0;
  std::string text;  // The first few.
};

/// Which of all pairs of samples `encode` puts into another order than bson::Compare.
Disorder FindDisorder(Encoding encode, Direction direction) {
  const std::vector<bson::OwnedValue> samples = TypeSamples();
  std::vector<std::string> keys;
  for (const bson::OwnedValue& sample : samples) {
    encode(sample.value(), direction, &keys.emplace_back());
  }
  const int sign = direction == Direction::kDescending ? -1 : 1;
  Disorder found;
  for (size_t i = 0; i < samples.size(); ++i) {
    for (size_t j = 0; j < samples.size(); ++j) {
      const int expected = SignOf(bson::Compare(samples[i].value(), samples[j].value())) * sign;
      if (SignOf(keys[i].compare(keys[j])) == expected) continue;
      if (++found.pairs <= 3) {
        found.text += Describe(samples[i].value()) + " and " + Describe(samples[j].value()) + ": " +
                      ToHex(keys[i]) + ", " + ToHex(keys[j]) + "\n";
      }
    }
  }
  return found;
}

TEST(KeyOrder, AllTypesAscending) {
  const Disorder found = FindDisorder(Real, Direction::kAscending);
  EXPECT_EQ(found.pairs, 0) << found.text;
}
TEST(KeyOrder, AllTypesDescending) {
  const Disorder found = FindDisorder(Real, Direction::kDescending);
  EXPECT_EQ(found.pairs, 0) << found.text;
}

// The property must be able to fail: NUL bytes without an escape.
TEST(KeyOrder, PlantedMissingEscapeIsFound) {
  const Encoding unescaped = [](bson::Value value, Direction direction, std::string* key) {
    if (value.type() != bson::Type::kString) return AppendValue(value, direction, key);
    std::string plain = "\x30" + std::string(value.AsString()) + std::string(1, '\0');
    if (direction == Direction::kDescending) {
      for (char& c : plain) c = static_cast<char>(~c);
    }
    key->append(plain);
  };
  EXPECT_GT(FindDisorder(unescaped, Direction::kDescending).pairs, 0);
}

TEST(KeyOrder, NoKeyIsAPrefixOfAnother) {
  std::vector<std::string> keys;
  for (const bson::OwnedValue& sample : TypeSamples()) {
    AppendValue(sample.value(), Direction::kAscending, &keys.emplace_back());
  }
  for (const std::string& a : keys) {
    for (const std::string& b : keys) {
      ASSERT_TRUE(a == b || !b.starts_with(a)) << ToHex(a) << " and " << ToHex(b);
    }
  }
}

/// One to three fields and bytes that follow them, as the record numbers of a collection do.
struct Compound {
  std::vector<bson::OwnedValue> fields;
  std::string suffix;
};

int CompareCompound(const Compound& a, const Compound& b,
                    const std::vector<Direction>& directions) {
  for (size_t i = 0; i < directions.size(); ++i) {
    const int fields = SignOf(bson::Compare(a.fields[i].value(), b.fields[i].value()));
    if (fields != 0) return directions[i] == Direction::kDescending ? -fields : fields;
  }
  return SignOf(a.suffix.compare(b.suffix));
}

std::string KeyOf(const Compound& compound, const std::vector<Direction>& directions) {
  std::string key;
  for (size_t i = 0; i < directions.size(); ++i) {
    AppendValue(compound.fields[i].value(), directions[i], &key);
  }
  return key + compound.suffix;
}

TEST(KeyOrder, Compound) {
  const uint64_t seed = PrintedSeed();
  std::mt19937_64 random(seed);
  const std::vector<bson::OwnedValue> samples = TypeSamples();
  const std::string suffixes[] = {"", std::string(8, '\0'), std::string(8, '\xFF'), "\x01\x01"};
  for (int round = 0; round < 100000; ++round) {
    std::vector<Direction> directions(1 + random() % 3);
    for (Direction& direction : directions) direction = static_cast<Direction>(random() % 2);
    Compound a;
    for (size_t i = 0; i < directions.size(); ++i) {
      a.fields.push_back(samples[random() % samples.size()]);
    }
    a.suffix = suffixes[random() % 4];
    // The other differs in few places, and there by a neighbour in the list.
    Compound b = a;
    b.fields[random() % directions.size()] = samples[random() % samples.size()];
    b.suffix = suffixes[random() % 4];
    ASSERT_EQ(SignOf(KeyOf(a, directions).compare(KeyOf(b, directions))),
              CompareCompound(a, b, directions))
        << seed << ": " << ToHex(KeyOf(a, directions)) << " and " << ToHex(KeyOf(b, directions));
  }
}

TEST(KeyOrder, RandomDocuments) {
  const uint64_t seed = PrintedSeed();
  std::mt19937_64 random(seed);
  int equal = 0;
  for (int round = 0; round < 30000; ++round) {
    const bson::OwnedValue a = RandomValue(&random, 4);
    const bson::OwnedValue b = RandomValue(&random, 4);
    for (const Direction direction : {Direction::kAscending, Direction::kDescending}) {
      std::string key_a;
      std::string key_b;
      AppendValue(a.value(), direction, &key_a);
      AppendValue(b.value(), direction, &key_b);
      const int expected = SignOf(bson::Compare(a.value(), b.value()));
      equal += expected == 0;
      ASSERT_EQ(SignOf(key_a.compare(key_b)),
                direction == Direction::kDescending ? -expected : expected)
          << seed << ": " << Describe(a.value()) << " and " << Describe(b.value());
    }
  }
  EXPECT_GT(equal, 0);
}

}  // namespace
}  // namespace cairn::key
