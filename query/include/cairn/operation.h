// SPDX-License-Identifier: Apache-2.0
// Work that others can see and stop: what a program does for one client at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/export.h"
#include "cairn/status.h"
#include "cairn/turns.h"
#include "cairn/work_memory.h"

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
  /// Who else takes long; null: it works whenever it can, whoever waits.
  Turns* turns = nullptr;
  /// Where there is little memory it may end with TemporarilyUnavailable before it has taken long,
  /// and is tried again after AwaitAnotherTry, so that it waits without what it held.
  bool can_begin_again = false;
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
  /// Before it asks for anything: waits while the process holds so much memory that nothing should
  /// be begun, if it takes turns with others. Errors as of AwaitMemory.
  Status AwaitRoom() const;
  /// Once what it has asked for has ended with TemporarilyUnavailable, and holds nothing any more:
  /// waits until that can be tried again. Errors as of AwaitMemory; TemporarilyUnavailable at once
  /// if it takes no turns.
  Status AwaitAnotherTry() const;
  /// Makes `share` cover `bytes`, or all that there is for work; waits for others to leave so much,
  /// if it takes turns with them. Errors: TemporarilyUnavailable, MaxTimeMSExpired, Interrupted.
  Status AwaitMemory(size_t bytes, MemoryShare* share) const;
  /// Before it waits for something else: those that it takes turns with go on meanwhile.
  void Rest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn
