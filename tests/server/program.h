// SPDX-License-Identifier: Apache-2.0
// Runs the real cairn program: a server that is started and killed, and tools that run to their
// end. One thread, but for Kill.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "server/cli/address.h"

namespace cairn::server {

/// A directory that goes when this does.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Another program instead of cairn, from now on; gives the one before.
std::string UseProgram(std::string path);

struct Finished {
  int code = -1;  ///< Exit code; minus the signal when one ended it.
  std::string out;
  std::string err;
};

/// `cairn ARGUMENTS…` to its end, with `input` on its standard input. `environment`: "NAME=value".
/// What takes longer than `time` is killed.
Finished RunCairn(const std::vector<std::string>& arguments, const std::string& input = "",
                  const std::vector<std::string>& environment = {},
                  std::chrono::seconds time = std::chrono::seconds(120));

/// A `cairn serve` that has said it is ready.
class RunningServer {
 public:
  RunningServer() = default;
  ~RunningServer();
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  /// Starts `cairn serve ARGUMENTS…` on a free port; false, with error(), when it did not get
  /// ready.
  bool Start(const std::vector<std::string>& arguments,
             const std::vector<std::string>& environment = {});
  /// As Start, but does not wait for it to be ready: to be stopped on its way there.
  bool Launch(const std::vector<std::string>& arguments,
              const std::vector<std::string>& environment = {});
  /// "http://127.0.0.1:PORT", or https, from the ready line.
  const std::string& url() const { return url_; }
  Address address() const { return ParseUrl(url_).value().address; }
  /// What it wrote to standard error so far.
  std::string error() const;
  /// Sends `signal` and waits; the exit code, or minus the signal that ended it.
  int Stop(int signal);
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string url_;
  TemporaryDirectory scratch_;
};

}  // namespace cairn::server
