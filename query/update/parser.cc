// SPDX-License-Identifier: Apache-2.0
// The tables of update operators, and the rules for the paths that they write to.
#include "query/update/parser.h"

#include <algorithm>
#include <string>

#include "engine/base/try.h"

namespace cairn::update {
namespace {

struct OperatorRow {
  std::string_view name;
  ParseOperand parse;
};

// table "update operators": sorted
constexpr OperatorRow kOperators[] = {
    {"$addToSet", ParseAddToSet},
    {"$bit", ParseBit},
    {"$currentDate", ParseCurrentDate},
    {"$inc", ParseInc},
    {"$max", ParseMax},
    {"$min", ParseMin},
    {"$mul", ParseMul},
    {"$pop", ParsePop},
    {"$pull", ParsePull},
    {"$pullAll", ParsePullAll},
    {"$push", ParsePush},
    {"$rename", ParseRename},
    {"$set", ParseSet},
    {"$setOnInsert", ParseSetOnInsert},
    {"$unset", ParseUnset},
};
static_assert(std::ranges::is_sorted(kOperators, {}, &OperatorRow::name));

bool IsPositional(std::string_view part) {
  return part == "$" || (part.starts_with("$[") && part.ends_with(']'));
}

bool IsArrayFilter(std::string_view part) { return IsPositional(part) && part != "$"; }

Status CheckPart(const path::FieldPath& path, size_t i, std::string_view operator_name) {
  const std::string_view part = path.part(i);
  if (part.empty()) {
    return Status(ErrorCode::kEmptyFieldName,
                  "The update path '" + path.dotted() +
                      "' contains an empty field name, which is not allowed.");
  }
  if (part[0] != '$') return Status::Ok();
  if (IsPositional(part)) {
    if (i > 0 && !operator_name.empty()) return Status::Ok();
    return Status(ErrorCode::kBadValue,
                  "a positional element cannot stand here in the path '" + path.dotted() + "'");
  }
  // As in MongoDB, such names may stand below the top, a new document may have them, and they can
  // be removed.
  const bool allowed =
      operator_name == "$unset" || operator_name == "$setOnInsert" || operator_name == "$rename";
  if (i > 0 || allowed) return Status::Ok();
  return Status(ErrorCode::kDollarPrefixedFieldName,
                "The dollar ($) prefixed field '" + std::string(part) + "' in '" + path.dotted() +
                    "' is not allowed in an update");
}

// A total order: positions by number before all names.
int CompareParts(std::string_view a, int64_t a_index, std::string_view b, int64_t b_index) {
  if (a_index >= 0 && b_index >= 0) return (a_index > b_index) - (a_index < b_index);
  if (a_index >= 0 || b_index >= 0) return a_index >= 0 ? -1 : 1;
  return a.compare(b);
}

int ComparePaths(const path::FieldPath& a, const path::FieldPath& b) {
  const size_t parts = std::min(a.size(), b.size());
  for (size_t i = 0; i < parts; ++i) {
    const int order = CompareParts(a.part(i), a.index(i), b.part(i), b.index(i));
    if (order != 0) return order;
  }
  return (a.size() > b.size()) - (a.size() < b.size());
}

Status Conflict(const path::FieldPath& path, size_t part, ErrorCode code) {
  if (code == ErrorCode::kNotSingleValueField) {
    return Status(
        code, "cannot infer query fields to set, path '" + path.dotted() + "' is matched twice");
  }
  const std::string_view at = path.part(part);
  const auto length = static_cast<size_t>(at.data() + at.size() - path.dotted().data());
  return Status(code, "Updating the path '" + path.dotted() + "' would create a conflict at '" +
                          path.dotted().substr(0, length) + "'");
}

// Adds `place`, whose path sorts after all paths in the tree.
Status AddToTree(const Place& place, Node* root, ErrorCode on_conflict) {
  const path::FieldPath& path = place.path;
  Node* node = root;
  for (size_t i = 0; i < path.size(); ++i) {
    const bool is_leaf = i + 1 == path.size();
    auto& children = node->children;
    const bool is_new = children.empty() || children.back().name != path.part(i);
    if (is_new) {
      // All elements and single ones cannot both be named.
      const bool mixed =
          !children.empty() && IsArrayFilter(children.back().name) != IsArrayFilter(path.part(i));
      if (mixed && i > 0) return Conflict(path, i - 1, on_conflict);
      children.emplace_back();
      children.back().name = path.part(i);
      children.back().index = path.index(i);
    } else if (is_leaf || children.back().op != nullptr) {
      return Conflict(path, i, on_conflict);
    }
    node = &children.back();
    for (const bool inserting : {false, true}) {
      const size_t when = inserting ? 1 : 0;
      if (place.op->Creates(inserting)) node->creates[when] = true;
      if (place.op->NeedsViablePath(inserting)) node->needs_viable_path[when] = true;
    }
  }
  node->op = place.op;
  node->path = &path;
  return Status::Ok();
}

}  // namespace

const Node* Node::Find(std::string_view part) const {
  constexpr size_t kLinearMax = 8;
  if (children.size() <= kLinearMax) {
    for (const Node& child : children) {
      if (child.name == part) return &child;
    }
    return nullptr;
  }
  const int64_t index = path::ParseIndex(part);
  const auto at = std::lower_bound(
      children.begin(), children.end(), part, [index](const Node& child, std::string_view wanted) {
        return CompareParts(child.name, child.index, wanted, index) < 0;
      });
  return at != children.end() && at->name == part ? &*at : nullptr;
}

Result<path::FieldPath> ParsePath(std::string_view dotted, std::string_view operator_name) {
  if (dotted.empty()) {
    return Status(ErrorCode::kEmptyFieldName, "An empty update path is not valid.");
  }
  CAIRN_TRY_ASSIGN(auto path, path::FieldPath::Parse(dotted));
  size_t matched_positions = 0;
  for (size_t i = 0; i < path.size(); ++i) {
    CAIRN_TRY(CheckPart(path, i, operator_name));
    matched_positions += path.part(i) == "$" ? 1 : 0;
  }
  if (matched_positions > 1) {
    return Status(ErrorCode::kBadValue,
                  "Too many positional (i.e. '$') elements found in path '" + path.dotted() + "'");
  }
  return path;
}

bool HasPositional(const path::FieldPath& path) {
  for (size_t i = 1; i < path.size(); ++i) {
    if (IsPositional(path.part(i))) return true;
  }
  return false;
}

Result<Operators> ParseOperators(bson::View update, const expression::Globals& globals) {
  if (update.empty()) {
    return Status(ErrorCode::kFailedToParse, "the update document must contain operators");
  }
  Operators operators;
  for (const bson::Element& modifier : update) {
    const auto* const row =
        std::ranges::lower_bound(kOperators, modifier.name, {}, &OperatorRow::name);
    if (row == std::end(kOperators) || row->name != modifier.name) {
      return Status(ErrorCode::kFailedToParse, "Unknown modifier: " + std::string(modifier.name) +
                                                   ". Expected a valid update modifier");
    }
    if (modifier.value.type() != bson::Type::kDocument) {
      return Status(ErrorCode::kFailedToParse,
                    "Modifiers operate on fields but we found type " +
                        std::string(bson::TypeName(modifier.value.type())) +
                        " instead. For example: {$mod: {<field>: ...}}");
    }
    for (const bson::Element& field : modifier.value.AsView()) {
      if (operators.size() >= kUpdatePathsMax) {
        return Status(ErrorCode::kBadValue,
                      "an update may have at most " + std::to_string(kUpdatePathsMax) + " paths");
      }
      CAIRN_TRY_ASSIGN(auto path, ParsePath(field.name, modifier.name));
      CAIRN_TRY_ASSIGN(auto op, row->parse(std::move(path), field.value, globals));
      operators.push_back(std::move(op));
    }
  }
  return operators;
}

Result<std::unique_ptr<Node>> MakeTree(Places* places, ErrorCode on_conflict) {
  std::ranges::stable_sort(
      *places, [](const Place& a, const Place& b) { return ComparePaths(a.path, b.path) < 0; });
  auto root = std::make_unique<Node>();
  for (const Place& place : *places) CAIRN_TRY(AddToTree(place, root.get(), on_conflict));
  return root;
}

}  // namespace cairn::update
