// SPDX-License-Identifier: Apache-2.0
// kBehind, of $_behind, an operator of Cairn's own: what comes behind a place in the order of a
// sort. A page of a sorted find begins so behind the one before it. Order is that of the keys that
// sorts compare, so it holds for all types, arrays and collations. Immutable; any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/index/key_generator.h"
#include "query/match/expression.h"

namespace cairn::match {

class Behind : public Expression {
 public:
  struct Field {
    path::FieldPath path;
    bool descending = false;
    std::string key;  ///< The place, in the bytes that the sort compares.
  };
  /// `generator`: of the sort's pattern, which has these fields.
  Behind(index::KeyGenerator generator, std::vector<Field> fields);

  const std::vector<Field>& fields() const { return fields_; }
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value, Evaluation*) const override { return false; }

 private:
  /// Takes arrays apart.
  bool MatchesGenerated(bson::View document, Evaluation* evaluation) const;

  const index::KeyGenerator generator_;
  const std::vector<Field> fields_;
};

}  // namespace cairn::match
