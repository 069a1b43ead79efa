// SPDX-License-Identifier: Apache-2.0
// Cuts a body that arrives in pieces into the texts of its documents: lines, or the elements of one
// JSON array. It only finds where texts end; whether they are JSON, their parser says. Belongs to
// one thread at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cairn/status.h"

namespace cairn::server {

class DocumentSplitter {
 public:
  enum class Shape { kLines, kArray };
  /// Takes a text, which is valid during the call, and its place: of lines from 1, of elements
  /// from 0. False: enough.
  using Visit = std::function<bool(std::string_view text, uint64_t place)>;

  DocumentSplitter(Shape shape, Visit visit);

  /// The next bytes, cut anywhere. Errors: FailedToParse when it is no array, PayloadTooLarge for a
  /// text above the limit. Not to be called again after an error, or once a visit was enough.
  Status Push(std::string_view bytes);
  /// The body is whole.
  Status Finish();
  /// Bytes kept of a text that is not whole.
  size_t held_bytes() const { return part_.capacity(); }

  static constexpr size_t kTextBytesMax = size_t{48} << 20;

 private:
  enum class State { kBefore, kElement, kBehind };

  Status PushLines(std::string_view bytes);
  Status PushArray(std::string_view bytes);
  /// Reads one byte of an array's element; true when it ends one, without belonging to it.
  bool EndsElement(char c);
  Status Keep(std::string_view bytes);
  /// The text is what was kept and `rest`.
  bool Give(std::string_view rest);

  const Shape shape_;
  const Visit visit_;
  std::string part_;
  uint64_t place_;
  // Of an array.
  State state_ = State::kBefore;
  int64_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool closed_ = false;  // By the bracket that EndsElement saw.
};

}  // namespace cairn::server
