// SPDX-License-Identifier: Apache-2.0
// Deadline, concerns and the rest of what any command may carry.
#include "server/command/generic_arguments.h"

#include <limits>

#include "server/command/parameters.h"
#include "server/command/stage_concerns.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kGeneric[] = {
    {"$audit", Use::kIgnored},
    {"$client", Use::kIgnored},
    {"$clusterTime", Use::kIgnored},
    {"$configServerState", Use::kIgnored},
    {"$db", Use::kOptional, Accepts::kString, Null::kWrongType},
    {"$queryOptions", Use::kIgnored},
    {"$readPreference", Use::kIgnored},
    {"$replData", Use::kIgnored},
    {"apiDeprecationErrors", Use::kIgnored, Accepts::kBool},
    {"apiStrict", Use::kOptional, Accepts::kBool},
    {"apiVersion", Use::kOptional, Accepts::kString},
    {"autocommit", Use::kOptional, Accepts::kBool},
    {"clientOperationKey", Use::kIgnored},
    {"comment", Use::kIgnored},
    {"lsid", Use::kIgnored, Accepts::kObject},
    {"maxTimeMS", Use::kOptional, Accepts::kInteger},
    {"readConcern", Use::kOptional, Accepts::kObject},
    {"startTransaction", Use::kOptional, Accepts::kBool},
    {"txnNumber", Use::kOptional, Accepts::kLong},
    {"writeConcern", Use::kOptional, Accepts::kObject},
};
static_assert(IsSorted(kGeneric));

// table: sorted
constexpr Parameter kReadConcern[] = {
    {"afterClusterTime", Use::kOptional, Accepts::kTimestamp, Null::kWrongType},
    {"atClusterTime", Use::kOptional, Accepts::kTimestamp, Null::kWrongType},
    {"level", Use::kOptional, Accepts::kString},
    {"provenance", Use::kOptional, Accepts::kString},
};
static_assert(IsSorted(kReadConcern));

// table: sorted
constexpr Parameter kWriteConcern[] = {
    {"fsync", Use::kIgnored, Accepts::kBoolOrNumber},
    {"j", Use::kOptional, Accepts::kBoolOrNumber},
    {"provenance", Use::kOptional, Accepts::kString},
    {"w", Use::kOptional, Accepts::kAny, Null::kWrongType},
    {"wtimeout", Use::kOptional, Accepts::kAny},
};
static_assert(IsSorted(kWriteConcern));

constexpr int64_t kMaxNodes = 50;

Result<int64_t> ParseMaxTime(bson::Value value) {
  const std::optional<int64_t> ms = ExactInt64(value);
  if (!ms) return Status(ErrorCode::kFailedToParse, "maxTimeMS has non-integral value");
  if (*ms < 0 || *ms > std::numeric_limits<int32_t>::max()) {
    return Status(ErrorCode::kBadValue,
                  std::to_string(*ms) + " value for maxTimeMS is out of range [0, 2147483647]");
  }
  return *ms;
}

Status CheckProvenance(const Arguments& concern) {
  const bson::Value value = concern["provenance"];
  if (value.missing()) return Status::Ok();
  for (std::string_view known :
       {"clientSupplied", "customDefault", "getLastErrorDefaults", "implicitDefault"}) {
    if (value.AsString() == known) return Status::Ok();
  }
  return Status(ErrorCode::kBadValue, "Enumeration value '" + std::string(value.AsString()) +
                                          "' for field 'provenance' is not a valid value.");
}

