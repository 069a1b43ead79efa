// SPDX-License-Identifier: Apache-2.0
#include "query/exec/execution.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "query/exec/explain.h"
#include "query/exec/profile.h"
#include "query/path/path.h"
#include "query/plan/cache.h"
#include "query/plan/index_scan.h"
#include "query/plan/planner.h"
#include "query/plan/query_settings.h"
#include "query/plan/shape.h"

namespace cairn::exec {
namespace {

// Of a trial: what one candidate examines in the first round; twice as much in each that follows.
constexpr int64_t kFirstRoundWorks = 64;
// What one candidate examines in all, or this part of the collection, as in MongoDB.
constexpr int64_t kTrialWorksMax = 10'000;
constexpr double kTrialCollectionPart = 0.3;
// A remembered plan that works more than this without a result is compared with the others again.
constexpr int64_t kReplanFactor = 10;
constexpr int64_t kReplanWorksMin = 1000;

// Whether a plan goes through a whole index or the whole collection.
bool ReadsWhole(const plan::Plan& plan) {
  const plan::Node& access = plan.access;
  if (access.stage == plan::Stage::kCollectionScan) return access.id_bounds.empty();
  if (access.stage != plan::Stage::kIndexScan || access.scan.range.has_value()) return false;
  return std::all_of(access.scan.bounds.begin(), access.scan.bounds.end(), plan::IsAllValues);
}

// Of those that are through, the one that did less; else the score decides.
bool IsBetter(const Candidate& one, const Candidate& other) {
  if (one.Finished() && other.Finished() && one.works() != other.works()) {
    return one.works() < other.works();
  }
  return one.Score() > other.Score();
}

}  // namespace

Result<std::unique_ptr<Execution>> Execution::Open(const Environment& environment,
                                                   store::CollectionPtr collection, Query query) {
  const bool exists = collection != nullptr;
  std::unique_ptr<Execution> execution(
      new Execution(environment, std::move(collection), std::move(query)));
  if (exists) {
    const base::Deadline::Running running(execution->OwnDeadline());
    CAIRN_TRY(execution->Choose());
  }
  execution->query_.hint = bson::Value();
  return execution;
}

std::unique_ptr<Candidate> Execution::MakeCandidate(plan::Plan plan) {
  return std::make_unique<Candidate>(environment_, collection_, &query_, std::move(plan));
}

Result<std::vector<plan::Plan>> Execution::MakePlans(const std::vector<uint32_t>* only) {
  plan::Request request{*collection_, query_.filter, query_.sort, query_.hint};
  request.projection = query_.projection_source;
  request.min = query_.min;
  request.max = query_.max;
  request.count = query_.count;
  request.distinct = query_.distinct;
  request.only = only;
  request.collator = query_.filter.collator().get();
  bson::Document wrapped;
  if (allowed_.has_value()) {
    wrapped = bson::Builder().AppendArray("", *allowed_).Finish();
    request.allowed = wrapped.view().begin()->value;
  }
  return plan::MakePlans(request);
}

bson::View Execution::Collation() const {
  const auto& collator = query_.filter.collator();
  return collator == nullptr ? bson::View() : collator->spec().view();
}

Status Execution::Choose() {
  if (query_.sort_source.empty() && !query_.sort.empty()) {
    bson::Builder sort;
    for (const plan::SortField& field : query_.sort.fields()) {
      sort.AppendInt32(field.path.dotted(), field.descending ? -1 : 1);
    }
    query_.sort_source = sort.Finish();
  }
  CAIRN_TRY_ASSIGN(const bool by_settings, ChooseBySettings());
  if (by_settings) return Status::Ok();
  const bool shaped =
      environment_.plans != nullptr && !collection_->indexes.empty() && !query_.filter.MatchesAll();
  if (shaped) {
    shape_ = plan::ShapeOf(query_.filter.source(), query_.sort_source, query_.projection_source,
                           Collation());
    allowed_ = environment_.plans->AllowedIndexes(collection_->id, shape_);
    filtered_ = allowed_.has_value();
    // An index filter overrides a hint.
    if (filtered_) query_.hint = bson::Value();
    if (query_.hint.missing()) {
      CAIRN_TRY_ASSIGN(const bool remembered, ChooseRemembered());
      if (remembered) return Status::Ok();
    }
  }
  CAIRN_TRY_ASSIGN(std::vector<plan::Plan> plans, MakePlans(nullptr));
  return ChooseAmong(std::move(plans));
}

Status Execution::ChooseAmong(std::vector<plan::Plan> plans) {
  if (plans.size() > 1) {
    CAIRN_TRY(Try(std::move(plans)));
  } else {
    active_ = MakeCandidate(std::move(plans.front()));
  }
  CountUse();
  return Status::Ok();
}

// Settings come before index filters and hints, unless no plan is possible with what they allow.
Result<bool> Execution::ChooseBySettings() {
  if (query_.settings.empty()) return false;
  allowed_ = plan::AllowedIndexes(query_.settings, collection_->database, collection_->name);
  if (!allowed_.has_value()) return false;
  const bson::Value hint = std::exchange(query_.hint, bson::Value());
  CAIRN_TRY_ASSIGN(std::vector<plan::Plan> plans, MakePlans(nullptr));
  const bool only_scan = plans.size() == 1 && plans[0].access.stage == plan::Stage::kCollectionScan;
  if (only_scan && !plan::AllowsScan(*allowed_)) {
    allowed_.reset();
    query_.hint = hint;
    return false;
  }
  CAIRN_TRY(ChooseAmong(std::move(plans)));
  return true;
}

Result<bool> Execution::ChooseRemembered() {
  const std::optional<plan::RememberedPlan> entry = environment_.plans->Find(*collection_, shape_);
  if (!entry.has_value()) return false;
  CAIRN_TRY_ASSIGN(std::vector<plan::Plan> plans, MakePlans(&entry->indexes));
  for (plan::Plan& plan : plans) {
    if (plan.indexes != entry->indexes) continue;
    active_ = MakeCandidate(std::move(plan));
    from_cache_ = on_probation_ = true;
    const auto works = static_cast<int64_t>(entry->works);
    active_->context().SetBudget(std::max(kReplanFactor * works, kReplanWorksMin));
    CountUse();
    return true;
  }
  return false;
}

void Execution::CountUse() {
  const std::vector<uint32_t>& used = active_->plan().indexes;
  for (const catalog::IndexSpec& index : collection_->indexes) {
    if (index.usage != nullptr && std::find(used.begin(), used.end(), index.id) != used.end()) {
      index.usage->operations.fetch_add(1, std::memory_order_relaxed);
    }
  }
  const plan::Node& access = active_->plan().access;
  const bool by_id = access.stage == plan::Stage::kIdPoints || !access.id_bounds.empty();
  if (by_id && collection_->id_usage != nullptr) {
    collection_->id_usage->operations.fetch_add(1, std::memory_order_relaxed);
  }
}

// A query that wants all its rows gains nothing from an index that gives its sort and is read as a
// whole: scans within bounds examine less, unless so much is in the bounds that it is not worth
// sorting.
Status Execution::Try(std::vector<plan::Plan> plans) {
  std::vector<std::unique_ptr<Candidate>> candidates;
  std::vector<std::unique_ptr<Candidate>> whole;
  const bool wants_all = query_.limit == 0 && !query_.distinct;
  for (plan::Plan& plan : plans) {
    auto& list = wants_all && ReadsWhole(plan) ? whole : candidates;
    list.push_back(MakeCandidate(std::move(plan)));
  }
  if (candidates.empty()) candidates.swap(whole);
  const auto documents = static_cast<double>(environment_.store->GetCounts(*collection_).documents);
  const double part = whole.empty() ? kTrialCollectionPart : 1;
  const int64_t limit = std::max(kTrialWorksMax, static_cast<int64_t>(part * documents));
  Status failure;
  bool done = false;
  for (int64_t spent = 0, round = kFirstRoundWorks; !done && spent < limit; round *= 2) {
    done = true;
    for (const std::unique_ptr<Candidate>& candidate : candidates) {
      if (candidate->failed()) continue;
      Status status = candidate->Work(round);
      if (!status.ok()) failure = std::move(status);
      if (!candidate->failed()) done &= candidate->Done();
    }
    done |= std::any_of(candidates.begin(), candidates.end(), [](const auto& candidate) {
      return !candidate->failed() && candidate->Done();
    });
    spent += round;
  }
  size_t best = candidates.size();
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i]->failed()) continue;
    if (best == candidates.size() || IsBetter(*candidates[i], *candidates[best])) best = i;
  }
  if (!whole.empty() && (best == candidates.size() || !candidates[best]->Done())) {
    candidates.insert(candidates.end(), std::make_move_iterator(whole.begin()),
                      std::make_move_iterator(whole.end()));
    best = candidates.size() - whole.size();
    whole.clear();
  }
  if (best == candidates.size()) return failure;
  active_ = std::move(candidates[best]);
  active_->Win();
  keys_reported_ = docs_reported_ = 0;
  candidates.erase(candidates.begin() + static_cast<ptrdiff_t>(best));
  for (std::unique_ptr<Candidate>& candidate : whole) candidates.push_back(std::move(candidate));
  for (const std::unique_ptr<Candidate>& candidate : candidates) candidate->Pause();
  Learn(candidates);
  if (query_.explain) rejected_ = std::move(candidates);
  return Status::Ok();
}

