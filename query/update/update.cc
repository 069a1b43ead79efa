// SPDX-License-Identifier: Apache-2.0
// Update: what ties parsing, rewriting and upserts together, and keeps _id as it is.
#include "query/update/update.h"

#include <algorithm>

#include "engine/base/try.h"
#include "query/update/array_filters.h"
#include "query/update/operator.h"
#include "query/update/parser.h"
#include "query/update/places.h"
#include "query/update/rewrite.h"
#include "query/update/upsert.h"

namespace cairn::update {
namespace {

constexpr std::string_view kId = "_id";

Status CheckSameId(bson::Value before, bson::Value after) {
  if (bson::Compare(before, after) == 0) return Status::Ok();
  return Status(ErrorCode::kImmutableField,
                "Performing an update on the path '_id' would modify the immutable field '_id'");
}

}  // namespace

Update::Update(bson::View source) : source_(std::make_unique<const bson::Document>(source)) {}
Update::Update(Update&&) noexcept = default;
Update& Update::operator=(Update&&) noexcept = default;
Update::~Update() = default;

Result<Update> Update::ParseOperators(bson::View document,
                                      std::span<const bson::Document> array_filters,
                                      const expression::Globals& globals) {
  Update update(document);
  update.collator_ = globals.collator;
  CAIRN_TRY_ASSIGN(update.operators_, update::ParseOperators(update.source_->view(), globals));
  CAIRN_TRY_ASSIGN(auto filters, ArrayFilters::Parse(array_filters, globals));
  update.array_filters_ = std::make_unique<const ArrayFilters>(std::move(filters));
  CAIRN_TRY(CheckFiltersUsed(update.operators_, *update.array_filters_));
  update.places_ = PlacesAsWritten(update.operators_);
  CAIRN_TRY_ASSIGN(update.root_, MakeTree(&update.places_, ErrorCode::kConflictingUpdateOperators));
  update.depends_on_document_ = DependsOnDocument(update.operators_);
  update.needs_matched_position_ = std::ranges::any_of(update.operators_, [](const auto& op) {
    for (size_t i = 1; i < op->path().size(); ++i) {
      if (op->path().part(i) == "$") return true;
    }
    return false;
  });
  return update;
}

Result<Update> Update::ParseReplacement(bson::View replacement) {
  for (const bson::Element& element : replacement) {
    if (element.name.starts_with('$')) {
      return Status(ErrorCode::kDollarPrefixedFieldName,
                    "The dollar ($) prefixed field '" + std::string(element.name) +
                        "' is not allowed in the context of an update's replacement document.");
    }
  }
  return Update(replacement);
}

Update Update::FromTransform(std::unique_ptr<const Transform> transform) {
  Update update{bson::View()};
  update.transform_ = std::move(transform);
  return update;
}

// `replacement` with the _id of `document` in front.
Result<bson::Document> Update::Replace(bson::View document, bson::View replacement) const {
  const bson::Value old_id = document.Find(kId);
  const bson::Value new_id = replacement.Find(kId);
  if (!old_id.missing() && !new_id.missing()) CAIRN_TRY(CheckSameId(old_id, new_id));
  std::string room;
  room.reserve(replacement.size() + 64);
  bson::Builder builder(std::move(room));
  const bson::Value id = new_id.missing() ? old_id : new_id;
  if (!id.missing()) builder.Append(kId, id);
  for (const bson::Element& element : replacement) {
    if (element.name != kId) builder.Append(element.name, element.value);
  }
  CAIRN_TRY(CheckSize(builder.size() + 1));
  return builder.Finish();
}

Result<Outcome> Update::Apply(bson::View document, int64_t matched_position) const {
  if (transform_ != nullptr) {
    Outcome outcome;
    CAIRN_TRY_ASSIGN(const bson::Document made, transform_->Apply(document));
    CAIRN_TRY_ASSIGN(outcome.document, Replace(document, made));
    CAIRN_TRY(bson::Validate(outcome.document.bytes()));
    outcome.modified = outcome.document.bytes() != document.bytes();
    return outcome;
  }
  if (root_ == nullptr) {
    Outcome outcome;
    CAIRN_TRY_ASSIGN(outcome.document, Replace(document, source_->view()));
    // As in MongoDB, a replacement without the _id counts as a change even if nothing else differs.
    outcome.modified = source_->view().bytes() != document.bytes();
    return outcome;
  }
  if (!depends_on_document_) return ApplyTree(*root_, document);
  CAIRN_TRY_ASSIGN(Expansion expansion,
                   Expand(operators_, *array_filters_, document, matched_position));
  CAIRN_TRY_ASSIGN(const auto root,
                   MakeTree(&expansion.places, ErrorCode::kConflictingUpdateOperators));
  return ApplyTree(*root, document);
}

Result<Outcome> Update::ApplyTree(const Node& root, bson::View document) const {
  Outcome outcome;
  constexpr size_t kGrowth = 64;
  std::string bytes;
  bytes.reserve(document.size() + kGrowth);
  Rewriter rewriter(false, &bytes);
  CAIRN_TRY(rewriter.Rewrite(root, document));
  if (!rewriter.changed()) {
    outcome.document = bson::Document(document);
    return outcome;
  }
  CAIRN_TRY(CheckSize(bytes.size()));
  outcome.modified = true;
  outcome.document = bson::Document::FromTrustedBytes(std::move(bytes));
  if (root.Find(kId) != nullptr) CAIRN_TRY(CheckSameId(document.Find(kId), outcome.document[kId]));
  outcome.diff = rewriter.TakeDiff();
  return outcome;
}

Result<bson::Document> Update::MakeUpsert(const match::Matcher& filter) const {
  if (transform_ != nullptr) {
    CAIRN_TRY_ASSIGN(const bson::Document seed, DocumentFromEqualities(filter.root()));
    CAIRN_TRY_ASSIGN(const bson::Document made, transform_->Apply(seed));
    CAIRN_TRY_ASSIGN(const bson::Document replaced, Replace(seed, made));
    CAIRN_TRY(bson::Validate(replaced.bytes()));
    return WithIdInFront(replaced);
  }
  if (root_ == nullptr) {
    CAIRN_TRY_ASSIGN(const bson::Value id, IdFromEqualities(filter.root()));
    bson::Builder base;
    if (!id.missing()) base.Append(kId, id);
    CAIRN_TRY_ASSIGN(const bson::Document replaced, Replace(base.Finish(), source_->view()));
    return WithIdInFront(replaced);
  }
  CAIRN_TRY_ASSIGN(const bson::Document base, DocumentFromEqualities(filter.root()));
  Expansion expansion;
  std::unique_ptr<Node> expanded;
  if (depends_on_document_) {
    CAIRN_TRY_ASSIGN(expansion, Expand(operators_, *array_filters_, base, -1));
    CAIRN_TRY_ASSIGN(expanded, MakeTree(&expansion.places, ErrorCode::kConflictingUpdateOperators));
  }
  std::string bytes;
  Rewriter rewriter(true, &bytes);
  CAIRN_TRY(rewriter.Rewrite(expanded != nullptr ? *expanded : *root_, base));
  const auto updated = bson::Document::FromTrustedBytes(std::move(bytes));
  if (!base[kId].missing()) CAIRN_TRY(CheckSameId(base[kId], updated[kId]));
  return WithIdInFront(updated);
}

}  // namespace cairn::update
