// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/power_loss.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>
#include <vector>

namespace cairn::harness {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr uint64_t kCyclesPerDiskMax = 25;
constexpr uint64_t kOpeningOperations = 150;  // about what opening takes
constexpr double kCutAfterMax = 30000;
constexpr int kWorkMsMax = 250;
constexpr int kRecoveriesMax = 3;

// Between 1 and `max`, each order of magnitude as likely as the others.
uint64_t DrawSpread(Random* random, double max) {
  const double unit = static_cast<double>(Draw(random, 1 << 20)) / (1 << 20);
  return static_cast<uint64_t>(std::exp(unit * std::log(max)));
}

}  // namespace

void PowerLossFigures::Add(const PowerLossFigures& other) {
  cycles += other.cycles;
  disks += other.disks;
  cuts_in_openings += other.cuts_in_openings;
  commits += other.commits;
  acknowledged += other.acknowledged;
  checks.commits_lost += other.checks.commits_lost;
  checks.commits_unknown += other.checks.commits_unknown;
  checks.histories_lost += other.checks.histories_lost;
  checks.documents += other.checks.documents;
}

PowerLossRun::PowerLossRun(const PowerLossOptions& options)
    : options_(options), random_(options.seed) {
  opening_.defect = options.defect;
  opening_.log = &log_;
}

void PowerLossRun::NewDisk() {
  disk_ = std::make_unique<SimulatedDisk>();
  if (options_.garble_manifests) disk_->GarbleManifests();
  model_ = {};
  prepared_ = false;
  cycles_left_ = 1 + Draw(&random_, kCyclesPerDiskMax);
  opening_.cache_bytes = (size_t{4} << 20) << Draw(&random_, 4);
  opening_.log_bytes = Draw(&random_, 4) == 0 ? uint64_t{1} << 20 : uint64_t{1} << 30;
  opening_.sync_interval_ms = Draw(&random_, 2) == 0 ? 100 : 5;
  disk_->SetSyncDelay(Draw(&random_, 3) == 0 ? Draw(&random_, 1500) : 0);
  if (options_.defect == Defect::kIgnoreFailedSync) disk_->LieAboutLogSyncs(3);
  ++figures_.disks;
}

std::string PowerLossRun::Run() {
  while (figures_.cycles < options_.cycles) {
    if (cycles_left_ == 0) {
      if (options_.progress) options_.progress(figures_);
      NewDisk();
    }
    --cycles_left_;
    ++figures_.cycles;
    const std::string violation = Cycle();
    if (!violation.empty()) {
      return "cycle " + std::to_string(figures_.cycles) + ": " + violation;
    }
  }
  return {};
}

std::string PowerLossRun::Report() const {
  std::string text = "cache_bytes " + std::to_string(opening_.cache_bytes) + ", log_bytes " +
                     std::to_string(opening_.log_bytes) + ", verified up to commit " +
                     std::to_string(model_.last) + "\n";
  for (const auto& [path, bytes] : disk_->Files()) {
    text += "  " + path + ": " + std::to_string(bytes) + " bytes\n";
  }
  return text + "the store's log:\n" + log_.Text();
}

std::string PowerLossRun::Cycle() {
  Journal journal([this] { return disk_->cut(); });
  const bool cut_in_opening = Draw(&random_, 5) == 0;
  if (cut_in_opening) {
    ++figures_.cuts_in_openings;
    disk_->CutPowerIn(1 + Draw(&random_, kOpeningOperations));
  }
  std::string violation = Work(&journal);
  if (!violation.empty()) return violation;
  disk_->PowerLoss(&random_);
  figures_.commits += journal.committed().size();
  figures_.acknowledged += journal.acknowledged();
  return Recover(journal);
}

std::string PowerLossRun::Work(Journal* journal) {
  Result<std::unique_ptr<store::DocumentStore>> opened = OpenOn(disk_.get(), opening_);
  if (!opened.ok()) return "cannot open: " + opened.status().ToString();
  store::DocumentStore* store = opened->get();
  if (!prepared_) {
    const Status status = PrepareCollections(store, journal);
    if (!status.ok()) return "cannot prepare: " + status.ToString();
    prepared_ = !disk_->cut();
  }
  if (!disk_->cut()) disk_->CutPowerIn(DrawSpread(&random_, kCutAfterMax));
  RunClients(store, journal);
  opened->reset();
  return {};
}

void PowerLossRun::RunClients(store::DocumentStore* store, Journal* journal) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  Mix mix;
  mix.large = static_cast<int>(Draw(&random_, 3) * 8);
  for (int i = 0; i < options_.clients; ++i) {
    threads.emplace_back([&, number = ++clients_, seed = random_()] {
      Client client(store, journal, mix, number, seed, [] { return false; });
      while (!stop && !disk_->cut() && client.Step()) {
      }
    });
  }
  threads.emplace_back([&, number = ++clients_, seed = random_()] {
    ChangeDefinitions(store, journal, number, seed, &stop);
  });
  const auto until = std::chrono::steady_clock::now() + Milliseconds(kWorkMsMax);
  while (!disk_->cut() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(Milliseconds(1));
  }
  disk_->CutPower();
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

// Opens what is left, sometimes with another cut on the way, and checks it. Without the defect,
// which belongs to the store that wrote.
std::string PowerLossRun::Recover(const Journal& journal) {
  Opening sound = opening_;
  sound.defect = Defect::kNone;
  for (int attempt = 1;; ++attempt) {
    if (attempt <= kRecoveriesMax && Draw(&random_, 5) == 0) {
      disk_->CutPowerIn(1 + Draw(&random_, kOpeningOperations));
    }
    kv::CommitNumber recovered = 0;
    Result<std::unique_ptr<store::DocumentStore>> opened = OpenOn(disk_.get(), sound, &recovered);
    // Too late for the opening: the check would meet it.
    disk_->CutPowerIn(SimulatedDisk::kNoLimit / 2);
    const bool cut = disk_->cut();
    if (!opened.ok()) return "cannot open again: " + opened.status().ToString();
    if (!cut) {
      std::string violation =
          CheckStore(opened->get(), recovered, journal, &model_, &figures_.checks);
      if (!violation.empty()) return violation;
      // Closed in peace or not.
      if (Draw(&random_, 2) == 0) return {};
      disk_->CutPower();
    }
    opened->reset();
    disk_->PowerLoss(&random_);
    if (!cut) return {};
  }
}

}  // namespace cairn::harness
