// SPDX-License-Identifier: Apache-2.0
#include "query/exec/execution.h"

#include <algorithm>
#include <utility>

#include "engine/base/try.h"
#include "query/exec/collection_scan.h"
#include "query/exec/id_order.h"
#include "query/exec/id_points.h"
#include "query/exec/index_fetch.h"
#include "query/exec/sorter.h"
#include "query/plan/planner.h"

namespace cairn::exec {
namespace {

// How many rows a sort has to keep; 0: all.
uint64_t RowsToSort(const Query& query) {
  if (query.limit == 0) return 0;
  const uint64_t rows = query.skip + query.limit;
  return rows < query.limit ? 0 : rows;
}

}  // namespace

Result<std::unique_ptr<Execution>> Execution::Open(const Environment& environment,
                                                   store::CollectionPtr collection, Query query) {
  const bool exists = collection != nullptr;
  std::unique_ptr<Execution> execution(
      new Execution(environment, std::move(collection), std::move(query)));
  if (!exists) {
    execution->plan_.access = plan::Access::kNothing;
    return execution;
  }
  const Query& parsed = execution->query_;
  CAIRN_TRY_ASSIGN(execution->plan_, plan::MakePlan({execution->context_.collection(),
                                                     parsed.filter, parsed.sort, parsed.hint}));
  execution->query_.hint = bson::Value();
  // New documents come at the end of the natural order, and there alone.
  if (parsed.tailable) execution->plan_ = plan::Plan();
  execution->source_ = execution->MakeSource(environment.clock->Random());
  return execution;
}

std::unique_ptr<Source> Execution::MakeSource(uint64_t seed) {
  std::unique_ptr<Source> source;
  switch (plan_.access) {
    case plan::Access::kNothing:
      return nullptr;
    case plan::Access::kIdPoints: {
      std::vector<std::string> points = plan_.points;
      if (plan_.reverse) std::reverse(points.begin(), points.end());
      source = std::make_unique<IdPoints>(&context_, &query_.filter, std::move(points));
      break;
    }
    case plan::Access::kCollectionScan:
      source = std::make_unique<CollectionScan>(&context_, &query_.filter, plan_.ids, plan_.reverse,
                                                query_.tailable);
      if (plan_.ordered_by_id) {
        source = std::make_unique<IdOrder>(std::move(source), plan_.reverse);
      }
      break;
    case plan::Access::kIndexScan:
      source = std::make_unique<IndexFetch>(&context_, &query_.filter, &plan_, seed);
      break;
  }
  if (plan_.needs_sort) {
    const std::string_view directory = context_.environment().temporary_directory;
    source = std::make_unique<Sorter>(&context_, std::move(source), &query_.sort,
                                      query_.filter.collator(), RowsToSort(query_),
                                      std::string(query_.allow_disk_use ? directory : ""));
  }
  return source;
}

Result<bool> Execution::Next() {
  if (source_ == nullptr) return false;
  if (query_.tailable && !context_.HasSnapshot()) {
    additions_seen_ = context_.store().Additions(context_.collection());
  }
  own_deadline_.Resume();
  Result<bool> more = NextRow();
  own_deadline_.Suspend();
  if (more.ok() && *more) return more;
  const bool exhausted = query_.limit != 0 && given_ == query_.limit;
  if (more.ok() && query_.tailable && !exhausted) {
    Pause();
  } else {
    End();
  }
  return more;
}

bool Execution::Await(int64_t timeout_ms) {
  return context_.store().WaitForAdditions(context_.collection(), additions_seen_, timeout_ms);
}

Result<bool> Execution::NextRow() {
  if (query_.limit != 0 && given_ == query_.limit) return false;
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, source_->Next());
    if (!more) return false;
    if (skipped_ == query_.skip) break;
    ++skipped_;
  }
  ++given_;
  document_ = source_->row().document;
  if (query_.projection.has_value()) CAIRN_TRY(Project());
  return true;
}

Status Execution::Project() {
  match::MatchDetails details;
  if (query_.projection->IsPositional()) {
    CAIRN_TRY(query_.filter.Matches(document_, &details).status());
  }
  bson::Builder builder(std::move(projected_));
  CAIRN_TRY(query_.projection->Apply(document_, &builder, details));
  projected_ = builder.Finish().TakeBytes();
  document_ = bson::View(projected_.data());
  return Status::Ok();
}

void Execution::Pause() {
  if (source_ != nullptr) source_->Pause();
  context_.ReleaseSnapshot();
}

void Execution::End() {
  source_.reset();
  context_.ReleaseSnapshot();
}

}  // namespace cairn::exec
