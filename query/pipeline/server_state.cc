// SPDX-License-Identifier: Apache-2.0
// $currentOp, $querySettings, $listLocalSessions and $listSessions. Cairn has no sessions: the last
// two check their arguments and find none. $currentOp shows what runs, the operation that asks and
// the index builds among it.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/exec/running_operations.h"
#include "query/pipeline/made_documents.h"
#include "query/pipeline/stages.h"
#include "query/plan/query_settings.h"

namespace cairn::pipeline {
namespace {

// table: sorted
constexpr std::string_view kCurrentOpOptions[] = {
    "allUsers", "idleConnections", "idleCursors", "idleSessions",
    "localOps", "targetAllNodes",  "truncateOps",
};
static_assert(std::ranges::is_sorted(kCurrentOpOptions));

class CurrentOpStage final : public MadeDocumentsStage {
  Status Make(std::vector<bson::Document>* documents) override {
    const exec::RunningOperations* const operations = exec::RunningOperations::OfThisThread();
    if (operations != nullptr) {
      *documents = operations->Describe();
    } else {
      // An embedding program need not say what its operations are.
      documents->push_back(DescribeSelf());
    }
    for (const store::IndexBuildStatus& build : run_->environment.store->IndexBuilds()) {
      documents->push_back(Describe(build, run_->globals.now_ms));
    }
    return Status::Ok();
  }

  bson::Document DescribeSelf() const {
    bson::Builder out;
    out.AppendString("type", "op").AppendString("host", "localhost");
    out.AppendString("desc", "aggregate").AppendBool("active", true);
    out.AppendDate("currentOpTime", run_->globals.now_ms);
    out.AppendString("op", "command").AppendString("ns", "admin.$cmd.aggregate");
    out.OpenDocument("command").AppendInt32("aggregate", 1).OpenArray("pipeline");
    out.AppendDocument(out.NextIndex(), source()).Close();
    out.AppendString("$db", "admin").Close();
    return out.Finish();
  }

  static std::string_view PhaseText(store::BuildPhase phase) {
    switch (phase) {
      case store::BuildPhase::kScan:
        return "Index Build: scanning collection";
      case store::BuildPhase::kLoad:
        return "Index Build: inserting keys from external sorter";
      case store::BuildPhase::kCatchUp:
        return "Index Build: draining writes received during build";
      case store::BuildPhase::kFinish:
        return "Index Build: committing";
    }
    return "";
  }

  static bson::Document Describe(const store::IndexBuildStatus& build, int64_t now_ms) {
    const size_t dot = build.ns.find('.');
    bson::Builder out;
    out.AppendString("type", "op").AppendString("host", "localhost");
    out.AppendString("desc", "index build").AppendBool("active", true);
    out.AppendDate("currentOpTime", now_ms);
    out.AppendString("op", "command").AppendString("ns", build.ns);
    out.OpenDocument("command").AppendString("createIndexes", build.ns.substr(dot + 1));
    out.OpenArray("indexes");
    for (size_t i = 0; i < build.names.size(); ++i) {
      out.OpenDocument(out.NextIndex()).AppendDocument("key", build.key_patterns[i]);
      out.AppendString("name", build.names[i]).Close();
    }
    out.Close().AppendString("$db", build.ns.substr(0, dot)).Close();
    std::string text(PhaseText(build.phase));
    if (build.total > 0) {
      const uint64_t done = std::min(build.done, build.total);
      text += ": " + std::to_string(done) + "/" + std::to_string(build.total) + " " +
              std::to_string(100 * done / build.total) + "%";
    }
    out.AppendString("msg", text);
    out.OpenDocument("progress").AppendInt64("done", static_cast<int64_t>(build.done));
    out.AppendInt64("total", static_cast<int64_t>(build.total)).Close();
    return out.Finish();
  }
};

class QuerySettingsStage final : public MadeDocumentsStage {
 public:
  explicit QuerySettingsStage(bool show_shape) : show_shape_(show_shape) {}

