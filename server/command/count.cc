// SPDX-License-Identifier: Apache-2.0
// count: {count, query, limit, skip, hint, collation}.
#include <limits>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    CollationParameter(),
    {"fields", Use::kIgnored},
    HintParameter(Use::kOptional),
    {"limit", Use::kOptional, Accepts::kInteger, Null::kAbsent, ErrorCode::kBadValue,
     "limit value is not a valid number"},
    {"query", Use::kOptional, Accepts::kObject},
    {"skip", Use::kOptional, Accepts::kInteger},
};
static_assert(IsSorted(kParameters));

// A negative limit means its absolute value here.
Result<int64_t> ParseLimit(bson::Value value) {
  if (value.missing()) return 0;
  const std::optional<int64_t> limit = ExactInt64(value);
  if (!limit) return Status(ErrorCode::kFailedToParse, "limit value is not a valid number");
  if (*limit == std::numeric_limits<int64_t>::min()) {
    return Status(ErrorCode::kBadValue, "limit value for count cannot be min long");
  }
  return *limit < 0 ? -*limit : *limit;
}

}  // namespace

Status ReadCount(const Invocation& invocation, ExplainRequest* request) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation.body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<int64_t> limit = ParseLimit((*arguments)["limit"]);
  if (!limit.ok()) return std::move(limit).status();
  Result<int64_t> skip = arguments->NonNegative("skip", 0);
  if (!skip.ok()) return std::move(skip).status();

  request->kind = ExplainRequest::Kind::kCount;
  request->filter = arguments->Object("query");
  FindOptions& options = request->options;
  options.skip = *skip;
  options.limit = *limit;
  options.max_time_ms = MaxTimeMs(invocation);
  options.hint = (*arguments)["hint"];
  options.collation = bson::Document(arguments->Object("collation"));
  return Status::Ok();
}

Status RunCount(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  ExplainRequest request;
  Status read = ReadCount(*invocation, &request);
  if (!read.ok()) return read;
  Result<int64_t> count = collection->Count(request.filter, request.options);
  if (!count.ok()) return std::move(count).status();
  AppendCount("n", *count, reply);
  return Status::Ok();
}

}  // namespace cairn::server
