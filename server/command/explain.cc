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

// table: sorted
constexpr Parameter kParameters[] = {
    {"verbosity", Use::kOptional, Accepts::kString},
};
static_assert(IsSorted(kParameters));

struct ExplainedCommand {
  std::string_view name;
  Status (*read)(const Invocation& invocation, ExplainRequest* request);
};

// table: sorted
constexpr ExplainedCommand kCommands[] = {
    {"count", ReadCount},
    {"delete", ReadDelete},
    {"distinct", ReadDistinct},
    {"find", ReadFind},
    {"findAndModify", ReadFindAndModify},
    {"findandmodify", ReadFindAndModify},
    {"update", ReadUpdate},
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
  Status read = row->read(inner, &request);
  if (!read.ok()) return read;
  request.verbosity = *verbosity;
  Result<bson::Document> explained = collection->Explain(request);
  if (!explained.ok()) return std::move(explained).status();
  AppendExplained(*explained, command, reply);
  return Status::Ok();
}

}  // namespace cairn::server
