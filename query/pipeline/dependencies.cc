// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/dependencies.h"

#include <algorithm>
#include <vector>

namespace cairn::pipeline {
namespace {

std::string_view FirstPart(std::string_view path) { return path.substr(0, path.find('.')); }

bool IsWithinAnother(const std::string& path, const std::set<std::string>& paths) {
  for (size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', dot + 1)) {
    if (paths.contains(path.substr(0, dot))) return true;
  }
  return false;
}

}  // namespace

FieldsRead FieldsReadBy(const StageList& stages, size_t begin) {
  FieldsRead read;
  for (size_t i = begin; i < stages.size(); ++i) {
    expression::Dependencies own;
    const bool may_read_more = stages[i]->AddDependencies(&own);
    if (own.whole) return {};
    for (const std::string& path : own.paths) {
      const bool is_made =
          std::any_of(stages.begin() + static_cast<ptrdiff_t>(begin),
                      stages.begin() + static_cast<ptrdiff_t>(i),
                      [&](const StagePtr& before) { return before->Makes(FirstPart(path)); });
      if (!is_made) read.paths.insert(path);
    }
    if (!may_read_more) {
      read.known = true;
      return read;
    }
  }
  return {};
}

bson::Document ProjectionOf(const std::set<std::string>& paths, const std::string& first) {
  bson::Builder projection;
  if (!first.empty()) projection.AppendInt32(first, 1);
  for (const std::string& path : paths) {
    if (path.starts_with("_id.")) return {};
    if (path != first && !IsWithinAnother(path, paths)) projection.AppendInt32(path, 1);
  }
  if (!paths.contains("_id")) projection.AppendInt32("_id", 0);
  return projection.Finish();
}

}  // namespace cairn::pipeline
