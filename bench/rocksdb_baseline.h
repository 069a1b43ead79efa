// SPDX-License-Identifier: Apache-2.0
// What raw RocksDB does with the same bytes: the yardstick of bench/ratios.cc. No layer of Cairn's
// storage engine is involved; settings are those that Cairn opens its own store with.
// Thread safety: a Baseline is used by one thread, but for PutDurable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::bench {

class Baseline {
 public:
  enum class Families { kThree, kOne };
  enum Family { kCatalog, kDocuments, kIndexes };
  struct Entry {
    Family family;
    std::string key;
    std::string value;
  };

  /// Creates a store in `path`, which must not exist. Aborts the program on errors.
  explicit Baseline(const std::string& path, Families families = Families::kThree);
  ~Baseline();

  /// One WriteBatch of what a commit of Cairn writes: the document, its collection's counts, and a
  /// log record. Synced in the background
  /// within 100 ms, as Cairn's relaxed writes are.
  void Put(std::string_view key, std::string_view document, std::string_view log_record);
  /// The same with sync = true. Any thread.
  void PutDurable(std::string_view key, std::string_view document, std::string_view log_record);
  /// One WriteBatch of all this, as Put.
  void PutAll(const std::vector<Entry>& entries, std::string_view log_record);
  /// The value of an index's key; "" when there is none.
  std::string GetIndexed(std::string_view key);
  /// Up to `count` entries from `key` on, as long as they begin with `prefix`.
  void ScanIndex(std::string_view prefix, std::string_view key, int count,
                 const std::function<void(std::string_view key, std::string_view value)>& use);
  /// The documents with these keys, in one batch.
  void MultiGet(const std::vector<std::string>& keys,
                const std::function<void(std::string_view)>& use);
  /// Keys and values under `prefix`, in order.
  void ScanPairs(std::string_view prefix,
                 const std::function<void(std::string_view key, std::string_view value)>& use);
  /// The value of `key`, handed over while it is pinned.
  void Get(std::string_view key, const std::function<void(std::string_view)>& use);
  /// All values under `prefix`, in order.
  void Scan(std::string_view prefix, const std::function<void(std::string_view)>& use);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::bench
