// SPDX-License-Identifier: Apache-2.0
// What insert, update and delete share: the list of operations and the errors of single ones. One
// thread at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "server/command/invocation.h"
#include "server/command/parameters.h"

namespace cairn::server {

inline constexpr size_t kWriteBatchMax = 100000;

/// The documents of a batch: between 1 and kWriteBatchMax. `where` is "insert.documents", say.
/// Errors InvalidLength, TypeMismatch.
Result<std::vector<bson::View>> ParseBatch(std::string_view where, bson::Value array);

/// The statements of a batch of updates or deletes, read by `table` and found right by `check`:
/// all of them before the first is done, so that a malformed batch changes nothing.
Result<std::vector<Arguments>> ReadStatements(std::string_view where, bson::Value array,
                                              std::span<const Parameter> table,
                                              Status (*check)(const Arguments& statement));

/// Whether `status` is about the server rather than about one operation: nothing of the batch after
/// it can succeed either.
bool EndsBatch(const Status& status);

/// The errors of single operations, as the reply shows them.
class WriteErrors {
 public:
  void Add(size_t index, const Status& status);
  bool empty() const { return count_ == 0; }
  /// Appends "writeErrors" unless there are none, or the client does not want to hear (w: 0).
  void AppendTo(const Invocation& invocation, bson::Builder* reply);

 private:
  bson::Builder list_;
  size_t count_ = 0;
};

}  // namespace cairn::server
