// SPDX-License-Identifier: Apache-2.0
// Documents, their indexes and their change records over the storage interface: the only writer.
// One commit holds a document, its index entries, its collection's counts and its change record.
//
// Latches: writers hold a collection's latch shared while their transaction runs; DDL holds it
// alone, so a transaction never sees a collection or index that is going away. Thread safety:
// DocumentStore may be used from any thread; WriteTransaction and the scans belong to one thread at
// a time.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/base/bytes.h"
#include "engine/catalog/collection.h"
#include "engine/index/document_filter.h"
#include "engine/kv/open.h"
#include "engine/kv/store.h"
#include "engine/store/requests.h"

namespace cairn::store {

using catalog::CollectionPtr;

/// Whether a document's stored bytes begin as plain BSON of the right length.
inline bool IsPlainDocument(std::string_view value) {
  return value.size() > 5 && value[0] == key::kPlainBsonFormat &&
         base::LoadLittle<uint32_t>(value.data() + 1) == value.size() - 1;
}
/// The error for bytes that are not.
Status DamagedDocument(std::string_view value);

/// Documents in the order of their keys. Not valid beyond its Reader.
class DocumentScan {
 public:
  DocumentScan(std::unique_ptr<kv::Scan> scan) : scan_(std::move(scan)) {}  // NOLINT
  /// Moves on; false at the end or on an error (see status()).
  bool Next() {
    if (!scan_->Next()) return false;
    if (IsPlainDocument(scan_->value())) [[likely]]
      return true;
    status_ = DamagedDocument(scan_->value());
    return false;
  }
  /// DataCorruptionDetected for a document in a format that is not known.
  Status status() const { return status_.ok() ? scan_->status() : status_; }
  /// As kv::Scan::SkipTo; `key` is a whole document key.
  void SkipTo(std::string_view key) { scan_->SkipTo(key); }
  /// Valid until the next Next. The value trusts the store's bytes.
  bson::View document() const { return bson::View(scan_->value().data() + 1); }
  /// Document key suffix: identifies the document within its collection.
  std::string_view suffix() const { return key::SuffixOfDocumentKey(scan_->key()); }

 private:
  std::unique_ptr<kv::Scan> scan_;
  Status status_;
};

/// Entries of one index in key order.
class IndexScan {
 public:
  /// `descending`: bit i is set when field i of the index is descending.
  IndexScan(std::unique_ptr<kv::Scan> scan, bool unique, int fields, uint32_t descending = 0)
      : scan_(std::move(scan)), unique_(unique), fields_(fields), descending_(descending) {}
  bool Next();
  /// As kv::Scan::SkipTo; `key` is a whole index key.
  void SkipTo(std::string_view key) { scan_->SkipTo(key); }
  Status status() const { return status_.ok() ? scan_->status() : status_; }
  /// The whole index key, index id included (with the suffix unless unique): the resume position.
  std::string_view key() const { return scan_->key(); }
  /// Encoded fields only; they do not decode when the key was cut (IndexSpec::has_truncated_keys).
  std::string_view fields() const { return fields_view_; }
  std::string_view suffix() const { return suffix_; }
  std::string_view type_bits() const { return type_bits_; }

