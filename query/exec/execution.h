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
  plan::SortPattern sort;
  std::optional<project::Projection> projection;  ///< Empty: whole documents.
  uint64_t skip = 0;
  uint64_t limit = 0;  ///< 0: all.
  int64_t max_time_ms = 0;
  bson::Value hint;  ///< Borrowed until Open returns.
};

class Execution {
 public:
  /// `collection` may be null: the query finds nothing. Errors: as plan::MakePlan.
  static Result<std::unique_ptr<Execution>> Open(const Environment& environment,
                                                 store::CollectionPtr collection, Query query);

  /// Moves to the next document; false at the end, and from then on, also after an error.
  Result<bool> Next();
  /// The current document, projected. Valid until the next Next or Pause.
  bson::View document() const { return document_; }
  /// The current document's key suffix. Valid as long.
  std::string_view suffix() const { return source_->row().suffix; }
  /// Gives back snapshot, iterators and pinned memory. The next Next goes on behind the current
  /// row.
  void Pause();

  const plan::Plan& plan() const { return plan_; }
  const match::Matcher& filter() const { return query_.filter; }

 private:
  Execution(const Environment& environment, store::CollectionPtr collection, Query query)
      : context_(environment, std::move(collection), query.max_time_ms), query_(std::move(query)) {}
  /// The operators for plan_.
  std::unique_ptr<Source> MakeSource(uint64_t seed);
  Result<bool> NextRow();
  Status Project();
  void End();

  ReadContext context_;
  Query query_;
  plan::Plan plan_;
  std::unique_ptr<Source> source_;  // Null: nothing (more) is found.
  uint64_t skipped_ = 0;
  uint64_t given_ = 0;
  bson::View document_;
  std::string projected_;  // Keeps its memory from document to document.
};

}  // namespace cairn::exec
