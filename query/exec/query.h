// SPDX-License-Identifier: Apache-2.0
// A parsed query. A value, for one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "cairn/bson.h"
#include "engine/base/deadline.h"
#include "query/match/matcher.h"
#include "query/plan/sort_pattern.h"
#include "query/project/projection.h"

namespace cairn::exec {

struct Query {
  match::Matcher filter;
  plan::SortPattern sort = {};
  std::optional<project::Projection> projection = {};  ///< Empty: whole documents.
  uint64_t skip = 0;
  uint64_t limit = 0;  ///< 0: all.
  int64_t max_time_ms = 0;
  std::stop_token stop = {};
  bool allow_disk_use = true;
  bool tailable = false;  ///< Of a capped collection, in natural order.
  bson::Value hint = {};  ///< Borrowed until Open returns.
  /// Of the work that the query is a part of, and whose owner winds it up; borrowed. Null: the
  /// query has a deadline of its own, from max_time_ms and stop.
  base::Deadline* deadline = nullptr;
  /// As given: what the planner, the plan cache and explain look at.
  bson::Document sort_source = {};
  bson::Document projection_source = {};
  bson::Document min = {};       ///< Bounds of the hinted index's keys: this one included,
  bson::Document max = {};       ///< this one not.
  bson::Document settings = {};  ///< Of its shape: see plan::QuerySettings. {}: none.
  bool count = false;       ///< Only the number of rows is wanted: they may be without documents.
  bool distinct = false;    ///< Only the distinct values of the one projected field are.
  bool explain = false;     ///< Plans that are not chosen are kept.
  bool return_key = false;  ///< Instead of each document, the index key that led to it.
  bool show_place = false;  ///< Adds "$recordId", where the collection keeps the document.
};

}  // namespace cairn::exec
