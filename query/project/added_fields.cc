// SPDX-License-Identifier: Apache-2.0
// The tree of added fields. Recursion is bounded by the depth of documents and of paths.
#include "query/project/added_fields.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/project/made_fields.h"

namespace cairn::project {
namespace {

class Parser {
 public:
  explicit Parser(const expression::Globals& globals) : globals_(globals) {}

  Status Fields(const std::string& prefix, bson::View fields, Node* root) {
    for (const bson::Element& field : fields) {
      const std::string path = prefix + std::string(field.name);
      if (!prefix.empty() && field.name.find('.') != std::string_view::npos) {
        return Status(ErrorCode::kLocation40183,
                      "FieldPath field names may not contain '.' in a nested object: " + path);
      }
      if (field.value.type() != bson::Type::kDocument || field.value.AsView().empty()) {
        CAIRN_TRY(Leaf(path, field.value, root));
        continue;
      }
      const bson::View inner = field.value.AsView();
      if (inner.begin()->name.starts_with('$')) {
        if (++inner.begin() != inner.end()) {
          return Status(ErrorCode::kLocation40181,
                        "an expression specification must contain exactly one field: " + path);
        }
        CAIRN_TRY(Leaf(path, field.value, root));
      } else {
        CAIRN_TRY(Fields(path + ".", inner, root));
      }
    }
    return Status::Ok();
  }

 private:
  Status Leaf(const std::string& dotted, bson::Value value, Node* root) {
    if (dotted.empty()) {
      return Status(ErrorCode::kLocation40352, "FieldPath cannot be constructed with empty string");
    }
    if (dotted.ends_with('.')) {
      return Status(ErrorCode::kLocation40353, "FieldPath must not end with a '.'.");
    }
    CAIRN_TRY_ASSIGN(const auto path, path::FieldPath::Parse(dotted));
    if (++order_ > kProjectionPathsMax) {
      return Status(ErrorCode::kBadValue, "too many fields are added");
    }
    Node* node = root;
    node->makes = true;
    for (size_t i = 0; i < path.size(); ++i) {
      CAIRN_TRY(CheckPart(dotted, path.part(i)));
      if (node->action.computed != nullptr) return Collision(dotted);
      const auto at = std::ranges::lower_bound(node->children, path.part(i), {}, &Node::name);
      if (at != node->children.end() && at->name == path.part(i)) {
        node = &*at;
        continue;
      }
      Node child;
      child.name = path.part(i);
      child.order = order_;
      child.makes = true;
      node = &*node->children.insert(at, std::move(child));
    }
    if (node->action.computed != nullptr || !node->children.empty()) return Collision(dotted);
    CAIRN_TRY_ASSIGN(node->action.computed, expression::Parse(value, globals_));
    return Status::Ok();
  }

  static Status Collision(const std::string& dotted) {
    return Status(ErrorCode::kLocation40176,
                  "specification contains two conflicting paths, one of them '" + dotted + "'");
  }

  static Status CheckPart(const std::string& dotted, std::string_view part) {
    if (part.empty()) {
      return Status(ErrorCode::kLocation15998,
                    "FieldPath field names may not be empty strings: '" + dotted + "'");
    }
    if (part[0] == '$') {
      return Status(ErrorCode::kLocation16410,
                    "FieldPath field names may not start with '$': '" + dotted + "'");
    }
    return Status::Ok();
  }

  const expression::Globals& globals_;
  size_t order_ = 0;
};

}  // namespace

Result<AddedFields> AddedFields::Parse(bson::View fields, const expression::Globals& globals) {
  AddedFields added;
  added.collator_ = globals.collator;
  CAIRN_TRY(Parser(globals).Fields("", fields, &added.root_));
  return added;
}

Status AddedFields::Apply(bson::View document, bson::Builder* out) const {
  return AppendWithMadeFields(root_, document, document, collator_.get(), out);
}

}  // namespace cairn::project
