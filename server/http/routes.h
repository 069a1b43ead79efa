// SPDX-License-Identifier: Apache-2.0
// The route table: from method and raw path to a handler. Patterns are matched segment by segment
// on the encoded path; "{name}" matches one segment that does not begin with '_' (those are
// operations) and is handed over decoded, without the '~' that lets names begin so. Query
// parameters are checked against the route's list: an unknown one, or one that comes twice, is an
// error. /openapi.json is made of the same rows. Thread safety: Route may be called from any
// thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/command/dispatch.h"
#include "server/http/request.h"
#include "server/http/target.h"

namespace cairn::server {

class IdempotencyTable;

/// What handlers work with.
struct Services {
  Database* database = nullptr;
  Dispatcher* dispatcher = nullptr;
  IdempotencyTable* idempotency = nullptr;  ///< Null: Idempotency-Key is not looked at.
};

/// A matched request.
struct Call {
  const Request& request;
  const Services& services;
  std::vector<std::string> names;  ///< Decoded segments, in the order of the pattern.
  QueryParameters query;

  const std::string& database() const { return names[0]; }
  const std::string& collection() const { return names[1]; }
  /// The query parameter, or empty when it is not given.
  std::optional<std::string_view> Query(std::string_view name) const;
};

using Handler = Reply (*)(const Call& call);
/// Looks at a request without its body. An upload takes the body and outlives the call, but not
/// `call.services`; null: the body is read whole, within the limits, and comes to the Handler.
using UploadHandler = std::unique_ptr<Upload> (*)(const Call& call);

/// What a request asks for that inserts one document.
struct SingleInsert {
  std::string database;
  std::string collection;
  bool relaxed = false;     ///< It does not want to wait for the disk.
  bson::Document document;  ///< With its _id.
  Reply (*reply)(const Request& request, const SingleInsert& inserted) = nullptr;
};
/// Reads a request that may share a command with others of its kind; nothing: it has to be handled
/// by itself, which also says what is wrong with it.
using SingleInsertReader = std::optional<SingleInsert> (*)(const Call& call);

struct QueryParameter {
  const char* name;
  const char* type;  ///< "json" (Extended JSON), "string", "integer" or "boolean".
  const char* summary;
  bool required = false;
};

/// What a request's body may be.
enum class BodyKind : uint8_t {
  kNone,
  kObject,
  kOptionalObject,
  kObjectOrArray,
  kDocuments,  ///< An object, an array of them, or one a line.
};

/// A member of the object that a route answers with.
struct Member {
  const char* name;
  const char* type;  ///< Of JSON; "any": what documents hold.
};

/// What a route heeds beside its query parameters.
enum Trait : uint8_t {
  kPrefers = 1,  ///< Prefer: return=….
  kTagged = 2,   ///< Its document has an ETag: If-Match, If-None-Match.
  kLines = 4,    ///< It can answer one a line.
};

struct RouteRow {
  const char* method;
  const char* pattern;
  Handler handler;
  const char* summary;
  std::span<const QueryParameter> parameters = {};
  BodyKind body = BodyKind::kNone;
  /// Of replies that are no refusals, the usual one first.
  std::span<const int> statuses = {};
  std::span<const Member> members = {};  ///< None: text, or whatever a document may be.
  uint8_t traits = 0;
  UploadHandler upload = nullptr;
  SingleInsertReader single_insert = nullptr;

  bool Has(Trait trait) const { return (traits & trait) != 0; }
};

/// Every route, sorted by pattern.
std::span<const RouteRow> Routes();

/// Finds the route and runs its handler; 404 and 405 are problem replies, and OPTIONS is answered
/// with the methods of the path.
Reply Route(const Request& request, const Services& services);

/// Whether there is a route for the request's method and path.
bool HasRoute(const Request& request);

/// Bodies that say they are no longer are read whole, without asking for an upload: that is
/// quicker.
inline constexpr uint64_t kWholeBytesMax = uint64_t{1} << 20;

/// The request as one that inserts a document, and may share a command with others.
std::optional<SingleInsert> ReadSingleInsert(const Request& request, const Services& services);

/// The upload that the route opens for the request, whose body has not come yet, or null.
std::unique_ptr<Upload> OpenUpload(const Request& request, const Services& services);

}  // namespace cairn::server