Status CheckReadConcern(bson::View body, bson::View concern, Concerns concerns) {
  Result<Arguments> arguments = Arguments::OfDocument("readConcern", kReadConcern, concern);
  if (!arguments.ok()) return std::move(arguments).status();
  Status provenance = CheckProvenance(*arguments);
  if (!provenance.ok()) return provenance;
  const bson::Value given = (*arguments)["level"];
  const std::string level(given.missing() ? "local" : given.AsString());
  if (level == "snapshot" && arguments->Has("atClusterTime") &&
      (*arguments)["atClusterTime"].AsTimestamp().seconds == 0) {
    return Status(ErrorCode::kInvalidOptions,
                  "readConcern.atClusterTime cannot be a null timestamp");
  }
  const bool clustered = level == "linearizable" || level == "snapshot";
  if (!clustered && level != "local" && level != "majority" && level != "available") {
    return Status(
        ErrorCode::kBadValue,
        "Enumeration value '" + level + "' for field 'readConcern.level' is not a valid value.");
  }
  Status stages = CheckStageConcerns(body, level);
  if (!stages.ok()) return stages;
  const bool query = concerns == Concerns::kRead || concerns == Concerns::kCount ||
                     concerns == Concerns::kReadWrite;
  if ((!query && level != "local") || (concerns == Concerns::kCount && level == "snapshot")) {
    return Status(ErrorCode::kInvalidOptions, "Command does not support read concern " + level);
  }
  if (clustered) {
    return Status(ErrorCode::kNotAReplicaSet,
                  "read concern " + level + " needs a replica set; this is a single server");
  }
  if (arguments->Has("atClusterTime")) {
    return Status(ErrorCode::kInvalidOptions,
                  "readConcern.atClusterTime needs read concern level snapshot");
  }
  if (arguments->Has("afterClusterTime")) {
    return Status(ErrorCode::kIllegalOperation,
                  "Cannot specify afterClusterTime readConcern without replication enabled");
  }
  return Status::Ok();
}

Status ParseNodes(bson::Value w, WriteConcern* concern) {
  if (w.missing()) return Status::Ok();
  if (w.type() == bson::Type::kNull) {
    return Status(ErrorCode::kBadValue, "w has to be a number, a string or an object");
  }
  if (w.type() == bson::Type::kString) {
    if (w.AsString() != "majority") {
      concern->unsatisfiable =
          Status(ErrorCode::kUnknownReplWriteConcern,
                 "No write concern mode named '" + std::string(w.AsString()) + "' found");
    }
    return Status::Ok();
  }
  const bool tags = w.type() == bson::Type::kDocument;
  if (tags && w.AsView().empty()) {
    return Status(ErrorCode::kFailedToParse, "tags of w must not be empty");
  }
  if (tags) {
    if (w.AsView().empty()) {
      return Status(ErrorCode::kFailedToParse, "tagged write concern requires tags");
    }
    for (const bson::Element& tag : w.AsView()) {
      if (!tag.value.IsNumber()) {
        return Status(ErrorCode::kFailedToParse, "tags of w must be numbers");
      }
    }
  } else if (!w.IsNumber()) {
    return Status(ErrorCode::kFailedToParse, "w has to be a number, string, or object; found: " +
                                                 std::string(bson::TypeName(w.type())));
  }
  const int64_t nodes = tags ? 2 : ToInt64(w);
  const bool nan = w.type() == bson::Type::kDouble       ? w.AsDouble() != w.AsDouble()
                   : w.type() == bson::Type::kDecimal128 ? w.AsDecimal128().IsNaN()
                                                         : false;
  if (nan || nodes < 0 || nodes > kMaxNodes) {
    return Status(ErrorCode::kFailedToParse,
                  "w has to be a non-negative number and not greater than 50");
  }
  concern->acknowledged = nodes != 0;
  if (nodes > 1) {
    concern->unsatisfiable =
        Status(ErrorCode::kUnsatisfiableWriteConcern, "Not enough data-bearing nodes");
  }
  return Status::Ok();
}

Status CheckSession(const Arguments& arguments) {
  if (arguments.Has("txnNumber") || arguments.Has("startTransaction") ||
      arguments.Has("autocommit")) {
    return Status(ErrorCode::kIllegalOperation,
                  "Transaction numbers are only allowed on a replica set member or mongos");
  }
  const bson::Value version = arguments["apiVersion"];
  if (!version.missing() && version.AsString() != "1") {
    return Status(ErrorCode::kAPIVersionError, "API version must be \"1\"");
  }
  if (version.missing() && (arguments.Has("apiStrict") || arguments.Has("apiDeprecationErrors"))) {
    return Status(ErrorCode::kLocation4886600,
                  "Provided apiStrict and/or apiDeprecationErrors without passing apiVersion");
  }
  return Status::Ok();
}

}  // namespace

