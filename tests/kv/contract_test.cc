// SPDX-License-Identifier: Apache-2.0
// What every store owes to those above it, seen from one thread. Run on each backend.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/kv/store_fixture.h"

namespace cairn::kv {
namespace {

class StoreContract : public StoreFixture {};
CAIRN_ON_ALL_BACKENDS(StoreContract);

TEST_P(StoreContract, StartsEmpty) {
  EXPECT_EQ(store_->visible(), 0u);
  EXPECT_EQ(store_->durable(), 0u);
  EXPECT_TRUE(store_->write_state().ok());
  EXPECT_EQ(GetOr(store_.get(), "a", "none"), "none");
  EXPECT_FALSE(store_->Metrics().empty());
}

TEST_P(StoreContract, CommitIsVisibleAndNumbered) {
  for (CommitNumber n = 1; n <= 5; ++n) {
    const Result<CommitNumber> committed = PutOne(store_.get(), "a", std::to_string(n));
    ASSERT_TRUE(committed.ok());
    EXPECT_EQ(*committed, n);
    EXPECT_EQ(store_->visible(), n);
    EXPECT_EQ(GetOr(store_.get(), "a", "none"), std::to_string(n));
  }
}

TEST_P(StoreContract, EmptyTransactionGivesTheNewestNumber) {
  ASSERT_TRUE(PutOne(store_.get(), "a", "1").ok());
  const Result<CommitNumber> committed = store_->Commit(store_->Begin({}));
  ASSERT_TRUE(committed.ok());
  EXPECT_EQ(*committed, 1u);
  EXPECT_EQ(store_->visible(), 1u);
}

TEST_P(StoreContract, DroppedTransactionLeavesNothing) {
  {
    std::unique_ptr<Transaction> transaction = store_->Begin({});
    PinnedValue value;
    ASSERT_TRUE(transaction->GetForUpdate(Family::kDocuments, "a", &value).ok());
    ASSERT_TRUE(transaction->Put(Family::kDocuments, "a", "1").ok());
  }
  EXPECT_EQ(GetOr(store_.get(), "a", "none"), "none");
  EXPECT_TRUE(PutOne(store_.get(), "a", "2").ok());
}

TEST_P(StoreContract, ForeignTransactionIsRefused) {
  OpenOptions options;
  options.in_memory = true;
  const std::unique_ptr<Store> other = MustOpen(options);
  EXPECT_EQ(store_->Commit(other->Begin({})).status().code(), ErrorCode::kBadValue);
}

TEST_P(StoreContract, FamiliesAreSeparate) {
  ASSERT_TRUE(RunTransaction(store_.get(), {}, [](Transaction& transaction) {
                EXPECT_TRUE(transaction.Put(Family::kIndexes, "a", "index").ok());
                return transaction.Put(Family::kDocuments, "a", "document");
              }).ok());
  PinnedValue value;
  ASSERT_TRUE(*store_->Get(Family::kIndexes, "a", &value));
  EXPECT_EQ(value.view(), "index");
  EXPECT_EQ(GetOr(store_.get(), "a", "none"), "document");
  EXPECT_FALSE(*store_->Get(Family::kCatalog, "a", &value));
  EXPECT_FALSE(value.found());
}

TEST_P(StoreContract, SnapshotDoesNotMove) {
  ASSERT_TRUE(PutOne(store_.get(), "a", "1").ok());
  const std::unique_ptr<Reader> before = store_->NewSnapshot();
  ASSERT_TRUE(PutOne(store_.get(), "a", "2").ok());
  ASSERT_TRUE(PutOne(store_.get(), "b", "1").ok());
  PinnedValue value;
  ASSERT_TRUE(*before->Get(Family::kDocuments, "a", &value));
  EXPECT_EQ(value.view(), "1");
  EXPECT_FALSE(*before->Get(Family::kDocuments, "b", &value));
  EXPECT_EQ(ScanAll(*before, {}), (Entries{{"a", "1"}}));
  EXPECT_EQ(before->read_number(), 1u);
  EXPECT_EQ(store_->NewSnapshot()->read_number(), 3u);
}

TEST_P(StoreContract, TransactionSeesItsOwnWrites) {
  ASSERT_TRUE(PutOne(store_.get(), "a", "1").ok());
  ASSERT_TRUE(PutOne(store_.get(), "b", "1").ok());
  std::unique_ptr<Transaction> transaction = store_->Begin({});
  ASSERT_TRUE(transaction->Put(Family::kDocuments, "a", "2").ok());
  ASSERT_TRUE(transaction->Put(Family::kDocuments, "a", "3").ok());
  ASSERT_TRUE(transaction->Delete(Family::kDocuments, "b").ok());
  ASSERT_TRUE(transaction->Put(Family::kDocuments, "c", "").ok());
  PinnedValue value;
  ASSERT_TRUE(*transaction->Get(Family::kDocuments, "a", &value));
  EXPECT_EQ(value.view(), "3");
  EXPECT_FALSE(*transaction->Get(Family::kDocuments, "b", &value));
  ASSERT_TRUE(*transaction->Get(Family::kDocuments, "c", &value));
  EXPECT_EQ(value.view(), "");
  const std::string_view keys[] = {"c", "b", "a", "d"};
  std::vector<PinnedValue> values;
  ASSERT_TRUE(transaction->MultiGet(Family::kDocuments, keys, &values).ok());
  ASSERT_EQ(values.size(), 4u);
  EXPECT_TRUE(values[0].found());
  EXPECT_FALSE(values[1].found());
  EXPECT_EQ(values[2].view(), "3");
  EXPECT_FALSE(values[3].found());
  EXPECT_EQ(ScanAll(*transaction, {}), (Entries{{"a", "3"}, {"c", ""}}));
  EXPECT_EQ(GetOr(store_.get(), "a", "none"), "1");
  ASSERT_TRUE(store_->Commit(std::move(transaction)).ok());
  EXPECT_EQ(ScanAll(*store_->NewSnapshot(), {}), (Entries{{"a", "3"}, {"c", ""}}));
}

TEST_P(StoreContract, ScanBothWaysAndSkip) {
  ASSERT_TRUE(RunTransaction(store_.get(), {}, [](Transaction& transaction) {
                for (const char* key : {"a", "b", "c", "d", "e", "f"}) {
                  EXPECT_TRUE(transaction.Put(Family::kDocuments, key, key).ok());
                }
                return Status::Ok();
              }).ok());
  struct Case {
    Range range;
    bool reverse;
    std::string skip_first;   // before the first Next; empty: none
    std::string skip_second;  // after the first Next
    std::string seen;
  };
  const Case cases[] = {
      {{"", ""}, false, "", "", "abcdef"},  {{"", ""}, true, "", "", "fedcba"},
      {{"b", "e"}, false, "", "", "bcd"},   {{"b", "e"}, true, "", "", "dcb"},
      {{"bb", "dd"}, false, "", "", "cd"},  {{"bb", "dd"}, true, "", "", "dc"},
      {{"e", "b"}, false, "", "", ""},      {{"e", "b"}, true, "", "", ""},
      {{"b", "b"}, false, "", "", ""},      {{"x", ""}, false, "", "", ""},
      {{"", "f"}, false, "c", "", "cde"},   {{"", "f"}, true, "c", "", "cba"},
      {{"", ""}, false, "cc", "", "def"},   {{"", ""}, true, "cc", "", "cba"},
      {{"", ""}, false, "", "d", "adef"},   {{"", ""}, true, "", "d", "fdcba"},
      {{"", ""}, false, "d", "b", "def"},   {{"", ""}, true, "c", "e", "cba"},
      {{"", ""}, false, "", "a", "abcdef"}, {{"", ""}, true, "", "f", "fedcba"},
      {{"b", "e"}, false, "a", "", "bcd"},  {{"b", "e"}, true, "z", "", "dcb"},
      {{"b", "e"}, false, "x", "", ""},     {{"b", "e"}, true, "a", "", ""},
      {{"", ""}, false, "", "z", "a"},      {{"", ""}, true, "", "A", "f"},
  };
  for (const bool own : {false, true}) {
    // With own writes the same entries come half from the store and half from the transaction.
    std::unique_ptr<Transaction> transaction = store_->Begin({});
    if (own) {
      ASSERT_TRUE(transaction->Delete(Family::kDocuments, "aa").ok());
      for (const char* key : {"b", "d", "f"}) {
        ASSERT_TRUE(transaction->Put(Family::kDocuments, key, key).ok());
      }
    }
    for (const Case& test : cases) {
      const std::unique_ptr<Scan> scan = transaction->NewScan(
          Family::kDocuments, test.range, {.reverse = test.reverse, .fill_cache = true});
      std::string seen;
      if (!test.skip_first.empty()) scan->SkipTo(test.skip_first);
      bool first = true;
      while (scan->Next()) {
        EXPECT_EQ(scan->key(), scan->value());
        seen += scan->key();
        if (first && !test.skip_second.empty()) scan->SkipTo(test.skip_second);
        first = false;
      }
      EXPECT_TRUE(scan->status().ok());
      EXPECT_FALSE(scan->Next());
      EXPECT_EQ(seen, test.seen) << "[" << test.range.begin << "," << test.range.end << ") "
                                 << (test.reverse ? "reverse " : "") << test.skip_first << " "
                                 << test.skip_second << (own ? " own" : "");
    }
  }
}

TEST_P(StoreContract, FirstCommitterWins) {
  ASSERT_TRUE(PutOne(store_.get(), "a", "0").ok());
  PinnedValue value;
  std::unique_ptr<Transaction> first = store_->Begin({.snapshot = true});
  std::unique_ptr<Transaction> second = store_->Begin({.snapshot = true});
  ASSERT_TRUE(first->Put(Family::kDocuments, "a", "1").ok());
  ASSERT_TRUE(second->Put(Family::kDocuments, "a", "2").ok());
  EXPECT_TRUE(store_->Commit(std::move(first)).ok());
  EXPECT_EQ(store_->Commit(std::move(second)).status().code(), ErrorCode::kWriteConflict);
  EXPECT_EQ(GetOr(store_.get(), "a", "none"), "1");
  EXPECT_EQ(store_->visible(), 2u);
}

TEST_P(StoreContract, SnapshotTransactionMeetsAnOlderChange) {
  ASSERT_TRUE(PutOne(store_.get(), "a", "0").ok());
  std::unique_ptr<Transaction> late = store_->Begin({.snapshot = true});
  ASSERT_TRUE(PutOne(store_.get(), "a", "1").ok());
  PinnedValue value;
  const Result<bool> read = late->Get(Family::kDocuments, "a", &value);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(value.view(), "0");
  const Result<bool> locked = late->GetForUpdate(Family::kDocuments, "a", &value);
  if (locked.ok()) {
    ASSERT_TRUE(late->Put(Family::kDocuments, "b", "1").ok());
  }
  EXPECT_EQ(store_->Commit(std::move(late)).status().code(), ErrorCode::kWriteConflict);
}

TEST_P(StoreContract, ReadForUpdateIsChecked) {
  for (const bool present : {true, false}) {
    if (present) {
      ASSERT_TRUE(PutOne(store_.get(), "a", "0").ok());
    }
    const std::string key = present ? "a" : "absent";
    PinnedValue value;
    std::unique_ptr<Transaction> reader = store_->Begin({});
    const Result<bool> found = reader->GetForUpdate(Family::kDocuments, key, &value);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(*found, present);
    ASSERT_TRUE(reader->Put(Family::kDocuments, "other", "1").ok());
    // A blind write takes no latch, so that this does not wait.
    ASSERT_TRUE(PutOne(store_.get(), key, "changed").ok());
    EXPECT_EQ(store_->Commit(std::move(reader)).status().code(), ErrorCode::kWriteConflict);
    EXPECT_EQ(GetOr(store_.get(), "other", "none"), "none");
  }
}

TEST_P(StoreContract, WhatIsLockedUnreadIsChecked) {
  std::unique_ptr<Transaction> writer = store_->Begin({});
  ASSERT_TRUE(writer->LockForUpdate(Family::kDocuments, "absent").ok());
  ASSERT_TRUE(writer->Put(Family::kDocuments, "other", "1").ok());
  ASSERT_TRUE(PutOne(store_.get(), "absent", "changed").ok());
  EXPECT_EQ(store_->Commit(std::move(writer)).status().code(), ErrorCode::kWriteConflict);
  EXPECT_EQ(GetOr(store_.get(), "other", "none"), "none");
}

TEST_P(StoreContract, PlainReadsAreNotChecked) {
  ASSERT_TRUE(PutOne(store_.get(), "a", "0").ok());
  PinnedValue value;
  std::unique_ptr<Transaction> transaction = store_->Begin({.snapshot = true});
  ASSERT_TRUE(*transaction->Get(Family::kDocuments, "a", &value));
  ASSERT_TRUE(transaction->Put(Family::kDocuments, "b", "1").ok());
  ASSERT_TRUE(PutOne(store_.get(), "a", "1").ok());
  EXPECT_TRUE(store_->Commit(std::move(transaction)).ok());
}

TEST_P(StoreContract, CountsAreKeptAndDropped) {
  ASSERT_TRUE(RunTransaction(store_.get(), {}, [](Transaction& transaction) {
                transaction.AddCounts(1, 3, 300);
                transaction.AddCounts(2, 1, 5);
                transaction.AddCounts(1, -1, -100);
                return Status::Ok();
              }).ok());
  EXPECT_EQ(store_->GetCounts(1).documents, 2);
  EXPECT_EQ(store_->GetCounts(1).bytes, 200);
  ASSERT_TRUE(RunTransaction(store_.get(), {}, [](Transaction& transaction) {
                transaction.DropCounts(1);
                return Status::Ok();
              }).ok());
  EXPECT_EQ(store_->GetCounts(1).documents, 0);
  PinnedValue value;
  EXPECT_FALSE(*store_->Get(Family::kCatalog, key::CountsKey(1), &value));
  EXPECT_TRUE(*store_->Get(Family::kCatalog, key::CountsKey(2), &value));
  if (!Persists()) return;
  Reopen();
  EXPECT_EQ(store_->GetCounts(1).documents, 0);
  EXPECT_EQ(store_->GetCounts(2).documents, 1);
  EXPECT_EQ(store_->GetCounts(2).bytes, 5);
}

TEST_P(StoreContract, LimitsAreEnforced) {
  const Limits limits = store_->limits();
  std::unique_ptr<Transaction> transaction = store_->Begin({});
  const std::string longest(limits.key_bytes_max, 'k');
  EXPECT_TRUE(transaction->Put(Family::kDocuments, longest, "v").ok());
  EXPECT_EQ(transaction->Put(Family::kDocuments, longest + "k", "v").code(), ErrorCode::kBadValue);
  EXPECT_EQ(transaction->Delete(Family::kDocuments, longest + "k").code(), ErrorCode::kBadValue);
  EXPECT_EQ(transaction->Put(Family::kDocuments, "", "v").code(), ErrorCode::kBadValue);
  EXPECT_EQ(transaction->DeleteRange(Family::kDocuments, {"a", ""}).code(), ErrorCode::kBadValue);
  const std::string value(limits.value_bytes_max + 1, 'v');
  EXPECT_EQ(transaction->Put(Family::kDocuments, "a", value).code(), ErrorCode::kBadValue);
  const std::string largest(limits.value_bytes_max, 'v');
  Status status;
  size_t puts = 0;
  for (; status.ok() && puts < 1000; ++puts) {
    status = transaction->Put(Family::kDocuments, "a", largest);
  }
  EXPECT_EQ(status.code(), ErrorCode::kTransactionTooLarge);
  EXPECT_LE(transaction->write_bytes(), limits.transaction_bytes_max);
  EXPECT_GE(puts, limits.transaction_bytes_max / limits.value_bytes_max - 1);
}

TEST_P(StoreContract, ReopenKeepsEverything) {
  if (!Persists()) GTEST_SKIP() << "nothing survives in memory, by design";
  uint64_t timestamp = 0;
  for (int i = 1; i <= 50; ++i) {
    ASSERT_TRUE(PutOne(store_.get(), NumberKey(i), std::to_string(i)).ok());
  }
  const std::unique_ptr<LogReader> reader = store_->ReadLog(0).value();
  LogEntry entry;
  ASSERT_TRUE(store_->WaitDurable(50).ok());
  while (*reader->Next(&entry)) timestamp = entry.timestamp;
  for (int round = 0; round < 3; ++round) {
    Reopen();
    EXPECT_EQ(store_->visible(), 50u + round);
    EXPECT_EQ(store_->durable(), 50u + round);
    for (int i = 1; i <= 50; ++i) {
      EXPECT_EQ(GetOr(store_.get(), NumberKey(i), "none"), std::to_string(i));
    }
    ASSERT_EQ(*PutOne(store_.get(), "more", std::to_string(round)), 51u + round);
    ASSERT_TRUE(store_->WaitDurable(51 + round).ok());
    const std::unique_ptr<LogReader> again = store_->ReadLog(50 + round).value();
    ASSERT_TRUE(*again->Next(&entry));
    EXPECT_EQ(entry.number, 51u + round);
    EXPECT_GT(entry.timestamp, timestamp);
    timestamp = entry.timestamp;
  }
}

TEST_P(StoreContract, DeleteRangeTakesEffectAtCommit) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(PutOne(store_.get(), NumberKey(i), "x").ok());
  std::unique_ptr<Transaction> transaction = store_->Begin({});
  ASSERT_TRUE(transaction->DeleteRange(Family::kDocuments, {NumberKey(2), NumberKey(8)}).ok());
  ASSERT_TRUE(transaction->Put(Family::kDocuments, NumberKey(5), "after").ok());
  ASSERT_TRUE(store_->Commit(std::move(transaction)).ok());
  const Entries left = ScanAll(*store_->NewSnapshot(), {});
  ASSERT_EQ(left.size(), 5u);
  EXPECT_EQ(left[2], (std::pair<std::string, std::string>{NumberKey(5), "after"}));
}

// A snapshot's number says exactly which commits it sees.
TEST_P(StoreContract, RandomTransactionsMatchAModel) {
  const uint64_t seed = base::Clock::System()->Random();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::map<std::string, std::string> model;
  const auto entries = [](const std::map<std::string, std::string>& from, const Range& range,
                          bool reverse) {
    Entries seen;
    for (const auto& [key, value] : from) {
      if (key >= range.begin && (range.end.empty() || key < range.end))
        seen.emplace_back(key, value);
    }
    if (reverse) std::reverse(seen.begin(), seen.end());
    return seen;
  };
  for (int round = 0; round < 150; ++round) {
    std::unique_ptr<Transaction> transaction = store_->Begin({.snapshot = random() % 2 == 0});
    std::map<std::string, std::string> mine = model;
    const int operations = static_cast<int>(random() % 40);
    for (int i = 0; i < operations; ++i) {
      const std::string key = NumberKey(random() % 60).substr(0, 1 + random() % 9);
      if (random() % 3 == 0) {
        ASSERT_TRUE(transaction->Delete(Family::kDocuments, key).ok());
        mine.erase(key);
      } else {
        const std::string value(random() % 400, static_cast<char>('a' + random() % 26));
        ASSERT_TRUE(transaction->Put(Family::kDocuments, key, value).ok());
        mine[key] = value;
      }
      PinnedValue value;
      const std::string probe = NumberKey(random() % 60);
      const Result<bool> found = transaction->Get(Family::kDocuments, probe, &value);
      ASSERT_TRUE(found.ok());
      ASSERT_EQ(*found, mine.contains(probe));
      if (*found) {
        ASSERT_EQ(value.view(), mine[probe]);
      }
      if (random() % 4 != 0) continue;
      const Range range{NumberKey(random() % 60),
                        random() % 3 == 0 ? "" : NumberKey(random() % 60)};
      const bool reverse = random() % 2 == 0;
      ASSERT_EQ(ScanAll(*transaction, range, reverse), entries(mine, range, reverse));
    }
    if (random() % 4 == 0) continue;  // dropped
    ASSERT_TRUE(store_->Commit(std::move(transaction)).ok());
    model = std::move(mine);
    if (round % 50 == 49 && Persists()) Reopen();
    ASSERT_EQ(ScanAll(*store_->NewSnapshot(), {}), entries(model, {}, false));
  }
}

TEST_P(StoreContract, ValuesOutliveTheStore) {
  PinnedValue value;
  ASSERT_TRUE(PutOne(store_.get(), "a", std::string(5000, 'x')).ok());
  if (Persists()) Reopen();  // so that the value comes from a table, by way of the block cache
  ASSERT_TRUE(*store_->Get(Family::kDocuments, "a", &value));
  store_.reset();  // the view is gone; giving it back must be harmless
}

TEST_P(StoreContract, IngestedEntriesAreRead) {
  if (!store_->limits().ingestion) {
    EXPECT_EQ(store_->Ingest(Family::kIndexes, nullptr).code(), ErrorCode::kCommandNotSupported);
    return;
  }
  ASSERT_TRUE(PutOne(store_.get(), "a", "1").ok());
  std::unique_ptr<Reader> before = store_->NewSnapshot();
  uint64_t next = 0;
  std::string key;
  const auto source = [&](std::string_view* k, std::string_view* v) -> Result<bool> {
    if (next == 5000) return false;
    key = NumberKey(next++);
    *k = key;
    *v = "ingested";
    return true;
  };
  ASSERT_TRUE(store_->Ingest(Family::kIndexes, source).ok());
  PinnedValue value;
  ASSERT_TRUE(*store_->Get(Family::kIndexes, NumberKey(4999), &value));
  EXPECT_EQ(value.view(), "ingested");
  EXPECT_FALSE(*before->Get(Family::kIndexes, NumberKey(4999), &value));
  ASSERT_EQ(*PutOne(store_.get(), "b", "1"), 2u);
  // A later write wins over an ingested entry.
  ASSERT_TRUE(RunTransaction(store_.get(), {}, [](Transaction& transaction) {
                return transaction.Put(Family::kIndexes, NumberKey(7), "written");
              }).ok());
  ASSERT_TRUE(*store_->Get(Family::kIndexes, NumberKey(7), &value));
  EXPECT_EQ(value.view(), "written");
  if (!Persists()) return;
  value = {};
  before.reset();
  Reopen();
  ASSERT_TRUE(*store_->Get(Family::kIndexes, NumberKey(0), &value));
  EXPECT_EQ(value.view(), "ingested");
  for (const auto& file : std::filesystem::directory_iterator(directory_.path())) {
    EXPECT_FALSE(file.path().filename().string().starts_with("ingest-")) << file.path();
  }
}

TEST_P(StoreContract, DiscardedTablesTakeTheirOwnKeysOnly) {
  if (!store_->limits().ingestion) return;
  for (const char* prefix : {"a", "b", "c"}) {
    uint64_t next = 0;
    std::string key;
    const auto source = [&](std::string_view* k, std::string_view* v) -> Result<bool> {
      if (next == 3000) return false;
      key = prefix + NumberKey(next++);
      *k = key;
      *v = "ingested";
      return true;
    };
    ASSERT_TRUE(store_->Ingest(Family::kIndexes, source).ok());
  }
  ASSERT_TRUE(store_->DiscardTables(Family::kIndexes, key::PrefixRange("b")).ok());
  ASSERT_TRUE(store_->DiscardTables(Family::kIndexes, key::PrefixRange("nothing")).ok());
  const auto check = [&] {
    const std::unique_ptr<Reader> reader = store_->NewSnapshot();
    int kept[3] = {0, 0, 0};
    const std::unique_ptr<Scan> scan = reader->NewScan(Family::kIndexes, {}, {});
    while (scan->Next()) ++kept[scan->key()[0] - 'a'];
    ASSERT_TRUE(scan->status().ok());
    EXPECT_EQ(kept[0], 3000);
    EXPECT_EQ(kept[1], 0);
    EXPECT_EQ(kept[2], 3000);
  };
  check();
  if (!Persists()) return;
  Reopen();
  check();
}

TEST_P(StoreContract, BadIngestLeavesNothing) {
  if (!store_->limits().ingestion) return;
  int next = 0;
  const auto descending = [&](std::string_view* k, std::string_view* v) -> Result<bool> {
    *k = next++ == 0 ? "b" : "a";
    *v = "";
    return true;
  };
  EXPECT_EQ(store_->Ingest(Family::kIndexes, descending).code(), ErrorCode::kBadValue);
  next = 0;
  const auto failing = [&](std::string_view* k, std::string_view* v) -> Result<bool> {
    if (next == 1) return Status(ErrorCode::kInterrupted, "stopped");
    *k = next++ == 0 ? "b" : "c";
    *v = "";
    return true;
  };
  EXPECT_EQ(store_->Ingest(Family::kIndexes, failing).code(), ErrorCode::kInterrupted);
  const auto nothing = [](std::string_view*, std::string_view*) -> Result<bool> { return false; };
  EXPECT_TRUE(store_->Ingest(Family::kIndexes, nothing).ok());
  PinnedValue value;
  EXPECT_FALSE(*store_->Get(Family::kIndexes, "b", &value));
  if (!Persists()) return;
  for (const auto& file : std::filesystem::directory_iterator(directory_.path())) {
    EXPECT_FALSE(file.path().filename().string().starts_with("ingest-")) << file.path();
  }
}

TEST_P(StoreContract, LogTellsWhatEachCommitPut) {
  ASSERT_TRUE(RunTransaction(store_.get(), {}, [](Transaction& transaction) {
                transaction.AppendLog("one ");
                EXPECT_TRUE(transaction.Put(Family::kDocuments, "a", "1").ok());
                EXPECT_TRUE(transaction.Put(Family::kDocuments, "a", "2").ok());
                EXPECT_TRUE(transaction.Put(Family::kDocuments, "gone", "1").ok());
                EXPECT_TRUE(transaction.Delete(Family::kDocuments, "gone").ok());
                transaction.AppendLog("two");
                return Status::Ok();
              }).ok());
  ASSERT_TRUE(
      RunTransaction(store_.get(), {}, [](Transaction& transaction) {
        for (int i = 0; i < 100; ++i) {
          EXPECT_TRUE(
              transaction.Put(Family::kDocuments, NumberKey(i % 50), std::to_string(i)).ok());
        }
        return transaction.Delete(Family::kDocuments, NumberKey(3));
      }).ok());
  ASSERT_TRUE(store_->WaitDurable(2).ok());
  const std::unique_ptr<LogReader> reader = store_->ReadLog(0).value();
  LogEntry entry;
  std::string_view value;
  EXPECT_FALSE(reader->FindPut(Family::kDocuments, "a", &value));
  ASSERT_TRUE(*reader->Next(&entry));
  EXPECT_EQ(entry.record, "one two");
  ASSERT_TRUE(reader->FindPut(Family::kDocuments, "a", &value));
  EXPECT_EQ(value, "2");
  EXPECT_FALSE(reader->FindPut(Family::kIndexes, "a", &value));
  EXPECT_FALSE(reader->FindPut(Family::kDocuments, "gone", &value));
  EXPECT_FALSE(reader->FindPut(Family::kDocuments, NumberKey(1), &value));
  ASSERT_TRUE(*reader->Next(&entry));
  EXPECT_EQ(entry.record, "");
  for (int i = 0; i < 50; ++i) {
    const bool found = reader->FindPut(Family::kDocuments, NumberKey(i), &value);
    ASSERT_EQ(found, i != 3);
    if (found) {
      EXPECT_EQ(value, std::to_string(i + 50));
    }
  }
  EXPECT_FALSE(reader->FindPut(Family::kDocuments, "a", &value));
  EXPECT_FALSE(*reader->Next(&entry));
  EXPECT_EQ(store_->ReadLog(3).status().code(), ErrorCode::kChangeStreamHistoryLost);
}

}  // namespace
}  // namespace cairn::kv