 private:
  Status Make(std::vector<bson::Document>* documents) override {
    if (run_->environment.query_settings == nullptr) return Status::Ok();
    for (const auto& entry : run_->environment.query_settings->All()) {
      bson::Builder out;
      out.AppendString("queryShapeHash", entry.hash);
      if (show_shape_ && !entry.shape.empty()) {
        out.AppendDocument("debugQueryShape", entry.shape);
      }
      out.AppendDocument("settings", entry.settings);
      if (!entry.representative.empty()) {
        out.AppendDocument("representativeQuery", entry.representative);
      }
      documents->push_back(out.Finish());
    }
    return Status::Ok();
  }
  const bool show_shape_;
};

class NoSessionsStage final : public MadeDocumentsStage {
  Status Make(std::vector<bson::Document>*) override { return Status::Ok(); }
};

Status WrongType(std::string_view stage, std::string_view field) {
  return Status(ErrorCode::kTypeMismatch, "BSON field '" + std::string(stage) + "." +
                                              std::string(field) + "' is the wrong type");
}

Status UnknownField(std::string_view stage, std::string_view field) {
  return Status(ErrorCode::kLocation40415, "BSON field '" + std::string(stage) + "." +
                                               std::string(field) + "' is an unknown field.");
}

// {user: string, db: string}
Status CheckUser(std::string_view stage, bson::Value user) {
  if (user.type() != bson::Type::kDocument) return WrongType(stage, "users");
  bool has_user = false;
  bool has_database = false;
  for (const bson::Element& field : user.AsView()) {
    if (field.name != "user" && field.name != "db") return UnknownField(stage, field.name);
    if (field.value.IsNullish()) continue;
    if (field.value.type() != bson::Type::kString) return WrongType(stage, field.name);
    (field.name == "user" ? has_user : has_database) = true;
  }
  if (has_user && has_database) return Status::Ok();
  return Status(ErrorCode::kLocation40414,
                "BSON fields 'user' and 'db' are required in each of 'users'");
}

Status ParseSessions(std::string_view stage, bson::Value spec, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kTypeMismatch,
                  std::string(stage) + " options must be specified in an object, but found: " +
                      std::string(bson::TypeName(spec.type())));
  }
  bool all_users = false;
  bool names_users = false;
  for (const bson::Element& field : spec.AsView()) {
    if (field.name != "users" && field.name != "allUsers" && field.name != "$_internalPredicate") {
      return UnknownField(stage, field.name);
    }
    if (field.value.IsNullish()) continue;
    if (field.name == "allUsers") {
      if (field.value.type() != bson::Type::kBool) return WrongType(stage, field.name);
      all_users = field.value.AsBool();
    } else if (field.name == "users") {
      if (field.value.type() != bson::Type::kArray) return WrongType(stage, field.name);
      for (const bson::Element& user : field.value.AsView()) {
        if (user.value.IsNullish()) continue;
        CAIRN_TRY(CheckUser(stage, user.value));
        names_users = true;
      }
    }
  }
  if (all_users && names_users) {
    return Status(ErrorCode::kUnsupportedFormat,
                  std::string(stage) +
                      " may not specify {allUsers:true} and {users:[...]} at the "
                      "same time");
  }
  stages->push_back(std::make_unique<NoSessionsStage>());
  return Status::Ok();
}

}  // namespace

Status ParseCurrentOp(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kTypeMismatch,
                  "$currentOp options must be specified in an object, but found: " +
                      std::string(bson::TypeName(spec.type())));
  }
  for (const bson::Element& field : spec.AsView()) {
    if (!std::ranges::binary_search(kCurrentOpOptions, field.name)) {
      return UnknownField("$currentOp", field.name);
    }
    if (field.value.type() != bson::Type::kBool) return WrongType("$currentOp", field.name);
    if (field.name == "targetAllNodes" && field.value.AsBool()) {
      return Status(ErrorCode::kFailedToParse,
                    "The 'targetAllNodes' parameter of $currentOp is for sharded clusters");
    }
  }
  if (context.database != "admin") {
    return Status(ErrorCode::kInvalidNamespace,
                  "$currentOp must be run against the 'admin' database with {aggregate: 1}");
  }
  stages->push_back(std::make_unique<CurrentOpStage>());
  return Status::Ok();
}

// {showDebugQueryShape: bool}
Status ParseQuerySettings(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation7746800,
                  "$querySettings stage expects a document as argument");
  }
  bool show_shape = false;
  for (const bson::Element& field : spec.AsView()) {
    if (field.name != "showDebugQueryShape") return UnknownField("$querySettings", field.name);
    if (field.value.type() != bson::Type::kBool) return WrongType("$querySettings", field.name);
    show_shape = field.value.AsBool();
  }
  if (context.database != "admin") {
    return Status(ErrorCode::kInvalidNamespace,
                  "$querySettings must be run against the 'admin' database with {aggregate: 1}");
  }
  stages->push_back(std::make_unique<QuerySettingsStage>(show_shape));
  return Status::Ok();
}

Status ParseListLocalSessions(bson::Value spec, const ParseContext&, StageList* stages) {
  return ParseSessions("$listLocalSessions", spec, stages);
}

Status ParseListSessions(bson::Value spec, const ParseContext&, StageList* stages) {
  return ParseSessions("$listSessions", spec, stages);
}

}  // namespace cairn::pipeline