void Execution::Learn(const std::vector<std::unique_ptr<Candidate>>& losers) {
  if (environment_.plans == nullptr || shape_.empty() || !query_.hint.missing()) return;
  plan::CacheEntry entry;
  entry.shape = shape_;
  entry.filter = bson::Document(query_.filter.source());
  entry.sort = query_.sort_source;
  entry.projection = query_.projection_source;
  entry.collation = bson::Document(Collation());
  entry.indexes = active_->plan().indexes;
  entry.summary = plan::Summary(active_->plan());
  entry.plan = DescribePlan(*this, active_.get());
  entry.filtered = filtered_;
  bson::Builder trials;
  const auto add = [&](const Candidate& candidate) {
    entry.scores.push_back(candidate.Score());
    trials.OpenDocument(trials.NextIndex());
    AppendTrial(*this, candidate, ExplainFrame(), &trials);
    trials.Close();
  };
  add(*active_);
  for (const std::unique_ptr<Candidate>& loser : losers) add(*loser);
  entry.trials = trials.Finish();
  entry.works = std::max<uint64_t>(active_->works(), 1);
  entry.created_ms = environment_.clock->WallMs();
  environment_.plans->Learn(*collection_, std::move(entry));
}

Result<bool> Execution::Next() {
  if (active_ == nullptr || ended_) return false;
  if (query_.tailable && !active_->context().HasSnapshot()) {
    additions_seen_ = environment_.store->Additions(*collection_);
  }
  const base::Deadline::Running running(OwnDeadline());
  const int64_t began_us = query_.explain ? environment_.clock->MonotonicUs() : 0;
  Result<bool> more = NextRow();
  if (query_.explain) time_us_ += environment_.clock->MonotonicUs() - began_us;
  if (more.ok() && *more) return more;
  const bool exhausted = query_.limit != 0 && given_ == query_.limit;
  ended_ = !more.ok() || !query_.tailable || exhausted;
  active_->Pause();
  return more;
}

