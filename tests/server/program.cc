// SPDX-License-Identifier: Apache-2.0
// Processes of the cairn program.
#include "tests/server/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

extern char** environ;

namespace cairn::server {
namespace {

constexpr std::chrono::seconds kReadyTime(60);

std::string program = CAIRN_PROGRAM;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Starts the program with its three streams; -1 when it could not be started.
pid_t Spawn(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
            int in, int out, int err) {
  std::vector<char*> argv;
  argv.push_back(program.data());
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (const std::string& one : environment) envp.push_back(const_cast<char*>(one.c_str()));
  for (char** one = environ; *one != nullptr; ++one) envp.push_back(*one);
  envp.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int failed =
      posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? pid : -1;
}

int Wait(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) return -1000;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int WaitOrKill(pid_t pid, std::chrono::seconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < deadline) {
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0 &&
        info.si_pid == pid) {
      return Wait(pid);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill(pid, SIGKILL);
  return Wait(pid);
}

int OpenFile(const std::string& path, int flags) {
  return open(path.c_str(), flags | O_CLOEXEC, 0600);
}

}  // namespace

std::string UseProgram(std::string path) { return std::exchange(program, std::move(path)); }

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "cairn-test-XXXXXX").string();
  if (mkdtemp(name.data()) != nullptr) path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Finished RunCairn(const std::vector<std::string>& arguments, const std::string& input,
                  const std::vector<std::string>& environment, std::chrono::seconds time) {
  const TemporaryDirectory scratch;
  std::ofstream(scratch / "in", std::ios::binary) << input;
  const int in = OpenFile(scratch / "in", O_RDONLY);
  const int out = OpenFile(scratch / "out", O_WRONLY | O_CREAT);
  const int err = OpenFile(scratch / "err", O_WRONLY | O_CREAT);
  const pid_t pid = Spawn(arguments, environment, in, out, err);
  for (const int fd : {in, out, err}) close(fd);
  Finished finished;
  if (pid > 0) finished.code = WaitOrKill(pid, time);
  finished.out = ReadFile(scratch / "out");
  finished.err = ReadFile(scratch / "err");
  return finished;
}

RunningServer::~RunningServer() { Stop(SIGKILL); }

bool RunningServer::Launch(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& environment) {
  Stop(SIGKILL);
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return false;
  std::vector<std::string> all = {"serve"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  bool port_given = false;
  for (const std::string& one : environment) port_given |= one.starts_with("CAIRN_HTTP=");
  if (!port_given) all.insert(all.end(), {"--http", "127.0.0.1:0"});
  const int in = OpenFile("/dev/null", O_RDONLY);
  const int err = OpenFile(scratch_ / "err", O_WRONLY | O_CREAT | O_TRUNC);
  pid_ = Spawn(all, environment, in, pipe_ends[1], err);
  for (const int fd : {in, err, pipe_ends[1]}) close(fd);
  out_ = pipe_ends[0];
  return pid_ > 0;
}

bool RunningServer::Start(const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment) {
  if (!Launch(arguments, environment)) return false;
  std::string line;
  const auto deadline = std::chrono::steady_clock::now() + kReadyTime;
  while (line.find('\n') == std::string::npos && std::chrono::steady_clock::now() < deadline) {
    pollfd waited{out_, POLLIN, 0};
    if (poll(&waited, 1, 100) <= 0) continue;
    char buffer[256];
    const ssize_t got = read(out_, buffer, sizeof(buffer));
    if (got <= 0) return false;
    line.append(buffer, static_cast<size_t>(got));
  }
  constexpr std::string_view kReady = "ready ";
  if (!line.starts_with(kReady) || line.find('\n') != line.size() - 1) return false;
  url_ = line.substr(kReady.size(), line.size() - kReady.size() - 1);
  return ParseUrl(url_).ok();
}

std::string RunningServer::error() const { return ReadFile(scratch_ / "err"); }

int RunningServer::Stop(int signal) {
  int code = 0;
  if (pid_ > 0) {
    kill(pid_, signal);
    code = Wait(pid_);
  }
  pid_ = -1;
  if (out_ >= 0) close(out_);
  out_ = -1;
  return code;
}

}  // namespace cairn::server
