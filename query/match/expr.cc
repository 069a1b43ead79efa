// SPDX-License-Identifier: Apache-2.0
// $expr, and $sampleRate, which is one.
#include "query/match/expr.h"

#include <iterator>
#include <optional>
#include <string_view>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "engine/bson/truth.h"
#include "query/match/parser.h"

namespace cairn::match {
namespace {

struct Operator {
  std::string_view name;
  Kind kind;
  Kind turned;  // With its sides exchanged.
};
constexpr Operator kComparisons[] = {
    {"$eq", Kind::kEq, Kind::kEq},    {"$gt", Kind::kGt, Kind::kLt},
    {"$gte", Kind::kGte, Kind::kLte}, {"$lt", Kind::kLt, Kind::kGt},
    {"$lte", Kind::kLte, Kind::kGte},
};

// "a.b" of "$a.b", "$$ROOT.a.b" and "$$CURRENT.a.b"; empty for anything else.
std::string_view PathOf(bson::Value value) {
  if (value.type() != bson::Type::kString) return {};
  std::string_view text = value.AsString();
  for (const std::string_view variable : {"$$ROOT.", "$$CURRENT."}) {
    if (text.starts_with(variable)) return text.substr(variable.size());
  }
  if (!text.starts_with('$') || text.starts_with("$$")) return {};
  return text.substr(1);
}

class DemandReader {
 public:
  DemandReader(const expression::Globals& globals, Demands* demands)
      : globals_(globals), demands_(demands) {}

  // All members of $and at any depth, which the parser has bounded.
  void Read(bson::Value operand) {
    if (operand.type() != bson::Type::kDocument || operand.AsView().empty()) return;
    const bson::Element element = *operand.AsView().begin();
    if (element.name == "$and" && element.value.type() == bson::Type::kArray) {
      for (const bson::Element& member : element.value.AsView()) Read(member.value);
      return;
    }
    for (const Operator& each : kComparisons) {
      if (each.name == element.name) ReadComparison(each, element.value);
    }
  }

 private:
  void ReadComparison(const Operator& comparison, bson::Value sides) {
    if (sides.type() != bson::Type::kArray) return;
    const bson::View array = sides.AsView();
    if (std::distance(array.begin(), array.end()) != 2) return;
    const bson::Value left = array.begin()->value;
    const bson::Value right = (++array.begin())->value;
    if (!PathOf(left).empty()) {
      Add(comparison.kind, PathOf(left), right);
    } else if (!PathOf(right).empty()) {
      Add(comparison.turned, PathOf(right), left);
    }
  }

  void Add(Kind kind, std::string_view path, bson::Value side) {
    auto parsed_path = path::FieldPath::Parse(path);
    auto constant = expression::Parse(side, globals_);
    if (!parsed_path.ok() || !constant.ok() || !(*constant)->IsConstant()) return;
    expression::Scratch scratch;
    const bson::Document none;
    const auto value = (*constant)->Evaluate({none, &scratch, globals_.collator.get()});
    if (!value.ok() || value->missing()) return;
    demands_->push_back(
        std::make_unique<ExprComparison>(kind, std::move(parsed_path).value(), *value));
  }

  const expression::Globals& globals_;
  Demands* const demands_;
};

}  // namespace

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
  Demands demands;
  if (parser->globals().evaluates_constants) {
    DemandReader(parser->globals(), &demands).Read(operand);
  }
  return parser->Add(
      std::make_unique<Expr>(std::move(parsed), parser->globals().collator, std::move(demands)),
      into);
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
