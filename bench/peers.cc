// SPDX-License-Identifier: Apache-2.0
// A group-by with count and mean, in-process, against SQLite's json_extract and PostgreSQL's jsonb
// in one process: the same documents, in turn, several rounds in one run, and the ratio of the
// medians. Only ratios carry over to other machines.
//   peers [--rounds N] [--documents N] [--directory DIR]
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/peer.h"
#include "bench/sample_documents.h"
#include "cairn/cairn.h"

namespace cairn::bench {
namespace {

constexpr size_t kDocumentBytes = 400;

struct Settings {
  int rounds = 5;
  int documents = 200'000;
  std::string directory = std::filesystem::temp_directory_path() / "cairn-peers";
};

template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "Cairn: %s\n", result.status().ToString().c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

class Cairn final : public Peer {
 public:
  explicit Cairn(const std::string& directory)
      : database_(Must(Database::Open(directory + "/cairn"))) {}
  const char* name() const override { return "Cairn"; }
  void Load(std::span<const std::string> documents) override {
    constexpr size_t kBatch = 1'000;
    Collection people = Must(database_->GetCollection("bench", "people"));
    InsertOptions options;
    options.durability = Durability::kRelaxed;
    for (size_t from = 0; from < documents.size(); from += kBatch) {
      std::vector<bson::Document> batch;
      for (size_t i = from; i < std::min(from + kBatch, documents.size()); ++i) {
        batch.push_back(Must(json::Parse(documents[i])));
      }
      const std::vector<bson::View> views(batch.begin(), batch.end());
      if (!Must(people.InsertMany(views, options)).errors.empty()) std::exit(1);
    }
  }
  GroupAnswer Group() override {
    const bson::Document pipeline =
        Must(json::Parse(R"({"p": [{"$group": {"_id": "$age", "count": {"$sum": 1},
                                               "mean": {"$avg": "$score"}}}]})"));
    GroupAnswer answer;
    const Collection people = Must(database_->GetCollection("bench", "people"));
    Cursor cursor = Must(people.Aggregate(pipeline["p"].AsView()));
    while (Must(cursor.Next())) {
      ++answer.groups;
      answer.documents += cursor.document()["count"].AsInt32();
      answer.sum_of_means += cursor.document()["mean"].AsDouble();
    }
    return answer;
  }

 private:
  std::unique_ptr<Database> database_;
};

struct Contender {
  std::unique_ptr<Peer> peer;
  double bar = 0;  ///< How many times as fast Cairn has to be.
  std::vector<double> rates = {};

  double Median() const {
    std::vector<double> sorted = rates;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

void Print(const Contender& cairn, const Contender& other) {
  std::vector<double> ratios;
  for (size_t i = 0; i < cairn.rates.size(); ++i) {
    ratios.push_back(cairn.rates[i] / other.rates[i]);
  }
  const double ratio = cairn.Median() / other.Median();
  std::printf("against %-20s %10.0f/s %10.0f/s   %5.2f  (%.2f-%.2f)   >= %.2f  %s\n",
              other.peer->name(), cairn.Median(), other.Median(), ratio,
              *std::min_element(ratios.begin(), ratios.end()),
              *std::max_element(ratios.begin(), ratios.end()), other.bar,
              ratio >= other.bar ? "met" : "MISSED");
}

/// A sample document with what it takes to make it kDocumentBytes long.
bson::Document Document(int64_t id) {
  constexpr size_t kNoteBytes = 11;  // Of an empty one.
  bson::Builder builder;
  builder.AppendAll(SampleDocument(id));
  const size_t bytes = SampleDocument(id).size() + kNoteBytes;
  builder.AppendString("note", std::string(kDocumentBytes - std::min(kDocumentBytes, bytes), 'n'));
  return builder.Finish();
}

int Run(const Settings& settings) {
  std::vector<std::string> documents;
  for (int i = 0; i < settings.documents; ++i) {
    documents.push_back(json::ToJson(Document(i), json::Format::kRelaxed));
  }
  std::vector<Contender> contenders;
  contenders.push_back({std::make_unique<Cairn>(settings.directory)});
  if (auto peer = OpenSqlite(settings.directory)) contenders.push_back({std::move(peer), 4.0});
  if (auto peer = OpenPostgres(settings.directory)) contenders.push_back({std::move(peer), 1.0});
  for (Contender& contender : contenders) contender.peer->Load(documents);

  const auto group = [&](Contender* contender, bool counts) {
    const auto begin = std::chrono::steady_clock::now();
    const GroupAnswer answer = contender->peer->Group();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (counts) contender->rates.push_back(settings.documents / took.count());
    return answer;
  };
  for (int round = 0; round <= settings.rounds; ++round) {  // The first is to warm up.
    const GroupAnswer expected = group(&contenders[0], round > 0);
    for (size_t i = 1; i < contenders.size(); ++i) {
      const GroupAnswer answer = group(&contenders[i], round > 0);
      if (answer.groups != expected.groups || answer.documents != expected.documents ||
          std::abs(answer.sum_of_means - expected.sum_of_means) > 1e-3) {
        std::fprintf(stderr, "%s gives another answer\n", contenders[i].peer->name());
        return 1;
      }
    }
  }
  std::printf("group by with count and mean: %d rounds over %d documents of %zu bytes; medians\n",
              settings.rounds, settings.documents, Document(1).size());
  for (size_t i = 1; i < contenders.size(); ++i) Print(contenders[0], contenders[i]);
  return 0;
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) {
  cairn::bench::Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--rounds") == 0) settings.rounds = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--documents") == 0) settings.documents = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--directory") == 0) settings.directory = argv[i + 1];
  }
  if (settings.rounds < 1 || settings.documents < 1) {
    std::fprintf(stderr, "usage: peers [--rounds N] [--documents N] [--directory DIR]\n");
    return 2;
  }
  settings.directory += "-" + std::to_string(getpid());
  std::filesystem::create_directories(settings.directory);
  const int status = cairn::bench::Run(settings);
  std::filesystem::remove_all(settings.directory);
  return status;
}
