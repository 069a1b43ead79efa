// SPDX-License-Identifier: Apache-2.0
// The Matcher: a copy of the filter, and the tree that borrows from it.
#include "query/match/matcher.h"

#include "engine/base/try.h"
#include "query/match/parser.h"

namespace cairn::match {

Result<Matcher> Matcher::Parse(bson::View filter, const expression::Globals& globals) {
  auto source = std::make_unique<const bson::Document>(filter);
  Parser parser(&globals);
  Children children;
  CAIRN_TRY(parser.ParseFilter(source->view(), 1, &children));
  return Matcher(std::move(source), globals.collator, AllOf(std::move(children)));
}

Matcher::Matcher(std::unique_ptr<const bson::Document> source,
                 std::shared_ptr<const collation::Collator> collator,
                 std::unique_ptr<Expression> root)
    : source_(std::move(source)), collator_(std::move(collator)), root_(std::move(root)) {}
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;
Matcher::~Matcher() = default;

bool Matcher::MatchesAll() const { return root_->kind() == Kind::kAlwaysTrue; }

}  // namespace cairn::match
