// SPDX-License-Identifier: Apache-2.0
// $redact: an expression says of each document, and of those inside, whether it is kept whole
// ($$KEEP), left out ($$PRUNE) or looked into ($$DESCEND). Recursion is bounded by the depth of
// documents.
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

enum class Verdict { kDescend, kPrune, kKeep };

struct Sentinel {
  std::string_view variable;
  std::string_view value;
  Verdict verdict;
};
constexpr Sentinel kSentinels[] = {
    {"DESCEND", "descend", Verdict::kDescend},
    {"KEEP", "keep", Verdict::kKeep},
    {"PRUNE", "prune", Verdict::kPrune},
};

class RedactStage final : public Stage {
 public:
  RedactStage(expression::ExpressionPtr expression,
              std::shared_ptr<const collation::Collator> collator)
      : expression_(std::move(expression)), collator_(std::move(collator)) {}

  bool OnlyTakesAway() const override { return true; }

  Result<bool> Next() override {
    while (true) {
      CAIRN_TRY_ASSIGN(const bool more, Pull());
      if (!more) return false;
      const bson::View root = input_->document();
      CAIRN_TRY_ASSIGN(const Verdict verdict, Judge(root, root));
      if (verdict == Verdict::kPrune) continue;
      if (verdict == Verdict::kKeep) {
        document_ = root;
        return true;
      }
      bson::Builder out(std::move(bytes_));
      CAIRN_TRY(Fields(root, root, &out));
      bytes_ = out.Finish().TakeBytes();
      document_ = bson::View(bytes_.data());
      return true;
    }
  }

 private:
  Result<Verdict> Judge(bson::View root, bson::View current) {
    scratch_.Clear();
    expression::Context context(root, &scratch_, collator_.get());
    const expression::Binding binding{bson::Value(bson::Type::kDocument, current.data())};
    context.bindings = &binding;
    CAIRN_TRY_ASSIGN(const bson::Value value, expression_->Evaluate(context));
    if (value.type() == bson::Type::kString) {
      for (const Sentinel& sentinel : kSentinels) {
        if (value.AsString() == sentinel.value) return sentinel.verdict;
      }
    }
    return Status(ErrorCode::kLocation17053,
                  "$redact's expression should not return anything aside from the variables "
                  "$$KEEP, $$DESCEND, and $$PRUNE");
  }

  Status Fields(bson::View root, bson::View fields, bson::Builder* out) {
    for (const bson::Element& field : fields) CAIRN_TRY(Value(root, field.name, field.value, out));
    return Status::Ok();
  }

  Status Value(bson::View root, std::string_view name, bson::Value value, bson::Builder* out) {
    if (value.type() == bson::Type::kArray) {
      out->OpenArray(name);
      for (const bson::Element& element : value.AsView()) {
        // An element that is pruned takes no place.
        CAIRN_TRY_ASSIGN(const bool kept, IsKept(root, element.value));
        if (!kept) continue;
        const std::string index(out->NextIndex());
        CAIRN_TRY(Value(root, index, element.value, out));
      }
      out->Close();
      return Status::Ok();
    }
    if (value.type() != bson::Type::kDocument) {
      out->Append(name, value);
      return Status::Ok();
    }
    CAIRN_TRY_ASSIGN(const Verdict verdict, Judge(root, value.AsView()));
    if (verdict == Verdict::kKeep) out->Append(name, value);
    if (verdict != Verdict::kDescend) return Status::Ok();
    out->OpenDocument(name);
    CAIRN_TRY(Fields(root, value.AsView(), out));
    out->Close();
    return Status::Ok();
  }

  Result<bool> IsKept(bson::View root, bson::Value element) {
    if (element.type() != bson::Type::kDocument) return true;
    CAIRN_TRY_ASSIGN(const Verdict verdict, Judge(root, element.AsView()));
    return verdict != Verdict::kPrune;
  }

  const expression::ExpressionPtr expression_;
  const std::shared_ptr<const collation::Collator> collator_;
  expression::Scratch scratch_;
  std::string bytes_;  // Keeps its memory.
};

}  // namespace

Status ParseRedact(bson::Value spec, const ParseContext& context, StageList* stages) {
  expression::Globals globals = context.globals;
  for (const Sentinel& sentinel : kSentinels) {
    bson::Builder value;
    value.AppendString("", sentinel.value);
    globals.variables.emplace_back(sentinel.variable,
                                   bson::OwnedValue(value.Finish().view().begin()->value));
  }
  expression::Scope scope(&globals);
  scope.Enter("CURRENT");
  CAIRN_TRY_ASSIGN(auto expression, expression::Parse(spec, &scope));
  stages->push_back(std::make_unique<RedactStage>(std::move(expression), context.globals.collator));
  return Status::Ok();
}

}  // namespace cairn::pipeline
