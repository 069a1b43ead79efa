// SPDX-License-Identifier: Apache-2.0
#include "query/mutation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/deadline.h"
#include "engine/base/try.h"
#include "engine/key/encoding.h"
#include "query/plan/planner.h"

namespace cairn {
namespace {

constexpr size_t kBatchDocumentsMax = 256;
constexpr size_t kBatchBytesMax = size_t{4} << 20;
// Searches for the first match in an order whose finds were changed by others.
constexpr int kOrderedAttemptsMax = 64;

}  // namespace

Result<MutationCounts> Mutator::Run(const store::CollectionPtr& collection,
                                    const Selection& selection) {
  counts_ = {};
  dropped_ = false;
  if (collection == nullptr) return counts_;
  CAIRN_TRY(CheckIsCollection(*collection));
  const bson::Value id = plan::PointFilter(filter_->source(), filter_->collator().get());
  const bool is_point = !id.missing() && collection->layout == catalog::Layout::kById &&
                        selection.hint.missing() && selection.sort.empty();
  if (is_point) {
    const std::string suffix = key::EncodeId(id);
    CAIRN_TRY(Process(collection, {&suffix, 1}));
  } else if (selection.multi || selection.sort.empty()) {
    CAIRN_TRY(RunOverScan(collection, selection));
  } else {
    CAIRN_TRY(RunOnFirstInOrder(collection, selection));
  }
  return counts_;
}

Result<std::unique_ptr<exec::Execution>> Mutator::Search(const store::CollectionPtr& collection,
                                                         const Selection& selection) const {
  CAIRN_TRY_ASSIGN(match::Matcher filter,
                   match::Matcher::Parse(filter_->source(), *selection.globals));
  CAIRN_TRY_ASSIGN(plan::SortPattern sort, plan::SortPattern::Parse(selection.sort));
  const uint64_t limit = selection.sort.empty() ? 0 : 1;
  exec::Query query{.filter = std::move(filter), .sort = std::move(sort)};
  query.limit = limit;
  query.max_time_ms = selection.max_time_ms;
  query.hint = selection.hint;
  query.sort_source = bson::Document(selection.sort);
  return exec::Execution::Open(engine_->environment(), collection, std::move(query));
}

bool Mutator::IsDropped(const store::CollectionPtr& collection, const Status& status) const {
  return status.code() == ErrorCode::kQueryPlanKilled &&
         engine_->store().FindCollectionById(collection->id) == nullptr;
}

Status Mutator::RunOverScan(const store::CollectionPtr& collection, const Selection& selection) {
  CAIRN_TRY_ASSIGN(const auto execution, Search(collection, selection));
  const size_t batch_max = selection.multi ? kBatchDocumentsMax : 1;
  std::vector<std::string> batch;
  while (!dropped_) {
    batch.clear();
    while (batch.size() < batch_max) {
      Result<bool> more = execution->Next();
      if (!more.ok() && IsDropped(collection, more.status())) return Status::Ok();
      CAIRN_TRY_ASSIGN(const bool found, std::move(more));
      if (!found) break;
      batch.emplace_back(execution->suffix());
    }
    if (batch.empty()) break;
    CAIRN_TRY(Process(collection, batch));
    if (!selection.multi && counts_.matched != 0) break;
  }
  return Status::Ok();
}

// A document that no longer matches when its turn comes makes the order start anew.
Status Mutator::RunOnFirstInOrder(const store::CollectionPtr& collection,
                                  const Selection& selection) {
  for (int attempt = 0; attempt < kOrderedAttemptsMax && !dropped_; ++attempt) {
    CAIRN_TRY_ASSIGN(const auto execution, Search(collection, selection));
    Result<bool> more = execution->Next();
    if (!more.ok() && IsDropped(collection, more.status())) return Status::Ok();
    CAIRN_TRY_ASSIGN(const bool found, std::move(more));
    if (!found) return Status::Ok();
    const std::string suffix(execution->suffix());
    execution->Pause();
    CAIRN_TRY(Process(collection, {&suffix, 1}));
    if (counts_.matched != 0) return Status::Ok();
  }
  if (dropped_) return Status::Ok();
  return Status(ErrorCode::kWriteConflict, "the first match changed again and again");
}

Status Mutator::Process(const store::CollectionPtr& collection,
                        std::span<const std::string> suffixes) {
  size_t at_once = suffixes.size();
  while (!suffixes.empty() && !dropped_) {
    size_t done = 0;
    const size_t wanted = std::min(at_once, suffixes.size());
    Status status = ProcessOnce(collection, suffixes.first(wanted), &done);
    const bool splits = status.code() == ErrorCode::kTransactionTooLarge ||
                        status.code() == ErrorCode::kWriteConflict;
    if (splits && wanted > 1) {
      at_once = wanted / 2;
      continue;
    }
    CAIRN_TRY(std::move(status));
    suffixes = suffixes.subspan(done);
  }
  return Status::Ok();
}

Status Mutator::ProcessOnce(const store::CollectionPtr& collection,
                            std::span<const std::string> suffixes, size_t* done) {
  MutationCounts counts;
  Status failure;  // Of the document at *done; those before it are committed.
  const bool needs_details = mutation_->NeedsDetails();
  const auto change = [&](store::WriteTransaction& transaction, std::string_view suffix) {
    bson::View before;
    CAIRN_TRY_ASSIGN(const bool exists, transaction.ReadForUpdate(suffix, &before));
    if (!exists) return Status::Ok();
    match::MatchDetails details;
    CAIRN_TRY_ASSIGN(const bool matches,
                     filter_->Matches(before, needs_details ? &details : nullptr));
    if (!matches) return Status::Ok();
    bool changed = false;
    CAIRN_TRY(mutation_->Apply(transaction, suffix, before, details, &changed));
    ++counts.matched;
    counts.changed += changed ? 1 : 0;
    return Status::Ok();
  };
  Result<CommitNumber> commit =
      engine_->store().Write(collection, [&](store::WriteTransaction& transaction) {
        counts = {};
        failure = Status::Ok();
        for (*done = 0; *done < suffixes.size(); ++*done) {
          CAIRN_TRY(base::Deadline::CheckRunning());
          if (transaction.write_bytes() > kBatchBytesMax) break;
          Status status = change(transaction, suffixes[*done]);
          if (status.ok()) continue;
          if (!IsDocumentError(status)) return status;
          failure = std::move(status);
          break;
        }
        return Status::Ok();
      });
  if (!commit.ok() && commit.status().code() == ErrorCode::kNamespaceNotFound) {
    dropped_ = true;
    return Status::Ok();
  }
  CAIRN_TRY(commit.status());
  counts_.matched += counts.matched;
  counts_.changed += counts.changed;
  if (counts.matched != 0) counts_.commit = *commit;
  return failure;
}

}  // namespace cairn
