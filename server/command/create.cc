// SPDX-License-Identifier: Apache-2.0
// create: {create: name}. Options that would change how the collection behaves are not supported.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

bool IsDisabled(bson::Value value) {
  const bson::View options = value.AsView();
  return options.empty() || !IsTrue(options["enabled"]);
}

// table: sorted
constexpr Parameter kParameters[] = {
    {"autoIndexId", Use::kIgnored, Accepts::kBoolOrNumber},
    {"capped", Use::kUnsupported, Accepts::kBoolOrNumber},
    {"changeStreamPreAndPostImages",
     Use::kUnsupported,
     Accepts::kObject,
     Null::kAbsent,
     ErrorCode::kTypeMismatch,
     {},
     IsDisabled},
    {"clusteredIndex", Use::kUnsupported, Accepts::kAny, Null::kWrongType},
    CollationParameter(),
    {"encryptedFields", Use::kUnsupported, Accepts::kObject},
    {"expireAfterSeconds", Use::kUnsupported, Accepts::kInteger},
    {"flags", Use::kIgnored, Accepts::kInteger},
    {"idIndex", Use::kIgnored, Accepts::kObject},
    {"indexOptionDefaults", Use::kIgnored, Accepts::kObject},
    {"max", Use::kOptional, Accepts::kInteger},
    {"pipeline", Use::kUnsupported, Accepts::kArray},
    {"size", Use::kOptional, Accepts::kInteger},
    {"storageEngine", Use::kIgnored, Accepts::kObject},
    {"temp", Use::kUnsupported, Accepts::kBoolOrNumber},
    {"timeseries", Use::kUnsupported, Accepts::kObject},
    {"validationAction", Use::kUnsupported, Accepts::kString},
    {"validationLevel", Use::kUnsupported, Accepts::kString},
    {"validator", Use::kUnsupported, Accepts::kObject},
    {"viewOn", Use::kUnsupported, Accepts::kString},
};
static_assert(IsSorted(kParameters));

}  // namespace

Status RunCreate(Invocation* invocation, bson::Builder* reply) {
  (void)reply;
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  if (arguments->Has("size") || arguments->Has("max")) {
    return Status(ErrorCode::kInvalidOptions,
                  "the 'capped' field needs to be true when either the 'size' or 'max' fields are "
                  "present");
  }
  bson::Builder options;
  if (arguments->Has("collation")) {
    options.AppendDocument("collation", arguments->Object("collation"));
  }
  Result<CommitNumber> created = collection->Create(options.Finish());
  if (!created.ok()) return std::move(created).status();
  invocation->commit = *created;
  return Status::Ok();
}

}  // namespace cairn::server
