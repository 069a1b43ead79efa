// SPDX-License-Identifier: Apache-2.0
// $mod and the bit tests: arithmetic predicates on one value. Immutable; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "query/match/expression.h"

namespace cairn::match {

/// kMod: a number that, cut to an integer, leaves `remainder`.
class Mod : public PathExpression {
 public:
  Mod(path::FieldPath path, int64_t divisor, int64_t remainder)
      : PathExpression(Kind::kMod, std::move(path)), divisor_(divisor), remainder_(remainder) {}
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  int64_t divisor_;
  int64_t remainder_;
};

/// Bits to test: 0 is the lowest.
struct BitPositions {
  std::vector<uint32_t> listed;
  std::string_view mask;  ///< Those that are set in it, too. The first byte is the lowest.
};

/// All bytes of binary data, for the old subtype 2 with the inner length, as MongoDB tests them.
inline std::string_view BinaryBytes(bson::Value binary) {
  constexpr size_t kHead = 5;
  return {binary.payload() + kHead, binary.size() - kHead};
}

/// kBits: an integer, or binary data, whose bits at the positions are all, or any, set or clear.
/// Integers continue with their sign; binary data, whose first byte is the lowest, with zeros.
class Bits : public PathExpression {
 public:
  struct Test {
    bool all;
    bool set;
  };
  Bits(path::FieldPath path, Test test, BitPositions positions)
      : PathExpression(Kind::kBits, std::move(path)),
        test_(test),
        positions_(std::move(positions)) {}
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  template <typename IsSet>
  bool Holds(IsSet&& is_set) const;
  Test test_;
  BitPositions positions_;
};

}  // namespace cairn::match
