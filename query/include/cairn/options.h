// SPDX-License-Identifier: Apache-2.0
// Parameters and results of the operations on databases and collections. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "cairn/bson.h"
#include "cairn/export.h"
#include "cairn/log.h"
#include "cairn/status.h"

namespace cairn {

/// Counts the commits of a Database from 1. 0: nothing was written.
using CommitNumber = uint64_t;

/// What a write waits for.
enum class Durability {
  kJournaled,  ///< Returns once the write is synced to disk. A crash or power loss cannot undo it.
  kRelaxed,    ///< Returns once the write is visible; it is synced within 100 ms.
};

struct OpenOptions {
  /// Keep everything in memory: fast to start, gone when closed. The path is then ignored.
  bool in_memory = false;
  /// Memory for caches and write buffers together, in bytes.
  size_t cache_bytes = size_t{256} << 20;
  /// How much, and for how long, the log of changes is kept for its readers.
  uint64_t log_bytes = uint64_t{1} << 30;
  uint64_t log_seconds = 24 * 3600;
  /// How often documents are deleted that a TTL index says have expired; 0: never.
  int64_t ttl_interval_ms = 60'000;
  /// What the library has to say. Empty: nothing is written anywhere.
  LogSink log;
};

struct WriteOptions {
  Durability durability = Durability::kJournaled;
};

struct InsertOptions : WriteOptions {
  /// Stop at the first document that fails (true), or try the rest (false).
  bool ordered = true;
  bool bypass_validation = false;  ///< Write also what the collection's validator refuses.
};

struct UpdateOptions : WriteOptions {
  /// Insert a document made of the filter's equalities and the update when nothing matches.
  bool upsert = false;
  /// The update is a pipeline: an array of the stages $set, $unset, $project and $replaceWith.
  bool pipeline = false;
  /// What $[identifier] in the update's paths stands for: one filter an identifier.
  std::vector<bson::Document> array_filters = {};
  bson::Document sort = {};  ///< Which match an update of one document takes; {}: any.
  bson::Value hint = {};     ///< Index name or key pattern; missing: the planner chooses.
  int64_t max_time_ms = 0;   ///< Error MaxTimeMSExpired after this time of search; 0: no limit.
  bson::Document let = {};   ///< Variables for expressions: {name: expression}.
  /// How strings compare, in filters, sorts, array filters and update operators: {locale: …, …}.
  /// {}: as the collection says. {locale: "simple"}: by their bytes.
  bson::Document collation = {};
  bool bypass_validation = false;  ///< Write also what the collection's validator refuses.
};

struct DeleteOptions : WriteOptions {
  bson::Value hint = {};          ///< As of UpdateOptions.
  int64_t max_time_ms = 0;        ///< As of UpdateOptions.
  bson::Document let = {};        ///< As of UpdateOptions.
  bson::Document collation = {};  ///< As of UpdateOptions.
};

struct FindOneAndDeleteOptions : DeleteOptions {
  bson::Document projection = {};  ///< Of the document that is given back; {}: all of it.
  bson::Document sort = {};        ///< Which match is deleted; {}: any.
};

struct FindOneAndUpdateOptions : UpdateOptions {
  bson::Document projection = {};  ///< Of the document that is given back; {}: all of it.
  bool return_updated = false;     ///< Give back the document as it is afterwards.
};

struct FindOptions {
  bson::Document projection;   ///< {}: whole documents.
  bson::Document sort;         ///< {}: in natural order, which is by _id.
  int64_t skip = 0;            ///< Documents to leave out first; not negative.
  int64_t limit = 0;           ///< At most so many; 0: all. Not negative.
  int64_t max_time_ms = 0;     ///< Error MaxTimeMSExpired after this time of work; 0: no limit.
  bson::Value hint;            ///< Index name or key pattern; missing: the planner chooses.
  bson::Document let;          ///< Variables for expressions: {name: expression}.
  bson::Document collation;    ///< As of UpdateOptions; also of distinct values.
  bson::Document min;          ///< Keys of the hinted index from this one on; {}: from the first.
  bson::Document max;          ///< Keys of the hinted index below this one; {}: to the last.
  std::stop_token stop;        ///< Error Interrupted once a stop is requested.
  bool allow_disk_use = true;  ///< Whether a large sort goes on in temporary files.
  /// Of a capped collection: the cursor stays open at its end and gives later what is added.
  bool tailable = false;
  /// Gives the index keys that led to the documents, by field, instead of the documents; {} where
  /// no one index did. Not of a view. The projection is then without effect.
  bool return_key = false;
  /// Adds "$recordId" to each document: where the collection keeps it. Not of a view.
  bool show_record_id = false;
};

struct AggregateOptions {
  int64_t max_time_ms = 0;     ///< Error MaxTimeMSExpired after this time of work; 0: no limit.
  std::stop_token stop;        ///< Error Interrupted once a stop is requested.
  bool allow_disk_use = true;  ///< Whether stages that need much memory go on in temporary files.
  bson::Value hint;            ///< Index name or key pattern; missing: the planner chooses.
  bson::Document let;          ///< Variables for expressions: {name: expression}.
  bson::Document collation;    ///< As of UpdateOptions; for all stages.
  bool api_strict = false;     ///< Refuse what is not in version 1 of MongoDB's stable API.
  bool bypass_validation = false;  ///< $out and $merge write also what a validator refuses.
  bool optimise = true;            ///< False: stages run as they are written; to compare answers.
};

/// How much explain tells.
enum class Verbosity {
  kQueryPlanner,       ///< The plan; nothing is run but trials of plans.
  kExecutionStats,     ///< Runs the query and counts what it examines; writes nothing.
  kAllPlansExecution,  ///< The same of the plans that were not chosen.
};

/// What is to be explained.
struct ExplainRequest {
  enum class Kind { kFind, kCount, kDistinct, kUpdate, kDelete, kFindAndModify, kFindAndRemove };
  Kind kind = Kind::kFind;
  bson::View filter;
  FindOptions options;      ///< Of an update or delete: sort, hint and time.
  std::string path;         ///< Of a distinct.
  bool multi = false;       ///< Of an update or delete: all matches.
  bson::Value update = {};  ///< Of an update: the document or pipeline, which is checked.
  std::vector<bson::Document> array_filters = {};  ///< Of an update.
  Verbosity verbosity = Verbosity::kAllPlansExecution;
};

/// One entry of the plan cache.
struct PlanCacheEntry {
  std::string query_hash;  ///< As explain's planCacheShapeHash.
  bson::Document filter;
  bson::Document sort;
  bson::Document projection;
  std::string plan;  ///< In a word, as "IXSCAN { a: 1 }".
  uint64_t works = 0;
  bool active = false;
  int64_t created_ms = 0;
};

/// Which indexes the planner may use for queries of one shape.
struct IndexFilter {
  bson::Document filter;
  bson::Document sort;
  bson::Document projection;
  bson::Document collation;
  bson::Document indexes;  ///< An array of names and key patterns.
};

/// The failure of one document of an InsertMany.
struct WriteError {
  size_t index = 0;  ///< Position in the input.
  Status status;
};

struct InsertManyResult {
  std::vector<bson::OwnedValue> inserted_ids;  ///< Of the documents that went in, in input order.
  std::vector<WriteError> errors;              ///< By ascending index.
  CommitNumber commit = 0;                     ///< The last commit of the operation.
};

struct InsertOneResult {
  bson::OwnedValue inserted_id;
  CommitNumber commit = 0;
};

struct UpdateResult {
  int64_t matched = 0;
  int64_t modified = 0;          ///< Documents that really changed.
  bson::OwnedValue upserted_id;  ///< Missing unless a document was inserted.
  CommitNumber commit = 0;
};

struct DeleteResult {
  int64_t deleted = 0;
  CommitNumber commit = 0;
};

struct FindOneAndResult {
  bool found = false;                      ///< Whether there was a match.
  std::optional<bson::Document> document;  ///< What was asked for, projected, if there is such.
  bson::OwnedValue upserted_id;            ///< Missing unless a document was inserted.
  CommitNumber commit = 0;
};

/// A new index.
struct IndexModel {
  std::string name;     ///< Empty: made from the keys, as "age_1".
  bson::Document keys;  ///< {field: 1}
  bool unique = false;
  bson::Document options;  ///< Further options; unknown ones are refused.
};

/// The name of an index that has been given none: "age_1_name_-1", and "_id_" of the one on _id.
CAIRN_API std::string DefaultIndexName(bson::View keys);

/// Which indexes to drop: all but the one on _id, or those named and the one with the key pattern.
struct DropIndexesModel {
  bool all = false;
  std::vector<std::string> names;
  bson::Document keys;  ///< {}: none.
};

struct DropIndexesResult {
  int indexes_were = 0;  ///< The one on _id included.
  CommitNumber commit = 0;
};

/// What changes of an existing index.
struct IndexChange {
  std::optional<bool> hidden;                   ///< Not used by queries, but kept up.
  std::optional<int32_t> expire_after_seconds;  ///< Makes it a TTL index, or changes its time.
  std::optional<bool> prepare_unique;  ///< Refuses new duplicates; those that there are may stay.
  bool unique = false;                 ///< Makes it unique, which was prepared before.
};

/// An index of a collection, and what changes of it.
struct IndexModification {
  std::string name;  ///< Empty: the one with these keys.
  bson::Document keys;
  IndexChange change;
};

/// What an index was before a change.
struct IndexChangeResult {
  std::string name;
  bool was_hidden = false;
  bool was_unique = false;
  bool was_prepared = false;                     ///< For being unique.
  std::optional<int64_t> expired_after_seconds;  ///< Empty: it was no TTL index.
};

/// How often queries have used an index.
struct IndexStatistics {
  std::string name;
  bson::Document keys;
  bson::Document specification;  ///< As listIndexes shows it.
  int64_t operations = 0;
  int64_t since_ms = 0;  ///< Wall time from which on they were counted.
  bool building = false;
};

struct CreateIndexesResult {
  int indexes_before = 0;
  int indexes_after = 0;
  bool created_collection = false;
  CommitNumber commit = 0;
};

/// One index as listed.
struct IndexInfo {
  std::string name;
  bson::Document keys;
  bool unique = false;
  bson::Document options;
  bool building = false;  ///< It serves no queries yet.
};

/// One collection or view as listed.
struct CollectionInfo {
  std::string name;
  std::string uuid;      ///< 16 bytes.
  bool is_view = false;  ///< Without documents and indexes; options say what it reads.
  bson::Document options;
  int64_t documents = 0;
  int64_t bytes = 0;
  std::vector<IndexInfo> indexes;  ///< The one on _id first.
};

/// Whether documents and indexes of a collection agree.
struct ValidateResult {
  bool valid = true;
  int64_t documents = 0;
  int64_t counted_documents = 0;
  std::vector<std::pair<std::string, int64_t>> index_keys;  ///< Entries of each index.
  std::vector<std::string> errors;                          ///< At most 100.
};

}  // namespace cairn
