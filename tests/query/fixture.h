// SPDX-License-Identifier: Apache-2.0
// A database in memory, or in a directory of its own that goes away with the test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cairn/cairn.h"

namespace cairn {

inline bson::Document J(const std::string& text) {
  auto document = json::Parse(text);
  EXPECT_TRUE(document.ok()) << text << ": " << document.status().ToString();
  return std::move(document).value();
}

template <typename T>
T Must(Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return std::move(result).value();
}

/// A directory below the system's temporary one.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "cairn-query-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class InMemory : public testing::Test {
 protected:
  InMemory() {
    OpenOptions options;
    options.in_memory = true;
    database_ = Must(Database::Open("", options));
  }

  Collection Get(const std::string& name) { return Must(database_->GetCollection("test", name)); }

  /// Inserts {_id: i, …} for i in [0, count), `text(i)` being the fields behind the _id.
  template <typename Text>
  void Fill(Collection* collection, int count, Text&& text) {
    std::vector<bson::Document> documents;
    std::vector<bson::View> views;
    for (int i = 0; i < count; ++i) {
      const std::string fields = text(i);
      documents.push_back(
          J("{\"_id\":" + std::to_string(i) + (fields.empty() ? "" : ",") + fields + "}"));
    }
    for (const bson::Document& document : documents) views.push_back(document);
    InsertOptions options;
    options.durability = Durability::kRelaxed;
    const InsertManyResult result = Must(collection->InsertMany(views, options));
    ASSERT_EQ(result.inserted_ids.size(), static_cast<size_t>(count));
  }

  /// The integers in `field` of all that a cursor gives.
  static std::vector<int> Integers(Cursor cursor, const char* field = "_id") {
    std::vector<int> found;
    while (Must(cursor.Next())) found.push_back(cursor.document()[field].AsInt32());
    return found;
  }

  void Index(Collection* collection, const std::string& keys, bool unique = false) {
    IndexModel model;
    model.keys = J(keys);
    model.unique = unique;
    const auto created = collection->CreateIndexes({&model, 1});
    ASSERT_TRUE(created.ok()) << created.status().ToString();
  }

  std::unique_ptr<Database> database_;
};

}  // namespace cairn
