// SPDX-License-Identifier: Apache-2.0
// $addToSet: a value, or {$each: [value…]}, appended unless an equal element is there.
#include <algorithm>
#include <set>
#include <vector>

#include "engine/base/try.h"
#include "engine/collation/collator.h"
#include "query/update/array_writer.h"

namespace cairn::update {
namespace {

struct Less {
  const collation::Collator* collator;
  bool operator()(bson::Value a, bson::Value b) const {
    return collation::CompareValues(a, b, collator) < 0;
  }
};

class AddToSet : public Operator {
 public:
  /// No two of `values` are equal.
  AddToSet(path::FieldPath path, std::vector<bson::Value> values,
           const collation::Collator* collator)
      : Operator(std::move(path)), values_(std::move(values)), collator_(collator) {}

  bool Creates(bool) const override { return true; }

  Result<Change> Apply(bson::Value current, bool, std::string* room) const override {
    if (!current.missing() && current.type() != bson::Type::kArray) {
      return NotAnArray(ErrorCode::kBadValue, "$addToSet", path(), current.type());
    }
    const bson::View array = current.missing() ? bson::View() : current.AsView();
    std::vector<bool> there(values_.size());
    MarkThose(array, &there);
    const bool none_new = std::ranges::find(there, false) == there.end();
    if (none_new && !current.missing()) return Change();
    ArrayWriter writer(room);
    int64_t size = 0;
    for (const bson::Element& element : array) {
      writer.Append(element.value);
      ++size;
    }
    for (size_t i = 0; i < values_.size(); ++i) {
      if (!there[i]) writer.Append(values_[i]);
    }
    Change change = writer.Finish();
    if (!current.missing()) change.grown_from = size;
    return change;
  }

 private:
  void MarkThose(bson::View array, std::vector<bool>* there) const {
    constexpr size_t kFew = 4;
    if (values_.size() <= kFew) {
      for (const bson::Element& element : array) {
        for (size_t i = 0; i < values_.size(); ++i) {
          if ((*there)[i]) continue;
          (*there)[i] = collation::CompareValues(element.value, values_[i], collator_) == 0;
        }
      }
      return;
    }
    std::vector<bson::Value> elements;
    for (const bson::Element& element : array) elements.push_back(element.value);
    std::ranges::sort(elements, Less{collator_});
    for (size_t i = 0; i < values_.size(); ++i) {
      (*there)[i] = std::ranges::binary_search(elements, values_[i], Less{collator_});
    }
  }

  std::vector<bson::Value> values_;
  const collation::Collator* const collator_;
};

}  // namespace

Result<std::unique_ptr<Operator>> ParseAddToSet(path::FieldPath path, bson::Value operand,
                                                const expression::Globals& globals) {
  std::vector<bson::Value> values;
  const bool each = operand.type() == bson::Type::kDocument && !operand.AsView().empty() &&
                    operand.AsView().begin()->name == "$each";
  if (each) {
    auto element = operand.AsView().begin();
    if (element->value.type() != bson::Type::kArray) {
      return Status(ErrorCode::kTypeMismatch,
                    "The argument to $each in $addToSet must be an array but it was of type " +
                        std::string(bson::TypeName(element->value.type())));
    }
    const bson::View list = element->value.AsView();
    if (++element != operand.AsView().end()) {
      return Status(ErrorCode::kBadValue,
                    "Found unexpected fields after $each in $addToSet of '" + path.dotted() + "'");
    }
    std::set<bson::Value, Less> seen(Less{globals.collator.get()});
    for (const bson::Element& value : list) {
      if (seen.insert(value.value).second) values.push_back(value.value);
    }
  } else {
    values.push_back(operand);
  }
  CAIRN_TRY(CheckDepth(path, path.size(), bson::Value(bson::Type::kArray, bson::View().data())));
  for (const bson::Value value : values) CAIRN_TRY(CheckDepth(path, path.size() + 1, value));
  return std::unique_ptr<Operator>(
      std::make_unique<AddToSet>(std::move(path), std::move(values), globals.collator.get()));
}

}  // namespace cairn::update
