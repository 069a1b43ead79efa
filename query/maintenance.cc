// SPDX-License-Identifier: Apache-2.0
#include "cairn/maintenance.h"

#include <utility>

#include "engine/base/try.h"
#include "engine/store/repair.h"
#include "engine/store/verify.h"

namespace cairn {
namespace {

kv::OpenOptions OptionsFor(const std::string& path, const LogSink& log) {
  kv::OpenOptions options;
  options.path = path;
  options.log = log;
  return options;
}

}  // namespace

Result<DirectoryReport> VerifyDirectory(const std::string& path, const LogSink& log) {
  CAIRN_TRY_ASSIGN(store::VerifyReport found, store::VerifyStore(OptionsFor(path, log)));
  DirectoryReport report;
  report.files = found.files;
  report.bytes = found.bytes;
  report.collections = found.collections;
  report.documents = found.documents;
  report.index_entries = found.index_entries;
  report.oldest_commit = found.oldest_commit;
  report.newest_commit = found.newest_commit;
  report.damages = std::move(found.damages);
  return report;
}

Result<DirectoryRepair> RepairDirectory(const std::string& path, const LogSink& log) {
  CAIRN_TRY_ASSIGN(store::RepairReport done, store::RepairStore(OptionsFor(path, log)));
  return DirectoryRepair{done.collections, done.indexes, done.documents, std::move(done.lost),
                         std::move(done.damaged_directory)};
}

}  // namespace cairn
