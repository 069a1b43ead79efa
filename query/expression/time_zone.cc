// SPDX-License-Identifier: Apache-2.0
// The only file of this room that knows ICU.
#include "query/expression/time_zone.h"

#include <unicode/timezone.h>

#include <algorithm>
#include <string>

#include "engine/base/try.h"

namespace cairn::expression {
namespace {

// Names that ICU has beside the Olson database's.
// table "names of ICU alone": sorted
constexpr std::string_view kIcuOnly[] = {
    "ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST", "CTT", "EAT", "ECT",
    "IET", "IST", "JST", "MIT", "NET", "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST",
};
static_assert(std::ranges::is_sorted(kIcuOnly));

// table "names of UTC": sorted
constexpr std::string_view kUtcNames[] = {
    "Etc/UCT", "Etc/UTC", "Etc/Universal", "Etc/Zulu", "GMT", "UCT", "UTC", "Universal", "Zulu",
};
static_assert(std::ranges::is_sorted(kUtcNames));

// Beyond these years rules repeat with the calendar, every 400 years; before them nothing changes.
constexpr int64_t kSecondsPerEra = int64_t{146097} * kSecondsPerDay;
constexpr int64_t kRulesRepeatAfter = 32503680000;  // The year 3000.
constexpr int64_t kRulesBeginAfter = -6000000000;   // The year 1779.

bool AreDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int64_t TwoDigits(std::string_view text) { return (text[0] - '0') * 10 + (text[1] - '0'); }

}  // namespace

struct TimeZone::Zone {
  std::unique_ptr<icu::TimeZone> rules;
};

std::optional<int64_t> TimeZone::ParseOffset(std::string_view name) {
  if (name.empty() || (name[0] != '+' && name[0] != '-')) return std::nullopt;
  const int64_t sign = name[0] == '+' ? 1 : -1;
  std::string_view hours = name.substr(1);
  std::string_view minutes = "00";
  if (hours.size() == 5 && hours[2] == ':') {
    minutes = hours.substr(3);
    hours = hours.substr(0, 2);
  } else if (hours.size() == 4) {
    minutes = hours.substr(2);
    hours = hours.substr(0, 2);
  }
  if (hours.size() != 2 || !AreDigits(hours) || !AreDigits(minutes)) return std::nullopt;
  return sign * (TwoDigits(hours) * 3600 + TwoDigits(minutes) * 60);
}

TimeZone TimeZone::OfOffset(int64_t seconds) {
  TimeZone zone;
  zone.offset_ = seconds;
  return zone;
}

Result<TimeZone> TimeZone::Find(std::string_view name) {
  if (std::ranges::binary_search(kUtcNames, name)) return TimeZone();
  if (const auto offset = ParseOffset(name)) return OfOffset(*offset);
  // A query uses the same zone for all its documents.
  thread_local std::string last_name;
  thread_local TimeZone last;
  if (last.zone_ != nullptr && last_name == name) return last;

  constexpr size_t kNameBytesMax = 64;
  const bool plain = !name.empty() && name.size() <= kNameBytesMax &&
                     std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
  if (plain && !std::ranges::binary_search(kIcuOnly, name) && !name.starts_with("SystemV/")) {
    const auto id = icu::UnicodeString::fromUTF8(
        icu::StringPiece(name.data(), static_cast<int32_t>(name.size())));
    icu::UnicodeString canonical;
    UBool is_system = 0;
    UErrorCode status = U_ZERO_ERROR;
    icu::TimeZone::getCanonicalID(id, canonical, is_system, status);
    if (U_SUCCESS(status) && is_system != 0 && name != "Etc/Unknown") {
      auto zone = std::make_shared<Zone>();
      zone->rules.reset(icu::TimeZone::createTimeZone(id));
      last.zone_ = std::move(zone);
      last_name = name;
      return last;
    }
  }
  return Status(ErrorCode::kLocation40485,
                "unrecognized time zone identifier: \"" + std::string(name) + "\"");
}

int64_t TimeZone::OffsetAtSeconds(int64_t utc_seconds) const {
  if (zone_ == nullptr) return offset_;
  if (utc_seconds > kRulesRepeatAfter) {
    utc_seconds = kRulesRepeatAfter + (utc_seconds - kRulesRepeatAfter) % kSecondsPerEra;
  }
  utc_seconds = std::max(utc_seconds, kRulesBeginAfter);
  int32_t raw = 0;
  int32_t saving = 0;
  UErrorCode status = U_ZERO_ERROR;
  zone_->rules->getOffset(static_cast<double>(utc_seconds) * 1000.0, 0, raw, saving, status);
  return U_SUCCESS(status) ? (int64_t{raw} + saving) / kMsPerSecond : 0;
}

int64_t TimeZone::OffsetAt(int64_t utc_ms) const {
  return OffsetAtSeconds(FloorDivide(utc_ms, kMsPerSecond));
}

LocalTime TimeZone::Local(int64_t utc_ms) const {
  const int64_t seconds = FloorDivide(utc_ms, kMsPerSecond);
  return LocalTimeOf(seconds + OffsetAtSeconds(seconds),
                     static_cast<int>(FloorModulo(utc_ms, kMsPerSecond)));
}

int64_t TimeZone::UtcSeconds(int64_t local_seconds) const {
  if (zone_ == nullptr) return local_seconds - offset_;
  const int64_t near = OffsetAtSeconds(local_seconds);
  const int64_t offset = OffsetAtSeconds(local_seconds - near);
  if (offset == near || OffsetAtSeconds(local_seconds - offset) == offset) {
    return local_seconds - offset;
  }
  // No clock shows this time. The smaller offset is the one from before.
  return local_seconds - std::min(near, offset);
}

std::optional<int64_t> TimeZone::UtcMs(const LocalTime& local) const {
  // A day count from a date cannot overflow here; one that was computed can.
  constexpr int64_t kDaysMax = int64_t{1} << 37;
  if (local.days > kDaysMax || local.days < -kDaysMax) return std::nullopt;
  int64_t seconds = UtcSeconds(local.TotalSeconds());
  int64_t rest = local.ms;
  // The first moments that there are lie in the middle of a second.
  if (seconds < 0) {
    ++seconds;
    rest -= kMsPerSecond;
  }
  int64_t ms = 0;
  if (__builtin_mul_overflow(seconds, kMsPerSecond, &ms) || __builtin_add_overflow(ms, rest, &ms)) {
    return std::nullopt;
  }
  return ms;
}

}  // namespace cairn::expression
