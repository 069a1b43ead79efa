// SPDX-License-Identifier: Apache-2.0
// Cairn as a library against raw RocksDB doing the same bytes: each pair in turn, several rounds in
// one run, and the ratio of the medians. Only ratios carry over to other machines.
//   ratios [--rounds N] [--documents N] [--directory DIR] [--only TEXT]
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bench/comparison.h"
#include "bench/rocksdb_baseline.h"
#include "bench/sample_documents.h"
#include "cairn/cairn.h"
#include "engine/key/encoding.h"

namespace cairn::bench {
namespace {

constexpr int kDurableClients = 64;
constexpr int kDurableWorkers = 8;
constexpr double kDurableSeconds = 1.5;
/// A log record of Cairn's for one insert is about this long.
constexpr size_t kLogRecordBytes = 48;
/// One for an update of one field, which carries the difference.
constexpr size_t kUpdateRecordBytes = 72;

/// Both stores, holding the same documents.
class Arena {
 public:
  explicit Arena(const Settings& settings)
      : settings_(settings),
        database_(Must(Database::Open(settings.directory + "/cairn"))),
        raw_(settings.directory + "/raw") {}

  /// New documents into both, one call a document.
  void Insert(Comparison* result) {
    std::vector<bson::Document> documents;
    for (int i = 0; i < settings_.documents; ++i) documents.push_back(SampleDocument(next_id_++));
    InsertOptions options;
    options.durability = Durability::kRelaxed;
    Collection collection = Must(database_->GetCollection("bench", "people"));

    double start = Now();
    for (const bson::Document& document : documents) Must(collection.InsertOne(document, options));
    result->cairn.push_back(settings_.documents / (Now() - start));

    const std::string record(kLogRecordBytes, 'r');
    std::string key, value;
    start = Now();
    for (const bson::Document& document : documents) {
      MakePair(document, &key, &value);
      raw_.Put(key, value, record);
    }
    result->raw.push_back(settings_.documents / (Now() - start));
  }

  /// Random documents by _id, each written as JSON.
  void Get(Comparison* result) {
    const std::vector<int64_t> ids = RandomIds();
    Collection collection = Must(database_->GetCollection("bench", "people"));
    std::string json;
    bson::Document found;
    double start = Now();
    for (const int64_t id : ids) {
      json.clear();
      if (!Must(collection.FindOne(bson::Builder().AppendInt64("_id", id).Finish(), &found)))
        abort();
      json::Write(found, json::Format::kRelaxed, &json);
    }
    result->cairn.push_back(ids.size() / (Now() - start));

    start = Now();
    for (const int64_t id : ids) {
      json.clear();
      const bson::Document wanted = bson::Builder().AppendInt64("_id", id).Finish();
      raw_.Get(key::DocumentKey(1, wanted["_id"]), [&json](std::string_view value) {
        json::Write(bson::View(value.data() + 1), json::Format::kRelaxed, &json);
      });
    }
    result->raw.push_back(ids.size() / (Now() - start));
  }

  /// $inc of one field of random documents by _id, against Get, a change of the bytes, and Put.
  void Update(Comparison* result) {
    const std::vector<int64_t> ids = RandomIds();
    Collection collection = Must(database_->GetCollection("bench", "people"));
    UpdateOptions options;
    options.durability = Durability::kRelaxed;
    const bson::Document change =
        bson::Builder().OpenDocument("$inc").AppendInt32("age", 0x100).Close().Finish();
    double start = Now();
    for (const int64_t id : ids) {
      const bson::Document filter = bson::Builder().AppendInt64("_id", id).Finish();
      if (Must(collection.UpdateOne(filter, change, options)).modified != 1) abort();
    }
    result->cairn.push_back(ids.size() / (Now() - start));

    const std::string record(kUpdateRecordBytes, 'r');
    std::string value;
    start = Now();
    for (const int64_t id : ids) {
      const bson::Document wanted = bson::Builder().AppendInt64("_id", id).Finish();
      const std::string key = key::DocumentKey(1, wanted["_id"]);
      raw_.Get(key, [&value](std::string_view found) { value = found; });
      const bson::Value age = bson::View(value.data() + 1)["age"];
      const int32_t changed = age.AsInt32() + 0x100;
      std::memcpy(value.data() + (age.payload() - value.data()), &changed, sizeof(changed));
      raw_.Put(key, value, record);
    }
    result->raw.push_back(ids.size() / (Now() - start));
  }

