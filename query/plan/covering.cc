// SPDX-License-Identifier: Apache-2.0
#include "query/plan/covering.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bson/number.h"
#include "query/plan/index_scan.h"
#include "query/plan/predicates.h"

namespace cairn::plan {
namespace {

using bson::Type;
using bson::Value;

// The paths of a projection that only takes fields; false for any other.
bool TakenPaths(bson::View projection, std::vector<std::string>* paths) {
  bool takes_id = true;
  for (const bson::Element& field : projection) {
    const bool flag = field.value.type() == Type::kBool || field.value.IsNumber();
    if (!flag || field.name.find('$') != std::string_view::npos) return false;
    const bool taken = field.value.type() == Type::kBool
                           ? field.value.AsBool()
                           : bson::Sign(bson::Number::From(field.value)) != 0;
    if (field.name == "_id") {
      takes_id = taken;
    } else if (!taken) {
      return false;
    } else {
      paths->emplace_back(field.name);
    }
  }
  if (paths->empty()) return false;
  if (takes_id) paths->emplace_back("_id");
  return true;
}

bool HasColumn(const IndexScan& scan, std::string_view path) {
  for (int column = 0; column < scan.columns; ++column) {
    if (column != scan.path_column && ColumnName(scan, column) == path) return true;
  }
  return false;
}

// Columns such as "a" and "a.b" would be made into one document twice.
bool ColumnsOverlap(const IndexScan& scan) {
  for (int a = 0; a < scan.columns; ++a) {
    for (int b = 0; b < scan.columns; ++b) {
      const std::string_view one = ColumnName(scan, a);
      const std::string_view other = ColumnName(scan, b);
      if (a != b && other.starts_with(one) &&
          (other.size() == one.size() || other[one.size()] == '.')) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

bool Covers(const Request& request, const IndexScan& scan) {
  if (request.projection.empty() || scan.multikey || scan.hashed || scan.collated ||
      scan.path_column >= 0 || request.collator != nullptr) {
    return false;
  }
  std::vector<std::string> paths;
  if (!TakenPaths(request.projection, &paths) || !CollectPaths(request.filter.root(), &paths)) {
    return false;
  }
  for (const SortField& field : request.sort.fields()) paths.push_back(field.path.dotted());
  return std::all_of(paths.begin(), paths.end(),
                     [&](const std::string& path) {
                       return HasColumn(scan, path) && !HasPosition(path);
                     }) &&
         !ColumnsOverlap(scan);
}

}  // namespace cairn::plan
