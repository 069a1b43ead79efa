// SPDX-License-Identifier: Apache-2.0
// Work that others can see and stop: what a program does for one client at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/export.h"

namespace cairn {

class Database;

/// What an operation is, as $currentOp shows it. Borrowed: it must outlive the Operation.
struct OperationInfo {
  /// "query", "getmore", "insert", "update", "remove" or "command".
  std::string_view kind = "command";
  std::string_view database;
  std::string_view collection;  ///< Empty: none.
  std::string_view client;      ///< Who asked, as text.
  bson::View command;           ///< {name: …, …}; not empty.
  /// Its calls end with error MaxTimeMSExpired after this time; 0: no limit.
  int64_t max_time_ms = 0;
  /// It is killed once a stop is requested, from any thread.
  std::stop_token stop = {};
};

/// As long as it lives, what this thread asks of the database belongs to it: it is listed by
/// Database::CurrentOperations, and once it is killed its calls end with error Interrupted. Made
/// and destroyed on one thread; those of one thread nest.
class CAIRN_API Operation {
 public:
  /// Borrows `database`.
  Operation(Database* database, const OperationInfo& info);
  ~Operation();
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  int64_t id() const;
  bool killed() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn
