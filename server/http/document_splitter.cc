// SPDX-License-Identifier: Apache-2.0
#include "server/http/document_splitter.h"

#include <algorithm>
#include <utility>

namespace cairn::server {
namespace {

constexpr size_t kKeptBytes = 4096;  // Of the buffer between two texts.

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool IsBlank(std::string_view text) { return std::all_of(text.begin(), text.end(), IsSpace); }

}  // namespace

DocumentSplitter::DocumentSplitter(Shape shape, Visit visit)
    : shape_(shape), visit_(std::move(visit)), place_(shape == Shape::kLines ? 1 : 0) {}

Status DocumentSplitter::Push(std::string_view bytes) {
  return shape_ == Shape::kLines ? PushLines(bytes) : PushArray(bytes);
}

Status DocumentSplitter::Keep(std::string_view bytes) {
  if (part_.size() + bytes.size() > kTextBytesMax) {
    return Status(ErrorCode::kPayloadTooLarge,
                  "document " + std::to_string(place_) + " of the body is longer than 48 MiB");
  }
  part_.append(bytes);
  return Status();
}

bool DocumentSplitter::Give(std::string_view rest) {
  bool more = true;
  if (part_.empty()) {
    more = visit_(rest, place_++);
  } else {
    part_.append(rest);
    more = visit_(part_, place_++);
    part_.clear();
    if (part_.capacity() > kKeptBytes) std::string().swap(part_);
  }
  return more;
}

Status DocumentSplitter::PushLines(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return Keep(bytes);
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (IsBlank(line) && IsBlank(part_)) {
      part_.clear();
      ++place_;
      continue;
    }
    if (!Give(line)) return Status();
  }
  return Status();
}

bool DocumentSplitter::EndsElement(char c) {
  if (in_string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
    return false;
  }
  switch (c) {
    case '"':
      in_string_ = true;
      return false;
    case '{':
    case '[':
      ++depth_;
      return false;
    case '}':
      if (depth_ > 0) --depth_;
      return false;
    case ']':
      closed_ = depth_ == 0;
      if (depth_ > 0) --depth_;
      return closed_;
    case ',':
      return depth_ == 0;
    default:
      return false;
  }
}

Status DocumentSplitter::PushArray(std::string_view bytes) {
  const auto wrong = [](const char* what) { return Status(ErrorCode::kFailedToParse, what); };
  size_t begin = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (state_ == State::kElement) {
      if (!EndsElement(c)) continue;
      const std::string_view rest = bytes.substr(begin, i - begin);
      begin = i + 1;
      const bool blank = IsBlank(rest) && IsBlank(part_);
      if (closed_) state_ = State::kBehind;
      if (closed_ && blank && place_ == 0) continue;  // []
      if (!Give(rest)) return Status();
    } else if (!IsSpace(c)) {
      if (state_ == State::kBehind) return wrong("there is something behind the array");
      if (c != '[') return wrong("the body is not an array");
      state_ = State::kElement;
      begin = i + 1;
    }
  }
  return state_ == State::kElement ? Keep(bytes.substr(std::min(begin, bytes.size()))) : Status();
}

Status DocumentSplitter::Finish() {
  if (shape_ == Shape::kArray) {
    if (state_ == State::kBehind) return Status();
    return Status(ErrorCode::kFailedToParse, "the array of the body does not end");
  }
  if (!IsBlank(part_)) Give({});
  return Status();
}

}  // namespace cairn::server