// A remembered plan that works in vain for too long gives way to a new trial.
Result<bool> Execution::NextOfActive() {
  Result<bool> more = active_->Next();
  if (!on_probation_) [[likely]]
    return more;
  while (!more.ok() && more.status().code() == ErrorCode::kTrialOver) {
    if (skipped_ == 0 && given_ == 0) {
      environment_.plans->Forget(*collection_, shape_);
      CAIRN_TRY_ASSIGN(std::vector<plan::Plan> plans, MakePlans(nullptr));
      from_cache_ = false;
      if (plans.size() > 1) {
        CAIRN_TRY(Try(std::move(plans)));
      }
    }
    active_->context().SetBudget(INT64_MAX);
    more = active_->Next();
  }
  if (given_ >= Candidate::kTrialRows) {
    on_probation_ = false;
    active_->context().SetBudget(INT64_MAX);
  }
  return more;
}

bool Execution::Await(int64_t timeout_ms) {
  return environment_.store->WaitForAdditions(*collection_, additions_seen_, timeout_ms);
}

Result<bool> Execution::NextRow() {
  if (query_.limit != 0 && given_ == query_.limit) return false;
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, NextOfActive());
    if (!more) return false;
    if (skipped_ == query_.skip) break;
    ++skipped_;
  }
  ++given_;
  document_ = active_->row().document;
  if (query_.projection.has_value()) CAIRN_TRY(Project());
  if (query_.return_key || query_.show_place) CAIRN_TRY(Annotate());
  return true;
}

Status Execution::Annotate() {
  bson::Builder builder;
  if (query_.return_key) {
    CAIRN_TRY(AppendIndexKey(&builder));
  } else {
    builder.AppendAll(document_);
  }
  if (query_.show_place) AppendPlace(&builder);
  projected_ = builder.Finish().TakeBytes();
  document_ = bson::View(projected_.data());
  return Status::Ok();
}

