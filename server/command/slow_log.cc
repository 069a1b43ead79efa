// SPDX-License-Identifier: Apache-2.0
#include "server/command/slow_log.h"

#include <iterator>
#include <string>

namespace cairn::server {
namespace {

// Documents in the batch of a cursor's reply; -1: it has none.
int64_t DocumentsIn(bson::View reply) {
  const bson::Value cursor = reply["cursor"];
  if (cursor.type() != bson::Type::kDocument) return -1;
  for (const std::string_view name : {"firstBatch", "nextBatch"}) {
    const bson::Value batch = cursor.AsView()[name];
    if (batch.type() != bson::Type::kArray) continue;
    return std::distance(batch.AsView().begin(), batch.AsView().end());
  }
  return -1;
}

std::string NamespaceOf(std::string_view database, bson::View command) {
  std::string ns(database);
  // getMore names its collection beside its cursor, explain in its command.
  bson::Value target = command.begin()->value;
  if (target.type() == bson::Type::kDocument && !target.AsView().empty()) {
    target = target.AsView().begin()->value;
  }
  if (target.type() != bson::Type::kString) target = command["collection"];
  if (target.type() == bson::Type::kString) ns.append(".").append(target.AsString());
  return ns;
}

}  // namespace

void LogSlowOperation(const LogSink& log, std::string_view database, bson::View command,
                      const OperationProfile& profile, int64_t duration_ms, bson::View reply) {
  if (!log || command.empty()) return;
  bson::Builder out;
  out.AppendString("ns", NamespaceOf(database, command));
  out.AppendString("command", command.begin()->name);
  out.AppendInt64("durationMillis", duration_ms);
  if (!profile.plan.empty()) out.AppendString("planSummary", profile.plan);
  out.AppendInt64("keysExamined", static_cast<int64_t>(profile.keys_examined));
  out.AppendInt64("docsExamined", static_cast<int64_t>(profile.docs_examined));
  const int64_t returned = DocumentsIn(reply);
  if (returned >= 0) out.AppendInt64("nreturned", returned);
  const bson::Value code = reply["code"];
  if (!code.missing()) out.Append("code", code);
  out.AppendDocument("shape", CommandShape(command));
  std::string line = "slow operation ";
  json::Write(out.Finish(), json::Format::kRelaxed, &line);
  log(LogLevel::kInfo, line);
}

}  // namespace cairn::server
