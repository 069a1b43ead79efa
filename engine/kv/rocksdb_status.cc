// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_status.h"

#include <rocksdb/status.h>

#include <string>

namespace cairn::kv {
namespace {

/// Each word that holds a slash keeps what follows its last slash.
std::string WithoutDirectories(const std::string& text) {
  std::string out;
  size_t word = 0;
  for (const char c : text) {
    if (c == '/') {
      out.resize(word);
    } else {
      out.push_back(c);
      if (c == ' ') word = out.size();
    }
  }
  return out;
}

}  // namespace

Status DiskFull() {
  return Status(ErrorCode::kOutOfDiskSpace,
                "the disk is full: writes are refused until there is space again");
}

Status FromRocksDb(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return Status::Ok();
  if (status.IsNoSpace()) return DiskFull();
  const ErrorCode code =
      status.IsCorruption() ? ErrorCode::kDataCorruptionDetected : ErrorCode::kOperationFailed;
  std::string text = WithoutDirectories(status.ToString());
  // A missing table is looked for under the name that it had in LevelDB, at last.
  const size_t other = text.find(".ldb");
  if (other != std::string::npos) text.replace(other, 4, ".sst");
  return Status(code, std::string(doing) + ": " + text);
}

}  // namespace cairn::kv
