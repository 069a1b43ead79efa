// SPDX-License-Identifier: Apache-2.0
// A query that runs: plan, operators, skip, limit and projection. What stands behind a Cursor, and
// what finds the documents that updates and deletes are about. Thread safety: belongs to one thread
// at a time; must not outlive its Environment.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/exec/deadline.h"
#include "query/exec/document_stream.h"
#include "query/exec/read_context.h"
#include "query/exec/source.h"
#include "query/match/matcher.h"
#include "query/plan/plan.h"
#include "query/plan/sort_pattern.h"
#include "query/project/projection.h"

namespace cairn::exec {

/// A parsed query.
struct Query {
  match::Matcher filter;
  plan::SortPattern sort = {};
  std::optional<project::Projection> projection = {};  ///< Empty: whole documents.
  uint64_t skip = 0;
  uint64_t limit = 0;  ///< 0: all.
  int64_t max_time_ms = 0;
  std::stop_token stop = {};
  bool allow_disk_use = true;
  bson::Value hint = {};  ///< Borrowed until Open returns.
  /// Of the work that the query is a part of, and whose owner winds it up; borrowed. Null: the
  /// query has a deadline of its own, from max_time_ms and stop.
  Deadline* deadline = nullptr;
  bool tailable = false;  ///< Of a capped collection, in natural order.
};

class Execution final : public DocumentStream {
 public:
  /// `collection` may be null: the query finds nothing. Errors: as plan::MakePlan.
  static Result<std::unique_ptr<Execution>> Open(const Environment& environment,
                                                 store::CollectionPtr collection, Query query);

  Result<bool> Next() override;
  /// Projected.
  bson::View document() const override { return document_; }
  /// The current document's key suffix. Valid as long.
  std::string_view suffix() const { return source_->row().suffix; }
  void Pause() override;

  bool tailable() const override { return query_.tailable && source_ != nullptr; }
  bool Await(int64_t timeout_ms) override;

  const plan::Plan& plan() const { return plan_; }
  const match::Matcher& filter() const { return query_.filter; }

 private:
  Execution(const Environment& environment, store::CollectionPtr collection, Query query)
      : own_deadline_(environment.clock, query.max_time_ms, query.stop),
        context_(environment, std::move(collection),
                 query.deadline != nullptr ? query.deadline : &own_deadline_),
        query_(std::move(query)) {}
  /// The operators for plan_.
  std::unique_ptr<Source> MakeSource(uint64_t seed);
  Result<bool> NextRow();
  Status Project();
  void End();

  Deadline own_deadline_;
  ReadContext context_;
  Query query_;
  plan::Plan plan_;
  uint64_t additions_seen_ = 0;     // Tailable: what the snapshot shows at least.
  std::unique_ptr<Source> source_;  // Null: nothing (more) is found.
  uint64_t skipped_ = 0;
  uint64_t given_ = 0;
  bson::View document_;
  std::string projected_;  // Keeps its memory from document to document.
};

}  // namespace cairn::exec
