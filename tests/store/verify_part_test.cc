// SPDX-License-Identifier: Apache-2.0
// Checking an open store a part at a time.
#include "engine/store/verify.h"
#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

class VerifyPartTest : public StoreTest {};
CAIRN_INSTANTIATE_STORES(VerifyPartTest);

// As when what a part has to do first takes all of its time.
TEST_P(VerifyPartTest, EachPartGetsOnHoweverLittleTimeThereIs) {
  constexpr int kDocuments = 1000;
  const CollectionPtr c = Collection();
  for (int i = 0; i < kDocuments; ++i) {
    ASSERT_TRUE(Insert(*store_, c, Json("{\"_id\":" + std::to_string(i) + "}")).ok());
  }
  ASSERT_TRUE(store_->kv().WaitDurable(store_->kv().visible()).ok());
  std::string from;
  int parts = 0;
  do {
    const Result<VerifiedPart> part = VerifyPart(store_.get(), from, std::chrono::milliseconds(0));
    ASSERT_TRUE(part.ok()) << part.status().ToString();
    EXPECT_EQ(part->damages, std::vector<std::string>());
    ASSERT_NE(part->next, from);
    from = part->next;
    ASSERT_LT(++parts, kDocuments);
  } while (!from.empty());
  EXPECT_GT(parts, 10);
}

TEST_P(VerifyPartTest, OnlyWhatAPartHasGivenIsGoneOnFrom) {
  for (const char* const from : {"x", "files", "files ", "commits", "commits ", "commits 1",
                                 "commits 2 1", "commits 1 99999999", "commits 1 2 3"}) {
    EXPECT_EQ(VerifyPart(store_.get(), from).status().code(), ErrorCode::kBadValue) << from;
  }
}

}  // namespace
}  // namespace cairn::store
