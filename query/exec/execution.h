// SPDX-License-Identifier: Apache-2.0
// A query that runs: the plan that is best for it, then skip, limit and projection. What stands
// behind a Cursor, and what finds the documents that updates and deletes are about. Thread safety:
// belongs to one thread at a time; must not outlive its Environment.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/base/deadline.h"
#include "query/exec/candidate.h"
#include "query/exec/document_stream.h"
#include "query/exec/index_key.h"
#include "query/exec/query.h"
#include "query/exec/read_context.h"
#include "query/exec/sort_key.h"
#include "query/expression/row_metadata.h"

namespace cairn::exec {

class Execution final : public DocumentStream, public expression::RowMetadata {
 public:
  /// `collection` may be null: the query finds nothing. Where several plans are possible they are
  /// tried here. Errors: as plan::MakePlans, and those of running a plan.
  static Result<std::unique_ptr<Execution>> Open(const Environment& environment,
                                                 store::CollectionPtr collection, Query query);

  ~Execution() override { Report(); }

  Result<bool> Next() override;
  /// Projected.
  bson::View document() const override { return document_; }
  /// The current document's key suffix. Valid as long.
  std::string_view suffix() const { return active_->row().suffix; }
  void Pause() override;
  bool tailable() const override { return query_.tailable && active_ != nullptr && !ended_; }
  bool Await(int64_t timeout_ms) override;

  /// Of the current document.
  Result<bson::Value> Get(Kind kind, expression::Scratch* scratch) override;

  /// Of a query for distinct values: leaves out, where the plan can, the rows with the value of the
  /// current one.
  void SkipValue();

  /// The plan that is run.
  const plan::Plan& plan() const { return active_ == nullptr ? nothing_ : active_->plan(); }
  const match::Matcher& filter() const { return query_.filter; }
  const Query& query() const { return query_; }

  // For explain.
  const Candidate* active() const { return active_.get(); }
  const std::vector<std::unique_ptr<Candidate>>& rejected() const { return rejected_; }
  uint64_t given() const { return given_; }
  /// In Next, of a query that is explained.
  int64_t time_us() const { return time_us_; }
  bool skips_values() const { return skip_columns_ > 0; }
  bool from_cache() const { return from_cache_; }
  bool filtered() const { return filtered_; }
  const std::string& shape() const { return shape_; }
  const catalog::Collection* collection() const { return collection_.get(); }
  /// The specification of the query's collator; {}: strings compare by their bytes.
  bson::View Collation() const;

 private:
  Execution(const Environment& environment, store::CollectionPtr collection, Query query)
      : environment_(environment),
        collection_(std::move(collection)),
        own_deadline_(environment.clock, query.max_time_ms, query.stop),
        query_(std::move(query)) {
    if (query_.deadline == nullptr) query_.deadline = &own_deadline_;
    nothing_.access.stage = plan::Stage::kNothing;
  }
  Status Choose();
  /// Runs one of several plans, or the only one.
  Status ChooseAmong(std::vector<plan::Plan> plans);
  /// Runs a plan that the query's settings allow; false when they say nothing that can be done.
  Result<bool> ChooseBySettings();
  Result<std::vector<plan::Plan>> MakePlans(const std::vector<uint32_t>* only);
  /// Runs the plan that won before; false when there is none.
  Result<bool> ChooseRemembered();
  /// Runs all for a while and takes the best.
  Status Try(std::vector<plan::Plan> plans);
  /// Adds what was done since the last time to the profile of the operation at hand.
  void Report();
  /// `losers`: in any order.
  void Learn(const std::vector<std::unique_ptr<Candidate>>& losers);
  std::unique_ptr<Candidate> MakeCandidate(plan::Plan plan);
  void CountUse();
  /// Null where the query has that of a larger piece of work.
  base::Deadline* OwnDeadline() {
    return query_.deadline == &own_deadline_ ? &own_deadline_ : nullptr;
  }
  Result<bool> NextRow();
  Result<bool> NextOfActive();
  Status Project();
  /// Of return_key and show_place.
  Status Annotate();
  Status AppendIndexKey(bson::Builder* out);
  /// As "$recordId".
  void AppendPlace(bson::Builder* out) const;

  const Environment environment_;
  const store::CollectionPtr collection_;
  base::Deadline own_deadline_;
  Query query_;
  plan::Plan nothing_;
  std::unique_ptr<Candidate> active_;  // Null: there is no collection.
  std::vector<std::unique_ptr<Candidate>> rejected_;
  std::string shape_;
  std::optional<bson::Document> allowed_;  // Of an index filter, or of query settings.
  bool filtered_ = false;                  // By an index filter.
  bool from_cache_ = false;
  bool on_probation_ = false;  // A remembered plan that has not found anything yet.
  bool ended_ = false;
  int skip_columns_ = 0;  // What SkipValue can skip; 0: not known yet, -1: nothing.
  uint64_t skipped_ = 0;
  uint64_t given_ = 0;
  int64_t time_us_ = 0;
  uint64_t keys_reported_ = 0;
  uint64_t docs_reported_ = 0;
  uint64_t additions_seen_ = 0;          // Tailable: what the snapshot shows at least.
  std::unique_ptr<IndexKey> index_key_;  // Of return_key and $meta, once it is known.
  std::unique_ptr<SortKeys> sort_keys_;  // Of $meta, once it is asked for.
  bson::View document_;
  std::string projected_;  // Keeps its memory from document to document.
};

}  // namespace cairn::exec
