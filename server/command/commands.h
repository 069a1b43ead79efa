// SPDX-License-Identifier: Apache-2.0
// The commands: one function each, in a file of its own, and the table that finds them by name.
// Thread safety: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/command/invocation.h"
#include "server/command/server_state.h"

namespace cairn::server {

Status RunAggregate(Invocation* invocation, bson::Builder* reply);
Status RunAutoCompact(Invocation* invocation, bson::Builder* reply);
Status RunBuildInfo(Invocation* invocation, bson::Builder* reply);
Status RunBulkWrite(Invocation* invocation, bson::Builder* reply);
Status RunCloneCollectionAsCapped(Invocation* invocation, bson::Builder* reply);
Status RunCollMod(Invocation* invocation, bson::Builder* reply);
Status RunCollStats(Invocation* invocation, bson::Builder* reply);
Status RunCompact(Invocation* invocation, bson::Builder* reply);
Status RunConnPoolStats(Invocation* invocation, bson::Builder* reply);
Status RunConnectionStatus(Invocation* invocation, bson::Builder* reply);
Status RunConvertToCapped(Invocation* invocation, bson::Builder* reply);
Status RunCount(Invocation* invocation, bson::Builder* reply);
Status RunCreate(Invocation* invocation, bson::Builder* reply);
Status RunCreateIndexes(Invocation* invocation, bson::Builder* reply);
Status RunCurrentOp(Invocation* invocation, bson::Builder* reply);
Status RunDataSize(Invocation* invocation, bson::Builder* reply);
Status RunDbHash(Invocation* invocation, bson::Builder* reply);
Status RunDbStats(Invocation* invocation, bson::Builder* reply);
Status RunDelete(Invocation* invocation, bson::Builder* reply);
Status RunDistinct(Invocation* invocation, bson::Builder* reply);
Status RunDrop(Invocation* invocation, bson::Builder* reply);
Status RunDropConnections(Invocation* invocation, bson::Builder* reply);
Status RunDropDatabase(Invocation* invocation, bson::Builder* reply);
Status RunDropIndexes(Invocation* invocation, bson::Builder* reply);
Status RunEndSessions(Invocation* invocation, bson::Builder* reply);
Status RunExplain(Invocation* invocation, bson::Builder* reply);
Status RunFind(Invocation* invocation, bson::Builder* reply);
Status RunFindAndModify(Invocation* invocation, bson::Builder* reply);
Status RunFsync(Invocation* invocation, bson::Builder* reply);
Status RunFsyncUnlock(Invocation* invocation, bson::Builder* reply);
Status RunGetCmdLineOpts(Invocation* invocation, bson::Builder* reply);
Status RunGetDefaultRwConcern(Invocation* invocation, bson::Builder* reply);
Status RunGetLog(Invocation* invocation, bson::Builder* reply);
Status RunGetMore(Invocation* invocation, bson::Builder* reply);
Status RunGetParameter(Invocation* invocation, bson::Builder* reply);
Status RunHello(Invocation* invocation, bson::Builder* reply);
Status RunHostInfo(Invocation* invocation, bson::Builder* reply);
Status RunInsert(Invocation* invocation, bson::Builder* reply);
Status RunKillAllSessions(Invocation* invocation, bson::Builder* reply);
Status RunKillAllSessionsByPattern(Invocation* invocation, bson::Builder* reply);
Status RunKillCursors(Invocation* invocation, bson::Builder* reply);
Status RunKillOp(Invocation* invocation, bson::Builder* reply);
Status RunListCollections(Invocation* invocation, bson::Builder* reply);
Status RunListCommands(Invocation* invocation, bson::Builder* reply);
Status RunListDatabases(Invocation* invocation, bson::Builder* reply);
Status RunListIndexes(Invocation* invocation, bson::Builder* reply);
Status RunLockInfo(Invocation* invocation, bson::Builder* reply);
Status RunLogRotate(Invocation* invocation, bson::Builder* reply);
Status RunPing(Invocation* invocation, bson::Builder* reply);
Status RunPlanCacheClear(Invocation* invocation, bson::Builder* reply);
Status RunPlanCacheClearFilters(Invocation* invocation, bson::Builder* reply);
Status RunPlanCacheListFilters(Invocation* invocation, bson::Builder* reply);
Status RunPlanCacheSetFilter(Invocation* invocation, bson::Builder* reply);
Status RunPing(Invocation* invocation, bson::Builder* reply);
Status RunProfile(Invocation* invocation, bson::Builder* reply);
Status RunRemoveQuerySettings(Invocation* invocation, bson::Builder* reply);
Status RunRenameCollection(Invocation* invocation, bson::Builder* reply);
Status RunServerStatus(Invocation* invocation, bson::Builder* reply);
Status RunSetDefaultRwConcern(Invocation* invocation, bson::Builder* reply);
Status RunSetFeatureCompatibilityVersion(Invocation* invocation, bson::Builder* reply);
Status RunSetParameter(Invocation* invocation, bson::Builder* reply);
Status RunSetQuerySettings(Invocation* invocation, bson::Builder* reply);
Status RunStartSession(Invocation* invocation, bson::Builder* reply);
Status RunTop(Invocation* invocation, bson::Builder* reply);
Status RunUpdate(Invocation* invocation, bson::Builder* reply);
Status RunValidate(Invocation* invocation, bson::Builder* reply);
Status RunValidateDbMetadata(Invocation* invocation, bson::Builder* reply);
Status RunVerifyStore(Invocation* invocation, bson::Builder* reply);
Status RunWhatsMyUri(Invocation* invocation, bson::Builder* reply);

/// What such a command asks for, to be explained; its errors are the command's.
Status ReadCount(const Invocation& invocation, ExplainRequest* request);
Status ReadDelete(const Invocation& invocation, ExplainRequest* request);
Status ReadDistinct(const Invocation& invocation, ExplainRequest* request);
Status ReadFind(const Invocation& invocation, ExplainRequest* request);
Status ReadFindAndModify(const Invocation& invocation, ExplainRequest* request);
Status ReadUpdate(const Invocation& invocation, ExplainRequest* request);
/// Of an explain around an aggregate.
Status ExplainAggregate(Invocation* invocation, Verbosity verbosity, bson::Builder* reply);
/// Appends what explain replies, besides `explained`, to any command.
void AppendExplained(bson::View explained, bson::View command, bson::Builder* reply);

struct CommandRow {
  std::string_view name;
  RunFunction run;
  Concerns concerns;
  bool admin_only = false;  ///< Only on the database "admin".
};

/// All of them, sorted by name.
std::span<const CommandRow> Commands();
/// Whether version 1 of MongoDB's stable API has it.
bool IsInStableApi(std::string_view name);

/// The command `name`, or an error: CommandNotSupported for MongoDB's others, else CommandNotFound.
Result<const CommandRow*> FindCommand(std::string_view name);

/// So long a session would live without use, as drivers are told.
inline constexpr int32_t kSessionMinutes = 30;

/// The name of this machine.
std::string_view ThisHost();
/// Whether sorts and groups may use the disk where a command does not say.
bool DiskUseByDefault(const Invocation& invocation);

/// An operation that is over.
struct ProfiledOperation {
  OperationKind kind = OperationKind::kCommand;
  std::string ns;
  int64_t time_us = 0;
  size_t reply_bytes = 0;
  Status status;
};
/// Records it in the profile of its database, if that wants it.
void Profile(const Invocation& invocation, const ProfiledOperation& operation);

}  // namespace cairn::server
