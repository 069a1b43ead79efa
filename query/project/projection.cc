// SPDX-License-Identifier: Apache-2.0
// Projections applied to documents. Arrays on the way are opened at every level of nesting;
// recursion goes no deeper than the document.
#include "query/project/projection.h"

#include "engine/base/try.h"
#include "query/project/parser.h"

namespace cairn::project {
namespace {

void ApplyToArray(const Node& node, bool including, bson::View array, bson::Builder* out);

void ApplyToDocument(const Node& node, bool including, bson::View document, bson::Builder* out) {
  size_t left = node.children.size();
  for (const bson::Element& element : document) {
    const Node* const child = node.Find(element.name);
    if (child == nullptr) {
      if (!including) out->Append(element.name, element.value);
      continue;
    }
    if (child->children.empty()) {
      if (including) out->Append(element.name, element.value);
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
    }
  }
}

}  // namespace

Result<Projection> Projection::Parse(bson::View projection) {
  CAIRN_TRY_ASSIGN(auto root, ParseProjection(projection));
  return Projection(std::move(root));
}

Projection::Projection(std::unique_ptr<Node> root) : root_(std::move(root)) {}
Projection::Projection(Projection&&) noexcept = default;
Projection& Projection::operator=(Projection&&) noexcept = default;
Projection::~Projection() = default;

bool Projection::IsIdentity() const { return root_->children.empty() && !root_->including; }

void Projection::Apply(bson::View document, bson::Builder* out) const {
  if (IsIdentity()) {
    out->AppendAll(document);
    return;
  }
  ApplyToDocument(*root_, root_->including, document, out);
}

}  // namespace cairn::project
