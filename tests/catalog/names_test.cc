// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/names.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn::catalog {
namespace {

TEST(DatabaseName, FollowsTheRules) {
  const struct {
    std::string name;
    bool valid;
  } kCases[] = {
      {"a", true},        {"test-1_B", true}, {std::string(63, 'x'), true},
      {"\xC3\xA4", true}, {"", false},        {std::string(64, 'x'), false},
      {"a/b", false},     {"a\\b", false},    {"a.b", false},
      {"a b", false},     {"a\"b", false},    {"a$b", false},
      {"a*b", true},      {"a<>b", true},     {"a:b", true},
      {"a|b", true},      {"a?b", true},      {std::string("a\0b", 3), false},
      {"\xC3", false},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(CheckDatabaseName(c.name).code(),
              c.valid ? ErrorCode::kOk : ErrorCode::kInvalidNamespace)
        << c.name;
  }
}

TEST(CollectionName, FollowsTheRules) {
  const struct {
    std::string name;
    bool readable;
    bool writable;
  } kCases[] = {
      {"c", true, true},
      {"a.b.c", true, true},
      {"with space", true, true},
      {"trailing.", true, true},
      {"systemic", true, true},
      {"system.js", true, true},
      {"system.users", true, true},
      {"system.", true, false},
      {std::string(252, 'x'), true, true},
      {std::string(253, 'x'), false, false},  // with "db." 256 bytes
      {"", false, false},
      {".a", false, false},
      {"a$b", false, false},
      {"$cmd", false, false},
      {std::string("a\0b", 3), false, false},
      {"\xFF", false, false},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(CheckCollectionName("db", c.name).code(),
              c.readable ? ErrorCode::kOk : ErrorCode::kInvalidNamespace)
        << c.name;
    EXPECT_EQ(CheckWritableCollectionName("db", c.name).code(),
              c.writable ? ErrorCode::kOk : ErrorCode::kInvalidNamespace)
        << c.name;
  }
}

TEST(CollectionName, ChecksTheDatabaseToo) {
  EXPECT_EQ(CheckCollectionName("d b", "c").code(), ErrorCode::kInvalidNamespace);
  EXPECT_EQ(CheckWritableCollectionName("", "c").code(), ErrorCode::kInvalidNamespace);
}

}  // namespace
}  // namespace cairn::catalog
