// SPDX-License-Identifier: Apache-2.0
// Names of variables and what they stand for.
#include "query/expression/scope.h"

#include <algorithm>

#include "engine/base/clock.h"
#include "engine/base/try.h"
#include "query/expression/expression.h"

namespace cairn::expression {
namespace {

Status CheckName(std::string_view name, bool user) {
  if (name.empty()) {
    return Status(ErrorCode::kFailedToParse, "empty variable names are not allowed");
  }
  const auto begins = [user](char c) {
    return (c >= 'a' && c <= 'z') || (!user && c >= 'A' && c <= 'Z') ||
           static_cast<signed char>(c) < 0;
  };
  const auto goes_on = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<signed char>(c) < 0;
  };
  if (begins(name[0]) && std::ranges::all_of(name, goes_on)) return Status::Ok();
  return Status(ErrorCode::kFailedToParse,
                "'" + std::string(name) + "' is not a valid name for a variable");
}

}  // namespace

namespace {

bool IsSystemVariable(std::string_view name) {
  return name == "NOW" || name == "CLUSTER_TIME" || name == "USER_ROLES";
}

// What a command's let may not have, and $let may.
Status CheckLetField(const bson::Element& field) {
  if (IsSystemVariable(field.name)) {
    return Status(ErrorCode::kLocation4738901,
                  "Attempt to set internal constant: " + std::string(field.name));
  }
  if (field.value.type() == bson::Type::kString && field.value.AsString().starts_with("$$")) {
    const std::string_view path = field.value.AsString().substr(2);
    if (IsSystemVariable(path.substr(0, path.find('.')))) {
      return Status(ErrorCode::kLocation51144,
                    "Builtin variable '$$" + std::string(path) + "' is not available");
    }
  }
  return CheckUserVariable(field.name);
}

}  // namespace

Status CheckUserVariable(std::string_view name) {
  // $$CURRENT is the one of MongoDB's own variables that may be given anew.
  return name == "CURRENT" ? Status::Ok() : CheckName(name, true);
}

Status CheckVariable(std::string_view name) { return CheckName(name, false); }

Globals::Globals() : now_ms(base::Clock::System()->WallMs()) {}

Status Globals::AddLet(bson::View let) {
  for (const bson::Element& field : let) {
    CAIRN_TRY(CheckLetField(field));
    Scope scope(this);
    CAIRN_TRY_ASSIGN(const auto parsed, Parse(field.value, &scope));
    Dependencies dependencies;
    parsed->AddDependencies(&dependencies);
    if (dependencies.whole || !dependencies.paths.empty()) {
      return Status(ErrorCode::kLocation4890500,
                    "Command let Expression tried to access a field, but this is not allowed");
    }
    Scratch scratch;
    CAIRN_TRY_ASSIGN(const bson::Value value,
                     parsed->Evaluate(Context(bson::View(), &scratch, collator.get())));
    variables.emplace(variables.begin(), std::string(field.name), bson::OwnedValue(value));
  }
  return Status::Ok();
}

std::optional<size_t> Scope::Find(std::string_view name) const {
  for (size_t i = names_.size(); i-- > 0;) {
    if (names_[i] == name) return names_.size() - 1 - i;
  }
  return std::nullopt;
}

}  // namespace cairn::expression
