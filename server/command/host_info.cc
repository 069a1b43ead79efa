// SPDX-License-Identifier: Apache-2.0
// hostInfo: the machine, as Linux tells it.
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// Of "name<tab>: value" and "NAME=value" lines; empty when there is none.
std::string FieldOf(const char* file, std::string_view name, char separator) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(name)) continue;
    const size_t at = line.find(separator);
    if (at == std::string::npos) continue;
    const size_t begin = line.find_first_not_of(" \t\"", at + 1);
    if (begin == std::string::npos) return {};
    const size_t end = line.find_last_not_of(" \t\"");
    return line.substr(begin, end - begin + 1);
  }
  return {};
}

struct Processors {
  int32_t cores = 1;
  int32_t sockets = 1;
};

Processors CountProcessors() {
  std::ifstream stream("/proc/cpuinfo");
  std::set<std::string> sockets;
  std::set<std::string> cores;
  std::string socket;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("physical id")) socket = line;
    if (line.starts_with("physical id")) sockets.insert(line);
    if (line.starts_with("core id")) cores.insert(socket + line);
  }
  Processors found;
  found.sockets = std::max<int32_t>(1, static_cast<int32_t>(sockets.size()));
  found.cores = cores.empty() ? static_cast<int32_t>(std::thread::hardware_concurrency())
                              : static_cast<int32_t>(cores.size());
  return found;
}

std::string HostName() {
  char name[256] = "localhost";
  if (gethostname(name, sizeof(name) - 1) != 0) return "localhost";
  return name;
}

void AppendSystem(const utsname& machine, bson::Builder* reply) {
  constexpr int64_t kMegabyte = int64_t{1} << 20;
  const int64_t memory_mb = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) *
                            static_cast<int64_t>(sysconf(_SC_PAGESIZE)) / kMegabyte;
  const Processors processors = CountProcessors();
  reply->OpenDocument("system");
  reply->AppendDate("currentTime", std::chrono::duration_cast<std::chrono::milliseconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count());
  reply->AppendString("hostname", HostName());
  reply->AppendInt32("cpuAddrSize", 8 * sizeof(void*));
  reply->AppendInt64("memSizeMB", memory_mb).AppendInt64("memLimitMB", memory_mb);
  reply->AppendInt32("numCores", static_cast<int32_t>(sysconf(_SC_NPROCESSORS_ONLN)));
  reply->AppendInt32("numCoresAvailableToProcess",
                     static_cast<int32_t>(std::thread::hardware_concurrency()));
  reply->AppendInt32("numPhysicalCores", processors.cores);
  reply->AppendInt32("numCpuSockets", processors.sockets);
  reply->AppendString("cpuArch", machine.machine);
  reply->AppendBool("numaEnabled", false).AppendInt32("numNumaNodes", 1);
  reply->Close();
}

}  // namespace

std::string_view ThisHost() {
  static const std::string kName = HostName();
  return kName;
}

Status RunHostInfo(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand({}, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  utsname machine{};
  uname(&machine);
  AppendSystem(machine, reply);
  reply->OpenDocument("os").AppendString("type", machine.sysname);
  reply->AppendString("name", FieldOf("/etc/os-release", "PRETTY_NAME", '='));
  reply->AppendString("version", FieldOf("/etc/os-release", "VERSION_ID", '=')).Close();
  reply->OpenDocument("extra");
  reply->AppendString("versionString", machine.version);
  reply->AppendString("kernelVersion", machine.release);
  reply->AppendString("cpuString", FieldOf("/proc/cpuinfo", "model name", ':'));
  reply->AppendInt64("pageSize", sysconf(_SC_PAGESIZE));
  reply->AppendInt64("numPages", sysconf(_SC_PHYS_PAGES));
  reply->AppendInt32("maxOpenFiles", static_cast<int32_t>(sysconf(_SC_OPEN_MAX)));
  reply->Close();
  return Status::Ok();
}

}  // namespace cairn::server
