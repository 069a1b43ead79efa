// SPDX-License-Identifier: Apache-2.0
// Reads dates without a format: a list of dates, times and zones in the usual forms.
//   text: part ([ ,\t]* part)*          part: date | 'T'? time | zone | weekday
//   date: yyyy-mm-dd  yyyy/mm/dd  yyyymmdd  yyyy-ddd  yyyy-Www-d  mm/dd/yyyy  dd-mm-yyyy
//         dd.mm.yyyy  day month year  month day year  month day (with the year as its own part)
//   time: hh:mm[:ss[.fff]] [am|pm]  hhmmss (after T)          zone: Z  ±hh[[:]mm]  EST  Area/City
#include <algorithm>
#include <string>

#include "engine/base/try.h"
#include "query/expression/date_format.h"

namespace cairn::expression {
namespace {

constexpr size_t kTextBytesMax = 200;

struct Abbreviation {
  std::string_view name;
  int hours;
};
// table "abbreviations of zones": sorted
constexpr Abbreviation kAbbreviations[] = {
    {"akdt", -8}, {"akst", -9}, {"bst", 1},  {"cdt", -5}, {"cest", 2}, {"cet", 1},
    {"cst", -6},  {"edt", -4},  {"eest", 3}, {"eet", 2},  {"est", -5}, {"gmt", 0},
    {"hst", -10}, {"jst", 9},   {"mdt", -6}, {"msk", 3},  {"mst", -7}, {"pdt", -7},
    {"pst", -8},  {"utc", 0},   {"west", 1}, {"wet", 0},  {"z", 0},
};
static_assert(std::ranges::is_sorted(kAbbreviations, {}, &Abbreviation::name));

constexpr std::string_view kWeekdays[] = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), rest_(text) {}

  Result<DateText> Read() {
    if (text_.empty()) return NoDate(text_, "Empty string");
    if (text_.size() > kTextBytesMax) return NoDate("", "it is too long");
    while (!rest_.empty()) {
      if (!ReadPart()) return NoDate(text_, "Unexpected character");
      while (!rest_.empty() && Is(" ,\t")) rest_.remove_prefix(1);
    }
    return date_;
  }

