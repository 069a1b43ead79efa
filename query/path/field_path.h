// SPDX-License-Identifier: Apache-2.0
// A dotted path, split once. Thread safety: a FieldPath is a value; const access from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/status.h"

namespace cairn::path {

/// Parts of one path.
inline constexpr size_t kPathPartsMax = 200;

/// Not in an array, where the position of an element is asked for.
inline constexpr int64_t kNoPosition = -1;

/// `part` as an array position: digits only, no leading zero; else -1.
int64_t ParseIndex(std::string_view part);

/// "a.b.0.c" split once.
class FieldPath {
 public:
  FieldPath() = default;
  /// Error BadValue for more than kPathPartsMax parts. Empty parts are allowed here (the callers
  /// that refuse them, such as updates and projections, do so themselves).
  static Result<FieldPath> Parse(std::string_view dotted);

  const std::string& dotted() const { return dotted_; }
  size_t size() const { return parts_.size(); }
  std::string_view part(size_t i) const {
    return std::string_view(dotted_).substr(parts_[i].start, parts_[i].length);
  }
  /// The part as an array index: digits only, no leading zero; else -1.
  int64_t index(size_t i) const { return parts_[i].index; }

 private:
  struct Part {
    uint32_t start;
    uint32_t length;
    int64_t index;
  };
  std::string dotted_;
  std::vector<Part> parts_;
};

}  // namespace cairn::path
