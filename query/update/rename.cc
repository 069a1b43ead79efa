// SPDX-License-Identifier: Apache-2.0
// $rename: {from: "to"}. What it does to a document is worked out in places.cc.
#include "engine/base/try.h"
#include "query/update/parser.h"

namespace cairn::update {
namespace {

class Rename : public Operator {
 public:
  Rename(path::FieldPath from, path::FieldPath to)
      : Operator(std::move(to)), from_(std::move(from)) {}

  const path::FieldPath* source() const override { return &from_; }
  bool Creates(bool) const override { return true; }
  Result<Change> Apply(bson::Value, bool, std::string*) const override { return Change(); }

 private:
  path::FieldPath from_;
};

Status CheckNotDynamic(const path::FieldPath& path, std::string_view which) {
  if (!HasPositional(path)) return Status::Ok();
  return Status(
      ErrorCode::kBadValue,
      "The " + std::string(which) + " field for $rename may not be dynamic: " + path.dotted());
}

bool Begins(const path::FieldPath& path, const path::FieldPath& with) {
  if (with.size() > path.size()) return false;
  for (size_t i = 0; i < with.size(); ++i) {
    if (path.part(i) != with.part(i)) return false;
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<Operator>> ParseRename(path::FieldPath path, bson::Value operand,
                                              const expression::Globals&) {
  if (operand.type() != bson::Type::kString) {
    return Status(ErrorCode::kBadValue,
                  "The 'to' field for $rename must be a string: " + path.dotted());
  }
  const std::string_view name = operand.AsString();
  if (name.find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation9867600,
                  "The 'to' field for $rename cannot contain an embedded null byte");
  }
  CAIRN_TRY_ASSIGN(auto to, ParsePath(name, "$set"));
  if (path.dotted() == to.dotted()) {
    return Status(ErrorCode::kBadValue,
                  "The source and target field for $rename must differ: " + path.dotted());
  }
  if (Begins(path, to) || Begins(to, path)) {
    return Status(ErrorCode::kBadValue,
                  "The source and target field for $rename must not be on the same path: " +
                      path.dotted() + " and " + to.dotted());
  }
  CAIRN_TRY(CheckNotDynamic(path, "source"));
  CAIRN_TRY(CheckNotDynamic(to, "destination"));
  return std::unique_ptr<Operator>(std::make_unique<Rename>(std::move(path), std::move(to)));
}

}  // namespace cairn::update
