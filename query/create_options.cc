// SPDX-License-Identifier: Apache-2.0
#include "query/create_options.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "engine/collation/collator.h"
#include "query/pipeline/view_definition.h"
#include "query/validators.h"

namespace cairn {
namespace {

using bson::Type;
using bson::Value;

constexpr int64_t kCappedRounding = 256;

Status Invalid(std::string message) {
  return Status(ErrorCode::kInvalidOptions, std::move(message));
}

// As listings show numbers: the smallest integer type that holds them.
void AppendInteger(std::string_view name, int64_t value, bson::Builder* out) {
  if (value == static_cast<int32_t>(value)) {
    out->AppendInt32(name, static_cast<int32_t>(value));
  } else {
    out->AppendInt64(name, value);
  }
}

Status CheckLevel(const std::string& level) {
  if (level == "off" || level == "strict" || level == "moderate") return Status::Ok();
  return Status(ErrorCode::kBadValue, "Enumeration value '" + level +
                                          "' for field 'validationLevel' is not a valid value.");
}

Status CheckAction(const std::string& action) {
  if (action == "error" || action == "warn" || action == "errorAndLog") return Status::Ok();
  return Status(ErrorCode::kBadValue, "Enumeration value '" + action +
                                          "' for field 'validationAction' is not a valid value.");
}

Status CheckCombinations(const CreateOptions& options) {
  const bool view = options.view_on.has_value();
  if (!view && options.pipeline.has_value()) return Invalid("'pipeline' requires 'viewOn'");
  if (options.clustered) {
    if (options.capped) {
      return Status(ErrorCode::kLocation6049200,
                    "capped collections and clusteredIndex exclude each other");
    }
    if (view) {
      return Status(ErrorCode::kLocation6026500, "views cannot have a clusteredIndex");
    }
    if (options.max.has_value() || options.size.has_value()) {
      return Status(ErrorCode::kLocation6049204,
                    "a collection with a clusteredIndex has neither size nor max");
    }
  }
  if (!options.encrypted_fields.empty()) {
    if (options.capped) {
      return Status(ErrorCode::kLocation6367301, "a capped collection cannot be encrypted");
    }
    if (view) {
      return Status(ErrorCode::kLocation6346401, "'encryptedFields' cannot be used on views");
    }
  }
  if (options.capped && !options.size.has_value()) {
    return Invalid("the 'size' field is required when 'capped' is true");
  }
  if (!options.capped && (options.size.has_value() || options.max.has_value())) {
    return Invalid(
        "the 'capped' field needs to be true when either the 'size' or 'max' fields are present");
  }
  if (options.expire_after_seconds.has_value() && !options.clustered) {
    return Invalid(
        "'expireAfterSeconds' is only supported on time-series and clustered collections");
  }
  if (view && (options.capped || options.pre_and_post_images ||
               (options.validator.has_value() && !options.validator->empty()))) {
    return Invalid("a view has neither documents of its own nor rules for them");
  }
  return Status::Ok();
}

Status CheckStorageEngine(bson::View engine) {
  for (const bson::Element& element : engine) {
    if (element.value.type() != Type::kDocument) {
      return Invalid("'storageEngine' has to be an embedded document for each engine");
    }
    if (element.name != "wiredTiger") {
      return Invalid(std::string(element.name) +
                     " is not a registered storage engine for this server");
    }
  }
  return Status::Ok();
}

Status AppendValidation(std::string_view database, std::string_view name,
                        const CreateOptions& options, bson::Builder* out) {
  if (options.validator.has_value()) {
    CAIRN_TRY(CheckValidator(database, name, *options.validator));
    if (!options.validator->empty()) out->AppendDocument("validator", *options.validator);
  }
  if (options.validation_level.has_value()) {
    CAIRN_TRY(CheckLevel(*options.validation_level));
    out->AppendString("validationLevel", *options.validation_level);
  }
  if (options.validation_action.has_value()) {
    CAIRN_TRY(CheckAction(*options.validation_action));
    out->AppendString("validationAction", *options.validation_action);
  }
  return Status::Ok();
}

Status AppendView(const CreateOptions& options, bson::Builder* out) {
  if (!options.view_on.has_value()) return Status::Ok();
  if (options.view_on->empty()) return Status(ErrorCode::kBadValue, "'viewOn' cannot be empty");
  const bson::View pipeline = options.pipeline.has_value() ? *options.pipeline : bson::View();
  CAIRN_TRY(pipeline::CheckViewPipeline(pipeline));
  out->AppendString("viewOn", *options.view_on).AppendArray("pipeline", pipeline);
  return Status::Ok();
}

void AppendClustered(const CreateOptions& options, bson::Builder* out) {
  if (!options.clustered) return;
  out->OpenDocument("clusteredIndex").AppendInt32("v", 2);
  out->OpenDocument("key").AppendInt32("_id", 1).Close();
  out->AppendString("name", options.clustered_name).AppendBool("unique", true).Close();
}

// Every option but those that `replaced` names, and then these.
void Replace(catalog::Collection* collection, const bson::Document& replaced) {
  bson::Builder out;
  for (const bson::Element& option : collection->options.view()) {
    const Value now = replaced[option.name];
    if (now.missing()) {
      out.Append(option.name, option.value);
    } else if (now.type() != Type::kNull) {
      out.Append(option.name, now);
    }
  }
  for (const bson::Element& option : replaced.view()) {
    if (option.value.type() == Type::kNull) continue;
    if (collection->options[option.name].missing()) out.Append(option.name, option.value);
  }
  collection->SetOptions(out.Finish());
}

// What is null in `changed` is taken away.
Status ChangeBounds(const ModifyOptions& options, const catalog::Collection& collection,
                    bson::Builder* changed) {
  if (!options.capped_size.has_value() && !options.capped_max.has_value()) return Status::Ok();
  if (!collection.capped.has_value()) {
    return Invalid("Collection must be capped to change its size or its number of documents");
  }
  if (options.capped_size.has_value()) {
    if (*options.capped_size < 1 || *options.capped_size > kCappedBytesMax) {
      return Status(ErrorCode::kBadValue, "cappedSize must be between 1 and 2^50");
    }
    AppendInteger("size", *options.capped_size, changed);
  }
  if (!options.capped_max.has_value()) return Status::Ok();
  if (*options.capped_max > std::numeric_limits<int32_t>::max()) {
    return Status(ErrorCode::kBadValue, "cappedMax must be less than 2^31");
  }
  if (*options.capped_max > 0) {
    AppendInteger("max", *options.capped_max, changed);
  } else {
    changed->AppendNull("max");
  }
  return Status::Ok();
}

Status ChangeView(const ModifyOptions& options, const catalog::Collection& collection,
                  bson::Builder* changed) {
  if (!options.view_on.has_value() && !options.pipeline.has_value()) return Status::Ok();
  if (!collection.is_view) {
    return Invalid("'viewOn' and 'pipeline' can only be changed of a view: " +
                   collection.Namespace() + " is a collection");
  }
  if (options.view_on.has_value()) {
    if (options.view_on->empty()) return Status(ErrorCode::kBadValue, "'viewOn' cannot be empty");
    changed->AppendString("viewOn", *options.view_on);
  }
  if (options.pipeline.has_value()) {
    const Status status = pipeline::CheckViewPipeline(*options.pipeline);
    if (status.code() == ErrorCode::kLocation40573) {  // As MongoDB tells it here.
      return Status(ErrorCode::kOptionNotSupportedOnView, status.message());
    }
    CAIRN_TRY(status);
    changed->AppendArray("pipeline", *options.pipeline);
  }
  return Status::Ok();
}

Status ChangeValidation(const ModifyOptions& options, const catalog::Collection& collection,
                        bson::Builder* changed) {
  if (options.validator.has_value()) {
    CAIRN_TRY(CheckValidator(collection.database, collection.name, *options.validator));
    changed->AppendDocument("validator", *options.validator);
  }
  if (options.validation_level.has_value()) {
    CAIRN_TRY(CheckLevel(*options.validation_level));
    changed->AppendString("validationLevel", *options.validation_level);
  }
  if (options.validation_action.has_value()) {
    CAIRN_TRY(CheckAction(*options.validation_action));
    changed->AppendString("validationAction", *options.validation_action);
  }
  return Status::Ok();
}

Status ChangeLife(const ModifyOptions& options, const catalog::Collection& collection,
                  bson::Builder* changed) {
  if (options.pre_and_post_images.has_value()) {
    if (*options.pre_and_post_images) {
      changed->OpenDocument("changeStreamPreAndPostImages").AppendBool("enabled", true).Close();
    } else {
      changed->AppendNull("changeStreamPreAndPostImages");
    }
  }
  if (!options.expire_after_seconds.has_value()) return Status::Ok();
  if (collection.options["clusteredIndex"].missing()) {
    return Invalid(
        "'expireAfterSeconds' is only supported on time-series and clustered collections");
  }
  if (*options.expire_after_seconds >= 0) {
    changed->AppendInt64("expireAfterSeconds", *options.expire_after_seconds);
  } else {
    changed->AppendNull("expireAfterSeconds");
  }
  return Status::Ok();
}

bool ChangesDocuments(const ModifyOptions& options) {
  return options.validator.has_value() || options.validation_level.has_value() ||
         options.validation_action.has_value() || options.capped_size.has_value() ||
         options.capped_max.has_value() || options.pre_and_post_images.has_value() ||
         options.expire_after_seconds.has_value();
}

}  // namespace

Result<int64_t> CappedSize(int64_t size) {
  if (size <= 0) return Invalid("the size of a capped collection must be positive");
  if (size > kCappedBytesMax) {
    return Status(ErrorCode::kBadValue, "the size of a capped collection cannot be above 1 PB");
  }
  return (size + kCappedRounding - 1) / kCappedRounding * kCappedRounding;
}

Result<bson::Document> MakeOptions(std::string_view database, std::string_view name,
                                   const CreateOptions& options) {
  CAIRN_TRY(CheckCombinations(options));
  CAIRN_TRY(CheckStorageEngine(options.storage_engine));
  bson::Builder out;
  if (options.capped) {
    CAIRN_TRY_ASSIGN(const int64_t size, CappedSize(*options.size));
    out.AppendBool("capped", true);
    AppendInteger("size", size, &out);
    if (options.max.has_value() && *options.max > 0) {
      if (*options.max > std::numeric_limits<int32_t>::max()) {
        return Status(ErrorCode::kBadValue,
                      "max in a capped collection has to be < 2^31 or not set");
      }
      AppendInteger("max", *options.max, &out);
    }
  }
  if (!options.storage_engine.empty()) {
    out.AppendDocument("storageEngine", options.storage_engine);
  }
  if (!options.index_option_defaults.empty()) {
    out.AppendDocument("indexOptionDefaults", options.index_option_defaults);
  }
  if (options.pre_and_post_images) {
    out.OpenDocument("changeStreamPreAndPostImages").AppendBool("enabled", true).Close();
  }
  AppendClustered(options, &out);
  if (options.expire_after_seconds.has_value()) {
    out.AppendInt64("expireAfterSeconds", *options.expire_after_seconds);
  }
  if (!options.encrypted_fields.empty()) {
    out.AppendDocument("encryptedFields", options.encrypted_fields);
  }
  if (!options.collation.empty()) {
    CAIRN_TRY_ASSIGN(const auto collator, collation::Collator::Parse(options.collation));
    if (collator != nullptr) out.AppendDocument("collation", collator->spec());
  }
  CAIRN_TRY(AppendValidation(database, name, options, &out));
  CAIRN_TRY(AppendView(options, &out));
  return out.Finish();
}

Status ApplyOptions(const ModifyOptions& options, catalog::Collection* collection) {
  if (collection->is_view && ChangesDocuments(options)) {
    return Invalid("option not supported on a view: " + collection->Namespace());
  }
  bson::Builder changed;
  CAIRN_TRY(ChangeBounds(options, *collection, &changed));
  CAIRN_TRY(ChangeView(options, *collection, &changed));
  CAIRN_TRY(ChangeValidation(options, *collection, &changed));
  CAIRN_TRY(ChangeLife(options, *collection, &changed));
  Replace(collection, changed.Finish());
  return Status::Ok();
}

}  // namespace cairn
