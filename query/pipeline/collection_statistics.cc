// SPDX-License-Identifier: Apache-2.0
// $collStats, $indexStats and $planCacheStats: what is known of a collection.
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/pipeline/made_documents.h"
#include "query/pipeline/stages.h"
#include "query/plan/cache.h"
#include "query/plan/shape.h"

namespace cairn::pipeline {
namespace {

constexpr std::string_view kHost = "localhost";

struct CollStats {
  std::string database;
  std::string collection;
  bool latency = false;
  bool storage = false;
  double scale = 1;
  bool count = false;
  bool executions = false;
};

class CollStatsStage final : public MadeDocumentsStage {
 public:
  explicit CollStatsStage(CollStats wanted) : wanted_(std::move(wanted)) {}

 private:
  Status Make(std::vector<bson::Document>* documents) override {
    const auto collection =
        run_->environment.store->FindCollection(wanted_.database, wanted_.collection);
    if (collection == nullptr && (wanted_.storage || wanted_.count)) {
      return Status(ErrorCode::kNamespaceNotFound,
                    "Collection [" + wanted_.database + "." + wanted_.collection + "] not found.");
    }
    bson::Builder out;
    out.AppendString("ns", wanted_.database + "." + wanted_.collection);
    out.AppendString("host", kHost);
    out.AppendDate("localTime", run_->globals.now_ms);
    if (wanted_.latency) AppendLatency(&out);
    if (wanted_.storage) AppendStorage(*collection, &out);
    if (wanted_.count) {
      const auto counts = run_->environment.store->GetCounts(*collection);
      bson::Number::Smallest(counts.documents).AppendTo(&out, "count");
    }
    if (wanted_.executions) {
      out.OpenDocument("queryExecStats").OpenDocument("collectionScans");
      out.AppendInt64("total", 0).AppendInt64("nonTailable", 0).Close().Close();
    }
    documents->push_back(out.Finish());
    return Status::Ok();
  }

  // Latencies are not measured by collection.
  static void AppendLatency(bson::Builder* out) {
    out->OpenDocument("latencyStats");
    for (const char* kind : {"reads", "writes", "commands", "transactions"}) {
      out->OpenDocument(kind).AppendInt64("latency", 0).AppendInt64("ops", 0).Close();
    }
    out->Close();
  }

  void AppendStorage(const catalog::Collection& collection, bson::Builder* out) const {
    const auto counts = run_->environment.store->GetCounts(collection);
    const auto scaled = [this](int64_t bytes) {
      return bson::Number::Smallest(
          static_cast<int64_t>(std::floor(static_cast<double>(bytes) / wanted_.scale)));
    };
    out->OpenDocument("storageStats");
    scaled(counts.bytes).AppendTo(out, "size");
    bson::Number::Smallest(counts.documents).AppendTo(out, "count");
    if (counts.documents > 0) {
      bson::Number::Smallest(counts.bytes / counts.documents).AppendTo(out, "avgObjSize");
    }
    out->AppendInt32("numOrphanDocs", 0);
    scaled(counts.bytes).AppendTo(out, "storageSize");
    out->AppendInt32("freeStorageSize", 0);
    const bson::Value capped = collection.options["capped"];
    const bool is_capped = capped.type() == bson::Type::kBool && capped.AsBool();
    out->AppendBool("capped", is_capped);
    if (is_capped) AppendCapped(collection, out);
    out->AppendInt32("nindexes", static_cast<int32_t>(collection.CountIndexes()));
    out->OpenArray("indexBuilds").Close();
    out->AppendInt32("totalIndexSize", 0);
    scaled(counts.bytes).AppendTo(out, "totalSize");
    out->OpenDocument("indexSizes").Close();
    bson::Number::Smallest(static_cast<int64_t>(wanted_.scale)).AppendTo(out, "scaleFactor");
    out->Close();
  }

  static void AppendCapped(const catalog::Collection& collection, bson::Builder* out) {
    for (const auto& [option, name] : {std::pair{"max", "max"}, {"size", "maxSize"}}) {
      const bson::Value value = collection.options[option];
      const auto number =
          value.IsNumber() ? bson::ToInt64Exact(bson::Number::From(value)) : std::nullopt;
      bson::Number::Smallest(number.value_or(0)).AppendTo(out, name);
    }
  }

