// SPDX-License-Identifier: Apache-2.0
// $min and $max, in the order of all types.
#include "engine/base/try.h"
#include "engine/collation/collator.h"
#include "query/update/operator.h"

namespace cairn::update {
namespace {

class Extreme : public Operator {
 public:
  /// `sign`: of the comparison of the operand with the field that makes it win.
  Extreme(path::FieldPath path, bson::Value operand, int sign, const collation::Collator* collator)
      : Operator(std::move(path)), operand_(operand), sign_(sign), collator_(collator) {}

  bool Creates(bool) const override { return true; }

  Result<Change> Apply(bson::Value current, bool, std::string*) const override {
    if (!current.missing()) {
      const int order = collation::CompareValues(operand_, current, collator_);
      if (order * sign_ <= 0) return Change();
    }
    return Change{Change::Kind::kSet, operand_};
  }

 private:
  bson::Value operand_;
  const int sign_;
  const collation::Collator* const collator_;
};

Result<std::unique_ptr<Operator>> Parse(path::FieldPath path, bson::Value operand, int sign,
                                        const expression::Globals& globals) {
  CAIRN_TRY(CheckDepth(path, path.size(), operand));
  return std::unique_ptr<Operator>(
      std::make_unique<Extreme>(std::move(path), operand, sign, globals.collator.get()));
}

}  // namespace

Result<std::unique_ptr<Operator>> ParseMax(path::FieldPath path, bson::Value operand,
                                           const expression::Globals& globals) {
  return Parse(std::move(path), operand, 1, globals);
}

Result<std::unique_ptr<Operator>> ParseMin(path::FieldPath path, bson::Value operand,
                                           const expression::Globals& globals) {
  return Parse(std::move(path), operand, -1, globals);
}

}  // namespace cairn::update
