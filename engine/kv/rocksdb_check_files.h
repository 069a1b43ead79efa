// SPDX-License-Identifier: Apache-2.0
// Looks at the files of a store that is open and in use. Nothing is pinned for longer than one
// table takes, so writers do not wait. Thread safety: any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "engine/kv/rocksdb_database.h"
#include "engine/kv/store.h"
#include "engine/kv/verify_files.h"

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace cairn::kv {

/// The tables that there are now: name, and what it holds.
std::map<std::string, std::string> LiveTables(rocksdb::DB* db);
/// Reads a whole table against its checksums.
Status CheckTable(rocksdb::Env* env, const std::string& path);

/// As FileChecker; `visible` gives the newest commit.
FileCheck CheckOpenFiles(const RocksDatabase& database,
                         const std::function<CommitNumber()>& visible, std::string_view from);

}  // namespace cairn::kv
