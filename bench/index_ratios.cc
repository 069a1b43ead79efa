// SPDX-License-Identifier: Apache-2.0
// Cairn's indexes against raw RocksDB doing the same bytes; see comparison.h.
//   index_ratios [--rounds N] [--documents N] [--directory DIR] [--only TEXT]
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/comparison.h"
#include "bench/rocksdb_baseline.h"
#include "bench/sample_documents.h"
#include "cairn/cairn.h"
#include "engine/base/bytes.h"
#include "engine/key/encoding.h"

namespace cairn::bench {
namespace {

using Entry = Baseline::Entry;

/// A log record of Cairn's for one insert is about this long.
constexpr size_t kLogRecordBytes = 48;
constexpr size_t kBatch = 1000;
constexpr int kRange = 100;
// Ids of the raw side's collection and indexes.
constexpr uint32_t kPeople = 1;
constexpr uint32_t kByAge = 2;
constexpr uint32_t kByJoined = 3;
constexpr uint32_t kByEmail = 4;

// The key of an index entry up to the document's part.
std::string EntryKey(uint32_t index, bson::Value value) {
  std::string key = key::IdPrefix(index);
  key::AppendValue(value, key::Direction::kAscending, &key);
  return key;
}

Entry DocumentEntry(const bson::Document& document) {
  std::string value(1, '\0');
  value.append(document.bytes());
  return {Baseline::kDocuments, key::DocumentKey(kPeople, document["_id"]), std::move(value)};
}

// An entry of an index that is not unique. Type bits are empty for these fields.
Entry IndexEntry(uint32_t index, const bson::Document& document, std::string_view field) {
  return {Baseline::kIndexes, EntryKey(index, document[field]) + key::EncodeId(document["_id"]),
          ""};
}

Entry CountsEntry() {
  return {Baseline::kCatalog, std::string("\x04\0\0\0\1", 5), std::string(32, 'c')};
}

IndexModel Ascending(std::string_view field, bool unique = false) {
  IndexModel model;
  model.keys = bson::Builder().AppendInt32(field, 1).Finish();
  model.unique = unique;
  return model;
}

class IndexArena {
 public:
  explicit IndexArena(const Settings& settings)
      : settings_(settings),
        database_(Must(Database::Open(settings.directory + "/cairn"))),
        raw_(settings.directory + "/raw"),
        raw_one_family_(settings.directory + "/raw-one", Baseline::Families::kOne) {
    relaxed_.durability = Durability::kRelaxed;
    Collection people = Must(database_->GetCollection("bench", "people"));
    Must(people.CreateIndexes(std::vector{Ascending("age"), Ascending("joined")}));
    Collection bulk = Must(database_->GetCollection("bench", "bulk"));
    Must(bulk.CreateIndexes(std::vector{Ascending("age"), Ascending("joined")}));
    FillForReads();
  }

  /// New documents with two indexes, one call a document.
  void Insert(Comparison* result) {
    const std::vector<bson::Document> documents = NewDocuments();
    Collection people = Must(database_->GetCollection("bench", "people"));
    double start = Now();
    for (const bson::Document& document : documents) Must(people.InsertOne(document, relaxed_));
    result->cairn.push_back(settings_.documents / (Now() - start));

    const std::string record(kLogRecordBytes, 'r');
    start = Now();
    for (const bson::Document& document : documents) {
      raw_.PutAll({DocumentEntry(document), IndexEntry(kByAge, document, "age"),
                   IndexEntry(kByJoined, document, "joined"), CountsEntry()},
                  record);
    }
    result->raw.push_back(settings_.documents / (Now() - start));
  }

  /// The same in batches, against a raw store with one column family.
  void BulkInsert(Comparison* result) {
    const std::vector<bson::Document> documents = NewDocuments();
    Collection bulk = Must(database_->GetCollection("bench", "bulk"));
    double start = Now();
    for (size_t at = 0; at < documents.size(); at += kBatch) {
      std::vector<bson::View> batch;
      for (size_t i = at; i < documents.size() && i < at + kBatch; ++i) {
        batch.push_back(documents[i]);
      }
      Must(bulk.InsertMany(batch, relaxed_));
    }
    result->cairn.push_back(settings_.documents / (Now() - start));

    start = Now();
    for (size_t at = 0; at < documents.size(); at += kBatch) {
      std::vector<Entry> entries = {CountsEntry()};
      const size_t end = std::min(documents.size(), at + kBatch);
      for (size_t i = at; i < end; ++i) {
        entries.push_back(DocumentEntry(documents[i]));
        entries.push_back(IndexEntry(kByAge, documents[i], "age"));
        entries.push_back(IndexEntry(kByJoined, documents[i], "joined"));
      }
      raw_one_family_.PutAll(entries, std::string(kLogRecordBytes * (end - at), 'r'));
    }
    result->raw.push_back(settings_.documents / (Now() - start));
  }

