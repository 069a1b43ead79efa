// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/crash_record.h"

#include <algorithm>

namespace cairn::harness {
namespace {

// How often each id of a race is tried, by all clients together.
constexpr int64_t kAttemptsPerRace = 6;

std::string Short(const Version& version) { return version ? version->substr(0, 120) : "none"; }

Version Find(const std::map<int64_t, std::string>& seen, int64_t id) {
  const auto found = seen.find(id);
  return found == seen.end() ? Version() : Version(found->second);
}

}  // namespace

void ClientRecord::LeaveUnknown(std::vector<Intent> intents, bool ordered) {
  for (const Intent& intent : intents) slots_[intent.id].possible.push_back(intent.after);
  if (ordered) ordered_ = std::move(intents);
}

std::string ClientRecord::Check(const std::map<int64_t, std::string>& seen) {
  for (const auto& [id, text] : seen) {
    if (!slots_.contains(id)) return "_id " + std::to_string(id) + " was never written";
  }
  std::string wrong = CheckOrdered(seen);
  if (!wrong.empty()) return wrong;
  for (auto& [id, slot] : slots_) {
    const Version version = Find(seen, id);
    const auto& possible = slot.possible;
    if (version != slot.known &&
        std::find(possible.begin(), possible.end(), version) == possible.end()) {
      return "_id " + std::to_string(id) + ": acknowledged is " + Short(slot.known) + ", " +
             std::to_string(possible.size()) + " other is possible, but there is " + Short(version);
    }
    slot.known = version;
    slot.possible.clear();
  }
  ordered_.clear();
  return {};
}

// What an ordered bulk has done is a beginning of it.
std::string ClientRecord::CheckOrdered(const std::map<int64_t, std::string>& seen) const {
  bool ended = false;
  for (const Intent& intent : ordered_) {
    const bool done = Find(seen, intent.id) == intent.after;
    if (done && ended) {
      return "_id " + std::to_string(intent.id) +
             " of an ordered bulk is there, but not one before it";
    }
    ended |= !done;
  }
  return {};
}

int64_t RaceRecord::NextId() {
  const std::lock_guard lock(mutex_);
  return draws_++ / kAttemptsPerRace;
}

void RaceRecord::Win(int64_t id, int client) {
  const std::lock_guard lock(mutex_);
  Race& race = races_[id];
  if (race.winner >= 0 && wrong_.empty()) {
    wrong_ = "race " + std::to_string(id) + " has two winners";
  }
  race.winner = client;
}

void RaceRecord::Lose(int64_t id) {
  const std::lock_guard lock(mutex_);
  races_[id];
  ++lost_;
}

void RaceRecord::LeaveUnknown(int64_t id, int client) {
  const std::lock_guard lock(mutex_);
  races_[id].unknown.insert(client);
}

std::string RaceRecord::Check(const std::map<int64_t, int>& seen) {
  const std::lock_guard lock(mutex_);
  if (!wrong_.empty()) return wrong_;
  for (const auto& [id, client] : seen) {
    if (!races_.contains(id)) return "race " + std::to_string(id) + " was never run";
  }
  for (auto& [id, race] : races_) {
    const auto found = seen.find(id);
    const int client = found == seen.end() ? -1 : found->second;
    if (client != race.winner && !(race.winner < 0 && race.unknown.contains(client))) {
      return "race " + std::to_string(id) + " was won by client " + std::to_string(race.winner) +
             ", but there is the document of " + std::to_string(client);
    }
    race.winner = client;
    race.unknown.clear();
  }
  return {};
}

std::string IndexRecord::Check(const std::set<std::string>& seen) {
  for (const std::string& name : there_) {
    if (!unknown_.contains(name) && !seen.contains(name)) return "index " + name + " is gone";
  }
  for (const std::string& name : seen) {
    if (!unknown_.contains(name) && !there_.contains(name)) {
      return "index " + name + " is there again";
    }
    unknown_.erase(name);
  }
  there_ = seen;
  return {};
}

}  // namespace cairn::harness
