// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/catalog.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace cairn::catalog {
namespace {

Collection Make(uint32_t id, std::string database, std::string name) {
  Collection collection;
  collection.id = id;
  collection.database = std::move(database);
  collection.name = std::move(name);
  return collection;
}

TEST(Catalog, FindsByNameAndId) {
  Catalog catalog;
  EXPECT_EQ(catalog.Find("d", "c"), nullptr);
  catalog.Publish(Make(3, "d", "c"));
  catalog.Publish(Make(4, "d", "b"));
  catalog.Publish(Make(5, "e", "c"));
  EXPECT_EQ(catalog.Find("d", "c")->id, 3u);
  EXPECT_EQ(catalog.FindById(5)->database, "e");
  EXPECT_EQ(catalog.Find("dc", ""), nullptr);
  EXPECT_EQ(catalog.FindById(6), nullptr);
  EXPECT_EQ(catalog.Databases(), (std::vector<std::string>{"d", "e"}));
  const std::vector<CollectionPtr> in_d = catalog.List("d");
  ASSERT_EQ(in_d.size(), 2u);
  EXPECT_EQ(in_d[0]->name, "b");
  EXPECT_EQ(in_d[1]->name, "c");
  EXPECT_EQ(catalog.List("").size(), 3u);
  EXPECT_EQ(catalog.List("f").size(), 0u);
}

TEST(Catalog, OldVersionsLiveOn) {
  Catalog catalog;
  const CollectionPtr first = catalog.Publish(Make(3, "d", "c"));
  EXPECT_EQ(first->version, 1u);
  Collection changed = *first;
  changed.indexes.emplace_back().name = "x";
  catalog.Publish(changed);
  EXPECT_TRUE(first->indexes.empty());
  EXPECT_EQ(catalog.Find("d", "c")->version, 2u);
  EXPECT_EQ(catalog.FindById(3), catalog.Find("d", "c"));
  EXPECT_EQ(catalog.List("").size(), 1u);
  catalog.Remove(3);
  catalog.Remove(3);
  EXPECT_EQ(catalog.Find("d", "c"), nullptr);
  EXPECT_EQ(catalog.FindById(3), nullptr);
}

TEST(Catalog, ManyThreads) {
  Catalog catalog;
  catalog.Publish(Make(1, "d", "c"));
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        ASSERT_NE(catalog.Find("d", "c"), nullptr);
        if (t < 2) {
          catalog.Publish(Make(1, "d", "c"));
          catalog.Publish(Make(10 + t, "d", std::to_string(t)));
          catalog.Remove(10 + t);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(catalog.FindById(1)->version, 4001u);
  EXPECT_EQ(catalog.List("").size(), 1u);
}

TEST(Uuid, IsOfVersion4AndNew) {
  std::set<std::array<uint8_t, 16>> seen;
  for (int i = 0; i < 100; ++i) {
    const std::array<uint8_t, 16> uuid = NewUuid(base::Clock::System());
    EXPECT_EQ(uuid[6] >> 4, 4);
    EXPECT_EQ(uuid[8] >> 6, 2);
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

}  // namespace
}  // namespace cairn::catalog
