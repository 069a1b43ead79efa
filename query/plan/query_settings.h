// SPDX-License-Identifier: Apache-2.0
// What administrators have said about reads of one shape: which indexes they may use, or that they
// are refused. Kept until the database is closed, as index filters are. Thread safety: any thread.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/plan/query_shape.h"

namespace cairn::plan {

class QuerySettings {
 public:
  static constexpr size_t kShapesMax = 10'000;

  struct Entry {
    std::string hash;
    bson::Document representative;  ///< {}: set by hash alone.
    bson::Document shape;
    bson::Document settings;
  };

  /// Lays `settings` over those that the shape has; gives what it then has. Errors: those of
  /// settings that are not valid, Location7746604 when nothing is left of them, ExceededMemoryLimit
  /// beyond kShapesMax shapes.
  Result<bson::Document> Set(Entry entry);
  void Remove(std::string_view hash);
  std::vector<Entry> All() const;

  /// Cheap while there are none.
  bool empty() const { return size_.load(std::memory_order_relaxed) == 0; }
  /// The settings of a read's shape; {}: there are none, as for reads of internal namespaces.
  bson::Document Find(const ShapedRead& read) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::atomic<size_t> size_ = 0;
};

/// Error QueryRejectedBySettings when they say so.
Status CheckNotRejected(bson::View settings);

/// Names and key patterns of the indexes of a collection that may be used, an array; nothing: any.
std::optional<bson::Document> AllowedIndexes(bson::View settings, std::string_view database,
                                             std::string_view collection);

/// Whether a list of allowed indexes has $natural, or the one on _id, which is the collection.
bool AllowsScan(bson::View allowed);

/// "admin", "config", "local", and what begins with "system.".
bool IsInternalNamespace(std::string_view database, std::string_view collection);

/// Checks a shape's hash as users give it. Errors: BadValue when it is no text of hexadecimal
/// digits, InvalidLength.
Status CheckShapeHash(std::string_view hash);

}  // namespace cairn::plan
