// SPDX-License-Identifier: Apache-2.0
// The bytes of change records (part of the on-disk format) and what a store writes into its log.
#include "engine/store/change_record.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

TEST(ChangeRecord, TestVectors) {
  std::string record;
  AppendChange({.kind = ChangeKind::kInsert, .collection_id = 0x01020304, .suffix = "SU"}, &record);
  EXPECT_EQ(record, std::string("\x01"
                                "\x01\x04\x03\x02\x01"
                                "\x01\x02SU"
                                "\0",
                                11));
  const bson::Document id = Json(R"({"_id":1})");
  AppendChange({.kind = ChangeKind::kDelete, .collection_id = 5, .suffix = "S", .id = id.bytes()},
               &record);
  EXPECT_EQ(record.substr(11), std::string("\x04\x05\0\0\0"
                                           "\x01\x01S"
                                           "\x02\x0E",
                                           10) +
                                   id.bytes() + std::string(1, '\0'));
  const std::string long_suffix(300, 'x');
  record.clear();
  AppendChange({.kind = ChangeKind::kReplace, .collection_id = 5, .suffix = long_suffix}, &record);
  EXPECT_EQ(record, std::string("\x01"
                                "\x03\x05\0\0\0"
                                "\x01\xAC\x02",
                                9) +
                        long_suffix + std::string(1, '\0'));
}

TEST(ChangeRecord, RoundTrip) {
  const bson::Document a = Json(R"({"a":1})");
  const bson::Document b = Json(R"({"b":[1,{"c":2}]})");
  const Change whole{.kind = ChangeKind::kUpdate,
                     .collection_id = 7,
                     .suffix = "s",
                     .id = a.bytes(),
                     .diff = b.bytes(),
                     .before = a.bytes(),
                     .ns = "db.c",
                     .uuid = "0123456789abcdef",
                     .options = a.bytes(),
                     .indexes = b.bytes()};
  std::string record;
  AppendChange(whole, &record);
  AppendChange({.kind = ChangeKind::kDropDatabase, .ns = "db"}, &record);
  ChangeReader reader(record);
  Change change;
  ASSERT_TRUE(reader.Next(&change).value());
  EXPECT_EQ(change.kind, ChangeKind::kUpdate);
  EXPECT_EQ(change.collection_id, 7u);
  EXPECT_EQ(change.suffix, "s");
  EXPECT_EQ(change.id, a.bytes());
  EXPECT_EQ(change.diff, b.bytes());
  EXPECT_EQ(change.before, a.bytes());
  EXPECT_EQ(change.ns, "db.c");
  EXPECT_EQ(change.uuid, "0123456789abcdef");
  EXPECT_EQ(change.options, a.bytes());
  EXPECT_EQ(change.indexes, b.bytes());
  ASSERT_TRUE(reader.Next(&change).value());
  EXPECT_EQ(change.kind, ChangeKind::kDropDatabase);
  EXPECT_EQ(change.suffix, "");
  EXPECT_FALSE(reader.Next(&change).value());
  EXPECT_FALSE(reader.Next(&change).value());
}

TEST(ChangeRecord, EmptyAndUnknown) {
  Change change;
  EXPECT_FALSE(ChangeReader("").Next(&change).value());
  EXPECT_FALSE(ChangeReader("\x01").Next(&change).value());
  EXPECT_EQ(ChangeReader("\x02").Next(&change).status().code(), ErrorCode::kStoreFormatUnknown);
  // An unknown kind with an unknown field, before one that is known.
  const std::string record(
      "\x01"
      "\x63\x01\0\0\0"
      "\x4D\x02zz"
      "\x01\x01S"
      "\0",
      14);
  ChangeReader reader(record);
  ASSERT_TRUE(reader.Next(&change).value());
  EXPECT_EQ(static_cast<int>(change.kind), 0x63);
  EXPECT_EQ(change.suffix, "S");
  EXPECT_FALSE(reader.Next(&change).value());
}

TEST(ChangeRecord, DamageIsAnError) {
  const bson::Document id = Json(R"({"_id":"abc"})");
  std::string record;
  AppendChange({.kind = ChangeKind::kDelete, .collection_id = 5, .suffix = "S", .id = id.bytes()},
               &record);
  Change change;
  for (size_t size = 2; size < record.size(); ++size) {
    EXPECT_EQ(ChangeReader(std::string_view(record).substr(0, size)).Next(&change).status().code(),
              ErrorCode::kDataCorruptionDetected)
        << size;
  }
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = record;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    ChangeReader reader(damaged);
    for (Result<bool> more = true; more.ok() && *more;) more = reader.Next(&change);
  }
}

