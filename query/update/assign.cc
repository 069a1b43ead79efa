// SPDX-License-Identifier: Apache-2.0
// $set, $setOnInsert and $unset.
#include "engine/base/try.h"
#include "query/update/operator.h"

namespace cairn::update {
namespace {

// Whether `value`, at the end of a path of `parts` parts, keeps a document within the depth limit.
bool FitsDepth(bson::Value value, size_t parts) {
  if (parts > static_cast<size_t>(bson::kMaxDepth)) return false;
  if (value.type() != bson::Type::kDocument && value.type() != bson::Type::kArray) return true;
  if (parts == static_cast<size_t>(bson::kMaxDepth)) return false;
  for (const bson::Element& element : value.AsView()) {
    if (!FitsDepth(element.value, parts + 1)) return false;
  }
  return true;
}

class Set : public Operator {
 public:
  Set(path::FieldPath path, bson::Value value, bool on_insert_only)
      : Operator(std::move(path)), value_(value), on_insert_only_(on_insert_only) {}

  bool Creates(bool inserting) const override { return inserting || !on_insert_only_; }
  Result<Change> Apply(bson::Value, bool inserting, std::string*) const override {
    if (!Creates(inserting)) return Change();
    return Change{Change::Kind::kSet, value_};
  }

 private:
  bson::Value value_;
  bool on_insert_only_;
};

class Unset : public Operator {
 public:
  using Operator::Operator;
  bool Creates(bool) const override { return false; }
  Result<Change> Apply(bson::Value current, bool, std::string*) const override {
    return Change{current.missing() ? Change::Kind::kNone : Change::Kind::kRemove, {}};
  }
};

Result<std::unique_ptr<Operator>> MakeSet(path::FieldPath path, bson::Value value,
                                          bool on_insert_only) {
  CAIRN_TRY(CheckDepth(path, path.size(), value));
  return std::unique_ptr<Operator>(std::make_unique<Set>(std::move(path), value, on_insert_only));
}

}  // namespace

Status CheckDepth(const path::FieldPath& path, size_t parts, bson::Value value) {
  if (FitsDepth(value, parts)) return Status::Ok();
  return Status(ErrorCode::kOverflow,
                "the value at '" + path.dotted() + "' would nest the document too deeply");
}

Result<std::unique_ptr<Operator>> ParseSet(path::FieldPath path, bson::Value operand,
                                           const expression::Globals&) {
  return MakeSet(std::move(path), operand, false);
}

Result<std::unique_ptr<Operator>> ParseSetOnInsert(path::FieldPath path, bson::Value operand,
                                                   const expression::Globals&) {
  return MakeSet(std::move(path), operand, true);
}

Result<std::unique_ptr<Operator>> ParseUnset(path::FieldPath path, bson::Value,
                                             const expression::Globals&) {
  return std::unique_ptr<Operator>(std::make_unique<Unset>(std::move(path)));
}

}  // namespace cairn::update
