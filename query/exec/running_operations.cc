// SPDX-License-Identifier: Apache-2.0
#include "query/exec/running_operations.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <thread>
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
  entry->shard = std::hash<std::thread::id>()(std::this_thread::get_id()) % kShards;
  Shard& shard = shards_[entry->shard];
  const std::lock_guard lock(shard.mutex);
  // MongoDB's ids are 32 bits wide, so a few weeks of work use them up.
  constexpr int32_t kAddedMax = std::numeric_limits<int32_t>::max() / kShards - 1;
  shard.added = shard.added == kAddedMax ? 1 : shard.added + 1;
  entry->id = static_cast<int64_t>(shard.added * kShards + entry->shard);
  entry->previous = shard.last;
  entry->next = nullptr;
  (shard.last == nullptr ? shard.first : shard.last->next) = entry;
  shard.last = entry;
}

void RunningOperations::Remove(Entry* entry) {
  of_this_thread_ = entry->outer;
  Shard& shard = shards_[entry->shard];
  const std::lock_guard lock(shard.mutex);
  (entry->previous == nullptr ? shard.first : entry->previous->next) = entry->next;
  (entry->next == nullptr ? shard.last : entry->next->previous) = entry->previous;
}

bool RunningOperations::Kill(int64_t id) {
  Shard& shard = shards_[static_cast<uint64_t>(id) % kShards];
  const std::lock_guard lock(shard.mutex);
  for (Entry* entry = shard.first; entry != nullptr; entry = entry->next) {
    if (entry->id != id) continue;
    entry->stop.request_stop();
    return true;
  }
  return false;
}

std::vector<bson::Document> RunningOperations::Describe() const {
  std::vector<std::pair<int64_t, bson::Document>> started;
  const int64_t now_us = clock_->MonotonicUs();
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const Entry* entry = shard.first; entry != nullptr; entry = entry->next) {
      started.emplace_back(entry->started_us, Describe(*entry, now_us));
    }
  }
  std::ranges::stable_sort(started, {}, [](const auto& each) { return each.first; });
  std::vector<bson::Document> all;
  all.reserve(started.size());
  for (auto& [started_us, document] : started) all.push_back(std::move(document));
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
