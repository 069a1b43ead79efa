// SPDX-License-Identifier: Apache-2.0
#include "query/plan/hint.h"

#include <iterator>

#include "engine/bson/number.h"
#include "engine/index/options.h"

namespace cairn::plan {
namespace {

using bson::Type;

Status NoSuchIndex() {
  return Status(ErrorCode::kBadValue, "hint provided does not correspond to an existing index");
}

bool Usable(const catalog::IndexSpec& index) { return index.ready && !index::IsHidden(index); }

Result<Hint> HintByPattern(const catalog::Collection& collection, bson::View pattern) {
  if (pattern.empty()) return Hint{};
  const bson::Element first = *pattern.begin();
  if (std::distance(pattern.begin(), pattern.end()) == 1 && first.value.IsNumber()) {
    const bool descending = bson::Sign(bson::Number::From(first.value)) < 0;
    if (first.name == "$natural") {
      const auto direction = bson::ToInt64Exact(bson::Number::From(first.value));
      if (direction != 1 && direction != -1) {
        return Status(ErrorCode::kBadValue, "$natural hint must be 1 or -1");
      }
      return Hint{descending ? HintKind::kBackward : HintKind::kForward, nullptr};
    }
    if (first.name == "_id" && !descending && collection.layout == catalog::Layout::kById) {
      return Hint{HintKind::kById, nullptr};
    }
  }
  const catalog::IndexSpec* found = nullptr;
  for (const catalog::IndexSpec& index : collection.indexes) {
    if (!Usable(index) || bson::Compare(index.key_pattern.view(), pattern) != 0) continue;
    if (found != nullptr) {
      return Status(ErrorCode::kIndexNotFound,
                    "Hint matched multiple indexes, must hint by index "
                    "name. Matched: " +
                        found->name + " and " + index.name);
    }
    found = &index;
  }
  if (found == nullptr) return NoSuchIndex();
  return Hint{HintKind::kIndex, found};
}

}  // namespace

Result<Hint> ParseHint(const catalog::Collection& collection, bson::Value hint) {
  if (hint.missing()) return Hint{};
  if (hint.type() == Type::kDocument) return HintByPattern(collection, hint.AsView());
  if (hint.type() != Type::kString) {
    return Status(ErrorCode::kFailedToParse, "hint must be a string or a document");
  }
  const std::string_view name = hint.AsString();
  if (name == catalog::kIdIndexName && collection.layout == catalog::Layout::kById) {
    return Hint{HintKind::kById, nullptr};
  }
  const catalog::IndexSpec* index = collection.FindIndex(name);
  if (index == nullptr || !Usable(*index)) return NoSuchIndex();
  return Hint{HintKind::kIndex, index};
}

bool IsAllowed(const catalog::IndexSpec& index, bson::Value allowed) {
  if (allowed.type() != Type::kArray) return true;
  for (const bson::Element& each : allowed.AsView()) {
    if (each.value.type() == Type::kString && each.value.AsString() == index.name) return true;
    if (each.value.type() == Type::kDocument &&
        bson::Compare(each.value.AsView(), index.key_pattern.view()) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace cairn::plan
