// SPDX-License-Identifier: Apache-2.0
// One command on its way through its Run function. Lives on one thread.
#pragma once

#include <string>
#include <string_view>

#include "cairn/cairn.h"
#include "cairn/work_memory.h"
#include "server/command/dispatch.h"
#include "server/command/generic_arguments.h"

namespace cairn::server {

class CursorTable;
class ServerState;

struct Invocation {
  Database* database = nullptr;
  CursorTable* cursors = nullptr;
  ServerState* state = nullptr;
  const Operation* operation = nullptr;  ///< What this is for others to see.
  const Client* client = nullptr;
  std::string_view database_name;
  std::string_view name;  ///< As sent.
  bson::View body;
  GenericArguments generic;
  /// Of the reply while it is made.
  MemoryShare* memory = nullptr;
  int64_t began_bytes = 0;  ///< WorkMemory::thread_bytes before it.
  /// Out: how long it took.
  int64_t took_us = 0;
  /// Out: the last commit that the command made.
  CommitNumber commit = 0;
  /// Out: the reply's "ok" is an int32. MongoDB answers so for distinct on a view.
  bool integer_ok = false;

  /// The value of the first field.
  bson::Value target() const { return body.begin()->value; }
};

/// Does the command and appends its reply, without "ok". On an error what it appended is dropped.
using RunFunction = Status (*)(Invocation* invocation, bson::Builder* reply);

/// Reads and writes without a maxTimeMS of their own end after this.
inline constexpr int64_t kDefaultMaxTimeMs = 30 * 1000;

/// The collection that the first field names. Error InvalidNamespace.
Result<Collection> TargetCollection(const Invocation& invocation);
/// The first field, a string that is not empty. Error InvalidNamespace.
Result<std::string_view> TargetName(const Invocation& invocation);
/// The command's maxTimeMS, or the default.
int64_t MaxTimeMs(const Invocation& invocation);
/// Appends a count as int32, or as int64 where it does not fit.
void AppendCount(std::string_view name, int64_t count, bson::Builder* reply);
/// "database.collection"
std::string Namespace(std::string_view database, std::string_view collection);

}  // namespace cairn::server
