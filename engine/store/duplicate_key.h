// SPDX-License-Identifier: Apache-2.0
// MongoDB's error for a second document with the key of a unique index. Pure functions.
#pragma once

#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"

namespace cairn::store {

/// DuplicateKey; details() holds {keyPattern, keyValue}.
Status DuplicateKeyError(std::string_view ns, std::string_view index_name, bson::View key_pattern,
                         bson::View key_value);
/// The same for the _id of a document. MongoDB cannot show a NaN or an infinity that is the key of
/// a clustered collection: its errors are then Location50819 and Location50826.
Status DuplicateIdError(const catalog::Collection& collection, bson::Value id);

}  // namespace cairn::store