// One line an operation: kind, suffix, what else there is.
std::string Describe(const Change& change, const kv::LogReader& log) {
  std::string text =
      std::to_string(static_cast<int>(change.kind)) + " " + std::to_string(change.collection_id);
  if (!change.suffix.empty()) {
    std::string_view value;
    const std::string key = key::IdPrefix(change.collection_id) + std::string(change.suffix);
    if (log.FindPut(key::Family::kDocuments, key, &value)) {
      text += " put " + json::ToJson(bson::View(value.data() + 1));
    }
  }
  const std::pair<const char*, std::string_view> fields[] = {{"id", change.id},
                                                             {"diff", change.diff},
                                                             {"before", change.before},
                                                             {"indexes", change.indexes}};
  for (const auto& [name, bytes] : fields) {
    if (!bytes.empty())
      text += std::string(" ") + name + " " + json::ToJson(bson::View(bytes.data()));
  }
  if (!change.ns.empty()) text += " ns " + std::string(change.ns);
  return text;
}

std::vector<std::string> ReadLog(DocumentStore& store, kv::CommitNumber after) {
  EXPECT_TRUE(store.kv().WaitDurable(store.kv().visible()).ok());
  Result<std::unique_ptr<kv::LogReader>> log = store.kv().ReadLog(after);
  EXPECT_TRUE(log.ok()) << log.status().ToString();
  std::vector<std::string> lines;
  kv::LogEntry entry;
  while (log.ok()) {
    const Result<bool> more = (*log)->Next(&entry);
    EXPECT_TRUE(more.ok()) << more.status().ToString();
    if (!more.ok() || !*more) break;
    ChangeReader changes(entry.record);
    Change change;
    while (changes.Next(&change).value()) lines.push_back(Describe(change, **log));
  }
  return lines;
}

class ChangeLog : public StoreTest {};
CAIRN_INSTANTIATE_STORES(ChangeLog);

TEST_P(ChangeLog, HoldsTheOperationsInOrder) {
  const kv::CommitNumber start = store_->kv().visible();
  const CollectionPtr c = Collection();
  const std::string id = std::to_string(c->id);
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":1,"a":1})")).ok());
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":2})")).ok());
  EXPECT_EQ(Insert(*store_, c, Json(R"({"_id":2})")).code(), ErrorCode::kDuplicateKey);
  ASSERT_TRUE(Replace(*store_, c, Json(R"({"_id":1,"a":2})")).ok());
  ASSERT_TRUE(Replace(*store_, c, Json(R"({"_id":1,"a":3})"), Json(R"({"u":{"a":3}})")).ok());
  ASSERT_TRUE(Delete(*store_, c, Json(R"({"_id":2})")["_id"]).ok());
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a":1})", true).ok());
  ASSERT_TRUE(store_->DropDatabase("db").ok());
  const std::vector<std::string> expected = {
      "16 " + id + " ns db.c",
      "1 " + id + R"( put {"_id":1,"a":1})",
      "1 " + id + R"( put {"_id":2})",
      "3 " + id + R"( put {"_id":1,"a":2})",
      "2 " + id + R"( put {"_id":1,"a":3} diff {"u":{"a":3}})",
      "4 " + id + R"( id {"_id":2})",
      "18 " + id +
          R"( indexes {"indexes":[{"v":2,"key":{"a":1},"name":"a_1","unique":true}]} ns db.c)",
      "17 " + id + " ns db.c",
      "20 0 ns db",
  };
  EXPECT_EQ(ReadLog(*store_, start), expected);
  Reopen();
  EXPECT_EQ(ReadLog(*store_, start), expected);
}

// The log shows the last document of a commit only; earlier states come with the next operation.
TEST_P(ChangeLog, KeepsWhatACommitOverwrites) {
  const CollectionPtr c = Collection();
  const std::string id = std::to_string(c->id);
  const kv::CommitNumber start = store_->kv().visible();
  ASSERT_TRUE(store_
                  ->Write(c,
                          [&](WriteTransaction& write) {
                            const bson::Document a = Json(R"({"_id":1,"a":1})");
                            const bson::Document b = Json(R"({"_id":1,"a":2})");
                            const bson::Document other = Json(R"({"_id":2})");
                            const std::string suffix = key::EncodeId(a["_id"]);
                            bson::View before;
                            EXPECT_TRUE(write.Insert(a).ok());
                            EXPECT_TRUE(write.Insert(other).ok());
                            EXPECT_TRUE(write.ReadForUpdate(suffix, &before).value());
                            EXPECT_TRUE(write.Update(suffix, before, b, bson::View()).ok());
                            EXPECT_TRUE(write.ReadForUpdate(suffix, &before).value());
                            return write.Delete(suffix, before);
                          })
                  .ok());
  EXPECT_EQ(ReadLog(*store_, start), (std::vector<std::string>{
                                         "1 " + id,
                                         "1 " + id + R"( put {"_id":2})",
                                         "3 " + id + R"( before {"_id":1,"a":1})",
                                         "4 " + id + R"( id {"_id":1} before {"_id":1,"a":2})",
                                     }));
  ExpectValid(*store_, c);
}

}  // namespace
}  // namespace cairn::store
