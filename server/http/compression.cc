// SPDX-License-Identifier: Apache-2.0
// zlib and brotli behind one small interface. Their state is a few hundred KB for each reply that
// is compressed while it is sent, so the number of those is limited; what comes above it goes
// plain.
#include "server/http/compression.h"

#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "server/net/header_text.h"

namespace cairn::server {
namespace {

constexpr int kGzipLevel = 5;
constexpr int kGzipWindowBits = 15 + 16;  // 16 asks for gzip's frame.
constexpr int kGzipMemoryLevel = 8;
constexpr int kBrotliQuality = 4;
constexpr int kBrotliWindowBits = 18;
constexpr size_t kStepBytes = size_t{32} << 10;
constexpr int kStreamsMax = 128;
constexpr std::string_view kGzipSuffix = "-gzip\"";
constexpr std::string_view kBrotliSuffix = "-br\"";

/// Takes bytes and gives compressed ones.
class Compressor {
 public:
  virtual ~Compressor() = default;
  /// Appends what is ready to `out`; with `last` all of it. False: memory is short.
  virtual bool Write(std::string_view bytes, bool last, std::string* out) = 0;
};

class GzipCompressor final : public Compressor {
 public:
  GzipCompressor() {
    ready_ = deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindowBits, kGzipMemoryLevel,
                          Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipCompressor() override { deflateEnd(&stream_); }
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;

  bool Write(std::string_view bytes, bool last, std::string* out) override {
    if (!ready_) return false;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      const size_t size = out->size();
      out->resize(size + kStepBytes);
      stream_.next_out = reinterpret_cast<Bytef*>(out->data() + size);
      stream_.avail_out = static_cast<uInt>(kStepBytes);
      const int result = deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      out->resize(out->size() - stream_.avail_out);
      if (result == Z_STREAM_ERROR) return false;
    } while (stream_.avail_out == 0);
    return true;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

class BrotliCompressor final : public Compressor {
 public:
  BrotliCompressor() : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) return;
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kBrotliQuality);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kBrotliWindowBits);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT);
  }
  ~BrotliCompressor() override { BrotliEncoderDestroyInstance(state_); }
  BrotliCompressor(const BrotliCompressor&) = delete;
  BrotliCompressor& operator=(const BrotliCompressor&) = delete;

  bool Write(std::string_view bytes, bool last, std::string* out) override {
    if (state_ == nullptr) return false;
    const auto* next = reinterpret_cast<const uint8_t*>(bytes.data());
    size_t left = bytes.size();
    const BrotliEncoderOperation operation =
        last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS;
    do {
      size_t none = 0;
      if (BrotliEncoderCompressStream(state_, operation, &left, &next, &none, nullptr, nullptr) ==
          BROTLI_FALSE) {
        return false;
      }
      size_t ready = 0;
      const uint8_t* const made = BrotliEncoderTakeOutput(state_, &ready);
      out->append(reinterpret_cast<const char*>(made), ready);
    } while (left > 0 || BrotliEncoderHasMoreOutput(state_) != BROTLI_FALSE ||
             (last && BrotliEncoderIsFinished(state_) == BROTLI_FALSE));
    return true;
  }

 private:
  BrotliEncoderState* const state_;
};

std::unique_ptr<Compressor> MakeCompressor(Coding coding) {
  if (coding == Coding::kGzip) return std::make_unique<GzipCompressor>();
  return std::make_unique<BrotliCompressor>();
}

/// A body that is there already, in pieces.
class BodySource final : public Source {
 public:
  explicit BodySource(std::string body) : body_(std::move(body)) {}
  Result<bool> Next(std::string* chunk) override {
    chunk->append(body_, at_, kStepBytes);
    at_ = std::min(at_ + kStepBytes, body_.size());
    return at_ < body_.size();
  }

 private:
  std::string body_;
  size_t at_ = 0;
};

std::atomic<int> streams{0};

class CompressedSource final : public Source {
 public:
  CompressedSource(std::unique_ptr<Source> plain, Coding coding)
      : plain_(std::move(plain)), compressor_(MakeCompressor(coding)) {}
  ~CompressedSource() override { --streams; }
  CompressedSource(const CompressedSource&) = delete;
  CompressedSource& operator=(const CompressedSource&) = delete;

