// SPDX-License-Identifier: Apache-2.0
#include "engine/store/duplicate_key.h"

#include <cmath>
#include <string>

#include "engine/index/message_text.h"

namespace cairn::store {

Status DuplicateKeyError(std::string_view ns, std::string_view index_name, bson::View key_pattern,
                         bson::View key_value) {
  std::string message = "E11000 duplicate key error collection: ";
  message.append(ns).append(" index: ").append(index_name);
  message.append(" dup key: ").append(index::MessageText(key_value));
  bson::Builder details;
  details.AppendDocument("keyPattern", key_pattern);
  details.AppendDocument("keyValue", key_value);
  return Status(ErrorCode::kDuplicateKey, std::move(message))
      .WithDetails(details.Finish().TakeBytes());
}

Status DuplicateIdError(const catalog::Collection& collection, bson::Value id) {
  if (id.IsNumber() && !collection.options["clusteredIndex"].missing()) {
    const bool is_double = id.type() == bson::Type::kDouble;
    const bool is_decimal = id.type() == bson::Type::kDecimal128;
    if ((is_double && std::isnan(id.AsDouble())) || (is_decimal && id.AsDecimal128().IsNaN())) {
      return Status(ErrorCode::kLocation50819, "the clustered key NaN is there already");
    }
    if ((is_double && std::isinf(id.AsDouble())) ||
        (is_decimal && id.AsDecimal128().IsInfinite())) {
      return Status(ErrorCode::kLocation50826, "the clustered key Infinity is there already");
    }
  }
  bson::Builder pattern;
  pattern.AppendInt32("_id", 1);
  bson::Builder value;
  value.Append("_id", id);
  return DuplicateKeyError(collection.Namespace(), catalog::kIdIndexName, pattern.Finish(),
                           value.Finish());
}

}  // namespace cairn::store
