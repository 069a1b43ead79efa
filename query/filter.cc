// SPDX-License-Identifier: Apache-2.0
#include "cairn/filter.h"

#include <utility>

#include "engine/base/try.h"
#include "query/match/matcher.h"
#include "query/restricted_operators.h"

namespace cairn {

Filter::Filter(std::unique_ptr<const match::Matcher> matcher) : matcher_(std::move(matcher)) {}
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

Result<Filter> Filter::Parse(bson::View filter) {
  CAIRN_TRY(CheckRestrictedOperators(filter));
  CAIRN_TRY_ASSIGN(match::Matcher matcher, match::Matcher::Parse(filter));
  return Filter(std::make_unique<const match::Matcher>(std::move(matcher)));
}

Result<bool> Filter::Matches(bson::View document) const { return matcher_->Matches(document); }

}  // namespace cairn
