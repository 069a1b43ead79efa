// SPDX-License-Identifier: Apache-2.0
// Whole values under a collator. Depth is bounded because views hold validated bytes.
#include "engine/bson/compare.h"
#include "engine/collation/collator.h"

namespace cairn::collation {

int internal::CompareCollated(bson::Value a, bson::Value b, const Collator& collator) {
  const auto compare = [](const void* context, std::string_view left, std::string_view right) {
    return static_cast<const Collator*>(context)->Compare(left, right);
  };
  return bson::CompareWith(a, b, {compare, &collator});
}

void AppendWithSortKeys(std::string_view name, bson::Value value, const Collator& collator,
                        bson::Builder* out) {
  switch (value.type()) {
    case bson::Type::kString:
    case bson::Type::kSymbol: {
      std::string key;
      collator.AppendSortKey(value.AsString(), &key);
      if (value.type() == bson::Type::kString) {
        out->AppendString(name, key);
      } else {
        out->AppendSymbol(name, key);
      }
      return;
    }
    case bson::Type::kDocument:
    case bson::Type::kArray:
      if (value.type() == bson::Type::kDocument) {
        out->OpenDocument(name);
      } else {
        out->OpenArray(name);
      }
      for (const bson::Element& element : value.AsView()) {
        AppendWithSortKeys(element.name, element.value, collator, out);
      }
      out->Close();
      return;
    default:
      out->Append(name, value);
  }
}

bson::OwnedValue WithSortKeys(bson::Value value, const Collator& collator) {
  if (!HoldsStrings(value.type())) return bson::OwnedValue(value);
  bson::Builder builder;
  AppendWithSortKeys("", value, collator, &builder);
  return bson::OwnedValue(builder.Finish()[""]);
}

}  // namespace cairn::collation
