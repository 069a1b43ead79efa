// SPDX-License-Identifier: Apache-2.0
// Test vectors of the table of keys: part of the on-disk format.
#include "engine/key/keyspace.h"

#include <gtest/gtest.h>

#include "tests/key/samples.h"

namespace cairn::key {
namespace {

TEST(Keyspace, Vectors) {
  EXPECT_EQ(ToHex(FormatVersionKey()), "01");
  EXPECT_EQ(ToHex(NextIdKey()), "02");
  EXPECT_EQ(ToHex(CollectionKey("shop", "orders")), "0373686f70006f7264657273");
  EXPECT_EQ(ToHex(CountsKey(0x01020304)), "0401020304");
  EXPECT_EQ(ToHex(CommitKey(0x0102030405060708)), "050102030405060708");
  EXPECT_EQ(ToHex(DroppedKey(7)), "0600000007");
  EXPECT_EQ(ToHex(IdPrefix(0xFFFFFFFF)), "ffffffff");
  EXPECT_EQ(SuffixOfDocumentKey("\x01\x02\x03\x04suffix"), "suffix");
  EXPECT_EQ(static_cast<int>(Family::kCatalog), 0);
  EXPECT_EQ(static_cast<int>(Family::kDocuments), 1);
  EXPECT_EQ(static_cast<int>(Family::kIndexes), 2);
}

TEST(Keyspace, PrefixEnd) {
  EXPECT_EQ(PrefixEnd("a"), "b");
  EXPECT_EQ(PrefixEnd("a\xFF"), "b");
  EXPECT_EQ(PrefixEnd("a\x7F"), "a\x80");
  EXPECT_EQ(PrefixEnd("\xFF\xFF"), "");
  EXPECT_EQ(PrefixEnd(""), "");
  EXPECT_EQ(PrefixEnd(IdPrefix(0x000000FF)), std::string("\x00\x00\x01", 3));
}

bool Contains(const Range& range, const std::string& key) {
  return range.begin <= key && (range.end.empty() || key < range.end);
}

TEST(Keyspace, Ranges) {
  const Range shop = CollectionsRange("shop");
  EXPECT_TRUE(Contains(shop, CollectionKey("shop", "")));
  EXPECT_TRUE(Contains(shop, CollectionKey("shop", "\xFF\xFF")));
  EXPECT_FALSE(Contains(shop, CollectionKey("shop2", "a")));
  EXPECT_FALSE(Contains(shop, CollectionKey("sho", "p")));
  const Range all = CollectionsRange("");
  EXPECT_TRUE(Contains(all, CollectionKey("shop2", "a")));
  EXPECT_TRUE(Contains(all, CollectionKey("\xFF", "a")));
  EXPECT_FALSE(Contains(all, CountsKey(0)));
  EXPECT_FALSE(Contains(all, NextIdKey()));
  EXPECT_TRUE(Contains(DroppedRange(), DroppedKey(0)));
  EXPECT_TRUE(Contains(DroppedRange(), DroppedKey(UINT32_MAX)));
  EXPECT_FALSE(Contains(DroppedRange(), CommitKey(UINT64_MAX)));
}

TEST(Keyspace, IntegersSort) {
  EXPECT_LT(CommitKey(255), CommitKey(256));
  EXPECT_LT(CountsKey(0x7FFFFFFF), CountsKey(0x80000000));
  EXPECT_LT(IdPrefix(0xFF), IdPrefix(0x100));
}

}  // namespace
}  // namespace cairn::key
