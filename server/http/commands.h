// SPDX-License-Identifier: Apache-2.0
// How HTTP's handlers send commands: build, dispatch, look into the reply. Any thread.
#pragma once

#include <functional>
#include <optional>

#include "cairn/cairn.h"
#include "server/http/routes.h"

namespace cairn::server {

/// Dispatches `body` as a command on `database` for the request's peer.
CommandReply Send(const Call& call, std::string_view database, bson::Document body);

/// The error that `reply` reports: of the whole command, or its first write error.
Status ErrorOf(const CommandReply& reply);

/// Runs a find, or an aggregate on a collection, and hands over each document, fetching further
/// batches; stops when `visit` returns false.
Status FindEach(const Call& call, std::string_view database, bson::Document query,
                const std::function<bool(bson::View)>& visit);

/// `document` with an _id in front: its own, or a new ObjectId. Commands expect ids from their
/// clients.
bson::Document WithId(bson::View document);

/// An insert command of `documents` (each with its _id).
bson::Document MakeInsert(std::string_view collection, std::span<const bson::Document> documents,
                          bool ordered);

/// Holds `reply` for the commits of `sent`.
void HoldFor(const CommandReply& sent, Reply* reply);

}  // namespace cairn::server
