// SPDX-License-Identifier: Apache-2.0
// One update operator on one path, and the parse functions that the table in parser.cc names.
// Operators borrow the bytes of the update document. Immutable; any thread.
#pragma once

#include <memory>
#include <string>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/scope.h"
#include "query/path/path.h"

namespace cairn::update {

/// What becomes of a field.
struct Change {
  enum class Kind { kNone, kSet, kRemove };
  Kind kind = Kind::kNone;
  bson::Value value;        ///< Of kSet.
  int64_t grown_from = -1;  ///< Of an array that only grew at its end: its old size; else -1.
};

class Operator {
 public:
  explicit Operator(path::FieldPath path) : path_(std::move(path)) {}
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  /// As written: it may have positional parts.
  const path::FieldPath& path() const { return path_; }
  /// Of $rename, whose path is the target: where the value comes from. Otherwise null. Such an
  /// operator is never applied itself: it becomes an assignment and a removal.
  virtual const path::FieldPath* source() const { return nullptr; }
  /// Whether it makes the field, and the documents above it, where there is none. `inserting`: the
  /// document is being made by an upsert.
  virtual bool Creates(bool inserting) const = 0;
  /// Whether it is an error when the field could not be made because of what stands on the way.
  virtual bool NeedsViablePath(bool inserting) const { return Creates(inserting); }
  /// What becomes of the field, which is missing or has the value `current`. A computed value lives
  /// in `room` until the next call.
  virtual Result<Change> Apply(bson::Value current, bool inserting, std::string* room) const = 0;

 private:
  path::FieldPath path_;
};

/// Makes one operator from its operand. The path has been checked. Operators that compare strings
/// borrow the collator of `globals`, which the Update keeps.
using ParseOperand = Result<std::unique_ptr<Operator>> (*)(path::FieldPath path,
                                                           bson::Value operand,
                                                           const expression::Globals& globals);

/// Error Overflow when a value at the end of a path of `parts` parts (missing: a scalar) would nest
/// a document too deeply.
Status CheckDepth(const path::FieldPath& path, size_t parts, bson::Value value);

// assign.cc
Result<std::unique_ptr<Operator>> ParseSet(path::FieldPath path, bson::Value operand,
                                           const expression::Globals& globals);
Result<std::unique_ptr<Operator>> ParseSetOnInsert(path::FieldPath path, bson::Value operand,
                                                   const expression::Globals& globals);
Result<std::unique_ptr<Operator>> ParseUnset(path::FieldPath path, bson::Value operand,
                                             const expression::Globals& globals);
// arithmetic.cc
Result<std::unique_ptr<Operator>> ParseInc(path::FieldPath path, bson::Value operand,
                                           const expression::Globals& globals);
Result<std::unique_ptr<Operator>> ParseMul(path::FieldPath path, bson::Value operand,
                                           const expression::Globals& globals);
// bit.cc
Result<std::unique_ptr<Operator>> ParseBit(path::FieldPath path, bson::Value operand,
                                           const expression::Globals& globals);
// current_date.cc
Result<std::unique_ptr<Operator>> ParseCurrentDate(path::FieldPath path, bson::Value operand,
                                                   const expression::Globals& globals);
// min_max.cc
Result<std::unique_ptr<Operator>> ParseMax(path::FieldPath path, bson::Value operand,
                                           const expression::Globals& globals);
Result<std::unique_ptr<Operator>> ParseMin(path::FieldPath path, bson::Value operand,
                                           const expression::Globals& globals);
// rename.cc
Result<std::unique_ptr<Operator>> ParseRename(path::FieldPath path, bson::Value operand,
                                              const expression::Globals& globals);
// add_to_set.cc
Result<std::unique_ptr<Operator>> ParseAddToSet(path::FieldPath path, bson::Value operand,
                                                const expression::Globals& globals);
// pop.cc
Result<std::unique_ptr<Operator>> ParsePop(path::FieldPath path, bson::Value operand,
                                           const expression::Globals& globals);
// pull.cc
Result<std::unique_ptr<Operator>> ParsePull(path::FieldPath path, bson::Value operand,
                                            const expression::Globals& globals);
Result<std::unique_ptr<Operator>> ParsePullAll(path::FieldPath path, bson::Value operand,
                                               const expression::Globals& globals);
// push.cc
Result<std::unique_ptr<Operator>> ParsePush(path::FieldPath path, bson::Value operand,
                                            const expression::Globals& globals);

}  // namespace cairn::update