Result<WriteConcern> ParseWriteConcern(bson::View document) {
  Result<Arguments> arguments = Arguments::OfDocument("writeConcern", kWriteConcern, document);
  if (!arguments.ok()) return std::move(arguments).status();
  Status provenance = CheckProvenance(*arguments);
  if (!provenance.ok()) return provenance;
  WriteConcern concern;
  Status nodes = ParseNodes((*arguments)["w"], &concern);
  if (!nodes.ok()) return nodes;
  if (arguments->Has("j")) concern.journaled = arguments->Bool("j", false);
  // A wait for one node ends by itself, so the time is checked and otherwise without effect.
  const bson::Value timeout = (*arguments)["wtimeout"];
  if (timeout.IsNumber() && ToInt64(timeout) > std::numeric_limits<int32_t>::max()) {
    return Status(ErrorCode::kFailedToParse, "wtimeout must be at most 2147483647 milliseconds");
  }
  return concern;
}

Status CheckDefaultReadConcern(bson::View document) {
  Result<Arguments> arguments = Arguments::OfDocument("readConcern", kReadConcern, document);
  if (!arguments.ok()) return std::move(arguments).status();
  const bson::Value level = (*arguments)["level"];
  if (level.missing()) return Status::Ok();
  for (const std::string_view known : {"local", "available", "majority"}) {
    if (level.AsString() == known) return Status::Ok();
  }
  return Status(ErrorCode::kBadValue, "level '" + std::string(level.AsString()) +
                                          "' is not allowed for the default read concern");
}

bool IsGenericArgument(std::string_view name) { return FindParameter(kGeneric, name) >= 0; }

Result<GenericArguments> ParseGenericArguments(bson::View body, std::string_view database,
                                               Concerns concerns) {
  bson::Builder found;
  auto element = body.begin();
  const std::string_view command = element->name;
  for (++element; element != body.end(); ++element) {
    if (IsGenericArgument(element->name)) found.Append(element->name, element->value);
  }
  // The time of a command that is explained is that of explaining it, if that has none.
  if (command == "explain" && body.begin()->value.type() == bson::Type::kDocument &&
      body["maxTimeMS"].missing()) {
    const bson::Value ms = body.begin()->value.AsView()["maxTimeMS"];
    if (!ms.missing()) found.Append("maxTimeMS", ms);
  }
  const bson::Document document = found.Finish();
  if (document.empty()) return GenericArguments();
  Result<Arguments> parsed = Arguments::OfDocument(command, kGeneric, document);
  if (!parsed.ok()) return std::move(parsed).status();
  const Arguments& arguments = *parsed;

  GenericArguments generic;
  generic.api_strict = arguments.Bool("apiStrict", false);
  const bson::Value named = arguments["$db"];
  if (!named.missing() && named.AsString() != database) {
    return Status(ErrorCode::kBadValue, "$db is not the database that the request names");
  }
  Status session = CheckSession(arguments);
  if (!session.ok()) return session;
  if (arguments.Has("maxTimeMS")) {
    Result<int64_t> ms = ParseMaxTime(arguments["maxTimeMS"]);
    if (!ms.ok()) return std::move(ms).status();
    generic.max_time_ms = *ms;
  }
  if (arguments.Has("readConcern")) {
    Status status = CheckReadConcern(body, arguments.Object("readConcern"), concerns);
    if (!status.ok()) return status;
  }
  if (arguments.Has("writeConcern")) {
    if (concerns != Concerns::kWrite && concerns != Concerns::kReadWrite &&
        concerns != Concerns::kSchema) {
      return Status(ErrorCode::kInvalidOptions, "Command does not support writeConcern");
    }
    Result<WriteConcern> concern = ParseWriteConcern(arguments.Object("writeConcern"));
    if (!concern.ok()) return std::move(concern).status();
    if (concerns == Concerns::kSchema && !concern->unsatisfiable.ok()) {
      const bool tags = arguments.Object("writeConcern")["w"].type() == bson::Type::kDocument;
      if (!tags) {
        return Status(
            ErrorCode::kBadValue,
            "cannot use 'w' other than 0, 1 and \"majority\" when a host is not replicated");
      }
      concern->unsatisfiable = Status::Ok();
    }
    generic.write_concern = std::move(concern).value();
    // Such a command may write nothing at all, so it is refused before it begins.
    const Status& unsatisfiable = generic.write_concern.unsatisfiable;
    if (concerns == Concerns::kReadWrite && arguments.Object("writeConcern")["w"].IsNumber() &&
        unsatisfiable.code() == ErrorCode::kUnsatisfiableWriteConcern) {
      return Status(ErrorCode::kBadValue, "cannot use 'w' > 1 when a host is not replicated");
    }
  }
  return generic;
}

}  // namespace cairn::server
