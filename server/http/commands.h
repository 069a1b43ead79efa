// SPDX-License-Identifier: Apache-2.0
// How HTTP's handlers send commands: build, dispatch, look into the reply. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cairn/cairn.h"
#include "server/http/routes.h"

namespace cairn::server {

/// Sends commands for a client, also after the request that it came with. A value; must not outlive
/// the dispatcher.
class CommandSender {
 public:
  explicit CommandSender(const Call& call)
      : dispatcher_(call.services.dispatcher),
        client_{call.request.peer, call.request.client_gone} {}
  CommandReply Send(std::string_view database, bson::Document body) const;

 private:
  Dispatcher* dispatcher_;
  Client client_;
};

/// Dispatches `body` as a command on `database` for the request's peer.
CommandReply Send(const Call& call, std::string_view database, bson::Document body);

/// The error that `reply` reports: of the whole command, or its first write error.
Status ErrorOf(const CommandReply& reply);
/// The error in {code, errmsg, …}, with what else stands there as its details.
Status ErrorIn(bson::View error);

/// What a command's reply gives as its cursor: a batch, and where it goes on.
struct Batch {
  bson::View documents;  ///< An array in the reply.
  int64_t cursor = 0;    ///< 0: there is no more.
  std::string_view ns;   ///< Borrowed from the reply, as the documents.
};
Batch BatchOf(const CommandReply& reply);
/// getMore of a batch's cursor. `documents_max`: 0: as many as fit.
bson::Document MakeGetMore(int64_t cursor, std::string_view ns, int64_t documents_max);
bson::Document MakeKillCursors(int64_t cursor, std::string_view ns);

/// Runs a command that replies with a cursor and hands over each document, fetching further
/// batches; stops when `visit` returns false.
Status FindEach(const Call& call, std::string_view database, bson::Document query,
                const std::function<bool(bson::View)>& visit);
/// The same for a reply that is there already.
Status VisitEach(const Call& call, std::string_view database, CommandReply reply,
                 const std::function<bool(bson::View)>& visit);

/// `document` with an _id in front: its own, or a new ObjectId. Commands expect ids from their
/// clients.
bson::Document WithId(bson::View document);

/// An insert command of `documents` (each with its _id), open for more of its fields.
bson::Builder MakeInsert(std::string_view collection, std::span<const bson::Document> documents,
                         bool ordered);

/// A number as a count; 0 when it is none.
int64_t AsInteger(bson::Value value);

/// Says of a reply to a write whether it has waited for the disk: "journaled" or "relaxed".
inline constexpr char kDurabilityHeader[] = "Cairn-Durability";
/// Holds `reply` for the commits of `sent`, and says in a header what its writes wait for.
void HoldFor(const CommandReply& sent, Reply* reply);

}  // namespace cairn::server
