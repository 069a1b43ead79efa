// SPDX-License-Identifier: Apache-2.0
// Equalities of a filter, and the _id of the document to insert.
#include "query/update/upsert.h"

#include <vector>

#include "engine/base/try.h"
#include "query/update/rewrite.h"

namespace cairn::update {
namespace {

struct Equality {
  const path::FieldPath* path;
  bson::Value value;
};

// The parser opens nested $and and $or with one branch; recursion is bounded by its depth limit.
void Collect(const match::Expression& node, std::vector<Equality>* into) {
  switch (node.kind()) {
    case match::Kind::kEq: {
      const auto& equality = static_cast<const match::Comparison&>(node);
      into->push_back({&equality.path(), equality.operand()});
      return;
    }
    case match::Kind::kIn: {
      const auto& in = static_cast<const match::In&>(node);
      if (in.operands().size() == 1) into->push_back({&in.path(), in.operands()[0]});
      return;
    }
    case match::Kind::kAnd:
      for (const auto& child : node.children()) Collect(*child, into);
      return;
    default:
      return;
  }
}

}  // namespace

Result<bson::Document> DocumentFromEqualities(const match::Expression& filter) {
  std::vector<Equality> equalities;
  Collect(filter, &equalities);
  Operators operators;
  Places places;
  for (const Equality& equality : equalities) {
    CAIRN_TRY_ASSIGN(auto path, ParsePath(equality.path->dotted(), ""));
    CAIRN_TRY_ASSIGN(auto set, ParseSet(std::move(path), equality.value, {}));
    places.push_back({set->path(), set.get()});
    operators.push_back(std::move(set));
  }
  CAIRN_TRY_ASSIGN(const auto root, MakeTree(&places, ErrorCode::kNotSingleValueField));
  std::string bytes;
  CAIRN_TRY(Rewriter(true, &bytes).Rewrite(*root, bson::View()));
  return bson::Document::FromTrustedBytes(std::move(bytes));
}

Result<bson::Value> IdFromEqualities(const match::Expression& filter) {
  std::vector<Equality> equalities;
  Collect(filter, &equalities);
  bson::Value id;
  for (const Equality& equality : equalities) {
    if (equality.path->part(0) != "_id") continue;
    if (equality.path->size() > 1) {
      return Status(ErrorCode::kNotExactValueField,
                    "field at '_id' must be exactly specified, field at sub-path '" +
                        equality.path->dotted() + "' found");
    }
    if (!id.missing()) {
      return Status(ErrorCode::kNotSingleValueField,
                    "cannot infer query fields to set, path '_id' is matched twice");
    }
    id = equality.value;
  }
  return id;
}

Result<bson::Document> WithIdInFront(bson::View document) {
  const bson::Value id = document.Find("_id");
  if (id.type() == bson::Type::kArray || id.type() == bson::Type::kRegex ||
      id.type() == bson::Type::kUndefined) {
    return Status(ErrorCode::kInvalidIdField,
                  "The '_id' value cannot be of type " + std::string(bson::TypeName(id.type())));
  }
  if (id.type() == bson::Type::kDocument) {
    for (const bson::Element& element : id.AsView()) {
      if (element.name.starts_with('$')) {
        return Status(ErrorCode::kDollarPrefixedFieldName,
                      "_id fields may not contain '$'-prefixed fields: " +
                          std::string(element.name) + " is not valid for storage.");
      }
    }
  }
  std::string room;
  room.reserve(document.size() + 32);
  bson::Builder builder(std::move(room));
  if (id.missing()) {
    builder.AppendObjectId("_id", bson::ObjectId::Generate());
  } else {
    builder.Append("_id", id);
  }
  for (const bson::Element& element : document) {
    if (element.name != "_id") builder.Append(element.name, element.value);
  }
  CAIRN_TRY(CheckSize(builder.size() + 1));
  return builder.Finish();
}

}  // namespace cairn::update
