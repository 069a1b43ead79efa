// SPDX-License-Identifier: Apache-2.0
// A collation made ready: the order of strings that a locale and its options ask for, by ICU.
// Everywhere in Cairn `const Collator*` null means the simple order, by bytes; what holds no
// collator must not pay for them, so test the pointer once and outside of loops.
//
// Sort keys: bytes whose memcmp order (the shorter first) is Compare's order; equal strings have
// equal keys. They depend on ICU's version: what stores them stores spec() too, and is stale when
// spec()'s version is not Version().
//
// Thread safety: a Collator is immutable; its methods may be called from several threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cairn/bson.h"

struct UCollator;

namespace cairn::collation {

class Collator {
 public:
  /// Makes the collator of a user's collation document, {locale: …, …}. Null for the locale
  /// "simple". An empty document, which commands take as no collation at all, is an error here.
  /// Shared, because cursors, prepared filters and collections keep it beyond the command.
  /// Errors: those of ReadSpecification (collation/specification.h), BadValue (a locale that is
  /// unknown or not in its canonical form, options that contradict each other),
  /// IncompatibleCollationVersion.
  static Result<std::shared_ptr<const Collator>> Parse(bson::View spec);

  /// The same of a document that Cairn has stored, whatever version it carries: the order is that
  /// of this program's ICU. Who has stored sort keys asks IsStale first.
  static Result<std::shared_ptr<const Collator>> ParseStored(bson::View spec);
  /// Whether sort keys stored with this complete specification are of another ICU.
  static bool IsStale(bson::View spec);

  /// The version that spec() shows: ICU's.
  static std::string_view Version();

  ~Collator();
  Collator(const Collator&) = delete;
  Collator& operator=(const Collator&) = delete;

  /// <0, 0, >0. UTF-8; ill-formed bytes count as U+FFFD.
  int Compare(std::string_view a, std::string_view b) const;
  /// Appends the sort key of `text`.
  void AppendSortKey(std::string_view text, std::string* out) const;

  /// The complete collation: all ten fields, those left out by the user as the locale has them.
  const bson::Document& spec() const { return spec_; }

 private:
  Collator(UCollator* icu, bson::Document spec);

  UCollator* icu_;
  bson::Document spec_;
};

/// Whether two collators, each perhaps null, give the same order.
[[nodiscard]] inline bool Same(const Collator* a, const Collator* b) {
  if (a == b) return true;
  return a != nullptr && b != nullptr && a->spec().bytes() == b->spec().bytes();
}

namespace internal {
int CompareCollated(bson::Value a, bson::Value b, const Collator& collator);
}  // namespace internal

/// bson::Compare, where strings (nested ones too, field names not) stand in the collator's order.
[[nodiscard]] inline int CompareValues(bson::Value a, bson::Value b, const Collator* collator) {
  return collator == nullptr ? bson::Compare(a, b) : internal::CompareCollated(a, b, *collator);
}

/// Whether a value of this type may hold strings that a collator orders.
[[nodiscard]] inline bool HoldsStrings(bson::Type type) {
  return type == bson::Type::kString || type == bson::Type::kSymbol ||
         type == bson::Type::kDocument || type == bson::Type::kArray;
}

/// `value` with each string in it, nested ones too, replaced by its sort key (bytes that are not
/// UTF-8, in a value of the same type). bson::Compare over the results is CompareValues over the
/// values. For keys of indexes, sorts, sets and hashes; equal values do not give equal bytes where
/// Compare has several forms of one value, such as 1 and 1.0.
void AppendWithSortKeys(std::string_view name, bson::Value value, const Collator& collator,
                        bson::Builder* out);
[[nodiscard]] bson::OwnedValue WithSortKeys(bson::Value value, const Collator& collator);

/// `value` as keys hold it: its sort keys where `collator`, which may be null, orders it, else as
/// it is. Borrows `value`; what value() gives lives as long as this.
class Collated {
 public:
  Collated(bson::Value value, const Collator* collator)
      : orders_(collator != nullptr && HoldsStrings(value.type())), value_(value) {
    if (orders_) [[unlikely]]
      made_ = WithSortKeys(value, *collator);
  }
  bson::Value value() const { return orders_ ? made_.value() : value_; }

 private:
  const bool orders_;
  const bson::Value value_;
  bson::OwnedValue made_;
};

/// `keys`, which WithSortKeys has made, as errors show it: each sort key as "CollationKey(0x2a…)".
[[nodiscard]] bson::Document WithKeyTexts(bson::View keys);

}  // namespace cairn::collation
