// SPDX-License-Identifier: Apache-2.0
// $expr, and $sampleRate, which is one.
#include "query/match/expr.h"

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "engine/bson/truth.h"
#include "query/match/parser.h"

namespace cairn::match {

bool Expr::Matches(bson::View document, Evaluation* evaluation) const {
  if (!evaluation->error.ok()) return false;
  // One $expr is evaluated after the other, so that a thread needs one.
  thread_local expression::Scratch scratch;
  scratch.Clear();
  const auto value = expression_->Evaluate({document, &scratch, collator_.get()});
  if (!value.ok()) return evaluation->Fail(value.status());
  return bson::IsTrue(*value);
}

bool Expr::MatchesValue(bson::Value, Evaluation*) const { return false; }

Status ParseExpr(Parser* parser, bson::Value operand, int, Children* into) {
  CAIRN_TRY_ASSIGN(auto parsed, expression::Parse(operand, parser->globals()));
  return parser->Add(std::make_unique<Expr>(std::move(parsed), parser->globals().collator), into);
}

Status ParseSampleRate(Parser* parser, bson::Value operand, int depth, Children* into) {
  if (!operand.IsNumber()) {
    return Status(ErrorCode::kBadValue, "argument to $sampleRate must be a numeric type");
  }
  const double rate = bson::ToDouble(bson::Number::From(operand));
  if (!(rate >= 0 && rate <= 1)) {
    return Status(ErrorCode::kBadValue, "numeric argument to $sampleRate must be in [0, 1]");
  }
  bson::Builder builder;
  builder.OpenDocument("e").OpenArray("$lt");
  builder.OpenDocument(builder.NextIndex()).OpenDocument("$rand").Close().Close();
  builder.AppendDouble(builder.NextIndex(), rate).Close().Close();
  return ParseExpr(parser, builder.Finish()["e"], depth, into);
}

}  // namespace cairn::match
