// SPDX-License-Identifier: Apache-2.0
// The filters that $[identifier] in an update's paths stands for. Immutable; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/match/matcher.h"

namespace cairn::update {

/// Filters of one update.
inline constexpr size_t kArrayFiltersMax = 1'000;

class ArrayFilters {
 public:
  /// [{"id.x": {$gt: 1}}…]. Errors: FailedToParse for a filter without one identifier, or two for
  /// one; BadValue for a malformed identifier; and those of Matcher::Parse.
  static Result<ArrayFilters> Parse(std::span<const bson::Document> filters,
                                    const expression::Globals& globals);

  bool empty() const { return filters_.empty(); }
  size_t size() const { return filters_.size(); }
  const std::string& identifier(size_t i) const { return filters_[i].identifier; }
  /// Position of the filter of `identifier`, or -1.
  int Find(std::string_view identifier) const;
  /// Whether an array's element passes filter `i`. Errors: as Matcher::Matches.
  Result<bool> Matches(size_t i, bson::Value element, std::string* scratch) const;

 private:
  struct Filter {
    std::string identifier;
    match::Matcher matcher;
  };
  std::vector<Filter> filters_;
};

}  // namespace cairn::update
