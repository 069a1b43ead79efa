// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "engine/key/encoding.h"
#include "tests/key/samples.h"

namespace cairn::key {
namespace {

bson::OwnedValue Binary(const std::string& data) {
  return MakeValue([&](bson::Builder* b) { b->AppendBinary("", 0, data); });
}

TEST(DocumentKey, IsTheCollectionAndTheId) {
  EXPECT_EQ(ToHex(DocumentKey(5, Int32(1).value())), "0000000528bff00000000000000000");
  EXPECT_EQ(DocumentKey(5, Int32(1).value()), DocumentKey(5, Double(1).value()));
  const bson::OwnedValue id = String("an id");
  EXPECT_EQ(SuffixOfDocumentKey(DocumentKey(9, id.value())), EncodeId(id.value()));
}

TEST(DocumentKey, CutsLongIds) {
  // An encoded string has two bytes more than the string.
  const size_t whole = kMaxSuffixBytes - 1 - 2;
  for (const size_t length : {whole, whole + 1, whole + 2, size_t{100000}}) {
    const std::string text(length, 'x');
    const std::string key = EncodeId(String(text).value());
    EXPECT_EQ(key.size(), length == whole ? kMaxSuffixBytes - 1 : kMaxSuffixBytes);
    EXPECT_EQ(DocumentKey(1, String(text).value()).size(), 4 + key.size());
    EXPECT_EQ(EncodedSize(key, Direction::kAscending).ok(), length == whole);
  }
}

TEST(DocumentKey, UnequalLongIdsStayUnequal) {
  std::set<std::string> keys;
  for (size_t length = 1000; length < 1400; ++length) {
    keys.insert(EncodeId(String(std::string(length, 'x')).value()));
    keys.insert(EncodeId(Binary(std::string(length, 'x')).value()));
  }
  EXPECT_EQ(keys.size(), 800u);
}

TEST(FitKey, LeavesShortKeysAlone) {
  std::string key(kMaxKeyBytes - 1, 'k');
  EXPECT_FALSE(FitKey(&key));
  EXPECT_EQ(key, std::string(kMaxKeyBytes - 1, 'k'));
}

TEST(FitKey, CutsToAPrefixAndADigest) {
  std::string key = "abc";
  ASSERT_FALSE(FitKey(&key, 40));
  key = "abcdefgh" + std::string(32, 'z');
  ASSERT_TRUE(FitKey(&key, 40));
  EXPECT_EQ(key.size(), 40u);
  EXPECT_EQ(key.substr(0, 8), "abcdefgh");
  // SHA-256 of the whole, computed elsewhere.
  EXPECT_EQ(ToHex(key.substr(8)),
            "284b48254b2d87ee46a2d8da721a09e5d87a4adafdaf0432adeaba35c37f0d91");
  std::string longer(kMaxKeyBytes + 1, 'k');
  ASSERT_TRUE(FitKey(&longer));
  EXPECT_EQ(longer.size(), kMaxKeyBytes);
}

// A whole key never has the length of a cut one, so no chosen value can equal another's cut key.
TEST(FitKey, AKeyOfExactlyTheLimitIsCut) {
  std::string exact(kMaxKeyBytes, 'k');
  const std::string before = exact;
  EXPECT_TRUE(FitKey(&exact));
  EXPECT_EQ(exact.size(), kMaxKeyBytes);
  EXPECT_NE(exact, before);
}

}  // namespace
}  // namespace cairn::key