  const CollStats wanted_;
};

Status WrongType(std::string_view field, std::string_view wanted) {
  return Status(ErrorCode::kTypeMismatch, "BSON field '$collStats." + std::string(field) +
                                              "' is the wrong type, expected type '" +
                                              std::string(wanted) + "'");
}

Status ParseOptions(const bson::Element& part, CollStats* wanted) {
  for (const bson::Element& option : part.value.AsView()) {
    if (part.name == "latencyStats" && option.name == "histograms") {
      if (option.value.type() != bson::Type::kBool) return WrongType("histograms", "bool");
      continue;
    }
    if (part.name == "storageStats" && option.name == "scale") {
      if (option.value.IsNullish()) continue;
      if (!option.value.IsNumber()) return WrongType("scale", "int");
      const auto scale = bson::ToInt32Exact(bson::Number::From(option.value));
      if (scale.value_or(0) < 1) {
        return Status(ErrorCode::kBadValue, "'scale' must be an integer of at least 1");
      }
      wanted->scale = *scale;
      continue;
    }
    if (part.name == "storageStats" && (option.name == "verbose" || option.name == "waitForLock" ||
                                        option.name == "numericOnly")) {
      if (option.value.type() != bson::Type::kBool) return WrongType(option.name, "bool");
      continue;
    }
    return Status(ErrorCode::kLocation40415, "BSON field '$collStats." + std::string(part.name) +
                                                 "." + std::string(option.name) +
                                                 "' is an unknown field.");
  }
  return Status::Ok();
}

class IndexStatsStage final : public MadeDocumentsStage {
 public:
  IndexStatsStage(std::string_view database, std::string_view collection)
      : database_(database), collection_(collection) {}

 private:
  Status Make(std::vector<bson::Document>* documents) override {
    const auto collection = run_->environment.store->FindCollection(database_, collection_);
    if (collection == nullptr) return Status::Ok();
    bool has_id = false;
    for (const catalog::IndexSpec& index : collection->indexes) {
      has_id = has_id || index.name == catalog::kIdIndexName;
    }
    if (!has_id) {
      bson::Builder key;
      key.AppendInt32("_id", 1);
      documents->push_back(Show(catalog::kIdIndexName, key.Finish(), false, bson::View(),
                                collection->id_usage.get(), false));
    }
    for (const catalog::IndexSpec& index : collection->indexes) {
      documents->push_back(Show(index.name, index.key_pattern, index.unique, index.options,
                                index.usage.get(), !index.ready));
    }
    return Status::Ok();
  }

  static bson::Document Show(std::string_view name, bson::View key, bool unique, bson::View options,
                             const catalog::IndexUsage* usage, bool building) {
    bson::Builder out;
    out.AppendString("name", name).AppendDocument("key", key).AppendString("host", kHost);
    out.OpenDocument("accesses");
    out.AppendInt64("ops", usage == nullptr ? 0 : usage->operations.load());
    out.AppendDate("since", usage == nullptr ? 0 : usage->since_ms).Close();
    out.OpenDocument("spec").AppendInt32("v", 2).AppendDocument("key", key);
    out.AppendString("name", name);
    if (unique) out.AppendBool("unique", true);
    for (const bson::Element& option : options) {
      if (option.name != "v") out.Append(option.name, option.value);
    }
    out.Close();
    if (building) out.AppendBool("building", true);
    return out.Finish();
  }

  const std::string database_;
  const std::string collection_;
};

class PlanCacheStatsStage final : public MadeDocumentsStage {
 public:
  PlanCacheStatsStage(std::string_view database, std::string_view collection)
      : database_(database), collection_(collection) {}

 private:
  Status Make(std::vector<bson::Document>* documents) override {
    const exec::Environment& environment = run_->environment;
    const auto collection = environment.store->FindCollection(database_, collection_);
    if (collection == nullptr) {
      return Status(ErrorCode::kLocation50933,
                    "collection '" + database_ + "." + collection_ + "' does not exist");
    }
    if (environment.plans == nullptr) return Status::Ok();
    for (const plan::CacheEntry& entry : environment.plans->Entries(*collection)) {
      documents->push_back(Show(*collection, entry));
    }
    return Status::Ok();
  }

