// SPDX-License-Identifier: Apache-2.0
#include "cairn/operation.h"

#include "cairn/database.h"
#include "query/engine.h"
#include "query/exec/running_operations.h"
#include "query/globals.h"

namespace cairn {

struct Operation::State {
  struct Kill {
    std::stop_source* stop;
    void operator()() const { stop->request_stop(); }
  };

  State(exec::RunningOperations* the_operations, const OperationInfo& info, base::Clock* clock)
      : operations(the_operations),
        entry{.kind = info.kind,
              .database = info.database,
              .collection = info.collection,
              .client = info.client,
              .command = info.command},
        deadline(clock, info.max_time_ms, entry.stop.get_token()),
        on_stop(info.stop, Kill{&entry.stop}) {
    operations->Add(&entry);
  }
  ~State() { operations->Remove(&entry); }

  exec::RunningOperations* const operations;
  exec::RunningOperations::Entry entry;
  const OperationDeadline deadline;
  const std::stop_callback<Kill> on_stop;
};

Operation::Operation(Database* database, const OperationInfo& info)
    : state_(std::make_unique<State>(&database->engine_->operations(), info,
                                     database->engine_->environment().clock)) {}

Operation::~Operation() = default;

int64_t Operation::id() const { return state_->entry.id; }

bool Operation::killed() const { return state_->entry.stop.stop_requested(); }

}  // namespace cairn
