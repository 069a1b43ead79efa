// SPDX-License-Identifier: Apache-2.0
// ICU's part: locales, attributes, comparison and sort keys.
#include "engine/collation/collator.h"

#include <unicode/ucol.h>
#include <unicode/uenum.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <vector>

#include "cairn/json.h"
#include "engine/base/try.h"
#include "engine/collation/specification.h"

namespace cairn::collation {
namespace {

constexpr std::string_view kSimple = "simple";
constexpr std::string_view kVersionField = "version";
constexpr std::string_view kTypeKeyword = "collation";
// The ICU inside MongoDB. Specifications copied from a MongoDB carry its version; nothing is stored
// yet that depends on it, so they may be read.
constexpr std::string_view kMongodbVersion = "57.1";
// Texts up to this many UTF-16 units are converted on the stack.
constexpr int32_t kUnitsOnStack = 256;

using Attributes = std::unique_ptr<UCollator, decltype(&ucol_close)>;

Status BadLocale(std::string_view locale, std::string_view why) {
  return Status(ErrorCode::kBadValue, "Field 'locale' is invalid in: { locale: \"" +
                                          std::string(locale) + "\" }" + std::string(why));
}

/// The value of @collation=… is one that the locale has.
bool HasType(const char* locale, std::string_view type) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UEnumeration, decltype(&uenum_close)> types(
      ucol_getKeywordValuesForLocale(kTypeKeyword.data(), locale, false, &error), uenum_close);
  while (U_SUCCESS(error)) {
    const char* known = uenum_next(types.get(), nullptr, &error);
    if (known == nullptr) return false;
    if (type == known) return true;
  }
  return false;
}

/// The only keyword of a locale that a collation takes is its type.
bool KeywordsAreKnown(const char* locale) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UEnumeration, decltype(&uenum_close)> keywords(
      uloc_openKeywords(locale, &error), uenum_close);
  while (U_SUCCESS(error)) {
    const char* keyword =
        keywords == nullptr ? nullptr : uenum_next(keywords.get(), nullptr, &error);
    if (keyword == nullptr) return U_SUCCESS(error);
    if (keyword != kTypeKeyword) return false;
    char type[ULOC_KEYWORDS_CAPACITY];
    const int32_t size = uloc_getKeywordValue(locale, keyword, type, sizeof(type), &error);
    if (U_FAILURE(error) || size >= static_cast<int32_t>(sizeof(type)) || !HasType(locale, type)) {
      return false;
    }
  }
  return false;
}

Result<Attributes> OpenLocale(std::string_view locale) {
  const std::string text(locale);
  if (text.empty() || text.find('\0') != std::string::npos || text.size() >= ULOC_FULLNAME_CAPACITY)
    return BadLocale(locale, "");
  UErrorCode error = U_ZERO_ERROR;
  char canonical[ULOC_FULLNAME_CAPACITY];
  const int32_t size = uloc_getName(text.c_str(), canonical, sizeof(canonical), &error);
  if (U_FAILURE(error) || size >= static_cast<int32_t>(sizeof(canonical))) {
    return BadLocale(locale, "");
  }
  if (text != canonical) {
    return BadLocale(locale, ". Did you mean '" + std::string(canonical) + "'?");
  }
  if (!KeywordsAreKnown(text.c_str())) return BadLocale(locale, "");
  Attributes icu(ucol_open(text.c_str(), &error), ucol_close);
  if (U_FAILURE(error) || icu == nullptr) return BadLocale(locale, "");
  // ICU falls back to the root for what it does not know.
  const char* valid = ucol_getLocaleByType(icu.get(), ULOC_VALID_LOCALE, &error);
  if (U_FAILURE(error) || valid == nullptr || *valid == '\0' || std::string_view(valid) == "root") {
    return BadLocale(locale, "");
  }
  return icu;
}

UColAttributeValue OnOff(bool on) { return on ? UCOL_ON : UCOL_OFF; }

UColAttributeValue ToIcu(CaseFirst value) {
  switch (value) {
    case CaseFirst::kUpper:
      return UCOL_UPPER_FIRST;
    case CaseFirst::kLower:
      return UCOL_LOWER_FIRST;
    case CaseFirst::kOff:
      return UCOL_OFF;
  }
  return UCOL_OFF;
}

