// SPDX-License-Identifier: Apache-2.0
#include "query/plan/query_settings.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "engine/base/try.h"
#include "engine/bson/number.h"

namespace cairn::plan {
namespace {

using bson::Type;
using bson::Value;

constexpr size_t kHashDigits = 64;

Status WrongType(std::string_view field, Value value, std::string_view wanted) {
  return Status(ErrorCode::kTypeMismatch, "BSON field '" + std::string(field) +
                                              "' is the wrong type '" +
                                              std::string(bson::TypeName(value.type())) +
                                              "', expected type '" + std::string(wanted) + "'");
}

Status Missing(std::string_view field) {
  return Status(ErrorCode::kLocation40414,
                "BSON field '" + std::string(field) + "' is missing but a required field");
}

// A field that must be a string; null counts as absent. False when it is absent.
Result<bool> IsNamed(bson::View ns, std::string_view name) {
  const Value value = ns[name];
  if (value.IsNullish()) return false;
  if (value.type() != Type::kString) {
    return WrongType("IndexHintSpec.ns." + std::string(name), value, "string");
  }
  return true;
}

Status CheckAllowedIndexes(Value allowed) {
  if (allowed.IsNullish()) return Missing("IndexHintSpec.allowedIndexes");
  if (allowed.type() != Type::kArray) {
    return WrongType("IndexHintSpec.allowedIndexes", allowed, "array");
  }
  for (const bson::Element& index : allowed.AsView()) {
    if (index.value.type() == Type::kString) continue;
    if (index.value.type() != Type::kDocument) {
      return Status(ErrorCode::kFailedToParse, "Hint must be a string or an object");
    }
    const bson::View pattern = index.value.AsView();
    if (pattern.empty()) {
      return Status(ErrorCode::kLocation9646000, "key pattern index can't be empty");
    }
    for (const bson::Element& field : pattern) {
      const bool direction =
          field.value.IsNumber() && bson::Sign(bson::Number::From(field.value)) != 0;
      if (direction || field.value.type() == Type::kString) continue;
      return Status(ErrorCode::kLocation9646001, "invalid index key pattern hint");
    }
  }
  return Status::Ok();
}

Status CheckHintSpec(Value spec) {
  if (spec.type() != Type::kDocument) return WrongType("indexHints", spec, "object");
  const Value ns = spec.AsView()["ns"];
  if (ns.IsNullish()) return Missing("IndexHintSpec.ns");
  if (ns.type() != Type::kDocument) return WrongType("IndexHintSpec.ns", ns, "object");
  CAIRN_TRY(CheckAllowedIndexes(spec.AsView()["allowedIndexes"]));
  CAIRN_TRY_ASSIGN(const bool has_database, IsNamed(ns.AsView(), "db"));
  CAIRN_TRY_ASSIGN(const bool has_collection, IsNamed(ns.AsView(), "coll"));
  if (!has_database) {
    return Status(ErrorCode::kLocation8727500, "invalid index hint: 'ns.db' field is missing");
  }
  if (!has_collection) {
    return Status(ErrorCode::kLocation8727501, "invalid index hint: 'ns.coll' field is missing");
  }
  return Status::Ok();
}

// Appends the specs that allow some index, as an array; nothing when there is none.
Status AppendHints(Value hints, bson::Builder* out) {
  bson::Builder kept;
  std::set<std::pair<std::string, std::string>> collections;
  const auto take = [&](Value spec) -> Status {
    CAIRN_TRY(CheckHintSpec(spec));
    const bson::View ns = spec.AsView()["ns"].AsView();
    if (!collections.emplace(ns["db"].AsString(), ns["coll"].AsString()).second) {
      return Status(ErrorCode::kLocation7746608, "Collection '" + std::string(ns["db"].AsString()) +
                                                     "." + std::string(ns["coll"].AsString()) +
                                                     "' has already index hints specified");
    }
    if (!spec.AsView()["allowedIndexes"].AsView().empty()) kept.Append(kept.NextIndex(), spec);
    return Status::Ok();
  };
  if (hints.type() == Type::kDocument) {
    CAIRN_TRY(take(hints));
  } else if (hints.type() == Type::kArray) {
    for (const bson::Element& each : hints.AsView()) CAIRN_TRY(take(each.value));
  } else {
    return Status(ErrorCode::kFailedToParse, "'indexHints' must be an object or an array");
  }
  const bson::Document array = kept.Finish();
  if (!array.view().empty()) out->AppendArray("indexHints", array);
  return Status::Ok();
}

Status AppendFramework(Value framework, bson::Builder* out) {
  if (framework.type() != Type::kString) {
    return WrongType("setQuerySettings.settings.queryFramework", framework, "string");
  }
  if (framework.AsString() != "classic" && framework.AsString() != "sbe") {
    return Status(ErrorCode::kBadValue,
                  "Invalid value for 'queryFramework': expected classic or sbe, but got " +
                      std::string(framework.AsString()));
  }
  out->Append("queryFramework", framework);
  return Status::Ok();
}

// `added` over `before`, without what says nothing.
Result<bson::Document> Merge(bson::View before, bson::View added) {
  const auto pick = [&](std::string_view name) {
    const Value value = added[name];
    return value.IsNullish() ? before[name] : value;
  };
  bson::Builder out;
  const Value hints = pick("indexHints");
  const Value framework = pick("queryFramework");
  const Value reject = pick("reject");
  const Value comment = pick("comment");
  if (!hints.missing()) CAIRN_TRY(AppendHints(hints, &out));
  if (!framework.missing()) CAIRN_TRY(AppendFramework(framework, &out));
  if (!reject.missing() && reject.type() != Type::kBool) {
    return WrongType("setQuerySettings.settings.reject", reject, "bool");
  }
  if (!reject.missing() && reject.AsBool()) out.AppendBool("reject", true);
  bson::Document merged = out.Finish();
  if (merged.empty()) {
    return Status(ErrorCode::kLocation7746604,
                  "the resulting settings cannot be empty or contain only default values");
  }
  if (comment.missing()) return merged;
  return bson::Builder().AppendAll(merged).Append("comment", comment).Finish();
}

}  // namespace

Result<bson::Document> QuerySettings::Set(Entry entry) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(entry.hash);
  const bool is_new = known == entries_.end();
  if (is_new && entries_.size() >= kShapesMax) {
    return Status(ErrorCode::kExceededMemoryLimit, "there are too many query settings");
  }
  CAIRN_TRY_ASSIGN(entry.settings,
                   Merge(is_new ? bson::View() : known->second.settings.view(), entry.settings));
  if (!is_new && entry.representative.empty()) {
    entry.representative = known->second.representative;
    entry.shape = known->second.shape;
  }
  bson::Document now = entry.settings;
  std::string hash = entry.hash;
  entries_.insert_or_assign(std::move(hash), std::move(entry));
  size_ = entries_.size();
  return now;
}

