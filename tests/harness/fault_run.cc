// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/fault_run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "tests/harness/fault_workloads.h"

namespace cairn::harness {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr const char* kKindNames[] = {"no fault", "EIO", "ENOSPC", "short write", "failed sync"};
constexpr int kSmallSteps = 30;
constexpr int kFilledSteps = 400;
constexpr int kReads = 20;
constexpr unsigned kRunSecondsMax = 120;  // none may hang
constexpr double kBackSecondsMax = 10;

char trying[256] = "nothing";

std::string Describe(const FaultPlan& plan) {
  return std::string(kKindNames[static_cast<int>(plan.kind)]) + " at operation " +
         std::to_string(plan.at) + (plan.for_good ? " and from then on" : "");
}

bool Never() { return false; }

}  // namespace

void FaultFigures::Add(const FaultFigures& other) {
  workloads += other.workloads;
  runs += other.runs;
  runs_with_fault += other.runs_with_fault;
  openings_failed += other.openings_failed;
  acknowledged += other.acknowledged;
  disk_full_cycles += other.disk_full_cycles;
  reads_on_full_disk += other.reads_on_full_disk;
  seconds_back_max = std::max(seconds_back_max, other.seconds_back_max);
}

const char* FaultRun::Trying() { return trying; }

std::string FaultRun::Run() {
  std::string violation = MakeImages();
  for (size_t which = 0; which < kFaultWorkloads && violation.empty(); ++which) {
    if (options_.workload != kFaultTable[which].name) continue;
    ++figures_.workloads;
    violation = RunWorkload(which);
  }
  for (uint64_t cycle = 0; cycle < options_.disk_full && violation.empty(); ++cycle) {
    std::snprintf(trying, sizeof(trying), "a full disk, cycle %d", static_cast<int>(cycle));
    alarm(kRunSecondsMax);
    violation = FillDisk();
    if (!violation.empty()) violation = "a full disk: " + violation;
    ++figures_.disk_full_cycles;
    TellProgress();
  }
  return violation;
}

std::string FaultRun::MakeImages() {
  images_[0].disk = std::make_unique<SimulatedDisk>();
  PrepareDisk(images_[0].disk.get());
  std::string violation = MakeImage(kSmallSteps, {.ids = 100}, &images_[1]);
  if (!violation.empty()) return violation;
  return MakeImage(kFilledSteps, {.ids = 300, .several = 30, .large = 15}, &images_[2]);
}

std::string FaultRun::MakeImage(int steps, const Mix& mix, Image* image) {
  image->disk = std::make_unique<SimulatedDisk>();
  Journal journal(Never);
  {
    auto opened = OpenOn(image->disk.get(), opening_);
    if (!opened.ok()) return "an image: " + opened.status().ToString();
    const Status prepared = PrepareCollections(opened->get(), &journal);
    if (!prepared.ok()) return "an image: " + prepared.ToString();
    Client client(opened->get(), &journal, mix, 1, random_(), Never);
    for (int i = 0; i < steps; ++i) client.Step();
  }
  kv::CommitNumber recovered = 0;
  auto opened = OpenOn(image->disk.get(), opening_, &recovered);
  if (!opened.ok()) return "an image: " + opened.status().ToString();
  CheckFigures figures;
  return CheckStore(opened->get(), recovered, journal, &image->model, &figures);
}

std::string FaultRun::RunWorkload(size_t which) {
  uint64_t chances = 0;
  std::string violation = RunOnce(which, {}, &chances, options_.kind);
  if (!violation.empty()) return std::string(kFaultTable[which].name) + ": " + violation;
  // Background work makes the number of operations vary a little.
  chances += chances / 20;
  for (uint64_t at = 1 + Draw(&random_, options_.stride); at <= chances; at += options_.stride) {
    for (const bool for_good : {false, true}) {
      const FaultPlan plan{options_.kind, at, for_good};
      violation = RunOnce(which, plan, nullptr, options_.kind);
      TellProgress();
      if (violation.empty()) continue;
      return std::string(kFaultTable[which].name) + ", " + Describe(plan) + ": " + violation;
    }
  }
  return {};
}

std::string FaultRun::RunOnce(size_t which, const FaultPlan& plan, uint64_t* chances,
                              FaultKind kind) {
  const FaultWorkload& workload = kFaultTable[which];
  std::snprintf(trying, sizeof(trying), "%s, %s", workload.name, Describe(plan).c_str());
  alarm(kRunSecondsMax);
  const Image& image = images_[static_cast<int>(workload.image)];
  const std::unique_ptr<SimulatedDisk> disk = image.disk->Copy();
  Model model = image.model;
  Journal journal(Never);
  log_ = std::make_unique<LogTail>();
  opening_.log = log_.get();
  opening_.log_bytes = workload.small_log ? uint64_t{256} << 10 : uint64_t{1} << 30;
  ++figures_.runs;
  disk->SetFault(plan);
  std::string violation = Attempt(which, plan, disk.get(), &journal, model);
  if (!violation.empty()) return violation;
  if (chances != nullptr) *chances = disk->Chances(kind);
  figures_.runs_with_fault += disk->faults() > 0 ? 1 : 0;
  figures_.acknowledged += journal.acknowledged();
  disk->SetFault({});
  if (Draw(&random_, 2) == 0) disk->PowerLoss(&random_);
  kv::CommitNumber recovered = 0;
  auto opened = OpenOn(disk.get(), opening_, &recovered);
  if (!opened.ok()) return "cannot open again: " + opened.status().ToString();
  CheckFigures figures;
  return CheckStore(opened->get(), recovered, journal, &model, &figures);
}

