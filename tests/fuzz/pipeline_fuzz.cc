// SPDX-License-Identifier: Apache-2.0
// Pipelines: {"p": [stages], "c": [documents]}, run over the documents in a store in memory. They
// end, what they give is valid BSON, and stages that are kept from being moved give the same.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cairn/database.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace cairn;

constexpr int64_t kTimeMs = 1000;
/// Rows of one pipeline that are looked at.
constexpr size_t kRowsMax = 10'000;

/// Closed at the end, before what RocksDB keeps for the process goes away.
Database& Store() {
  static const std::unique_ptr<Database> kStore = [] {
    OpenOptions options;
    options.in_memory = true;
    options.ttl_interval_ms = 0;
    return Database::Open("", options).value();
  }();
  return *kStore;
}

/// The documents, in byte order; false when it ends with an error or with too many.
bool Run(const Collection& collection, bson::View stages, std::vector<std::string>* rows) {
  AggregateOptions options;
  options.max_time_ms = kTimeMs;
  auto cursor = collection.Aggregate(stages, options);
  if (!cursor.ok()) return false;
  for (;;) {
    const auto more = cursor->Next();
    if (!more.ok() || rows->size() > kRowsMax) return false;
    if (!*more) break;
    rows->emplace_back(cursor->document().bytes());
    fuzz::Require(bson::Validate(rows->back(), {.bytes_max = INT32_MAX}).ok());
  }
  std::ranges::sort(*rows);
  return true;
}

/// Stages whose rows depend on nothing but the rows before them, whatever their order.
bool Comparable(bson::View stages) {
  constexpr std::string_view kPlain[] = {"$addFields", "$bucket", "$lookup",      "$match",
                                         "$project",   "$redact", "$replaceRoot", "$replaceWith",
                                         "$set",       "$unset",  "$unwind"};
  for (const bson::Element& stage : stages) {
    if (stage.value.type() != bson::Type::kDocument) return false;
    const bson::View view = stage.value.AsView();
    if (view.empty() || std::ranges::find(kPlain, view.begin()->name) == std::end(kPlain)) {
      return false;
    }
  }
  return true;
}

bool HasText(bson::View view, std::string_view text) {
  return view.bytes().find(text) != std::string_view::npos;
}

/// The same stages, nothing of which can be moved past another or read less.
bson::Document Apart(bson::View stages) {
  bson::Builder builder;
  builder.OpenArray("p");
  for (const bson::Element& stage : stages) {
    builder.OpenDocument(builder.NextIndex()).AppendInt64("$limit", INT64_MAX).Close();
    builder.Append(builder.NextIndex(), stage.value);
  }
  builder.Close();
  return builder.Finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = fuzz::ParseInput(data, size);
  if (!input || (*input)["p"].type() != bson::Type::kArray) return 0;
  const bson::View stages = (*input)["p"].AsView();
  Collection collection = Store().GetCollection("fuzz", "c").value();
  InsertOptions relaxed;
  relaxed.durability = Durability::kRelaxed;
  relaxed.ordered = false;
  std::vector<bson::View> documents;
  if ((*input)["c"].type() == bson::Type::kArray) {
    for (const bson::Element& element : (*input)["c"].AsView()) {
      if (element.value.type() == bson::Type::kDocument) {
        documents.push_back(element.value.AsView());
      }
    }
  }
  collection.InsertMany(documents, relaxed).status().PermitUncheckedError();
  std::vector<std::string> rows;
  const bool ended = Run(collection, stages, &rows);
  if (ended && Comparable(stages) && !fuzz::HasName(stages, "$rand") &&
      !fuzz::HasName(stages, "$createObjectId") && !HasText(stages, "$$NOW")) {
    std::vector<std::string> same;
    const bson::Document apart = Apart(stages);
    if (Run(collection, apart["p"].AsView(), &same)) fuzz::Require(rows == same);
  }
  for (const std::string& name : Store().ListDatabases()) {
    Store().DropDatabase(name).status().PermitUncheckedError();
  }
  return 0;
}
