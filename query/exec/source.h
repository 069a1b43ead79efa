// SPDX-License-Identifier: Apache-2.0
// An operator that is pulled: gives rows one after another. Belongs to one Execution.
#pragma once

#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/exec/entry_source.h"
#include "query/exec/statistics.h"

namespace cairn::exec {

/// A document and its place in the collection. Views into the operator that gave it.
struct Row {
  bson::View document;
  std::string_view suffix;  ///< Document key suffix.
};

class Source {
 public:
  virtual ~Source() = default;
  /// Moves to the next row; false at the end. Not called again after that, nor after an error other
  /// than TrialOver.
  virtual Result<bool> Next() = 0;
  /// Gives back everything that hangs on the snapshot; the next Next goes on behind the current
  /// row.
  virtual void Pause() = 0;
  /// Valid until the next Next or Pause.
  const Row& row() const { return row_; }
  const Statistics& statistics() const { return statistics_; }
  /// What it reads from, if that is one of these.
  virtual const Source* source() const { return nullptr; }
  virtual const EntrySource* entries() const { return nullptr; }

 protected:
  Row row_;
  Statistics statistics_;
};

}  // namespace cairn::exec
