// SPDX-License-Identifier: Apache-2.0
// Stores to test: temporary directories, opening, and short forms of what tests do with a store.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/kv/open.h"
#include "engine/kv/retry.h"
#include "engine/kv/store.h"

namespace cairn::kv {

/// A directory that goes with this object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    path_ = std::filesystem::temp_directory_path() /
            ("cairn-kv-" + std::to_string(base::Clock::System()->Random()));
    std::filesystem::create_directories(path_);
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline OpenOptions SmallOptions(const std::string& path) {
  OpenOptions options;
  options.path = path;
  options.cache_bytes = size_t{16} << 20;
  return options;
}

inline std::unique_ptr<Store> MustOpen(const OpenOptions& options) {
  Result<std::unique_ptr<Store>> opened = OpenRocksDb(options);
  if (!opened.ok()) {
    ADD_FAILURE() << opened.status().ToString();
    return nullptr;
  }
  return std::move(opened).value();
}

/// A key of the documents family: what stands in front keeps it out of the catalog's tags.
inline std::string NumberKey(uint64_t number) {
  std::string key = "k";
  base::AppendBig<uint64_t>(&key, number);
  return key;
}

/// One committed put, with a log record.
inline Result<CommitNumber> PutOne(Store* store, std::string_view key, std::string_view value,
                                   std::string_view log = "log") {
  return RunTransaction(store, {}, [&](Transaction& transaction) {
    transaction.AppendLog(log);
    return transaction.Put(Family::kDocuments, key, value);
  });
}

inline std::string GetOr(Store* store, std::string_view key, std::string_view missing) {
  PinnedValue value;
  const Result<bool> found = store->Get(Family::kDocuments, key, &value);
  EXPECT_TRUE(found.ok()) << found.status().ToString();
  return std::string(found.ok() && *found ? value.view() : missing);
}

using Entries = std::vector<std::pair<std::string, std::string>>;

inline Entries ScanAll(Reader& reader, const Range& range, bool reverse = false) {
  Entries entries;
  const std::unique_ptr<Scan> scan =
      reader.NewScan(Family::kDocuments, range, {.reverse = reverse, .fill_cache = true});
  while (scan->Next()) entries.emplace_back(scan->key(), scan->value());
  EXPECT_TRUE(scan->status().ok()) << scan->status().ToString();
  return entries;
}

}  // namespace cairn::kv
