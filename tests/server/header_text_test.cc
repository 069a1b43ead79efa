// SPDX-License-Identifier: Apache-2.0
#include "server/net/header_text.h"

#include <gtest/gtest.h>

#include "server/http/problem.h"

namespace cairn::server {
namespace {

TEST(HeaderText, Qualities) {
  const auto of = [](std::string_view list) { return QualityOf("br", list).value_or(-1); };
  EXPECT_EQ(of(""), -1);
  EXPECT_EQ(of("brotli, gzip"), -1);
  EXPECT_EQ(of("gzip , BR"), 1);
  EXPECT_EQ(of("br;q=0.25"), 0.25);
  EXPECT_EQ(of("br ; level=4 ;\tQ=0.5, *"), 0.5);
  EXPECT_EQ(of("br;q=0"), 0);
  EXPECT_EQ(of("br, br;q=0.5"), 0.5);
  for (const char* wrong : {"br;q=", "br;q=2", "br;q=-1", "br;q=x", "br;q=0.5x", "br;q=nan"}) {
    EXPECT_EQ(of(wrong), -1) << wrong;
  }
  EXPECT_EQ(of("br;q=0.5, br;q=x"), 0.5);
}

TEST(HeaderText, ElementsAndTypes) {
  std::string_view list = " a ,, b";
  EXPECT_EQ(TakeElement(',', &list), "a");
  EXPECT_EQ(TakeElement(',', &list), "");
  EXPECT_EQ(TakeElement(',', &list), "b");
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(MediaTypeOf("application/json ; charset=utf-8"), "application/json");
  EXPECT_TRUE(EqualsIgnoringCase("ETag", "etag"));
  EXPECT_FALSE(EqualsIgnoringCase("ETag", "etags"));
}

TEST(HeaderText, AClientGetsTheTypeThatItLikesBest) {
  const auto accepts = [](const char* accept) {
    Request request;
    request.headers.emplace_back("Accept", accept);
    return Accepts(request, "application/ejson");
  };
  EXPECT_TRUE(accepts("application/ejson"));
  EXPECT_TRUE(accepts("application/json, application/ejson"));
  EXPECT_TRUE(accepts("text/html, Application/EJSON;q=0.5, */*;q=0.3"));
  EXPECT_TRUE(accepts("application/ejson, */*"));
  EXPECT_FALSE(accepts("application/ejson;q=0.5, */*;q=0.8"));
  EXPECT_FALSE(accepts("application/ejson;q=0.5, application/*, */*;q=0.1"));
  EXPECT_TRUE(accepts("application/ejson, application/json;q=0.9"));
  EXPECT_FALSE(accepts("application/ejson;q=0.5, application/json"));
  EXPECT_FALSE(accepts("application/ejson;q=0"));
  EXPECT_FALSE(accepts("application/json"));
  EXPECT_FALSE(accepts("*/*"));
  EXPECT_FALSE(accepts("application/ejsonx"));
}

}  // namespace
}  // namespace cairn::server
