// SPDX-License-Identifier: Apache-2.0
// The workloads whose file operations are made to fail. Thread safety: one thread.
#pragma once

#include <cstdint>

#include "tests/harness/workload.h"

namespace cairn::harness {

enum class ImageKind {
  kEmpty,   ///< A new disk.
  kSmall,   ///< Some documents, all in the log.
  kFilled,  ///< Documents in tables, and a log.
};

struct FaultWorkload {
  const char* name;
  ImageKind image;
  /// What is done with the open store; false when it takes no more.
  bool (*run)(store::DocumentStore* store, Journal* journal, Client* client);
  Mix mix;
  bool small_log = false;  ///< Retention removes archived logs.
};

inline constexpr size_t kFaultWorkloads = 20;
extern const FaultWorkload kFaultTable[kFaultWorkloads];

}  // namespace cairn::harness
