// SPDX-License-Identifier: Apache-2.0
// Operations on one collection.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/bulk_write.h"
#include "cairn/collection_options.h"
#include "cairn/cursor.h"
#include "cairn/export.h"
#include "cairn/options.h"
#include "cairn/status.h"

namespace cairn {

class Engine;

/// A handle: cheap to copy, any number for the same collection, which need not exist yet. Must not
/// outlive its Database. Any thread. Filters, updates, projections and sorts are MongoDB's; errors
/// carry MongoDB's codes. Reads of a collection that does not exist find nothing; inserts and
/// upserts create it.
class CAIRN_API Collection {
 public:
  /// From Database::GetCollection, which checks the names.
  Collection(Engine* engine, std::string_view database, std::string_view name);

  const std::string& database() const { return database_; }
  const std::string& name() const { return name_; }

  /// Runs the stages of `pipeline`, a BSON array. Errors: Location40324 for an unknown stage,
  /// NotImplemented for one of MongoDB's that is not supported, and those of stages and
  /// expressions.
  Result<Cursor> Aggregate(bson::View pipeline, const AggregateOptions& options = {}) const;
  /// How it runs: {explainVersion, queryPlanner, executionStats} or {explainVersion, stages}.
  Result<bson::Document> ExplainAggregate(bson::View pipeline, const AggregateOptions& options = {},
                                          Verbosity verbosity = Verbosity::kQueryPlanner) const;

  /// Adds an ObjectId _id where there is none. Errors: DuplicateKey, BSONObjectTooLarge,
  /// InvalidIdField, DocumentValidationFailure.
  Result<InsertOneResult> InsertOne(bson::View document, const InsertOptions& options = {});
  /// Document errors are listed in the result; an error status means that nothing more is known.
  Result<InsertManyResult> InsertMany(std::span<const bson::View> documents,
                                      const InsertOptions& options = {});

  Result<Cursor> Find(bson::View filter, const FindOptions& options = {}) const;
  /// The first match, or an empty optional. `{}` matches any document.
  Result<bool> FindOne(bson::View filter, bson::Document* found,
                       const FindOptions& options = {}) const;

  /// `update` is a document of operators ({"$set": …}); a replacement is refused with
  /// FailedToParse.
  Result<UpdateResult> UpdateOne(bson::View filter, bson::View update,
                                 const UpdateOptions& options = {});
  Result<UpdateResult> UpdateMany(bson::View filter, bson::View update,
                                  const UpdateOptions& options = {});
  /// `replacement` is a document without operators; its _id, if given, must be the match's.
  Result<UpdateResult> ReplaceOne(bson::View filter, bson::View replacement,
                                  const UpdateOptions& options = {});

  Result<DeleteResult> DeleteOne(bson::View filter, const DeleteOptions& options = {});
  Result<DeleteResult> DeleteMany(bson::View filter, const DeleteOptions& options = {});

  /// Several writes, one after another; each is atomic, the whole is not. Errors of single writes
  /// are listed in the result; an error status means that nothing more is known.
  Result<BulkWriteResult> BulkWrite(std::span<const WriteModel> writes,
                                    const BulkWriteOptions& options = {});

  /// Changes one match and gives it back, as it was or as it is then: in one commit.
  Result<FindOneAndResult> FindOneAndUpdate(bson::View filter, bson::View update,
                                            const FindOneAndUpdateOptions& options = {});
  Result<FindOneAndResult> FindOneAndReplace(bson::View filter, bson::View replacement,
                                             const FindOneAndUpdateOptions& options = {});
  /// Deletes one match and gives back what it was.
  Result<FindOneAndResult> FindOneAndDelete(bson::View filter,
                                            const FindOneAndDeleteOptions& options = {});

  /// Matches of `filter` after skip and up to limit (0: all). `{}` costs O(1).
  Result<int64_t> Count(bson::View filter, const FindOptions& options = {}) const;
  /// The distinct values of `path`, arrays opened, as a BSON array, sorted.
  Result<bson::Document> Distinct(std::string_view path, bson::View filter,
                                  const FindOptions& options = {}) const;

  /// How a query is answered: {queryPlanner: {…}, executionStats: {…}}, as MongoDB shows it, and
  /// where it scans the collection the index that would help. Errors: those of the operation.
  Result<bson::Document> Explain(const ExplainRequest& request) const;

  // What is remembered of plans, by query shape.
  std::vector<PlanCacheEntry> PlanCache() const;
  /// All shapes, or with a shape that one.
  void ClearPlanCache(const IndexFilter* shape = nullptr);
  /// Until the database is closed. `filter.indexes` is not empty.
  void SetIndexFilter(const IndexFilter& filter);
  std::vector<IndexFilter> IndexFilters() const;
  void ClearIndexFilters(const IndexFilter* shape = nullptr);

  /// Creates it; 0 when it is there already with the same options. Errors: NamespaceExists when
  /// with others, InvalidOptions, BadValue, those of a validator's filter and of a view's pipeline.
  Result<CommitNumber> Create(const CreateOptions& options = {});
  /// Changes options of the collection or view, and one of its indexes, in one commit. Errors:
  /// NamespaceNotFound, those of Create, and of an index IndexNotFound, AmbiguousIndexKeyPattern,
  /// InvalidOptions for a unique one that was not prepared, CannotConvertIndexToUnique with the
  /// documents in details() where some have the same key, CommandNotSupportedOnView,
  /// BackgroundOperationInProgressForNamespace where others keep changing the collection.
  Result<ModifyResult> Modify(const ModifyOptions& options);
  /// Gives it another name, also in another database (where it gets a new UUID). This handle keeps
  /// the old name. Errors: NamespaceNotFound, NamespaceExists, IllegalOperation,
  /// CollectionUUIDMismatch, CommandNotSupportedOnView.
  Result<CommitNumber> Rename(std::string_view database, std::string_view name,
                              const RenameOptions& options = {});
  /// Copies its documents, in their order, into a new capped collection of `size` bytes. Errors:
  /// NamespaceNotFound, NamespaceExists, CommandNotSupportedOnView, InvalidOptions.
  Result<CommitNumber> CloneAsCapped(std::string_view target, int64_t size);
  /// Makes it capped, without its indexes but the one on _id. Errors as CloneAsCapped.
  Result<CommitNumber> ConvertToCapped(int64_t size);
  /// False when there was none.
  Result<bool> Drop(CommitNumber* commit = nullptr);
  Result<CreateIndexesResult> CreateIndexes(std::span<const IndexModel> indexes);
  /// Errors: NamespaceNotFound, IndexNotFound, InvalidOptions for the index on _id,
  /// AmbiguousIndexKeyPattern when several indexes have the key pattern.
  Result<DropIndexesResult> DropIndexes(const DropIndexesModel& indexes);
  /// One entry an index, the one on _id first. Error NamespaceNotFound.
  Result<std::vector<IndexStatistics>> IndexStats() const;
  /// Error NamespaceNotFound.
  Result<CollectionInfo> Info() const;
  /// Compares documents and indexes. Error NamespaceNotFound.
  Result<ValidateResult> Validate() const;

 private:
  Result<bson::Document> SettingsOfDistinct(std::string_view path, bson::View filter,
                                            const FindOptions& options) const;

  Engine* engine_;
  std::string database_;
  std::string name_;
};

}  // namespace cairn