  /// All documents, filtered on one field with few matches.
  void Scan(Comparison* result) {
    Collection collection = Must(database_->GetCollection("bench", "people"));
    const bson::Document filter =
        bson::Builder().OpenDocument("age").AppendInt32("$gt", kOldestAge - 1).Close().Finish();
    int64_t cairn_matches = 0;
    double start = Now();
    Cursor cursor = Must(collection.Find(filter));
    while (Must(cursor.Next())) ++cairn_matches;
    result->cairn.push_back(next_id_ / (Now() - start));

    int64_t raw_matches = 0;
    start = Now();
    raw_.Scan(key::IdPrefix(1), [&raw_matches](std::string_view value) {
      const bson::Value age = bson::View(value.data() + 1)["age"];
      raw_matches += age.type() == bson::Type::kInt32 && age.AsInt32() > kOldestAge - 1;
    });
    result->raw.push_back(next_id_ / (Now() - start));
    if (cairn_matches != raw_matches) {
      std::fprintf(stderr, "scans disagree: %ld and %ld matches\n", cairn_matches, raw_matches);
      std::exit(1);
    }
  }

  /// All documents, grouped by one field: how many, and the mean of another.
  void Group(Comparison* result) {
    Collection collection = Must(database_->GetCollection("bench", "people"));
    const bson::Document pipeline =
        Must(json::Parse(R"({"p": [{"$group": {"_id": "$age", "count": {"$sum": 1},
                                               "mean": {"$avg": "$score"}}}]})"));
    int64_t cairn_count = 0;
    double start = Now();
    Cursor cursor = Must(collection.Aggregate(pipeline["p"].AsView()));
    while (Must(cursor.Next())) cairn_count += cursor.document()["count"].AsInt32();
    result->cairn.push_back(next_id_ / (Now() - start));

