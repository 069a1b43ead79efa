// SPDX-License-Identifier: Apache-2.0
#include "bench/peer.h"

#ifdef CAIRN_BENCH_POSTGRES
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

namespace cairn::bench {
namespace {

constexpr char kPrograms[] = "/usr/lib/postgresql/15/bin/";
constexpr std::chrono::seconds kStartMax{60};

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "PostgreSQL: %s\n", why.c_str());
  std::exit(1);
}

/// Runs a program of PostgreSQL's in a process of its own: as the user postgres when this one is
/// root's, for whom it refuses to run.
pid_t Start(std::vector<std::string> arguments) {
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

class Postgres final : public Peer {
 public:
  explicit Postgres(const std::string& directory) {
    const std::string home = directory + "/postgres";
    std::filesystem::create_directory(home);
    if (const passwd* const user = geteuid() == 0 ? getpwnam("postgres") : nullptr) {
      // The directories above must let that user pass.
      std::filesystem::permissions(directory, std::filesystem::perms::others_exec,
                                   std::filesystem::perm_options::add);
      if (chown(home.c_str(), user->pw_uid, user->pw_gid) != 0) Fail("chown failed");
    }
    const std::string data = home + "/data";
    const std::string programs = kPrograms;
    int status = 0;
    const pid_t init = Start({programs + "initdb", "-D", data, "-A", "trust", "-U", "bench",
                              "--no-sync", "--no-locale", "-E", "UTF8"});
    if (waitpid(init, &status, 0) != init || status != 0) Fail("initdb failed");
    // As much memory as Cairn has by default.
    server_ = Start({programs + "postgres", "-D", data, "-k", home, "-c", "listen_addresses=", "-c",
                     "shared_buffers=256MB", "-c", "fsync=off", "-c", "log_min_messages=fatal"});
    Connect("host=" + home + " user=bench dbname=postgres");
    Run("SET max_parallel_workers_per_gather = 0");
    Run("CREATE TABLE people (d jsonb)");
  }
  ~Postgres() override {
    PQfinish(connection_);
    kill(server_, SIGINT);
    waitpid(server_, nullptr, 0);
  }

  const char* name() const override { return "PostgreSQL 15 jsonb"; }
  void Load(std::span<const std::string> documents) override {
    Run("COPY people FROM STDIN", PGRES_COPY_IN);
    std::string line;
    for (const std::string& document : documents) {
      line.clear();
      for (const char c : document) {
        if (c == '\\') line.push_back('\\');
        line.push_back(c);
      }
      line.push_back('\n');
      if (PQputCopyData(connection_, line.data(), static_cast<int>(line.size())) != 1) Fail("COPY");
    }
    if (PQputCopyEnd(connection_, nullptr) != 1) Fail("COPY");
    while (PGresult* const result = PQgetResult(connection_)) {
      if (PQresultStatus(result) != PGRES_COMMAND_OK) Fail(PQerrorMessage(connection_));
      PQclear(result);
    }
    Run("VACUUM ANALYZE people");
  }
  GroupAnswer Group() override {
    PGresult* const result =
        Run("SELECT (d->>'age')::int, count(*), avg((d->>'score')::float8) FROM people GROUP BY 1",
            PGRES_TUPLES_OK, false);
    GroupAnswer answer;
    answer.groups = PQntuples(result);
    for (int row = 0; row < PQntuples(result); ++row) {
      answer.documents += std::atoll(PQgetvalue(result, row, 1));
      answer.sum_of_means += std::strtod(PQgetvalue(result, row, 2), nullptr);
    }
    PQclear(result);
    return answer;
  }

 private:
  void Connect(const std::string& where) {
    const auto until = std::chrono::steady_clock::now() + kStartMax;
    for (;;) {
      connection_ = PQconnectdb(where.c_str());
      if (PQstatus(connection_) == CONNECTION_OK) return;
      const std::string why = PQerrorMessage(connection_);
      PQfinish(connection_);
      if (std::chrono::steady_clock::now() > until) Fail(why);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  PGresult* Run(const char* sql, ExecStatusType wanted = PGRES_COMMAND_OK, bool clear = true) {
    PGresult* const result = PQexec(connection_, sql);
    if (PQresultStatus(result) != wanted) Fail(PQerrorMessage(connection_));
    if (clear) PQclear(result);
    return clear ? nullptr : result;
  }

  pid_t server_ = 0;
  PGconn* connection_ = nullptr;
};

}  // namespace

std::unique_ptr<Peer> OpenPostgres(const std::string& directory) {
  if (!std::filesystem::exists(std::string(kPrograms) + "postgres")) {
    std::fprintf(stderr, "LEFT OUT: PostgreSQL, as postgresql-15 is not installed\n");
    return nullptr;
  }
  return std::make_unique<Postgres>(directory);
}

}  // namespace cairn::bench

#else
#include <cstdio>

std::unique_ptr<cairn::bench::Peer> cairn::bench::OpenPostgres(const std::string&) {
  std::fprintf(stderr, "LEFT OUT: PostgreSQL, as this was built without libpq-dev\n");
  return nullptr;
}
#endif