  Result<bool> Next(std::string* chunk) override {
    bytes_.clear();
    Result<bool> more = plain_->Next(&bytes_);
    if (more.ok() && !compressor_->Write(bytes_, !*more, chunk)) {
      return Status(ErrorCode::kInternalError, "no memory to compress the reply");
    }
    return more;
  }

 private:
  const std::unique_ptr<Source> plain_;
  const std::unique_ptr<Compressor> compressor_;
  std::string bytes_;
};

bool ShrinksWell(std::string_view content_type) {
  const std::string_view type = MediaTypeOf(content_type);
  return type.starts_with("text/") ? type != "text/event-stream"
                                   : type.ends_with("json") || type.ends_with("+xml");
}

std::string_view SuffixOf(Coding coding) {
  return coding == Coding::kGzip ? kGzipSuffix : kBrotliSuffix;
}

void CodeEntityTag(Coding coding, Reply* reply) {
  for (auto& [name, value] : reply->headers) {
    if (!EqualsIgnoringCase(name, "ETag") || !value.ends_with('"')) continue;
    value.pop_back();
    value += SuffixOf(coding);
  }
}

bool HasHeader(const Reply& reply, std::string_view wanted) {
  return std::any_of(reply.headers.begin(), reply.headers.end(), [wanted](const auto& header) {
    return EqualsIgnoringCase(header.first, wanted);
  });
}

/// Whether it is compressed now.
bool CompressBody(Coding coding, Reply* reply) {
  if (reply->source == nullptr && reply->body.size() <= kCompressedAtOnceBytesMax) {
    std::string compressed;
    if (!MakeCompressor(coding)->Write(reply->body, true, &compressed)) return false;
    reply->body = std::move(compressed);
    return true;
  }
  if (streams.fetch_add(1) >= kStreamsMax) {
    --streams;
    return false;
  }
  if (reply->source == nullptr) {
    reply->source = std::make_unique<BodySource>(std::move(reply->body));
    reply->body.clear();
  }
  reply->source = std::make_unique<CompressedSource>(std::move(reply->source), coding);
  return true;
}

}  // namespace

Coding PreferredCoding(std::string_view accept_encoding) {
  const double any = QualityOf("*", accept_encoding).value_or(0);
  const double x_gzip = QualityOf("x-gzip", accept_encoding).value_or(any);
  const double gzip = QualityOf("gzip", accept_encoding).value_or(x_gzip);
  const double brotli = QualityOf("br", accept_encoding).value_or(any);
  const double identity = QualityOf("identity", accept_encoding).value_or(0);
  if (std::max(gzip, brotli) <= 0 || identity > std::max(gzip, brotli)) return Coding::kIdentity;
  return brotli >= gzip ? Coding::kBrotli : Coding::kGzip;
}

bool MakeEntityTagsPlain(Request* request) {
  bool coded = false;
  for (auto& [name, value] : request->headers) {
    if (!EqualsIgnoringCase(name, "If-Match") && !EqualsIgnoringCase(name, "If-None-Match")) {
      continue;
    }
    for (const std::string_view suffix : {kGzipSuffix, kBrotliSuffix}) {
      for (size_t at = 0; (at = value.find(suffix, at)) != std::string::npos; ++at) {
        value.replace(at, suffix.size(), "\"");
        coded = true;
      }
    }
  }
  return coded;
}

void CompressReply(const Request& request, bool coded_tags, Reply* reply) {
  constexpr int kNotModified = 304;
  const bool large = reply->source != nullptr || reply->body.size() >= kCompressedBytesMin;
  if (reply->status != kNotModified &&
      (!large || !ShrinksWell(reply->content_type) || HasHeader(*reply, "Content-Encoding"))) {
    return;
  }
  const Coding coding = PreferredCoding(request.Header("Accept-Encoding"));
  reply->headers.emplace_back("Vary", "Accept-Encoding");
  if (coding == Coding::kIdentity) return;
  if (reply->status == kNotModified) {
    if (coded_tags) CodeEntityTag(coding, reply);
    return;
  }
  if (!CompressBody(coding, reply)) return;
  CodeEntityTag(coding, reply);
  reply->headers.emplace_back("Content-Encoding", coding == Coding::kGzip ? "gzip" : "br");
}

}  // namespace cairn::server
