// SPDX-License-Identifier: Apache-2.0
// What the stages of one running pipeline share, those of its sub-pipelines included.
// Thread safety: belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "cairn/status.h"
#include "engine/base/deadline.h"
#include "query/exec/read_context.h"
#include "query/expression/scope.h"
#include "query/pipeline/writer.h"

namespace cairn::pipeline {

/// Rows between two looks at the deadline, by stages that make rows of their own.
inline constexpr int kRowsBetweenChecks = 128;

/// What the tables of all joins of one pipeline may hold in memory.
inline constexpr size_t kJoinBytesMax = size_t{32} << 20;

/// What a pipeline runs with.
struct RunOptions {
  int64_t max_time_ms = 0;
  std::stop_token stop;
  /// Whether stages may go on on disk once they have used up their memory.
  bool allow_disk_use = true;
  /// Of an explain: what stages do is measured, and nothing is written.
  bool explains = false;
  /// False: stages run as they were written.
  bool optimises = true;
  bson::Document settings = {};  ///< Of the command's shape: see plan::QuerySettings. {}: none.
};

class RunContext {
 public:
  RunContext(const exec::Environment& the_environment, expression::Globals the_globals,
             const RunOptions& options)
      : environment(the_environment),
        globals(std::move(the_globals)),
        allow_disk_use(options.allow_disk_use),
        explains(options.explains),
        optimises(options.optimises),
        settings(options.settings),
        deadline(environment.clock, options.max_time_ms, options.stop) {}

  const exec::Environment environment;
  const expression::Globals globals;
  const bool allow_disk_use;
  const bool explains;
  const bool optimises;
  /// What all tables of joins together may still hold in memory.
  size_t join_bytes_left = kJoinBytesMax;
  const bson::Document settings;
  /// For the stages that write. Owned by the pipeline's owner.
  std::unique_ptr<DocumentWriter> writer;
  base::Deadline deadline;

  const collation::Collator* collator() const { return globals.collator.get(); }
  /// Where a stage may spill; empty: nowhere.
  std::string spill_directory() const {
    return allow_disk_use ? std::string(environment.temporary_directory) : std::string();
  }

  /// To be called for each row of a loop. Errors: MaxTimeMSExpired, Interrupted.
  Status Tick() {
    if (--rows_until_check_ >= 0) return Status::Ok();
    rows_until_check_ = kRowsBetweenChecks;
    return deadline.Check();
  }

 private:
  int rows_until_check_ = kRowsBetweenChecks;
};

}  // namespace cairn::pipeline
