// SPDX-License-Identifier: Apache-2.0
#include "query/exec/running_operations.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "engine/bson/iso_date.h"

namespace cairn::exec {
namespace {

// A command longer than this is shown without its arguments.
constexpr size_t kShownBytesMax = size_t{64} << 10;

}  // namespace

void RunningOperations::Add(Entry* entry) {
  entry->started_us = clock_->MonotonicUs();
  entry->outer = std::exchange(of_this_thread_, this);
  const std::lock_guard lock(mutex_);
  // MongoDB's ids are 32 bits wide, so a few weeks of work use them up.
  last_id_ = last_id_ == std::numeric_limits<int32_t>::max() ? 1 : last_id_ + 1;
  entry->id = last_id_;
  entry->previous = last_;
  entry->next = nullptr;
  (last_ == nullptr ? first_ : last_->next) = entry;
  last_ = entry;
}

void RunningOperations::Remove(Entry* entry) {
  of_this_thread_ = entry->outer;
  const std::lock_guard lock(mutex_);
  (entry->previous == nullptr ? first_ : entry->previous->next) = entry->next;
  (entry->next == nullptr ? last_ : entry->next->previous) = entry->previous;
}

bool RunningOperations::Kill(int64_t id) {
  const std::lock_guard lock(mutex_);
  for (Entry* entry = first_; entry != nullptr; entry = entry->next) {
    if (entry->id != id) continue;
    entry->stop.request_stop();
    return true;
  }
  return false;
}

std::vector<bson::Document> RunningOperations::Describe() const {
  std::vector<bson::Document> all;
  const int64_t now_us = clock_->MonotonicUs();
  const std::lock_guard lock(mutex_);
  for (const Entry* entry = first_; entry != nullptr; entry = entry->next) {
    all.push_back(Describe(*entry, now_us));
  }
  return all;
}

bson::Document RunningOperations::Describe(const Entry& entry, int64_t now_us) const {
  const int64_t running_us = std::max<int64_t>(now_us - entry.started_us, 0);
  bson::Builder out;
  out.AppendString("type", "op").AppendString("host", "localhost");
  out.AppendString("desc", "conn").AppendString("client", entry.client);
  out.AppendBool("active", true).AppendBool("threaded", true);
  std::string now;
  bson::AppendIsoDate(clock_->WallMs(), &now);
  out.AppendString("currentOpTime", now);
  out.AppendInt32("opid", static_cast<int32_t>(entry.id));
  out.AppendInt64("secs_running", running_us / 1'000'000);
  out.AppendInt64("microsecs_running", running_us);
  out.AppendString("op", entry.kind);
  std::string ns(entry.database);
  if (entry.collection.empty()) {
    ns += ".$cmd";
    if (entry.command.begin()->name == "aggregate") ns += ".aggregate";
  } else {
    ns.append(".").append(entry.collection);
  }
  out.AppendString("ns", ns).AppendBool("redacted", false);
  if (entry.command.size() <= kShownBytesMax) {
    out.OpenDocument("command").AppendAll(entry.command);
    if (entry.command["$db"].missing()) out.AppendString("$db", entry.database);
    out.Close();
  } else {
    out.OpenDocument("command");
    out.Append(entry.command.begin()->name, entry.command.begin()->value);
    out.AppendString("$truncated", "the command is too long to be shown").Close();
  }
  out.AppendInt32("numYields", 0);
  if (entry.stop.stop_requested()) out.AppendBool("killPending", true);
  return out.Finish();
}

}  // namespace cairn::exec
