// SPDX-License-Identifier: Apache-2.0
#include "bench/load/process.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bench/load/client.h"

namespace cairn::bench {
namespace {

constexpr int kAwaitTries = 200;
constexpr std::chrono::milliseconds kAwaitEvery(50);

[[noreturn]] void Fail(const std::string& program) {
  std::fprintf(stderr, "%s failed\n", program.c_str());
  std::exit(1);
}

/// `out`: where its standard output goes; -1: where this one's does.
pid_t Start(std::vector<std::string>* arguments, int out) {
  const pid_t child = fork();
  if (child != 0) return child;
  if (out >= 0) dup2(out, STDOUT_FILENO);
  std::vector<char*> pointers;
  for (std::string& argument : *arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execvp(pointers[0], pointers.data());
  _exit(127);
}

}  // namespace

int FreePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  bind(socket, reinterpret_cast<sockaddr*>(&address), length);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  close(socket);
  return ntohs(address.sin_port);
}

bool AwaitPort(int port) {
  for (int i = 0; i < kAwaitTries; ++i) {
    const int socket = Connect(port);
    if (socket >= 0) close(socket);
    if (socket >= 0) return true;
    std::this_thread::sleep_for(kAwaitEvery);
  }
  return false;
}

Background::Background(std::vector<std::string> arguments) : pid_(Start(&arguments, -1)) {}

Background::~Background() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

std::string Run(std::vector<std::string> arguments) {
  int ends[2];
  if (pipe(ends) != 0) Fail(arguments[0]);
  const pid_t child = Start(&arguments, ends[1]);
  close(ends[1]);
  std::string out;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;) {
    out.append(buffer, static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) Fail(arguments[0]);
  return out;
}

}  // namespace cairn::bench
