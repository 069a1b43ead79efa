// SPDX-License-Identifier: Apache-2.0
// One update operator on one path, and the parse functions that the table in parser.cc names.
// Operators borrow the bytes of the update document. Immutable; any thread.
#pragma once

#include <memory>
#include <string>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/path/path.h"

namespace cairn::update {

/// What becomes of a field.
struct Change {
  enum class Kind { kNone, kSet, kRemove };
  Kind kind = Kind::kNone;
  bson::Value value;  ///< Of kSet.
};

class Operator {
 public:
  explicit Operator(path::FieldPath path) : path_(std::move(path)) {}
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  const path::FieldPath& path() const { return path_; }
  /// Whether it makes the field, and the documents above it, where there is none. `inserting`: the
  /// document is being made by an upsert.
  virtual bool Creates(bool inserting) const = 0;
  /// What becomes of the field, which is missing or has the value `current`. A computed value lives
  /// in `room` until the next call.
  virtual Result<Change> Apply(bson::Value current, bool inserting, std::string* room) const = 0;

 private:
  path::FieldPath path_;
};

/// Makes one operator from its operand. The path has been checked.
using ParseOperand = Result<std::unique_ptr<Operator>> (*)(path::FieldPath path,
                                                           bson::Value operand);

// assign.cc
Result<std::unique_ptr<Operator>> ParseSet(path::FieldPath path, bson::Value operand);
Result<std::unique_ptr<Operator>> ParseSetOnInsert(path::FieldPath path, bson::Value operand);
Result<std::unique_ptr<Operator>> ParseUnset(path::FieldPath path, bson::Value operand);
// arithmetic.cc
Result<std::unique_ptr<Operator>> ParseInc(path::FieldPath path, bson::Value operand);

}  // namespace cairn::update
