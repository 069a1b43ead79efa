// SPDX-License-Identifier: Apache-2.0
// The table of commands, and of MongoDB's commands that are not among them.
#include <algorithm>
#include <iterator>
#include <string>

#include "server/command/commands.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr CommandRow kCommands[] = {
    {"aggregate", RunAggregate, Concerns::kReadWrite},
    {"autoCompact", RunAutoCompact, Concerns::kNone, true},
    {"buildInfo", RunBuildInfo, Concerns::kNone},
    {"buildinfo", RunBuildInfo, Concerns::kNone},
    {"bulkWrite", RunBulkWrite, Concerns::kWrite, true},
    {"cloneCollectionAsCapped", RunCloneCollectionAsCapped, Concerns::kSchema},
    {"collMod", RunCollMod, Concerns::kSchema},
    {"collStats", RunCollStats, Concerns::kNone},
    {"compact", RunCompact, Concerns::kNone},
    {"connPoolStats", RunConnPoolStats, Concerns::kNone},
    {"connectionStatus", RunConnectionStatus, Concerns::kNone},
    {"convertToCapped", RunConvertToCapped, Concerns::kSchema},
    {"count", RunCount, Concerns::kCount},
    {"create", RunCreate, Concerns::kSchema},
    {"createIndexes", RunCreateIndexes, Concerns::kWrite},
    {"currentOp", RunCurrentOp, Concerns::kNone, true},
    {"dataSize", RunDataSize, Concerns::kNone},
    {"dbHash", RunDbHash, Concerns::kNone},
    {"dbStats", RunDbStats, Concerns::kNone},
    {"delete", RunDelete, Concerns::kWrite},
    {"distinct", RunDistinct, Concerns::kRead},
    {"drop", RunDrop, Concerns::kWrite},
    {"dropConnections", RunDropConnections, Concerns::kNone, true},
    {"dropDatabase", RunDropDatabase, Concerns::kWrite},
    {"dropIndexes", RunDropIndexes, Concerns::kWrite},
    {"endSessions", RunEndSessions, Concerns::kNone},
    {"explain", RunExplain, Concerns::kRead},
    {"find", RunFind, Concerns::kRead},
    {"findAndModify", RunFindAndModify, Concerns::kWrite},
    {"findandmodify", RunFindAndModify, Concerns::kWrite},
    {"fsync", RunFsync, Concerns::kNone, true},
    {"fsyncUnlock", RunFsyncUnlock, Concerns::kNone, true},
    {"getCmdLineOpts", RunGetCmdLineOpts, Concerns::kNone, true},
    {"getDefaultRWConcern", RunGetDefaultRwConcern, Concerns::kNone, true},
    {"getLog", RunGetLog, Concerns::kNone, true},
    {"getMore", RunGetMore, Concerns::kNone},
    {"getParameter", RunGetParameter, Concerns::kNone, true},
    {"hello", RunHello, Concerns::kNone},
    {"hostInfo", RunHostInfo, Concerns::kNone},
    {"insert", RunInsert, Concerns::kWrite},
    {"isMaster", RunHello, Concerns::kNone},
    {"ismaster", RunHello, Concerns::kNone},
    {"killAllSessions", RunKillAllSessions, Concerns::kNone},
    {"killAllSessionsByPattern", RunKillAllSessionsByPattern, Concerns::kNone},
    {"killCursors", RunKillCursors, Concerns::kNone},
    {"killOp", RunKillOp, Concerns::kNone, true},
    {"killSessions", RunEndSessions, Concerns::kNone},
    {"listCollections", RunListCollections, Concerns::kNone},
    {"listCommands", RunListCommands, Concerns::kNone},
    {"listDatabases", RunListDatabases, Concerns::kNone, true},
    {"listIndexes", RunListIndexes, Concerns::kNone},
    {"lockInfo", RunLockInfo, Concerns::kNone, true},
    {"logRotate", RunLogRotate, Concerns::kNone, true},
    {"ping", RunPing, Concerns::kNone},
    {"planCacheClear", RunPlanCacheClear, Concerns::kNone},
    {"planCacheClearFilters", RunPlanCacheClearFilters, Concerns::kNone},
    {"planCacheListFilters", RunPlanCacheListFilters, Concerns::kNone},
    {"planCacheSetFilter", RunPlanCacheSetFilter, Concerns::kNone},
    {"profile", RunProfile, Concerns::kNone},
    {"refreshSessions", RunEndSessions, Concerns::kNone},
    {"removeQuerySettings", RunRemoveQuerySettings, Concerns::kNone, true},
    {"renameCollection", RunRenameCollection, Concerns::kSchema, true},
    {"serverStatus", RunServerStatus, Concerns::kNone},
    {"setDefaultRWConcern", RunSetDefaultRwConcern, Concerns::kWrite, true},
    {"setFeatureCompatibilityVersion", RunSetFeatureCompatibilityVersion, Concerns::kWrite, true},
    {"setParameter", RunSetParameter, Concerns::kNone, true},
    {"setQuerySettings", RunSetQuerySettings, Concerns::kNone, true},
    {"startSession", RunStartSession, Concerns::kNone},
    {"top", RunTop, Concerns::kNone, true},
    {"update", RunUpdate, Concerns::kWrite},
    {"validate", RunValidate, Concerns::kNone},
    {"validateDBMetadata", RunValidateDbMetadata, Concerns::kNone},
    {"verifyStore", RunVerifyStore, Concerns::kNone, true},
    {"whatsmyuri", RunWhatsMyUri, Concerns::kNone},
};

