// SPDX-License-Identifier: Apache-2.0
// One document as a resource, /v1/{database}/{collection}/{id}, with its entity tag. A write that
// has a precondition is one conditional command, so that of two writers with the same tag one wins.
// Any thread.
#pragma once

#include "server/http/routes.h"

namespace cairn::server {

/// GET, also for HEAD. 304 when the client has it already.
Reply HandleGetDocument(const Call& call);
/// PUT: replaces it, or creates it (201). 412 when If-Match or If-None-Match: * do not hold.
Reply HandlePutDocument(const Call& call);
/// PATCH: update operators, or a pipeline.
Reply HandlePatchDocument(const Call& call);
/// DELETE
Reply HandleDeleteDocument(const Call& call);

}  // namespace cairn::server
