// SPDX-License-Identifier: Apache-2.0
// MongoDB's error for a second document with the key of a unique index. Pure functions.
#pragma once

#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::store {

/// DuplicateKey; details() holds {keyPattern, keyValue}.
Status DuplicateKeyError(std::string_view ns, std::string_view index_name, bson::View key_pattern,
                         bson::View key_value);
/// The same for the index on _id.
Status DuplicateIdError(std::string_view ns, bson::Value id);

}  // namespace cairn::store
