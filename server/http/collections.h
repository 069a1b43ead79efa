// SPDX-License-Identifier: Apache-2.0
// Databases and collections as resources. Any thread.
#pragma once

#include "server/http/routes.h"

namespace cairn::server {

/// GET /v1: databases, with sizes.
Reply HandleListDatabases(const Call& call);
/// GET /v1/{database}: collections and views, with counts and sizes.
Reply HandleListCollections(const Call& call);
/// DELETE /v1/{database}
Reply HandleDropDatabase(const Call& call);
/// PUT /v1/{database}/{collection}: creates it with the options in the body; 200 when it is there
/// already with the same ones.
Reply HandleCreateCollection(const Call& call);

/// DELETE /v1/{database}/{collection} without a filter.
Reply DropCollection(const Call& call);

}  // namespace cairn::server
