// SPDX-License-Identifier: Apache-2.0
// What a running server knows of itself besides its data: settings that commands change while it
// runs, and how it has been used. Nothing of it outlives the server. Thread safety: any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/cairn.h"

namespace cairn::server {

/// As serverStatus and top count commands, and as $currentOp names them.
enum class OperationKind : uint8_t { kInsert, kQuery, kUpdate, kRemove, kGetMore, kCommand };
inline constexpr size_t kOperationKinds = 6;
/// "insert", "query", "update", "remove", "getmore", "command".
std::string_view KindName(OperationKind kind);
OperationKind KindOf(std::string_view command);

/// How commands have used a collection.
struct Usage {
  struct Sum {
    int64_t count = 0;
    int64_t time_us = 0;
  };
  std::array<Sum, kOperationKinds> by_kind;
};

class UsageCounters {
 public:
  /// `ns`: "database.collection", or empty. `total`: what it counts in all, where an insert of many
  /// documents is many.
  void Add(OperationKind kind, std::string_view ns, int64_t time_us, int64_t total = 1);
  int64_t total(OperationKind kind) const;
  std::map<std::string, Usage> ByNamespace() const;

 private:
  // Threads mostly have one each, as otherwise all would wait for the same few bytes.
  static constexpr size_t kShards = 8;
  struct alignas(64) Shard {
    std::mutex mutex;
    // Guarded by it.
    std::array<int64_t, kOperationKinds> totals{};
    std::map<std::string, Usage, std::less<>> by_namespace;
  };
  mutable std::array<Shard, kShards> shards_;
};

/// The last lines of the server's log.
class LogTail {
 public:
  static constexpr size_t kLinesMax = 1024;
  void Add(std::string line);
  /// The lines, the oldest first, and how many there have been.
  std::vector<std::string> Lines(int64_t* written) const;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<std::string> lines_;
  int64_t written_ = 0;
};

/// What the database profiler records. Level 0: nothing; 1: slow operations, or those that the
/// filter matches; 2: all.
struct ProfileSettings {
  int32_t level = 0;
  int64_t slow_ms = 100;
  double sample_rate = 1.0;
  std::optional<bson::Document> filter;
};

/// The level is each database's own; the rest is the server's.
class ProfileTable {
 public:
  ProfileSettings Get(std::string_view database) const;
  void Set(std::string_view database, const ProfileSettings& settings);
  void Forget(std::string_view database);
  /// Whether any database has a level above 0.
  bool Active() const { return active_.load(std::memory_order_relaxed); }

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::string, int32_t, std::less<>> levels_;
  ProfileSettings common_;
  std::atomic<bool> active_{false};
};

/// What setDefaultRWConcern has set.
struct DefaultConcerns {
  std::optional<bson::Document> read;
  std::optional<bson::Document> write;
  int64_t set_ms = 0;  ///< Wall time; 0: never.
};

struct ServerOptions {
  std::vector<std::string> arguments;  ///< Of the command line, the program first.
  bson::Document settings = {};        ///< What they mean, as getCmdLineOpts shows it.
  std::string directory;               ///< Of the data; empty: it is in memory.
  /// Told when the level of the log changes: 0 for information, above for details.
  std::function<void(int)> on_log_level;
};

class ServerState {
 public:
  explicit ServerState(ServerOptions options);

  const ServerOptions options;
  const int64_t started_ms;      ///< Wall time.
  const bson::ObjectId process;  ///< Differs from start to start.
  UsageCounters usage;
  LogTail log;
  ProfileTable profiles;

  /// How many fsync locks are held: above 0 writes are refused.
  std::atomic<int64_t> fsync_locks{0};

  DefaultConcerns default_concerns() const;
  std::optional<bson::Document> default_write_concern() const;
  void SetDefaultConcerns(const DefaultConcerns& concerns);
  /// The version of MongoDB whose data it may write; only shown.
  std::string compatible_version() const;
  void SetCompatibleVersion(std::string_view version);
  /// The value of a parameter that setParameter changed; missing: it has its default.
  bson::OwnedValue parameter(std::string_view name) const;
  void SetParameter(std::string_view name, bson::Value value);
  /// The space that autoCompact is to keep free, in MB; empty while it is off.
  std::optional<int64_t> auto_compact_mb() const;
  void SetAutoCompact(std::optional<int64_t> megabytes);

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  DefaultConcerns default_concerns_;
  std::string compatible_version_;
  std::map<std::string, bson::OwnedValue, std::less<>> parameters_;
  std::optional<int64_t> auto_compact_mb_;
};

}  // namespace cairn::server
