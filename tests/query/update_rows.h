// SPDX-License-Identifier: Apache-2.0
// Rows of update tests: what an update makes of a document, and with which error it ends.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "query/update/update.h"
#include "tests/query/documents.h"

namespace cairn {

struct UpdateRow {
  const char* update;
  const char* before;
  const char* after;  // The same text as `before`: a no-op. Null: `code`.
  ErrorCode code = ErrorCode::kOk;
  const char* array_filters = nullptr;  // {"f": […]}
  int64_t matched_position = -1;
};

/// The array filters in {"f": […]}.
inline std::vector<bson::Document> FiltersIn(const char* json) {
  std::vector<bson::Document> filters;
  if (json == nullptr) return filters;
  const bson::Document list = Doc(json);
  for (const bson::Element& element : list["f"].AsView()) {
    filters.emplace_back(element.value.AsView());
  }
  return filters;
}

inline void CheckRow(const UpdateRow& row) {
  SCOPED_TRACE(std::string(row.update) + " on " + row.before);
  const auto update = update::Update::ParseOperators(Doc(row.update), FiltersIn(row.array_filters));
  if (!update.ok()) {
    EXPECT_EQ(update.status().code(), row.code) << update.status().ToString();
    return;
  }
  const bson::Document before = Doc(row.before);
  const auto outcome = update->Apply(before, row.matched_position);
  EXPECT_EQ(outcome.status().code(), row.code) << outcome.status().ToString();
  if (!outcome.ok() || row.after == nullptr) return;
  EXPECT_TRUE(bson::Validate(outcome->document.bytes()).ok());
  EXPECT_TRUE(bson::Validate(outcome->diff.bytes()).ok());
  EXPECT_EQ(Text(outcome->document), Text(Doc(row.after)));
  EXPECT_EQ(outcome->modified, Text(before) != Text(Doc(row.after)));
  EXPECT_EQ(outcome->modified, !outcome->diff.empty());
}

}  // namespace cairn
