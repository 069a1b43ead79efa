// SPDX-License-Identifier: Apache-2.0
// Numbers sort by their keys as by value. The reference is not bson::Compare alone but exact
// decimal digits, which know nothing of floating point; bson::Compare is held to the same
// reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <random>

#include "engine/base/bytes.h"
#include "engine/bson/number.h"
#include "engine/key/encoding.h"
#include "tests/key/samples.h"

namespace cairn::key {
namespace {

/// A number as exact digits: sign * 0.digits * 10^exponent. NaN and infinities by rank.
struct Exact {
  int rank = 0;  // -2 NaN, -1 minus infinity, 0 finite, 1 infinity.
  int sign = 0;
  int exponent = 0;
  std::string digits;  // No zeros at either end; empty for zero.
};

Exact FromDigits(bool negative, std::string digits, int point) {
  const size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return {};
  point -= static_cast<int>(first);
  digits.erase(0, first);
  digits.erase(digits.find_last_not_of('0') + 1);
  return {0, negative ? -1 : 1, point, std::move(digits)};
}

Exact ExactDouble(double value) {
  if (std::isnan(value)) return {-2, 0, 0, ""};
  if (std::isinf(value)) return {value > 0 ? 1 : -1, 0, 0, ""};
  char text[1200];
  // No double has more than 767 digits, and the C library prints all of them.
  std::snprintf(text, sizeof(text), "%.800e", std::fabs(value));
  std::string digits(text, 1);
  digits.append(text + 2, 800);
  return FromDigits(std::signbit(value), digits, std::atoi(text + 803) + 1);
}

Exact ExactDecimal(const bson::Decimal128& value) {
  if ((value.high >> 58 & 0x1F) == 0x1F) return {-2, 0, 0, ""};
  const bool negative = value.high >> 63 != 0;
  if ((value.high >> 58 & 0x1F) == 0x1E) return {negative ? -1 : 1, 0, 0, ""};
  unsigned __int128 coefficient =
      static_cast<unsigned __int128>(value.high & 0x1FFFFFFFFFFFF) << 64 | value.low;
  unsigned __int128 end = 1;
  for (int i = 0; i < 34; ++i) end *= 10;
  if ((value.high >> 61 & 3) == 3 || coefficient >= end) return {};
  std::string digits;
  for (; coefficient != 0; coefficient /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(coefficient % 10)));
  }
  const int exponent = static_cast<int>(value.high >> 49 & 0x3FFF) - 6176;
  return FromDigits(negative, digits, static_cast<int>(digits.size()) + exponent);
}

Exact ExactOf(bson::Value value) {
  switch (value.type()) {
    case bson::Type::kDouble:
      return ExactDouble(value.AsDouble());
    case bson::Type::kDecimal128:
      return ExactDecimal(value.AsDecimal128());
    default: {
      const int64_t integer =
          value.type() == bson::Type::kInt32 ? value.AsInt32() : value.AsInt64();
      std::string digits = std::to_string(integer);
      if (integer < 0) digits.erase(0, 1);
      const int point = static_cast<int>(digits.size());
      return FromDigits(integer < 0, std::move(digits), point);
    }
  }
}

int Compare(const Exact& a, const Exact& b) {
  if (a.rank != b.rank) return a.rank < b.rank ? -1 : 1;
  if (a.sign != b.sign) return a.sign < b.sign ? -1 : 1;
  if (a.exponent != b.exponent) return (a.exponent < b.exponent ? -1 : 1) * a.sign;
  return SignOf(a.digits.compare(b.digits)) * a.sign;
}

struct Sample {
  bson::OwnedValue value;
  Exact exact;
};

/// All samples, sorted by exact value.
const std::vector<Sample>& SortedSamples() {
  static const std::vector<Sample> kSamples = [] {
    std::vector<Sample> samples;
    for (bson::OwnedValue& value : NumberSamples()) {
      Exact exact = ExactOf(value.value());
      samples.push_back({std::move(value), std::move(exact)});
    }
    std::stable_sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) {
      return Compare(a.exact, b.exact) < 0;
    });
    return samples;
  }();
  return kSamples;
}

using Encoding = std::string (*)(bson::Value);

/// What an encoding puts into the wrong order.
struct Disorder {
  int pairs = 0;
  std::string text;  // The first few.
};

/// Which neighbours (up to five places apart) `encode` puts into another order than their value.
/// Keys compare as strings do, so that nothing is wrong next to each other means that nothing is.
Disorder FindDisorder(Encoding encode, bool descending) {
  const std::vector<Sample>& samples = SortedSamples();
  std::vector<std::string> keys;
  for (const Sample& sample : samples) keys.push_back(encode(sample.value.value()));
  Disorder found;
  for (size_t i = 0; i < samples.size(); ++i) {
    for (size_t j = i + 1; j < samples.size() && j <= i + 5; ++j) {
      const int expected = Compare(samples[i].exact, samples[j].exact) * (descending ? -1 : 1);
      if (SignOf(keys[i].compare(keys[j])) == expected) continue;
      if (++found.pairs <= 3) {
        found.text += Describe(samples[i].value.value()) + " and " +
                      Describe(samples[j].value.value()) + ": " + ToHex(keys[i]) + ", " +
                      ToHex(keys[j]) + "\n";
      }
    }
  }
  return found;
}

