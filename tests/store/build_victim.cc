// SPDX-License-Identifier: Apache-2.0
// The program that build_kill_test.cc lets kill itself: builds three indexes in the store in
// argv[1] (or goes on with them) while three threads write, up to the moment argv[2], a KillAt.
#include "tests/store/build_victim.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <utility>

#include "engine/key/encoding.h"

namespace cairn::store {
namespace {

void Must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::_Exit(3);
}

bson::Document Document(int id, int unique, uint64_t random) {
  bson::Builder out;
  out.AppendInt32("_id", id).AppendInt32("u", unique);
  out.AppendInt32("a", static_cast<int>(random % 50)).OpenArray("tags");
  for (uint64_t i = 0; i < random % 4; ++i) {
    out.AppendInt32(out.NextIndex(), static_cast<int>(random >> (8 * i) & 31));
  }
  out.Close();
  return out.Finish();
}

std::string Suffix(int id) {
  bson::Builder out;
  out.AppendInt32("_id", id);
  return key::EncodeId(out.Finish()["_id"]);
}

void Fill(DocumentStore& store, const CollectionPtr& c) {
  for (int at = 0; at < kDocuments; at += 500) {
    Must(store
             .Write(c,
                    [&](WriteTransaction& write) {
                      Status status;
                      for (int id = at; id < at + 500 && status.ok(); ++id) {
                        status = write.Insert(Document(id, id, static_cast<uint64_t>(id)));
                      }
                      return status;
                    })
             .status());
  }
}

// Two documents come, go, and exchange their unique values.
Status Change(WriteTransaction& write, int first, uint64_t random) {
  for (int id = first; id < first + 2; ++id) {
    bson::View before;
    Result<bool> there = write.ReadForUpdate(Suffix(id), &before);
    if (!there.ok()) return std::move(there).status();
    if (!*there) continue;
    if (Status status = write.Delete(Suffix(id), before); !status.ok()) return status;
  }
  const int turned = static_cast<int>(random & 1);
  for (int i = 0; i < 2; ++i) {
    if ((random >> (1 + 3 * i) & 7) == 0) continue;
    const bson::Document document = Document(first + i, first + (i ^ turned), random >> 7);
    if (Status status = write.Insert(document); !status.ok()) return status;
  }
  return Status::Ok();
}

// A writer has pairs of ids of its own; the unique values of a pair stay within it.
void WriteForEver(DocumentStore& store, const CollectionPtr& c, int writer) {
  std::mt19937_64 random(std::random_device{}());
  for (;;) {
    const int pair = static_cast<int>(random() % (kDocuments / 6)) * 3 + writer;
    const uint64_t dice = random();
    Must(store.Write(c, [&](WriteTransaction& write) { return Change(write, 2 * pair, dice); })
             .status());
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

bool Reached(DocumentStore& store, KillAt when) {
  const CollectionPtr c = store.FindCollection("db", "c");
  if (c->indexes.empty()) return false;
  const catalog::IndexSpec& index = c->indexes.front();
  if (index.ready || when == KillAt::kRegistered) return when != KillAt::kNever;
  if (when == KillAt::kRuns) {
    return index.build.has_value() &&
           (index.build->runs.size() > 3 || index.build->stage != catalog::BuildStage::kScanning);
  }
  const std::vector<IndexBuildStatus> builds = store.IndexBuilds();
  if (builds.empty()) return false;
  const IndexBuildStatus& build = builds.front();
  switch (when) {
    case KillAt::kScan:
      return build.phase > BuildPhase::kScan || build.done > 100;
    case KillAt::kLoad:
      return build.phase > BuildPhase::kLoad ||
             (build.phase == BuildPhase::kLoad && build.done > 1000);
    case KillAt::kCatchUp:
      return build.phase >= BuildPhase::kCatchUp;
    case KillAt::kFinish:
      return build.phase == BuildPhase::kFinish;
    default:
      return false;
  }
}

int Run(const std::string& path, KillAt when) {
  Result<std::unique_ptr<DocumentStore>> opened = DocumentStore::Open(VictimOptions(path));
  Must(opened.status());
  DocumentStore& store = **opened;
  const CollectionPtr c = store.FindOrCreateCollection("db", "c").value();
  if (store.GetCounts(*c).documents == 0) Fill(store, c);
  std::thread([&store, when] {
    while (!Reached(store, when)) std::this_thread::yield();
    kill(getpid(), SIGKILL);
  }).detach();
  for (int writer = 0; writer < 3; ++writer) {
    std::thread([&store, c, writer] { WriteForEver(store, c, writer); }).detach();
  }
  const auto index = [](const char* field, bool unique) {
    bson::Builder pattern;
    pattern.AppendInt32(field, 1);
    return IndexDefinition{"", pattern.Finish(), unique, {}};
  };
  Must(store.CreateIndexes("db", "c", {index("u", true), index("a", false), index("tags", false)})
           .status());
  if (when != KillAt::kNever) pause();
  std::_Exit(0);
}

}  // namespace
}  // namespace cairn::store

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return cairn::store::Run(argv[1], static_cast<cairn::store::KillAt>(std::atoi(argv[2])));
}
