// SPDX-License-Identifier: Apache-2.0
// One HTTP client of the crash harness: inserts, updates, deletes, alone and in bulk, ordered and
// not, and races, one request after the other until the server is gone. What it asked for and what
// it was told goes into its record. Thread safety: one thread, and readers once Run has returned.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "server/cli/command_client.h"
#include "tests/harness/crash_record.h"

namespace cairn::harness {

inline constexpr const char* kCrashDatabase = "crash";
inline constexpr const char* kCrashMain = "main";
inline constexpr const char* kCrashRaces = "races";
inline constexpr int64_t kIdsPerClient = 1'000'000;

/// What all clients share.
struct CrashWork {
  RaceRecord races;
  std::atomic<uint64_t> acknowledged{0};  ///< Requests that wrote something.
  std::atomic<uint64_t> documents{0};     ///< Acknowledged document writes.
  std::atomic<uint64_t> refused{0};       ///< By a unique index.
  std::atomic<uint64_t> unknown{0};       ///< Requests without an answer.

  void AddViolation(std::string what);
  std::string violation();

 private:
  std::mutex mutex_;
  std::string violation_;  // guarded by mutex_; the first one stays
};

class CrashClient {
 public:
  CrashClient(int number, CrashWork* work) : number_(number), work_(*work) {}

  /// Until the connection breaks.
  void Run(const server::Address& address, uint64_t seed);
  ClientRecord& record() { return record_; }
  void ForgetRecord() { record_ = {}; }

 private:
  enum class Kind { kInsert, kUpdate, kDelete };
  struct Answer {
    bool lost = false;               ///< No answer: outcome unknown.
    size_t done = 0;                 ///< What n says.
    std::vector<size_t> duplicates;  ///< Statements refused by a unique index.
  };

  uint64_t Draw(uint64_t below) { return random_() % below; }
  bool Step();
  bool Race();
  bool Write(Kind kind, size_t count, bool ordered);
  bool FindAndModify();
  std::vector<int64_t> DrawIds(bool present, size_t count);
  std::string MakeDocument(int64_t id);
  std::string CommandFor(Kind kind, const std::vector<Intent>& intents, bool ordered);
  Answer Send(const std::string& command);
  bool Settle(Kind kind, std::vector<Intent> intents, bool ordered, const Answer& answer);

  const int number_;
  CrashWork& work_;
  ClientRecord record_;
  std::mt19937_64 random_;
  std::unique_ptr<server::CommandClient> client_;
  int64_t versions_ = 0;
};

}  // namespace cairn::harness
