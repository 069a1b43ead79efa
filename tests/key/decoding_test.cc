// SPDX-License-Identifier: Apache-2.0
// Values come back byte for byte; damaged keys are refused and never read beyond their end (the
// address sanitizer watches: every key here has a block of memory of exactly its size).
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "engine/key/encoding.h"
#include "tests/key/samples.h"

namespace cairn::key {
namespace {

/// Bytes in a block of exactly their size.
class Exactly {
 public:
  explicit Exactly(std::string_view bytes) : bytes_(new char[bytes.size()]), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};

void ExpectRoundTrip(const std::vector<bson::OwnedValue>& values, Direction direction) {
  std::string key;
  TypeBits types;
  bson::Builder expected;
  for (const bson::OwnedValue& value : values) {
    AppendValue(value.value(), direction, &key, &types);
    expected.Append("v", value.value());
  }
  key += "suffix";
  const Exactly key_block(key);
  const Exactly types_block(types.bytes());
  Decoder decoder(key_block.view(), types_block.view());
  bson::Builder out;
  for (const bson::OwnedValue& value : values) {
    const Result<size_t> size = EncodedSize(decoder.rest(), direction);
    ASSERT_TRUE(size.ok()) << Describe(value.value());
    const size_t before = decoder.rest().size();
    const Status status = decoder.Next(direction, "v", &out);
    ASSERT_TRUE(status.ok()) << status.ToString() << " " << Describe(value.value());
    ASSERT_EQ(before - decoder.rest().size(), size.value());
  }
  EXPECT_EQ(decoder.rest(), "suffix");
  const bson::Document decoded = out.Finish();
  ASSERT_EQ(ToHex(decoded.bytes()), ToHex(expected.Finish().bytes()));
}

/// Whether arrays, at any depth, have the indexes as names: others are not kept.
bson::OwnedValue WithIndexes(bson::Value value) {
  if (value.type() != bson::Type::kArray && value.type() != bson::Type::kDocument) {
    return bson::OwnedValue(value);
  }
  const bool array = value.type() == bson::Type::kArray;
  return MakeValue([&](bson::Builder* b) {
    array ? b->OpenArray("") : b->OpenDocument("");
    for (const bson::Element& element : value.AsView()) {
      const bson::OwnedValue inner = WithIndexes(element.value);
      b->Append(array ? b->NextIndex() : element.name, inner.value());
    }
    b->Close();
  });
}

TEST(Decoder, GivesBackEveryNumber) {
  for (const bson::OwnedValue& sample : NumberSamples()) {
    for (const Direction direction : {Direction::kAscending, Direction::kDescending}) {
      ExpectRoundTrip({sample}, direction);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Decoder, GivesBackEveryType) {
  for (const bson::OwnedValue& sample : TypeSamples()) {
    for (const Direction direction : {Direction::kAscending, Direction::kDescending}) {
      ExpectRoundTrip({WithIndexes(sample.value())}, direction);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Decoder, GivesBackRandomCompounds) {
  const uint64_t seed = PrintedSeed();
  std::mt19937_64 random(seed);
  for (int round = 0; round < 5000; ++round) {
    std::vector<bson::OwnedValue> values(1 + random() % 4);
    for (bson::OwnedValue& value : values) value = WithIndexes(RandomValue(&random, 4).value());
    ExpectRoundTrip(values, static_cast<Direction>(random() % 2));
    ASSERT_FALSE(HasFatalFailure()) << seed;
  }
}

/// A document of `levels` levels around null.
bson::OwnedValue Nested(int levels) {
  return MakeValue([levels](bson::Builder* b) {
    for (int i = 0; i < levels; ++i) i % 2 == 0 ? b->OpenArray("0") : b->OpenDocument("0");
    b->AppendNull("0");
    for (int i = 0; i < levels; ++i) b->Close();
  });
}

TEST(Decoder, DepthIsBounded) {
  ExpectRoundTrip({Nested(bson::kMaxDepth)}, Direction::kAscending);
  for (const int levels : {bson::kMaxDepth + 1, 200000}) {
    std::string key;
    AppendValue(Nested(levels).value(), Direction::kAscending, &key);
    EXPECT_EQ(EncodedSize(key, Direction::kAscending).status().code(),
              ErrorCode::kDataCorruptionDetected);
    Decoder decoder(key, {});
    bson::Builder out;
    EXPECT_EQ(decoder.Next(Direction::kAscending, "v", &out).code(),
              ErrorCode::kDataCorruptionDetected);
  }
}

TEST(Decoder, RefusesEveryTruncation) {
  for (const bson::OwnedValue& sample : TypeSamples()) {
    for (const Direction direction : {Direction::kAscending, Direction::kDescending}) {
      std::string key;
      TypeBits types;
      AppendValue(sample.value(), direction, &key, &types);
      for (size_t size = 0; size < key.size(); ++size) {
        const Exactly cut(std::string_view(key).substr(0, size));
        ASSERT_EQ(EncodedSize(cut.view(), direction).status().code(),
                  ErrorCode::kDataCorruptionDetected)
            << Describe(sample.value()) << " cut to " << size;
        Decoder decoder(cut.view(), types.bytes());
        bson::Builder out;
        ASSERT_EQ(decoder.Next(direction, "v", &out).code(), ErrorCode::kDataCorruptionDetected);
      }
    }
  }
}

/// Decodes bytes of which nothing is known. What decodes must be well-formed and, encoded again,
/// give the same bytes: no key has a second spelling.
void ExpectRefusedOrCanonical(std::string_view key, std::string_view types, Direction direction,
                              int* decoded) {
  const Exactly key_block(key);
  const Exactly types_block(types);
  Decoder decoder(key_block.view(), types_block.view());
  bson::Builder out;
  const Status status = decoder.Next(direction, "v", &out);
  if (!status.ok()) {
    ASSERT_EQ(status.code(), ErrorCode::kDataCorruptionDetected) << status.ToString();
    return;
  }
  ++*decoded;
  const bson::Document document = out.Finish();
  std::string again;
  AppendValue(document["v"], direction, &again);
  ASSERT_EQ(ToHex(again), ToHex(key.substr(0, key.size() - decoder.rest().size())));
}

TEST(Decoder, RefusesGarbage) {
  const uint64_t seed = PrintedSeed();
  std::mt19937_64 random(seed);
  const std::vector<bson::OwnedValue> samples = TypeSamples();
  const std::vector<bson::OwnedValue> numbers = NumberSamples();
  int decoded = 0;
  for (int round = 0; round < 200000; ++round) {
    const auto direction = static_cast<Direction>(random() % 2);
    std::string key;
    TypeBits type_bits;
    const uint64_t kind = random() % 3;
    const bson::OwnedValue value = kind == 0   ? samples[random() % samples.size()]
                                   : kind == 1 ? numbers[random() % numbers.size()]
                                               : RandomValue(&random, 3);
    AppendValue(value.value(), direction, &key, &type_bits);
    std::string types = type_bits.bytes();
    for (size_t flips = random() % 3; flips > 0; --flips) {
      key[random() % key.size()] = static_cast<char>(random() % 4 == 0 ? random() % 3 : random());
    }
    if (random() % 2 == 0) {
      types.assign(random() % 4, '\0');
      for (char& c : types) c = static_cast<char>(random() % 2 == 0 ? random() % 10 : random());
    }
    ExpectRefusedOrCanonical(key, types, direction, &decoded);
    ASSERT_FALSE(HasFatalFailure()) << seed << ": " << ToHex(key) << " " << ToHex(types);
  }
  EXPECT_GT(decoded, 10000);
}

TEST(Decoder, RefusesNumbersThatNoEncoderWrites) {
  struct Row {
    const char* what;
    std::string key;
    std::string types;
  };
  using std::string_literals::operator""s;
  const std::string one = "\x28\xBF\xF0\0\0\0\0\0\0"s;
  const std::string two53 = "\x28\xC3\x40\0\0\0\0\0\0"s;
  const Row rows[] = {
      {"a remainder below 2^53", one + "\0\x02"s, ""},
      {"a remainder as large as the next double", two53 + "\0\x04"s, ""},
      {"-0 in the key", "\x28\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0"s, ""},
      {"a second NaN", "\x28\0\0\0\0\0\0\0\x01\0\0"s, ""},
      {"a tail without digits", one + "\0\x01"s + std::string(16, '\0'), ""},
      {"a tail of another number", one + "\0\x01"s + "\x30" + std::string(15, '\x01'), ""},
      {"2^53 + 1 as a double", two53 + "\0\x02"s, "\x02"},
      {"1 as a negative zero", one + "\0\0"s, "\x03"},
      {"1 as a symbol", one + "\0\0"s, "\x09"},
      {"1 as a zero", one + "\0\0"s, "\x07\x20\x18"s},
      {"1 with 34 trailing zeros", one + "\0\0"s, "\x06\x22"s},
      {"1 with no trailing zeros, counted", one + "\0\0"s, "\x06\0"s},
      {"0 with an exponent out of range", "\x28\x80\0\0\0\0\0\0\0\0\0"s, "\x07\xFF\x7F"s},
      {"0.5 as an int64", "\x28\xBF\xE0\0\0\0\0\0\0\0\0"s, "\x01"},
      {"the least double as a decimal", "\x28\x80\0\0\0\0\0\0\x01\0\0"s, "\x05"},
      {"1 as the bits of a double", one + "\0\0"s, "\x04"s + std::string(8, '\0')},
      {"1 as the bits of a decimal", one + "\0\0"s, "\x08"s + std::string(16, '\0')},
      {"a string as a decimal", "\x30x\0"s, "\x05"},
      {"a boolean of 2", "\x58\x02"s, ""},
      {"a name with NUL", "\x38\x20\x01\x01\0\0"s, ""},
      {"an escape of another byte", "\x30\x01\x03\0"s, ""},
      {"an unknown type", "\x29"s, ""},
      {"a short binary in the long form", "\x48\xFF\0\0\0\x01\0x"s, ""},
      {"subtype 2 without its inner length", "\x48\x02\x02xx"s, ""},
  };
  for (const Row& row : rows) {
    Decoder decoder(row.key, row.types);
    bson::Builder out;
    EXPECT_EQ(decoder.Next(Direction::kAscending, "v", &out).code(),
              ErrorCode::kDataCorruptionDetected)
        << row.what;
  }
}

}  // namespace
}  // namespace cairn::key
