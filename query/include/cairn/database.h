// SPDX-License-Identifier: Apache-2.0
// An open directory of databases and collections.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/collection.h"
#include "cairn/cursor.h"
#include "cairn/export.h"
#include "cairn/maintenance.h"
#include "cairn/options.h"
#include "cairn/status.h"

namespace cairn {

class Engine;

/// MD5 sums in hexadecimal digits.
struct DatabaseHash {
  std::vector<std::pair<std::string, std::string>> collections;  ///< Name and sum.
  std::string all;
};

/// Opens, and hands out collections. One process at a time may have a directory open. Any thread.
class CAIRN_API Database {
 public:
  /// Opens or creates the store in directory `path`. Errors: StoreLocked when another process has
  /// it, StoreFormatUnknown, DataCorruptionDetected (the message names the file).
  static Result<std::unique_ptr<Database>> Open(const std::string& path,
                                                const OpenOptions& options = {});
  ~Database();

  /// A handle; nothing is created yet. Error InvalidNamespace.
  Result<Collection> GetCollection(std::string_view database, std::string_view name);

  /// Databases that hold a collection, sorted.
  std::vector<std::string> ListDatabases() const;
  /// Collections of one database, sorted by name.
  Result<std::vector<CollectionInfo>> ListCollections(std::string_view database) const;
  /// Runs a pipeline that begins with its own documents, such as $documents. Errors: as of
  /// Collection::Aggregate.
  Result<Cursor> Aggregate(std::string_view database, bson::View pipeline,
                           const AggregateOptions& options = {});
  /// How it runs.
  Result<bson::Document> ExplainAggregate(std::string_view database, bson::View pipeline,
                                          const AggregateOptions& options = {},
                                          Verbosity verbosity = Verbosity::kQueryPlanner);

  /// Says how reads of one shape are planned: {indexHints, queryFramework, reject, comment}, as
  /// MongoDB's setQuerySettings, laid over what was said before. Until the database is closed.
  /// `query` is a command that stands for its shape, or the shape's hash. Gives {queryShapeHash,
  /// representativeQuery, settings}. Errors: those of MongoDB, and of the parts of the command.
  Result<bson::Document> SetQuerySettings(bson::Value query, bson::View settings);
  /// Forgets what was said; nothing happens where nothing was.
  Status RemoveQuerySettings(bson::Value query);

  /// Number of collections dropped. `commit` may be null.
  Result<bool> DropDatabase(std::string_view database, CommitNumber* commit = nullptr);

  /// Returns once the commit is synced; at once for 0. Error CommitOutcomeUnknown when its sync
  /// failed.
  Status WaitDurable(CommitNumber commit);
  /// The same of all that is committed now.
  Status Sync();
  /// Calls `done` once the commit is synced or its sync failed: at once on this thread when that is
  /// known, else later on another one, where it must not block.
  void WhenDurable(CommitNumber commit, std::function<void(const Status&)> done);

  /// Checks, about a second's work at a time and while others read and write, what no
  /// Collection::Validate sees: files, checksums of tables, documents and entries that belong to
  /// nothing, and that the log of changes has no gap. `from`: empty, then `next` of the part
  /// before. Error BadValue for another text.
  Result<VerifiedPart> VerifyPart(std::string_view from);

  /// Empty when writes are accepted; else why not.
  Status write_state() const;

  /// The Operations (operation.h) that run now, as $currentOp shows them, the oldest first.
  std::vector<bson::Document> CurrentOperations() const;
  /// Asks an operation to end: its work stops soon with error Interrupted. False when there is none
  /// with this id.
  bool KillOperation(int64_t id);

  /// Hashes of the documents of a database, collection by collection in the order of their names:
  /// equal when all documents are. `names` empty: all collections. Errors: MaxTimeMSExpired.
  Result<DatabaseHash> Hash(std::string_view database, const std::vector<std::string>& names = {},
                            int64_t max_time_ms = 0) const;

  /// Figures of the store, by name: sizes in bytes, counts.
  std::vector<std::pair<std::string, uint64_t>> Metrics() const;

 private:
  friend class Operation;
  explicit Database(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace cairn
