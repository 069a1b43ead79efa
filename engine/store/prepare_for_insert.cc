// SPDX-License-Identifier: Apache-2.0
// What happens to a document before it is inserted.
#include <atomic>

#include "engine/base/clock.h"
#include "engine/base/try.h"
#include "engine/store/document_store.h"

namespace cairn::store {
namespace {

using bson::Type;
using bson::Value;

Status CheckId(Value id) {
  if (id.type() == Type::kArray || id.type() == Type::kRegex || id.type() == Type::kUndefined) {
    return Status(ErrorCode::kInvalidIdField,
                  "The '_id' value cannot be of type " + std::string(bson::TypeName(id.type())));
  }
  if (id.type() != Type::kDocument) return Status::Ok();
  for (const bson::Element& field : id.AsView()) {
    if (field.name.starts_with('$')) {
      return Status(ErrorCode::kDollarPrefixedFieldName,
                    "_id fields may not contain '$'-prefixed fields: " + std::string(field.name) +
                        " is not valid for storage.");
    }
  }
  return Status::Ok();
}

bool IsEmptyTimestamp(const bson::Element& field) {
  return field.value.type() == Type::kTimestamp && field.name != "_id" &&
         field.value.AsTimestamp() == bson::Timestamp();
}

bson::Timestamp CurrentTimestamp() {
  static std::atomic<uint32_t> increment{0};
  const int64_t seconds = base::Clock::System()->WallMs() / 1000;
  return {++increment, static_cast<uint32_t>(seconds)};
}

Result<bson::Document> Rebuild(bson::View document, Value id) {
  bson::Builder out;
  if (id.missing()) {
    out.AppendObjectId("_id", bson::ObjectId::Generate());
  } else {
    out.Append("_id", id);
  }
  for (const bson::Element& field : document) {
    if (IsEmptyTimestamp(field)) {
      out.AppendTimestamp(field.name, CurrentTimestamp());
    } else if (field.name != "_id") {
      out.Append(field.name, field.value);
    }
  }
  return out.Finish();
}

}  // namespace

Result<bson::Document> PrepareForInsert(bson::View document) {
  bson::Document rebuilt;
  CAIRN_TRY_ASSIGN(const bson::View prepared, PrepareForInsert(document, &rebuilt));
  if (prepared.data() == rebuilt.bytes().data()) return rebuilt;
  return bson::Document(prepared);
}

Result<bson::View> PrepareForInsert(bson::View document, bson::Document* rebuilt) {
  Value id;
  int ids = 0;
  bool empty_timestamp = false;
  for (const bson::Element& field : document) {
    if (field.name == "_id" && ++ids == 1) id = field.value;
    empty_timestamp |= IsEmptyTimestamp(field);
  }
  if (ids > 1) {
    return Status(ErrorCode::kBadValue, "can't have multiple _id fields in one document");
  }
  if (ids == 1) CAIRN_TRY(CheckId(id));
  const bool in_front = ids == 1 && document.begin()->name == "_id";
  bson::View prepared = document;
  if (!in_front || empty_timestamp) {
    CAIRN_TRY_ASSIGN(*rebuilt, Rebuild(document, id));
    prepared = rebuilt->view();
  }
  if (prepared.size() > static_cast<size_t>(bson::kMaxDocumentBytes)) {
    return Status(ErrorCode::kBSONObjectTooLarge,
                  "object to insert too large. size in bytes: " + std::to_string(prepared.size()) +
                      ", max size: " + std::to_string(bson::kMaxDocumentBytes));
  }
  return prepared;
}

}  // namespace cairn::store
