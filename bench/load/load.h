// SPDX-License-Identifier: Apache-2.0
// The server program under load: what the scenarios share. One thread, but for what says otherwise.
#pragma once

#include <string>
#include <vector>

#include "bench/comparison.h"
#include "tests/server/program.h"

namespace cairn::bench {

/// Requests a second of one side, or milliseconds, are measured for so long.
inline constexpr double kRoundSeconds = 3;

/// One program of `cairn serve`, on a free port of this machine, and a directory that goes with it.
class Server {
 public:
  /// `arguments` of `serve`, besides the directory. Ends this program when it does not start.
  Server(const Settings& settings, std::vector<std::string> arguments = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const { return running_.address().port; }
  pid_t pid() const { return running_.pid(); }
  /// Memory that is in use at the moment, in MiB.
  double ResidentMb() const;
  /// Sends SIGTERM and waits; the seconds it took.
  double Stop();
  /// Inserts sample documents with the _ids "0", "1", … into bench.people; their bytes as JSON.
  size_t LoadPeople(int documents);

 private:
  std::string directory_;
  server::RunningServer running_;
};

/// GET of a whole document of LoadPeople's.
std::string GetPerson(int id);
/// A request with this head line and these headers (each with its CRLF), and with a body's length
/// when there is one.
std::string MakeRequest(const std::string& line, const std::string& headers = "",
                        const std::string& body = "");

/// `value` must be below `bar`, or at least `bar`.
void PrintBelow(const char* name, double value, const char* unit, double bar);
void PrintAtLeast(const char* name, double value, const char* unit, double bar);
void PrintLeftOut(const char* name, const std::string& why);

/// Lets this process, and those it starts, have so many files; whether that worked.
bool HaveFiles(int count);
double Percentile(std::vector<double> values, double part);

// The scenarios, by their names on the command line.
void IdleCrowd(const Settings& settings);
void Fairness(const Settings& settings);
void Newcomer(const Settings& settings);
void SlowReaders(const Settings& settings);
void SlowRequests(const Settings& settings);
void StaticReply(const Settings& settings);
void PointRead(const Settings& settings);
void Insert(const Settings& settings);
void Paging(const Settings& settings);

}  // namespace cairn::bench
