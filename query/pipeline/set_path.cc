// SPDX-License-Identifier: Apache-2.0
// Recursion is bounded by the parts of a path.
#include "query/pipeline/set_path.h"

#include <algorithm>
#include <string>

#include "engine/base/try.h"

namespace cairn::pipeline {
namespace {

void AppendFrom(bson::View document, const path::FieldPath& path, size_t part, bson::Value value,
                bson::Builder* out);

void AppendPart(bson::Value before, const path::FieldPath& path, size_t part, bson::Value value,
                bson::Builder* out) {
  if (part + 1 == path.size()) {
    if (!value.missing()) out->Append(path.part(part), value);
    return;
  }
  out->OpenDocument(path.part(part));
  const bool is_document = before.type() == bson::Type::kDocument;
  AppendFrom(is_document ? before.AsView() : bson::View(), path, part + 1, value, out);
  out->Close();
}

void AppendFrom(bson::View document, const path::FieldPath& path, size_t part, bson::Value value,
                bson::Builder* out) {
  bool found = false;
  for (const bson::Element& field : document) {
    if (found || field.name != path.part(part)) {
      out->Append(field.name, field.value);
      continue;
    }
    found = true;
    AppendPart(field.value, path, part, value, out);
  }
  if (!found && !value.missing()) AppendPart(bson::Value(), path, part, value, out);
}

}  // namespace

Result<path::FieldPath> ParseUserPath(std::string_view dotted) {
  const std::string quoted = "'" + std::string(dotted) + "'";
  if (dotted.empty()) {
    return Status(ErrorCode::kLocation40352, "FieldPath cannot be constructed with empty string");
  }
  if (dotted.back() == '.') {
    return Status(ErrorCode::kLocation40353, "FieldPath must not end with a '.': " + quoted);
  }
  if (dotted.find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation16411, "FieldPath field names may not contain null bytes");
  }
  if (static_cast<size_t>(std::ranges::count(dotted, '.')) >= path::kPathPartsMax) {
    return Status(ErrorCode::kOverflow, "FieldPath is too long");
  }
  CAIRN_TRY_ASSIGN(auto path, path::FieldPath::Parse(dotted));
  for (size_t i = 0; i < path.size(); ++i) {
    if (path.part(i).empty()) {
      return Status(ErrorCode::kLocation15998,
                    "FieldPath field names may not be empty strings: " + quoted);
    }
    const std::string_view part = path.part(i);
    const bool of_reference = part == "$id" || part == "$ref" || part == "$db";
    if (part[0] == '$' && (i == 0 || !of_reference)) {
      return Status(ErrorCode::kLocation16410,
                    "FieldPath field names may not start with '$': " + quoted);
    }
  }
  return path;
}

void AppendWithPath(bson::View document, const path::FieldPath& path, bson::Value value,
                    bson::Builder* out) {
  AppendFrom(document, path, 0, value, out);
}

bool Overlap(const path::FieldPath& a, const path::FieldPath& b) {
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a.part(i) != b.part(i)) return false;
  }
  return true;
}

}  // namespace cairn::pipeline
