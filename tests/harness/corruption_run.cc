// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/corruption_run.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace cairn::harness {
namespace {

constexpr int kImageCommits = 700;
// The high-water mark follows the last sync within this time.
constexpr std::chrono::milliseconds kMarkWait{400};

bool Never() { return false; }

// Tables, logs, archived logs, manifests, and each other file by its name.
std::string KindOf(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".sst")) return "tables";
  if (name.ends_with(".log")) {
    return path.find("/archive/") == std::string::npos ? "logs" : "archived logs";
  }
  return name.substr(0, name.find('-'));
}

std::string ReadWholeLog(store::DocumentStore* store, std::vector<std::string>* log) {
  auto reader = store->kv().ReadLog(0);
  if (!reader.ok()) return reader.status().ToString();
  kv::LogEntry entry;
  while (true) {
    const Result<bool> next = (*reader)->Next(&entry);
    if (!next.ok()) return next.status().ToString();
    if (!*next) return {};
    if (entry.number != log->size() + 1) return "numbers have a gap";
    log->emplace_back(entry.record);
  }
}

}  // namespace

std::string CorruptionRun::Run() {
  for (const bool closed : {true, false}) {
    std::string violation = MakeImage(closed);
    if (!violation.empty()) return "an image: " + violation;
  }
  for (uint64_t i = 0; i < options_.damages; ++i) {
    std::string violation = DamageOne();
    if (!violation.empty()) return "damage " + std::to_string(i + 1) + ": " + violation;
  }
  return {};
}

std::string CorruptionRun::MakeImage(bool closed) {
  Image image;
  auto disk = std::make_unique<SimulatedDisk>();
  Journal journal(Never);
  {
    auto opened = OpenOn(disk.get(), opening_);
    if (!opened.ok()) return opened.status().ToString();
    const Status prepared = PrepareCollections(opened->get(), &journal);
    if (!prepared.ok()) return prepared.ToString();
    Client client(opened->get(), &journal, {.ids = 800, .several = 30, .large = 8}, 1, random_(),
                  Never);
    for (int i = 0; i < kImageCommits; ++i) {
      if (!client.Step()) return "a write failed";
      if (i == kImageCommits / 2) ChangeDefinitionsOnce(opened->get(), &journal, 2, 1);
    }
    kv::Store& kv = (*opened)->kv();
    const Status durable = kv.WaitDurable(kv.visible());
    if (!durable.ok()) return durable.ToString();
    std::this_thread::sleep_for(kMarkWait);
    if (!closed) image.disk = disk->Copy();
  }
  if (closed) image.disk = disk->Copy();
  const std::unique_ptr<SimulatedDisk> pristine = image.disk->Copy();
  kv::CommitNumber recovered = 0;
  auto opened = OpenOn(pristine.get(), opening_, &recovered);
  if (!opened.ok()) return opened.status().ToString();
  CheckFigures figures;
  std::string violation = CheckStore(opened->get(), recovered, journal, &image.model, &figures);
  if (violation.empty()) violation = ReadWholeLog(opened->get(), &image.log);
  images_.push_back(std::move(image));
  return violation;
}

// First the kind of file, so that rare kinds get their share.
std::string CorruptionRun::DamageOne() {
  const Image& image = images_[Draw(&random_, images_.size())];
  const std::unique_ptr<SimulatedDisk> disk = image.disk->Copy();
  std::map<std::string, std::vector<std::pair<std::string, uint64_t>>> kinds;
  for (const auto& file : disk->Files()) {
    if (file.second > 0) kinds[KindOf(file.first)].push_back(file);
  }
  auto kind = kinds.begin();
  std::advance(kind, Draw(&random_, kinds.size()));
  const auto& [path, bytes] = kind->second[Draw(&random_, kind->second.size())];
  CorruptionFigures& figures = figures_[kind->first];
  ++figures.damages;
  const std::string harm = path + ", " + Harm(disk.get(), path, bytes);

  auto opened = OpenOn(disk.get(), opening_);
  if (!opened.ok()) {
    ++figures.refused;
    const std::string name = path.substr(path.rfind('/') + 1);
    figures.named += opened.status().message().find(name) != std::string::npos ? 1 : 0;
    return {};
  }
  bool reported = false;
  std::string wrong = CheckAgainstModel(opened->get(), image.model, &reported);
  if (!wrong.empty()) return harm + ": " + wrong;
  bool log_reported = false;
  wrong = CompareLog(opened->get(), image.log, &log_reported);
  if (!wrong.empty()) return harm + ": " + wrong;
  ++(reported || log_reported ? figures.reported : figures.harmless);
  return {};
}

std::string CorruptionRun::Harm(SimulatedDisk* disk, const std::string& path, uint64_t bytes) {
  const uint64_t at = Draw(&random_, bytes);
  const std::string where = " at " + std::to_string(at) + " of " + std::to_string(bytes);
  switch (Draw(&random_, 5)) {
    case 0:
      disk->Flip(path, at, static_cast<uint8_t>(1 << Draw(&random_, 8)));
      return "a flipped bit" + where;
    case 1:
      disk->Flip(path, at, static_cast<uint8_t>(1 + Draw(&random_, 255)));
      return "a changed byte" + where;
    case 2:
      disk->CutFile(path, at);
      return "cut short" + where;
    default: {
      const bool zeros = Draw(&random_, 2) == 0;
      const std::string before = disk->BytesOf(path);
      const uint64_t from = at / SimulatedDisk::kSectorBytes * SimulatedDisk::kSectorBytes;
      const uint64_t to = std::min(bytes, from + SimulatedDisk::kSectorBytes);
      for (uint64_t i = from; i < to; ++i) {
        disk->Flip(
            path, i,
            zeros ? static_cast<uint8_t>(before[i]) : static_cast<uint8_t>(Draw(&random_, 256)));
      }
      return (zeros ? "a sector of zeros" : "a sector of noise") + where;
    }
  }
}

// Every record that the reader gives is the right one; it may say that it cannot.
std::string CorruptionRun::CompareLog(store::DocumentStore* store,
                                      const std::vector<std::string>& log, bool* reported) {
  for (size_t after = 0; after < log.size();) {
    auto reader = store->kv().ReadLog(after);
    if (!reader.ok()) {
      *reported = true;
      return {};
    }
    kv::LogEntry entry;
    while (after < log.size()) {
      const Result<bool> next = (*reader)->Next(&entry);
      if (!next.ok()) {
        *reported = true;
        return {};
      }
      if (!*next) return "the commit log ends at " + std::to_string(after);
      if (entry.number != after + 1 || entry.record != log[after]) {
        return "the commit log shows something else as commit " + std::to_string(after + 1);
      }
      ++after;
    }
  }
  return {};
}

}  // namespace cairn::harness
