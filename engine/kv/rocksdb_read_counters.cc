// SPDX-License-Identifier: Apache-2.0
#include <rocksdb/perf_context.h>
#include <rocksdb/perf_level.h>

#include "engine/kv/read_counters.h"

namespace cairn::kv {

ReadCounting::ReadCounting() {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
  rocksdb::get_perf_context()->Reset();
}

ReadCounting::~ReadCounting() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

ReadCounters ReadCounting::counters() const {
  const rocksdb::PerfContext& context = *rocksdb::get_perf_context();
  return {.point_bytes = context.get_read_bytes + context.multiget_read_bytes,
          .scan_bytes = context.iter_read_bytes};
}

}  // namespace cairn::kv
