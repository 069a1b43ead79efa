// SPDX-License-Identifier: Apache-2.0
// One pass over a document that writes its new version: stretches that no operator touches are
// copied as bytes, so the cost is that of a copy plus the changed fields. One Rewriter serves one
// document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/update/parser.h"

namespace cairn::update {

/// Nulls that one write beyond an array's end may add before it, as in MongoDB.
inline constexpr int64_t kBackfillMax = 1'500'000;

/// Error BSONObjectTooLarge for a document of more than 16 MiB.
Status CheckSize(size_t bytes);

class Rewriter {
 public:
  /// Appends to `out`. `inserting`: the document is being made by an upsert.
  Rewriter(bool inserting, std::string* out) : inserting_(inserting), out_(out) {}

  /// Writes the new version of `document`. On errors `out` holds part of it.
  Status Rewrite(const Node& root, bson::View document) { return Document(root, document); }
  /// Whether the new version differs.
  bool changed() const { return changed_; }
  /// {"u": {path: value…}, "d": [path…]}; a part that would be empty is left out.
  bson::Document TakeDiff();

 private:
  Status Document(const Node& node, bson::View document);
  Status Array(const Node& node, bson::View array);
  Status Field(const Node& node, const bson::Element& element, bool in_array);
  Status Leaf(const Node& node, const bson::Element& element, bool in_array);
  Status Create(const Node& node);
  Status CreateInArray(const Node& array, size_t next_child, int64_t size);
  Status Pad(int64_t from, int64_t to);

  size_t Open(const char* after_length);
  void Close(size_t start, const char* end);
  void CopyUntil(const char* at) { out_->append(copied_, static_cast<size_t>(at - copied_)); }
  void Append(std::string_view name, bson::Value value);
  void Record(const Node& leaf, const Change& change);
  void RecordGrowth(const Node& leaf, const Change& change);

  const bool inserting_;
  std::string* const out_;
  const char* copied_ = nullptr;  ///< Of the innermost open document: what is before it is written.
  bool changed_ = false;
  std::string room_;
  bson::Builder diff_;  ///< Its field "u" is open once something was set.
  bool diff_open_ = false;
  std::vector<const path::FieldPath*> removed_;
};

}  // namespace cairn::update
