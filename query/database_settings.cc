// SPDX-License-Identifier: Apache-2.0
// Database: query settings.
#include <algorithm>
#include <cctype>
#include <utility>

#include "cairn/database.h"
#include "engine/base/try.h"
#include "query/engine.h"
#include "query/plan/query_settings.h"
#include "query/representative_query.h"

namespace cairn {
namespace {

using bson::Type;

// Stages that tell about the server: reads that begin with one cannot be refused.
constexpr std::string_view kTellingStages[] = {
    "$collStats",         "$currentOp",    "$indexStats",     "$listCatalog",
    "$listLocalSessions", "$listSessions", "$planCacheStats", "$querySettings"};

struct Named {
  plan::QuerySettings::Entry entry;
  std::string telling_stage;
};

// The shape that a command or a hash names.
Result<Named> ReadShape(bson::Value query, std::string_view command, bool to_set) {
  Named named;
  if (query.type() == Type::kString) {
    CAIRN_TRY(plan::CheckShapeHash(query.AsString()));
    named.entry.hash = std::string(query.AsString());
    for (char& digit : named.entry.hash) digit = static_cast<char>(std::toupper(digit));
    return named;
  }
  if (query.type() != Type::kDocument) {
    return Status(ErrorCode::kTypeMismatch, "BSON field '" + std::string(command) + "." +
                                                std::string(command) + "' is the wrong type '" +
                                                std::string(bson::TypeName(query.type())) +
                                                "', expected types '[string, object]'");
  }
  CAIRN_TRY_ASSIGN(const RepresentativeQuery read, ReadRepresentative(query.AsView()));
  if (to_set && plan::IsInternalNamespace(read.read.database, read.read.collection)) {
    const bool is_database = !read.read.collection.starts_with("system.") ||
                             plan::IsInternalNamespace(read.read.database, "");
    return Status(is_database ? ErrorCode::kLocation8584900 : ErrorCode::kLocation8584901,
                  "setQuerySettings command cannot be used on internal databases and collections");
  }
  if (to_set && read.by_id) {
    return Status(ErrorCode::kLocation7746606,
                  "setQuerySettings command cannot be used on find queries eligible for IDHACK");
  }
  named.entry.representative = bson::Document(query.AsView());
  named.entry.shape = plan::DebugShape(read.read);
  named.entry.hash = plan::ShapeHash(named.entry.shape);
  if (!read.read.pipeline.empty()) {
    const bson::Value first = read.read.pipeline.begin()->value;
    const std::string_view stage = first.AsView().begin()->name;
    if (std::ranges::find(kTellingStages, stage) != std::end(kTellingStages)) {
      named.telling_stage = stage;
    }
  }
  return named;
}

}  // namespace

Result<bson::Document> Database::SetQuerySettings(bson::Value query, bson::View settings) {
  if (settings.empty()) {
    return Status(ErrorCode::kLocation8727502,
                  "settings field in setQuerySettings command cannot be empty");
  }
  CAIRN_TRY_ASSIGN(Named named, ReadShape(query, "setQuerySettings", true));
  const bson::Value reject = settings["reject"];
  if (reject.type() == Type::kBool && reject.AsBool() && !named.telling_stage.empty()) {
    return Status(
        ErrorCode::kLocation8705200,
        "Setting {reject:true} is forbidden for query containing stage: " + named.telling_stage);
  }
  named.entry.settings = bson::Document(settings);
  bson::Builder out;
  out.AppendString("queryShapeHash", named.entry.hash);
  if (!named.entry.representative.empty()) {
    out.AppendDocument("representativeQuery", named.entry.representative);
  }
  CAIRN_TRY_ASSIGN(const bson::Document now, engine_->query_settings().Set(std::move(named.entry)));
  out.AppendDocument("settings", now);
  return out.Finish();
}

Status Database::RemoveQuerySettings(bson::Value query) {
  CAIRN_TRY_ASSIGN(const Named named, ReadShape(query, "removeQuerySettings", false));
  engine_->query_settings().Remove(named.entry.hash);
  return Status::Ok();
}

}  // namespace cairn
