// SPDX-License-Identifier: Apache-2.0
// collMod: {collMod: name, validator, validationLevel, validationAction, viewOn, pipeline,
// cappedSize, cappedMax, changeStreamPreAndPostImages, expireAfterSeconds, index, dryRun}.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "server/command/collection_arguments.h"
#include "server/command/commands.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"cappedMax", Use::kOptional, Accepts::kInteger},
    {"cappedSize", Use::kOptional, Accepts::kInteger},
    {"changeStreamPreAndPostImages", Use::kOptional, Accepts::kObject},
    {"dryRun", Use::kOptional, Accepts::kBoolOrNumber},
    {"expireAfterSeconds", Use::kOptional, Accepts::kStringOrNumber},
    {"index", Use::kOptional, Accepts::kObject},
    {"pipeline", Use::kOptional, Accepts::kArray},
    {"recordPreImages", Use::kIgnored, Accepts::kBoolOrNumber},
    {"timeseries", Use::kOptional, Accepts::kObject},
    {"validationAction", Use::kOptional, Accepts::kString},
    {"validationLevel", Use::kOptional, Accepts::kString},
    {"validator", Use::kOptional, Accepts::kObject},
    {"viewOn", Use::kOptional, Accepts::kString},
};
static_assert(IsSorted(kParameters));

// table: sorted
constexpr Parameter kIndex[] = {
    {"expireAfterSeconds", Use::kOptional, Accepts::kInteger},
    {"hidden", Use::kOptional, Accepts::kBoolOrNumber},
    {"keyPattern", Use::kOptional, Accepts::kObject},
    {"name", Use::kOptional, Accepts::kString},
    {"prepareUnique", Use::kOptional, Accepts::kBoolOrNumber},
    {"unique", Use::kOptional, Accepts::kBoolOrNumber},
};
static_assert(IsSorted(kIndex));

std::optional<bool> BoolOf(const Arguments& arguments, std::string_view name) {
  if (!arguments.Has(name)) return std::nullopt;
  return arguments.Bool(name, false);
}

std::optional<int64_t> IntegerOf(const Arguments& arguments, std::string_view name) {
  if (!arguments.Has(name)) return std::nullopt;
  return ToInt64(arguments[name]);
}

std::optional<std::string> StringOf(const Arguments& arguments, std::string_view name) {
  if (!arguments.Has(name)) return std::nullopt;
  return std::string(arguments[name].AsString());
}

Status ReadLifeOfIndex(const Arguments& index, IndexModification* modification) {
  if (!index.Has("expireAfterSeconds")) return Status::Ok();
  const int64_t seconds = ToInt64(index["expireAfterSeconds"]);
  if (seconds < 0) {
    return Status(ErrorCode::kInvalidOptions,
                  "TTL index 'expireAfterSeconds' option must be within an acceptable range");
  }
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  modification->change.expire_after_seconds = static_cast<int32_t>(std::min(seconds, kMax));
  return Status::Ok();
}

Status CheckUnique(const Arguments& index, bool dry_run) {
  const std::optional<bool> unique = BoolOf(index, "unique");
  if (unique.has_value() && !*unique) {
    return Status(ErrorCode::kBadValue, "'unique: false' is not supported");
  }
  if (dry_run && !unique.has_value()) {
    return Status(ErrorCode::kInvalidOptions,
                  "'dryRun' is only for the conversion of an index to a unique one");
  }
  return Status::Ok();
}

Result<IndexModification> ReadIndex(const Arguments& command) {
  Result<Arguments> index = Arguments::OfDocument("collMod.index", kIndex, command.Object("index"));
  if (!index.ok()) return std::move(index).status();
  if (index->Has("name") == index->Has("keyPattern")) {
    return Status(ErrorCode::kInvalidOptions,
                  "an index is changed by its name or by its keyPattern: one of the two");
  }
  if (!index->Has("expireAfterSeconds") && !index->Has("hidden") && !index->Has("unique") &&
      !index->Has("prepareUnique")) {
    return Status(ErrorCode::kInvalidOptions,
                  "no expireAfterSeconds, hidden, unique, or prepareUnique field");
  }
  IndexModification modification;
  modification.name = StringOf(*index, "name").value_or("");
  modification.keys = bson::Document(index->Object("keyPattern"));
  if (modification.name.empty() && modification.keys.empty()) {
    return Status(ErrorCode::kIndexNotFound, "cannot find the index to change");
  }
  modification.change.hidden = BoolOf(*index, "hidden");
  modification.change.prepare_unique = BoolOf(*index, "prepareUnique");
  modification.change.unique = BoolOf(*index, "unique").value_or(false);
  Status status = ReadLifeOfIndex(*index, &modification);
  if (status.ok()) status = CheckUnique(*index, command.Bool("dryRun", false));
  if (!status.ok()) return status;
  return modification;
}

bool IsIdIndex(const IndexModification& modification) {
  if (!modification.name.empty()) return modification.name == "_id_";
  const bson::View keys = modification.keys;
  return keys.begin()->name == "_id" && ++keys.begin() == keys.end();
}

bool IsText(bson::View keys) {
  for (const bson::Element& field : keys) {
    if (field.value.type() == bson::Type::kString && field.value.AsString() == "text") return true;
  }
  return false;
}

