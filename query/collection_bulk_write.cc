// SPDX-License-Identifier: Apache-2.0
// Collection: several writes in one call.
#include <utility>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "query/engine.h"

namespace cairn {
namespace {

class BulkWriter {
 public:
  BulkWriter(Collection* collection, const BulkWriteOptions& options)
      : collection_(collection), options_(options) {}

  /// The error of the one write; what it did is in the result.
  Status Write(size_t index, const WriteModel& model) {
    switch (model.kind) {
      case WriteModel::Kind::kInsertOne:
        return Insert(model);
      case WriteModel::Kind::kUpdateOne:
        return Note(index, collection_->UpdateOne(model.filter, model.document, Options(model)));
      case WriteModel::Kind::kUpdateMany:
        return Note(index, collection_->UpdateMany(model.filter, model.document, Options(model)));
      case WriteModel::Kind::kReplaceOne:
        return Note(index, collection_->ReplaceOne(model.filter, model.document, Options(model)));
      case WriteModel::Kind::kDeleteOne:
        return Note(collection_->DeleteOne(model.filter, DeleteOptionsOf(model)));
      case WriteModel::Kind::kDeleteMany:
        return Note(collection_->DeleteMany(model.filter, DeleteOptionsOf(model)));
    }
    return Status::Ok();
  }

  BulkWriteResult& result() { return result_; }

 private:
  // Single writes do not wait: the whole does, at its end.
  UpdateOptions Options(const WriteModel& model) const {
    UpdateOptions options = model.options;
    options.durability = Durability::kRelaxed;
    options.bypass_validation = options.bypass_validation || options_.bypass_validation;
    return options;
  }
  DeleteOptions DeleteOptionsOf(const WriteModel& model) const {
    DeleteOptions options;
    options.durability = Durability::kRelaxed;
    options.hint = model.options.hint;
    options.max_time_ms = model.options.max_time_ms;
    options.let = model.options.let;
    options.collation = model.options.collation;
    return options;
  }

  Status Insert(const WriteModel& model) {
    InsertOptions options;
    options.durability = Durability::kRelaxed;
    options.bypass_validation = options_.bypass_validation || model.options.bypass_validation;
    CAIRN_TRY_ASSIGN(const InsertOneResult inserted,
                     collection_->InsertOne(model.document, options));
    ++result_.inserted;
    result_.commit = inserted.commit;
    return Status::Ok();
  }
  Status Note(size_t index, Result<UpdateResult> updated) {
    CAIRN_TRY(updated.status());
    result_.matched += updated->matched;
    result_.modified += updated->modified;
    if (!updated->upserted_id.missing()) {
      result_.upserted_ids.emplace_back(index, std::move(updated->upserted_id));
    }
    if (updated->commit != 0) result_.commit = updated->commit;
    return Status::Ok();
  }
  Status Note(Result<DeleteResult> deleted) {
    CAIRN_TRY(deleted.status());
    result_.deleted += deleted->deleted;
    if (deleted->commit != 0) result_.commit = deleted->commit;
    return Status::Ok();
  }

  Collection* const collection_;
  const BulkWriteOptions& options_;
  BulkWriteResult result_;
};

}  // namespace

Result<BulkWriteResult> Collection::BulkWrite(std::span<const WriteModel> writes,
                                              const BulkWriteOptions& options) {
  BulkWriter writer(this, options);
  for (size_t i = 0; i < writes.size(); ++i) {
    Status status = writer.Write(i, writes[i]);
    if (status.ok()) continue;
    if (!IsDocumentError(status)) return status;
    writer.result().errors.push_back({i, std::move(status)});
    if (options.ordered) break;
  }
  CAIRN_TRY(engine_->Settle(options, writer.result().commit));
  return std::move(writer.result());
}

}  // namespace cairn
