// SPDX-License-Identifier: Apache-2.0
// Index builds under writers, killed in each of their phases: afterwards the build goes on, and
// documents and indexes agree both ways.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <mutex>
#include <random>
#include <thread>

#include "engine/store/verify.h"
#include "tests/store/build_victim.h"
#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

class BuildKill : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "cairn_build_kill_" + std::to_string(::getpid());
    std::filesystem::remove_all(path_);
  }
  void TearDown() override { std::filesystem::remove_all(path_); }

  void Kill(KillAt when) {
    const pid_t child = fork();
    if (child == 0) {
      execl(CAIRN_BUILD_VICTIM, CAIRN_BUILD_VICTIM, path_.c_str(),
            std::to_string(static_cast<int>(when)).c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << "the victim ended by itself: " << status;
  }

  // True when the build went on where it was, false when it began anew.
  bool ResumeAndCheck() {
    kv::OpenOptions options = VictimOptions(path_);
    std::mutex mutex;
    bool went_on = false;
    options.log = [&](LogLevel, std::string_view message) {
      const std::lock_guard lock(mutex);
      went_on |= message.ends_with("goes on");
    };
    was_ready_ = false;
    Check(options);
    const Result<VerifyReport> report = VerifyStore(VictimOptions(path_), nullptr);
    EXPECT_TRUE(report.ok());
    if (report.ok()) {
      for (const std::string& damage : report->damages) ADD_FAILURE() << damage;
    }
    return went_on;
  }

  void Check(const kv::OpenOptions& options) {
    Result<std::unique_ptr<DocumentStore>> store = DocumentStore::Open(options);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    was_ready_ = (*store)->FindCollection("db", "c")->indexes.front().ready;
    (*store)->ResumeIndexBuilds();
    const CollectionPtr c = Settled(**store);
    ASSERT_EQ(c->indexes.size(), 3u);
    for (const catalog::IndexSpec& index : c->indexes) {
      ASSERT_TRUE(index.ready);
      EXPECT_FALSE(index.build.has_value());
    }
    ExpectValid(**store, c);
    const int64_t documents = (*store)->GetCounts(*c).documents;
    EXPECT_EQ(KeysOf(**store, key::Family::kIndexes, c->FindIndex("u_1")->id), documents);
    EXPECT_GT(documents, kDocuments / 10);
    EXPECT_TRUE(c->FindIndex("tags_1")->multikey);
    bson::Builder twice;
    twice.AppendInt32("_id", -1).Append("u", AnyUnique(**store, c));
    EXPECT_EQ(Insert(**store, c, twice.Finish()).code(), ErrorCode::kDuplicateKey);
  }

  // The collection once all its indexes are ready.
  static CollectionPtr Settled(DocumentStore& store) {
    for (int i = 0;; ++i) {
      const CollectionPtr c = store.FindCollection("db", "c");
      bool ready = true;
      for (const catalog::IndexSpec& index : c->indexes) ready &= index.ready;
      if (ready || i == 6000) return c;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  static bson::Value AnyUnique(DocumentStore& store, const CollectionPtr& c) {
    static bson::Document kept;
    const std::unique_ptr<kv::Reader> reader = store.NewSnapshot();
    const std::unique_ptr<DocumentScan> scan = store.ScanDocuments(*reader, *c, {}, {});
    EXPECT_TRUE(scan->Next());
    kept = bson::Document(scan->document());
    return kept["u"];
  }

  void DropAll() {
    Result<std::unique_ptr<DocumentStore>> store = DocumentStore::Open(VictimOptions(path_));
    ASSERT_TRUE(store.ok());
    IndexSelection all;
    all.all = true;
    EXPECT_TRUE((*store)->DropIndexes("db", "c", all).ok());
  }

  std::string path_;
  bool was_ready_ = false;  // The victim missed its moment.
};

TEST_F(BuildKill, InEachPhase) {
  for (const KillAt when : {KillAt::kRegistered, KillAt::kScan, KillAt::kRuns, KillAt::kLoad,
                            KillAt::kCatchUp, KillAt::kFinish, KillAt::kReady}) {
    SCOPED_TRACE("killed at " + std::to_string(static_cast<int>(when)));
    ASSERT_NO_FATAL_FAILURE(Kill(when));
    const bool went_on = ResumeAndCheck();
    if (HasFatalFailure()) return;
    if (when >= KillAt::kRuns && when <= KillAt::kCatchUp) {
      EXPECT_TRUE(went_on || was_ready_);
    }
    DropAll();
  }
}

TEST_F(BuildKill, AgainAndAgain) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int build = 0; build < 2; ++build) {
    // The first victim begins the build; each other goes on with that of the one before it.
    ASSERT_NO_FATAL_FAILURE(Kill(KillAt::kScan));
    for (const KillAt when : {KillAt::kScan, KillAt::kRuns, KillAt::kLoad, KillAt::kCatchUp}) {
      for (uint32_t times = random() % 3; times > 0; --times) ASSERT_NO_FATAL_FAILURE(Kill(when));
    }
    ResumeAndCheck();
    if (HasFatalFailure()) return;
    DropAll();
  }
}

TEST_F(BuildKill, AnInterruptedBuildCanBeDropped) {
  ASSERT_NO_FATAL_FAILURE(Kill(KillAt::kRuns));
  {
    Result<std::unique_ptr<DocumentStore>> store = DocumentStore::Open(VictimOptions(path_));
    ASSERT_TRUE(store.ok());
    IndexSelection selection;
    selection.names = {"u_1"};
    selection.key_pattern = Json(R"({"a":1})");
    EXPECT_TRUE((*store)->DropIndexes("db", "c", selection).ok());
    (*store)->ResumeIndexBuilds();
    const CollectionPtr c = Settled(**store);
    ASSERT_EQ(c->indexes.size(), 1u);
    EXPECT_TRUE(c->FindIndex("tags_1")->ready);
    ExpectValid(**store, c);
    EXPECT_TRUE((*store)->DropCollection("db", "c").ok());
  }
  const Result<VerifyReport> report = VerifyStore(VictimOptions(path_), nullptr);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->damages.empty()) << report->damages.front();
}

}  // namespace
}  // namespace cairn::store
