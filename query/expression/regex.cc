// SPDX-License-Identifier: Apache-2.0
// $regexMatch, $regexFind, $regexFindAll. A pattern that is the same for all documents is compiled
// once.
#include <optional>
#include <string>
#include <vector>

#include "engine/base/try.h"
#include "query/expression/code_points.h"
#include "query/expression/named_call.h"
#include "query/expression/pattern.h"
#include "query/expression/string_operators.h"

namespace cairn::expression {
namespace {

enum Field : size_t { kInput, kRegex, kOptions };
constexpr NamedField kFields[] = {{"input", ErrorCode::kLocation31022},
                                  {"regex", ErrorCode::kLocation31023},
                                  {"options", ErrorCode::kOk}};

enum class Wanted : uint8_t { kMatch, kFirst, kAll };

Status CheckNoNul(std::string_view text, ErrorCode code, std::string_view what) {
  if (text.find('\0') == std::string_view::npos) return Status::Ok();
  return Status(code,
                "regular expression " + std::string(what) + " must not have embedded null bytes");
}

// The compiled pattern; empty when the regular expression is null.
Result<std::optional<Pattern>> CompileFrom(bson::Value regex, bson::Value options) {
  const bool is_regex = regex.type() == bson::Type::kRegex;
  if (!is_regex && regex.type() != bson::Type::kString && !regex.IsNullish()) {
    return Status(ErrorCode::kLocation51105,
                  "a regular expression must be a string or a regex, found: " +
                      std::string(NameOfType(regex)));
  }
  std::string_view flags = is_regex ? regex.RegexOptions() : std::string_view();
  if (!options.IsNullish()) {
    if (options.type() != bson::Type::kString) {
      return Status(ErrorCode::kLocation51106,
                    "'options' must be a string, found: " + std::string(NameOfType(options)));
    }
    if (!flags.empty()) {
      return Status(ErrorCode::kLocation51107,
                    "found regex options specified in both 'regex' and 'options' fields");
    }
    flags = options.AsString();
  }
  if (regex.IsNullish()) return std::optional<Pattern>();
  const std::string_view pattern = is_regex ? regex.RegexPattern() : regex.AsString();
  if (pattern.size() > kPatternBytesMax) {
    return Status(ErrorCode::kLocation51111, "the regular expression is too long");
  }
  CAIRN_TRY(CheckNoNul(pattern, ErrorCode::kLocation51109, "pattern"));
  CAIRN_TRY(CheckNoNul(flags, ErrorCode::kLocation51110, "options"));
  auto compiled = Pattern::Compile(pattern, flags);
  if (!compiled.ok()) {
    const Status status = std::move(compiled).status();
    if (status.code() != ErrorCode::kLocation51091) return status;
    return Status(ErrorCode::kLocation51111, status.message());
  }
  return std::optional<Pattern>(std::move(compiled).value());
}

// Walks through a text and counts its code points on the way.
class Search {
 public:
  Search(const Pattern& pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  bool AtEnd() const { return at_ >= text_.size(); }

  /// Whether there is a further match; its spans are then known.
  Result<bool> Next() {
    CAIRN_TRY_ASSIGN(const bool found, pattern_.Find(text_, at_, &spans_));
    if (!found) return false;
    MoveTo(spans_[0].first);
    return true;
  }
  /// Behind the match, or one code point on where it is empty.
  void Skip() {
    const auto [begin, end] = spans_[0];
    MoveTo(begin < end || AtEnd() ? end : NextCodePoint(text_, at_));
  }
  void AppendMatch(bson::Builder* builder) const {
    builder->AppendString("match", TextAt(0))
        .AppendInt32("idx", static_cast<int32_t>(code_points_))
        .OpenArray("captures");
    for (size_t i = 1; i < spans_.size(); ++i) {
      if (spans_[i].first == Pattern::kNowhere) {
        builder->AppendNull(builder->NextIndex());
      } else {
        builder->AppendString(builder->NextIndex(), TextAt(i));
      }
    }
    builder->Close();
  }

 private:
  std::string_view TextAt(size_t i) const {
    return text_.substr(spans_[i].first, spans_[i].second - spans_[i].first);
  }
  void MoveTo(size_t at) {
    code_points_ += CountCodePoints(text_.substr(at_, at - at_));
    at_ = at;
  }

  const Pattern& pattern_;
  const std::string_view text_;
  Pattern::Spans spans_;
  size_t at_ = 0;
  size_t code_points_ = 0;
};

class RegexCall : public Expression {
 public:
  RegexCall(Wanted wanted, NamedArguments arguments, std::optional<Pattern> constant)
      : wanted_(wanted), arguments_(std::move(arguments)), constant_(std::move(constant)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value input, arguments_.Evaluate(kInput, context));
    std::optional<Pattern> made;
    if (!constant_) {
      CAIRN_TRY_ASSIGN(const bson::Value regex, arguments_.Evaluate(kRegex, context));
      CAIRN_TRY_ASSIGN(const bson::Value options, arguments_.Evaluate(kOptions, context));
      CAIRN_TRY_ASSIGN(made, CompileFrom(regex, options));
    }
    if (!input.IsNullish() && input.type() != bson::Type::kString) {
      return Status(ErrorCode::kLocation51104,
                    "'input' must be a string, found: " + std::string(NameOfType(input)));
    }
    const auto& pattern = constant_ ? constant_ : made;
    if (input.IsNullish() || !pattern) return Nothing(context);
    switch (wanted_) {
      case Wanted::kMatch: {
        CAIRN_TRY_ASSIGN(const bool found, pattern->FoundIn(input.AsString()));
        return Scratch::Bool(found);
      }
      case Wanted::kFirst:
        return First(Search(*pattern, input.AsString()), context);
      default:
        return All(Search(*pattern, input.AsString()), context);
    }
  }
  bool IsConstant() const override { return arguments_.AllConstant(); }
  void AddDependencies(Dependencies* dependencies) const override {
    arguments_.AddDependencies(dependencies);
  }

