// SPDX-License-Identifier: Apache-2.0
#include "engine/store/duplicate_key.h"

#include <string>

#include "engine/catalog/collection.h"
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

Status DuplicateIdError(std::string_view ns, bson::Value id) {
  bson::Builder pattern;
  pattern.AppendInt32("_id", 1);
  bson::Builder value;
  value.Append("_id", id);
  return DuplicateKeyError(ns, catalog::kIdIndexName, pattern.Finish(), value.Finish());
}

}  // namespace cairn::store
