// SPDX-License-Identifier: Apache-2.0
// What an operation did, for a log of slow ones.
#pragma once

#include <cstdint>
#include <string>

#include "cairn/bson.h"
#include "cairn/export.h"

namespace cairn {

/// What the reads of one operation did, those inside of updates and deletes included.
struct OperationProfile {
  /// In a word, as "IXSCAN { a: 1 }": of the first read that ended after the operation had become
  /// slow. Empty: there was none.
  std::string plan;
  uint64_t keys_examined = 0;
  uint64_t docs_examined = 0;
};

/// While it lives, reads on this thread are added to `profile`; one inside another takes its place.
/// Belongs to one thread.
class CAIRN_API Profiling {
 public:
  /// Borrows `profile`. After `slow_ms` the operation counts as slow.
  Profiling(OperationProfile* profile, int64_t slow_ms);
  ~Profiling();
  Profiling(const Profiling&) = delete;
  Profiling& operator=(const Profiling&) = delete;

 private:
  OperationProfile* const outer_;
  const int64_t outer_slow_us_;
};

/// A command of MongoDB without its values: the names of fields and operators, and the types of
/// what stood there, as {"find": "people", "filter": {"age": {"$gt": "?number"}}}. Documents that
/// are to be written are left out.
CAIRN_API bson::Document CommandShape(bson::View command);

}  // namespace cairn