std::string Ascending(bson::Value value) {
  std::string key;
  AppendValue(value, Direction::kAscending, &key);
  return key;
}

std::string Descending(bson::Value value) {
  std::string key;
  AppendValue(value, Direction::kDescending, &key);
  return key;
}

TEST(NumberOrder, ThereAreNeighbours) {
  const std::vector<Sample>& samples = SortedSamples();
  EXPECT_GT(samples.size(), 20000u);
  int equal = 0;
  for (size_t i = 1; i < samples.size(); ++i) {
    equal += Compare(samples[i - 1].exact, samples[i].exact) == 0;
  }
  EXPECT_GT(equal, 1000);  // 1 and 1.0 and 1.00
}

TEST(NumberOrder, AscendingKeysSortByValue) {
  const Disorder found = FindDisorder(Ascending, false);
  EXPECT_EQ(found.pairs, 0) << found.text;
}

TEST(NumberOrder, DescendingKeysSortByValueBackwards) {
  const Disorder found = FindDisorder(Descending, true);
  EXPECT_EQ(found.pairs, 0) << found.text;
}

TEST(NumberOrder, CompareAgreesOnNeighbours) {
  const std::vector<Sample>& samples = SortedSamples();
  int wrong = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    for (size_t j = i + 1; j < samples.size() && j <= i + 3; ++j) {
      const int expected = Compare(samples[i].exact, samples[j].exact);
      const bson::Value a = samples[i].value.value();
      const bson::Value b = samples[j].value.value();
      if (SignOf(bson::Compare(a, b)) == expected && SignOf(bson::Compare(b, a)) == -expected) {
        continue;
      }
      if (++wrong <= 3) ADD_FAILURE() << Describe(a) << " and " << Describe(b);
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(NumberOrder, RandomPairs) {
  const uint64_t seed = PrintedSeed();
  std::mt19937_64 random(seed);
  const std::vector<Sample>& samples = SortedSamples();
  for (int i = 0; i < 100000; ++i) {
    const Sample& a = samples[random() % samples.size()];
    const Sample& b = samples[random() % samples.size()];
    const int expected = Compare(a.exact, b.exact);
    const int by_key = SignOf(Ascending(a.value.value()).compare(Ascending(b.value.value())));
    ASSERT_EQ(by_key, expected) << seed << ": " << Describe(a.value.value()) << " and "
                                << Describe(b.value.value());
    ASSERT_EQ(SignOf(bson::Compare(a.value.value(), b.value.value())), expected);
  }
}

TEST(NumberOrder, RandomDecimals) {
  const uint64_t seed = PrintedSeed();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50000; ++i) {
    // One decimal, and the double or decimal next to it.
    const unsigned __int128 coefficient =
        (static_cast<unsigned __int128>(random()) << 64 | random()) >> (16 + random() % 112);
    const int exponent = static_cast<int>(random() % 80) - 50;
    const bool negative = random() % 2 == 0;
    const bson::OwnedValue a = Decimal(negative, coefficient, exponent);
    const double near = bson::FloorToDouble(a.value().AsDecimal128());
    const std::vector<bson::OwnedValue> others = {Double(near),
                                                  Double(std::nextafter(near, INFINITY)),
                                                  Decimal(negative, coefficient + 1, exponent)};
    for (const bson::OwnedValue& b : others) {
      const int expected = Compare(ExactOf(a.value()), ExactOf(b.value()));
      ASSERT_EQ(SignOf(Ascending(a.value()).compare(Ascending(b.value()))), expected)
          << seed << ": " << Describe(a.value()) << " and " << Describe(b.value());
    }
  }
}

// The property must be able to fail: an encoding that rounds to the nearest double.
TEST(NumberOrder, PlantedRoundingToNearestIsFound) {
  const Encoding nearest = [](bson::Value value) {
    const double real = bson::ToDouble(bson::Number::From(value));
    std::string key = Ascending(Double(real).value()).substr(0, 9);
    return key + Ascending(value).substr(9);
  };
  EXPECT_GT(FindDisorder(nearest, false).pairs, 0);
}

// The same with an encoding that forgets the remainder of large integers.
TEST(NumberOrder, PlantedLossOfTheRemainderIsFound) {
  const Encoding lossy = [](bson::Value value) {
    std::string key = Ascending(value);
    key[9] = 0;
    key[10] = static_cast<char>(key[10] & 1);
    return key;
  };
  EXPECT_GT(FindDisorder(lossy, false).pairs, 0);
}

}  // namespace
}  // namespace cairn::key
