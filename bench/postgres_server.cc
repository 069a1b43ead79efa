// SPDX-License-Identifier: Apache-2.0
#include "bench/postgres_server.h"

#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

namespace cairn::bench {
namespace {

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "PostgreSQL: %s\n", why.c_str());
  std::exit(1);
}

/// Runs a program of PostgreSQL's in a process of its own: as the user postgres when this one is
/// root's, for whom it refuses to run.
pid_t StartProgram(std::vector<std::string> arguments) {
  const passwd* const user = geteuid() == 0 ? getpwnam("postgres") : nullptr;
  const pid_t child = fork();
  if (child < 0) Fail("fork failed");
  if (child > 0) return child;
  if (user != nullptr && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(126);
  if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(126);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv(pointers[0], pointers.data());
  _exit(127);
}

}  // namespace

std::unique_ptr<PostgresServer> PostgresServer::Start(const std::string& directory, int port) {
  if (!std::filesystem::exists(std::string(kPostgresPrograms) + "postgres")) {
    std::fprintf(stderr, "LEFT OUT: PostgreSQL, as postgresql-15 is not installed\n");
    return nullptr;
  }
  return std::unique_ptr<PostgresServer>(new PostgresServer(directory, port));
}

PostgresServer::PostgresServer(const std::string& directory, int port)
    : home_(directory + "/postgres") {
  std::filesystem::create_directory(home_);
  if (const passwd* const user = geteuid() == 0 ? getpwnam("postgres") : nullptr) {
    // The directories above must let that user pass.
    std::filesystem::permissions(directory, std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
    if (chown(home_.c_str(), user->pw_uid, user->pw_gid) != 0) Fail("chown failed");
  }
  const std::string data = home_ + "/data";
  const std::string programs = kPostgresPrograms;
  int status = 0;
  const pid_t init = StartProgram({programs + "initdb", "-D", data, "-A", "trust", "-U", "bench",
                                   "--no-sync", "--no-locale", "-E", "UTF8"});
  if (waitpid(init, &status, 0) != init || status != 0) Fail("initdb failed");
  // As much memory as Cairn has by default.
  std::vector<std::string> serve = {programs + "postgres",
                                    "-D",
                                    data,
                                    "-k",
                                    home_,
                                    "-c",
                                    "shared_buffers=256MB",
                                    "-c",
                                    "fsync=off",
                                    "-c",
                                    "log_min_messages=panic"};
  serve.insert(serve.end(), {"-c", port == 0 ? "listen_addresses=" : "listen_addresses=127.0.0.1"});
  if (port != 0) serve.insert(serve.end(), {"-p", std::to_string(port)});
  server_ = StartProgram(std::move(serve));
}

PostgresServer::~PostgresServer() {
  kill(server_, SIGINT);
  waitpid(server_, nullptr, 0);
}

}  // namespace cairn::bench
