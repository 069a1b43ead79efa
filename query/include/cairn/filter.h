// SPDX-License-Identifier: Apache-2.0
// A filter apart from any collection: for documents that a program has itself.
#pragma once

#include <memory>

#include "cairn/bson.h"
#include "cairn/export.h"
#include "cairn/status.h"

namespace cairn {

namespace match {
class Matcher;
}

/// Parsed once, asked of many documents. Immutable: any thread.
class CAIRN_API Filter {
 public:
  /// `filter` is as that of Collection::Find; it is copied. Errors: BadValue and those of single
  /// operators.
  static Result<Filter> Parse(bson::View filter);
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;
  ~Filter();

  /// Errors: BadValue where the limits of $regex end, and those of expressions.
  Result<bool> Matches(bson::View document) const;

 private:
  explicit Filter(std::unique_ptr<const match::Matcher> matcher);
  std::unique_ptr<const match::Matcher> matcher_;
};

}  // namespace cairn