  /// Single documents by a unique index.
  void PointRead(Comparison* result) {
    Collection reads = Must(database_->GetCollection("bench", "reads"));
    const std::vector<bson::Document> filters = Filters("email");
    int64_t sum = 0;
    bson::Document found;
    double start = Now();
    for (const bson::Document& filter : filters) {
      if (!Must(reads.FindOne(filter, &found))) std::abort();
      sum += found["age"].AsInt32();
    }
    result->cairn.push_back(settings_.documents / (Now() - start));

    start = Now();
    for (const bson::Document& filter : filters) {
      const std::string entry = raw_.GetIndexed(EntryKey(kByEmail, filter["email"]));
      const std::string_view suffix = std::string_view(entry).substr(sizeof(uint32_t));
      raw_.Get(key::IdPrefix(kReads) + std::string(suffix), [&](std::string_view value) {
        found = bson::Document(bson::View(value.data() + 1));
        sum -= found["age"].AsInt32();
      });
    }
    result->raw.push_back(settings_.documents / (Now() - start));
    MustAgree(sum);
  }

  /// A hundred documents in the order of an index.
  void RangeRead(Comparison* result) {
    Collection reads = Must(database_->GetCollection("bench", "reads"));
    const int ranges = std::max(1, settings_.documents / kRange);
    const std::vector<bson::Document> starts = Filters("joined");
    int64_t sum = 0;
    FindOptions options;
    options.limit = kRange;
    options.sort = bson::Builder().AppendInt32("joined", 1).Finish();
    double start = Now();
    for (int i = 0; i < ranges; ++i) {
      const bson::Document filter = bson::Builder()
                                        .OpenDocument("joined")
                                        .Append("$gte", starts[static_cast<size_t>(i)]["joined"])
                                        .Close()
                                        .Finish();
      Cursor cursor = Must(reads.Find(filter, options));
      while (Must(cursor.Next())) sum += cursor.document()["age"].AsInt32();
    }
    result->cairn.push_back(ranges / (Now() - start));

    start = Now();
    for (int i = 0; i < ranges; ++i) {
      const std::string from = EntryKey(kReadsByJoined, starts[static_cast<size_t>(i)]["joined"]);
      std::vector<std::string> keys;
      raw_.ScanIndex(key::IdPrefix(kReadsByJoined), from, kRange,
                     [&](std::string_view key, std::string_view) {
                       // A date has nine bytes.
                       keys.push_back(key::IdPrefix(kReads) + std::string(key.substr(4 + 9)));
                     });
      raw_.MultiGet(keys, [&](std::string_view value) {
        sum -= bson::View(value.data() + 1)["age"].AsInt32();
      });
    }
    result->raw.push_back(ranges / (Now() - start));
    MustAgree(sum);
  }

  /// Two indexes on what is there, against batches of entries made in a scan.
  void Build(Comparison* result) {
    Collection built = Must(database_->GetCollection("bench", "reads"));
    double start = Now();
    Must(built.CreateIndexes(std::vector{Ascending("age"), Ascending("name")}));
    result->cairn.push_back(ReadDocuments() / (Now() - start));
    DropIndexesModel names;
    names.names = {"age_1", "name_1"};
    Must(built.DropIndexes(names));

    start = Now();
    const uint32_t by_age = next_raw_index_++;
    const uint32_t by_name = next_raw_index_++;
    std::vector<Entry> batch;
    const auto write = [&] {
      raw_.PutAll(batch, {});
      batch.clear();
    };
    raw_.ScanPairs(key::IdPrefix(kReads), [&](std::string_view key, std::string_view value) {
      const bson::View document(value.data() + 1);
      for (const auto& [index, field] : {std::pair{by_age, "age"}, std::pair{by_name, "name"}}) {
        batch.push_back(
            {Baseline::kIndexes, EntryKey(index, document[field]).append(key.substr(4)), ""});
      }
      if (batch.size() >= kBatch) write();
    });
    write();
    result->raw.push_back(ReadDocuments() / (Now() - start));
  }

