// SPDX-License-Identifier: Apache-2.0
// Collection: inserts. Several documents share a commit; one that fails is left out of it.
#include <algorithm>
#include <utility>
#include <vector>

#include "cairn/collection.h"
#include "engine/base/deadline.h"
#include "engine/base/try.h"
#include "query/engine.h"

namespace cairn {
namespace {

constexpr size_t kBatchDocumentsMax = 256;
constexpr size_t kBatchBytesMax = size_t{4} << 20;

Status InsertChecked(Engine* engine, store::WriteTransaction& transaction, bson::View document,
                     bool bypass_validation) {
  if (!bypass_validation) {
    CAIRN_TRY(engine->validators().Check(transaction.collection(), nullptr, document));
  }
  return transaction.Insert(document);
}

// The documents of one InsertMany on their way.
class BatchInserter {
 public:
  BatchInserter(Engine* engine, const Collection& collection, std::span<const bson::View> documents,
                const InsertOptions& options)
      : engine_(engine),
        collection_(collection),
        documents_(documents),
        ordered_(options.ordered),
        bypass_validation_(options.bypass_validation) {}

  Result<InsertManyResult> Run() {
    while (next_ < documents_.size() && !stopped_) {
      CAIRN_TRY(base::Deadline::CheckRunning());
      PrepareBatch();
      for (size_t begin = 0; begin < batch_.size() && !stopped_;) {
        CAIRN_TRY(Write(&begin));
      }
      // Ordered: a document that could not be prepared comes after the batch before it.
      if (refused_.has_value() && !stopped_) {
        result_.errors.push_back(std::move(*refused_));
        stopped_ = true;
      }
    }
    std::sort(result_.errors.begin(), result_.errors.end(),
              [](const WriteError& a, const WriteError& b) { return a.index < b.index; });
    return std::move(result_);
  }

 private:
  Status Insert(store::WriteTransaction& transaction, bson::View document) {
    return InsertChecked(engine_, transaction, document, bypass_validation_);
  }

  struct Prepared {
    size_t index = 0;
    bson::Document document;
  };

  void PrepareBatch() {
    batch_.clear();
    size_t bytes = 0;
    while (next_ < documents_.size() && batch_.size() < kBatchDocumentsMax &&
           bytes < kBatchBytesMax) {
      const size_t index = next_++;
      Result<bson::Document> document = store::PrepareForInsert(documents_[index]);
      if (document.ok()) {
        bytes += document->size();
        batch_.push_back({index, std::move(document).value()});
      } else if (ordered_) {
        refused_ = WriteError{index, std::move(document).status()};
        return;
      } else {
        result_.errors.push_back({index, std::move(document).status()});
      }
    }
  }

  // Commits documents of the batch from `*begin` on, and moves it behind them.
  Status Write(size_t* begin) {
    const size_t end = std::min(batch_.size(), *begin + batch_documents_max_);
    std::vector<WriteError> errors;
    size_t tried = 0;
    const Result<CommitNumber> commit = engine_->WriteCreating(
        collection_.database(), collection_.name(), [&](store::WriteTransaction& transaction) {
          errors.clear();
          for (tried = *begin; tried < end; ++tried) {
            Status status = Insert(transaction, batch_[tried].document);
            if (status.ok()) continue;
            if (!IsDocumentError(status)) return status;
            errors.push_back({batch_[tried].index, std::move(status)});
            if (!ordered_) continue;
            ++tried;
            break;
          }
          return Status::Ok();
        });
    if (!commit.ok()) return Failed(commit.status(), *begin, end);
    Merge(*begin, tried, std::move(errors));
    if (tried != *begin) result_.commit = *commit;
    *begin = tried;
    return Status::Ok();
  }

  void Merge(size_t begin, size_t end, std::vector<WriteError> errors) {
    auto error = errors.begin();
    for (size_t i = begin; i < end; ++i) {
      if (error != errors.end() && error->index == batch_[i].index) {
        ++error;
      } else {
        result_.inserted_ids.emplace_back(batch_[i].document["_id"]);
      }
    }
    stopped_ = ordered_ && !errors.empty();
    std::move(errors.begin(), errors.end(), std::back_inserter(result_.errors));
  }

  // The commit of documents [begin, end) failed as a whole.
  Status Failed(const Status& status, size_t begin, size_t end) {
    const bool splits = status.code() == ErrorCode::kTransactionTooLarge ||
                        status.code() == ErrorCode::kWriteConflict;
    if (splits && end - begin > 1) {
      batch_documents_max_ = (end - begin) / 2;
      return Status::Ok();
    }
    if (result_.inserted_ids.empty() || status.code() == ErrorCode::kCommitOutcomeUnknown) {
      return status;
    }
    // What went in before is known, and has to be told.
    result_.errors.push_back({batch_[begin].index, status});
    stopped_ = true;
    return Status::Ok();
  }

  Engine* const engine_;
  const Collection& collection_;
  const std::span<const bson::View> documents_;
  const bool ordered_;
  const bool bypass_validation_;
  size_t next_ = 0;  // In documents_: the first that has not been prepared.
  std::vector<Prepared> batch_;
  size_t batch_documents_max_ = kBatchDocumentsMax;
  std::optional<WriteError> refused_;
  bool stopped_ = false;
  InsertManyResult result_;
};

}  // namespace

Result<InsertOneResult> Collection::InsertOne(bson::View document, const InsertOptions& options) {
  bson::Document rebuilt;
  CAIRN_TRY_ASSIGN(const bson::View prepared, store::PrepareForInsert(document, &rebuilt));
  CAIRN_TRY_ASSIGN(
      const CommitNumber commit,
      engine_->WriteCreating(database_, name_, [&](store::WriteTransaction& transaction) {
        return InsertChecked(engine_, transaction, prepared, options.bypass_validation);
      }));
  CAIRN_TRY(engine_->Settle(options, commit));
  return InsertOneResult{bson::OwnedValue(prepared["_id"]), commit};
}

Result<InsertManyResult> Collection::InsertMany(std::span<const bson::View> documents,
                                                const InsertOptions& options) {
  CAIRN_TRY_ASSIGN(InsertManyResult result,
                   BatchInserter(engine_, *this, documents, options).Run());
  CAIRN_TRY(engine_->Settle(options, result.commit));
  return result;
}

}  // namespace cairn
