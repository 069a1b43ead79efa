// SPDX-License-Identifier: Apache-2.0
// startSession, endSessions, refreshSessions, killSessions, killAllSessions and
// killAllSessionsByPattern. Drivers send them of themselves. A session ties nothing together here:
// an "lsid" is accepted everywhere, so that ending or killing one has nothing to do.
#include <random>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

constexpr uint8_t kUuidSubtype = 4;
constexpr uint8_t kHashSubtype = 0;
constexpr size_t kUuidBytes = 16;
constexpr size_t kHashBytes = 32;
constexpr size_t kSessionsMax = 10000;

// table: sorted
constexpr Parameter kSession[] = {
    {"id", Use::kRequired, Accepts::kAny, Null::kWrongType},
    {"txnNumber", Use::kIgnored, Accepts::kLong},
    {"txnUUID", Use::kIgnored},
    {"uid", Use::kIgnored},
};
static_assert(IsSorted(kSession));

// table: sorted
constexpr Parameter kUser[] = {
    {"db", Use::kRequired, Accepts::kString},
    {"user", Use::kRequired, Accepts::kString},
};
static_assert(IsSorted(kUser));

// table: sorted
constexpr Parameter kPattern[] = {
    {"lsid", Use::kOptional, Accepts::kObject},
    {"roles", Use::kIgnored, Accepts::kArray},
    {"uid", Use::kOptional, Accepts::kAny},
    {"users", Use::kIgnored, Accepts::kArray},
};
static_assert(IsSorted(kPattern));

std::string NewUuid() {
  std::random_device device;
  std::string uuid(kUuidBytes, '\0');
  for (char& byte : uuid) byte = static_cast<char>(device());
  uuid[6] = static_cast<char>((uuid[6] & 0x0F) | 0x40);  // Version 4: random.
  uuid[8] = static_cast<char>((uuid[8] & 0x3F) | 0x80);
  return uuid;
}

Status CheckUuid(std::string_view field, bson::Value value) {
  if (value.type() != bson::Type::kBinary || value.BinarySubtype() != kUuidSubtype) {
    return Status(ErrorCode::kTypeMismatch,
                  "BSON field '" + std::string(field) + "' is the wrong type, expected a UUID");
  }
  if (value.AsBinary().size() == kUuidBytes) return Status::Ok();
  return Status(ErrorCode::kInvalidUUID, "a UUID has 16 bytes");
}

Status CheckSession(std::string_view command, bson::View session) {
  Result<Arguments> arguments = Arguments::OfDocument(command, kSession, session);
  if (!arguments.ok()) return std::move(arguments).status();
  return CheckUuid(std::string(command) + ".id", (*arguments)["id"]);
}

Status CheckUser(std::string_view command, bson::View user) {
  return Arguments::OfDocument(command, kUser, user).status();
}

Status CheckPattern(std::string_view command, bson::View pattern) {
  return Arguments::OfDocument(command, kPattern, pattern).status();
}

// The array that is the command's value: each element a document that `check` accepts.
Status CheckList(const Invocation& invocation, Status (*check)(std::string_view, bson::View)) {
  const std::string field = std::string(invocation.name) + "." + std::string(invocation.name);
  const bson::Value list = invocation.target();
  if (list.IsNullish()) return MissingField(invocation.name, invocation.name);
  Status type = CheckType(field, list, Accepts::kArray);
  if (!type.ok()) return type;
  size_t count = 0;
  for (const bson::Element& element : list.AsView()) {
    if (++count > kSessionsMax) {
      return Status(ErrorCode::kBadValue, "more than 10000 sessions in one command");
    }
    if (element.value.IsNullish()) continue;
    type = CheckType(field + "." + std::string(element.name), element.value, Accepts::kObject);
    if (!type.ok()) return type;
    Status valid = check(field, element.value.AsView());
    if (!valid.ok()) return valid;
  }
  return Status::Ok();
}

}  // namespace

Status RunStartSession(Invocation* /*invocation*/, bson::Builder* reply) {
  reply->OpenDocument("id").AppendBinary("id", kUuidSubtype, NewUuid());
  // Of the user; without users it is the hash of nobody.
  reply->AppendBinary("uid", kHashSubtype, std::string(kHashBytes, '\0')).Close();
  reply->AppendInt32("timeoutMinutes", kSessionMinutes);
  return Status::Ok();
}

Status RunEndSessions(Invocation* invocation, bson::Builder* /*reply*/) {
  return CheckList(*invocation, CheckSession);
}

Status RunKillAllSessions(Invocation* invocation, bson::Builder* /*reply*/) {
  return CheckList(*invocation, CheckUser);
}

Status RunKillAllSessionsByPattern(Invocation* invocation, bson::Builder* /*reply*/) {
  return CheckList(*invocation, CheckPattern);
}

}  // namespace cairn::server
