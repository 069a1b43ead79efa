// SPDX-License-Identifier: Apache-2.0
#include "server/cli/address.h"

#include <gtest/gtest.h>

namespace cairn::server {
namespace {

TEST(Address, Parses) {
  const auto plain = ParseAddress("127.0.0.1:8585");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8585);
  const auto ipv6 = ParseAddress("[::1]:0");
  ASSERT_TRUE(ipv6.ok());
  EXPECT_EQ(ipv6->host, "::1");
  EXPECT_EQ(ToString(*ipv6), "[::1]:0");
}

TEST(Address, RefusesOthers) {
  for (const char* text : {"", "localhost", ":80", "a:", "a:b", "a:65536", "a:-1", "a:1x", "::1:80",
                           "[::1:80", "a:99999999999999999999"}) {
    EXPECT_EQ(ParseAddress(text).status().code(), ErrorCode::kBadValue) << text;
  }
}

TEST(Address, ParsesUrls) {
  EXPECT_EQ(ToString(ParseUrl("http://a:1").value()), "http://a:1");
  EXPECT_EQ(ToString(ParseUrl("http://a:1/").value()), "http://a:1");
  EXPECT_EQ(ToString(ParseUrl("http://a").value()), "http://a:80");
  EXPECT_EQ(ToString(ParseUrl("http://[::1]").value()), "http://[::1]:80");
  EXPECT_EQ(ToString(ParseUrl("http://[::1]:5").value()), "http://[::1]:5");
  EXPECT_EQ(ToString(ParseUrl("https://a").value()), "https://a:443");
  for (const char* text : {"", "a:1", "https://", "http://", "http://a:1/x", "http://u@a:1",
                           "http://a:1?x", "ftp://a:1"}) {
    EXPECT_EQ(ParseUrl(text).status().code(), ErrorCode::kBadValue) << text;
  }
}

TEST(Address, KnowsLoopback) {
  for (const char* host : {"localhost", "127.0.0.1", "127.9.8.7", "::1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host :
       {"0.0.0.0", "128.0.0.1", "::", "10.0.0.1", "localhost.example", "127.1", ""}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

}  // namespace
}  // namespace cairn::server
