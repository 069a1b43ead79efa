// SPDX-License-Identifier: Apache-2.0
// The one way into the database: both faces of the server make a Command and dispatch it here.
// Lookup, parameters, deadline and error encoding happen once, here. Thread safety: Dispatch may be
// called from any thread.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "cairn/cairn.h"

namespace cairn::server {

class CursorTable;
struct Invocation;
class ServerState;

/// Who asks.
struct Client {
  std::string address;        ///< Of the peer, as text.
  std::stop_token gone = {};  ///< Nobody waits for the reply any more.
};

/// A command as MongoDB's drivers send it: the name is the body's first field.
struct Command {
  std::string database;  ///< "$db".
  bson::Document body;
};

/// What came of it.
struct CommandReply {
  bson::Document body;  ///< {"ok": 1.0, …} or {"ok": 0.0, "errmsg", "code", "codeName"}.
  ErrorCode code = ErrorCode::kOk;  ///< Of body; write errors inside an ok reply do not count.
  CommitNumber held_for = 0;  ///< The reply may leave once this commit is durable; 0: at once.
  /// What a write was given, when it wrote.
  std::optional<Durability> durability = std::nullopt;
  MemoryShare memory{};  ///< Of what a cursor gave, until the reply is on its way.
};

struct DispatcherOptions {
  /// What writes without a writeConcern wait for.
  Durability durability = Durability::kJournaled;
  /// Who takes long. Borrowed; null: all work whenever they can.
  Turns* turns = nullptr;
  /// Commands that take at least so long are told to `log`; negative: none.
  int64_t slow_ms = -1;
  LogSink log = {};
  /// What the server knows of itself; empty: nothing but what commands tell it.
  std::shared_ptr<ServerState> state = {};
};

class Dispatcher {
 public:
  /// Borrows `database`.
  Dispatcher(Database* database, const DispatcherOptions& options);
  ~Dispatcher();

  /// Never fails: errors are replies. Does not wait for durability: see held_for.
  CommandReply Dispatch(const Command& command, const Client& client);

 private:
  /// Runs the command and encodes its reply.
  CommandReply Answer(Invocation* invocation) const;

  Database* database_;
  DispatcherOptions options_;
  std::unique_ptr<CursorTable> cursors_;
  std::shared_ptr<ServerState> state_;
};

/// The reply that reports `status` (not ok).
CommandReply EncodeError(const Status& status);

}  // namespace cairn::server
