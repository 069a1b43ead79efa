// SPDX-License-Identifier: Apache-2.0
// serverStatus, lockInfo and top: what the server does and how it has been used.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <utility>

#include "server/command/commands.h"
#include "server/command/cursor_table.h"
#include "server/command/parameters.h"
#include "server/command/version.h"

namespace cairn::server {
namespace {

constexpr int64_t kMegabyte = int64_t{1} << 20;

int64_t WallMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Pages of this process: all that it has mapped, and what is in memory.
std::pair<int64_t, int64_t> Pages() {
  std::ifstream stream("/proc/self/statm");
  int64_t mapped = 0;
  int64_t resident = 0;
  stream >> mapped >> resident;
  return {mapped, resident};
}

void AppendMemory(bson::Builder* reply) {
  const auto [mapped, resident] = Pages();
  const int64_t page = sysconf(_SC_PAGESIZE);
  reply->OpenDocument("mem").AppendInt32("bits", 64);
  reply->AppendInt32("resident", static_cast<int32_t>(resident * page / kMegabyte));
  reply->AppendInt32("virtual", static_cast<int32_t>(mapped * page / kMegabyte));
  reply->AppendBool("supported", true).Close();
}

void AppendExtra(bson::Builder* reply) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto microseconds = [](const timeval& time) {
    return static_cast<int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec;
  };
  reply->OpenDocument("extra_info").AppendString("note", "fields vary by platform");
  reply->AppendInt64("user_time_us", microseconds(usage.ru_utime));
  reply->AppendInt64("system_time_us", microseconds(usage.ru_stime));
  reply->AppendInt64("maximum_resident_set_kb", usage.ru_maxrss);
  reply->AppendInt64("page_faults", usage.ru_majflt);
  reply->Close();
}

void AppendCounters(const UsageCounters& usage, bson::Builder* reply) {
  reply->OpenDocument("opcounters");
  for (const auto& [name, kind] : {std::pair{"insert", OperationKind::kInsert},
                                   {"query", OperationKind::kQuery},
                                   {"update", OperationKind::kUpdate},
                                   {"delete", OperationKind::kRemove},
                                   {"getmore", OperationKind::kGetMore},
                                   {"command", OperationKind::kCommand}}) {
    reply->AppendInt64(name, usage.total(kind));
  }
  reply->Close();
}

void AppendSum(std::string_view name, const Usage::Sum& sum, bson::Builder* reply) {
  reply->OpenDocument(name).AppendInt64("time", sum.time_us);
  reply->AppendInt64("count", sum.count).Close();
}

void AppendUsage(std::string_view ns, const Usage& usage, bson::Builder* reply) {
  const auto of = [&usage](OperationKind kind) { return usage.by_kind[static_cast<size_t>(kind)]; };
  Usage::Sum total;
  Usage::Sum writes;
  for (size_t kind = 0; kind < kOperationKinds; ++kind) {
    const Usage::Sum& sum = usage.by_kind[kind];
    total.count += sum.count;
    total.time_us += sum.time_us;
    const auto which = static_cast<OperationKind>(kind);
    if (which == OperationKind::kInsert || which == OperationKind::kUpdate ||
        which == OperationKind::kRemove) {
      writes.count += sum.count;
      writes.time_us += sum.time_us;
    }
  }
  reply->OpenDocument(ns);
  AppendSum("total", total, reply);
  AppendSum("readLock", {total.count - writes.count, total.time_us - writes.time_us}, reply);
  AppendSum("writeLock", writes, reply);
  AppendSum("queries", of(OperationKind::kQuery), reply);
  AppendSum("getmore", of(OperationKind::kGetMore), reply);
  AppendSum("insert", of(OperationKind::kInsert), reply);
  AppendSum("update", of(OperationKind::kUpdate), reply);
  AppendSum("remove", of(OperationKind::kRemove), reply);
  AppendSum("commands", of(OperationKind::kCommand), reply);
  reply->Close();
}

}  // namespace

Status RunServerStatus(Invocation* invocation, bson::Builder* reply) {
  const ServerState& state = *invocation->state;
  const int64_t now_ms = WallMs();
  const int64_t up_ms = std::max<int64_t>(now_ms - state.started_ms, 0);
  reply->AppendString("host", ThisHost());
  reply->AppendString("version", kMongoVersion).AppendString("cairnVersion", CairnVersion());
  reply->AppendString("process", "cairn").AppendInt64("pid", getpid());
  constexpr double kSecondMs = 1000;
  reply->AppendDouble("uptime", static_cast<double>(up_ms) / kSecondMs);
  reply->AppendInt64("uptimeMillis", up_ms);
  reply->AppendInt64("uptimeEstimate", up_ms / static_cast<int64_t>(kSecondMs));
  reply->AppendDate("localTime", now_ms);
  reply->OpenDocument("asserts");
  for (const char* name : {"regular", "warning", "msg", "user", "tripwire", "rollovers"}) {
    reply->AppendInt32(name, 0);
  }
  reply->Close();
  const auto active = static_cast<int32_t>(invocation->database->CurrentOperations().size());
  reply->OpenDocument("connections").AppendInt32("active", active).Close();
  AppendExtra(reply);
  reply->OpenDocument("globalLock").AppendInt64("totalTime", up_ms * 1000);
  reply->OpenDocument("activeClients").AppendInt32("total", active).Close().Close();
  AppendCounters(state.usage, reply);
  reply->OpenDocument("storageEngine").AppendString("name", "rocksdb");
  reply->AppendBool("supportsCommittedReads", true).AppendBool("persistent", true);
  reply->AppendBool("readOnly", !invocation->database->write_state().ok()).Close();
  AppendMemory(reply);
  reply->OpenDocument("metrics").OpenDocument("cursor").OpenDocument("open");
  reply->AppendInt64("total", static_cast<int64_t>(invocation->cursors->size()));
  reply->Close().Close().Close();
  reply->OpenDocument("rocksdb");
  for (const auto& [name, value] : invocation->database->Metrics()) {
    reply->AppendInt64(name, static_cast<int64_t>(value));
  }
  reply->Close();
  return Status::Ok();
}

// Operations wait for each other only inside the store, and for moments.
Status RunLockInfo(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand({}, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  reply->OpenArray("lockInfo").Close();
  return Status::Ok();
}

Status RunTop(Invocation* invocation, bson::Builder* reply) {
  reply->OpenDocument("totals").AppendString("note", "all times in microseconds");
  for (const auto& [ns, usage] : invocation->state->usage.ByNamespace()) {
    AppendUsage(ns, usage, reply);
  }
  reply->Close();
  return Status::Ok();
}

}  // namespace cairn::server