// By level, 1 to 5.
constexpr UColAttributeValue kStrengths[] = {UCOL_PRIMARY, UCOL_SECONDARY, UCOL_TERTIARY,
                                             UCOL_QUATERNARY, UCOL_IDENTICAL};

UErrorCode SetAttributes(const Specification& spec, UCollator* icu) {
  UErrorCode error = U_ZERO_ERROR;
  const auto set = [&](UColAttribute attribute, UColAttributeValue value) {
    ucol_setAttribute(icu, attribute, value, &error);
  };
  if (spec.case_level) set(UCOL_CASE_LEVEL, OnOff(*spec.case_level));
  if (spec.case_first) set(UCOL_CASE_FIRST, ToIcu(*spec.case_first));
  if (spec.strength) set(UCOL_STRENGTH, kStrengths[*spec.strength - 1]);
  if (spec.numeric_ordering) set(UCOL_NUMERIC_COLLATION, OnOff(*spec.numeric_ordering));
  if (spec.alternate) {
    set(UCOL_ALTERNATE_HANDLING,
        *spec.alternate == Alternate::kShifted ? UCOL_SHIFTED : UCOL_NON_IGNORABLE);
  }
  if (spec.max_variable) {
    ucol_setMaxVariable(icu,
                        *spec.max_variable == MaxVariable::kPunct ? UCOL_REORDER_CODE_PUNCTUATION
                                                                  : UCOL_REORDER_CODE_SPACE,
                        &error);
  }
  if (spec.normalization) set(UCOL_NORMALIZATION_MODE, OnOff(*spec.normalization));
  if (spec.backwards) set(UCOL_FRENCH_COLLATION, OnOff(*spec.backwards));
  return error;
}

/// All attributes as they are now, the locale's own where the user was silent.
Specification ReadAttributes(std::string_view locale, const UCollator* icu) {
  UErrorCode error = U_ZERO_ERROR;
  const auto get = [&](UColAttribute attribute) {
    return ucol_getAttribute(icu, attribute, &error);
  };
  Specification spec;
  spec.locale = locale;
  spec.case_level = get(UCOL_CASE_LEVEL) == UCOL_ON;
  const UColAttributeValue case_first = get(UCOL_CASE_FIRST);
  spec.case_first = case_first == UCOL_UPPER_FIRST   ? CaseFirst::kUpper
                    : case_first == UCOL_LOWER_FIRST ? CaseFirst::kLower
                                                     : CaseFirst::kOff;
  const auto level =
      std::find(std::begin(kStrengths), std::end(kStrengths), get(UCOL_STRENGTH)) - kStrengths;
  spec.strength = static_cast<int>(level) + 1;
  spec.numeric_ordering = get(UCOL_NUMERIC_COLLATION) == UCOL_ON;
  spec.alternate =
      get(UCOL_ALTERNATE_HANDLING) == UCOL_SHIFTED ? Alternate::kShifted : Alternate::kNonIgnorable;
  spec.max_variable = ucol_getMaxVariable(icu) == UCOL_REORDER_CODE_SPACE ? MaxVariable::kSpace
                                                                          : MaxVariable::kPunct;
  spec.normalization = get(UCOL_NORMALIZATION_MODE) == UCOL_ON;
  spec.backwards = get(UCOL_FRENCH_COLLATION) == UCOL_ON;
  return spec;
}

bson::Document ToDocument(const Specification& spec) {
  bson::Builder out;
  out.AppendString("locale", spec.locale)
      .AppendBool("caseLevel", *spec.case_level)
      .AppendString("caseFirst", Name(*spec.case_first))
      .AppendInt32("strength", *spec.strength)
      .AppendBool("numericOrdering", *spec.numeric_ordering)
      .AppendString("alternate", Name(*spec.alternate))
      .AppendString("maxVariable", Name(*spec.max_variable))
      .AppendBool("normalization", *spec.normalization)
      .AppendBool("backwards", *spec.backwards)
      .AppendString(kVersionField, Collator::Version());
  return out.Finish();
}

/// What ICU would take without effect.
Status CheckTogether(const Specification& complete, bson::View given) {
  if (*complete.case_first != CaseFirst::kOff && !*complete.case_level && *complete.strength < 3) {
    return Status(ErrorCode::kBadValue,
                  "'caseFirst' is invalid unless 'caseLevel' is on or 'strength' is greater than 2 "
                  "in: " +
                      json::ToJson(given));
  }
  if (*complete.backwards && *complete.strength == 1) {
    return Status(ErrorCode::kBadValue,
                  "'backwards' is invalid with 'strength' of 1 in: " + json::ToJson(given));
  }
  return Status::Ok();
}

