// SPDX-License-Identifier: Apache-2.0
// $_identical, an operator of Cairn's own: the document is this one, byte for byte. Equality would
// take 1 for 1.0. With it an update of what was read before happens only if nothing has changed.
// Immutable; any thread.
#include "query/match/parser.h"

namespace cairn::match {
namespace {

/// Of the kind of predicates on whole documents that no index helps with.
class Identical : public Expression {
 public:
  /// Borrows it from the Matcher's copy of the filter.
  explicit Identical(bson::View document) : Expression(Kind::kSchema), document_(document) {}
  bool Matches(bson::View document, Evaluation*) const override {
    return document.bytes() == document_.bytes();
  }
  bool MatchesValue(bson::Value, Evaluation*) const override { return false; }

 private:
  const bson::View document_;
};

}  // namespace

Status ParseIdentical(Parser* parser, bson::Value operand, int, Children* into) {
  if (operand.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kFailedToParse, "$_identical must be a document");
  }
  return parser->Add(std::make_unique<Identical>(operand.AsView()), into);
}

}  // namespace cairn::match
