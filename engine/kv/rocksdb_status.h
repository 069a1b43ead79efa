// SPDX-License-Identifier: Apache-2.0
// RocksDB's errors as ours. Any thread.
#pragma once

#include <string_view>

#include "cairn/status.h"

namespace rocksdb {
class Status;
}  // namespace rocksdb

namespace cairn::kv {

/// NoSpace becomes OutOfDiskSpace, Corruption DataCorruptionDetected, the rest OperationFailed.
/// File names stay in the text, directories do not.
Status FromRocksDb(const rocksdb::Status& status, std::string_view doing);

/// What is said of a full disk.
Status DiskFull();

}  // namespace cairn::kv
