// SPDX-License-Identifier: Apache-2.0
#include "server/command/server_state.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <thread>
#include <utility>

#include "server/command/version.h"

namespace cairn::server {
namespace {

// Names beyond this are counted in the totals only.
constexpr size_t kNamespacesMax = 5000;  // Of a shard.

struct NamedKind {
  std::string_view command;
  OperationKind kind;
};

// table: sorted
constexpr NamedKind kKinds[] = {
    {"delete", OperationKind::kRemove},   {"find", OperationKind::kQuery},
    {"getMore", OperationKind::kGetMore}, {"insert", OperationKind::kInsert},
    {"update", OperationKind::kUpdate},
};

int64_t WallMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::string_view KindName(OperationKind kind) {
  constexpr std::string_view kNames[] = {"insert", "query",   "update",
                                         "remove", "getmore", "command"};
  return kNames[static_cast<size_t>(kind)];
}

OperationKind KindOf(std::string_view command) {
  const auto* row = std::ranges::find(kKinds, command, &NamedKind::command);
  return row == std::end(kKinds) ? OperationKind::kCommand : row->kind;
}

void UsageCounters::Add(OperationKind kind, std::string_view ns, int64_t time_us, int64_t total) {
  Shard& shard = shards_[std::hash<std::thread::id>()(std::this_thread::get_id()) % kShards];
  const std::lock_guard lock(shard.mutex);
  shard.totals[static_cast<size_t>(kind)] += total;
  // No collection has a NUL in its name, but commands may ask for one.
  if (ns.empty() || ns.find('\0') != std::string_view::npos) return;
  auto place = shard.by_namespace.find(ns);
  if (place == shard.by_namespace.end()) {
    if (shard.by_namespace.size() >= kNamespacesMax) return;
    place = shard.by_namespace.emplace(ns, Usage()).first;
  }
  Usage::Sum& sum = place->second.by_kind[static_cast<size_t>(kind)];
  ++sum.count;
  sum.time_us += time_us;
}

std::map<std::string, Usage> UsageCounters::ByNamespace() const {
  std::map<std::string, Usage> all;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [ns, usage] : shard.by_namespace) {
      Usage& sum = all[ns];
      for (size_t kind = 0; kind < kOperationKinds; ++kind) {
        sum.by_kind[kind].count += usage.by_kind[kind].count;
        sum.by_kind[kind].time_us += usage.by_kind[kind].time_us;
      }
    }
  }
  return all;
}

int64_t UsageCounters::total(OperationKind kind) const {
  int64_t total = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    total += shard.totals[static_cast<size_t>(kind)];
  }
  return total;
}

void LogTail::Add(std::string line) {
  const std::lock_guard lock(mutex_);
  ++written_;
  lines_.push_back(std::move(line));
  if (lines_.size() > kLinesMax) lines_.pop_front();
}

std::vector<std::string> LogTail::Lines(int64_t* written) const {
  const std::lock_guard lock(mutex_);
  *written = written_;
  return {lines_.begin(), lines_.end()};
}

ProfileSettings ProfileTable::Get(std::string_view database) const {
  const std::lock_guard lock(mutex_);
  ProfileSettings settings = common_;
  const auto place = levels_.find(database);
  settings.level = place == levels_.end() ? 0 : place->second;
  return settings;
}

void ProfileTable::Set(std::string_view database, const ProfileSettings& settings) {
  const std::lock_guard lock(mutex_);
  common_ = settings;
  const auto place = levels_.find(database);
  if (place != levels_.end()) levels_.erase(place);
  if (settings.level > 0) levels_.emplace(database, settings.level);
  active_ = !levels_.empty();
}

void ProfileTable::Forget(std::string_view database) {
  const std::lock_guard lock(mutex_);
  const auto place = levels_.find(database);
  if (place != levels_.end()) levels_.erase(place);
  active_ = !levels_.empty();
}

ServerState::ServerState(ServerOptions the_options)
    : options(std::move(the_options)),
      started_ms(WallMs()),
      process(bson::ObjectId::Generate()),
      compatible_version_(kCompatibleVersions[std::size(kCompatibleVersions) - 1]) {}

DefaultConcerns ServerState::default_concerns() const {
  const std::lock_guard lock(mutex_);
  return default_concerns_;
}

std::optional<bson::Document> ServerState::default_write_concern() const {
  const std::lock_guard lock(mutex_);
  return default_concerns_.write;
}

void ServerState::SetDefaultConcerns(const DefaultConcerns& concerns) {
  const std::lock_guard lock(mutex_);
  default_concerns_ = concerns;
}

std::string ServerState::compatible_version() const {
  const std::lock_guard lock(mutex_);
  return compatible_version_;
}

void ServerState::SetCompatibleVersion(std::string_view version) {
  const std::lock_guard lock(mutex_);
  compatible_version_ = version;
}

bson::OwnedValue ServerState::parameter(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto place = parameters_.find(name);
  return place == parameters_.end() ? bson::OwnedValue() : place->second;
}

void ServerState::SetParameter(std::string_view name, bson::Value value) {
  const std::lock_guard lock(mutex_);
  parameters_.insert_or_assign(std::string(name), bson::OwnedValue(value));
}

std::optional<int64_t> ServerState::auto_compact_mb() const {
  const std::lock_guard lock(mutex_);
  return auto_compact_mb_;
}

void ServerState::SetAutoCompact(std::optional<int64_t> megabytes) {
  const std::lock_guard lock(mutex_);
  auto_compact_mb_ = megabytes;
}

}  // namespace cairn::server
