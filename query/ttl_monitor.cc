// SPDX-License-Identifier: Apache-2.0
#include "query/ttl_monitor.h"

#include <chrono>
#include <string>
#include <utility>

#include "cairn/collection.h"
#include "engine/index/options.h"

namespace cairn {
namespace {

// Documents that have expired: {field: {$lt: date}}, and in a partial index those that it takes.
bson::Document Expired(const catalog::IndexSpec& index, int64_t before_ms) {
  bson::Builder out;
  const bson::Value partial = index.options["partialFilterExpression"];
  if (partial.type() == bson::Type::kDocument) {
    out.OpenArray("$and");
    out.AppendDocument(out.NextIndex(), partial.AsView());
    out.Close();
  }
  out.OpenDocument(index.key_pattern.view().begin()->name);
  out.AppendDate("$lt", before_ms);
  out.Close();
  return out.Finish();
}

// The same, of those with these ids.
bson::Document Among(bson::View expired, bson::View ids) {
  bson::Builder out;
  out.AppendAll(expired);
  out.OpenDocument("_id").AppendArray("$in", ids).Close();
  return out.Finish();
}

}  // namespace

TtlMonitor::TtlMonitor(Engine* engine, int64_t interval_ms) : engine_(engine) {
  if (interval_ms > 0) thread_ = std::thread([this, interval_ms] { Run(interval_ms); });
}

TtlMonitor::~TtlMonitor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool TtlMonitor::Sleep(int64_t ms) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
}

void TtlMonitor::Run(int64_t interval_ms) {
  while (Sleep(interval_ms)) RunPass(base::Clock::System()->WallMs());
}

int64_t TtlMonitor::RunPass(int64_t now_ms) {
  int64_t deleted = 0;
  if (!engine_->store().kv().write_state().ok()) return deleted;
  for (const store::CollectionPtr& collection : engine_->store().ListCollections({})) {
    for (const catalog::IndexSpec& index : collection->indexes) {
      if (index.ready && index::ExpireAfterSeconds(index).has_value()) {
        deleted += Expire(*collection, index, now_ms);
      }
    }
  }
  return deleted;
}

int64_t TtlMonitor::Expire(const catalog::Collection& collection, const catalog::IndexSpec& index,
                           int64_t now_ms) {
  const bson::Document expired = Expired(index, now_ms - *index::ExpireAfterSeconds(index) * 1000);
  Collection target(engine_, collection.database, collection.name);
  FindOptions options;
  options.projection = bson::Builder().AppendInt32("_id", 1).Finish();
  options.limit = kBatchDocuments;
  DeleteOptions deletion;
  deletion.durability = Durability::kRelaxed;
  int64_t deleted = 0;
  while (deleted < kDeletesPerPassMax) {
    Result<Cursor> cursor = target.Find(expired, options);
    if (!cursor.ok()) break;
    bson::Builder ids;
    int found = 0;
    for (Result<bool> more = cursor->Next(); more.ok() && *more; more = cursor->Next()) {
      ids.Append(ids.NextIndex(), cursor->document()["_id"]);
      ++found;
    }
    if (found == 0) break;
    const Result<DeleteResult> result = target.DeleteMany(Among(expired, ids.Finish()), deletion);
    if (!result.ok() || result->deleted == 0) break;
    deleted += result->deleted;
    if (found < kBatchDocuments || !Sleep(kPauseMs)) break;
  }
  return deleted;
}

}  // namespace cairn
