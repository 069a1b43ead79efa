// SPDX-License-Identifier: Apache-2.0
// Splitting of dotted paths.
#include "query/path/path.h"

#include <algorithm>

namespace cairn::path {
namespace {

// Longer numbers cannot be positions in any document.
constexpr size_t kIndexDigitsMax = 18;

}  // namespace

int64_t ParseIndex(std::string_view part) {
  if (part.empty() || part.size() > kIndexDigitsMax) return -1;
  if (part.size() > 1 && part[0] == '0') return -1;
  int64_t index = 0;
  for (const char c : part) {
    if (c < '0' || c > '9') return -1;
    index = index * 10 + (c - '0');
  }
  return index;
}

Result<FieldPath> FieldPath::Parse(std::string_view dotted) {
  const auto dots = static_cast<size_t>(std::count(dotted.begin(), dotted.end(), '.'));
  if (dots >= kPathPartsMax) {
    return Status(ErrorCode::kBadValue,
                  "a field path may have at most " + std::to_string(kPathPartsMax) + " parts");
  }
  FieldPath path;
  path.dotted_ = dotted;
  path.parts_.reserve(dots + 1);
  size_t start = 0;
  while (true) {
    const size_t end = std::min(dotted.find('.', start), dotted.size());
    path.parts_.push_back({static_cast<uint32_t>(start), static_cast<uint32_t>(end - start),
                           ParseIndex(dotted.substr(start, end - start))});
    if (end == dotted.size()) return path;
    start = end + 1;
  }
}

bson::Value PlainValueAt(bson::View document, std::string_view dotted) {
  while (true) {
    const size_t dot = dotted.find('.');
    const bson::Value value = document[dotted.substr(0, dot)];
    if (dot == std::string_view::npos) return value;
    if (value.type() != bson::Type::kDocument) return bson::Value();
    document = value.AsView();
    dotted.remove_prefix(dot + 1);
  }
}

bool ValueWithoutArrays(bson::View document, const FieldPath& path, bson::Value* value) {
  for (size_t i = 0;; ++i) {
    *value = document.Find(path.part(i));
    if (value->type() == bson::Type::kArray) return false;
    if (i + 1 == path.size()) return true;
    if (value->type() != bson::Type::kDocument) {
      *value = bson::Value();
      return true;
    }
    document = value->AsView();
  }
}

}  // namespace cairn::path