// Whether the index as it is can be changed so.
Status CheckIndex(const CollectionInfo& info, const IndexModification& modification) {
  if (IsIdIndex(modification)) {
    if (!info.options["clusteredIndex"].missing()) {
      return Status(ErrorCode::kLocation6011800, "the clusteredIndex cannot be changed");
    }
    if (modification.change.hidden.has_value()) {
      return Status(ErrorCode::kBadValue, "can't hide _id index");
    }
    return Status(ErrorCode::kInvalidOptions, "the _id index cannot be changed");
  }
  for (const IndexInfo& index : info.indexes) {
    const bool found =
        modification.name.empty()
            ? bson::Compare(index.keys.view(), modification.keys.view()) == 0 && !IsText(index.keys)
            : index.name == modification.name;
    if (!found) continue;
    const bson::View keys = index.keys;
    const bool single = ++keys.begin() == keys.end();
    if (modification.change.expire_after_seconds.has_value() && (!single || IsText(keys))) {
      return Status(ErrorCode::kInvalidOptions,
                    "TTL indexes are single-field indexes, compound indexes do not support TTL");
    }
    return Status::Ok();
  }
  return Status(ErrorCode::kIndexNotFound, "cannot find the index to change");
}

void AppendChanges(const IndexChange& change, const IndexChangeResult& before,
                   bson::Builder* reply) {
  if (change.expire_after_seconds.has_value()) {
    if (before.expired_after_seconds.has_value()) {
      reply->AppendInt64("expireAfterSeconds_old", *before.expired_after_seconds);
    }
    reply->AppendInt64("expireAfterSeconds_new", *change.expire_after_seconds);
  }
  if (change.hidden.has_value() && *change.hidden != before.was_hidden) {
    reply->AppendBool("hidden_old", before.was_hidden).AppendBool("hidden_new", *change.hidden);
  }
  if (change.prepare_unique.has_value() && *change.prepare_unique != before.was_prepared) {
    reply->AppendBool("prepareUnique_old", before.was_prepared);
    reply->AppendBool("prepareUnique_new", *change.prepare_unique);
  }
  if (change.unique && !before.was_unique) reply->AppendBool("unique_new", true);
}

Status ReadIndexChange(const Arguments& command, const CollectionInfo& info,
                       ModifyOptions* options) {
  options->dry_run = command.Bool("dryRun", false);
  if (!command.Has("index")) {
    if (!options->dry_run) return Status::Ok();
    return Status(ErrorCode::kInvalidOptions,
                  "'dryRun' is only for the conversion of an index to a unique one");
  }
  Result<IndexModification> modification = ReadIndex(command);
  if (!modification.ok()) return std::move(modification).status();
  if (info.is_view) {
    return Status(ErrorCode::kInvalidOptions, "option not supported on a view: index");
  }
  Status status = CheckIndex(info, *modification);
  if (!status.ok()) return status;
  options->index = std::move(modification).value();
  return Status::Ok();
}

// A number of seconds, or "off".
Status ReadLife(const Arguments& arguments, ModifyOptions* options) {
  const bson::Value value = arguments["expireAfterSeconds"];
  if (value.missing()) return Status::Ok();
  if (value.type() == bson::Type::kString) {
    if (value.AsString() != "off") {
      return Status(ErrorCode::kInvalidOptions, "expireAfterSeconds must be a number or \"off\"");
    }
    options->expire_after_seconds = -1;
    return Status::Ok();
  }
  const int64_t seconds = ToInt64(value);
  if (seconds < 0) {
    return Status(ErrorCode::kInvalidOptions, "expireAfterSeconds must not be negative");
  }
  options->expire_after_seconds = seconds;
  return Status::Ok();
}

Result<ModifyOptions> ReadOptions(const Arguments& arguments) {
  ModifyOptions options;
  Status status = ReadLife(arguments, &options);
  if (!status.ok()) return status;
  if (arguments.Has("timeseries")) {
    return Status(ErrorCode::kInvalidOptions, "the collection is no time series collection");
  }
  if (arguments.Has("validator")) options.validator.emplace(arguments.Object("validator"));
  options.validation_level = StringOf(arguments, "validationLevel");
  options.validation_action = StringOf(arguments, "validationAction");
  options.view_on = StringOf(arguments, "viewOn");
  if (arguments.Has("pipeline")) {
    // A stage that is null is no stage.
    bson::Builder stages;
    for (const bson::Element& stage : arguments["pipeline"].AsView()) {
      if (!stage.value.IsNullish()) stages.Append(stages.NextIndex(), stage.value);
    }
    options.pipeline = stages.Finish();
  }
  options.capped_size = IntegerOf(arguments, "cappedSize");
  options.capped_max = IntegerOf(arguments, "cappedMax");
  Result<std::optional<bool>> images = ParsePreAndPostImages("collMod", arguments);
  if (!images.ok()) return std::move(images).status();
  options.pre_and_post_images = *images;
  return options;
}

}  // namespace

Status RunCollMod(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<CollectionInfo> info = collection->Info();
  if (!info.ok()) return std::move(info).status();
  Result<ModifyOptions> options = ReadOptions(*arguments);
  if (!options.ok()) return std::move(options).status();
  Status status = ReadIndexChange(*arguments, *info, &*options);
  if (!status.ok()) return status;
  Result<ModifyResult> modified = collection->Modify(*options);
  if (!modified.ok()) return std::move(modified).status();
  if (options->dry_run) return Status::Ok();
  invocation->commit = modified->commit;
  if (options->index.has_value()) AppendChanges(options->index->change, modified->index, reply);
  return Status::Ok();
}

}  // namespace cairn::server
