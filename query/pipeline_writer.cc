// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline_writer.h"

#include <string>
#include <vector>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "engine/catalog/names.h"

namespace cairn {
namespace {

// Single writes are not waited for: Settle does that once.
constexpr Durability kEach = Durability::kRelaxed;

// Documents of one commit.
constexpr size_t kBatchBytes = size_t{4} << 20;

// What expressions make may be deeper than what can be stored and sent.
Status CheckDepth(bson::View document) {
  bson::ValidateLimits limits;
  limits.bytes_max = INT32_MAX;  // Size has an error of its own.
  return bson::Validate(document.bytes(), limits);
}

// A collection with the options and indexes of its target, in whose place it is put at the end. If
// that does not come it is dropped: here, or when the store is opened again.
class TemporaryCollection final : public pipeline::Replacement {
 public:
  /// Borrows `engine`; `*commit` becomes the number of the last commit.
  TemporaryCollection(Engine* engine, std::string_view database, std::string_view target,
                      bool bypass_validation, CommitNumber* commit)
      : engine_(engine),
        database_(database),
        target_(target),
        bypass_validation_(bypass_validation),
        commit_(commit) {}
  ~TemporaryCollection() override {
    if (temporary_ == nullptr) return;
    engine_->store().DropCollection(database_, temporary_->name).status().PermitUncheckedError();
  }

  Status Create();
  Status Add(bson::View document) override;
  bool Due() const override { return batch_bytes_ >= kBatchBytes; }
  Status Write() override;
  Status Finish() override;

 private:
  Status CopyIndexes(const catalog::Collection& from);

  Engine* const engine_;
  const std::string database_;
  const std::string target_;
  const bool bypass_validation_;
  CommitNumber* const commit_;
  bson::Document options_;          // Of the target.
  store::CollectionPtr temporary_;  // Null: there is none, or none any more.
  std::vector<bson::Document> batch_;
  size_t batch_bytes_ = 0;
};

Status TemporaryCollection::Create() {
  CAIRN_TRY(catalog::CheckWritableCollectionName(database_, target_));
  store::DocumentStore& store = engine_->store();
  const store::CollectionPtr target = store.FindCollection(database_, target_);
  if (target != nullptr) {
    CAIRN_TRY(CheckIsCollection(*target));
    if (target->capped) {
      return Status(ErrorCode::kIllegalOperation, "namespace '" + target->Namespace() +
                                                      "' is capped so it can't be used for $out");
    }
    options_ = target->options;
  }
  bson::Builder options;
  options.AppendAll(options_).AppendBool("temp", true);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string name = "tmp.agg_out.";
  uint64_t random = engine_->environment().clock->Random();
  for (int i = 0; i < 16; ++i, random >>= 4) name.push_back(kDigits[random & 15]);
  CAIRN_TRY_ASSIGN(temporary_, store.CreateCollection(database_, name, catalog::Layout::kById,
                                                      options.Finish(), nullptr));
  return target == nullptr ? Status::Ok() : CopyIndexes(*target);
}

Status TemporaryCollection::CopyIndexes(const catalog::Collection& from) {
  std::vector<store::IndexDefinition> indexes;
  for (const catalog::IndexSpec& index : from.indexes) {
    indexes.push_back({index.name, index.key_pattern, index.unique, index.options});
  }
  if (indexes.empty()) return Status::Ok();
  CAIRN_TRY(engine_->store().CreateIndexes(database_, temporary_->name, indexes).status());
  temporary_ = engine_->store().FindCollection(database_, temporary_->name);
  if (temporary_ != nullptr) return Status::Ok();
  return Status(ErrorCode::kOperationFailed, "the temporary collection of $out was dropped");
}

Status TemporaryCollection::Add(bson::View document) {
  CAIRN_TRY(CheckDepth(document));
  CAIRN_TRY_ASSIGN(bson::Document prepared, store::PrepareForInsert(document));
  batch_bytes_ += prepared.size();
  batch_.push_back(std::move(prepared));
  return Status::Ok();
}

Status TemporaryCollection::Write() {
  if (batch_.empty()) return Status::Ok();
  CAIRN_TRY(engine_->store()
                .Write(temporary_,
                       [this](store::WriteTransaction& transaction) -> Status {
                         for (const bson::Document& document : batch_) {
                           if (!bypass_validation_) {
                             CAIRN_TRY(engine_->validators().Check(transaction.collection(),
                                                                   nullptr, document));
                           }
                           CAIRN_TRY(transaction.Insert(document));
                         }
                         return Status::Ok();
                       })
                .status());
  batch_.clear();
  batch_bytes_ = 0;
  return Status::Ok();
}

Status TemporaryCollection::Finish() {
  CAIRN_TRY(Write());
  store::Rename rename;
  rename.database = database_;
  rename.name = target_;
  rename.drop_target = true;
  rename.options = options_;
  CAIRN_TRY_ASSIGN(*commit_,
                   engine_->store().RenameCollection(database_, temporary_->name, rename));
  temporary_ = nullptr;
  return Status::Ok();
}

}  // namespace

Status PipelineWriter::Insert(std::string_view database, std::string_view collection,
                              bson::View document) {
  CAIRN_TRY(CheckDepth(document));
  InsertOptions options;
  options.durability = kEach;
  options.bypass_validation = bypass_validation_;
  CAIRN_TRY_ASSIGN(const InsertOneResult result,
                   Collection(engine_, database, collection).InsertOne(document, options));
  commit_ = result.commit;
  return Status::Ok();
}

Result<bool> PipelineWriter::Replace(std::string_view database, std::string_view collection,
                                     bson::View filter, bson::View replacement) {
  CAIRN_TRY(CheckDepth(replacement));
  UpdateOptions options;
  options.durability = kEach;
  options.bypass_validation = bypass_validation_;
  CAIRN_TRY_ASSIGN(
      const UpdateResult result,
      Collection(engine_, database, collection).ReplaceOne(filter, replacement, options));
  if (result.commit != 0) commit_ = result.commit;
  return result.matched > 0;
}

Result<bool> PipelineWriter::Transform(std::string_view database, std::string_view collection,
                                       bson::View filter, bson::View stages, bson::View let) {
  UpdateOptions options;
  options.durability = kEach;
  options.bypass_validation = bypass_validation_;
  options.pipeline = true;
  bson::Builder variables;
  for (const bson::Element& variable : let) {
    variables.OpenDocument(variable.name).Append("$literal", variable.value);
    variables.Close();
  }
  options.let = variables.Finish();
  CAIRN_TRY_ASSIGN(const UpdateResult result,
                   Collection(engine_, database, collection).UpdateOne(filter, stages, options));
  if (result.commit != 0) commit_ = result.commit;
  return result.matched > 0;
}

Result<bool> PipelineWriter::Exists(std::string_view database, std::string_view collection,
                                    bson::View filter) {
  bson::Document found;
  return Collection(engine_, database, collection).FindOne(filter, &found);
}

Result<std::unique_ptr<pipeline::Replacement>> PipelineWriter::BeginReplacement(
    std::string_view database, std::string_view collection) {
  auto replacement = std::make_unique<TemporaryCollection>(engine_, database, collection,
                                                           bypass_validation_, &commit_);
  CAIRN_TRY(replacement->Create());
  return std::unique_ptr<pipeline::Replacement>(std::move(replacement));
}

Status PipelineWriter::Settle() { return engine_->Settle(WriteOptions{}, commit_); }

}  // namespace cairn
