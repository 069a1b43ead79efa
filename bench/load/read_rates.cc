// SPDX-License-Identifier: Apache-2.0
// Replies that need no storage, and reads of one document, in requests a second.
#include <memory>
#include <string>
#include <thread>

#include "bench/load/client.h"
#include "bench/load/driver.h"
#include "bench/load/load.h"
#include "bench/load/nginx.h"
#include "bench/load/process.h"
#include "bench/postgres_server.h"
#include "bench/sample_documents.h"
#include "cairn/json.h"

namespace cairn::bench {
namespace {

constexpr int kPeople = 10'000;
constexpr int kFilesBesides = 500;

double Rate(int port, int connections, std::vector<std::string> requests) {
  return Drive({.port = port, .connections = connections, .requests = std::move(requests)},
               kRoundSeconds)
      .rate();
}

std::vector<std::string> GetAllPeople() {
  std::vector<std::string> requests;
  for (int i = 0; i < kPeople; ++i) requests.push_back(GetPerson(i * 7919 % kPeople));
  return requests;
}

/// The same documents in PostgreSQL, asked for by its own load program.
class PgBench {
 public:
  PgBench(const std::string& directory, int port) : port_(port) {
    const std::string rows = directory + "/people.tsv";
    std::FILE* const file = std::fopen(rows.c_str(), "w");
    for (int id = 0; id < kPeople; ++id) {
      std::fprintf(file, "%d\t%s\n", id, json::ToJson(SampleDocument(id)).c_str());
    }
    std::fclose(file);
    script_ = directory + "/select.sql";
    std::FILE* const script = std::fopen(script_.c_str(), "w");
    std::fprintf(script, "\\set id random(0, %d)\nSELECT d FROM people WHERE id = :id;\n",
                 kPeople - 1);
    std::fclose(script);
    Sql("CREATE TABLE people (id int PRIMARY KEY, d jsonb)");
    Sql("\\copy people FROM '" + rows + "'");
    Sql("VACUUM ANALYZE people");
  }

  double Rate(int clients) const {
    const std::string printed = Run(
        {std::string(kPostgresPrograms) + "pgbench", "-n", "-M", "prepared", "-c",
         std::to_string(clients), "-j", "2", "-T", std::to_string(static_cast<int>(kRoundSeconds)),
         "-f", script_, "-h", "127.0.0.1", "-p", std::to_string(port_), "-U", "bench", "postgres"});
    return std::strtod(printed.c_str() + printed.find("tps = ") + 6, nullptr);
  }

 private:
  void Sql(const std::string& command) const {
    Run({std::string(kPostgresPrograms) + "psql", "-q", "-h", "127.0.0.1", "-p",
         std::to_string(port_), "-U", "bench", "-d", "postgres", "-c", command});
  }

  const int port_;
  std::string script_;
};

}  // namespace

void StaticReply(const Settings& settings) {
  Server server(settings);
  const std::string request = MakeRequest("GET /version");
  const ClientReply reply = Client(server.port()).Ask(request);
  const size_t bytes = reply.head.size() + reply.body.size();
  Comparison at[] = {{"static reply, 64 connections", 0.5},
                     {"static reply, 256 connections", 0.55},
                     {"static reply, 1,000 connections", 0.55},
                     {"static reply, 5,000 connections", 0.9}};
  constexpr int kConnections[] = {64, 256, 1000, 5000};
  const bool many = HaveFiles(kConnections[3] + kFilesBesides);
  const std::unique_ptr<Nginx> nginx = Nginx::Start(settings.directory, bytes);
  if (nginx == nullptr) {
    PrintLeftOut("static-reply", "nginx-light is not installed");
    return;
  }
  std::printf("%d rounds of %.0f s; replies of %zu bytes, head and body\n%-34s %12s %12s\n",
              settings.rounds, kRoundSeconds, bytes, "", "cairn", "nginx");
  for (size_t i = 0; i < std::size(at); ++i) {
    if (kConnections[i] > 1000 && !many) {
      PrintLeftOut(at[i].name, "this machine does not allow 5,500 files a process");
      continue;
    }
    for (int round = 0; round < settings.rounds; ++round) {
      at[i].cairn.push_back(Rate(server.port(), kConnections[i], {request}));
      at[i].raw.push_back(Rate(nginx->port(), kConnections[i], {request}));
    }
    at[i].Print();
  }
}

void PointRead(const Settings& settings) {
  Server server(settings);
  server.LoadPeople(kPeople);
  const std::vector<std::string> people = GetAllPeople();
  const std::string version = MakeRequest("GET /version");
  Comparison of_static[] = {{"document by _id, 8 connections", 0.6},
                            {"document by _id, 64 connections", 0.6}};
  constexpr int kConnections[] = {8, 64};
  std::printf("%d rounds of %.0f s\n%-34s %12s %12s\n", settings.rounds, kRoundSeconds, "",
              "document", "static reply");
  for (size_t i = 0; i < std::size(of_static); ++i) {
    for (int round = 0; round < settings.rounds; ++round) {
      of_static[i].cairn.push_back(Rate(server.port(), kConnections[i], people));
      of_static[i].raw.push_back(Rate(server.port(), kConnections[i], {version}));
    }
    of_static[i].Print();
  }

  const int port = FreePort();
  const std::unique_ptr<PostgresServer> postgres = PostgresServer::Start(settings.directory, port);
  if (postgres == nullptr) {
    PrintLeftOut("document by _id, against PostgreSQL", "postgresql-15 is not installed");
    return;
  }
  AwaitPort(port);
  const PgBench pgbench(settings.directory, port);
  Comparison of_postgres{"document by _id, 64 connections", 1.5};
  std::printf("%-34s %12s %12s\n", "", "cairn", "PostgreSQL");
  for (int round = 0; round < settings.rounds; ++round) {
    of_postgres.cairn.push_back(Rate(server.port(), kConnections[1], people));
    of_postgres.raw.push_back(pgbench.Rate(kConnections[1]));
  }
  of_postgres.Print();
}

}  // namespace cairn::bench
