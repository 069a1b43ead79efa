// SPDX-License-Identifier: Apache-2.0
#include "bench/load/load.h"

#include <signal.h>
#include <sys/resource.h>

#include <cmath>
#include <fstream>
#include <utility>

#include "bench/load/client.h"
#include "bench/sample_documents.h"
#include "cairn/json.h"

namespace cairn::bench {

Server::Server(const Settings& settings, std::vector<std::string> arguments) {
  static int number = 0;
  directory_ = settings.directory + "/server" + std::to_string(number++);
  arguments.insert(arguments.begin(), directory_);
  if (running_.Start(arguments)) return;
  std::fprintf(stderr, "the server did not start: %s\n", running_.error().c_str());
  std::exit(1);
}

Server::~Server() {
  running_.Stop(SIGKILL);
  std::filesystem::remove_all(directory_);
}

double Server::ResidentMb() const {
  std::ifstream status("/proc/" + std::to_string(pid()) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return NAN;
}

double Server::Stop() {
  const double start = Now();
  running_.Stop(SIGTERM);
  return Now() - start;
}

size_t Server::LoadPeople(int documents) {
  constexpr int kAtOnce = 20'000;
  size_t bytes = 0;
  Client client(port());
  for (int id = 0; id < documents;) {
    std::string body;
    for (int i = 0; i < kAtOnce && id < documents; ++i, ++id) {
      std::string json = json::ToJson(SampleDocument(id));
      const std::string number = "\"_id\":" + std::to_string(id) + ",";
      json.replace(json.find(number), number.size(), "\"_id\":\"" + std::to_string(id) + "\",");
      body += json + "\n";
    }
    bytes += body.size();
    const ClientReply reply = client.Ask(
        MakeRequest("POST /v1/bench/people?j=false",
                    "Content-Type: application/x-ndjson\r\nPrefer: return=minimal\r\n", body));
    if (reply.status / 100 == 2) continue;
    std::fprintf(stderr, "inserting failed: %d %s\n", reply.status, reply.body.c_str());
    std::exit(1);
  }
  return bytes;
}

std::string GetPerson(int id) { return MakeRequest("GET /v1/bench/people/" + std::to_string(id)); }

std::string MakeRequest(const std::string& line, const std::string& headers,
                        const std::string& body) {
  return line + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
         (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" +
         body;
}

void PrintBelow(const char* name, double value, const char* unit, double bar) {
  std::printf("%-44s %12.2f %-4s  < %.2f  %s\n", name, value, unit, bar,
              value < bar ? "met" : "MISSED");
  std::fflush(stdout);
}

void PrintAtLeast(const char* name, double value, const char* unit, double bar) {
  std::printf("%-44s %12.2f %-4s  >= %.2f  %s\n", name, value, unit, bar,
              value >= bar ? "met" : "MISSED");
  std::fflush(stdout);
}

void PrintLeftOut(const char* name, const std::string& why) {
  std::printf("%-44s LEFT OUT: %s\n", name, why.c_str());
  std::fflush(stdout);
}

bool HaveFiles(int count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto wanted = static_cast<rlim_t>(count);
  if (limit.rlim_cur >= wanted) return true;
  limit.rlim_cur = wanted;
  limit.rlim_max = std::max(limit.rlim_max, wanted);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

double Percentile(std::vector<double> values, double part) {
  if (values.empty()) return NAN;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<size_t>(part * static_cast<double>(values.size()));
  return values[std::min(rank, values.size() - 1)];
}

}  // namespace cairn::bench
