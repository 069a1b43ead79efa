// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/names.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/utf8.h"

namespace cairn::catalog {
namespace {

constexpr std::string_view kForbiddenInDatabase("/\\. \"$\0", 7);
constexpr std::string_view kSystemPrefix = "system.";
/// Collections below "system." that a client may write.
constexpr std::string_view kWritableSystem[] = {"system.js", "system.profile", "system.users",
                                                "system.views"};

Status Invalid(std::string message) {
  return Status(ErrorCode::kInvalidNamespace, std::move(message));
}

}  // namespace

Status CheckDatabaseName(std::string_view database) {
  if (database.empty()) return Invalid("database name is empty");
  if (database.size() > kDatabaseNameBytesMax) {
    return Invalid("database name is longer than " + std::to_string(kDatabaseNameBytesMax) +
                   " bytes");
  }
  const size_t at = database.find_first_of(kForbiddenInDatabase);
  if (at != std::string_view::npos) {
    return Invalid("database name has a character at byte " + std::to_string(at) +
                   " that no database name may have");
  }
  if (!bson::IsUtf8(database)) return Invalid("database name is not valid UTF-8");
  return Status::Ok();
}

Status CheckCollectionName(std::string_view database, std::string_view collection) {
  CAIRN_TRY(CheckDatabaseName(database));
  if (collection.empty()) return Invalid("collection name is empty");
  if (database.size() + 1 + collection.size() > kNamespaceBytesMax) {
    return Invalid("namespace is longer than " + std::to_string(kNamespaceBytesMax) + " bytes");
  }
  if (collection.front() == '.') return Invalid("collection name begins with '.'");
  if (collection.find('$') != std::string_view::npos) return Invalid("collection name has a '$'");
  if (collection.find('\0') != std::string_view::npos) {
    return Invalid("collection name has a NUL byte");
  }
  if (!bson::IsUtf8(collection)) return Invalid("collection name is not valid UTF-8");
  return Status::Ok();
}

Status CheckWritableCollectionName(std::string_view database, std::string_view collection) {
  CAIRN_TRY(CheckCollectionName(database, collection));
  if (collection.starts_with(kSystemPrefix) &&
      std::ranges::find(kWritableSystem, collection) == std::end(kWritableSystem)) {
    return Invalid("collection names that begin with \"system.\" are reserved");
  }
  return Status::Ok();
}

}  // namespace cairn::catalog
