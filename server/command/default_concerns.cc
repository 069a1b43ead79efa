// SPDX-License-Identifier: Apache-2.0
// getDefaultRWConcern and setDefaultRWConcern: what commands without a concern of their own have.
#include <chrono>
#include <optional>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kSet[] = {
    {"defaultReadConcern", Use::kOptional, Accepts::kObject},
    {"defaultWriteConcern", Use::kOptional, Accepts::kObject},
};
static_assert(IsSorted(kSet));

// table: sorted
constexpr Parameter kGet[] = {
    {"inMemory", Use::kIgnored, Accepts::kBoolOrNumber},
};

int64_t WallMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// As it is shown: {w, wtimeout}.
bson::Document Complete(bson::View concern) {
  if (concern.empty()) return {};
  bson::Builder complete;
  if (concern["w"].missing()) {
    complete.AppendString("w", "majority");
  } else {
    complete.Append("w", concern["w"]);
  }
  if (!concern["j"].missing()) complete.Append("j", concern["j"]);
  const bson::Value timeout = concern["wtimeout"];
  AppendCount("wtimeout", timeout.IsNumber() ? std::max<int64_t>(ToInt64(timeout), 0) : 0,
              &complete);
  return complete.Finish();
}

void AppendConcerns(const DefaultConcerns& concerns, bson::Builder* reply) {
  reply->OpenDocument("defaultReadConcern");
  if (concerns.read) {
    reply->AppendAll(*concerns.read);
  } else {
    reply->AppendString("level", "local");
  }
  reply->Close().OpenDocument("defaultWriteConcern");
  if (concerns.write) {
    reply->AppendAll(*concerns.write);
  } else {
    reply->AppendString("w", "majority").AppendInt32("wtimeout", 0);
  }
  reply->Close();
  if (concerns.set_ms != 0) reply->AppendDate("updateWallClockTime", concerns.set_ms);
  reply->AppendString("defaultWriteConcernSource", concerns.write ? "global" : "implicit");
  reply->AppendString("defaultReadConcernSource", concerns.read ? "global" : "implicit");
  reply->AppendDate("localUpdateWallClockTime", WallMs());
}

}  // namespace

Status RunGetDefaultRwConcern(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kGet, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  AppendConcerns(invocation->state->default_concerns(), reply);
  return Status::Ok();
}

Status RunSetDefaultRwConcern(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kSet, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  const bool read = arguments->Has("defaultReadConcern");
  const bool write = arguments->Has("defaultWriteConcern");
  if (!read && !write) {
    return Status(ErrorCode::kBadValue,
                  "At least one of the \"defaultReadConcern\" or \"defaultWriteConcern\" fields "
                  "must be present");
  }
  DefaultConcerns concerns = invocation->state->default_concerns();
  if (read) {
    const bson::View wanted = arguments->Object("defaultReadConcern");
    Status valid = CheckDefaultReadConcern(wanted);
    if (!valid.ok()) return valid;
    concerns.read.reset();
    if (!wanted.empty()) concerns.read.emplace(wanted);
  }
  if (write) {
    const bson::View wanted = arguments->Object("defaultWriteConcern");
    Result<WriteConcern> valid = ParseWriteConcern(wanted);
    if (!valid.ok()) return std::move(valid).status();
    if (wanted.empty() && concerns.write) {
      return Status(ErrorCode::kIllegalOperation,
                    "The global default write concern cannot be unset once it is set.");
    }
    if (!wanted.empty() && !valid->acknowledged) {
      return Status(ErrorCode::kBadValue,
                    "Unacknowledged write concern is not allowed for the default");
    }
    if (!wanted.empty()) concerns.write = Complete(wanted);
  }
  concerns.set_ms = WallMs();
  invocation->state->SetDefaultConcerns(concerns);
  AppendConcerns(concerns, reply);
  return Status::Ok();
}

}  // namespace cairn::server
