// SPDX-License-Identifier: Apache-2.0
// POST /v1/{database}/{collection}: one document, or many as an array or as lines. Many are
// inserted while they arrive; each has one result, in the same shape. Any thread.
#pragma once

#include <memory>

#include "server/http/routes.h"

namespace cairn::server {

Reply HandleInsert(const Call& call);

/// Takes bodies that are long, or whose length is not known. Null for others, which come to
/// HandleInsert, and for those with an Idempotency-Key, which have to be known whole.
std::unique_ptr<Upload> OpenInsert(const Call& call);

}  // namespace cairn::server
