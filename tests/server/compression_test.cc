// SPDX-License-Identifier: Apache-2.0
// Which coding is chosen, and that compressed replies are what they were.
#include "server/http/compression.h"

#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <vector>

namespace cairn::server {
namespace {

std::string Gunzip(const std::string& bytes, size_t size_max) {
  z_stream stream{};
  std::string plain(size_max, '\0');
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  return plain;
}

std::string Unbrotli(const std::string& bytes, size_t size_max) {
  std::string plain(size_max, '\0');
  size_t size = plain.size();
  EXPECT_EQ(BrotliDecoderDecompress(bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()),
                                    &size, reinterpret_cast<uint8_t*>(plain.data())),
            BROTLI_DECODER_RESULT_SUCCESS);
  plain.resize(size);
  return plain;
}

class Lines final : public Source {
 public:
  explicit Lines(int lines) : left_(lines) {}
  static std::string Line(int number) { return "{\"_id\":" + std::to_string(number) + "}\n"; }
  Result<bool> Next(std::string* chunk) override {
    if (left_ > 0) *chunk += Line(left_--);
    return left_ > 0;
  }

 private:
  int left_;
};

std::string All(Source* source) {
  std::string bytes;
  for (bool more = true; more;) {
    Result<bool> next = source->Next(&bytes);
    EXPECT_TRUE(next.ok());
    more = next.ok() && *next;
  }
  return bytes;
}

Request Asking(std::string accept_encoding) {
  Request request;
  request.headers = {{"Accept-Encoding", std::move(accept_encoding)}};
  return request;
}

Reply Replying(size_t bytes) {
  Reply reply;
  reply.headers = {{"ETag", "\"abc\""}};
  while (reply.body.size() < bytes) reply.body += Lines::Line(static_cast<int>(reply.body.size()));
  return reply;
}

std::string HeaderOf(const Reply& reply, std::string_view wanted) {
  for (const auto& [name, value] : reply.headers) {
    if (name == wanted) return value;
  }
  return "";
}

TEST(Compression, TheBestLikedCodingIsChosen) {
  const std::vector<std::pair<const char*, Coding>> rows = {
      {"", Coding::kIdentity},
      {"gzip", Coding::kGzip},
      {"GZIP", Coding::kGzip},
      {"x-gzip", Coding::kGzip},
      {"br", Coding::kBrotli},
      {"gzip, deflate, br", Coding::kBrotli},
      {"deflate", Coding::kIdentity},
      {"gzip;q=1, br;q=0.5", Coding::kGzip},
      {"gzip ; q=0.2 , br; q=0.3", Coding::kBrotli},
      {"gzip;q=0", Coding::kIdentity},
      {"gzip;q=0.000, br;q=0", Coding::kIdentity},
      {"*", Coding::kBrotli},
      {"*;q=0.5, br;q=0", Coding::kGzip},
      {"identity", Coding::kIdentity},
      {"identity, gzip;q=0.5", Coding::kIdentity},
      {"identity;q=0, gzip;q=0.1", Coding::kGzip},
      {"gzip;q=x, br;q=", Coding::kIdentity},
      {"gzip;q=2", Coding::kIdentity},
      {"gzip;level=9", Coding::kGzip},
      {",,;,=,gzip", Coding::kGzip},
  };
  for (const auto& [header, coding] : rows) EXPECT_EQ(PreferredCoding(header), coding) << header;
}

TEST(Compression, BodiesOfAnySizeComeBack) {
  for (const size_t bytes : {kCompressedBytesMin, kCompressedAtOnceBytesMax - 100,
                             kCompressedAtOnceBytesMax + 100, size_t{3} << 20}) {
    for (const char* coding : {"gzip", "br"}) {
      const std::string plain = Replying(bytes).body;
      Reply reply = Replying(bytes);
      CompressReply(Asking(coding), false, &reply);
      EXPECT_EQ(HeaderOf(reply, "Content-Encoding"), coding);
      EXPECT_EQ(HeaderOf(reply, "Vary"), "Accept-Encoding");
      EXPECT_EQ(HeaderOf(reply, "ETag"), std::string("\"abc-") + coding + "\"");
      EXPECT_EQ(reply.source != nullptr, bytes > kCompressedAtOnceBytesMax);
      const std::string sent = reply.source ? All(reply.source.get()) : reply.body;
      EXPECT_LT(sent.size(), plain.size() / 2);
      EXPECT_EQ(std::string_view(coding) == "br" ? Unbrotli(sent, plain.size() + 1)
                                                 : Gunzip(sent, plain.size() + 1),
                plain);
    }
  }
}

TEST(Compression, SourcesStayStreams) {
  std::string plain;
  for (int i = 100'000; i > 0; --i) plain += Lines::Line(i);
  for (const char* coding : {"gzip", "br"}) {
    Reply reply;
    reply.content_type = "application/x-ndjson";
    reply.source = std::make_unique<Lines>(100'000);
    CompressReply(Asking(coding), false, &reply);
    std::string sent;
    size_t pieces = 0;
    for (bool more = true; more;) {
      std::string piece;
      more = reply.source->Next(&piece).value();
      pieces += piece.empty() ? 0 : 1;
      sent += piece;
    }
    EXPECT_GT(pieces, size_t{1});
    EXPECT_EQ(std::string_view(coding) == "br" ? Unbrotli(sent, plain.size() + 1)
                                               : Gunzip(sent, plain.size() + 1),
              plain);
  }
}

TEST(Compression, WhatWouldNotShrinkGoesAsItIs) {
  Reply small = Replying(kCompressedBytesMin - 50);
  CompressReply(Asking("gzip"), false, &small);
  EXPECT_EQ(HeaderOf(small, "Vary"), "");
  EXPECT_EQ(HeaderOf(small, "Content-Encoding"), "");
  Reply picture = Replying(5000);
  picture.content_type = "image/png";
  CompressReply(Asking("gzip"), false, &picture);
  EXPECT_EQ(HeaderOf(picture, "Content-Encoding"), "");
  Reply unasked = Replying(5000);
  CompressReply(Request(), false, &unasked);
  EXPECT_EQ(HeaderOf(unasked, "Vary"), "Accept-Encoding");
  EXPECT_EQ(HeaderOf(unasked, "ETag"), "\"abc\"");
  EXPECT_EQ(HeaderOf(unasked, "Content-Encoding"), "");
}

TEST(Compression, StreamsAboveTheLimitGoPlain) {
  std::vector<Reply> replies(1000);
  int compressed = 0;
  for (Reply& reply : replies) {
    reply.source = std::make_unique<Lines>(10);
    CompressReply(Asking("br"), false, &reply);
    compressed += HeaderOf(reply, "Content-Encoding") == "br" ? 1 : 0;
  }
  EXPECT_GT(compressed, 0);
  EXPECT_LT(compressed, 1000);
  EXPECT_EQ(All(replies.back().source.get()).substr(0, 11), "{\"_id\":10}\n");
  replies.clear();
  Reply later;
  later.source = std::make_unique<Lines>(10);
  CompressReply(Asking("br"), false, &later);
  EXPECT_EQ(HeaderOf(later, "Content-Encoding"), "br");
}

TEST(Compression, TagsOfCompressedRepliesComeBackPlain) {
  Request request = Asking("gzip");
  request.headers.emplace_back("if-match", "\"abc-gzip\", W/\"d-br\", \"e\"");
  EXPECT_TRUE(MakeEntityTagsPlain(&request));
  EXPECT_EQ(request.Header("If-Match"), "\"abc\", W/\"d\", \"e\"");
  EXPECT_FALSE(MakeEntityTagsPlain(&request));
  Reply unchanged;
  unchanged.status = 304;
  unchanged.headers = {{"ETag", "\"abc\""}};
  CompressReply(request, true, &unchanged);
  EXPECT_EQ(HeaderOf(unchanged, "ETag"), "\"abc-gzip\"");
  EXPECT_EQ(HeaderOf(unchanged, "Content-Encoding"), "");
}

}  // namespace
}  // namespace cairn::server
