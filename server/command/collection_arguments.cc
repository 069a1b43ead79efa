// SPDX-License-Identifier: Apache-2.0
#include "server/command/collection_arguments.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace cairn::server {
namespace {

constexpr int64_t kBucketSecondsMax = 31536000;
constexpr size_t kUuidBytes = 16;
constexpr uint8_t kUuidSubtype = 4;

// table: sorted
constexpr Parameter kImages[] = {
    {"enabled", Use::kRequired, Accepts::kBoolOrNumber},
};

// table: sorted
constexpr Parameter kTimeseries[] = {
    {"bucketMaxSpanSeconds", Use::kOptional, Accepts::kInteger},
    {"bucketRoundingSeconds", Use::kOptional, Accepts::kInteger},
    {"granularity", Use::kOptional, Accepts::kString},
    {"metaField", Use::kOptional, Accepts::kString},
    {"timeField", Use::kRequired, Accepts::kString},
};
static_assert(IsSorted(kTimeseries));

// table: sorted
constexpr Parameter kEncrypted[] = {
    {"eccCollection", Use::kOptional, Accepts::kString},
    {"ecocCollection", Use::kOptional, Accepts::kString},
    {"escCollection", Use::kOptional, Accepts::kString},
    {"fields", Use::kRequired, Accepts::kArray},
    {"strEncodeVersion", Use::kIgnored, Accepts::kInteger},
};
static_assert(IsSorted(kEncrypted));

// table: sorted
constexpr Parameter kEncryptedField[] = {
    {"bsonType", Use::kOptional, Accepts::kString},
    {"keyId", Use::kRequired},
    {"path", Use::kRequired, Accepts::kString},
    {"queries", Use::kOptional, Accepts::kObjectOrArray},
};
static_assert(IsSorted(kEncryptedField));

// table "types of encrypted fields": sorted
constexpr std::string_view kEncryptedTypes[] = {
    "array",   "binData",   "bool",     "date",       "dbPointer",
    "decimal", "double",    "int",      "javascript", "javascriptWithScope",
    "long",    "object",    "objectId", "regex",      "string",
    "symbol",  "timestamp",
};
static_assert(std::ranges::is_sorted(kEncryptedTypes));

Status Invalid(const char* message) { return Status(ErrorCode::kInvalidOptions, message); }

Status CheckFieldName(std::string_view name) {
  if (name.find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kBadValue, "a field of time series must not hold a NUL byte");
  }
  if (name.find('.') != std::string_view::npos || name.empty() || name.front() == '$') {
    return Invalid("a field of time series must be a plain top-level field");
  }
  return Status::Ok();
}

Status CheckBuckets(const Arguments& arguments) {
  for (const char* name : {"bucketMaxSpanSeconds", "bucketRoundingSeconds"}) {
    if (!arguments.Has(name)) continue;
    const int64_t seconds = ToInt64(arguments[name]);
    if (seconds < 1 || seconds > kBucketSecondsMax) {
      return Status(ErrorCode::kBadValue, std::string(name) + " must be between 1 and 31536000");
    }
  }
  const bool span = arguments.Has("bucketMaxSpanSeconds");
  if (span != arguments.Has("bucketRoundingSeconds")) {
    return Invalid("bucketMaxSpanSeconds and bucketRoundingSeconds go together");
  }
  if (!span) return Status::Ok();
  if (arguments.Has("granularity")) {
    return Invalid("granularity and the sizes of buckets exclude each other");
  }
  if (ToInt64(arguments["bucketMaxSpanSeconds"]) != ToInt64(arguments["bucketRoundingSeconds"])) {
    return Invalid("bucketMaxSpanSeconds and bucketRoundingSeconds must be equal");
  }
  return Status::Ok();
}

Status CheckEncryptedPath(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation9867600, "an encrypted path must not hold a NUL byte");
  }
  if (path.empty()) {
    return Status(ErrorCode::kLocation6316402, "Encrypted field must have a non-empty path");
  }
  if (path == "_id" || path.starts_with("_id.")) {
    return Status(ErrorCode::kLocation6316403, "Cannot encrypt _id or its subfields");
  }
  return Status::Ok();
}

