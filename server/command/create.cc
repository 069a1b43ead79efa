// SPDX-License-Identifier: Apache-2.0
// create: {create: name, capped, size, max, validator, validationLevel, validationAction, viewOn,
// pipeline, clusteredIndex, expireAfterSeconds, changeStreamPreAndPostImages, …}.
#include <utility>

#include "server/command/collection_arguments.h"
#include "server/command/commands.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"autoIndexId", Use::kIgnored, Accepts::kBoolOrNumber},
    {"capped", Use::kOptional, Accepts::kBoolOrNumber},
    {"changeStreamPreAndPostImages", Use::kOptional, Accepts::kObject},
    {"clusteredIndex", Use::kOptional, Accepts::kBoolNumberOrObject, Null::kWrongType},
    CollationParameter(),
    {"encryptedFields", Use::kOptional, Accepts::kObject},
    {"expireAfterSeconds", Use::kOptional, Accepts::kInteger},
    {"flags", Use::kIgnored, Accepts::kInteger},
    {"idIndex", Use::kOptional, Accepts::kObject},
    {"indexOptionDefaults", Use::kOptional, Accepts::kObject},
    {"max", Use::kOptional, Accepts::kInteger},
    {"pipeline", Use::kOptional, Accepts::kArray},
    {"size", Use::kOptional, Accepts::kInteger},
    {"storageEngine", Use::kOptional, Accepts::kObject},
    {"temp", Use::kUnsupported, Accepts::kBoolOrNumber},
    {"timeseries", Use::kOptional, Accepts::kObject},
    {"validationAction", Use::kOptional, Accepts::kString},
    {"validationLevel", Use::kOptional, Accepts::kString},
    {"validator", Use::kOptional, Accepts::kObject},
    {"viewOn", Use::kOptional, Accepts::kString},
};
static_assert(IsSorted(kParameters));

// table: sorted
constexpr Parameter kClusteredIndex[] = {
    {"key", Use::kRequired, Accepts::kObject},
    {"name", Use::kOptional, Accepts::kString},
    {"unique", Use::kRequired, Accepts::kBoolOrNumber},
    {"v", Use::kOptional, Accepts::kInteger},
};
static_assert(IsSorted(kClusteredIndex));

bool IsIdKey(bson::View key) {
  auto field = key.begin();
  if (field == key.end() || field->name != "_id") return false;
  const std::optional<int64_t> direction = ExactInt64(field->value);
  return direction == 1 && ++field == key.end();
}

Status ReadClusteredIndex(const Arguments& arguments, CreateOptions* options) {
  const bson::Value value = arguments["clusteredIndex"];
  if (value.missing()) return Status::Ok();
  if (arguments.Bool("capped", false)) {
    return Status(ErrorCode::kLocation6049200,
                  "capped collections and clusteredIndex exclude each other");
  }
  if (value.type() != bson::Type::kDocument) {
    if (!IsTrue(value)) return Status::Ok();
    return Status(ErrorCode::kLocation5979703,
                  "clusteredIndex: true is only for the buckets of time series");
  }
  if (arguments.Has("idIndex") || arguments.Has("timeseries")) {
    return Status(ErrorCode::kInvalidOptions,
                  "clusteredIndex goes neither with idIndex nor with timeseries");
  }
  Result<Arguments> index =
      Arguments::OfDocument("create.clusteredIndex", kClusteredIndex, value.AsView());
  if (!index.ok()) return std::move(index).status();
  if (!IsIdKey(index->Object("key"))) {
    return Status(ErrorCode::kInvalidIndexSpecificationOption,
                  "The clusteredIndex option is only supported for key: {_id: 1}");
  }
  if (!index->Bool("unique", false)) {
    return Status(ErrorCode::kLocation5979700,
                  "The clusteredIndex option requires unique: true to be specified");
  }
  if (index->Has("v") && ToInt64((*index)["v"]) != 2) {
    return Status(ErrorCode::kLocation5979704, "The clusteredIndex option requires v: 2");
  }
  options->clustered = true;
  if (index->Has("name")) options->clustered_name = (*index)["name"].AsString();
  return Status::Ok();
}

