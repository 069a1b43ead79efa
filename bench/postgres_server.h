// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server of its own, for the programs of bench/ that compare with it. One thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

namespace cairn::bench {

inline constexpr char kPostgresPrograms[] = "/usr/lib/postgresql/15/bin/";

class PostgresServer {
 public:
  /// Starts it with a new database "postgres" of a user "bench", who needs no password. Its files
  /// and its socket are in a folder of `directory`; it also listens on `port` of this machine,
  /// unless that is 0. Null, with a line on standard error, where it is not installed; other errors
  /// end the program. Connections are refused for some moments yet.
  static std::unique_ptr<PostgresServer> Start(const std::string& directory, int port);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// The folder with the socket.
  const std::string& home() const { return home_; }

 private:
  PostgresServer(const std::string& directory, int port);
  std::string home_;
  pid_t server_ = 0;
};

}  // namespace cairn::bench
