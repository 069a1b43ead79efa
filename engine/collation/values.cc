// SPDX-License-Identifier: Apache-2.0
// Whole values under a collator. Depth is bounded because views hold validated bytes.
#include "engine/bson/compare.h"
#include "engine/collation/collator.h"

namespace cairn::collation {
namespace {

/// Appends `value` with each string in it replaced by what `map` makes of it.
template <typename Map>
void AppendMapped(std::string_view name, bson::Value value, bson::Builder* out, const Map& map) {
  switch (value.type()) {
    case bson::Type::kString:
      out->AppendString(name, map(value.AsString()));
      return;
    case bson::Type::kSymbol:
      out->AppendSymbol(name, map(value.AsString()));
      return;
    case bson::Type::kDocument:
    case bson::Type::kArray:
      if (value.type() == bson::Type::kDocument) {
        out->OpenDocument(name);
      } else {
        out->OpenArray(name);
      }
      for (const bson::Element& element : value.AsView()) {
        AppendMapped(element.name, element.value, out, map);
      }
      out->Close();
      return;
    default:
      out->Append(name, value);
  }
}

}  // namespace

int internal::CompareCollated(bson::Value a, bson::Value b, const Collator& collator) {
  const auto compare = [](const void* context, std::string_view left, std::string_view right) {
    return static_cast<const Collator*>(context)->Compare(left, right);
  };
  return bson::CompareWith(a, b, {compare, &collator});
}

void AppendWithSortKeys(std::string_view name, bson::Value value, const Collator& collator,
                        bson::Builder* out) {
  AppendMapped(name, value, out, [&collator](std::string_view text) {
    std::string key;
    collator.AppendSortKey(text, &key);
    return key;
  });
}

bson::Document WithKeyTexts(bson::View keys) {
  bson::Builder out;
  for (const bson::Element& element : keys) {
    AppendMapped(element.name, element.value, &out, [](std::string_view key) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      std::string text = "CollationKey(0x";
      for (const char c : key) {
        const auto byte = static_cast<uint8_t>(c);
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
      }
      text.push_back(')');
      return text;
    });
  }
  return out.Finish();
}

bson::OwnedValue WithSortKeys(bson::Value value, const Collator& collator) {
  if (!HoldsStrings(value.type())) return bson::OwnedValue(value);
  bson::Builder builder;
  AppendWithSortKeys("", value, collator, &builder);
  return bson::OwnedValue(builder.Finish()[""]);
}

}  // namespace cairn::collation
