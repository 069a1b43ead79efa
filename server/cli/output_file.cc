// SPDX-License-Identifier: Apache-2.0
// Writing under another name first, and packing.
#include "server/cli/output_file.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace cairn::server {
namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;
// 15 bits of window, and a gzip header.
constexpr int kGzipWindow = 15 + 16;
constexpr int kGzipMemory = 8;

}  // namespace

class OutputFile::Packer {
 public:
  Packer() {
    ready_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kGzipMemory,
                          Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Packer() {
    if (ready_) deflateEnd(&stream_);
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  bool ready() const { return ready_; }
  /// Hands what it packs of `bytes` to `write`, at the end everything.
  template <typename Write>
  Status Pack(std::string_view bytes, bool end, Write write) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(packed_.data());
      stream_.avail_out = static_cast<uInt>(packed_.size());
      deflate(&stream_, end ? Z_FINISH : Z_NO_FLUSH);
      Status status = write({packed_.data(), packed_.size() - stream_.avail_out});
      if (!status.ok()) return status;
    } while (stream_.avail_out == 0);
    return Status::Ok();
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
  std::vector<char> packed_ = std::vector<char>(kBufferBytes);
};

OutputFile::OutputFile() : owned_(nullptr, [](std::FILE* opened) { return std::fclose(opened); }) {}
OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile& OutputFile::operator=(OutputFile&&) noexcept = default;

OutputFile::~OutputFile() {
  if (owned_ == nullptr) return;
  owned_.reset();
  if (!unfinished_.empty()) std::remove(unfinished_.c_str());
}

Result<OutputFile> OutputFile::Create(const std::string& path, bool gzip) {
  OutputFile output;
  if (gzip) {
    output.packer_ = std::make_unique<Packer>();
    if (!output.packer_->ready()) return Status(ErrorCode::kOperationFailed, "out of memory");
  }
  if (path.empty()) {
    output.file_ = stdout;
    return output;
  }
  std::error_code error;
  const std::filesystem::path named = std::filesystem::weakly_canonical(path, error);
  output.path_ = error ? path : named.string();
  const std::filesystem::file_status kind = std::filesystem::status(output.path_, error);
  const bool replace = !std::filesystem::exists(kind) || std::filesystem::is_regular_file(kind);
  if (replace) output.unfinished_ = output.path_ + ".partial";
  const std::string& opened = replace ? output.unfinished_ : output.path_;
  output.owned_.reset(std::fopen(opened.c_str(), "wb"));
  if (output.owned_ == nullptr) {
    return Status(ErrorCode::kOperationFailed, opened + ": " + std::strerror(errno));
  }
  output.file_ = output.owned_.get();
  return output;
}

Status OutputFile::Failed() const {
  return Status(ErrorCode::kOperationFailed,
                (path_.empty() ? "standard output" : path_) + ": " + std::strerror(errno));
}

Status OutputFile::WriteFile(std::string_view bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size() ? Status::Ok()
                                                                           : Failed();
}

Status OutputFile::Write(std::string_view bytes) {
  if (packer_ == nullptr) return WriteFile(bytes);
  return packer_->Pack(bytes, false, [this](std::string_view packed) { return WriteFile(packed); });
}

Status OutputFile::Finish() {
  if (packer_ != nullptr) {
    Status status =
        packer_->Pack({}, true, [this](std::string_view packed) { return WriteFile(packed); });
    if (!status.ok()) return status;
  }
  if (std::fflush(file_) != 0) return Failed();
  if (owned_ == nullptr) return Status::Ok();
  const bool closed = std::fclose(owned_.release()) == 0;
  const bool done =
      closed && (unfinished_.empty() || std::rename(unfinished_.c_str(), path_.c_str()) == 0);
  if (done) return Status::Ok();
  Status failed = Failed();
  if (!unfinished_.empty()) std::remove(unfinished_.c_str());
  return failed;
}

}  // namespace cairn::server
