// SPDX-License-Identifier: Apache-2.0
#include "server/command/stage_concerns.h"

#include <algorithm>
#include <string>

namespace cairn::server {
namespace {

// What they show is in memory here and now, and in no snapshot.
// table: sorted
constexpr std::string_view kOfThisServer[] = {"$currentOp", "$listLocalSessions", "$planCacheStats",
                                              "$querySettings"};
static_assert(std::ranges::is_sorted(kOfThisServer));

bool Goes(std::string_view stage, std::string_view level) {
  if (stage == "$merge" || stage == "$out") return level != "linearizable";
  return level == "local" || !std::ranges::binary_search(kOfThisServer, stage);
}

}  // namespace

Status CheckStageConcerns(bson::View body, std::string_view level) {
  if (body.empty() || body.begin()->name != "aggregate") return Status::Ok();
  const bson::Value pipeline = body["pipeline"];
  if (pipeline.type() != bson::Type::kArray) return Status::Ok();
  for (const bson::Element& element : pipeline.AsView()) {
    if (element.value.type() != bson::Type::kDocument || element.value.AsView().empty()) continue;
    const std::string_view stage = element.value.AsView().begin()->name;
    if (Goes(stage, level)) continue;
    return Status(
        ErrorCode::kInvalidOptions,
        std::string(stage) + " cannot be used with the read concern level " + std::string(level));
  }
  return Status::Ok();
}

}  // namespace cairn::server
