// SPDX-License-Identifier: Apache-2.0
// An operator that gives entries of indexes, one after another: where documents are, not the
// documents. Belongs to one Execution.
#pragma once

#include <string>
#include <string_view>

#include "cairn/status.h"
#include "query/exec/statistics.h"

namespace cairn::exec {

/// Views into the operator that gave it.
struct Entry {
  std::string_view suffix;     ///< Document key suffix.
  std::string_view fields;     ///< Encoded columns; empty when it is no index entry.
  std::string_view type_bits;  ///< Of the columns.
};

class EntrySource {
 public:
  virtual ~EntrySource() = default;
  /// Moves on; false at the end. After error TrialOver it may be called again; after another one,
  /// or the end, it must not.
  virtual Result<bool> Next() = 0;
  /// Gives back everything that hangs on the snapshot; the next Next goes on behind the current
  /// entry.
  virtual void Pause() = 0;
  /// Valid until the next Next or Pause.
  const Entry& entry() const { return entry_; }
  /// The bytes by which the sources of one merge are ordered.
  virtual void AppendOrder(std::string*) const {}
  /// True when one document may come several times within one snapshot.
  virtual bool Repeats() const { return true; }
  /// Leaves out the entries that agree with the current one in the first `columns` columns.
  virtual void SkipColumns(int /*columns*/) {}
  const Statistics& statistics() const { return statistics_; }
  /// Of its inputs; null behind the last one.
  virtual const EntrySource* input(size_t /*i*/) const { return nullptr; }

 protected:
  Entry entry_;
  Statistics statistics_;
};

}  // namespace cairn::exec