 private:
  bool Is(std::string_view any_of, size_t at = 0) const {
    return at < rest_.size() && any_of.find(rest_[at]) != std::string_view::npos;
  }
  size_t CountDigits(size_t at = 0) const {
    size_t count = 0;
    while (at + count < rest_.size() && IsDigit(rest_[at + count])) ++count;
    return count;
  }
  // The next digits, of which there are few.
  int64_t Digits(size_t count) {
    int64_t value = 0;
    for (size_t i = 0; i < count; ++i) value = value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(count);
    return value;
  }
  std::string TakeWord() {
    size_t end = 0;
    while (end < rest_.size() && IsLetter(rest_[end])) ++end;
    std::string word(rest_.substr(0, end));
    std::ranges::transform(word, word.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    rest_.remove_prefix(end);
    return word;
  }
  bool Set(std::optional<int64_t>* field, int64_t value) {
    if (field->has_value()) return false;
    *field = value;
    return true;
  }
  bool SetDate(int64_t year, int64_t month, int64_t day) {
    return Set(&date_.year, year) && Set(&date_.month, month) && Set(&date_.day, day);
  }

  bool ReadPart() {
    const char first = rest_[0];
    if (IsDigit(first)) return ReadDigits();
    if ((first == 'T' || first == 't') && rest_.size() > 1 && IsDigit(rest_[1])) {
      rest_.remove_prefix(1);
      return ReadTime();
    }
    if (IsLetter(first)) return ReadLetters();
    if (first == '+' || first == '-') return ReadOffset();
    return false;
  }

  bool ReadDigits() {
    const size_t count = CountDigits();
    if (count <= 2 && Is(":", count)) return ReadTime();
    if (count == 4) return ReadYearFirst();
    if (count == 8) {
      const int64_t year = Digits(4);
      const int64_t month = Digits(2);
      return SetDate(year, month, Digits(2));
    }
    if (count == 7) {
      const int64_t year = Digits(4);
      return Set(&date_.year, year) && Set(&date_.day_of_year, Digits(3));
    }
    if (count > 2) return false;
    return ReadDayOrMonthFirst(count);
  }

  bool ReadYearFirst() {
    const int64_t year = Digits(4);
    if (Is("-") && Is("Ww", 1)) rest_.remove_prefix(1);
    if (Is("Ww")) {
      rest_.remove_prefix(1);
      if (CountDigits() < 2) return false;
      const int64_t week = Digits(2);
      if (Is("-")) rest_.remove_prefix(1);
      return Set(&date_.iso_year, year) && Set(&date_.iso_week, week) &&
             Set(&date_.iso_day, CountDigits() == 1 ? Digits(1) : 1);
    }
    if (!Is("-/.") || CountDigits(1) == 0) return Set(&date_.year, year);
    const char separator = rest_[0];
    const size_t count = CountDigits(1);
    rest_.remove_prefix(1);
    if (count == 3) return Set(&date_.year, year) && Set(&date_.day_of_year, Digits(3));
    if (count > 2) return false;
    const int64_t month = Digits(count);
    if (rest_.empty() || rest_[0] != separator) {
      return Set(&date_.year, year) && Set(&date_.month, month);
    }
    rest_.remove_prefix(1);
    const size_t day_digits = CountDigits();
    if (day_digits == 0 || day_digits > 2) return false;
    return SetDate(year, month, Digits(day_digits));
  }

  // 7/4/2018, 4-7-2018, 4.7.2018, 4 July 2018, 4th July.
  bool ReadDayOrMonthFirst(size_t count) {
    const int64_t first = Digits(count);
    if (Is("/-.") && CountDigits(1) > 0 && CountDigits(1) <= 2) {
      const char separator = rest_[0];
      rest_.remove_prefix(1);
      const int64_t second = Digits(CountDigits());
      if (rest_.empty() || rest_[0] != separator || CountDigits(1) != 4) return false;
      rest_.remove_prefix(1);
      const int64_t year = Digits(4);
      return separator == '/' ? SetDate(year, first, second) : SetDate(year, second, first);
    }
    SkipOrdinal();
    while (Is(" -.\t")) rest_.remove_prefix(1);
    const int month = MonthByName(TakeWord(), true, true);
    if (month == 0) return false;
    return Set(&date_.day, first) && Set(&date_.month, month) && ReadYearBehind();
  }

  void SkipOrdinal() {
    for (const std::string_view suffix : {"st", "nd", "rd", "th"}) {
      if (rest_.starts_with(suffix)) {
        rest_.remove_prefix(suffix.size());
        return;
      }
    }
  }

  // The year of a date whose month is a name, if it follows at once.
  bool ReadYearBehind() {
    while (Is(" -.,\t")) rest_.remove_prefix(1);
    if (CountDigits() != 4) return true;
    return Set(&date_.year, Digits(4));
  }

  bool ReadLetters() {
    const std::string_view before = rest_;
    const std::string word = TakeWord();
    if (const int month = MonthByName(word, true, true)) return ReadAfterMonth(month);
    const bool weekday = std::ranges::any_of(kWeekdays, [&word](std::string_view name) {
      return word == name || word == name.substr(0, 3);
    });
    if (weekday) return true;
    const auto* const known =
        std::ranges::lower_bound(kAbbreviations, word, {}, &Abbreviation::name);
    if (!Is("/_") && known != std::end(kAbbreviations) && known->name == word) {
      return SetZone(TimeZone::OfOffset(int64_t{known->hours} * 3600));
    }
    rest_ = before;
    size_t end = 0;
    while (end < rest_.size() && !Is(" ,\t", end)) ++end;
    auto zone = TimeZone::Find(rest_.substr(0, end));
    if (!zone.ok()) return false;
    rest_.remove_prefix(end);
    return SetZone(std::move(zone).value());
  }

  bool ReadAfterMonth(int month) {
    while (Is(" -.\t")) rest_.remove_prefix(1);
    const size_t count = CountDigits();
    if (!Set(&date_.month, month)) return false;
    if (count == 0 || count > 2) return ReadYearBehind();
    if (!Set(&date_.day, Digits(count))) return false;
    SkipOrdinal();
    return ReadYearBehind();
  }

  bool SetZone(TimeZone zone) {
    if (date_.zone) return false;
    date_.zone = std::move(zone);
    return true;
  }

  bool ReadOffset() {
    size_t end = 1;
    while (end < rest_.size() && (IsDigit(rest_[end]) || rest_[end] == ':')) ++end;
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    // One digit of hours will do.
    if (text.size() == 2 || (text.size() > 2 && text[2] == ':')) text.insert(1, "0");
    const auto seconds = TimeZone::ParseOffset(text);
    return seconds && date_.hour && SetZone(TimeZone::OfOffset(*seconds));
  }

  bool ReadTime() {
    const size_t count = CountDigits();
    if (count == 4 || count == 6) {
      if (!Set(&date_.hour, Digits(2)) || !Set(&date_.minute, Digits(2))) return false;
      if (count == 6 && !Set(&date_.second, Digits(2))) return false;
      ReadFraction();
      return true;
    }
    if (count == 0 || count > 2 || !Set(&date_.hour, Digits(count))) return false;
    if (!Is(":")) return ReadHalfOfDay();
    rest_.remove_prefix(1);
    if (!ReadSixtieth(&date_.minute)) return false;
    if (Is(":")) {
      rest_.remove_prefix(1);
      if (!ReadSixtieth(&date_.second)) return false;
      ReadFraction();
    }
    return ReadHalfOfDay();
  }

  // Minutes or seconds.
  bool ReadSixtieth(std::optional<int64_t>* field) {
    const size_t count = CountDigits();
    return count >= 1 && count <= 2 && Set(field, Digits(count));
  }

  void ReadFraction() {
    if (!Is(".,:") || CountDigits(1) == 0) return;
    const size_t count = CountDigits(1);
    rest_.remove_prefix(1);
    for (size_t i = 0; i < 3; ++i) date_.ms = date_.ms * 10 + (i < count ? rest_[i] - '0' : 0);
    rest_.remove_prefix(count);
  }

  // am or pm, if it is there.
  bool ReadHalfOfDay() {
    size_t at = 0;
    while (Is(" \t", at)) ++at;
    if (!Is("AaPp", at) || !Is("Mm", at + 1)) return true;
    if (at + 2 < rest_.size() && IsLetter(rest_[at + 2])) return true;
    const int64_t hour = *date_.hour;
    if (hour < 1 || hour > 12) return false;
    date_.hour = hour % 12 + (Is("Pp", at) ? 12 : 0);
    rest_.remove_prefix(at + 2);
    return true;
  }

  const std::string_view text_;
  std::string_view rest_;
  DateText date_;
};

}  // namespace

Result<DateText> ReadDate(std::string_view text) { return Reader(text).Read(); }

}  // namespace cairn::expression