    struct Mean {
      int64_t count = 0;
      double total = 0;
    };
    std::unordered_map<int32_t, Mean> groups;
    start = Now();
    raw_.Scan(key::IdPrefix(1), [&groups](std::string_view value) {
      const bson::View document(value.data() + 1);
      Mean& mean = groups[document["age"].AsInt32()];
      mean.total += document["score"].AsDouble();
      ++mean.count;
    });
    result->raw.push_back(next_id_ / (Now() - start));
    int64_t raw_count = 0;
    for (const auto& [age, mean] : groups) raw_count += mean.count;
    if (cairn_count != raw_count) {
      std::fprintf(stderr, "groups disagree: %ld and %ld documents\n", cairn_count, raw_count);
      std::exit(1);
    }
  }

  /// 64 clients that each wait for their write to be synced: over 8 workers with tickets here, on
  /// 64 threads with sync = true there.
  void Durable(Comparison* result) {
    result->cairn.push_back(DurableCairn());
    result->raw.push_back(DurableRaw());
  }

 private:
  static void MakePair(const bson::Document& document, std::string* key, std::string* value) {
    *key = key::DocumentKey(1, document["_id"]);
    value->assign(1, '\0');
    value->append(document.bytes());
  }

  std::vector<int64_t> RandomIds() {
    std::vector<int64_t> ids;
    uint64_t state = 88172645463325252ull + static_cast<uint64_t>(next_id_);
    for (int i = 0; i < settings_.documents; ++i) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      ids.push_back(static_cast<int64_t>(state % static_cast<uint64_t>(next_id_)));
    }
    return ids;
  }

  double DurableCairn() {
    Collection collection = Must(database_->GetCollection("bench", "durable"));
    std::mutex mutex;
    std::condition_variable ready;
    std::deque<int> clients;
    for (int i = 0; i < kDurableClients; ++i) clients.push_back(i);
    std::atomic<int64_t> acknowledged{0};
    std::atomic<int64_t> id{durable_id_.load()};
    int waiting = 0;
    const double start = Now();
    auto work = [&] {
      InsertOptions options;
      options.durability = Durability::kRelaxed;
      for (;;) {
        {
          std::unique_lock lock(mutex);
          ready.wait(lock, [&] { return !clients.empty(); });
          if (Now() - start > kDurableSeconds) return;
          clients.pop_front();
          ++waiting;
        }
        const InsertOneResult inserted = Must(collection.InsertOne(SampleDocument(id++), options));
        database_->WhenDurable(inserted.commit, [&](const Status& status) {
          if (!status.ok()) abort();
          ++acknowledged;
          std::lock_guard lock(mutex);
          clients.push_back(0);
          --waiting;
          ready.notify_one();
        });
      }
    };
    std::vector<std::thread> workers;
    for (int i = 0; i < kDurableWorkers; ++i) workers.emplace_back(work);
    for (std::thread& worker : workers) worker.join();
    const double rate = static_cast<double>(acknowledged) / (Now() - start);
    for (;;) {  // the callbacks refer to this frame
      std::lock_guard lock(mutex);
      if (waiting == 0) break;
    }
    durable_id_ = id.load();
    return rate;
  }

  double DurableRaw() {
    std::atomic<int64_t> acknowledged{0};
    const double start = Now();
    std::vector<std::thread> threads;
    for (int i = 0; i < kDurableClients; ++i) {
      threads.emplace_back([&] {
        const std::string record(kLogRecordBytes, 'r');
        std::string key, value;
        while (Now() - start < kDurableSeconds) {
          MakePair(SampleDocument(raw_durable_id_++), &key, &value);
          key[3] = 2;  // another collection
          raw_.PutDurable(key, value, record);
          ++acknowledged;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return static_cast<double>(acknowledged) / (Now() - start);
  }

  Settings settings_;
  std::unique_ptr<Database> database_;
  Baseline raw_;
  int64_t next_id_ = 0;
  std::atomic<int64_t> durable_id_{0};
  std::atomic<int64_t> raw_durable_id_{0};
};

int Run(const Settings& settings) {
  std::printf(
      "%d rounds of %d documents of %zu bytes; medians, and the range of the rounds' ratios\n",
      settings.rounds, settings.documents, SampleDocument(1).size());
  std::printf("%-34s %12s %12s   %5s\n", "", "cairn", "raw RocksDB", "ratio");
  Comparison insert{"insert, not synced", 0.75};
  Comparison get{"get by _id, to JSON", 0.8};
  Comparison scan{"full scan, filter on one field", 0.7};
  Comparison update{"update by _id with $inc", 0.75};
  Comparison group{"group by, count and average", 0.6};
  Comparison durable{"durable insert, 64 clients", 1.5};
  Arena arena(settings);
  for (int round = 0; round < settings.rounds; ++round) {
    arena.Insert(&insert);  // What the others read.
    if (settings.Wants(get)) arena.Get(&get);
    if (settings.Wants(scan)) arena.Scan(&scan);
    if (settings.Wants(update)) arena.Update(&update);
    if (settings.Wants(group)) arena.Group(&group);
    if (settings.Wants(durable)) arena.Durable(&durable);
  }
  for (const Comparison* comparison : {&insert, &get, &scan, &update, &group, &durable}) {
    if (settings.Wants(*comparison)) comparison->Print();
  }
  return 0;
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) {
  return cairn::bench::RunComparisons("ratios", argc, argv, cairn::bench::Run);
}