 private:
  std::unique_ptr<kv::Scan> scan_;
  bool unique_;
  int fields_;
  uint32_t descending_;
  std::string_view fields_view_;
  std::string_view suffix_;
  std::string_view type_bits_;
  Status status_;
};

/// The writes of one commit to one collection. An operation that fails leaves no trace in the
/// transaction, so that others may follow it; after TransactionTooLarge the transaction is to be
/// given up.
class WriteTransaction {
 public:
  virtual ~WriteTransaction() = default;
  /// The collection as this transaction writes it; newer than the one it was asked for, maybe.
  virtual const catalog::Collection& collection() const = 0;
  /// `document` has an _id as its first field, of a type that an _id may have.
  /// Errors: DuplicateKey with keyPattern and keyValue in details(), BSONObjectTooLarge,
  /// CannotIndexParallelArrays and other errors of keys.
  virtual Status Insert(bson::View document) = 0;
  /// The newest version of a document, protected until the commit; false when it is gone.
  /// `document` is valid until the next call.
  virtual Result<bool> ReadForUpdate(std::string_view suffix, bson::View* document) = 0;
  /// `before` is what ReadForUpdate gave; `after` has the same _id. `diff` is the update's
  /// description for the commit log (empty: a replacement).
  virtual Status Update(std::string_view suffix, bson::View before, bson::View after,
                        bson::View diff) = 0;
  virtual Status Delete(std::string_view suffix, bson::View before) = 0;
  /// Bytes buffered so far: callers commit before it grows beyond the store's limits.
  virtual size_t write_bytes() const = 0;
};

/// A snapshot and the collection as it has to be read on it.
struct CollectionSnapshot {
  std::unique_ptr<kv::Reader> reader;
  CollectionPtr collection;  ///< Null when the collection has been dropped.
};

class DocumentStore {
 public:
  /// Opens or creates the store in options.path. Errors: as kv::OpenRocksDb.
  /// `compiler` is for partial indexes; without one none can be made or written.
  static Result<std::unique_ptr<DocumentStore>> Open(const kv::OpenOptions& options,
                                                     index::FilterCompiler compiler = nullptr);
  /// The same over a given storage backend.
  static Result<std::unique_ptr<DocumentStore>> Over(std::unique_ptr<kv::Store> kv,
                                                     const kv::OpenOptions& options,
                                                     index::FilterCompiler compiler = nullptr);
  virtual ~DocumentStore() = default;

  virtual kv::Store& kv() = 0;

  // Catalog.
  /// Null when there is none.
  virtual CollectionPtr FindCollection(std::string_view database, std::string_view name) const = 0;
  /// By id, for readers of the commit log; null when it is gone.
  virtual CollectionPtr FindCollectionById(uint32_t id) const = 0;
  /// Sorted by name. All databases when `database` is empty.
  virtual std::vector<CollectionPtr> ListCollections(std::string_view database) const = 0;
  virtual std::vector<std::string> ListDatabases() const = 0;
  /// Errors: NamespaceExists, InvalidNamespace. `commit` may be null.
  virtual Result<CollectionPtr> CreateCollection(std::string_view database, std::string_view name,
                                                 catalog::Layout layout, bson::View options,
                                                 kv::CommitNumber* commit) = 0;
  /// The existing one, or a new one with default options.
  virtual Result<CollectionPtr> FindOrCreateCollection(std::string_view database,
                                                       std::string_view name) = 0;
  /// Removes the catalog entry; documents and entries are reclaimed in the background.
  virtual Result<DdlOutcome> DropCollection(std::string_view database, std::string_view name) = 0;
  virtual Result<DdlOutcome> DropDatabase(std::string_view database) = 0;
  /// Lets `change` alter options and indexes (ChangeIndex), while nobody reads or writes. Errors:
  /// NamespaceNotFound, and whatever `change` returns.
  virtual Result<kv::CommitNumber> ModifyCollection(
      const CollectionPtr& collection,
      const std::function<Status(catalog::Collection*)>& change) = 0;
  /// In one commit, also across databases (where the collection gets a new UUID). Errors:
  /// NamespaceNotFound, NamespaceExists, IllegalOperation for its own name, InvalidNamespace,
  /// CollectionUUIDMismatch, BackgroundOperationInProgressForNamespace.
  virtual Result<kv::CommitNumber> RenameCollection(std::string_view database,
                                                    std::string_view name,
                                                    const Rename& rename) = 0;
  /// Builds what is missing; an equal index that exists is left alone. Creates the collection.
  /// Errors: IndexOptionsConflict, IndexKeySpecsConflict, CannotCreateIndex, DuplicateKey.
  virtual Result<CreateIndexesOutcome> CreateIndexes(
      std::string_view database, std::string_view name,
      const std::vector<IndexDefinition>& indexes) = 0;

