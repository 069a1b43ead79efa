// SPDX-License-Identifier: Apache-2.0
// Writes to many documents of a collection. Any thread.
#pragma once

#include "server/http/routes.h"

namespace cairn::server {

/// PATCH /v1/{database}/{collection}?filter=…: an update of all matches.
Reply HandleUpdateMany(const Call& call);
/// DELETE /v1/{database}/{collection}?filter=…: deletes all matches; without a filter it drops the
/// collection.
Reply HandleDeleteMany(const Call& call);
/// POST …/_bulk: {operations: [{insertOne: {document}}, {updateOne: {filter, update}}, …],
/// ordered}.
Reply HandleBulk(const Call& call);
/// POST …/_find_and_modify: {filter, update | remove, new, upsert, sort, projection, …}.
Reply HandleFindAndModify(const Call& call);

}  // namespace cairn::server
