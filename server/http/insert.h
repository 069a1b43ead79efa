// SPDX-License-Identifier: Apache-2.0
// POST /v1/{database}/{collection}: one document, or many as an array or as lines. Many are
// inserted while they arrive; each has one result, in the same shape. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "server/http/routes.h"

namespace cairn::server {

Reply HandleInsert(const Call& call);
std::optional<SingleInsert> ReadSingleInsert(const Call& call);

/// Larger bodies spare little by sharing.
inline constexpr size_t kSingleInsertBytesMax = size_t{16} << 10;

/// A single insert with the request that it came with.
struct RequestedInsert {
  const Request* request;
  const SingleInsert* insert;
};
/// Inserts them with one command, and so mostly in one commit; each succeeds or fails by itself.
/// All are for the same database and collection, from the same peer, and wait alike. A reply each.
std::vector<Reply> InsertTogether(const Services& services,
                                  std::span<const RequestedInsert> inserts);
/// The same for one.
Reply InsertAlone(const Call& call, const SingleInsert& insert);

/// Takes bodies that are long, or whose length is not known. Null for others, which come to
/// HandleInsert, and for those with an Idempotency-Key, which have to be known whole.
std::unique_ptr<Upload> OpenInsert(const Call& call);

}  // namespace cairn::server
