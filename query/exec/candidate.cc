// SPDX-License-Identifier: Apache-2.0
#include "query/exec/candidate.h"

#include <algorithm>
#include <utility>

#include "engine/base/try.h"
#include "query/exec/collection_scan.h"
#include "query/exec/document_fetch.h"
#include "query/exec/entry_union.h"
#include "query/exec/id_order.h"
#include "query/exec/id_points.h"
#include "query/exec/key_documents.h"
#include "query/exec/sorter.h"
#include "query/exec/timed.h"
#include "query/plan/index_scan.h"

namespace cairn::exec {
namespace {

// How many rows a sort has to keep; 0: all.
uint64_t RowsToSort(const Query& query) {
  if (query.limit == 0) return 0;
  const uint64_t rows = query.skip + query.limit;
  return rows < query.limit ? 0 : rows;
}

size_t RowsWanted(const Query& query) {
  const uint64_t rows = RowsToSort(query);
  return rows == 0 ? Candidate::kTrialRows : std::min<uint64_t>(rows, Candidate::kTrialRows);
}

void Add(const EntrySource* entries, uint64_t* keys) {
  if (entries == nullptr) return;
  *keys += entries->statistics().keys_examined;
  for (size_t i = 0; entries->input(i) != nullptr; ++i) Add(entries->input(i), keys);
}

}  // namespace

Candidate::Candidate(const Environment& environment, store::CollectionPtr collection,
                     const Query* query, plan::Plan plan)
    : context_(environment, std::move(collection), query->deadline, query->explain),
      query_(query),
      plan_(std::move(plan)),
      source_(MakeSource(environment.clock->Random())),
      rows_wanted_(RowsWanted(*query)) {}

std::unique_ptr<Source> Candidate::MakeAccess(uint64_t seed) {
  const plan::Node& access = plan_.access;
  switch (access.stage) {
    case plan::Stage::kNothing:
      return nullptr;
    case plan::Stage::kIdPoints: {
      std::vector<std::string> points = access.points;
      if (access.reverse) std::reverse(points.begin(), points.end());
      return std::make_unique<IdPoints>(&context_, &query_->filter, std::move(points));
    }
    case plan::Stage::kCollectionScan: {
      std::unique_ptr<Source> scan = std::make_unique<CollectionScan>(
          &context_, &query_->filter, access.ids, access.reverse, query_->tailable);
      if (!plan_.ordered_by_id) return scan;
      return std::make_unique<IdOrder>(WithTimes(context_, std::move(scan)), &query_->sort);
    }
    case plan::Stage::kIndexScan:
    case plan::Stage::kOr:
    case plan::Stage::kSortMerge:
      break;
  }
  std::unique_ptr<EntrySource> entries = MakeEntrySource(&context_, &access);
  if (access.stage == plan::Stage::kIndexScan) walk_ = entries.get();
  switch (plan_.reading) {
    case plan::Reading::kKeys:
      return std::make_unique<KeyDocuments>(&context_, &query_->filter, &access.scan,
                                            std::move(entries), plan_.may_repeat, seed);
    case plan::Reading::kCount:
      return std::make_unique<EntryCount>(&context_, std::move(entries), seed);
    case plan::Reading::kDocuments:
      break;
  }
  std::unique_ptr<Source> fetch = std::make_unique<DocumentFetch>(
      &context_, &query_->filter, std::move(entries), plan_.may_repeat, RowsToFetch(), seed);
  const bool by_id = plan::IsOrderedById(access.scan) ||
                     std::ranges::any_of(access.children, [](const plan::Node& child) {
                       return plan::IsOrderedById(child.scan);
                     });
  if (plan_.needs_sort || !by_id) return fetch;
  return std::make_unique<IdOrder>(WithTimes(context_, std::move(fetch)), &query_->sort);
}

uint64_t Candidate::RowsToFetch() const {
  const bool exact = plan_.exact || plan_.nearly_exact;
  return exact && !plan_.needs_sort ? RowsToSort(*query_) : 0;
}

std::unique_ptr<Source> Candidate::MakeSource(uint64_t seed) {
  std::unique_ptr<Source> source = WithTimes(context_, MakeAccess(seed));
  if (source == nullptr || !plan_.needs_sort) return source;
  const std::string_view directory = context_.environment().temporary_directory;
  return WithTimes(context_,
                   std::make_unique<Sorter>(&context_, std::move(source), &query_->sort,
                                            query_->filter.collator(), RowsToSort(*query_),
                                            std::string(query_->allow_disk_use ? directory : "")));
}

Status Candidate::Work(int64_t works) {
  if (source_ == nullptr) ended_ = true;
  if (Done()) return Status::Ok();
  context_.SetBudget(works);
  Status status;
  while (!Done()) {
    Result<bool> more = source_->Next();
    if (!more.ok()) {
      if (more.status().code() != ErrorCode::kTrialOver) {
        failed_ = true;
        status = std::move(more).status();
      }
      break;
    }
    if (!*more) {
      ended_ = true;
      break;
    }
    const Row& row = source_->row();
    const bool has_document = plan_.reading != plan::Reading::kCount;
    found_.push_back({has_document ? std::string(row.document.bytes()) : std::string(),
                      std::string(row.suffix)});
  }
  return status;
}

uint64_t Candidate::keys_examined() const {
  uint64_t keys = 0;
  for (const Source* at = source_.get(); at != nullptr; at = at->source()) {
    keys += at->statistics().keys_examined;
    Add(at->entries(), &keys);
  }
  return keys;
}

uint64_t Candidate::docs_examined() const {
  uint64_t docs = 0;
  for (const Source* at = source_.get(); at != nullptr; at = at->source()) {
    docs += at->statistics().docs_examined;
  }
  return docs;
}

bool Candidate::Finished() const {
  const uint64_t wanted = RowsToSort(*query_);
  return ended_ || (wanted != 0 && found_.size() >= wanted);
}

double Candidate::Score() const {
  const double works = static_cast<double>(std::max<uint64_t>(this->works(), 1));
  const double epsilon = std::min(1.0 / (10 * works), 1e-4);
  double score = 1 + static_cast<double>(found_.size()) / works;
  if (plan_.reading != plan::Reading::kDocuments) score += epsilon;
  if (!plan_.needs_sort) score += epsilon;
  if (Finished()) score += 1;
  return score;
}

Result<bool> Candidate::Next() {
  if (!found_.empty()) {
    current_ = std::move(found_.front());
    found_.pop_front();
    if (!current_.document.empty()) row_.document = bson::View(current_.document.data());
    row_.suffix = current_.suffix;
    return true;
  }
  if (ended_ || source_ == nullptr) return false;
  CAIRN_TRY_ASSIGN(const bool more, source_->Next());
  if (!more) {
    ended_ = !query_->tailable;
    return false;
  }
  row_ = source_->row();
  live_ = true;
  return true;
}

void Candidate::Pause() {
  if (source_ != nullptr && !ended_) source_->Pause();
  live_ = false;
  context_.ReleaseSnapshot();
}

}  // namespace cairn::exec
