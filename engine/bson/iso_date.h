// SPDX-License-Identifier: Apache-2.0
// Dates as text: 2009-04-01T00:00:00.000-07:00, in the proleptic Gregorian calendar.
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::bson {

/// Whether relaxed Extended JSON writes the date as text: the years 1970 to 9999.
[[nodiscard]] constexpr bool IsRelaxedDate(int64_t ms) { return ms >= 0 && ms < 253402300800000; }

/// Milliseconds since 1970 of YYYY-MM-DDThh:mm[:ss[.f…]] with a zone: Z, ±hh, ±hhmm or ±hh:mm.
/// Digits behind the millisecond are cut off. Empty when the text is anything else.
[[nodiscard]] std::optional<int64_t> ParseIsoDate(std::string_view text);

/// Appends the date in UTC with Z; milliseconds only when there are any. Years beyond four digits
/// have a sign.
void AppendIsoDate(int64_t ms, std::string* out);

}  // namespace cairn::bson
