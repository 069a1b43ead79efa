// SPDX-License-Identifier: Apache-2.0
// The table of open cursors. Cursors are destroyed outside the lock: they may hold snapshots.
#include "server/command/cursor_table.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace cairn::server {
namespace {

// Looking through all cursors for expired ones, at most this often.
constexpr int64_t kSweepMs = 10 * 1000;

int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Status NotFound(int64_t id) {
  return Status(ErrorCode::kCursorNotFound, "cursor id " + std::to_string(id) + " not found");
}

}  // namespace

CursorTable::CursorTable(CursorTableOptions options)
    : options_(std::move(options)), idle_ms_max_(options_.idle_ms_max) {}

int64_t CursorTable::NowMs() const { return options_.now_ms ? options_.now_ms() : SteadyMs(); }

Result<int64_t> CursorTable::NewIdLocked() const {
  while (true) {
    uint64_t random = 0;
    if (getentropy(&random, sizeof(random)) != 0) {
      return Status(ErrorCode::kInternalError, "no randomness for a cursor id");
    }
    // No more than what a double, as JavaScript has it, can tell apart.
    constexpr int kBitsAbove = 64 - 53;
    const auto id = static_cast<int64_t>(random >> kBitsAbove);
    if (id > std::numeric_limits<int32_t>::max() && !entries_.contains(id)) return id;
  }
}

CursorTable::Entries::iterator CursorTable::EraseLocked(Entries::iterator entry,
                                                        std::vector<OpenCursor>* dropped) {
  const auto client = per_client_.find(entry->second.client);
  if (--client->second == 0) per_client_.erase(client);
  dropped->push_back(std::move(entry->second.cursor));
  return entries_.erase(entry);
}

void CursorTable::ExpireLocked(int64_t now_ms, std::vector<OpenCursor>* dropped) {
  if (now_ms < next_sweep_ms_) return;
  next_sweep_ms_ = now_ms + kSweepMs;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool expired = !entry->second.in_use && now_ms - entry->second.used_ms > idle_ms_max_;
    entry = expired ? EraseLocked(entry, dropped) : std::next(entry);
  }
}

Result<int64_t> CursorTable::Add(OpenCursor cursor) {
  std::vector<OpenCursor> dropped;
  const int64_t now_ms = NowMs();
  std::lock_guard lock(mutex_);
  ExpireLocked(now_ms, &dropped);
  const auto client = per_client_.find(cursor.client);
  if (entries_.size() >= options_.total_max ||
      (client != per_client_.end() && client->second >= options_.per_client_max)) {
    return Status(ErrorCode::kTooManyRequests,
                  "too many open cursors: read them to their end or kill them");
  }
  Result<int64_t> id = NewIdLocked();
  if (!id.ok()) return id;
  Entry entry;
  entry.ns = cursor.ns;
  entry.client = cursor.client;
  entry.stop = cursor.stop;
  entry.used_ms = now_ms;
  entry.cursor = std::move(cursor);
  ++per_client_[entry.client];
  entries_.emplace(*id, std::move(entry));
  return id;
}

Result<OpenCursor> CursorTable::Take(int64_t id, std::string_view ns) {
  std::vector<OpenCursor> dropped;
  const int64_t now_ms = NowMs();
  std::lock_guard lock(mutex_);
  ExpireLocked(now_ms, &dropped);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return NotFound(id);
  Entry& entry = found->second;
  if (entry.killed) return NotFound(id);
  if (entry.in_use) {
    return Status(ErrorCode::kCursorInUse,
                  "cursor id " + std::to_string(id) + " is already in use");
  }
  if (now_ms - entry.used_ms > idle_ms_max_) {
    EraseLocked(found, &dropped);
    return NotFound(id);
  }
  if (entry.ns != ns) {
    return Status(ErrorCode::kUnauthorized, "Requested getMore on namespace '" + std::string(ns) +
                                                "', but cursor belongs to a different namespace " +
                                                entry.ns);
  }
  entry.in_use = true;
  return std::move(entry.cursor);
}

void CursorTable::GiveBack(int64_t id, OpenCursor cursor) {
  std::vector<OpenCursor> dropped;
  const int64_t now_ms = NowMs();
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  const bool over = cursor.ended || found->second.killed;
  found->second.cursor = std::move(cursor);
  found->second.in_use = false;
  found->second.used_ms = now_ms;
  if (over) EraseLocked(found, &dropped);
}

bool CursorTable::Kill(int64_t id) {
  std::vector<OpenCursor> dropped;
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.killed) return false;
  found->second.killed = true;
  found->second.stop.request_stop();
  if (!found->second.in_use) EraseLocked(found, &dropped);
  return true;
}

bool CursorTable::CloseIdle(int64_t idle_ms) {
  std::vector<OpenCursor> dropped;
  const int64_t now_ms = NowMs();
  std::lock_guard lock(mutex_);
  std::vector<std::pair<int64_t, int64_t>> idle;  // When it was used, and its id.
  for (const auto& [id, entry] : entries_) {
    if (entry.in_use || now_ms - entry.used_ms < idle_ms) continue;
    if (entry.cursor.work_bytes > 0) idle.emplace_back(entry.used_ms, id);
  }
  std::ranges::sort(idle);
  idle.resize((idle.size() + 1) / 2);
  for (const auto& [used_ms, id] : idle) EraseLocked(entries_.find(id), &dropped);
  return !dropped.empty();
}

bool CursorTable::BeginWait() {
  std::lock_guard lock(mutex_);
  if (waiting_ >= options_.waiting_max) return false;
  ++waiting_;
  return true;
}

void CursorTable::EndWait() {
  std::lock_guard lock(mutex_);
  --waiting_;
}

void CursorTable::SetIdleMax(int64_t ms) {
  std::lock_guard lock(mutex_);
  idle_ms_max_ = ms;
}

size_t CursorTable::size() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace cairn::server