/// A text in UTF-16, on the stack while it is short.
class Units {
 public:
  explicit Units(std::string_view utf8) {
    // UTF-16 has at most as many units as UTF-8 has bytes.
    auto capacity = static_cast<int32_t>(utf8.size());
    if (capacity > kUnitsOnStack) {
      long_.resize(utf8.size());
      data_ = long_.data();
    } else {
      capacity = kUnitsOnStack;
    }
    UErrorCode error = U_ZERO_ERROR;
    u_strFromUTF8WithSub(data_, capacity, &size_, utf8.data(), static_cast<int32_t>(utf8.size()),
                         0xFFFD, nullptr, &error);
  }
  Units(const Units&) = delete;
  Units& operator=(const Units&) = delete;

  const UChar* data() const { return data_; }
  int32_t size() const { return size_; }

 private:
  UChar short_[kUnitsOnStack];
  std::vector<UChar> long_;
  UChar* data_ = short_;
  int32_t size_ = 0;
};

}  // namespace

Result<std::shared_ptr<const Collator>> Collator::Parse(bson::View spec) {
  CAIRN_TRY_ASSIGN(const Specification given, ReadSpecification(spec));
  if (given.locale == kSimple) return std::shared_ptr<const Collator>();
  CAIRN_TRY_ASSIGN(Attributes icu, OpenLocale(given.locale));
  if (given.version && *given.version != Version() && *given.version != kMongodbVersion) {
    return Status(ErrorCode::kIncompatibleCollationVersion,
                  "Requested collation version " + std::string(*given.version) +
                      " but the only available collator version was " + std::string(Version()) +
                      ". Requested collation spec: " + json::ToJson(spec));
  }
  if (const UErrorCode error = SetAttributes(given, icu.get()); U_FAILURE(error)) {
    return Status(ErrorCode::kBadValue, "The collation cannot be used (" +
                                            std::string(u_errorName(error)) +
                                            "): " + json::ToJson(spec));
  }
  const Specification complete = ReadAttributes(given.locale, icu.get());
  CAIRN_TRY(CheckTogether(complete, spec));
  bson::Document document = ToDocument(complete);
  return std::shared_ptr<const Collator>(new Collator(icu.release(), std::move(document)));
}

Result<std::shared_ptr<const Collator>> Collator::ParseStored(bson::View spec) {
  bson::Builder unversioned;
  for (const bson::Element& field : spec) {
    if (field.name != kVersionField) unversioned.Append(field.name, field.value);
  }
  return Parse(unversioned.Finish());
}

bool Collator::IsStale(bson::View spec) {
  const bson::Value version = spec[kVersionField];
  return version.type() != bson::Type::kString || version.AsString() != Version();
}

std::string_view Collator::Version() { return U_ICU_VERSION; }

Collator::Collator(UCollator* icu, bson::Document spec) : icu_(icu), spec_(std::move(spec)) {}

Collator::~Collator() { ucol_close(icu_); }

int Collator::Compare(std::string_view a, std::string_view b) const {
  if (a == b) return 0;
  UErrorCode error = U_ZERO_ERROR;
  return ucol_strcollUTF8(icu_, a.data(), static_cast<int32_t>(a.size()), b.data(),
                          static_cast<int32_t>(b.size()), &error);
}

void Collator::AppendSortKey(std::string_view text, std::string* out) const {
  const Units units(text);
  const size_t start = out->size();
  // A guess that nearly all texts fit; the call tells the size when it was too small.
  size_t capacity = 4 * static_cast<size_t>(units.size()) + 16;
  while (true) {
    out->resize(start + capacity);
    const int32_t size = ucol_getSortKey(icu_, units.data(), units.size(),
                                         reinterpret_cast<uint8_t*>(out->data() + start),
                                         static_cast<int32_t>(capacity));
    if (static_cast<size_t>(size) <= capacity) {
      // Without the NUL that ends a key and is in none.
      out->resize(start + static_cast<size_t>(std::max(size, 1)) - 1);
      return;
    }
    capacity = static_cast<size_t>(size);
  }
}

}  // namespace cairn::collation
