// SPDX-License-Identifier: Apache-2.0
// Projections applied to documents. Arrays on the way are opened at every level of nesting;
// recursion goes no deeper than the document.
#include "query/project/projection.h"

#include <algorithm>
#include <iterator>

#include "engine/base/try.h"
#include "query/project/made_fields.h"
#include "query/project/parser.h"

namespace cairn::project {
namespace {

// The server's own additions to a document may exceed the limit by this much.
constexpr size_t kBytesMax = bson::kMaxDocumentBytes + (size_t{16} << 10);

void ApplyToArray(const Node& node, bool including, bson::View array, bson::Builder* out);

void AppendSlice(const ArraySlice& slice, const bson::Element& field, bson::Builder* out) {
  if (field.value.type() != bson::Type::kArray) {
    out->Append(field.name, field.value);
    return;
  }
  const bson::View array = field.value.AsView();
  int64_t first = slice.skip;
  if (first < 0) first = std::max<int64_t>(first + std::distance(array.begin(), array.end()), 0);
  out->OpenArray(field.name);
  int64_t position = 0;
  for (const bson::Element& element : array) {
    if (position >= first + slice.count) break;
    if (position++ >= first) out->Append(out->NextIndex(), element.value);
  }
  out->Close();
}

void ApplyToEnd(const Action& action, bool including, const bson::Element& field,
                bson::Builder* out) {
  if (action.slice) {
    AppendSlice(*action.slice, field, out);
  } else if (including != action.IsMade()) {
    // What is made stands behind what is included, but in place where fields are excluded.
    if (including || action.IsMade()) out->Append(field.name, field.value);
  }
}

void ApplyToDocument(const Node& node, bool including, bson::View document, bson::Builder* out) {
  size_t left = node.children.size();
  for (const bson::Element& element : document) {
    const Node* const child = node.Find(element.name);
    if (child == nullptr) {
      if (!including) out->Append(element.name, element.value);
      continue;
    }
    if (child->children.empty()) {
      ApplyToEnd(child->action, including, element, out);
    } else if (element.value.type() == bson::Type::kDocument) {
      out->OpenDocument(element.name);
      ApplyToDocument(*child, including, element.value.AsView(), out);
      out->Close();
    } else if (element.value.type() == bson::Type::kArray) {
      out->OpenArray(element.name);
      ApplyToArray(*child, including, element.value.AsView(), out);
      out->Close();
    } else if (!including) {
      out->Append(element.name, element.value);
    }
    // Names are unique in a document that we stored, so nothing more can be included.
    if (--left == 0 && including) return;
  }
}

void ApplyToArray(const Node& node, bool including, bson::View array, bson::Builder* out) {
  for (const bson::Element& element : array) {
    if (element.value.type() == bson::Type::kDocument) {
      out->OpenDocument(out->NextIndex());
      ApplyToDocument(node, including, element.value.AsView(), out);
      out->Close();
    } else if (element.value.type() == bson::Type::kArray) {
      out->OpenArray(out->NextIndex());
      ApplyToArray(node, including, element.value.AsView(), out);
      out->Close();
    } else if (!including) {
      out->Append(out->NextIndex(), element.value);
    } else if (node.makes) {
      // What is made below takes the place of a value that has no fields.
      out->OpenDocument(out->NextIndex());
      out->Close();
    }
  }
}

// Replaces the first array on the path by its one element that matched.
Status ApplyPositional(const path::FieldPath& path, size_t part, bson::View document,
                       const match::MatchDetails& details, bson::Builder* out) {
  for (const bson::Element& field : document) {
    const bson::Type type = field.value.type();
    if (field.name != path.part(part) ||
        (type != bson::Type::kArray &&
         (type != bson::Type::kDocument || part + 1 == path.size()))) {
      out->Append(field.name, field.value);
    } else if (type == bson::Type::kDocument) {
      out->OpenDocument(field.name);
      CAIRN_TRY(ApplyPositional(path, part + 1, field.value.AsView(), details, out));
      out->Close();
    } else {
      if (!details.array_index) {
        return Status(ErrorCode::kLocation51246,
                      "positional operator '.$' couldn't find a matching element in the array");
      }
      bson::Value matched;
      size_t position = 0;
      for (const bson::Element& element : field.value.AsView()) {
        if (position++ != *details.array_index) continue;
        matched = element.value;
        break;
      }
      if (matched.missing()) {
        return Status(ErrorCode::kLocation51247, "positional operator '.$' element mismatch");
      }
      out->OpenArray(field.name);
      out->Append(out->NextIndex(), matched);
      out->Close();
    }
  }
  return Status::Ok();
}

// Recursion is bounded by the depth of paths.
bool HasSlice(const Node& node) {
  return node.action.slice || std::ranges::any_of(node.children, HasSlice);
}

void AddKept(const std::string& prefix, const Node& node, expression::Dependencies* dependencies) {
  for (const Node& child : node.children) {
    const std::string path = prefix + child.name;
    if (!child.children.empty()) {
      AddKept(path + ".", child, dependencies);
    } else if (child.action.computed == nullptr) {
      dependencies->paths.insert(path);
    }
  }
}

}  // namespace

Result<Projection> Projection::Parse(bson::View projection, const expression::Globals& globals,
                                     Place place) {
  CAIRN_TRY_ASSIGN(auto tree, ParseProjection(projection, globals, place));
  tree->collator = globals.collator;
  return Projection(std::move(tree));
}

bool Projection::IsIdentity() const { return tree_->root.children.empty() && !tree_->including; }

bool Projection::IsPositional() const { return tree_->positional.has_value(); }

bool Projection::Keeps(const path::FieldPath& path) const {
  if (tree_->positional) return false;
  const Node* const node = tree_->root.FindAlong(path);
  if (!tree_->including) return node == nullptr;
  return node != nullptr && node->children.empty() && node->action.IsPlain();
}

bool Projection::IsPlain() const {
  return !tree_->positional && !tree_->root.makes && !HasSlice(tree_->root);
}

bool Projection::IsInclusion() const { return tree_->including && !tree_->positional; }

std::optional<path::FieldPath> Projection::Origin(const path::FieldPath& path) const {
  if (Keeps(path)) return path;
  if (tree_->positional) return {};
  return tree_->root.Renamed(path);
}

void Projection::AddDependencies(expression::Dependencies* dependencies) const {
  tree_->root.AddDependencies("", dependencies);
  if (tree_->including) AddKept("", tree_->root, dependencies);
}

Status Projection::Apply(bson::View document, bson::Builder* out,
                         const match::MatchDetails& details) const {
  if (IsIdentity()) {
    out->AppendAll(document);
    return Status::Ok();
  }
  if (!tree_->root.makes && !tree_->positional) {
    ApplyToDocument(tree_->root, tree_->including, document, out);
    return Status::Ok();
  }
  bson::Builder builder;
  ApplyToDocument(tree_->root, tree_->including, document, &builder);
  bson::Document projected = builder.Finish();
  if (tree_->positional) {
    bson::Builder positional;
    CAIRN_TRY(ApplyPositional(*tree_->positional, 0, projected, details, &positional));
    projected = positional.Finish();
  }
  if (tree_->root.makes) {
    CAIRN_TRY(AppendWithMadeFields(tree_->root, document, projected, tree_->collator.get(), out));
  } else {
    out->AppendAll(projected);
  }
  if (out->size() > kBytesMax) {
    return Status(ErrorCode::kBSONObjectTooLarge, "the projected document is too large");
  }
  return Status::Ok();
}

}  // namespace cairn::project
