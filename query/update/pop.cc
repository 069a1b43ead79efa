// SPDX-License-Identifier: Apache-2.0
// $pop: 1 removes the last element, -1 the first.
#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/update/array_writer.h"

namespace cairn::update {
namespace {

class Pop : public Operator {
 public:
  Pop(path::FieldPath path, bool first) : Operator(std::move(path)), first_(first) {}

  bool Creates(bool) const override { return false; }
  bool NeedsViablePath(bool) const override { return true; }

  Result<Change> Apply(bson::Value current, bool, std::string* room) const override {
    if (current.missing()) return Change();
    if (current.type() != bson::Type::kArray) {
      return NotAnArray(ErrorCode::kTypeMismatch, "$pop", path(), current.type());
    }
    const bson::View array = current.AsView();
    if (array.empty()) return Change();
    ArrayWriter writer(room);
    bson::Value held;  // The element before the current one, once it is known to stay.
    bool is_first = true;
    for (const bson::Element& element : array) {
      if (!held.missing()) writer.Append(held);
      held = first_ && is_first ? bson::Value() : element.value;
      is_first = false;
    }
    if (first_ && !held.missing()) writer.Append(held);
    return writer.Finish();
  }

 private:
  const bool first_;
};

}  // namespace

Result<std::unique_ptr<Operator>> ParsePop(path::FieldPath path, bson::Value operand,
                                           const expression::Globals&) {
  if (!operand.IsNumber()) {
    return Status(ErrorCode::kFailedToParse, "Expected a number in: " + path.dotted());
  }
  const auto end = bson::ToInt64Exact(bson::Number::From(operand));
  if (!end || (*end != 1 && *end != -1)) {
    return Status(ErrorCode::kFailedToParse, "$pop of '" + path.dotted() + "' expects 1 or -1");
  }
  return std::unique_ptr<Operator>(std::make_unique<Pop>(std::move(path), *end == -1));
}

}  // namespace cairn::update
