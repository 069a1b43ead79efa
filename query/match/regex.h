// SPDX-License-Identifier: Apache-2.0
// kRegex: a string or symbol in which a regular expression is found, or that same regular
// expression. Immutable; any thread.
#pragma once

#include <string_view>

#include "query/expression/pattern.h"
#include "query/match/expression.h"

namespace cairn::match {

class Regex : public PathExpression {
 public:
  /// `pattern` and `flags` are borrowed as an operand's bytes are. Errors as Pattern::Compile.
  static Result<std::unique_ptr<Regex>> Make(const path::FieldPath& path, std::string_view pattern,
                                             std::string_view flags);
  std::string_view pattern() const { return pattern_; }
  std::string_view flags() const { return flags_; }

  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  Regex(path::FieldPath path, expression::Pattern compiled, std::string_view pattern,
        std::string_view flags)
      : PathExpression(Kind::kRegex, std::move(path)),
        compiled_(std::move(compiled)),
        pattern_(pattern),
        flags_(flags) {}

  expression::Pattern compiled_;
  std::string_view pattern_;
  std::string_view flags_;
};

/// kInPatterns: an In that also holds for what one of its patterns matches.
class InPatterns : public PathExpression {
 public:
  InPatterns(path::FieldPath path, std::vector<bson::Value> operands,
             std::vector<std::unique_ptr<Regex>> patterns, const collation::Collator* collator)
      : PathExpression(Kind::kInPatterns, path),
        in_(std::move(path), std::move(operands), collator),
        patterns_(std::move(patterns)) {}
  const In& in() const { return in_; }
  const std::vector<std::unique_ptr<Regex>>& patterns() const { return patterns_; }
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  In in_;
  std::vector<std::unique_ptr<Regex>> patterns_;
};

}  // namespace cairn::match
