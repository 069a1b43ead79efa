// SPDX-License-Identifier: Apache-2.0
// The commands: one function each, in a file of its own, and the table that finds them by name.
// Thread safety: any thread.
#pragma once

#include <string_view>

#include "server/command/invocation.h"

namespace cairn::server {

Status RunAggregate(Invocation* invocation, bson::Builder* reply);
Status RunBuildInfo(Invocation* invocation, bson::Builder* reply);
Status RunBulkWrite(Invocation* invocation, bson::Builder* reply);
Status RunCloneCollectionAsCapped(Invocation* invocation, bson::Builder* reply);
Status RunCollMod(Invocation* invocation, bson::Builder* reply);
Status RunCompact(Invocation* invocation, bson::Builder* reply);
Status RunConvertToCapped(Invocation* invocation, bson::Builder* reply);
Status RunCount(Invocation* invocation, bson::Builder* reply);
Status RunCreate(Invocation* invocation, bson::Builder* reply);
Status RunCreateIndexes(Invocation* invocation, bson::Builder* reply);
Status RunDelete(Invocation* invocation, bson::Builder* reply);
Status RunDistinct(Invocation* invocation, bson::Builder* reply);
Status RunDrop(Invocation* invocation, bson::Builder* reply);
Status RunDropDatabase(Invocation* invocation, bson::Builder* reply);
Status RunDropIndexes(Invocation* invocation, bson::Builder* reply);
Status RunExplain(Invocation* invocation, bson::Builder* reply);
Status RunFind(Invocation* invocation, bson::Builder* reply);
Status RunFindAndModify(Invocation* invocation, bson::Builder* reply);
Status RunGetMore(Invocation* invocation, bson::Builder* reply);
Status RunHello(Invocation* invocation, bson::Builder* reply);
Status RunInsert(Invocation* invocation, bson::Builder* reply);
Status RunKillCursors(Invocation* invocation, bson::Builder* reply);
Status RunListCollections(Invocation* invocation, bson::Builder* reply);
Status RunListDatabases(Invocation* invocation, bson::Builder* reply);
Status RunListIndexes(Invocation* invocation, bson::Builder* reply);
Status RunPlanCacheClear(Invocation* invocation, bson::Builder* reply);
Status RunPlanCacheClearFilters(Invocation* invocation, bson::Builder* reply);
Status RunPlanCacheListFilters(Invocation* invocation, bson::Builder* reply);
Status RunPlanCacheSetFilter(Invocation* invocation, bson::Builder* reply);
Status RunPing(Invocation* invocation, bson::Builder* reply);
Status RunRemoveQuerySettings(Invocation* invocation, bson::Builder* reply);
Status RunRenameCollection(Invocation* invocation, bson::Builder* reply);
Status RunSetQuerySettings(Invocation* invocation, bson::Builder* reply);
Status RunUpdate(Invocation* invocation, bson::Builder* reply);
Status RunValidate(Invocation* invocation, bson::Builder* reply);
Status RunValidateDbMetadata(Invocation* invocation, bson::Builder* reply);
Status RunVerifyStore(Invocation* invocation, bson::Builder* reply);

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

/// The command `name`, or an error: CommandNotSupported for MongoDB's others, else CommandNotFound.
Result<const CommandRow*> FindCommand(std::string_view name);

}  // namespace cairn::server
