// SPDX-License-Identifier: Apache-2.0
// The only file that knows PCRE2.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "query/expression/pattern.h"

#include <pcre2.h>

#include <algorithm>
#include <array>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/deadline.h"
#include "engine/base/try.h"

namespace cairn::expression {
namespace {

// PCRE2 keeps a frame for each step back it may have to take. With the steps this is enough for
// all of them; its own default is 20 GB.
constexpr uint32_t kHeapKilobytesMax = 16 << 10;

// The limits hold for each place where a match may begin. A long subject is searched in windows of
// such places, with a look at the deadline between them; windows grow while they take less time.
// What cannot be searched so shares out the steps among the places.
constexpr size_t kBeginsMin = 256;
constexpr int64_t kWindowUs = 2000;
constexpr size_t kStepsMin = 16;

struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

struct FreeMatchData {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
using MatchData = std::unique_ptr<pcre2_match_data, FreeMatchData>;

// Of the thread: the place up to which matches may begin changes from call to call.
pcre2_match_context* Limits() {
  thread_local const std::unique_ptr<pcre2_match_context, FreeContext> limits([] {
    pcre2_match_context* const context = pcre2_match_context_create(nullptr);
    if (context != nullptr) {
      pcre2_set_match_limit(context, kPatternStepsMax);
      pcre2_set_depth_limit(context, kPatternStepsMax);
      pcre2_set_heap_limit(context, kHeapKilobytesMax);
    }
    return context;
  }());
  return limits.get();
}

Result<uint32_t> OptionsOf(std::string_view flags) {
  uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
  for (const char flag : flags) {
    switch (flag) {
      case 'i':
        options |= PCRE2_CASELESS;
        break;
      case 'm':
        options |= PCRE2_MULTILINE;
        break;
      case 's':
        options |= PCRE2_DOTALL;
        break;
      case 'u':
        break;
      case 'x':
        options |= PCRE2_EXTENDED;
        break;
      default:
        return Status(ErrorCode::kLocation51108,
                      std::string("invalid flag in regex options: ") + flag);
    }
  }
  return options;
}

std::string ErrorText(int error) {
  PCRE2_UCHAR text[256] = {};
  pcre2_get_error_message(error, text, sizeof(text));
  return reinterpret_cast<const char*>(text);
}

// PCRE2's answer. Whether the subject is UTF-8 is checked once, at its begin.
int Ask(const pcre2_code* code, std::string_view subject, size_t offset, pcre2_match_data* data) {
  return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), offset,
                     offset == 0 ? 0 : PCRE2_NO_UTF_CHECK, data, Limits());
}

Result<int> MatchInWindows(const pcre2_code* code, std::string_view subject, size_t offset,
                           pcre2_match_data* data) {
  pcre2_set_match_limit(Limits(), kPatternStepsMax);
  for (size_t window = kBeginsMin;;) {
    CAIRN_TRY(base::Deadline::CheckRunning());
    const bool is_last = subject.size() - offset <= window;
    pcre2_set_offset_limit(Limits(), is_last ? PCRE2_UNSET : offset + window - 1);
    if (is_last) return Ask(code, subject, offset, data);
    const int64_t began_us = base::Clock::System()->MonotonicUs();
    const int found = Ask(code, subject, offset, data);
    if (found != PCRE2_ERROR_NOMATCH) return found;
    offset += window;
    while (offset < subject.size() && (subject[offset] & 0xC0) == 0x80) ++offset;
    if (base::Clock::System()->MonotonicUs() - began_us < kWindowUs) window *= 2;
  }
}

Result<int> MatchAtOnce(const pcre2_code* code, std::string_view subject, size_t offset,
                        pcre2_match_data* data) {
  CAIRN_TRY(base::Deadline::CheckRunning());
  const size_t windows = (subject.size() - offset) / kBeginsMin + 1;
  const auto steps = static_cast<uint32_t>(std::max(kPatternStepsMax / windows, kStepsMin));
  pcre2_set_offset_limit(Limits(), PCRE2_UNSET);
  pcre2_set_match_limit(Limits(), steps);
  return Ask(code, subject, offset, data);
}

// Whether it means the same when it is searched from a later place on.
bool CanRestart(std::string_view pattern) {
  return std::ranges::all_of(
      std::array<std::string_view, 3>{"\\G", "(*COMMIT", "(*SKIP"},
      [pattern](std::string_view part) { return pattern.find(part) == std::string_view::npos; });
}

// One match with room for `pairs` places in `data`, which is made if it is not there.
Result<bool> Match(const pcre2_code* code, std::string_view subject, size_t offset, uint32_t pairs,
                   bool in_windows, MatchData* data) {
  if (*data == nullptr) data->reset(pcre2_match_data_create(pairs, nullptr));
  if (*data == nullptr || Limits() == nullptr) {
    return Status(ErrorCode::kExceededMemoryLimit, "no memory for a regular expression");
  }
  CAIRN_TRY_ASSIGN(const int found, in_windows ? MatchInWindows(code, subject, offset, data->get())
                                               : MatchAtOnce(code, subject, offset, data->get()));
  if (found >= 0) return true;
  if (found == PCRE2_ERROR_NOMATCH) return false;
  data->reset();
  return Status(ErrorCode::kLocation51156,
                "Error occurred while executing regular expression. Result code: " +
                    std::to_string(found) + ": " + ErrorText(found));
}

}  // namespace

