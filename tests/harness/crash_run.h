// SPDX-License-Identifier: Apache-2.0
// Kills the real server program under concurrent HTTP clients, again and again. After each kill the
// directory is looked at (crash_directory.h), the server is started again, now and then killed on
// its way up as well, and what it shows is held against the outside record (crash_record.h), its
// own `validate` and its counts. A cycle with too few acknowledged writes proves too little: it is
// void, and repeated. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/harness/crash_client.h"
#include "tests/harness/crash_directory.h"
#include "tests/server/program.h"

namespace cairn::harness {

struct CrashOptions {
  uint64_t cycles = 10;
  int clients = 8;
  uint64_t seed = 1;
};

struct CrashFigures {
  uint64_t cycles = 0;
  uint64_t void_cycles = 0;
  uint64_t directories = 0;
  uint64_t killed_openings = 0;
  uint64_t acknowledged = 0;
  uint64_t documents = 0;
  uint64_t refused = 0;
  uint64_t unknown = 0;
  uint64_t commits = 0;
  uint64_t index_builds = 0;
  uint64_t races_lost = 0;
  double writing_s = 0;
  double ready_ms_max = 0;
  double ready_ms_total = 0;
  uint64_t ready_count = 0;
};

class CrashRun {
 public:
  explicit CrashRun(const CrashOptions& options) : options_(options), random_(options.seed) {}

  /// The first violation; empty: none.
  std::string Run();
  const CrashFigures& figures() const { return figures_; }
  /// What the server logged last.
  std::string log() const { return server_ == nullptr ? "" : server_->error(); }
  /// Where a violation's files are; they stay when `keep`.
  std::string directory() const;

 private:
  uint64_t Draw(uint64_t below) { return random_() % below; }
  std::string NewDirectory();
  std::string Start();
  std::string Cycle();
  double WriteAndKill();
  void BuildIndexes();
  std::string CheckServer();
  std::string CheckMain(server::CommandClient* client, size_t* count);
  std::string CheckRaces(server::CommandClient* client, size_t* count);
  static std::string CheckCollection(server::CommandClient* client, const std::string& name,
                                     size_t count);
  std::string CheckIndexes(server::CommandClient* client);

  const CrashOptions options_;
  std::mt19937_64 random_;
  std::unique_ptr<server::TemporaryDirectory> scratch_;
  std::unique_ptr<server::RunningServer> server_;
  std::unique_ptr<CrashWork> work_;
  std::vector<std::unique_ptr<CrashClient>> clients_;
  IndexRecord indexes_;
  CrashDirectory files_;
  uint64_t cycles_left_ = 0;
  CrashFigures figures_;
};

}  // namespace cairn::harness
