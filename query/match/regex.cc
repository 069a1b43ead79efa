// SPDX-License-Identifier: Apache-2.0
// $regex, and regular expressions inside $in.
#include "query/match/regex.h"

#include <algorithm>

#include "engine/base/try.h"

namespace cairn::match {

Result<std::unique_ptr<Regex>> Regex::Make(const path::FieldPath& path, std::string_view pattern,
                                           std::string_view flags) {
  CAIRN_TRY_ASSIGN(auto compiled, expression::Pattern::Compile(pattern, flags));
  return std::unique_ptr<Regex>(new Regex(path, std::move(compiled), pattern, flags));
}

bool Regex::MatchesValue(bson::Value value, Evaluation* evaluation) const {
  if (value.type() == bson::Type::kRegex) {
    return value.RegexPattern() == pattern_ && value.RegexOptions() == flags_;
  }
  if (value.type() != bson::Type::kString && value.type() != bson::Type::kSymbol) return false;
  // After an error nothing is decided any more; the work is spared.
  if (!evaluation->error.ok()) return false;
  auto found = compiled_.FoundIn(value.AsString());
  if (!found.ok()) return evaluation->Fail(std::move(found).status());
  return *found;
}

bool Regex::Matches(bson::View document, Evaluation* evaluation) const {
  return AnyValue(document, true, evaluation, [this, evaluation](bson::Value value) {
    return Regex::MatchesValue(value, evaluation);
  });
}

bool InPatterns::MatchesValue(bson::Value value, Evaluation* evaluation) const {
  return in_.MatchesValue(value, evaluation) ||
         std::ranges::any_of(patterns_, [value, evaluation](const auto& pattern) {
           return pattern->MatchesValue(value, evaluation);
         });
}

bool InPatterns::Matches(bson::View document, Evaluation* evaluation) const {
  return AnyValue(document, true, evaluation, [this, evaluation](bson::Value value) {
    return InPatterns::MatchesValue(value, evaluation);
  });
}

}  // namespace cairn::match
