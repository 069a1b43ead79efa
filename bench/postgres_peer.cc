// SPDX-License-Identifier: Apache-2.0
#include "bench/peer.h"

#ifdef CAIRN_BENCH_POSTGRES
#include <libpq-fe.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "bench/postgres_server.h"

namespace cairn::bench {
namespace {

constexpr std::chrono::seconds kStartMax{60};

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "PostgreSQL: %s\n", why.c_str());
  std::exit(1);
}

class Postgres final : public Peer {
 public:
  explicit Postgres(std::unique_ptr<PostgresServer> server) : server_(std::move(server)) {
    Connect("host=" + server_->home() + " user=bench dbname=postgres");
    Run("SET max_parallel_workers_per_gather = 0");
    Run("CREATE TABLE people (d jsonb)");
  }
  ~Postgres() override { PQfinish(connection_); }

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

  std::unique_ptr<PostgresServer> server_;
  PGconn* connection_ = nullptr;
};

}  // namespace

std::unique_ptr<Peer> OpenPostgres(const std::string& directory) {
  std::unique_ptr<PostgresServer> server = PostgresServer::Start(directory, 0);
  if (server == nullptr) return nullptr;
  return std::make_unique<Postgres>(std::move(server));
}

}  // namespace cairn::bench

#else
#include <cstdio>

std::unique_ptr<cairn::bench::Peer> cairn::bench::OpenPostgres(const std::string&) {
  std::fprintf(stderr, "LEFT OUT: PostgreSQL, as this was built without libpq-dev\n");
  return nullptr;
}
#endif
