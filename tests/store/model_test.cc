// SPDX-License-Identifier: Apache-2.0
// Random operations against a model: a map of documents and the two indexes computed from it. After
// each batch the store must validate, and its scans must equal the model's.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

struct ModelDocument {
  int unique = 0;
  std::vector<int> many;
};

class Model : public StoreTest {
 protected:
  static bson::Document Build(int id, const ModelDocument& document) {
    bson::Builder out;
    out.AppendInt32("_id", id).AppendInt32("u", document.unique);
    out.OpenArray("m");
    for (const int value : document.many) out.AppendInt32(out.NextIndex(), value);
    out.Close();
    return out.Finish();
  }

  bool TakenByAnother(int unique, int id) const {
    return unique_ && std::any_of(documents_.begin(), documents_.end(), [&](const auto& entry) {
             return entry.second.unique == unique && entry.first != id;
           });
  }

  ModelDocument RandomDocument() {
    ModelDocument document;
    document.unique = static_cast<int>(random_() % 60);
    for (uint64_t i = random_() % 4; i > 0; --i) {
      document.many.push_back(static_cast<int>(random_() % 10));
    }
    return document;
  }

  void Step() {
    const CollectionPtr c = Collection();
    const int id = static_cast<int>(random_() % 40);
    const ModelDocument document = RandomDocument();
    const bson::Document bytes = Build(id, document);
    const bool exists = documents_.contains(id);
    const bool taken = TakenByAnother(document.unique, id);
    switch (random_() % 3) {
      case 0: {
        const ErrorCode expected = exists || taken ? ErrorCode::kDuplicateKey : ErrorCode::kOk;
        ASSERT_EQ(Insert(*store_, c, bytes).code(), expected);
        if (expected == ErrorCode::kOk) documents_[id] = document;
        break;
      }
      case 1: {
        const ErrorCode expected = !exists ? ErrorCode::kNoSuchKey
                                   : taken ? ErrorCode::kDuplicateKey
                                           : ErrorCode::kOk;
        ASSERT_EQ(Replace(*store_, c, bytes).code(), expected);
        if (expected == ErrorCode::kOk) documents_[id] = document;
        break;
      }
      default:
        ASSERT_EQ(Delete(*store_, c, bytes["_id"]).code(),
                  exists ? ErrorCode::kOk : ErrorCode::kNoSuchKey);
        documents_.erase(id);
        break;
    }
  }

  void CreateOne() {
    if (random_() % 2 == 0) {
      ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"m":1})").ok());
      many_ = true;
      return;
    }
    std::set<int> seen;
    const bool clash = std::any_of(documents_.begin(), documents_.end(), [&](const auto& entry) {
      return !seen.insert(entry.second.unique).second;
    });
    const Result<CreateIndexesOutcome> outcome =
        CreateIndex(*store_, "db", "c", R"({"u":1})", true);
    ASSERT_EQ(outcome.status().code(), clash ? ErrorCode::kDuplicateKey : ErrorCode::kOk);
    unique_ |= !clash;
  }

  void Check() {
    const CollectionPtr c = Collection();
    ExpectValid(*store_, c);
    std::vector<std::string> documents;
    std::set<std::pair<int, int>> unique;
    std::multimap<int, std::pair<int, std::string>> many;
    for (const auto& [id, document] : documents_) {
      documents.push_back(json::ToJson(Build(id, document)));
      unique.emplace(document.unique, id);
    }
    ASSERT_EQ(AllDocuments(*store_, c), documents);
    ASSERT_EQ(store_->GetCounts(*c).documents, static_cast<int64_t>(documents_.size()));
    if (unique_) {
      std::vector<std::string> entries;
      for (const auto& [key, id] : unique) entries.push_back(Entry(std::to_string(key), id));
      ASSERT_EQ(IndexEntries(*store_, c, "u_1"), entries);
    }
    if (!many_) return;
    ASSERT_EQ(IndexEntries(*store_, c, "m_1"), ManyEntries());
  }

  static std::string Entry(const std::string& key, int id) {
    return "{\"key\":" + key + ",\"_id\":" + std::to_string(id) + "}";
  }

  std::vector<std::string> ManyEntries() const {
    std::vector<std::string> entries;
    for (const auto& [id, document] : documents_) {
      if (document.many.empty()) entries.push_back(Entry(R"({"$undefined":true})", id));
    }
    std::set<std::pair<int, int>> keys;
    for (const auto& [id, document] : documents_) {
      for (const int value : document.many) keys.emplace(value, id);
    }
    for (const auto& [key, id] : keys) entries.push_back(Entry(std::to_string(key), id));
    return entries;
  }

  std::mt19937_64 random_;
  std::map<int, ModelDocument> documents_;
  bool unique_ = false;  // The unique index exists.
  bool many_ = false;    // The multikey index exists.
};
CAIRN_INSTANTIATE_STORES(Model);

TEST_P(Model, RandomOperations) {
  const uint64_t seed = std::random_device()();
  std::printf("seed %lu\n", static_cast<unsigned long>(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (int life = 0; life < 4; ++life) {
    random_.seed(seed + static_cast<uint64_t>(life));
    for (int batch = 0; batch < 20; ++batch) {
      for (int i = 0; i < 40 && !HasFatalFailure(); ++i) Step();
      if (!HasFatalFailure() && random_() % 4 == 0) CreateOne();
      if (random_() % 4 == 0) Reopen();
      if (!HasFatalFailure()) Check();
      if (HasFailure()) return;
    }
    // A new collection under the old name.
    ASSERT_TRUE(store_->DropCollection("db", "c").ok());
    documents_.clear();
    unique_ = many_ = false;
  }
}

}  // namespace
}  // namespace cairn::store
