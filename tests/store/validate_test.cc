// SPDX-License-Identifier: Apache-2.0
// Planted damage of every kind, straight through the storage interface; Validate must report each.
#include <functional>

#include "engine/index/entry.h"
#include "engine/store/change_index.h"
#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

using key::Family;

class Validation : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    c_ = Collection();
    ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a":1})").ok());
    ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"u":1})", true).ok());
    for (int i = 0; i < 5; ++i) {
      const std::string n = std::to_string(i);
      ASSERT_TRUE(
          Insert(*store_, c_, Json("{\"_id\":" + n + ",\"a\":[" + n + ",9],\"u\":" + n + "}"))
              .ok());
    }
    c_ = Collection();
    ExpectValid(*store_, c_);
  }

  void Plant(const std::function<Status(kv::Transaction&)>& write) {
    std::unique_ptr<kv::Transaction> transaction = store_->kv().Begin({});
    ASSERT_TRUE(write(*transaction).ok());
    ASSERT_TRUE(store_->kv().Commit(std::move(transaction)).ok());
  }

  // What Validate says, one error a line.
  std::string Errors() {
    const Result<ValidateOutcome> outcome = store_->Validate(*c_);
    EXPECT_TRUE(outcome.ok());
    EXPECT_EQ(outcome->valid, outcome->errors.empty());
    std::string text;
    for (const std::string& error : outcome->errors) text += error + "\n";
    return text;
  }

  // The first entry of an index: key and value.
  std::pair<std::string, std::string> FirstEntry(std::string_view name) {
    const std::unique_ptr<kv::Reader> reader = store_->NewSnapshot();
    const std::unique_ptr<kv::Scan> scan = reader->NewScan(
        Family::kIndexes, key::PrefixRange(key::IdPrefix(c_->FindIndex(name)->id)), {});
    EXPECT_TRUE(scan->Next());
    return {std::string(scan->key()), std::string(scan->value())};
  }

  std::string DocumentKeyOf(int id) {
    bson::Builder out;
    out.AppendInt32("_id", id);
    return key::DocumentKey(c_->id, out.Finish()["_id"]);
  }

  CollectionPtr c_;
};
CAIRN_INSTANTIATE_STORES(Validation);

TEST_P(Validation, CountsKeys) {
  const Result<ValidateOutcome> outcome = store_->Validate(*c_);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->documents, 5);
  EXPECT_EQ(outcome->counted_documents, 5);
  using Keys = std::vector<std::pair<std::string, int64_t>>;
  EXPECT_EQ(outcome->index_keys, (Keys{{"_id_", 5}, {"a_1", 10}, {"u_1", 5}}));
}

TEST_P(Validation, MissingEntry) {
  for (const char* index : {"a_1", "u_1"}) {
    const std::string key = FirstEntry(index).first;
    Plant([&](kv::Transaction& write) { return write.Delete(Family::kIndexes, key); });
    EXPECT_NE(Errors().find("index " + std::string(index) + ": no entry for document 1"),
              std::string::npos)
        << Errors();
  }
}

TEST_P(Validation, StrayEntry) {
  auto [key, value] = FirstEntry("a_1");
  key.back() = static_cast<char>(key.back() + 1);  // the suffix of no document
  Plant([&, k = key, v = value](kv::Transaction& write) {
    return write.Put(Family::kIndexes, k, v);
  });
  EXPECT_NE(Errors().find("has no document"), std::string::npos) << Errors();
}

TEST_P(Validation, EntryWithTheKeyOfNoField) {
  const uint32_t index = c_->FindIndex("a_1")->id;
  const std::string key = key::IdPrefix(index) + std::string(1, '\x20') +  // null
                          DocumentKeyOf(1).substr(4);
  Plant([&](kv::Transaction& write) { return write.Put(Family::kIndexes, key, ""); });
  EXPECT_NE(Errors().find("is no key of its document"), std::string::npos) << Errors();
}

TEST_P(Validation, UniqueEntryOfAnotherDocument) {
  const auto [key, value] = FirstEntry("u_1");
  std::string other = value;
  other.replace(4, std::string::npos, DocumentKeyOf(3).substr(4));
  Plant([&, k = key](kv::Transaction& write) { return write.Put(Family::kIndexes, k, other); });
  EXPECT_NE(Errors().find("a wrong entry for document 1"), std::string::npos) << Errors();
}

// Its entries have the document in their keys, so that nothing else keeps them apart.
TEST_P(Validation, OneKeyOfTwoDocumentsInAnIndexThatBecameUnique) {
  IndexSelection selection;
  selection.names = {"a_1"};
  const auto changed = store_->ModifyCollection(c_, [&](catalog::Collection* collection) {
    return ChangeIndex(selection, {{}, {}, {}, true}, collection).status();
  });
  ASSERT_TRUE(changed.ok()) << changed.status().ToString();
  EXPECT_NE(Errors().find("index a_1: two documents have the same unique key"), std::string::npos)
      << Errors();
}

TEST_P(Validation, MissingDocument) {
  Plant([&](kv::Transaction& write) { return write.Delete(Family::kDocuments, DocumentKeyOf(2)); });
  const std::string errors = Errors();
  EXPECT_NE(errors.find("the kept count is 5, but there are 4 documents"), std::string::npos);
  EXPECT_NE(errors.find("index u_1 has 5 entries, but there are 4 keys"), std::string::npos);
}

TEST_P(Validation, BrokenDocuments) {
  std::string bytes = Json(R"({"_id":2,"a":"text"})").bytes();
  bytes[bytes.size() - 2] = 'x';  // the string's end
  Plant([&](kv::Transaction& write) {
    return write.Put(Family::kDocuments, DocumentKeyOf(2), std::string(1, '\0') + bytes);
  });
  EXPECT_NE(Errors().find("document 3: "), std::string::npos) << Errors();
  Plant([&](kv::Transaction& write) {
    return write.Put(Family::kDocuments, DocumentKeyOf(2),
                     std::string(1, '\0') + Json(R"({"_id":7})").bytes());
  });
  EXPECT_NE(Errors().find("stored under the key of another _id"), std::string::npos) << Errors();
  Plant([&](kv::Transaction& write) {
    return write.Put(Family::kDocuments, DocumentKeyOf(2), std::string(1, '\x02'));
  });
  EXPECT_NE(Errors().find("stored in format 2"), std::string::npos) << Errors();
}

TEST_P(Validation, ReportsNoMoreThanAHundred) {
  const std::string prefix = key::IdPrefix(c_->FindIndex("a_1")->id);
  Plant([&](kv::Transaction& write) {
    Status status;
    for (int i = 0; i < 300 && status.ok(); ++i) {
      status = write.Put(Family::kIndexes, prefix + "\x20" + std::to_string(i), "");
    }
    return status;
  });
  EXPECT_EQ(store_->Validate(*c_)->errors.size(), 100u);
}

}  // namespace
}  // namespace cairn::store