 private:
  Result<bson::Value> Nothing(const Context& context) const {
    if (wanted_ == Wanted::kMatch) return Scratch::Bool(false);
    return wanted_ == Wanted::kFirst ? Scratch::Null() : context.scratch->Array(bson::Document());
  }
  static Result<bson::Value> First(Search search, const Context& context) {
    CAIRN_TRY_ASSIGN(const bool found, search.Next());
    if (!found) return Scratch::Null();
    bson::Builder match;
    search.AppendMatch(&match);
    return context.scratch->Document(match.Finish());
  }
  static Result<bson::Value> All(Search search, const Context& context) {
    bson::Builder matches;
    matches.OpenArray("");
    do {
      CAIRN_TRY_ASSIGN(const bool found, search.Next());
      if (!found) break;
      matches.OpenDocument(matches.NextIndex());
      search.AppendMatch(&matches);
      matches.Close();
      if (matches.size() > static_cast<size_t>(bson::kMaxMessageBytes)) {
        return Status(ErrorCode::kExceededMemoryLimit, "$regexFindAll: the matches are too large");
      }
      search.Skip();
    } while (!search.AtEnd());
    matches.Close();
    const bson::Document made = matches.Finish();
    const bson::Value array = made[""];
    return context.scratch->Copy(array.type(), {array.payload(), array.size()});
  }

  const Wanted wanted_;
  const NamedArguments arguments_;
  const std::optional<Pattern> constant_;
};

Result<ExpressionPtr> ParseRegex(std::string_view name, Wanted wanted, bson::Value operand,
                                 Scope* scope, int depth) {
  CAIRN_TRY_ASSIGN(auto parts, ParseNamedFields({name, ErrorCode::kLocation51103,
                                                 ErrorCode::kLocation31024, kFields},
                                                operand, scope, depth));
  const bool constant =
      parts[kRegex]->IsConstant() && (parts[kOptions] == nullptr || parts[kOptions]->IsConstant());
  NamedArguments arguments(std::move(parts));
  std::optional<Pattern> pattern;
  if (constant) {
    Scratch scratch;
    const Context context(bson::View(), &scratch);
    CAIRN_TRY_ASSIGN(const bson::Value regex, arguments.Evaluate(kRegex, context));
    CAIRN_TRY_ASSIGN(const bson::Value options, arguments.Evaluate(kOptions, context));
    CAIRN_TRY_ASSIGN(pattern, CompileFrom(regex, options));
  }
  return ExpressionPtr(
      std::make_unique<RegexCall>(wanted, std::move(arguments), std::move(pattern)));
}

}  // namespace

Result<ExpressionPtr> ParseRegexFind(bson::Value operand, Scope* scope, int depth) {
  return ParseRegex("$regexFind", Wanted::kFirst, operand, scope, depth);
}

Result<ExpressionPtr> ParseRegexFindAll(bson::Value operand, Scope* scope, int depth) {
  return ParseRegex("$regexFindAll", Wanted::kAll, operand, scope, depth);
}

Result<ExpressionPtr> ParseRegexMatch(bson::Value operand, Scope* scope, int depth) {
  return ParseRegex("$regexMatch", Wanted::kMatch, operand, scope, depth);
}

}  // namespace cairn::expression
