// SPDX-License-Identifier: Apache-2.0
// Parsing of projections. _id stands apart: it is kept unless it is left out by name, and naming it
// says nothing about the other fields.
#include "query/project/parser.h"

#include <algorithm>
#include <optional>

#include "engine/base/try.h"
#include "engine/bson/truth.h"
#include "query/path/path.h"

namespace cairn::project {
namespace {

constexpr std::string_view kId = "_id";

// All paths of one projection together; nested forms repeat the names above them.
constexpr size_t kPathBytesMax = size_t{16} << 20;

struct Entry {
  path::FieldPath path;
  size_t order;  // In the projection document.
  Action action;
};

class Parser {
 public:
  Parser(const expression::Globals& globals, Place place) : globals_(globals), place_(place) {}
  Status Fields(const std::string& prefix, bson::View fields);
  Result<std::unique_ptr<Tree>> Finish();

 private:
  Status Field(const std::string& path, bson::Value value);
  Status Add(const std::string& dotted, bool include);
  Status AddPositional(const path::FieldPath& path, bson::Value value);
  Status AddAction(path::FieldPath path, Action action);
  Status AddId(bool including);

  const expression::Globals& globals_;
  const Place place_;
  std::vector<Entry> entries_;
  std::optional<path::FieldPath> positional_;
  std::optional<bool> including_;
  bool has_elem_match_ = false;
  std::optional<bool> id_;
  size_t id_order_ = 0;
  size_t order_ = 0;
  size_t path_bytes_ = 0;
};

Status CheckPath(const path::FieldPath& path) {
  if (path.dotted().empty()) {
    return Status(ErrorCode::kLocation40352, "FieldPath cannot be constructed with empty string");
  }
  const size_t last = path.size() - 1;
  if (path.part(last).empty()) {
    return Status(ErrorCode::kLocation40353, "FieldPath must not end with a '.'.");
  }
  for (size_t i = 0; i <= last; ++i) {
    const std::string_view part = path.part(i);
    if (part.empty()) {
      return Status(ErrorCode::kLocation15998, "FieldPath field names may not be empty strings.");
    }
    if (part[0] != '$') continue;
    if (part == "$" && i > 0) {
      return Status(
          ErrorCode::kLocation31394,
          "a positional projection must stand at the end of the path '" + path.dotted() + "'");
    }
    return Status(ErrorCode::kLocation16410, "FieldPath field names may not start with '$'.");
  }
  return Status::Ok();
}

Status Parser::Fields(const std::string& prefix, bson::View fields) {
  for (const bson::Element& element : fields) {
    CAIRN_TRY(Field(prefix + std::string(element.name), element.value));
  }
  return Status::Ok();
}

Status Parser::Field(const std::string& path, bson::Value value) {
  path_bytes_ += path.size();
  if (path_bytes_ > kPathBytesMax || order_ >= kProjectionPathsMax) {
    return Status(ErrorCode::kBadValue, "the projection has too many or too long paths");
  }
  const bool is_operator = value.type() == bson::Type::kDocument && !value.AsView().empty() &&
                           value.AsView().begin()->name.starts_with('$');
  if (path.ends_with(".$")) {
    CAIRN_TRY_ASSIGN(const auto array, path::FieldPath::Parse(path.substr(0, path.size() - 2)));
    return AddPositional(array, value);
  }
  if (value.type() == bson::Type::kBool || value.IsNumber()) return Add(path, bson::IsTrue(value));
  if (value.type() == bson::Type::kDocument && !is_operator) {
    if (!value.AsView().empty()) return Fields(path + '.', value.AsView());
    return Status(
        ErrorCode::kLocation51270,
        "An empty sub-projection is not a valid value. Found empty object at path " + path);
  }
  CAIRN_TRY_ASSIGN(auto parsed, path::FieldPath::Parse(path));
  CAIRN_TRY(CheckPath(parsed));
  Action action;
  if (is_operator) {
    CAIRN_TRY_ASSIGN(action, ParseOperator(parsed, value, globals_, place_));
  } else {
    CAIRN_TRY_ASSIGN(action.computed, expression::Parse(value, globals_));
  }
  return AddAction(std::move(parsed), std::move(action));
}

Status Parser::AddPositional(const path::FieldPath& path, bson::Value value) {
  CAIRN_TRY(CheckPath(path));
  if (value.type() != bson::Type::kBool && !value.IsNumber()) {
    return Status(ErrorCode::kLocation31271,
                  "positional projection cannot be used with an expression or sub object");
  }
  if (!bson::IsTrue(value) || !including_.value_or(true)) {
    return Status(ErrorCode::kLocation31395, "positional projection cannot be used with exclusion");
  }
  if (positional_) {
    return Status(ErrorCode::kLocation31276,
                  "Cannot specify more than one positional projection per query.");
  }
  positional_ = path;
  including_ = true;
  entries_.push_back({path, ++order_, {}});
  return Status::Ok();
}

Status Parser::AddAction(path::FieldPath path, Action action) {
  if (action.computed != nullptr && !action.is_metadata) {
    if (!including_.value_or(true)) {
      return Status(ErrorCode::kLocation31252,
                    "Cannot use an expression in an exclusion projection: " + path.dotted());
    }
    including_ = true;
  }
  has_elem_match_ |= action.elem_match != nullptr;
  entries_.push_back({std::move(path), ++order_, std::move(action)});
  return Status::Ok();
}

Status Parser::Add(const std::string& dotted, bool include) {
  CAIRN_TRY_ASSIGN(auto path, path::FieldPath::Parse(dotted));
  CAIRN_TRY(CheckPath(path));
  ++order_;
  if (dotted == kId) {
    if (id_) return Status(ErrorCode::kLocation31250, "Path collision at _id");
    id_ = include;
    id_order_ = order_;
    return Status::Ok();
  }
  if (including_.value_or(include) != include) {
    return include ? Status(ErrorCode::kLocation31253,
                            "Cannot do inclusion on field " + dotted + " in exclusion projection")
                   : Status(ErrorCode::kLocation31254,
                            "Cannot do exclusion on field " + dotted + " in inclusion projection");
  }
  including_ = include;
  entries_.push_back({std::move(path), order_, {}});
  return Status::Ok();
}

// Makes an entry of _id where it is one more field to keep, or to leave out.
Status Parser::AddId(bool including) {
  const bool has_part_of_id =
      std::ranges::any_of(entries_, [](const Entry& entry) { return entry.path.part(0) == kId; });
  if (id_ ? *id_ != including && !has_part_of_id : !including || has_part_of_id) {
    return Status::Ok();
  }
  CAIRN_TRY_ASSIGN(auto path, path::FieldPath::Parse(kId));
  entries_.push_back({std::move(path), id_order_, {}});
  return Status::Ok();
}

bool PathLess(const Entry& a, const Entry& b) {
  const size_t parts = std::min(a.path.size(), b.path.size());
  for (size_t i = 0; i < parts; ++i) {
    if (const int order = a.path.part(i).compare(b.path.part(i)); order != 0) return order < 0;
  }
  return a.path.size() < b.path.size();
}

Status Collision(const Entry& shorter, const Entry& longer) {
  const std::string where = "Path collision at " + longer.path.dotted();
  if (shorter.order < longer.order && shorter.path.size() < longer.path.size()) {
    return Status(ErrorCode::kLocation31249,
                  where + " remaining portion " +
                      longer.path.dotted().substr(shorter.path.dotted().size() + 1));
  }
  return Status(ErrorCode::kLocation31250, where);
}

// Adds the path of `entry`, which sorts after all in the tree. `last` is the entry added last.
Status AddToTree(Entry* entry, const Entry* last, Node* root) {
  Node* node = root;
  const bool makes = entry->action.IsMade();
  for (size_t i = 0; i < entry->path.size(); ++i) {
    auto& children = node->children;
    const bool is_new = children.empty() || children.back().name != entry->path.part(i);
    if (is_new) {
      children.emplace_back();
      children.back().name = entry->path.part(i);
      children.back().order = entry->order;
    } else if (i + 1 == entry->path.size() || children.back().children.empty()) {
      // Everything between a path and what lies within it would have collided before.
      return Collision(*last, *entry);
    }
    node->makes |= makes;
    node = &children.back();
    node->order = std::min(node->order, entry->order);
  }
  node->makes |= makes;
  node->action = std::move(entry->action);
  return Status::Ok();
}

Result<std::unique_ptr<Tree>> Parser::Finish() {
  auto tree = std::make_unique<Tree>();
  tree->including = including_.value_or(has_elem_match_ || id_.value_or(false));
  tree->positional = positional_;
  CAIRN_TRY(AddId(tree->including));
  std::ranges::stable_sort(entries_, PathLess);
  const Entry* last = nullptr;
  for (Entry& entry : entries_) {
    CAIRN_TRY(AddToTree(&entry, last, &tree->root));
    last = &entry;
  }
  return tree;
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
  const auto at = std::ranges::lower_bound(children, part, {}, &Node::name);
  return at != children.end() && at->name == part ? &*at : nullptr;
}

const Node* Node::FindAlong(const path::FieldPath& path) const {
  const Node* node = this;
  for (size_t i = 0; i < path.size() && (i == 0 || !node->children.empty()); ++i) {
    node = node->Find(path.part(i));
    if (node == nullptr) return nullptr;
  }
  return node;
}

std::optional<path::FieldPath> Node::Renamed(const path::FieldPath& path) const {
  const Node* const node = Find(path.part(0));
  if (node == nullptr || !node->children.empty() || node->action.computed == nullptr) return {};
  const path::FieldPath* const from = node->action.computed->RootField();
  if (from == nullptr || from->size() != 1) return {};
  std::string renamed = from->dotted();
  for (size_t i = 1; i < path.size(); ++i) renamed.append(".").append(path.part(i));
  Result<path::FieldPath> parsed = path::FieldPath::Parse(renamed);
  if (!parsed.ok()) return {};
  return std::move(parsed).value();
}

// Recursion is bounded by the depth of paths.
void Node::AddDependencies(const std::string& prefix,
                           expression::Dependencies* dependencies) const {
  for (const Node& child : children) {
    const std::string path = prefix + child.name;
    if (child.action.computed != nullptr) child.action.computed->AddDependencies(dependencies);
    // What stands in the way of a made field decides where, and how often, it is made.
    if (child.makes && !child.children.empty()) dependencies->paths.insert(path);
    child.AddDependencies(path + ".", dependencies);
  }
}

Result<std::unique_ptr<Tree>> ParseProjection(bson::View projection,
                                              const expression::Globals& globals, Place place) {
  Parser parser(globals, place);
  CAIRN_TRY(parser.Fields("", projection));
  return parser.Finish();
}

}  // namespace cairn::project
