// SPDX-License-Identifier: Apache-2.0
#include "cairn/maintenance.h"

#include <utility>

#include "cairn/database.h"
#include "engine/base/try.h"
#include "engine/store/repair.h"
#include "engine/store/verify.h"
#include "query/engine.h"
#include "query/plan/partial_filter.h"

namespace cairn {

Result<VerifiedPart> Database::VerifyPart(std::string_view from) {
  CAIRN_TRY_ASSIGN(store::VerifiedPart found, store::VerifyPart(&engine_->store(), from));
  return VerifiedPart{found.files,
                      found.bytes,
                      found.oldest_commit,
                      found.newest_commit,
                      std::move(found.damages),
                      std::move(found.next)};
}

namespace {

kv::OpenOptions OptionsFor(const std::string& path, const LogSink& log) {
  kv::OpenOptions options;
  options.path = path;
  options.log = log;
  return options;
}

}  // namespace

Result<DirectoryReport> VerifyDirectory(const std::string& path, const LogSink& log) {
  CAIRN_TRY_ASSIGN(store::VerifyReport found,
                   store::VerifyStore(OptionsFor(path, log), plan::CompilePartialFilter));
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
  CAIRN_TRY_ASSIGN(store::RepairReport done,
                   store::RepairStore(OptionsFor(path, log), plan::CompilePartialFilter));
  return DirectoryRepair{done.collections,     done.indexes,
                         done.documents,       std::move(done.damages),
                         std::move(done.lost), std::move(done.damaged_directory)};
}

}  // namespace cairn
