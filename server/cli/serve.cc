// SPDX-License-Identifier: Apache-2.0
// The server's life: open, bind, say so, serve, stop. Logs go to standard error.
#include "server/cli/serve.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "cairn/cairn.h"
#include "cairn/turns.h"
#include "cairn/work_memory.h"
#include "server/cli/exit_code.h"
#include "server/cli/memory_limit.h"
#include "server/command/dispatch.h"
#include "server/command/server_state.h"
#include "server/command/version.h"
#include "server/http/server.h"
#include "server/net/body_memory.h"

namespace cairn::server {
namespace {

/// How long requests under way may take once the server has been told to stop.
constexpr std::chrono::seconds kDrainMax(4);

using Logger = std::shared_ptr<spdlog::logger>;

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

// One message stays one line, whatever it quotes.
std::string OnOneLine(std::string_view message) {
  std::string line(message);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return line;
}

// Keeps the last lines of the log for getLog.
class TailSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit TailSink(std::shared_ptr<ServerState> state) : state_(std::move(state)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {  // NOLINT: spdlog's name
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (line.size() > 0) state_->log.Add(std::string(line.data(), line.size() - 1));
  }
  void flush_() override {}  // NOLINT: spdlog's name

  const std::shared_ptr<ServerState> state_;
};

// How it was started, as getCmdLineOpts shows it.
bson::Document SettingsOf(const ServeOptions& options) {
  bson::Builder settings;
  settings.OpenDocument("net").AppendString("http", ToString(options.http)).Close();
  settings.OpenDocument("storage").AppendBool("memory", options.memory);
  if (!options.memory) settings.AppendString("dbPath", options.directory);
  settings.AppendInt64("memoryBytes", static_cast<int64_t>(options.memory_bytes));
  settings.AppendInt64("cacheBytes", static_cast<int64_t>(CacheBytesOf(options.memory_bytes)));
  settings.Close();
  return settings.Finish();
}

std::shared_ptr<ServerState> MakeState(const ServeOptions& options, const Logger& logger) {
  ServerOptions known;
  known.arguments = options.arguments;
  known.settings = SettingsOf(options);
  if (!options.memory) known.directory = options.directory;
  known.on_log_level = [level_of = std::weak_ptr(logger)](int level) {
    const Logger log = level_of.lock();
    if (log) log->set_level(level > 0 ? spdlog::level::debug : spdlog::level::info);
  };
  auto state = std::make_shared<ServerState>(std::move(known));
  logger->sinks().push_back(std::make_shared<TailSink>(state));
  return state;
}

LogSink SinkOf(const Logger& logger) {
  return [logger](LogLevel level, std::string_view message) {
    logger->log(LevelOf(level), "{}", OnOneLine(message));
  };
}

// The end of a terminal ends a server without a certificate, as it ends any program.
sigset_t Signals(bool https) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (https) sigaddset(&signals, SIGHUP);
  return signals;
}

Result<std::unique_ptr<Database>> OpenDatabase(const ServeOptions& options, const Logger& logger) {
  OpenOptions open;
  open.in_memory = options.memory;
  open.cache_bytes = CacheBytesOf(options.memory_bytes);
  open.log = SinkOf(logger);
  return Database::Open(options.memory ? std::string() : options.directory, open);
}

void ReloadCertificate(HttpServer* server, const Logger& logger) {
  const Status reloaded = server->ReloadCertificate();
  if (reloaded.ok()) {
    logger->info("the certificate has been read again");
  } else {
    logger->error("the certificate stays as it was: {}", OnOneLine(reloaded.ToString()));
  }
}

// Serves until a signal comes.
int ServeUntilSignal(HttpServer* server, const ServerUrl& url, const Logger& logger) {
  // Should Run return by itself, the wait below must end too.
  std::promise<void> ended;
  std::thread runner([server, &ended] {
    server->Run();
    ended.set_value();
    kill(getpid(), SIGTERM);
  });
  std::printf("ready %s\n", ToString(url).c_str());
  std::fflush(stdout);
  const sigset_t signals = Signals(url.https);
  int signal = 0;
  while (sigwait(&signals, &signal) != 0 || signal == SIGHUP) {
    if (signal == SIGHUP && url.https) ReloadCertificate(server, logger);
  }
  logger->info("stopping");
  server->Stop();
  if (ended.get_future().wait_for(kDrainMax) == std::future_status::timeout) {
    // What was acknowledged is on disk, and being killed is a normal way to stop.
    logger->warn("requests are still running after {} s; leaving them", kDrainMax.count());
    logger->flush();
    server->Abandon();
    _exit(kExitOk);
  }
  runner.join();
  return kExitOk;
}

int Serve(const ServeOptions& options, const Logger& logger,
          const std::shared_ptr<ServerState>& state) {
  logger->info("cairn {} opens {}", CairnVersion(),
               options.memory ? "a database in memory" : options.directory);
  if (!IsLoopback(options.http.host)) {
    logger->warn("--insecure: anyone who reaches {} can read and change all data",
                 ToString(options.http));
  }
  WorkMemory::SetBytesMax(WorkBytesOf(options.memory_bytes));
  Result<std::unique_ptr<Database>> database = OpenDatabase(options, logger);
  if (!database.ok()) {
    logger->error("{}", OnOneLine(database.status().ToString()));
    return kExitFailure;
  }
  // What is stored in memory is no sign of too much work.
  Turns turns({.at_once = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1u)),
               .waiting_max = WaitingWithin(options.memory_bytes),
               .memory_bytes = options.memory ? 0 : options.memory_bytes});
  Dispatcher dispatcher(database->get(), DispatcherOptions{.durability = options.durability,
                                                           .turns = &turns,
                                                           .slow_ms = options.slow_ms,
                                                           .log = SinkOf(logger),
                                                           .state = state});
  HttpServerOptions http;
  http.host = options.http.host;
  http.port = options.http.port;
  http.workers = WorkersWithin(options.workers, options.memory_bytes);
  http.turns = &turns;
  http.body_bytes_max =
      std::min(http.body_bytes_max, BodyBytesWithin(WorkBytesOf(options.memory_bytes)));
  http.allowed_hosts = options.allowed_hosts;
  http.tls_certificate = options.tls_certificate;
  http.tls_key = options.tls_key;
  http.cors_origins = options.cors_origins;
  HttpServer server(std::move(http), database->get(), &dispatcher);
  Result<int> port = server.Bind();
  if (!port.ok()) {
    logger->error("{}", OnOneLine(port.status().ToString()));
    return kExitFailure;
  }
  const ServerUrl url{Address{options.http.host, *port}, !options.tls_certificate.empty()};
  return ServeUntilSignal(&server, url, logger);
}

}  // namespace

int RunServe(const ServeOptions& options) {
  if (!IsLoopback(options.http.host) && !options.insecure) {
    std::fprintf(
        stderr,
        "cairn serve: %s can be reached from other machines, and nobody would be asked who "
        "they are.\nListen on 127.0.0.1, or say --insecure.\n",
        ToString(options.http).c_str());
    return kExitUsage;
  }
  BoundAllocator();
  const sigset_t signals = Signals(!options.tls_certificate.empty());
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const Logger logger = spdlog::stderr_logger_mt("cairn");
  const std::shared_ptr<ServerState> state = MakeState(options, logger);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  const int code = Serve(options, logger, state);
  if (code == kExitOk) logger->info("stopped");
  return code;
}

}  // namespace cairn::server