Status Execution::AppendIndexKey(bson::Builder* out) {
  const plan::Node& access = active_->plan().access;
  if (access.stage == plan::Stage::kIdPoints || !access.id_bounds.empty()) {
    out->Append("_id", active_->row().document["_id"]);
    return Status::Ok();
  }
  // Where more than one index is used there is no one key.
  if (access.stage != plan::Stage::kIndexScan) return Status::Ok();
  if (index_key_ == nullptr) {
    for (const catalog::IndexSpec& index : collection_->indexes) {
      if (index.id != access.scan.index_id) continue;
      index_key_ = std::make_unique<IndexKey>(index, &access.scan);
    }
    if (index_key_ == nullptr) return Status::Ok();
  }
  CAIRN_TRY_ASSIGN(const bson::Document key, index_key_->Of(active_->row().document));
  out->AppendAll(key);
  return Status::Ok();
}

// Records have numbers; documents that are kept by their _id have its key instead.
void Execution::AppendPlace(bson::Builder* out) const {
  const std::string_view place = active_->row().suffix;
  if (collection_->layout == catalog::Layout::kByRecord && place.size() == sizeof(uint64_t)) {
    out->AppendInt64("$recordId", static_cast<int64_t>(base::LoadBig<uint64_t>(place.data())));
  } else {
    out->AppendBinary("$recordId", 0, place);
  }
}

Result<bson::Value> Execution::Get(Kind kind, expression::Scratch* scratch) {
  if (kind == Kind::kSortKey) {
    if (query_.sort.empty()) return bson::Value();
    if (sort_keys_ == nullptr) {
      sort_keys_ = std::make_unique<SortKeys>(&query_.sort, query_.filter.collator());
    }
    CAIRN_TRY_ASSIGN(const bson::Document values, sort_keys_->Values(active_->row().document));
    return scratch->Array(values);
  }
  bson::Builder builder;
  if (kind == Kind::kRecordId) {
    AppendPlace(&builder);
    const bson::Document made = builder.Finish();
    const bson::Value place = made["$recordId"];
    return scratch->Copy(place.type(), {place.payload(), place.size()});
  }
  CAIRN_TRY(AppendIndexKey(&builder));
  const bson::Document key = builder.Finish();
  return key.empty() ? bson::Value() : scratch->Document(key);
}

Status Execution::Project() {
  match::MatchDetails details;
  if (query_.projection->IsPositional()) {
    CAIRN_TRY(query_.filter.Matches(document_, &details).status());
  }
  expression::RowMetadata* own = this;
  const expression::RowMetadata::Scope scope(&own);
  bson::Builder builder(std::move(projected_));
  CAIRN_TRY(query_.projection->Apply(document_, &builder, details));
  projected_ = builder.Finish().TakeBytes();
  document_ = bson::View(projected_.data());
  return Status::Ok();
}

void Execution::SkipValue() {
  if (active_ == nullptr || skip_columns_ < 0) return;
  if (skip_columns_ == 0) {
    skip_columns_ = -1;
    const plan::Plan& plan = active_->plan();
    if (plan.reading != plan::Reading::kKeys || active_->walk() == nullptr || plan.needs_sort ||
        !(plan.exact || query_.filter.MatchesAll())) {
      return;
    }
    const plan::IndexScan& scan = plan.access.scan;
    const std::string_view wanted = query_.projection_source.view().begin()->name;
    for (int column = 0; column < scan.columns; ++column) {
      if (plan::ColumnName(scan, column) == wanted) {
        skip_columns_ = column + 1;
        break;
      }
      if (!plan::IsOnePoint(scan.bounds[static_cast<size_t>(column)])) return;
    }
    if (skip_columns_ < 0) return;
  }
  // The key of null may stand for a missing field: another one with it may have the value.
  const std::string_view wanted = query_.projection_source.view().begin()->name;
  if (!path::PlainValueAt(document_, wanted).missing()) {
    active_->SkipColumns(skip_columns_);
  }
}

void Execution::Pause() {
  if (active_ != nullptr) active_->Pause();
  Report();
}

void Execution::Report() {
  OperationProfile* const profile = CurrentProfile();
  if (profile == nullptr || active_ == nullptr) return;
  const uint64_t keys = active_->keys_examined();
  const uint64_t docs = active_->docs_examined();
  profile->keys_examined += keys - std::exchange(keys_reported_, keys);
  profile->docs_examined += docs - std::exchange(docs_reported_, docs);
  if (profile->plan.empty() && IsSlowByNow()) profile->plan = plan::Summary(active_->plan());
}

}  // namespace cairn::exec