  bson::Document Show(const catalog::Collection& collection, const plan::CacheEntry& entry) const {
    const std::string hash = plan::HashText(entry.shape);
    bson::Builder out;
    out.AppendString("version", "1").AppendString("queryHash", hash);
    out.AppendString("planCacheShapeHash", hash);
    out.AppendString("planCacheKey", plan::CacheKeyText(hash, collection));
    out.AppendBool("isActive", entry.active);
    out.AppendInt64("works", static_cast<int64_t>(entry.works));
    out.AppendString("worksType", "works").AppendDate("timeOfCreation", entry.created_ms);
    out.OpenDocument("createdFromQuery").AppendDocument("query", entry.filter);
    out.AppendDocument("sort", entry.sort).AppendDocument("projection", entry.projection);
    if (!entry.collation.empty()) out.AppendDocument("collation", entry.collation);
    out.Close();
    out.AppendDocument("cachedPlan", entry.plan);
    out.AppendArray("creationExecStats", entry.trials);
    out.OpenArray("candidatePlanScores");
    for (const double score : entry.scores) out.AppendDouble(out.NextIndex(), score);
    out.Close();
    out.AppendBool("indexFilterSet", entry.filtered);
    out.AppendInt64("estimatedSizeBytes", static_cast<int64_t>(entry.SizeBytes()));
    out.AppendString("host", kHost);
    return out.Finish();
  }

  const std::string database_;
  const std::string collection_;
};

}  // namespace

Status ParseCollStats(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation5447000, "$collStats must take a nested object but found: " +
                                                   std::string(bson::TypeName(spec.type())));
  }
  CollStats wanted{.database = std::string(context.database),
                   .collection = std::string(context.collection)};
  for (const bson::Element& part : spec.AsView()) {
    bool* place = nullptr;
    if (part.name == "latencyStats") place = &wanted.latency;
    if (part.name == "storageStats") place = &wanted.storage;
    if (part.name == "count") place = &wanted.count;
    if (part.name == "queryExecStats") place = &wanted.executions;
    if (place == nullptr) {
      return Status(ErrorCode::kLocation40415,
                    "BSON field '$collStats." + std::string(part.name) + "' is an unknown field.");
    }
    if (context.api_strict && place != &wanted.count) {
      return Status(ErrorCode::kAPIStrictError,
                    "$collStats with '" + std::string(part.name) + "' is not in API Version 1");
    }
    if (part.value.type() != bson::Type::kDocument) return WrongType(part.name, "object");
    *place = true;
    CAIRN_TRY(ParseOptions(part, &wanted));
  }
  stages->push_back(std::make_unique<CollStatsStage>(std::move(wanted)));
  return Status::Ok();
}

Status ParseIndexStats(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument || !spec.AsView().empty()) {
    return Status(ErrorCode::kLocation28803,
                  "The $indexStats stage specification must be an empty object");
  }
  stages->push_back(std::make_unique<IndexStatsStage>(context.database, context.collection));
  return Status::Ok();
}

Status ParsePlanCacheStats(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kFailedToParse, "$planCacheStats value must be an object. Found: " +
                                                 std::string(bson::TypeName(spec.type())));
  }
  bool all_hosts = false;
  bool seen = false;
  for (const bson::Element& field : spec.AsView()) {
    if (field.name != "allHosts" || seen || field.value.type() != bson::Type::kBool) {
      return Status(ErrorCode::kFailedToParse,
                    "$planCacheStats takes one option, the boolean 'allHosts'");
    }
    seen = true;
    all_hosts = field.value.AsBool();
  }
  if (all_hosts) {
    return Status(ErrorCode::kLocation4503200,
                  "$planCacheStats stage supports allHosts parameter only for sharded clusters");
  }
  stages->push_back(std::make_unique<PlanCacheStatsStage>(context.database, context.collection));
  return Status::Ok();
}

}  // namespace cairn::pipeline
