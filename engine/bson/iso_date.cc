// SPDX-License-Identifier: Apache-2.0
#include "engine/bson/iso_date.h"

#include <charconv>
#include <chrono>

namespace cairn::bson {
namespace {

constexpr int64_t kMsADay = 86'400'000;

/// Reads text from the left.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  char next() const { return text_.empty() ? '\0' : text_[0]; }
  bool NextIsDigit() const { return next() >= '0' && next() <= '9'; }
  bool Skip(char c) {
    if (next() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// Exactly `count` digits.
  bool Digits(int count, int* value) {
    *value = 0;
    for (; count > 0; --count) {
      if (!NextIsDigit()) return false;
      *value = *value * 10 + (text_[0] - '0');
      text_.remove_prefix(1);
    }
    return true;
  }
  /// One or more digits as thousandths.
  bool Milliseconds(int* value) {
    if (!NextIsDigit()) return false;
    *value = 0;
    for (int scale = 100; NextIsDigit(); scale /= 10) {
      *value += (text_[0] - '0') * scale;
      text_.remove_prefix(1);
    }
    return true;
  }

 private:
  std::string_view text_;
};

struct TimeOfDay {
  int hour = 0, minute = 0, second = 0, ms = 0;
};

bool ReadTime(Scanner* in, TimeOfDay* time) {
  if (!in->Skip('T') || !in->Digits(2, &time->hour) || !in->Skip(':')) return false;
  if (!in->Digits(2, &time->minute)) return false;
  if (in->Skip(':')) {
    if (!in->Digits(2, &time->second)) return false;
    if (in->Skip('.') && !in->Milliseconds(&time->ms)) return false;
  }
  return time->hour < 24 && time->minute < 60 && time->second < 60;
}

bool ReadZone(Scanner* in, int* minutes) {
  if (in->Skip('Z')) return true;
  const bool west = in->next() == '-';
  if (!in->Skip('-') && !in->Skip('+')) return false;
  int hour = 0;
  int minute = 0;
  if (!in->Digits(2, &hour)) return false;
  if (!in->done()) {
    in->Skip(':');
    if (!in->Digits(2, &minute)) return false;
  }
  *minutes = (hour * 60 + minute) * (west ? -1 : 1);
  return hour < 24 && minute < 60;
}

void AppendDigits(int64_t value, size_t width, std::string* out) {
  char text[24];
  const auto end = std::to_chars(text, std::end(text), value).ptr;
  const auto length = static_cast<size_t>(end - text);
  if (length < width) out->append(width - length, '0');
  out->append(text, length);
}

}  // namespace

std::optional<int64_t> ParseIsoDate(std::string_view text) {
  using namespace std::chrono;
  Scanner in(text);
  int year_number = 0, month_number = 0, day_number = 0, zone_minutes = 0;
  TimeOfDay time;
  if (!in.Digits(4, &year_number) || !in.Skip('-') || !in.Digits(2, &month_number) ||
      !in.Skip('-') || !in.Digits(2, &day_number)) {
    return std::nullopt;
  }
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  if (!date.ok() || !ReadTime(&in, &time) || !ReadZone(&in, &zone_minutes) || !in.done()) {
    return std::nullopt;
  }
  const int64_t days = sys_days{date}.time_since_epoch().count();
  const int64_t minutes = int64_t{time.hour} * 60 + time.minute - zone_minutes;
  return days * kMsADay + (minutes * 60 + time.second) * 1000 + time.ms;
}

void AppendIsoDate(int64_t ms, std::string* out) {
  int64_t days = ms / kMsADay;
  int64_t rest = ms % kMsADay;
  if (rest < 0) {
    rest += kMsADay;
    --days;
  }
  // The calendar repeats every 146,097 days (400 years); <chrono> knows the years to 32767.
  constexpr int64_t kDaysAnEra = 146'097;
  int64_t era = days / kDaysAnEra;
  days %= kDaysAnEra;
  if (days < 0) {
    days += kDaysAnEra;
    --era;
  }
  using namespace std::chrono;
  const year_month_day date{sys_days{std::chrono::days{days}}};
  const int64_t year_number = int{date.year()} + era * 400;
  if (year_number < 0 || year_number > 9999) out->push_back(year_number < 0 ? '-' : '+');
  AppendDigits(year_number < 0 ? -year_number : year_number, 4, out);
  out->push_back('-');
  AppendDigits(unsigned{date.month()}, 2, out);
  out->push_back('-');
  AppendDigits(unsigned{date.day()}, 2, out);
  out->push_back('T');
  AppendDigits(rest / 3'600'000, 2, out);
  out->push_back(':');
  AppendDigits(rest / 60'000 % 60, 2, out);
  out->push_back(':');
  AppendDigits(rest / 1000 % 60, 2, out);
  if (rest % 1000 != 0) {
    out->push_back('.');
    AppendDigits(rest % 1000, 3, out);
  }
  out->push_back('Z');
}

}  // namespace cairn::bson
