// SPDX-License-Identifier: Apache-2.0
// Collection: made, changed, renamed, copied.
#include <utility>
#include <vector>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "engine/catalog/names.h"
#include "engine/store/change_index.h"
#include "query/create_options.h"
#include "query/engine.h"
#include "query/pipeline/view_definition.h"

namespace cairn {
namespace {

// An index is looked through without holding up writers, and again when the collection changed.
constexpr int kModifyAttemptsMax = 10;
constexpr size_t kCopyBytesMax = size_t{4} << 20;

Status NoSuchCollection(const std::string& database, const std::string& name) {
  return Status(ErrorCode::kNamespaceNotFound, "ns does not exist: " + database + "." + name);
}

// The clustered index is the collection itself: it cannot be hidden.
Status CheckIsNotClustered(const catalog::Collection& collection,
                           const IndexModification& modification) {
  const bson::Value clustered = collection.options["clusteredIndex"];
  if (clustered.missing() || !modification.change.hidden.has_value()) return Status::Ok();
  const bson::Document by_id = bson::Builder().AppendInt32("_id", 1).Finish();
  const bool named = modification.name.empty()
                         ? bson::Compare(modification.keys.view(), by_id.view()) == 0
                         : modification.name == clustered.AsView()["name"].AsString();
  if (!named) return Status::Ok();
  return Status(ErrorCode::kLocation6011800, "Cannot hide or unhide the clusteredIndex");
}

Status CheckViewTarget(const store::DocumentStore& store, std::string_view database,
                       std::string_view name, bson::View options) {
  const std::string_view view_on = options["viewOn"].AsString();
  CAIRN_TRY(catalog::CheckCollectionName(database, view_on));
  return pipeline::CheckViewGraph(store, database, name, view_on, options["pipeline"].AsView());
}

catalog::Layout LayoutOf(bool capped) {
  return capped ? catalog::Layout::kByRecord : catalog::Layout::kById;
}

// Copies the documents of `source` in their order, in commits of bounded size.
Status CopyDocuments(store::DocumentStore* store, const catalog::Collection& source,
                     const store::CollectionPtr& target) {
  const std::unique_ptr<kv::Reader> reader = store->NewSnapshot();
  const auto scan = store->ScanDocuments(*reader, source, {}, {.fill_cache = false});
  bool more = scan->Next();
  while (more) {
    // A transaction may run more than once: what it writes is collected first.
    std::vector<bson::Document> documents;
    size_t bytes = 0;
    for (; more && bytes < kCopyBytesMax; more = scan->Next()) {
      bytes += scan->document().size();
      // What does not fit at all would be pushed out at once.
      if (static_cast<int64_t>(scan->document().size()) > target->capped->bytes) continue;
      documents.emplace_back(scan->document());
    }
    CAIRN_TRY(scan->status());
    CAIRN_TRY(store
                  ->Write(target,
                          [&documents](store::WriteTransaction& transaction) {
                            for (const bson::Document& document : documents) {
                              CAIRN_TRY(transaction.Insert(document));
                            }
                            return Status::Ok();
                          })
                  .status());
  }
  return scan->status();
}

bson::Document CappedOptions(int64_t size, bool temporary) {
  bson::Builder options;
  options.AppendBool("capped", true);
  if (size == static_cast<int32_t>(size)) {
    options.AppendInt32("size", static_cast<int32_t>(size));
  } else {
    options.AppendInt64("size", size);
  }
  if (temporary) options.AppendBool("temp", true);
  return options.Finish();
}

store::IndexSelection SelectionOf(const IndexModification& index) {
  store::IndexSelection selection;
  if (index.name.empty()) {
    selection.key_pattern = index.keys;
  } else {
    selection.names.push_back(index.name);
  }
  return selection;
}

// Whether the index can become unique, where it is to.
Status CheckUniqueChange(store::DocumentStore* store, const catalog::Collection& collection,
                         const IndexModification& modification) {
  CAIRN_TRY_ASSIGN(const catalog::IndexSpec* const index,
                   store::FindIndex(collection, SelectionOf(modification)));
  if (!modification.change.unique || index->unique) return Status::Ok();
  if (!catalog::RefusesDuplicates(*index)) {
    return Status(ErrorCode::kInvalidOptions,
                  "cannot make an index unique that was not prepared with prepareUnique");
  }
  CAIRN_TRY_ASSIGN(const bson::Document duplicates,
                   store::FindDuplicates(store, collection, *index));
  if (duplicates.empty()) return Status::Ok();
  bson::Builder details;
  details.AppendArray("violations", duplicates);
  return Status(ErrorCode::kCannotConvertIndexToUnique,
                "Cannot convert the index to unique: documents of " + collection.Namespace() +
                    " share keys of it")
      .WithDetails(details.Finish().TakeBytes());
}

Status Apply(store::DocumentStore* store, const ModifyOptions& options,
             catalog::Collection* changed, IndexChangeResult* before) {
  if (options.index.has_value()) {
    const IndexChange& change = options.index->change;
    CAIRN_TRY_ASSIGN(store::IndexChangeOutcome outcome,
                     store::ChangeIndex(SelectionOf(*options.index),
                                        {change.hidden, change.expire_after_seconds,
                                         change.prepare_unique, change.unique},
                                        changed));
    *before = {std::move(outcome.name), outcome.was_hidden, outcome.was_unique,
               outcome.was_prepared, outcome.expired_after_seconds};
  }
  CAIRN_TRY(ApplyOptions(options, changed));
  if (!options.view_on.has_value() && !options.pipeline.has_value()) return Status::Ok();
  return CheckViewTarget(*store, changed->database, changed->name, changed->options);
}

}  // namespace

Result<CommitNumber> Collection::Create(const CreateOptions& options) {
  CAIRN_TRY(catalog::CheckWritableCollectionName(database_, name_));
  CAIRN_TRY_ASSIGN(const bson::Document kept, MakeOptions(database_, name_, options));
  store::DocumentStore& store = engine_->store();
  const store::CollectionPtr existing = store.FindCollection(database_, name_);
  if (existing == nullptr && options.view_on.has_value()) {
    CAIRN_TRY(CheckViewTarget(store, database_, name_, kept));
  }
  CommitNumber commit = 0;
  const Result<catalog::CollectionPtr> created =
      store.CreateCollection(database_, name_, LayoutOf(options.capped), kept, &commit);
  if (created.ok()) return commit;
  if (created.status().code() == ErrorCode::kNamespaceExists) {
    const catalog::CollectionPtr there = store.FindCollection(database_, name_);
    if (there != nullptr && bson::Compare(there->options.view(), kept.view()) == 0) {
      return CommitNumber{0};
    }
  }
  return created.status();
}

Result<ModifyResult> Collection::Modify(const ModifyOptions& options) {
  store::DocumentStore& store = engine_->store();
  for (int attempt = 0; attempt < kModifyAttemptsMax; ++attempt) {
    const store::CollectionPtr collection = store.FindCollection(database_, name_);
    if (collection == nullptr) return NoSuchCollection(database_, name_);
    if (options.index.has_value()) {
      CAIRN_TRY(CheckIsCollection(*collection));
      CAIRN_TRY(CheckIsNotClustered(*collection, *options.index));
      CAIRN_TRY(CheckUniqueChange(&store, *collection, *options.index));
    }
    if (options.dry_run) return ModifyResult{};
    ModifyResult result;
    bool outdated = false;
    Result<CommitNumber> commit =
        store.ModifyCollection(collection, [&](catalog::Collection* changed) {
          // Only of the collection as it was then it is known that it has no duplicates.
          outdated = options.index.has_value() && options.index->change.unique &&
                     store.FindCollection(database_, name_) != collection;
          if (outdated) return Status(ErrorCode::kBackgroundOperationInProgressForNamespace, "");
          return Apply(&store, options, changed, &result.index);
        });
    if (outdated) continue;
    if (!commit.ok()) return std::move(commit).status();
    result.commit = *commit;
    return result;
  }
  return Status(ErrorCode::kBackgroundOperationInProgressForNamespace,
                "collection " + database_ + "." + name_ + " keeps being changed by others");
}

Result<CommitNumber> Collection::Rename(std::string_view database, std::string_view name,
                                        const RenameOptions& options) {
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  if (collection != nullptr) CAIRN_TRY(CheckIsCollection(*collection));
  if (options.target_uuid.has_value() && database != database_) {
    return Status(ErrorCode::kInvalidOptions,
                  "a target's UUID can only be given within one database");
  }
  store::Rename rename;
  rename.database = database;
  rename.name = name;
  rename.drop_target = options.drop_target || options.target_uuid.has_value();
  rename.target_uuid = options.target_uuid;
  return engine_->store().RenameCollection(database_, name_, rename);
}

Result<CommitNumber> Collection::CloneAsCapped(std::string_view target, int64_t size) {
  store::DocumentStore& store = engine_->store();
  CAIRN_TRY(catalog::CheckWritableCollectionName(database_, target));
  const store::CollectionPtr source = store.FindCollection(database_, name_);
  if (source == nullptr) return NoSuchCollection(database_, name_);
  CAIRN_TRY(CheckIsCollection(*source));
  CAIRN_TRY_ASSIGN(const int64_t bytes, CappedSize(size));
  CommitNumber commit = 0;
  CAIRN_TRY_ASSIGN(const store::CollectionPtr copy,
                   store.CreateCollection(database_, target, catalog::Layout::kByRecord,
                                          CappedOptions(bytes, false), &commit));
  CAIRN_TRY(CopyDocuments(&store, *source, copy));
  return store.kv().visible();
}

Result<CommitNumber> Collection::ConvertToCapped(int64_t size) {
  store::DocumentStore& store = engine_->store();
  const store::CollectionPtr source = store.FindCollection(database_, name_);
  if (source == nullptr) return NoSuchCollection(database_, name_);
  CAIRN_TRY(CheckIsCollection(*source));
  CAIRN_TRY_ASSIGN(const int64_t bytes, CappedSize(size));
  // A name that nobody else makes, as ids are given once; it is dropped at opening if it stays.
  const std::string temporary = "tmp" + std::to_string(source->id) + ".convertToCapped";
  CAIRN_TRY(store.DropCollection(database_, temporary).status());
  CAIRN_TRY_ASSIGN(const store::CollectionPtr copy,
                   store.CreateCollection(database_, temporary, catalog::Layout::kByRecord,
                                          CappedOptions(bytes, true), nullptr));
  store::Rename rename;
  rename.database = database_;
  rename.name = name_;
  rename.drop_target = true;
  rename.target_uuid = source->uuid;
  rename.options = CappedOptions(bytes, false);
  rename.fill = [&](const catalog::Collection& replaced) {
    return CopyDocuments(&store, replaced, copy);
  };
  Result<CommitNumber> renamed = store.RenameCollection(database_, temporary, rename);
  if (!renamed.ok()) store.DropCollection(database_, temporary).status().PermitUncheckedError();
  return renamed;
}

}  // namespace cairn
