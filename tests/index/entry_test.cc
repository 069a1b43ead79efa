// SPDX-License-Identifier: Apache-2.0
// Entry bytes: test vectors (part of the on-disk format), damage, and ranges around cut keys.
#include "engine/index/entry.h"

#include <gtest/gtest.h>

#include <random>

#include "cairn/json.h"

namespace cairn::index {
namespace {

constexpr uint32_t kIndex = 0x01020304;

GeneratedKey KeyOf(std::string_view json_text,
                   key::Direction direction = key::Direction::kAscending) {
  const Result<bson::Document> document = json::ParseValue(json_text);
  EXPECT_TRUE(document.ok()) << json_text;
  GeneratedKey key;
  key::AppendValue(document->view().begin()->value, direction, &key.fields, &key.type_bits);
  key.cut = key::FitKey(&key.fields, key::kMaxFieldBytes);
  return key;
}

TEST(Entry, TestVectors) {
  const GeneratedKey key = KeyOf("\"ab\"");
  std::string bytes;
  EncodeEntryKey(kIndex, false, key, "SUFFIX", &bytes);
  EXPECT_EQ(bytes, std::string("\x01\x02\x03\x04\x30"
                               "ab\0SUFFIX",
                               14));
  EncodeEntryValue(false, key, "SUFFIX", &bytes);
  EXPECT_EQ(bytes, "");
  EncodeEntryKey(kIndex, true, key, "SUFFIX", &bytes);
  EXPECT_EQ(bytes, std::string("\x01\x02\x03\x04\x30"
                               "ab\0",
                               8));
  EncodeEntryValue(true, key, "SUFFIX", &bytes);
  EXPECT_EQ(bytes, std::string("\x06\0\0\0SUFFIX", 10));
  GeneratedKey cut = KeyOf('"' + std::string(3000, 'x') + '"');
  EncodeEntryValue(false, cut, "SUFFIX", &bytes);
  EXPECT_EQ(bytes, std::string(1, '\0'));
}

TEST(Entry, RoundTrip) {
  const std::string long_text = '"' + std::string(3000, 'x') + '"';
  for (const char* json_text :
       {"1", "1.5", "null", "\"abc\"", "{\"$numberLong\":\"1\"}", "[1,2]", long_text.c_str()}) {
    for (const bool unique : {false, true}) {
      for (const uint32_t descending : {0u, 1u}) {
        const GeneratedKey generated = KeyOf(json_text, static_cast<key::Direction>(descending));
        std::string key;
        std::string value;
        const std::string suffix("su\0ffix", 7);
        EncodeEntryKey(kIndex, unique, generated, suffix, &key);
        EncodeEntryValue(unique, generated, suffix, &value);
        ASSERT_LE(key.size(), key::kMaxKeyBytes);
        Entry entry;
        const Status status = DecodeEntry(key, value, unique, 1, descending, &entry);
        ASSERT_TRUE(status.ok()) << status.ToString();
        EXPECT_EQ(entry.fields, generated.fields);
        EXPECT_EQ(entry.suffix, suffix);
        EXPECT_EQ(entry.cut, generated.cut);
        EXPECT_EQ(entry.type_bits, generated.cut ? "" : generated.type_bits.bytes());
      }
    }
  }
}

TEST(Entry, RefusesDamage) {
  Entry entry;
  const auto code = [&](std::string_view key, std::string_view value, bool unique) {
    return DecodeEntry(key, value, unique, 1, 0, &entry).code();
  };
  const std::string whole(
      "\x01\x02\x03\x04\x30"
      "ab\0S",
      9);
  EXPECT_EQ(code(whole, "", false), ErrorCode::kOk);
  EXPECT_EQ(code(whole.substr(0, 8), "", false), ErrorCode::kDataCorruptionDetected);
  EXPECT_EQ(code(whole.substr(0, 6), "", false), ErrorCode::kDataCorruptionDetected);
  EXPECT_EQ(code(whole.substr(0, 4), "", false), ErrorCode::kDataCorruptionDetected);
  EXPECT_EQ(code(whole, std::string(1, '\0'), false), ErrorCode::kDataCorruptionDetected);
  EXPECT_EQ(code(whole, "", true), ErrorCode::kDataCorruptionDetected);
  EXPECT_EQ(code(whole, std::string("\x02\0\0\0x", 5), true), ErrorCode::kDataCorruptionDetected);
  EXPECT_EQ(code(whole, std::string("\0\0\0\0x", 5), true), ErrorCode::kDataCorruptionDetected);
}

TEST(Entry, RandomBytesDoNoHarm) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::string key(random() % 40, '\0');
    std::string value(random() % 12, '\0');
    for (char& c : key) c = static_cast<char>(random() % 4 == 0 ? random() : random() % 3);
    for (char& c : value) c = static_cast<char>(random() % 5);
    Entry entry;
    DecodeEntry(key, value, random() % 2 == 0, 1 + static_cast<int>(random() % 3),
                static_cast<uint32_t>(random() % 8), &entry)
        .PermitUncheckedError();
  }
}

bool Holds(const key::Range& range, const std::string& key) {
  return key >= range.begin && (range.end.empty() || key < range.end);
}

TEST(Entry, RangeHoldsCutKeys) {
  std::string key;
  // Equality: the bounds are the whole encoding, which no cut key equals. The digest that stands in
  // its place sorts anywhere, so many are tried.
  for (int i = 0; i < 32; ++i) {
    const std::string text = '"' + std::string(3000, 'x') + std::to_string(i) + '"';
    const GeneratedKey cut = KeyOf(text);
    ASSERT_TRUE(cut.cut);
    EncodeEntryKey(kIndex, false, cut, "S", &key);
    const Result<bson::Document> document = json::ParseValue(text);
    std::string whole;
    key::AppendValue(document->view().begin()->value, key::Direction::kAscending, &whole);
    EXPECT_TRUE(Holds(EntryRange(kIndex, key::PrefixRange(whole)), key));
    EXPECT_TRUE(Holds(EntryRange(kIndex, {whole, {}}), key));
    EXPECT_TRUE(Holds(EntryRange(kIndex, {{}, key::PrefixEnd(whole)}), key));
  }
  // Bounds on either side of it, short and long.
  EXPECT_TRUE(Holds(EntryRange(kIndex, {KeyOf("\"x\"").fields, KeyOf("\"y\"").fields}), key));
  EXPECT_FALSE(Holds(EntryRange(kIndex, {KeyOf("\"y\"").fields, {}}), key));
  EXPECT_FALSE(Holds(EntryRange(kIndex, {{}, KeyOf("\"x\"").fields}), key));
  EXPECT_TRUE(Holds(EntryRange(kIndex, {}), key));
  EXPECT_FALSE(Holds(EntryRange(kIndex + 1, {}), key));
  EXPECT_FALSE(Holds(EntryRange(kIndex - 1, {}), key));
}

}  // namespace
}  // namespace cairn::index
