// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline_writer.h"

#include <string>
#include <vector>

#include "cairn/collection.h"
#include "engine/base/try.h"

namespace cairn {
namespace {

// Single writes are not waited for: Settle does that once.
constexpr Durability kEach = Durability::kRelaxed;

Result<std::vector<std::string>> AllSuffixes(store::DocumentStore& store,
                                             const catalog::Collection& collection) {
  std::vector<std::string> suffixes;
  const auto snapshot = store.NewSnapshot();
  const auto scan = store.ScanDocuments(*snapshot, collection, {}, {});
  while (scan->Next()) suffixes.emplace_back(scan->suffix());
  CAIRN_TRY(scan->status());
  return suffixes;
}

}  // namespace

Status PipelineWriter::Insert(std::string_view database, std::string_view collection,
                              bson::View document) {
  InsertOptions options;
  options.durability = kEach;
  CAIRN_TRY_ASSIGN(const InsertOneResult result,
                   Collection(engine_, database, collection).InsertOne(document, options));
  commit_ = result.commit;
  return Status::Ok();
}

Result<bool> PipelineWriter::Replace(std::string_view database, std::string_view collection,
                                     bson::View filter, bson::View replacement) {
  UpdateOptions options;
  options.durability = kEach;
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

Status PipelineWriter::ReplaceAll(std::string_view database, std::string_view collection,
                                  std::span<const bson::Document> documents) {
  const bool existed = engine_->store().FindCollection(database, collection) != nullptr;
  auto commit = engine_->WriteCreating(
      database, collection, [&](store::WriteTransaction& transaction) -> Status {
        CAIRN_TRY_ASSIGN(const auto suffixes,
                         AllSuffixes(engine_->store(), transaction.collection()));
        for (const std::string& suffix : suffixes) {
          bson::View before;
          CAIRN_TRY_ASSIGN(const bool exists, transaction.ReadForUpdate(suffix, &before));
          if (!exists) continue;
          const bson::Document copy(before);
          CAIRN_TRY(transaction.Delete(suffix, copy));
        }
        for (const bson::Document& document : documents) {
          CAIRN_TRY_ASSIGN(const bson::Document prepared, store::PrepareForInsert(document));
          CAIRN_TRY(transaction.Insert(prepared));
        }
        return Status::Ok();
      });
  if (!commit.ok()) {
    // Nothing was there before, so nothing stays.
    if (!existed) CAIRN_TRY(engine_->store().DropCollection(database, collection).status());
    return std::move(commit).status();
  }
  commit_ = *commit;
  return Status::Ok();
}

Status PipelineWriter::Settle() { return engine_->Settle(WriteOptions{}, commit_); }

}  // namespace cairn
