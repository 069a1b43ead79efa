// SPDX-License-Identifier: Apache-2.0
// The Atlas Data API: POST …/action/{name}. Each action is a translation into one command and of
// its reply. Plain JSON out, or canonical Extended JSON on Accept: application/ejson. Any thread.
#pragma once

#include <optional>

#include "server/http/routes.h"

namespace cairn::server {

/// A find gives at most so many documents.
inline constexpr int64_t kDataApiDocumentsMax = 50000;
/// And at most so many bytes of JSON.
inline constexpr size_t kDataApiReplyBytesMax = size_t{48} * 1024 * 1024;

/// The last captured segment is the action's name.
Reply HandleDataApi(const Call& call);
/// An insertOne that may share a command with others.
std::optional<SingleInsert> ReadInsertOne(const Call& call);

}  // namespace cairn::server
