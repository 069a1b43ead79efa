// SPDX-License-Identifier: Apache-2.0
// Evaluation of $mod and of the bit tests.
#include "query/match/arithmetic.h"

#include <algorithm>

#include "engine/bson/number.h"

namespace cairn::match {

bool Mod::MatchesValue(bson::Value value, Evaluation*) const {
  if (!value.IsNumber()) return false;
  const auto dividend = bson::ToInt64Truncated(bson::Number::From(value));
  if (!dividend) return false;
  // The smallest integer cannot be divided by -1; the remainder is 0 for every number.
  const int64_t remainder = divisor_ == -1 ? 0 : *dividend % divisor_;
  return remainder == remainder_;
}

bool Mod::Matches(bson::View document, Evaluation* evaluation) const {
  return AnyValue(document, true, evaluation, [this, evaluation](bson::Value value) {
    return Mod::MatchesValue(value, evaluation);
  });
}

template <typename IsSet>
bool Bits::Holds(IsSet&& is_set) const {
  const auto holds = [this, &is_set](uint32_t position) { return is_set(position) == test_.set; };
  for (const uint32_t position : positions_.listed) {
    if (holds(position) != test_.all) return !test_.all;
  }
  for (size_t i = 0; i < positions_.mask.size(); ++i) {
    const auto byte = static_cast<uint8_t>(positions_.mask[i]);
    for (uint32_t bit = 0; bit < 8; ++bit) {
      if (((byte >> bit) & 1) == 0) continue;
      if (holds(static_cast<uint32_t>(i * 8) + bit) != test_.all) return !test_.all;
    }
  }
  return test_.all;
}

bool Bits::MatchesValue(bson::Value value, Evaluation*) const {
  if (value.type() == bson::Type::kBinary) {
    const std::string_view bytes = BinaryBytes(value);
    return Holds([bytes](uint32_t position) {
      return position / 8 < bytes.size() &&
             ((static_cast<uint8_t>(bytes[position / 8]) >> (position % 8)) & 1) != 0;
    });
  }
  if (!value.IsNumber()) return false;
  const auto integer = bson::ToInt64Exact(bson::Number::From(value));
  if (!integer) return false;
  return Holds([integer = *integer](uint32_t position) {
    return ((integer >> std::min<uint32_t>(position, 63)) & 1) != 0;
  });
}

bool Bits::Matches(bson::View document, Evaluation* evaluation) const {
  return AnyValue(document, true, evaluation, [this, evaluation](bson::Value value) {
    return Bits::MatchesValue(value, evaluation);
  });
}

}  // namespace cairn::match
