// SPDX-License-Identifier: Apache-2.0
#include "query/project/made_fields.h"

#include <algorithm>
#include <vector>

#include "engine/base/try.h"

namespace cairn::project {
namespace {

// A document that a projection makes may grow this far before the limit of documents is checked.
constexpr size_t kGrowthBytesMax = size_t{64} << 20;

class Maker {
 public:
  Maker(bson::View document, const collation::Collator* collator, bson::Builder* out)
      : document_(document), collator_(collator), out_(out) {}

  Status Fields(const Node& node, bson::View fields);

 private:
  Status Make(const Node& node, std::string_view name);
  Status MakeElement(const match::Matcher& matcher, std::string_view name);
  Status Below(const Node& node, std::string_view name, bson::Value value);
  Status Elements(const Node& node, bson::View array);
  Status CheckSize(bson::Value value) const;

  const bson::View document_;
  const collation::Collator* const collator_;
  bson::Builder* const out_;
  expression::Scratch scratch_;
};

Status Maker::CheckSize(bson::Value value) const {
  if (out_->size() + value.size() <= kGrowthBytesMax) return Status::Ok();
  return Status(ErrorCode::kBSONObjectTooLarge, "the projected document is too large");
}

Status Maker::MakeElement(const match::Matcher& matcher, std::string_view name) {
  match::MatchDetails details;
  CAIRN_TRY_ASSIGN(const bool matches, matcher.Matches(document_, &details));
  if (!matches || !details.array_index) return Status::Ok();
  size_t position = 0;
  for (const bson::Element& element : document_.Find(name).AsView()) {
    if (position++ != *details.array_index) continue;
    out_->OpenArray(name);
    out_->Append(out_->NextIndex(), element.value);
    out_->Close();
    break;
  }
  return Status::Ok();
}

Status Maker::Make(const Node& node, std::string_view name) {
  if (node.action.elem_match != nullptr) return MakeElement(*node.action.elem_match, name);
  if (node.action.computed == nullptr) {  // Only what lies below is made.
    out_->OpenDocument(name);
    CAIRN_TRY(Fields(node, bson::View()));
    out_->Close();
    return Status::Ok();
  }
  scratch_.Clear();
  CAIRN_TRY_ASSIGN(const bson::Value value,
                   node.action.computed->Evaluate({document_, &scratch_, collator_}));
  if (value.missing()) return Status::Ok();
  CAIRN_TRY(CheckSize(value));
  out_->Append(name, value);
  return Status::Ok();
}

Status Maker::Elements(const Node& node, bson::View array) {
  for (const bson::Element& element : array) {
    const std::string name(out_->NextIndex());
    CAIRN_TRY(Below(node, name, element.value));
  }
  return Status::Ok();
}

Status Maker::Below(const Node& node, std::string_view name, bson::Value value) {
  if (value.type() == bson::Type::kDocument) {
    out_->OpenDocument(name);
    CAIRN_TRY(Fields(node, value.AsView()));
    out_->Close();
    return Status::Ok();
  }
  if (value.type() == bson::Type::kArray) {
    out_->OpenArray(name);
    CAIRN_TRY(Elements(node, value.AsView()));
    out_->Close();
    return Status::Ok();
  }
  return Make(node, name);
}

Status Maker::Fields(const Node& node, bson::View fields) {
  std::vector<const Node*> left;
  for (const Node& child : node.children) {
    if (child.makes) left.push_back(&child);
  }
  std::ranges::sort(left, {}, [](const Node* child) { return child->order; });
  for (const bson::Element& field : fields) {
    const Node* const child = node.Find(field.name);
    if (child == nullptr || !child->makes) {
      CAIRN_TRY(CheckSize(field.value));
      out_->Append(field.name, field.value);
      continue;
    }
    std::erase(left, child);
    if (child->action.IsMade()) {
      CAIRN_TRY(Make(*child, field.name));
    } else {
      CAIRN_TRY(Below(*child, field.name, field.value));
    }
  }
  for (const Node* child : left) CAIRN_TRY(Make(*child, child->name));
  return Status::Ok();
}

}  // namespace

Status AppendWithMadeFields(const Node& root, bson::View document, bson::View projected,
                            const collation::Collator* collator, bson::Builder* out) {
  return Maker(document, collator, out).Fields(root, projected);
}

}  // namespace cairn::project
