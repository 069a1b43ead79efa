// SPDX-License-Identifier: Apache-2.0
// MongoDB's rules for names. Names map to numeric ids and never to paths. Any thread.
#pragma once

#include <string_view>

#include "cairn/status.h"

namespace cairn::catalog {

inline constexpr size_t kDatabaseNameBytesMax = 63;
inline constexpr size_t kNamespaceBytesMax = 255;

/// 1 to 63 bytes of UTF-8 without / \ . space " $ and NUL. Error InvalidNamespace.
Status CheckDatabaseName(std::string_view database);
/// A name for reading: not empty, no NUL, no '$', no leading '.', within 255 bytes with the
/// database.
Status CheckCollectionName(std::string_view database, std::string_view collection);
/// A name to be created or written: also not reserved ("system." prefix, but for a few such as
/// system.js).
Status CheckWritableCollectionName(std::string_view database, std::string_view collection);

}  // namespace cairn::catalog