Status CheckEncryptedType(bson::Value type) {
  if (type.missing()) return Status::Ok();
  if (std::ranges::binary_search(kEncryptedTypes, type.AsString())) return Status::Ok();
  for (const std::string_view known : {"null", "undefined", "minKey", "maxKey"}) {
    if (type.AsString() == known) {
      return Status(ErrorCode::kLocation6338406,
                    "fields of type '" + std::string(known) + "' cannot be encrypted");
    }
  }
  return Status(ErrorCode::kBadValue, "unknown bsonType '" + std::string(type.AsString()) + "'");
}

Status CheckKeyId(bson::Value key) {
  if (key.type() != bson::Type::kBinary || key.BinarySubtype() != kUuidSubtype) {
    return Status(ErrorCode::kTypeMismatch, "the keyId of an encrypted field must be a UUID");
  }
  if (key.AsBinary().size() != kUuidBytes) {
    return Status(ErrorCode::kInvalidUUID, "uuid must be a 16-byte binary field with UUID subtype");
  }
  return Status::Ok();
}

}  // namespace

Result<std::optional<bool>> ParsePreAndPostImages(std::string_view command,
                                                  const Arguments& arguments) {
  constexpr std::string_view kName = "changeStreamPreAndPostImages";
  if (!arguments.Has(kName)) return std::optional<bool>();
  std::string where(command);
  where += '.';
  where += kName;
  Result<Arguments> images = Arguments::OfDocument(where, kImages, arguments.Object(kName));
  if (!images.ok()) return std::move(images).status();
  return std::optional<bool>(images->Bool("enabled", false));
}

Status CheckTimeseriesOptions(bson::View timeseries) {
  Result<Arguments> arguments = Arguments::OfDocument("create.timeseries", kTimeseries, timeseries);
  if (!arguments.ok()) return std::move(arguments).status();
  const std::string_view time = (*arguments)["timeField"].AsString();
  Status status = CheckFieldName(time);
  if (!status.ok()) return status;
  if (arguments->Has("metaField")) {
    const std::string_view meta = (*arguments)["metaField"].AsString();
    status = CheckFieldName(meta);
    if (!status.ok()) return status;
    if (meta == "_id" || meta == time) {
      return Invalid("the metaField cannot be \"_id\" or the same as the timeField");
    }
  }
  if (arguments->Has("granularity")) {
    const std::string_view granularity = (*arguments)["granularity"].AsString();
    if (granularity != "seconds" && granularity != "minutes" && granularity != "hours") {
      return Status(ErrorCode::kBadValue,
                    "Enumeration value '" + std::string(granularity) +
                        "' for field 'timeseries.granularity' is not a valid value.");
    }
  }
  return CheckBuckets(*arguments);
}

Status CheckEncryptedFields(bson::View fields, bool given) {
  if (!given) return Status::Ok();
  Result<Arguments> arguments = Arguments::OfDocument("create.encryptedFields", kEncrypted, fields);
  if (!arguments.ok()) return std::move(arguments).status();
  std::set<std::string_view> paths;
  for (const bson::Element& element : (*arguments)["fields"].AsView()) {
    if (element.value.IsNullish()) continue;
    const std::string where = "create.encryptedFields.fields." + std::string(element.name);
    Status status = CheckType(where, element.value, Accepts::kObject);
    if (!status.ok()) return status;
    Result<Arguments> field = Arguments::OfDocument(where, kEncryptedField, element.value.AsView());
    if (!field.ok()) return std::move(field).status();
    const std::string_view path = (*field)["path"].AsString();
    status = CheckEncryptedPath(path);
    if (status.ok()) status = CheckKeyId((*field)["keyId"]);
    if (status.ok()) status = CheckEncryptedType((*field)["bsonType"]);
    if (!status.ok()) return status;
    if (!paths.insert(path).second) {
      return Status(ErrorCode::kLocation6338402, "an encrypted path stands twice");
    }
  }
  return Status::Ok();
}

}  // namespace cairn::server
