// SPDX-License-Identifier: Apache-2.0
// Appends to a string through a pointer, without the string's bookkeeping for each piece. The
// string is longer than its content until the sink is destroyed or Finish is called. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace cairn::bson {

class ByteSink {
 public:
  /// Appends behind what `target` holds; makes room for `expected` bytes at once.
  ByteSink(std::string* target, size_t expected) : target_(target), at_(nullptr), end_(nullptr) {
    const size_t size = target_->size();
    target_->resize(size + expected);
    Rebase(size);
  }
  ~ByteSink() { Finish(); }
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;

  /// Cuts the string to its content; the sink must not be used any more.
  void Finish() {
    if (target_ != nullptr) target_->resize(size());
    target_ = nullptr;
  }

  size_t size() const { return static_cast<size_t>(at_ - target_->data()); }
  char* data() { return target_->data(); }

  /// Room for `bytes` more; returns where they go. Advance afterwards.
  char* Reserve(size_t bytes) {
    if (static_cast<size_t>(end_ - at_) < bytes) [[unlikely]]
      Grow(bytes);
    return at_;
  }
  void Advance(size_t bytes) { at_ += bytes; }
  /// Drops everything from `size` on.
  void Truncate(size_t size) { at_ = target_->data() + size; }

  [[gnu::always_inline]] void Push(char c) {
    *Reserve(1) = c;
    ++at_;
  }
  void Append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(Reserve(text.size()), text.data(), text.size());
    at_ += text.size();
  }
  template <typename T>
  void AppendLittle(T value) {
    std::memcpy(Reserve(sizeof(T)), &value, sizeof(T));
    at_ += sizeof(T);
  }

 private:
  void Rebase(size_t size) {
    at_ = target_->data() + size;
    end_ = target_->data() + target_->size();
  }
  [[gnu::noinline, gnu::cold]] void Grow(size_t bytes) {
    const size_t used = size();
    target_->resize(used + bytes + used / 2 + 64);
    Rebase(used);
  }

  std::string* target_;
  char* at_;
  char* end_;
};

}  // namespace cairn::bson