  /// Entries are reclaimed in the background; a build of such an index is cancelled. Errors:
  /// NamespaceNotFound, IndexNotFound, InvalidOptions for the index on _id,
  /// AmbiguousIndexKeyPattern.
  virtual Result<DdlOutcome> DropIndexes(std::string_view database, std::string_view name,
                                         const IndexSelection& selection) = 0;
  /// The index builds that are going on.
  virtual std::vector<IndexBuildStatus> IndexBuilds() const = 0;
  /// Builds what was being built when the store was closed or killed, in the background. Called
  /// once, after opening; without it such indexes wait for a later opening.
  virtual void ResumeIndexBuilds() = 0;

  // Reads.
  virtual std::unique_ptr<kv::Reader> NewSnapshot() = 0;
  /// For reads that use an index: its flags (multikey, …) are at least as new as the snapshot, and
  /// an index that is ready is complete on it. Taking the two one by one does not promise that.
  virtual CollectionSnapshot NewSnapshotOf(const CollectionPtr& collection) = 0;
  /// One document by suffix. False when there is none. `value` keeps `document` alive.
  virtual Result<bool> Read(kv::Reader& reader, const catalog::Collection& collection,
                            std::string_view suffix, kv::PinnedValue* value,
                            bson::View* document) = 0;
  /// One document by _id, newest version, without a snapshot.
  virtual Result<bool> ReadById(const catalog::Collection& collection, bson::Value id,
                                kv::PinnedValue* value, bson::View* document) = 0;
  /// One document by a value of a unique index on one field, newest version, without a snapshot:
  /// it may have changed since the index was asked.
  virtual Result<bool> ReadByUnique(const catalog::Collection& collection,
                                    const catalog::IndexSpec& index, bson::Value key,
                                    kv::PinnedValue* value, bson::View* document) = 0;
  /// All documents whose suffix lies in `suffixes` (empty bounds: from the start, to the end).
  virtual std::unique_ptr<DocumentScan> ScanDocuments(kv::Reader& reader,
                                                      const catalog::Collection& collection,
                                                      const key::Range& suffixes,
                                                      const kv::ScanOptions& options) = 0;
  /// All entries whose encoded fields lie in `fields`. Where keys are long enough to be cut a few
  /// more may come: check again when index.has_truncated_keys.
  virtual std::unique_ptr<IndexScan> ScanIndex(kv::Reader& reader, const catalog::IndexSpec& index,
                                               const key::Range& fields,
                                               const kv::ScanOptions& options) = 0;
  virtual kv::Counts GetCounts(const catalog::Collection& collection) const = 0;
  /// Of a capped collection: a number that grows when documents are added to it, and when it is
  /// dropped. To be read before the snapshot that is to show what it counts.
  virtual uint64_t Additions(const catalog::Collection& collection) const = 0;
  /// Waits until that is not `seen` any more (true), or the time is over (false).
  virtual bool WaitForAdditions(const catalog::Collection& collection, uint64_t seen,
                                int64_t timeout_ms) = 0;

  // Writes.
  /// Runs `body` in one transaction under the collection's latch and commits it; runs it again
  /// after conflicts, so it must leave no traces before it returns. Not to be nested for one
  /// collection. Errors: NamespaceNotFound when the collection was dropped, and whatever `body`
  /// returns.
  virtual Result<kv::CommitNumber> Write(const CollectionPtr& collection,
                                         const std::function<Status(WriteTransaction&)>& body) = 0;

  /// Compares documents with index entries both ways, and the kept count with the real one, on one
  /// snapshot.
  virtual Result<ValidateOutcome> Validate(const catalog::Collection& collection) = 0;
};

/// `document` with an ObjectId _id added in front where it has none, and an existing _id moved to
/// the front; an empty timestamp at the top level becomes the current time. Errors: InvalidIdField
/// for an _id of type array, regex or undefined; DollarPrefixedFieldName for a $-prefixed field
/// inside an _id; BadValue for two of them; BSONObjectTooLarge. Other names may begin with $ or
/// have dots, as in MongoDB 5 and later.
Result<bson::Document> PrepareForInsert(bson::View document);
/// The same without a copy: `document` itself where nothing has to change, else the new one, which
/// `rebuilt` then holds.
Result<bson::View> PrepareForInsert(bson::View document, bson::Document* rebuilt);

}  // namespace cairn::store
