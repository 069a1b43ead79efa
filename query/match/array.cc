// SPDX-License-Identifier: Apache-2.0
// Evaluation of $size and $elemMatch.
#include "query/match/array.h"

namespace cairn::match {

bool Size::MatchesValue(bson::Value value, Evaluation*) const {
  if (value.type() != bson::Type::kArray) return false;
  int64_t count = 0;
  const bson::View array = value.AsView();
  for (auto at = array.begin(); at != array.end() && count <= size_; ++at) ++count;
  return count == size_;
}

bool Size::Matches(bson::View document, Evaluation* evaluation) const {
  return AnyValue(document, false, evaluation, [this, evaluation](bson::Value value) {
    return Size::MatchesValue(value, evaluation);
  });
}

bool ElemMatch::Holds(bson::Value element, Evaluation* evaluation) const {
  const Expression& condition = *children()[0];
  if (form_ == Form::kValue) return condition.MatchesValue(element, evaluation);
  if (element.type() != bson::Type::kDocument && element.type() != bson::Type::kArray) return false;
  return condition.Matches(element.AsView(), evaluation);
}

bool ElemMatch::MatchesValue(bson::Value value, Evaluation* evaluation) const {
  if (value.type() != bson::Type::kArray) return false;
  size_t position = 0;
  for (const bson::Element& element : value.AsView()) {
    const WithoutDetails without(evaluation);
    if (Holds(element.value, evaluation)) {
      if (without.details() != nullptr) without.details()->array_index = position;
      return true;
    }
    ++position;
  }
  return false;
}

bool ElemMatch::Matches(bson::View document, Evaluation* evaluation) const {
  return AnyValue(document, false, evaluation, [this, evaluation](bson::Value value) {
    return ElemMatch::MatchesValue(value, evaluation);
  });
}

}  // namespace cairn::match
