// SPDX-License-Identifier: Apache-2.0
#include "query/expression/date_format.h"

#include <algorithm>

#include "engine/base/try.h"

namespace cairn::expression {
namespace {

constexpr std::string_view kWriteSpecifiers = "%BGHLMSUVYZbdjmuwz";
constexpr std::string_view kReadSpecifiers = "%BGHLMSVYZbdjmuz";
constexpr std::string_view kMonths[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};

Status CheckFormat(std::string_view format, std::string_view specifiers) {
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (++i == format.size()) {
      return Status(ErrorCode::kLocation18535, "Unmatched '%' at end of format string");
    }
    if (specifiers.find(format[i]) == std::string_view::npos) {
      return Status(ErrorCode::kLocation18536,
                    std::string("Invalid format character '%") + format[i] + "' in format string");
    }
  }
  return Status::Ok();
}

void AppendPadded(int64_t value, size_t width, std::string* out) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out->append(width - digits.size(), '0');
  *out += digits;
}

Status AppendYear(int64_t year, std::string* out) {
  if (year < 0 || year > 9999) {
    return Status(ErrorCode::kLocation18537,
                  "Could not convert date to string: date component was outside the supported "
                  "range of 0-9999: " +
                      std::to_string(year));
  }
  AppendPadded(year, 4, out);
  return Status::Ok();
}

void AppendOffset(int64_t seconds, std::string* out) {
  const int64_t minutes = (seconds < 0 ? -seconds : seconds) / 60;
  *out += seconds < 0 ? '-' : '+';
  AppendPadded(minutes / 60, 2, out);
  AppendPadded(minutes % 60, 2, out);
}

Status AppendField(char specifier, const LocalTime& local, int64_t offset, std::string* out) {
  const CivilDate date = CivilDateOf(local.days);
  switch (specifier) {
    case 'B':
      out->append(kMonths[date.month - 1]);
      break;
    case 'G':
      return AppendYear(IsoWeekOf(local.days).year, out);
    case 'H':
      AppendPadded(local.hour(), 2, out);
      break;
    case 'L':
      AppendPadded(local.ms, 3, out);
      break;
    case 'M':
      AppendPadded(local.minute(), 2, out);
      break;
    case 'S':
      AppendPadded(local.second(), 2, out);
      break;
    case 'U':
      AppendPadded(SundayWeekOf(local.days), 2, out);
      break;
    case 'V':
      AppendPadded(IsoWeekOf(local.days).week, 2, out);
      break;
    case 'Y':
      return AppendYear(date.year, out);
    case 'Z':
      *out += std::to_string(offset / 60);
      break;
    case 'b':
      out->append(kMonths[date.month - 1].substr(0, 3));
      break;
    case 'd':
      AppendPadded(date.day, 2, out);
      break;
    case 'j':
      AppendPadded(DayOfYear(local.days), 3, out);
      break;
    case 'm':
      AppendPadded(date.month, 2, out);
      break;
    case 'u':
      *out += std::to_string(IsoDayOfWeek(local.days));
      break;
    case 'w':
      *out += std::to_string(IsoDayOfWeek(local.days) % 7 + 1);
      break;
    case 'z':
      AppendOffset(offset, out);
      break;
    default:
      *out += specifier;
      break;
  }
  return Status::Ok();
}

// Takes up to `width` digits from the front of `text`.
std::optional<int64_t> TakeDigits(std::string_view* text, size_t width_min, size_t width) {
  size_t count = 0;
  int64_t value = 0;
  while (count < width && count < text->size() && (*text)[count] >= '0' && (*text)[count] <= '9') {
    value = value * 10 + ((*text)[count++] - '0');
  }
  if (count < width_min) return std::nullopt;
  text->remove_prefix(count);
  return value;
}

// Takes a sign and the digits and colons behind it.
std::optional<TimeZone> TakeOffset(std::string_view* text) {
  if (text->starts_with('Z')) {
    text->remove_prefix(1);
    return TimeZone();
  }
  size_t end = std::min<size_t>(text->size(), 1);
  while (end < text->size() && end < 6 &&
         (((*text)[end] >= '0' && (*text)[end] <= '9') || ((*text)[end] == ':' && end == 3))) {
    ++end;
  }
  const auto seconds = TimeZone::ParseOffset(text->substr(0, end));
  if (!seconds) return std::nullopt;
  text->remove_prefix(end);
  return TimeZone::OfOffset(*seconds);
}

std::optional<TimeZone> TakeMinutes(std::string_view* text) {
  if (!text->starts_with('+') && !text->starts_with('-')) return std::nullopt;
  const int64_t sign = text->starts_with('-') ? -1 : 1;
  text->remove_prefix(1);
  const auto minutes = TakeDigits(text, 1, 4);
  if (!minutes) return std::nullopt;
  return TimeZone::OfOffset(sign * *minutes * 60);
}

std::optional<int64_t> TakeMonth(std::string_view* text, bool full) {
  size_t end = 0;
  while (end < text->size() && (((*text)[end] | 0x20) >= 'a' && ((*text)[end] | 0x20) <= 'z')) {
    ++end;
  }
  const int month = MonthByName(text->substr(0, end), full, !full);
  if (month == 0) return std::nullopt;
  text->remove_prefix(end);
  return month;
}

