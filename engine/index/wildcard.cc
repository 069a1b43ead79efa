// SPDX-License-Identifier: Apache-2.0
#include "engine/index/wildcard.h"

#include <algorithm>
#include <utility>

#include "engine/base/try.h"
#include "engine/bson/number.h"

namespace cairn::index {
namespace {

using bson::Type;
using bson::Value;

constexpr Value kUndefined(Type::kUndefined, nullptr);

bool IsBelow(std::string_view path, std::string_view ancestor) {
  return path.size() > ancestor.size() && path[ancestor.size()] == '.' &&
         path.starts_with(ancestor);
}

bool IsTrue(Value value) {
  if (value.type() == Type::kBool) return value.AsBool();
  return bson::Sign(bson::Number::From(value)) != 0;
}

Status BadProjection(ErrorCode code, std::string message) {
  return Status(code, std::move(message));
}

// One level of a document, or of an array on the way.
struct Level {
  bson::View::Iterator at;
  bson::View::Iterator end;
  size_t path_bytes = 0;  // Of the path that leads here.
  bool is_array = false;
};

}  // namespace

bool IsWildcardField(std::string_view name) { return name == "$**" || name.ends_with(".$**"); }

Result<WildcardPaths> WildcardPaths::Parse(std::string_view field, Value projection) {
  WildcardPaths paths;
  if (field != "$**") {
    if (!projection.missing()) {
      return BadProjection(ErrorCode::kFailedToParse,
                           "The field 'wildcardProjection' is only allowed when 'key' is {\"$**\": "
                           "±1}");
    }
    paths.includes_ = paths.decided_ = true;
    paths.paths_.emplace_back(field.substr(0, field.size() - 4));
    paths.takes_id_ = paths.paths_[0] == "_id" || paths.paths_[0].starts_with("_id.");
    return paths;
  }
  if (projection.missing()) return paths;
  if (projection.AsView().empty()) {
    return BadProjection(ErrorCode::kFailedToParse,
                         "The 'wildcardProjection' field can't be an empty object");
  }
  CAIRN_TRY(paths.AddProjection(projection.AsView(), "", 0));
  if (!paths.decided_) paths.includes_ = paths.takes_id_;  // Nothing but _id is named.
  std::sort(paths.paths_.begin(), paths.paths_.end());
  return paths;
}

Status WildcardPaths::AddProjection(bson::View projection, const std::string& prefix, int depth) {
  if (depth > bson::kMaxDepth) {
    return BadProjection(ErrorCode::kOverflow, "the wildcardProjection is nested too deeply");
  }
  for (const bson::Element& element : projection) {
    if (element.name.empty() || element.name[0] == '$' || element.name[0] == '.' ||
        element.name.back() == '.') {
      return BadProjection(ErrorCode::kBadValue, "a wildcardProjection cannot name the path '" +
                                                     std::string(element.name) + "'");
    }
    const std::string path =
        prefix.empty() ? std::string(element.name) : prefix + "." + std::string(element.name);
    if (element.value.type() == Type::kDocument && !element.value.AsView().empty()) {
      CAIRN_TRY(AddProjection(element.value.AsView(), path, depth + 1));
      continue;
    }
    if (element.value.type() != Type::kBool && !element.value.IsNumber()) {
      return BadProjection(ErrorCode::kLocation51271,
                           "Bad projection specification, cannot use computed fields when parsing "
                           "a spec in restricted mode");
    }
    const bool takes = IsTrue(element.value);
    if (path == "_id") {
      takes_id_ = takes;
      continue;
    }
    for (const std::string& other : paths_) {
      if (other == path || IsBelow(path, other) || IsBelow(other, path)) {
        return BadProjection(ErrorCode::kLocation31249, "Path collision at " + path);
      }
    }
    if (decided_ && takes != includes_) {
      return BadProjection(takes ? ErrorCode::kLocation31253 : ErrorCode::kLocation31254,
                           std::string("Cannot do ") + (takes ? "inclusion" : "exclusion") +
                               " on field " + path + " in " + (takes ? "exclusion" : "inclusion") +
                               " projection");
    }
    includes_ = takes;
    decided_ = true;
    paths_.push_back(path);
  }
  return Status::Ok();
}

WildcardPaths::Part WildcardPaths::PartOf(std::string_view path) const {
  if (path == "_id" || path.starts_with("_id.")) {
    if (!takes_id_) return Part::kNone;
    const bool named = std::any_of(paths_.begin(), paths_.end(), [](const std::string& each) {
      return each == "_id" || each.starts_with("_id.");
    });
    if (!named) return Part::kAll;
  }
  for (const std::string& each : paths_) {
    if (path == each || IsBelow(path, each)) return includes_ ? Part::kAll : Part::kNone;
    if (IsBelow(each, path)) return Part::kSome;
  }
  return includes_ ? Part::kNone : Part::kAll;
}

bool WildcardPaths::Takes(std::string_view path) const { return PartOf(path) == Part::kAll; }

bool WildcardPaths::LeavesOut(std::string_view path) const { return PartOf(path) == Part::kNone; }

Status WildcardPaths::ForEach(bson::View document, bool* arrays, const Use& use) const {
  std::string path;
  std::vector<Level> open;
  open.push_back({document.begin(), document.end(), 0, false});
  while (!open.empty()) {
    Level& level = open.back();
    if (level.at == level.end) {
      open.pop_back();
      continue;
    }
    const bson::Element element = *level.at;
    ++level.at;
    path.resize(level.path_bytes);
    if (!level.is_array) {
      if (!path.empty()) path += '.';
      path.append(element.name);
    }
    const Part part = PartOf(path);
    if (part == Part::kNone) continue;
    const Type type = element.value.type();
    const bool nested = type == Type::kDocument || (type == Type::kArray && !level.is_array);
    if (type == Type::kArray && !level.is_array) *arrays = true;
    if (nested && !element.value.AsView().empty()) {
      const bson::View inner = element.value.AsView();
      open.push_back({inner.begin(), inner.end(), path.size(), type == Type::kArray});
    } else if (part == Part::kAll) {
      CAIRN_TRY(use(path, nested && type == Type::kArray ? kUndefined : element.value));
    }
  }
  return Status::Ok();
}

}  // namespace cairn::index
