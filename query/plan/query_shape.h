// SPDX-License-Identifier: Apache-2.0
// The shape of a whole read, as people name it in query settings: the command without its values,
// as a document, and the hash of that. The plan cache has a shorter notion of its own,
// query/plan/shape.h. Thread safety: free functions.
#pragma once

#include <string>
#include <string_view>

#include "cairn/bson.h"

namespace cairn::plan {

/// A read as far as its shape depends on it. Borrows everything.
struct ShapedRead {
  std::string_view command = {};  ///< "find", "distinct" or "aggregate".
  std::string_view database = {};
  std::string_view collection = {};  ///< Empty: an aggregation of the database.
  bson::View filter = {};            ///< Of a find or distinct.
  bson::View projection = {};        ///< Of a find.
  bson::View sort = {};
  bson::View min = {};
  bson::View max = {};
  bool limited = false;
  bool skips = false;
  std::string_view key = {};  ///< Of a distinct.
  bson::View pipeline = {};   ///< Of an aggregate: an array.
  bson::View let = {};
  bson::View collation = {};
};

/// {cmdNs: {db, coll}, command, filter, …}, values replaced by their types ("?number"). Field
/// names, sorts, projections and the options of stages stay.
bson::Document DebugShape(const ShapedRead& read);

/// 64 hexadecimal digits: SHA-256 of the document. Equal hashes mean equal shapes.
std::string ShapeHash(bson::View debug_shape);

/// A filter without its values, into the open document. Values below $expr go too.
void AppendFilterShape(bson::View filter, bson::Builder* out);
/// An expression without its values: field paths, variables and the names of operators stay.
void AppendExpressionShape(std::string_view name, bson::Value value, bson::Builder* out);
/// "?number", "?array<?string>", …
std::string Placeholder(bson::Value value);

}  // namespace cairn::plan