 private:
  static constexpr uint32_t kReads = 5;
  static constexpr uint32_t kReadsByJoined = 6;
  static constexpr int kReadsFactor = 5;

  int ReadDocuments() const { return kReadsFactor * settings_.documents; }

  std::vector<bson::Document> NewDocuments() {
    std::vector<bson::Document> documents;
    for (int i = 0; i < settings_.documents; ++i) documents.push_back(SampleDocument(next_id_++));
    return documents;
  }

  // What the reads read: a unique index on email and one on joined.
  void FillForReads() {
    Collection reads = Must(database_->GetCollection("bench", "reads"));
    Must(reads.CreateIndexes(std::vector{Ascending("email", true), Ascending("joined")}));
    std::vector<bson::Document> documents;
    for (int id = 0; id < ReadDocuments(); ++id) documents.push_back(SampleDocument(id));
    const std::vector<bson::View> views(documents.begin(), documents.end());
    for (size_t at = 0; at < views.size(); at += kBatch) {
      Must(reads.InsertMany(std::span(views).subspan(at, std::min(kBatch, views.size() - at)),
                            relaxed_));
    }
    for (const bson::Document& document : documents) {
      Entry entry = DocumentEntry(document);
      const std::string suffix = key::EncodeId(document["_id"]);
      entry.key = key::IdPrefix(kReads) + suffix;
      std::string value;
      base::AppendLittle(&value, static_cast<uint32_t>(suffix.size()));
      raw_.PutAll({entry,
                   {Baseline::kIndexes, EntryKey(kByEmail, document["email"]), value + suffix},
                   {Baseline::kIndexes, EntryKey(kReadsByJoined, document["joined"]) + suffix, ""}},
                  {});
    }
  }

  // Values of one field of random documents, each as {field: value}.
  std::vector<bson::Document> Filters(std::string_view field) {
    std::vector<bson::Document> filters;
    for (int i = 0; i < settings_.documents; ++i) {
      state_ ^= state_ << 13;
      state_ ^= state_ >> 7;
      state_ ^= state_ << 17;
      const auto id = static_cast<int64_t>(state_ % static_cast<uint64_t>(ReadDocuments()));
      filters.push_back(bson::Builder().Append(field, SampleDocument(id)[field]).Finish());
    }
    return filters;
  }

  static void MustAgree(int64_t difference) {
    if (difference == 0) return;
    std::fprintf(stderr, "the two sides read different documents\n");
    std::exit(1);
  }

  Settings settings_;
  InsertOptions relaxed_;
  std::unique_ptr<Database> database_;
  Baseline raw_;
  Baseline raw_one_family_;
  int64_t next_id_ = 0;
  uint32_t next_raw_index_ = 100;
  uint64_t state_ = 88172645463325252ull;
};

int Run(const Settings& settings) {
  std::printf(
      "%d rounds of %d documents of %zu bytes; medians, and the range of the rounds' ratios\n",
      settings.rounds, settings.documents, SampleDocument(1).size());
  std::printf("%-34s %12s %12s   %5s\n", "", "cairn", "raw RocksDB", "ratio");
  Comparison insert{"insert, two indexes", 0.75};
  Comparison bulk{"bulk insert, two indexes", 1.0};
  Comparison point{"get by a unique index", 0.8};
  Comparison range{"range of 100 by an index", 0.8};
  Comparison build{"build of two indexes", 2.0};
  IndexArena arena(settings);
  for (int round = 0; round < settings.rounds; ++round) {
    if (settings.Wants(insert)) arena.Insert(&insert);
    if (settings.Wants(bulk)) arena.BulkInsert(&bulk);
    if (settings.Wants(point)) arena.PointRead(&point);
    if (settings.Wants(range)) arena.RangeRead(&range);
    if (settings.Wants(build)) arena.Build(&build);
  }
  for (const Comparison* comparison : {&insert, &bulk, &point, &range, &build}) {
    if (settings.Wants(*comparison)) comparison->Print();
  }
  return 0;
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) {
  return cairn::bench::RunComparisons("index_ratios", argc, argv, cairn::bench::Run);
}
