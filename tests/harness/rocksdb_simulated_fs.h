// SPDX-License-Identifier: Apache-2.0
// RocksDB's view of a SimulatedDisk. Thread safety: as SimulatedDisk.
#pragma once

#include <memory>

#include "tests/harness/simulated_disk.h"

namespace rocksdb {
class FileSystem;
}  // namespace rocksdb

namespace cairn::harness {

/// The disk must outlive the file system and all that was opened through it.
std::shared_ptr<rocksdb::FileSystem> NewSimulatedFileSystem(SimulatedDisk* disk);

}  // namespace cairn::harness