void Pattern::FreeCode::operator()(pcre2_real_code_8* code) const { pcre2_code_free(code); }

Result<Pattern> Pattern::Compile(std::string_view pattern, std::string_view flags) {
  if (pattern.find('\0') != std::string_view::npos || flags.find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kBadValue, "Regular expression cannot contain an embedded null byte");
  }
  if (pattern.size() > kPatternBytesMax) {
    return Status(ErrorCode::kLocation51091, "Regular expression is too long");
  }
  CAIRN_TRY_ASSIGN(const uint32_t options, OptionsOf(flags));
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options,
                          &error, &offset, nullptr));
  if (code == nullptr) {
    return Status(ErrorCode::kLocation51091, "Regular expression is invalid: " + ErrorText(error) +
                                                 " at offset " + std::to_string(offset));
  }
  return Pattern(std::move(code), CanRestart(pattern));
}

Result<bool> Pattern::FoundIn(std::string_view subject) const {
  // Holds the frames, whose memory is used again by the thread's next match.
  thread_local MatchData data;
  return Match(code_.get(), subject, 0, 1, can_restart_, &data);
}

Result<bool> Pattern::Find(std::string_view subject, size_t offset, Spans* spans) const {
  thread_local MatchData data;
  uint32_t groups = 0;
  pcre2_pattern_info(code_.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
  if (data != nullptr && pcre2_get_ovector_count(data.get()) < groups + 1) data.reset();
  CAIRN_TRY_ASSIGN(const bool found,
                   Match(code_.get(), subject, offset, groups + 1, can_restart_, &data));
  if (!found) return false;
  const PCRE2_SIZE* const places = pcre2_get_ovector_pointer(data.get());
  spans->clear();
  for (size_t i = 0; i <= groups; ++i) {
    const bool set = places[2 * i] != PCRE2_UNSET;
    spans->emplace_back(set ? places[2 * i] : kNowhere, set ? places[2 * i + 1] : kNowhere);
  }
  // PCRE2 refuses \K where it could put the begin of a match behind its end or before the offset;
  // the loop over all matches must end whatever it does.
  (*spans)[0].first = std::min((*spans)[0].first, (*spans)[0].second);
  (*spans)[0].first = std::max((*spans)[0].first, offset);
  (*spans)[0].second = std::max((*spans)[0].first, (*spans)[0].second);
  return true;
}

}  // namespace cairn::expression
