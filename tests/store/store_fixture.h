// SPDX-License-Identifier: Apache-2.0
// What the tests of the store share: real stores in memory or on disk, documents from JSON, and the
// operations that a test writes most. One thread at a time, but for the free functions.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/json.h"
#include "engine/key/encoding.h"
#include "engine/store/document_store.h"

namespace cairn::store {

/// From Extended JSON; the test fails when it is none.
bson::Document Json(std::string_view text);
/// The details of an error as relaxed JSON.
std::string Details(const Status& status);

Status Insert(DocumentStore& store, const CollectionPtr& collection, bson::View document);
/// NoSuchKey when there is no such document. An empty diff: a replacement.
Status Replace(DocumentStore& store, const CollectionPtr& collection, bson::View after,
               bson::View diff = bson::View());
Status Delete(DocumentStore& store, const CollectionPtr& collection, bson::Value id);
/// The document as relaxed JSON, or "" when there is none.
std::string ReadJson(DocumentStore& store, const CollectionPtr& collection, bson::Value id);
/// All documents in key order, one a string.
std::vector<std::string> AllDocuments(DocumentStore& store, const CollectionPtr& collection);
/// The (key, _id) pairs of an index in order, as "key _id" in JSON.
std::vector<std::string> IndexEntries(DocumentStore& store, const CollectionPtr& collection,
                                      std::string_view index_name);
/// Creates one index; the outcome's status.
Result<CreateIndexesOutcome> CreateIndex(DocumentStore& store, std::string_view database,
                                         std::string_view name, std::string_view pattern,
                                         bool unique = false);
/// Fails the test when Validate finds something.
void ExpectValid(DocumentStore& store, const CollectionPtr& collection);
/// The suffix of the document with this _id, in either layout; "" when there is none.
std::string SuffixOf(DocumentStore& store, const CollectionPtr& collection, bson::Value id);
/// Keys in a family that begin with an id.
int64_t KeysOf(DocumentStore& store, key::Family family, uint32_t id);

/// A store in memory (false) or on disk (true) that can be closed and opened again on disk.
class StoreTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override;
  void TearDown() override;
  bool on_disk() const { return GetParam(); }
  void Open();
  /// On disk: closes and opens. In memory: does nothing.
  void Reopen();
  CollectionPtr Collection(std::string_view name = "c");

  kv::OpenOptions options_;
  std::unique_ptr<DocumentStore> store_;
};

inline std::string StoreName(const testing::TestParamInfo<bool>& info) {
  return info.param ? "OnDisk" : "InMemory";
}

#define CAIRN_INSTANTIATE_STORES(suite) \
  INSTANTIATE_TEST_SUITE_P(Stores, suite, testing::Bool(), ::cairn::store::StoreName)

}  // namespace cairn::store
