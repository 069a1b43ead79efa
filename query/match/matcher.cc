// SPDX-License-Identifier: Apache-2.0
// The Matcher: a copy of the filter, and the tree that borrows from it.
#include "query/match/matcher.h"

#include "engine/base/try.h"
#include "query/match/parser.h"

namespace cairn::match {

Result<Matcher> Matcher::Parse(bson::View filter, const expression::Globals& globals) {
  auto source = std::make_shared<const bson::Document>(filter);
  Parser parser(&globals);
  Children children;
  CAIRN_TRY(parser.ParseFilter(source->view(), 1, &children));
  return Matcher(std::move(source), globals.collator, AllOf(std::move(children)));
}

bool Matcher::MatchesAll() const { return root_->kind() == Kind::kAlwaysTrue; }

}  // namespace cairn::match
