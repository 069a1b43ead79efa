// SPDX-License-Identifier: Apache-2.0
#include "query/plan/key_range.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "engine/index/wildcard.h"

namespace cairn::plan {
namespace {

Status Incompatible() {
  return Status(ErrorCode::kLocation51174, "The index chosen is not compatible with min/max");
}

// Whether `bound` has the fields of `pattern`, in order.
bool SameFields(bson::View bound, bson::View pattern) {
  auto field = pattern.begin();
  for (const bson::Element& element : bound) {
    if (field == pattern.end() || field->name != element.name ||
        field->value.type() == bson::Type::kString || index::IsWildcardField(field->name)) {
      return false;
    }
    ++field;
  }
  return field == pattern.end();
}

bool HoldsStrings(bson::View bound) {
  return std::ranges::any_of(bound, [](const bson::Element& element) {
    return collation::HoldsStrings(element.value.type());
  });
}

std::string EncodeBound(bson::View bound, uint32_t descending,
                        const collation::Collator* collator) {
  std::string bytes;
  int column = 0;
  for (const bson::Element& element : bound) {
    const bool turned = descending >> column++ & 1;
    key::AppendValue(collation::Collated(element.value, collator).value(),
                     turned ? key::Direction::kDescending : key::Direction::kAscending, &bytes);
  }
  return bytes;
}

}  // namespace

Status CheckKeyRange(const Request& request, const Hint& hint) {
  if (request.min.empty() && request.max.empty()) return Status::Ok();
  if (hint.kind == HintKind::kNone) {
    return Status(ErrorCode::kLocation51173,
                  "When using min()/max() a hint of which index to use must be provided");
  }
  bson::Document pattern;
  const collation::Collator* collator = nullptr;
  if (hint.kind == HintKind::kIndex) {
    pattern = hint.index->key_pattern;
    collator = hint.index->collator.get();
  } else if (hint.kind == HintKind::kById) {
    pattern = bson::Builder().AppendInt32("_id", 1).Finish();
  }
  for (const bson::View bound : {request.min, request.max}) {
    if (!bound.empty() && !SameFields(bound, pattern)) return Incompatible();
    if (HoldsStrings(bound) && !collation::Same(collator, request.collator)) return Incompatible();
  }
  return Status::Ok();
}

Result<ScanChoice> KeyRangeScan(const Request& request, const catalog::IndexSpec& index) {
  std::vector<ScanChoice> choices = ChooseBounds({}, index, true, nullptr, false);
  if (choices.empty()) return Incompatible();
  ScanChoice choice = std::move(choices.front());
  key::Range range;
  const auto encode = [&](bson::View bound) {
    return EncodeBound(bound, choice.scan.descending, index.collator.get());
  };
  if (!request.min.empty()) range.begin = encode(request.min);
  if (!request.max.empty()) range.end = encode(request.max);
  if (!range.end.empty() && range.end <= range.begin) {
    return Status(ErrorCode::kLocation51175,
                  "The value provided for min() does not come before the value provided for max() "
                  "in the hinted index");
  }
  choice.scan.range = std::move(range);
  choice.bounded = true;
  choice.exact = false;
  choice.all_points = false;
  return choice;
}

key::Range IdKeyRange(const Request& request) {
  key::Range range;
  if (!request.min.empty()) range.begin = EncodeBound(request.min, 0, nullptr);
  if (!request.max.empty()) range.end = EncodeBound(request.max, 0, nullptr);
  return range;
}

}  // namespace cairn::plan