Status ReadBounds(const Arguments& arguments, CreateOptions* options) {
  options->capped = arguments.Bool("capped", false);
  for (const auto& [name, bound] :
       {std::pair("size", &options->size), std::pair("max", &options->max)}) {
    if (arguments.Has(name)) *bound = ToInt64(arguments[name]);
  }
  if (arguments.Has("expireAfterSeconds")) {
    const int64_t seconds = ToInt64(arguments["expireAfterSeconds"]);
    if (seconds < 0) {
      return Status(ErrorCode::kInvalidOptions, "'expireAfterSeconds' must not be negative");
    }
    options->expire_after_seconds = seconds;
  }
  return Status::Ok();
}

Status CheckView(const Arguments& arguments) {
  if (!arguments.Has("viewOn")) return Status::Ok();
  for (const char* option : {"idIndex", "timeseries", "autoIndexId"}) {
    if (arguments.Has(option)) {
      return Status(ErrorCode::kInvalidOptions,
                    "a view cannot have the option '" + std::string(option) + "'");
    }
  }
  return Status::Ok();
}

// The checks of time series come as MongoDB has them; the collections themselves are missing.
Status CheckTimeseries(const Arguments& arguments) {
  if (!arguments.Has("timeseries")) return Status::Ok();
  if (arguments.Has("encryptedFields")) {
    return Status(ErrorCode::kLocation6346401,
                  "'encryptedFields' cannot be used on time series collections");
  }
  for (const char* option :
       {"capped", "validator", "validationLevel", "validationAction", "idIndex", "viewOn"}) {
    if (arguments.Has(option)) {
      return Status(ErrorCode::kInvalidOptions,
                    "time series collections do not have the option '" + std::string(option) + "'");
    }
  }
  Status valid = CheckTimeseriesOptions(arguments.Object("timeseries"));
  if (!valid.ok()) return valid;
  return UnsupportedField("create", "timeseries");
}

Result<CreateOptions> ReadOptions(const Arguments& arguments) {
  CreateOptions options;
  Status status = ReadClusteredIndex(arguments, &options);
  if (status.ok()) status = ReadBounds(arguments, &options);
  if (status.ok()) status = CheckView(arguments);
  if (status.ok())
    status =
        CheckEncryptedFields(arguments.Object("encryptedFields"), arguments.Has("encryptedFields"));
  if (status.ok()) status = CheckTimeseries(arguments);
  if (!status.ok()) return status;
  if (arguments.Has("validator")) options.validator.emplace(arguments.Object("validator"));
  if (arguments.Has("validationLevel")) {
    options.validation_level = arguments["validationLevel"].AsString();
  }
  if (arguments.Has("validationAction")) {
    options.validation_action = arguments["validationAction"].AsString();
  }
  if (arguments.Has("viewOn")) options.view_on = arguments["viewOn"].AsString();
  if (arguments.Has("pipeline")) options.pipeline.emplace(arguments["pipeline"].AsView());
  Result<std::optional<bool>> images = ParsePreAndPostImages("create", arguments);
  if (!images.ok()) return std::move(images).status();
  options.pre_and_post_images = images->value_or(false);
  options.collation = bson::Document(arguments.Object("collation"));
  options.storage_engine = bson::Document(arguments.Object("storageEngine"));
  options.index_option_defaults = bson::Document(arguments.Object("indexOptionDefaults"));
  options.encrypted_fields = bson::Document(arguments.Object("encryptedFields"));
  return options;
}

}  // namespace

Status RunCreate(Invocation* invocation, bson::Builder* reply) {
  (void)reply;
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  if (collection->name().starts_with("system.buckets.") && !arguments->Has("timeseries")) {
    return Status(ErrorCode::kIllegalOperation,
                  "a collection of time series buckets needs the option 'timeseries'");
  }
  Result<CreateOptions> options = ReadOptions(*arguments);
  if (!options.ok()) return std::move(options).status();
  Result<CommitNumber> created = collection->Create(*options);
  if (!created.ok()) return std::move(created).status();
  invocation->commit = *created;
  return Status::Ok();
}

}  // namespace cairn::server
