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
        turn(info.turns, info.can_begin_again),
        deadline(clock, info.max_time_ms, entry.stop.get_token(), &turn),
        on_stop(info.stop, Kill{&entry.stop}) {
    operations->Add(&entry);
  }
  ~State() { operations->Remove(&entry); }

  exec::RunningOperations* const operations;
  exec::RunningOperations::Entry entry;
  base::Turn turn;
  const OperationDeadline deadline;
  const std::stop_callback<Kill> on_stop;
};

Operation::Operation(Database* database, const OperationInfo& info)
    : state_(std::make_unique<State>(&database->engine_->operations(), info,
                                     database->engine_->environment().clock)) {}

Operation::~Operation() = default;

int64_t Operation::id() const { return state_->entry.id; }

Status Operation::AwaitRoom() const { return state_->turn.AwaitRoom(state_->deadline.deadline()); }

Status Operation::AwaitAnotherTry() const {
  return state_->turn.BeginAgain(state_->deadline.deadline());
}

Status Operation::AwaitMemory(size_t bytes, MemoryShare* share) const {
  return state_->turn.AwaitMemory(bytes, share, state_->deadline.deadline());
}

void Operation::Rest() const { state_->turn.Rest(); }

bool Operation::killed() const { return state_->entry.stop.stop_requested(); }

}  // namespace cairn
