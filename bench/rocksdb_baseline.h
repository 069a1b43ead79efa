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

namespace cairn::bench {

class Baseline {
 public:
  /// Creates a store in `path`, which must not exist. Aborts the program on errors.
  explicit Baseline(const std::string& path);
  ~Baseline();

  /// One WriteBatch of what a commit of Cairn writes: the document, its collection's counts, and a
  /// log record. Synced in the background
  /// within 100 ms, as Cairn's relaxed writes are.
  void Put(std::string_view key, std::string_view document, std::string_view log_record);
  /// The same with sync = true. Any thread.
  void PutDurable(std::string_view key, std::string_view document, std::string_view log_record);
  /// The value of `key`, handed over while it is pinned.
  void Get(std::string_view key, const std::function<void(std::string_view)>& use);
  /// All values under `prefix`, in order.
  void Scan(std::string_view prefix, const std::function<void(std::string_view)>& use);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::bench