// table: sorted
constexpr std::string_view kUnsupported[] = {
    "abortReshardCollection",
    "abortTransaction",
    "addShard",
    "analyze",
    "analyzeShardKey",
    "applyOps",
    "authenticate",
    "balancerStart",
    "balancerStatus",
    "balancerStop",
    "changePrimary",
    "checkMetadataConsistency",
    "commitTransaction",
    "configureQueryAnalyzer",
    "createRole",
    "createSearchIndexes",
    "createUser",
    "dropAllRolesFromDatabase",
    "dropAllUsersFromDatabase",
    "dropRole",
    "dropSearchIndex",
    "dropUser",
    "enableSharding",
    "features",
    "filemd5",
    "flushRouterConfig",
    "getnonce",
    "grantPrivilegesToRole",
    "grantRolesToRole",
    "grantRolesToUser",
    "invalidateUserCache",
    "listSearchIndexes",
    "listShards",
    "logout",
    "mapReduce",
    "moveChunk",
    "movePrimary",
    "reIndex",
    "replSetGetConfig",
    "replSetGetStatus",
    "replSetInitiate",
    "replSetReconfig",
    "replSetStepDown",
    "reshardCollection",
    "revokePrivilegesFromRole",
    "revokeRolesFromRole",
    "revokeRolesFromUser",
    "rolesInfo",
    "rotateCertificates",
    "saslContinue",
    "saslStart",
    "setIndexCommitQuorum",
    "setUserWriteBlockMode",
    "shardCollection",
    "shardingState",
    "shutdown",
    "split",
    "updateRole",
    "updateSearchIndex",
    "updateUser",
    "usersInfo",
    "waitForFailPoint",
};

// Version 1 of MongoDB's stable API, as far as Cairn has it.
// table: sorted
constexpr std::string_view kStable[] = {
    "aggregate",    "bulkWrite",     "collMod",         "count",
    "create",       "createIndexes", "delete",          "drop",
    "dropDatabase", "dropIndexes",   "endSessions",     "explain",
    "find",         "findAndModify", "getMore",         "hello",
    "insert",       "killCursors",   "listCollections", "listDatabases",
    "listIndexes",  "ping",          "refreshSessions", "update",
};

template <typename Table>
constexpr bool Sorted(const Table& table) {
  for (size_t i = 1; i < std::size(table); ++i) {
    if constexpr (requires { table[0].name; }) {
      if (!(table[i - 1].name < table[i].name)) return false;
    } else {
      if (!(table[i - 1] < table[i])) return false;
    }
  }
  return true;
}
static_assert(Sorted(kCommands));
static_assert(Sorted(kUnsupported));
static_assert(Sorted(kStable));

}  // namespace

std::span<const CommandRow> Commands() { return kCommands; }

bool IsInStableApi(std::string_view name) {
  return std::binary_search(std::begin(kStable), std::end(kStable), name);
}

Result<const CommandRow*> FindCommand(std::string_view name) {
  const CommandRow* row = std::lower_bound(
      std::begin(kCommands), std::end(kCommands), name,
      [](const CommandRow& command, std::string_view wanted) { return command.name < wanted; });
  if (row != std::end(kCommands) && row->name == name) return row;
  if (std::binary_search(std::begin(kUnsupported), std::end(kUnsupported), name)) {
    return Status(ErrorCode::kCommandNotSupported,
                  "the command '" + std::string(name) + "' is not supported by Cairn");
  }
  return Status(ErrorCode::kCommandNotFound, "no such command: '" + std::string(name) + "'");
}

}  // namespace cairn::server
