// SPDX-License-Identifier: Apache-2.0
// Many documents, sorted by a field without an index: how much memory that takes over what the
// process had before, against what one stage may hold. Needs /proc.
//   sort_memory [--documents N] [--directory DIR]
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "bench/comparison.h"
#include "bench/sample_documents.h"
#include "cairn/cairn.h"

namespace cairn::bench {
namespace {

constexpr int kDocumentsUsual = 1'000'000;
constexpr size_t kBatch = 1000;
// What a stage may hold, as in MongoDB, and how far over that the process may get.
constexpr double kStageMib = 100;
constexpr double kOverMax = 1.1;

// A line of /proc/self/status, in MiB.
double Mib(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) {
      return std::strtod(line.c_str() + name.size() + 1, nullptr) / 1024;
    }
  }
  return 0;
}

int Run(const Settings& settings) {
  OpenOptions options;
  options.cache_bytes = size_t{32} << 20;
  const std::unique_ptr<Database> database =
      Must(Database::Open(settings.directory + "/cairn", options));
  Collection people = Must(database->GetCollection("bench", "people"));
  InsertOptions relaxed;
  relaxed.durability = Durability::kRelaxed;
  double bytes = 0;
  for (int64_t id = 0; id < settings.documents;) {
    std::vector<bson::Document> documents;
    while (documents.size() < kBatch && id < settings.documents) {
      documents.push_back(SampleDocument(id++));
      bytes += static_cast<double>(documents.back().size());
    }
    Must(people.InsertMany(std::vector<bson::View>(documents.begin(), documents.end()), relaxed));
  }
  // What caches and buffers come to is there before the sort.
  Cursor all = Must(people.Find(bson::Document()));
  while (Must(all.Next())) {
  }
  std::ofstream("/proc/self/clear_refs") << "5";
  const double before = Mib("VmRSS");
  FindOptions sorted;
  sorted.sort = bson::Builder().AppendInt32("score", -1).Finish();
  const double start = Now();
  Cursor cursor = Must(people.Find(bson::Document(), sorted));
  int64_t count = 0;
  while (Must(cursor.Next())) ++count;
  const double took = Now() - start;
  const double peak = Mib("VmHWM") - before;
  const bool met = count == settings.documents && peak <= kStageMib * kOverMax;
  std::printf(
      "%ld documents of %.0f MiB sorted in %.1f s; %.0f MiB more than before, of %.0f for a "
      "stage   <= %.2f  %s\n",
      count, bytes / (1 << 20), took, peak, kStageMib, kOverMax, met ? "met" : "MISSED");
  return 0;
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) {
  return cairn::bench::RunComparisons("sort_memory", argc, argv, cairn::bench::Run,
                                      {.documents = cairn::bench::kDocumentsUsual});
}