void QuerySettings::Remove(std::string_view hash) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(hash);
  if (known == entries_.end()) return;
  entries_.erase(known);
  size_ = entries_.size();
}

std::vector<QuerySettings::Entry> QuerySettings::All() const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> all;
  for (const auto& [hash, entry] : entries_) all.push_back(entry);
  return all;
}

bson::Document QuerySettings::Find(const ShapedRead& read) const {
  if (empty() || IsInternalNamespace(read.database, read.collection)) return {};
  const std::string hash = ShapeHash(DebugShape(read));
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(hash);
  return known == entries_.end() ? bson::Document() : known->second.settings;
}

Status CheckNotRejected(bson::View settings) {
  if (settings["reject"].missing()) return Status::Ok();
  return Status(ErrorCode::kQueryRejectedBySettings, "Query rejected by admin query settings");
}

std::optional<bson::Document> AllowedIndexes(bson::View settings, std::string_view database,
                                             std::string_view collection) {
  const Value hints = settings["indexHints"];
  if (hints.missing()) return std::nullopt;
  for (const bson::Element& each : hints.AsView()) {
    const bson::View ns = each.value.AsView()["ns"].AsView();
    if (ns["db"].AsString() == database && ns["coll"].AsString() == collection) {
      return bson::Document(each.value.AsView()["allowedIndexes"].AsView());
    }
  }
  return std::nullopt;
}

bool AllowsScan(bson::View allowed) {
  for (const bson::Element& each : allowed) {
    if (each.value.type() == Type::kString && each.value.AsString() == "_id_") return true;
    if (each.value.type() != Type::kDocument) continue;
    const std::string_view first = each.value.AsView().begin()->name;
    if (first == "$natural" || first == "_id") return true;
  }
  return false;
}

bool IsInternalNamespace(std::string_view database, std::string_view collection) {
  return database == "admin" || database == "config" || database == "local" ||
         collection.starts_with("system.");
}

Status CheckShapeHash(std::string_view hash) {
  const bool is_hex =
      hash.size() % 2 == 0 &&
      std::all_of(hash.begin(), hash.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (!is_hex) return Status(ErrorCode::kBadValue, "Hash input is not a hex string");
  if (hash.size() != kHashDigits) {
    return Status(ErrorCode::kInvalidLength,
                  "Invalid hash length, expected 32 bytes, found " + std::to_string(hash.size()));
  }
  return Status::Ok();
}

}  // namespace cairn::plan