std::string FaultRun::Attempt(size_t which, const FaultPlan& plan, SimulatedDisk* disk,
                              Journal* journal, const Model& before) {
  const FaultWorkload& workload = kFaultTable[which];
  const auto excused = [disk] { return disk->faults() > 0; };
  auto opened = OpenOn(disk, opening_);
  if (!opened.ok()) {
    ++figures_.openings_failed;
    return excused() ? "" : "cannot open: " + opened.status().ToString();
  }
  store::DocumentStore* store = opened->get();
  if (workload.image == ImageKind::kEmpty) {
    const Status prepared = PrepareCollections(store, journal);
    if (!prepared.ok()) return excused() ? "" : "cannot prepare: " + prepared.ToString();
  }
  Client client(store, journal, workload.mix, 2, random_(), excused);
  const bool went_on = workload.run(store, journal, &client);
  if (!went_on && !excused()) return "the workload failed without a fault";
  return Read(store, plan, disk, before);
}

// Whatever failed, reads are answered, unless it is reading that fails.
std::string FaultRun::Read(store::DocumentStore* store, const FaultPlan& plan, SimulatedDisk* disk,
                           const Model& before) {
  const store::CollectionPtr main = store->FindCollection(kDatabase, kTargetNames[0]);
  if (main == nullptr) return before.documents.empty() ? "" : "the main collection is gone";
  int left = kReads;
  for (const auto& [where, bytes] : before.documents) {
    if (where.first != Target::kMain) continue;
    if (left-- == 0) break;
    const bson::Value id(bson::Type::kInt64, reinterpret_cast<const char*>(&where.second));
    kv::PinnedValue value;
    bson::View document;
    uint64_t faults = disk->faults();
    Result<bool> found = store->ReadById(*main, id, &value, &document);
    if (!found.ok() && !plan.for_good && disk->faults() > faults) {
      found = store->ReadById(*main, id, &value, &document);
    }
    if (!found.ok() && (plan.kind != FaultKind::kIoError || !plan.for_good)) {
      return "a read failed: " + found.status().ToString();
    }
    if (found.ok() && *found && document.Find("_id").AsInt64() != where.second) {
      return "a read gave another document";
    }
  }
  return {};
}

// Fills a disk, reads, gives it space, and waits for writes to come back.
std::string FaultRun::FillDisk() {
  const std::unique_ptr<SimulatedDisk> disk = images_[2].disk->Copy();
  Model model = images_[2].model;
  Journal journal(Never);
  log_ = std::make_unique<LogTail>();
  opening_.log = log_.get();
  opening_.log_bytes = uint64_t{1} << 30;
  {
    auto opened = OpenOn(disk.get(), opening_);
    if (!opened.ok()) return "cannot open: " + opened.status().ToString();
    const uint64_t free = disk->FreeBytes();
    disk->SetCapacity((uint64_t{1} << 40) - free + (uint64_t{1} << 20) + Draw(&random_, 1 << 20));
    Client filling(opened->get(), &journal, {.ids = 5000, .large = 50, .wait = 5}, 2, random_(),
                   [] { return true; });
    uint64_t steps = 0;
    while (filling.Step()) {
      if (++steps > 100000) return "the disk does not get full";
    }
    const Status state = opened->get()->kv().write_state();
    if (state.code() != ErrorCode::kOutOfDiskSpace) {
      return "instead of OutOfDiskSpace: " + state.ToString();
    }
    std::string violation = Read(opened->get(), {}, disk.get(), model);
    if (!violation.empty()) return violation;
    figures_.reads_on_full_disk += kReads;
    std::this_thread::sleep_for(std::chrono::milliseconds(Draw(&random_, 200)));
    disk->SetCapacity(SimulatedDisk::kNoLimit);
    const auto start = SteadyClock::now();
    Client again(opened->get(), &journal, {.ids = 5000, .wait = 50}, 3, random_(),
                 [] { return true; });
    // Some steps find nothing to do, and need no space.
    const size_t before = journal.committed().size();
    while (journal.committed().size() == before) {
      if (again.Step()) continue;
      const std::chrono::duration<double> waited = SteadyClock::now() - start;
      if (waited.count() > kBackSecondsMax) return "writes do not come back";
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    const std::chrono::duration<double> waited = SteadyClock::now() - start;
    figures_.seconds_back_max = std::max(figures_.seconds_back_max, waited.count());
    for (int i = 0; i < 20; ++i) {
      if (again.Step()) continue;
      return "a write failed after writes had come back: " +
             opened->get()->kv().write_state().ToString();
    }
    const Status built = BuildLaterIndex(opened->get(), &journal, random_());
    if (!built.ok()) return "no index after a full disk: " + built.ToString();
  }
  if (Draw(&random_, 2) == 0) disk->PowerLoss(&random_);
  kv::CommitNumber recovered = 0;
  auto opened = OpenOn(disk.get(), opening_, &recovered);
  if (!opened.ok()) return "cannot open again: " + opened.status().ToString();
  CheckFigures figures;
  return CheckStore(opened->get(), recovered, journal, &model, &figures);
}

}  // namespace cairn::harness
