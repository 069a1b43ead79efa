// SPDX-License-Identifier: Apache-2.0
#include "bench/load/nginx.h"

#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "bench/load/client.h"
#include "bench/load/load.h"

namespace cairn::bench {
namespace {

constexpr char kProgram[] = "/usr/sbin/nginx";

std::string SettingsFile(const std::string& directory, int port, size_t body_bytes) {
  return "worker_processes 2;\n"
         "worker_rlimit_nofile 16384;\n"
         "daemon off;\n"
         "error_log /dev/null;\n"
         "pid " +
         directory +
         "/nginx.pid;\n"
         "events { worker_connections 8192; }\n"
         "http {\n"
         "  access_log off;\n"
         "  keepalive_requests 1000000000;\n"
         "  client_body_temp_path " +
         directory +
         "/body;\n"
         "  server {\n"
         "    listen 127.0.0.1:" +
         std::to_string(port) +
         " backlog=4096;\n"
         "    location / { default_type application/json; return 200 '" +
         std::string(body_bytes, 'x') +
         "'; }\n"
         "  }\n"
         "}\n";
}

}  // namespace

Nginx::Nginx(const std::string& directory, int port, size_t body_bytes) : port_(port) {
  const std::string file = directory + "/nginx.conf";
  std::ofstream(file) << SettingsFile(directory, port, body_bytes);
  process_ = std::make_unique<Background>(
      std::vector<std::string>{kProgram, "-c", file, "-e", "/dev/null"});
  if (AwaitPort(port)) return;
  std::fputs("nginx did not start\n", stderr);
  std::exit(1);
}

std::unique_ptr<Nginx> Nginx::Start(const std::string& directory, size_t reply_bytes) {
  struct stat found;
  if (stat(kProgram, &found) != 0) {
    std::fputs("LEFT OUT: nginx, as nginx-light is not installed\n", stderr);
    return nullptr;
  }
  size_t body_bytes = 100;
  for (;;) {
    std::unique_ptr<Nginx> nginx(new Nginx(directory, FreePort(), body_bytes));
    const ClientReply reply = Client(nginx->port()).Ask(MakeRequest("GET /"));
    const size_t bytes = reply.head.size() + reply.body.size();
    if (reply.status == 200 && bytes == reply_bytes) return nginx;
    body_bytes += reply_bytes - bytes;
  }
}

}  // namespace cairn::bench