// Reads one field; false if it is not there.
bool ReadField(char specifier, std::string_view* text, DateText* date) {
  const auto take = [&](std::optional<int64_t>* field, size_t min, size_t max) {
    *field = TakeDigits(text, min, max);
    return field->has_value();
  };
  switch (specifier) {
    case 'B':
    case 'b':
      date->month = TakeMonth(text, specifier == 'B');
      return date->month.has_value();
    case 'G':
      return take(&date->iso_year, 4, 4);
    case 'H':
      return take(&date->hour, 1, 2);
    case 'L': {
      const size_t before = text->size();
      const auto fraction = TakeDigits(text, 1, 3);
      if (!fraction) return false;
      date->ms = *fraction;
      for (size_t digits = before - text->size(); digits < 3; ++digits) date->ms *= 10;
      return true;
    }
    case 'M':
      return take(&date->minute, 2, 2);
    case 'S':
      return take(&date->second, 2, 2);
    case 'V':
      return take(&date->iso_week, 1, 2);
    case 'Y':
      return take(&date->year, 4, 4);
    case 'Z':
      date->zone = TakeMinutes(text);
      return date->zone.has_value();
    case 'd':
      return take(&date->day, 1, 2);
    case 'j':
      return take(&date->day_of_year, 1, 3);
    case 'm':
      return take(&date->month, 1, 2);
    case 'u':
      return take(&date->iso_day, 1, 1);
    default:
      date->zone = TakeOffset(text);
      return date->zone.has_value();
  }
}

bool InRange(const std::optional<int64_t>& value, int64_t min, int64_t max) {
  return !value || (*value >= min && *value <= max);
}

}  // namespace

Status NoDate(std::string_view text, std::string_view why) {
  return Status(ErrorCode::kConversionFailure,
                "Error parsing date string '" + std::string(text) + "': " + std::string(why));
}

int MonthByName(std::string_view name, bool full, bool abbreviated) {
  const auto same = [](std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
  };
  for (int month = 0; month < 12; ++month) {
    if ((full && same(name, kMonths[month])) ||
        (abbreviated && same(name, kMonths[month].substr(0, 3)))) {
      return month + 1;
    }
  }
  return 0;
}

Status CheckWriteFormat(std::string_view format) { return CheckFormat(format, kWriteSpecifiers); }
Status CheckReadFormat(std::string_view format) { return CheckFormat(format, kReadSpecifiers); }

Result<std::string> WriteDate(std::string_view format, int64_t ms, const TimeZone& zone) {
  const LocalTime local = zone.Local(ms);
  const int64_t offset = zone.OffsetAt(ms);
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
    } else {
      CAIRN_TRY(AppendField(format[++i], local, offset, &out));
    }
  }
  return out;
}

Result<DateText> ReadDateBy(std::string_view format, std::string_view text) {
  DateText date;
  std::string_view rest = text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && format[++i] != '%') {
      if (!ReadField(format[i], &rest, &date)) {
        return NoDate(text, "the field %" + std::string(1, format[i]) + " was not found");
      }
    } else if (!rest.starts_with(format[i])) {
      return NoDate(text, "it does not follow the format '" + std::string(format) + "'");
    } else {
      rest.remove_prefix(1);
    }
  }
  if (!rest.empty()) return NoDate(text, "trailing data");
  return date;
}

Result<int64_t> DateText::Moment(std::string_view text, const TimeZone& otherwise) const {
  if (!InRange(month, 1, 12) || !InRange(day, 1, 31) || !InRange(day_of_year, 1, 366) ||
      !InRange(iso_week, 1, 53) || !InRange(iso_day, 1, 7) || !InRange(hour, 0, 24) ||
      !InRange(minute, 0, 59) || !InRange(second, 0, 60)) {
    return NoDate(text, "a part of it is out of range");
  }
  int64_t days = 0;
  if (year && month && day) {
    if (*day > DaysInMonth(*year, static_cast<int>(*month))) {
      return NoDate(text, "The parsed date was invalid");
    }
    days = DaysOf(*year, *month, *day);
  } else if (year && day_of_year) {
    days = DaysOf(*year, 1, *day_of_year);
  } else if (iso_year && iso_week && iso_day) {
    days = FirstIsoMonday(*iso_year) + (*iso_week - 1) * 7 + (*iso_day - 1);
  } else {
    return NoDate(text, "an incomplete date/time string has been found, with elements missing");
  }
  if (zone && !otherwise.IsUtc()) {
    return NoDate(text, "it has a time zone, and a time zone was given too");
  }
  const int64_t seconds = days * kSecondsPerDay + hour.value_or(0) * 3600 +
                          minute.value_or(0) * 60 + second.value_or(0);
  const auto utc = (zone ? *zone : otherwise).UtcMs(LocalTimeOf(seconds, static_cast<int>(ms)));
  if (!utc) return NoDate(text, "it is out of range");
  return *utc;
}

}  // namespace cairn::expression
