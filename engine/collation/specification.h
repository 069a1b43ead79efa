// SPDX-License-Identifier: Apache-2.0
// The fields of a collation as a user writes them, read and checked one by one; what only ICU knows
// (locales, versions, defaults of a locale) is collator.cc's part.
//
//   {locale: string, caseLevel: bool, caseFirst: "upper" | "lower" | "off", strength: 1..5,
//    numericOrdering: bool, alternate: "non-ignorable" | "shifted", maxVariable: "punct" | "space",
//    normalization: bool, backwards: bool, version: string}
//
// Only locale is required. Thread safety: values.
#pragma once

#include <optional>
#include <string_view>

#include "cairn/bson.h"

namespace cairn::collation {

enum class CaseFirst { kUpper, kLower, kOff };
enum class Alternate { kNonIgnorable, kShifted };
enum class MaxVariable { kPunct, kSpace };

/// What a specification says; what it does not say is absent. Borrows its bytes.
struct Specification {
  std::string_view locale;
  std::optional<bool> case_level;
  std::optional<CaseFirst> case_first;
  std::optional<int> strength;
  std::optional<bool> numeric_ordering;
  std::optional<Alternate> alternate;
  std::optional<MaxVariable> max_variable;
  std::optional<bool> normalization;
  std::optional<bool> backwards;
  std::optional<std::string_view> version;
};

/// Errors: TypeMismatch, BadValue (a value outside those above), Location40413 (a field twice),
/// Location40414 (no locale), Location40415 (an unknown field). A null is an absent field.
[[nodiscard]] Result<Specification> ReadSpecification(bson::View spec);

[[nodiscard]] std::string_view Name(CaseFirst value);
[[nodiscard]] std::string_view Name(Alternate value);
[[nodiscard]] std::string_view Name(MaxVariable value);

}  // namespace cairn::collation
