// SPDX-License-Identifier: Apache-2.0
// The sort of a find: parsed once. Thread safety: immutable after Parse; any thread.
#pragma once

#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/path/path.h"

namespace cairn::plan {

/// Fields of one sort, as in MongoDB.
inline constexpr size_t kSortFieldsMax = 32;

struct SortField {
  path::FieldPath path;
  bool descending = false;
};

/// {a: 1, "b.c": -1}, or {$natural: ±1}.
class SortPattern {
 public:
  /// Errors: Location15974 (a direction that is no number), Location15975 (a number other than ±1),
  /// Location15998, Location40352, Location40353 and Location16410 (malformed paths), Overflow (a
  /// path too deep), Location13103 (too many fields), BadValue ($natural with other fields).
  static Result<SortPattern> Parse(bson::View sort);

  /// In the order of precedence; empty when no sort, or $natural, was asked for.
  const std::vector<SortField>& fields() const { return fields_; }
  bool empty() const { return fields_.empty(); }
  /// 1 or -1 for {$natural: …}, otherwise 0.
  int natural() const { return natural_; }

 private:
  std::vector<SortField> fields_;
  int natural_ = 0;
};

}  // namespace cairn::plan
