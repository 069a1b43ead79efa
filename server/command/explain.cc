// SPDX-License-Identifier: Apache-2.0
// explain: {explain: {find | count | distinct | update | delete | findAndModify | aggregate: …},
// verbosity}.
#include <algorithm>
#include <iterator>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"
#include "server/command/version.h"

namespace cairn::server {
namespace {

using Kind = ExplainRequest::Kind;

// table: sorted
constexpr Parameter kParameters[] = {
    {"verbosity", Use::kOptional, Accepts::kString},
};
static_assert(IsSorted(kParameters));

struct ExplainedCommand {
  std::string_view name;
  Kind kind;
};

// table: sorted
constexpr ExplainedCommand kCommands[] = {
    {"count", Kind::kCount},
    {"delete", Kind::kDelete},
    {"distinct", Kind::kDistinct},
    {"find", Kind::kFind},
    {"findAndModify", Kind::kFindAndModify},
    {"findandmodify", Kind::kFindAndModify},
    {"update", Kind::kUpdate},
};
static_assert(std::is_sorted(std::begin(kCommands), std::end(kCommands),
                             [](const ExplainedCommand& a, const ExplainedCommand& b) {
                               return a.name < b.name;
                             }));

Result<Verbosity> ParseVerbosity(bson::Value value) {
  if (value.missing()) return Verbosity::kAllPlansExecution;
  const std::string_view name = value.AsString();
  if (name == "queryPlanner") return Verbosity::kQueryPlanner;
  if (name == "executionStats") return Verbosity::kExecutionStats;
  if (name == "allPlansExecution") return Verbosity::kAllPlansExecution;
  return Status(ErrorCode::kBadValue, "Enumeration value '" + std::string(name) +
                                          "' for field 'explain.verbosity' is not a valid value.");
}

Status ReadDocument(bson::View from, std::string_view name, bson::Document* into) {
  const bson::Value value = from[name];
  if (value.missing() || value.type() == bson::Type::kNull) return Status::Ok();
  Status type = CheckType(name, value, Accepts::kObject);
  if (!type.ok()) return type;
  *into = bson::Document(value.AsView());
  return Status::Ok();
}

Status ReadNumber(bson::View from, std::string_view name, int64_t* into) {
  const bson::Value value = from[name];
  if (value.missing() || value.type() == bson::Type::kNull) return Status::Ok();
  Status type = CheckType(name, value, Accepts::kInteger);
  if (!type.ok()) return type;
  *into = std::max<int64_t>(ToInt64(value), 0);
  return Status::Ok();
}

// The one statement of an update or delete.
Result<bson::View> Statement(bson::View command, std::string_view list) {
  const bson::Value statements = command[list];
  if (statements.type() != bson::Type::kArray || statements.AsView().empty()) {
    return Status(ErrorCode::kInvalidLength, "explained write batches must be of size 1");
  }
  const bson::Value first = statements.AsView().begin()->value;
  if (first.type() != bson::Type::kDocument ||
      ++statements.AsView().begin() != statements.AsView().end()) {
    return Status(ErrorCode::kInvalidLength, "explained write batches must be of size 1");
  }
  return first.AsView();
}

Status ReadOptions(bson::View from, std::string_view filter_name, bson::Document* filter,
                   ExplainRequest* request) {
  FindOptions& options = request->options;
  Status status = ReadDocument(from, filter_name, filter);
  if (status.ok()) status = ReadDocument(from, "sort", &options.sort);
  if (status.ok() && request->kind == Kind::kFind) {
    status = ReadDocument(from, "projection", &options.projection);
    if (status.ok()) status = ReadDocument(from, "min", &options.min);
    if (status.ok()) status = ReadDocument(from, "max", &options.max);
  }
  if (status.ok()) status = ReadDocument(from, "collation", &options.collation);
  if (status.ok()) status = ReadDocument(from, "let", &options.let);
  if (status.ok()) status = ReadNumber(from, "skip", &options.skip);
  if (status.ok() && (request->kind == Kind::kFind || request->kind == Kind::kCount)) {
    status = ReadNumber(from, "limit", &options.limit);
  }
  options.hint = from["hint"];
  return status;
}

Status ReadCommand(bson::View command, bson::Document* filter, ExplainRequest* request) {
  switch (request->kind) {
    case Kind::kFind:
      return ReadOptions(command, "filter", filter, request);
    case Kind::kDistinct:
      if (command["key"].type() != bson::Type::kString) {
        return MissingField("distinct", "key");
      }
      request->path = std::string(command["key"].AsString());
      return ReadOptions(command, "query", filter, request);
    case Kind::kFindAndModify:
    case Kind::kFindAndRemove:
      if (!command["remove"].missing() && IsTrue(command["remove"])) {
        request->kind = Kind::kFindAndRemove;
      }
      return ReadOptions(command, "query", filter, request);
    case Kind::kCount:
      return ReadOptions(command, "query", filter, request);
    case Kind::kUpdate: {
      Result<bson::View> statement = Statement(command, "updates");
      if (!statement.ok()) return std::move(statement).status();
      const bson::Value multi = (*statement)["multi"];
      request->multi = !multi.missing() && IsTrue(multi);
      return ReadOptions(*statement, "q", filter, request);
    }
    case Kind::kDelete: {
      Result<bson::View> statement = Statement(command, "deletes");
      if (!statement.ok()) return std::move(statement).status();
      const bson::Value limit = (*statement)["limit"];
      request->multi = !limit.IsNumber() || ToInt64(limit) == 0;
      return ReadOptions(*statement, "q", filter, request);
    }
  }
  return Status::Ok();
}

}  // namespace

void AppendExplained(bson::View explained, bson::View command, bson::Builder* reply) {
  reply->AppendAll(explained);
  reply->AppendDocument("command", command);
  reply->OpenDocument("serverInfo");
  reply->AppendString("version", kMongoVersion);
  reply->Close();
}

Status RunExplain(Invocation* invocation, bson::Builder* reply) {
  const bson::Value target = invocation->target();
  if (target.IsNullish()) return MissingField("explain", "explain");
  if (target.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kTypeMismatch, "BSON field 'explain.explain' is the wrong type '" +
                                                std::string(bson::TypeName(target.type())) +
                                                "', expected type 'object'");
  }
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<Verbosity> verbosity = ParseVerbosity((*arguments)["verbosity"]);
  if (!verbosity.ok()) return std::move(verbosity).status();
  const bson::View command = target.AsView();
  const std::string_view name = command.empty() ? std::string_view() : command.begin()->name;
  Invocation inner = *invocation;
  inner.body = command;
  if (name == "aggregate") return ExplainAggregate(&inner, *verbosity, reply);
  const auto* row = std::find_if(std::begin(kCommands), std::end(kCommands),
                                 [&](const ExplainedCommand& each) { return each.name == name; });
  if (row == std::end(kCommands)) {
    if (FindCommand(name).ok()) {
      return Status(ErrorCode::kIllegalOperation,
                    "Explain failed: " + std::string(name) + " cannot be explained");
    }
    return Status(ErrorCode::kCommandNotFound,
                  "Explain failed due to unknown command: " + std::string(name));
  }
  Result<Collection> collection = TargetCollection(inner);
  if (!collection.ok()) return std::move(collection).status();
  ExplainRequest request;
  request.kind = row->kind;
  request.verbosity = *verbosity;
  request.options.max_time_ms = MaxTimeMs(*invocation);
  bson::Document filter;
  Status read = ReadCommand(command, &filter, &request);
  if (!read.ok()) return read;
  request.filter = filter;
  Result<bson::Document> explained = collection->Explain(request);
  if (!explained.ok()) return std::move(explained).status();
  AppendExplained(*explained, command, reply);
  return Status::Ok();
}

}  // namespace cairn::server
