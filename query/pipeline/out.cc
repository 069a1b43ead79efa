// SPDX-License-Identifier: Apache-2.0
// $out: all documents replace those of a collection. They are collected in a temporary one, which
// takes its place in one commit at the end, so that a pipeline which fails changes nothing and one
// that reads the collection sees it as it was.
#include <optional>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "engine/catalog/names.h"
#include "query/pipeline/stages.h"
#include "query/pipeline/write_target.h"
#include "query/pipeline/writer.h"

namespace cairn::pipeline {

Status CheckTarget(const WriteTarget& target) {
  CAIRN_TRY(catalog::CheckDatabaseName(target.database));
  if (!target.collection.empty() && target.collection[0] != '.' &&
      target.collection.find('\0') == std::string::npos) {
    return Status::Ok();
  }
  return Status(ErrorCode::kInvalidNamespace,
                "Invalid target namespace, " + target.database + "." + target.collection);
}

namespace {

class OutStage final : public Stage {
 public:
  explicit OutStage(WriteTarget target) : target_(std::move(target)) {}

  Result<bool> Next() override {
    if (run_->explains) return Drain();
    CAIRN_TRY_ASSIGN(const auto replacement,
                     run_->writer->BeginReplacement(target_.database, target_.collection));
    while (true) {
      CAIRN_TRY_ASSIGN(const bool more, Pull());
      if (!more) break;
      CAIRN_TRY(replacement->Add(input_->document()));
      if (!replacement->Due()) continue;
      input_->Pause();
      CAIRN_TRY(replacement->Write());
    }
    input_->Pause();
    CAIRN_TRY(replacement->Finish());
    CAIRN_TRY(run_->writer->Settle());
    return false;
  }

 private:
  const WriteTarget target_;
};

Status WrongType(std::string_view field, std::string_view wanted) {
  return Status(ErrorCode::kTypeMismatch, "BSON field '$out." + std::string(field) +
                                              "' is the wrong type, expected type '" +
                                              std::string(wanted) + "'");
}

Status Missing(std::string_view field) {
  return Status(ErrorCode::kLocation40414,
                "BSON field '$out." + std::string(field) + "' is missing but a required field");
}

Result<std::optional<int64_t>> Seconds(bson::Value value, std::string_view name) {
  if (value.IsNullish()) return std::optional<int64_t>();
  if (!value.IsNumber()) return WrongType(name, "int");
  const auto seconds = bson::ToInt64Truncated(bson::Number::From(value));
  if (!seconds || *seconds < 1 || *seconds > 31'536'000) {
    return Status(ErrorCode::kBadValue, "'" + std::string(name) + "' is out of range");
  }
  return seconds;
}

// Time-series collections are not supported; what is wrong with their options is said first.
Status CheckTimeSeries(bson::View options) {
  bson::Value time, max_span, rounding;
  bool has_granularity = false;
  for (const bson::Element& field : options) {
    const bool is_text =
        field.name == "timeField" || field.name == "metaField" || field.name == "granularity";
    if (field.name == "bucketMaxSpanSeconds") {
      max_span = field.value;
    } else if (field.name == "bucketRoundingSeconds") {
      rounding = field.value;
    } else if (!is_text) {
      return Status(
          ErrorCode::kLocation40415,
          "BSON field '$out.timeseries." + std::string(field.name) + "' is an unknown field.");
    }
    if (!is_text || field.value.IsNullish()) continue;
    if (field.value.type() != bson::Type::kString) {
      return WrongType("timeseries." + std::string(field.name), "string");
    }
    if (field.name == "timeField") time = field.value;
    const std::string_view text = field.value.AsString();
    has_granularity = has_granularity || field.name == "granularity";
    if (field.name == "granularity" && text != "seconds" && text != "minutes" && text != "hours") {
      return Status(ErrorCode::kBadValue, "Enumeration value '" + std::string(text) +
                                              "' for field 'granularity' is not a valid value.");
    }
  }
  CAIRN_TRY_ASSIGN(const auto max_seconds, Seconds(max_span, "bucketMaxSpanSeconds"));
  CAIRN_TRY_ASSIGN(const auto rounding_seconds, Seconds(rounding, "bucketRoundingSeconds"));
  if (time.missing()) return Missing("timeseries.timeField");
  if (has_granularity && max_seconds) {
    return Status(ErrorCode::kInvalidOptions,
                  "bucketMaxSpanSeconds and granularity exclude each other");
  }
  if (max_seconds != rounding_seconds) {
    return Status(ErrorCode::kInvalidOptions,
                  "bucketMaxSpanSeconds and bucketRoundingSeconds must be set together and equal");
  }
  return Status(ErrorCode::kNotImplemented, "time-series collections are not supported by Cairn");
}

Result<WriteTarget> ParseTarget(bson::View spec) {
  WriteTarget target;
  bson::Value database, collection, time_series;
  for (const bson::Element& field : spec) {
    bson::Value* place = nullptr;
    if (field.name == "db") place = &database;
    if (field.name == "coll") place = &collection;
    if (field.name == "timeseries") place = &time_series;
    if (place == nullptr) {
      return Status(ErrorCode::kLocation40415,
                    "BSON field '$out." + std::string(field.name) + "' is an unknown field.");
    }
    if (!place->missing()) {
      return Status(ErrorCode::kDuplicateCommandParameter,
                    "BSON field '$out." + std::string(field.name) + "' is a duplicate field");
    }
    *place = field.value;
  }
  for (const auto& [name, value] : {std::pair{"db", database}, {"coll", collection}}) {
    if (!value.IsNullish() && value.type() != bson::Type::kString) return WrongType(name, "string");
  }
  if (!time_series.IsNullish()) {
    if (time_series.type() != bson::Type::kDocument) return WrongType("timeseries", "object");
    CAIRN_TRY(CheckTimeSeries(time_series.AsView()));
  }
  if (database.IsNullish()) return Missing("db");
  if (collection.IsNullish()) return Missing("coll");
  target.database = database.AsString();
  target.collection = collection.AsString();
  return target;
}

}  // namespace

Status ParseOut(bson::Value spec, const ParseContext& context, StageList* stages) {
  WriteTarget target{std::string(context.database), {}};
  if (spec.type() == bson::Type::kString) {
    target.collection = spec.AsString();
  } else if (spec.type() == bson::Type::kDocument) {
    CAIRN_TRY_ASSIGN(target, ParseTarget(spec.AsView()));
  } else {
    return Status(ErrorCode::kLocation16990,
                  "$out only supports a string or object argument, but found " +
                      std::string(bson::TypeName(spec.type())));
  }
  CAIRN_TRY(CheckTarget(target));
  if (target.database.size() + 1 + target.collection.size() > catalog::kNamespaceBytesMax) {
    return Status(ErrorCode::kIllegalOperation, "the namespace of $out is too long");
  }
  if (target.database == "admin" || target.database == "config" || target.database == "local") {
    return Status(ErrorCode::kLocation31321, "Can't $out to internal database: " + target.database);
  }
  if (target.collection.starts_with("system.")) {
    return Status(ErrorCode::kLocation17385,
                  "Can't $out to special collection: " + target.collection);
  }
  if (target.collection.find('$') != std::string::npos) {
    return Status(ErrorCode::kIllegalOperation,
                  "$out to a collection with '$' in its name: " + target.collection);
  }
  stages->push_back(std::make_unique<OutStage>(std::move(target)));
  return Status::Ok();
}

}  // namespace cairn::pipeline
