// SPDX-License-Identifier: Apache-2.0
// Regular expressions: PCRE2 in UTF mode, within limits that no pattern and no subject can exceed.
// Thread safety: a Pattern is immutable; any thread.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/status.h"

struct pcre2_real_code_8;

namespace cairn::expression {

/// Bytes of a pattern; MongoDB's limit.
inline constexpr size_t kPatternBytesMax = size_t{16} << 10;
/// Steps of backtracking in one match.
inline constexpr uint32_t kPatternStepsMax = 100'000;

/// A compiled regular expression.
class Pattern {
 public:
  /// `flags` of i (case), m (lines), s (dot matches newlines), x (comments) and u (nothing).
  /// Errors: Location51108 for another flag, Location51091 for what is no regular expression,
  /// BadValue for NUL bytes and too long ones.
  static Result<Pattern> Compile(std::string_view pattern, std::string_view flags);

  /// Whether it is found in `subject`. Errors: Location51156 where the limits end, and those
  /// of the thread's deadline.
  Result<bool> FoundIn(std::string_view subject) const;

  /// Begin and end of the whole match and then of each group; kNowhere where a group took no part.
  using Spans = std::vector<std::pair<size_t, size_t>>;
  static constexpr size_t kNowhere = static_cast<size_t>(-1);
  /// The first match from `offset` on, which is where a code point begins. The subject before it
  /// has been searched before, or `offset` is 0. Errors as FoundIn.
  Result<bool> Find(std::string_view subject, size_t offset, Spans* spans) const;

 private:
  struct FreeCode {
    void operator()(pcre2_real_code_8* code) const;
  };
  using Code = std::unique_ptr<pcre2_real_code_8, FreeCode>;
  Pattern(Code code, bool can_restart) : code_(std::move(code)), can_restart_(can_restart) {}
  Code code_;
  bool can_restart_;  // A search may be cut into several, each from a later place on.
};

}  // namespace cairn::expression
