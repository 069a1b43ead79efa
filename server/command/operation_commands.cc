// SPDX-License-Identifier: Apache-2.0
// currentOp: {currentOp: 1, …}, whose other fields are a filter, and killOp: {killOp: 1, op: id}.
#include <limits>
#include <optional>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kKillOp[] = {
    {"op", Use::kRequired, Accepts::kInteger, Null::kWrongType},
};

// Fields that say which operations are meant, and how they are shown.
bool IsOption(std::string_view name) {
  return name == "$all" || name == "$ownOps" || name == "$truncateOps" || IsGenericArgument(name);
}

}  // namespace

Status RunCurrentOp(Invocation* invocation, bson::Builder* reply) {
  bson::Builder wanted;
  for (auto field = ++invocation->body.begin(); field != invocation->body.end(); ++field) {
    if (!IsOption(field->name)) wanted.Append(field->name, field->value);
  }
  const bson::Document filter_source = wanted.Finish();
  Result<Filter> filter = Filter::Parse(filter_source);
  if (!filter.ok()) return std::move(filter).status();
  reply->OpenArray("inprog");
  for (const bson::Document& operation : invocation->database->CurrentOperations()) {
    Result<bool> matches = filter->Matches(operation);
    if (!matches.ok()) return std::move(matches).status();
    if (*matches) reply->AppendDocument(reply->NextIndex(), operation);
  }
  reply->Close();
  return Status::Ok();
}

Status RunKillOp(Invocation* invocation, bson::Builder* reply) {
  bson::Builder known;
  for (const bson::Element& field : invocation->body) {
    if (field.name == "op") known.Append(field.name, field.value);
  }
  const bson::Document options = known.Finish();
  Result<Arguments> arguments = Arguments::OfDocument("killOp", kKillOp, options);
  if (!arguments.ok()) return std::move(arguments).status();
  const std::optional<int64_t> id = ExactInt64((*arguments)["op"]);
  constexpr int64_t kMin = std::numeric_limits<int32_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  if (!id || *id < kMin || *id > kMax) {
    return Status(ErrorCode::kBadValue, "invalid op : it does not fit into 32 bits");
  }
  invocation->database->KillOperation(*id);
  reply->AppendString("info", "attempting to kill op");
  return Status::Ok();
}

}  // namespace cairn::server
