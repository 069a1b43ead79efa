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
    {"buildInfo", RunBuildInfo, Concerns::kNone},
    {"buildinfo", RunBuildInfo, Concerns::kNone},
    {"bulkWrite", RunBulkWrite, Concerns::kWrite, true},
    {"cloneCollectionAsCapped", RunCloneCollectionAsCapped, Concerns::kSchema},
    {"collMod", RunCollMod, Concerns::kSchema},
    {"compact", RunCompact, Concerns::kNone},
    {"convertToCapped", RunConvertToCapped, Concerns::kSchema},
    {"count", RunCount, Concerns::kCount},
    {"create", RunCreate, Concerns::kSchema},
    {"createIndexes", RunCreateIndexes, Concerns::kWrite},
    {"delete", RunDelete, Concerns::kWrite},
    {"distinct", RunDistinct, Concerns::kRead},
    {"drop", RunDrop, Concerns::kWrite},
    {"dropDatabase", RunDropDatabase, Concerns::kWrite},
    {"dropIndexes", RunDropIndexes, Concerns::kWrite},
    {"explain", RunExplain, Concerns::kRead},
    {"find", RunFind, Concerns::kRead},
    {"findAndModify", RunFindAndModify, Concerns::kWrite},
    {"findandmodify", RunFindAndModify, Concerns::kWrite},
    {"getMore", RunGetMore, Concerns::kNone},
    {"hello", RunHello, Concerns::kNone},
    {"insert", RunInsert, Concerns::kWrite},
    {"isMaster", RunHello, Concerns::kNone},
    {"ismaster", RunHello, Concerns::kNone},
    {"killCursors", RunKillCursors, Concerns::kNone},
    {"listCollections", RunListCollections, Concerns::kNone},
    {"listDatabases", RunListDatabases, Concerns::kNone, true},
    {"listIndexes", RunListIndexes, Concerns::kNone},
    {"ping", RunPing, Concerns::kNone},
    {"planCacheClear", RunPlanCacheClear, Concerns::kNone},
    {"planCacheClearFilters", RunPlanCacheClearFilters, Concerns::kNone},
    {"planCacheListFilters", RunPlanCacheListFilters, Concerns::kNone},
    {"planCacheSetFilter", RunPlanCacheSetFilter, Concerns::kNone},
    {"removeQuerySettings", RunRemoveQuerySettings, Concerns::kNone, true},
    {"renameCollection", RunRenameCollection, Concerns::kSchema, true},
    {"setQuerySettings", RunSetQuerySettings, Concerns::kNone, true},
    {"update", RunUpdate, Concerns::kWrite},
    {"validate", RunValidate, Concerns::kNone},
    {"validateDBMetadata", RunValidateDbMetadata, Concerns::kNone},
    {"verifyStore", RunVerifyStore, Concerns::kNone, true},
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
    "autoCompact",
    "balancerStart",
    "balancerStatus",
    "balancerStop",
    "changePrimary",
    "checkMetadataConsistency",
    "collStats",
    "commitTransaction",
    "configureQueryAnalyzer",
    "connPoolStats",
    "connectionStatus",
    "createRole",
    "createSearchIndexes",
    "createUser",
    "currentOp",
    "dataSize",
    "dbHash",
    "dbStats",
    "dropAllRolesFromDatabase",
    "dropAllUsersFromDatabase",
    "dropConnections",
    "dropRole",
    "dropSearchIndex",
    "dropUser",
    "enableSharding",
    "endSessions",
    "features",
    "filemd5",
    "flushRouterConfig",
    "fsync",
    "fsyncUnlock",
    "getCmdLineOpts",
    "getDefaultRWConcern",
    "getLog",
    "getParameter",
    "getnonce",
    "grantPrivilegesToRole",
    "grantRolesToRole",
    "grantRolesToUser",
    "hostInfo",
    "invalidateUserCache",
    "killAllSessions",
    "killAllSessionsByPattern",
    "killOp",
    "killSessions",
    "listCommands",
    "listSearchIndexes",
    "listShards",
    "lockInfo",
    "logRotate",
    "logout",
    "mapReduce",
    "moveChunk",
    "movePrimary",
    "profile",
    "reIndex",
    "refreshSessions",
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
    "serverStatus",
    "setDefaultRWConcern",
    "setFeatureCompatibilityVersion",
    "setIndexCommitQuorum",
    "setParameter",
    "setUserWriteBlockMode",
    "shardCollection",
    "shardingState",
    "shutdown",
    "split",
    "startSession",
    "top",
    "updateRole",
    "updateSearchIndex",
    "updateUser",
    "usersInfo",
    "waitForFailPoint",
    "whatsmyuri",
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

}  // namespace

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
