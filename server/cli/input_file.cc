// SPDX-License-Identifier: Apache-2.0
// Reading and unpacking. A gzip file may have several members, one behind the other.
#include "server/cli/input_file.h"

#include <sys/stat.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

namespace cairn::server {
namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;
// 15 bits of window, and a gzip header.
constexpr int kGzipWindow = 15 + 16;

uint64_t RegularFileBytes(std::FILE* file) {
  struct stat info {};
  // A file in memory has no descriptor.
  if (fileno(file) < 0 || fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) return 0;
  return static_cast<uint64_t>(info.st_size);
}

}  // namespace

class InputFile::Unpacker {
 public:
  Unpacker() { ready_ = inflateInit2(&stream_, kGzipWindow) == Z_OK; }
  ~Unpacker() {
    if (ready_) inflateEnd(&stream_);
  }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  std::vector<char> packed = std::vector<char>(kBufferBytes);
  size_t next = 0;
  size_t filled = 0;

  bool in_member() const { return in_member_; }
  /// As much as there is packed and room in `to`; false when the bytes are damaged.
  bool Unpack(std::vector<char>* to, size_t* made) {
    if (!ready_) return false;
    if (!in_member_ && inflateReset(&stream_) != Z_OK) return false;
    in_member_ = true;
    stream_.next_in = reinterpret_cast<Bytef*>(packed.data() + next);
    stream_.avail_in = static_cast<uInt>(filled - next);
    stream_.next_out = reinterpret_cast<Bytef*>(to->data());
    stream_.avail_out = static_cast<uInt>(to->size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    next = filled - stream_.avail_in;
    *made = to->size() - stream_.avail_out;
    if (result == Z_STREAM_END) in_member_ = false;
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
  bool in_member_ = false;
};

Result<InputFile> InputFile::Open(const std::string& path) {
  if (path == "-") return InputFile(stdin);
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return Status(ErrorCode::kOperationFailed, path + ": " + std::strerror(errno));
  }
  InputFile input(file);
  input.owned_.reset(file);
  return input;
}

InputFile::InputFile(std::FILE* file)
    : owned_(nullptr, [](std::FILE* opened) { return std::fclose(opened); }),
      file_(file),
      bytes_total_(RegularFileBytes(file)),
      buffer_(kBufferBytes) {}
InputFile::InputFile(InputFile&&) noexcept = default;
InputFile& InputFile::operator=(InputFile&&) noexcept = default;
InputFile::~InputFile() = default;

bool InputFile::ReadFile(std::vector<char>* to, size_t* filled) {
  errno = 0;
  *filled = std::fread(to->data(), 1, to->size(), file_);
  position_ += *filled;
  if (*filled == 0 && std::ferror(file_) != 0) {
    status_ = Status(ErrorCode::kOperationFailed,
                     std::string("the file cannot be read: ") + std::strerror(errno));
  }
  return *filled > 0;
}

bool InputFile::Fill() {
  next_ = filled_ = 0;
  if (!status_.ok()) return false;
  if (form_ == Form::kPacked) return FillUnpacked();
  if (!ReadFile(&buffer_, &filled_)) return false;
  if (form_ == Form::kUnknown) {
    // fread fills the buffer unless the file ends, so both bytes are here.
    const bool packed = filled_ >= 2 && buffer_[0] == '\x1f' && buffer_[1] == '\x8b';
    form_ = packed ? Form::kPacked : Form::kPlain;
    if (packed) {
      unpacker_ = std::make_unique<Unpacker>();
      unpacker_->packed.swap(buffer_);
      unpacker_->filled = std::exchange(filled_, 0);
      return FillUnpacked();
    }
  }
  return true;
}

bool InputFile::FillUnpacked() {
  while (filled_ == 0) {
    if (unpacker_->next == unpacker_->filled) {
      unpacker_->next = 0;
      if (!ReadFile(&unpacker_->packed, &unpacker_->filled)) {
        unpacker_->filled = 0;
        if (status_.ok() && unpacker_->in_member()) {
          status_ = Status(ErrorCode::kOperationFailed, "the gzip file is cut off");
        }
        return false;
      }
    }
    if (!unpacker_->Unpack(&buffer_, &filled_)) {
      status_ = Status(ErrorCode::kOperationFailed,
                       "the gzip file is damaged before byte " + std::to_string(position_));
      return false;
    }
  }
  return true;
}

}  // namespace cairn::server
