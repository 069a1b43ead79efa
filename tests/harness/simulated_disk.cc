// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/simulated_disk.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <optional>
#include <thread>

namespace cairn::harness {

uint64_t Draw(Random* random, uint64_t below) { return below == 0 ? 0 : (*random)() % below; }

struct SimulatedDisk::File {
  struct Overwritten {
    uint64_t offset;
    std::string before;
  };

  bool directory = false;
  bool log = false;  // of RocksDB, by its name
  std::string bytes;
  uint64_t synced = 0;  // bytes from the start that a cut leaves
  int64_t modified_s = 0;
  std::vector<Overwritten> overwritten;             // within `synced`, since the last sync
  std::vector<std::pair<uint64_t, uint64_t>> lost;  // begin and end of what a failed sync lost
  std::optional<std::string> emptied;               // synced bytes before it was emptied

  void Survive(Random* random, bool garbled);

 private:
  void Garble(Random* random, uint64_t begin);
};

namespace {

std::string Parent(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string Clean(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') out.push_back(c);
  }
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

}  // namespace

// The unsynced tail ends anywhere, or at a sector, and what is left of it may be anything.
void SimulatedDisk::File::Survive(Random* random, bool garbled) {
  if (emptied && Draw(random, 2) == 0) {
    bytes = std::move(*emptied);
    synced = bytes.size();
  }
  emptied.reset();
  for (auto undo = overwritten.rbegin(); undo != overwritten.rend(); ++undo) {
    for (size_t at = 0; at < undo->before.size(); at += kSectorBytes) {
      if (Draw(random, 2) == 0) continue;
      const size_t count = std::min(kSectorBytes, undo->before.size() - at);
      bytes.replace(undo->offset + at, count, undo->before, at, count);
    }
  }
  overwritten.clear();
  const uint64_t begin = std::min<uint64_t>(synced, bytes.size());
  uint64_t kept = bytes.size() - begin;
  switch (Draw(random, 5)) {
    case 0:
      kept = 0;
      break;
    case 1:
    case 2:
      kept = Draw(random, kept + 1);
      break;
    case 3:
      kept = std::min(kept, (begin + Draw(random, kept + 1)) / kSectorBytes * kSectorBytes - begin);
      break;
    default:
      break;
  }
  bytes.resize(begin + kept);
  if (kept > 0 && garbled && Draw(random, 2) == 0) Garble(random, begin);
  for (const auto& [from, to] : lost) {
    for (uint64_t at = from; at < std::min<uint64_t>(to, bytes.size()); ++at) bytes[at] = 0;
  }
  lost.clear();
  synced = bytes.size();
}

void SimulatedDisk::File::Garble(Random* random, uint64_t begin) {
  for (uint64_t times = 1 + Draw(random, 3); times > 0; --times) {
    uint64_t from = begin + Draw(random, bytes.size() - begin);
    if (Draw(random, 3) == 0) {
      bytes[from] = static_cast<char>(bytes[from] ^ (1 << Draw(random, 8)));
      continue;
    }
    from = std::max(begin, from / kSectorBytes * kSectorBytes);
    const uint64_t end = std::min<uint64_t>(
        bytes.size(), (from / kSectorBytes + 1 + Draw(random, 4)) * kSectorBytes);
    const bool zeros = Draw(random, 2) == 0;
    for (uint64_t at = from; at < end; ++at) {
      bytes[at] = zeros ? '\0' : static_cast<char>((*random)());
    }
  }
}

SimulatedDisk::SimulatedDisk() {
  auto root = std::make_shared<File>();
  root->directory = true;
  names_.live["/"] = root;
  names_.durable = names_.live;
}

SimulatedDisk::~SimulatedDisk() = default;

std::unique_ptr<SimulatedDisk> SimulatedDisk::Copy() const {
  auto copy = std::make_unique<SimulatedDisk>();
  const std::lock_guard lock(mutex_);
  for (const auto& [path, file] : names_.live) {
    auto twin = std::make_shared<File>();
    twin->directory = file->directory;
    twin->bytes = file->bytes;
    twin->synced = file->bytes.size();
    twin->modified_s = file->modified_s;
    copy->names_.live[path] = std::move(twin);
  }
  copy->names_.durable = copy->names_.live;
  copy->used_ = used_;
  return copy;
}

bool SimulatedDisk::Meets(FaultKind kind, Class what) const {
  switch (kind) {
    case FaultKind::kNone:
      return false;
    case FaultKind::kIoError:
      return true;
    case FaultKind::kNoSpace:
      return what == Class::kWrite || what == Class::kBytes;
    case FaultKind::kShortWrite:
      return what == Class::kBytes;
    case FaultKind::kFailedSync:
      return what == Class::kSync;
  }
  return false;
}

// Counts the operation and says how it fails.
int SimulatedDisk::Enter(Class what) {
  if (++operations_ >= cut_at_ && !cut_) KeepForLoss();
  ++class_counts_[static_cast<int>(what)];
  if (!Meets(plan_.kind, what)) return 0;
  ++met_;
  if (plan_.for_good ? met_ < plan_.at : met_ != plan_.at) return 0;
  ++faults_;
  return plan_.kind == FaultKind::kNoSpace ? ENOSPC : EIO;
}

SimulatedDisk::FilePtr SimulatedDisk::Find(const std::string& path) const {
  const auto found = names_.live.find(path);
  return found == names_.live.end() ? nullptr : found->second;
}

void SimulatedDisk::Change(NameChange change) {
  if (!change.gone.empty()) names_.live.erase(change.gone);
  if (!change.come.empty()) names_.live[change.come] = change.file;
  names_.changes.push_back(std::move(change));
}

void SimulatedDisk::ApplyToDurable(const NameChange& change) {
  if (!change.gone.empty()) {
    const auto found = names_.durable.find(change.gone);
    if (found != names_.durable.end() && found->second == change.file) names_.durable.erase(found);
  }
  if (!change.come.empty()) names_.durable[change.come] = change.file;
}

int SimulatedDisk::Create(const std::string& path, FilePtr* file) {
  const std::string clean = Clean(path);
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kWrite)) return error;
  if (Find(Parent(clean)) == nullptr) return ENOENT;
  if (FilePtr found = Find(clean)) {
    if (found->directory) return EISDIR;
    if (!found->emptied) found->emptied = found->bytes.substr(0, found->synced);
    used_ -= found->bytes.size();
    found->bytes.clear();
    found->synced = 0;
    found->overwritten.clear();
    *file = std::move(found);
    return 0;
  }
  *file = std::make_shared<File>();
  (*file)->log = clean.ends_with(".log");
  (*file)->modified_s = std::time(nullptr);
  Change({{}, clean, *file});
  return 0;
}

int SimulatedDisk::Open(const std::string& path, FilePtr* file) {
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kRead)) return error;
  *file = Find(Clean(path));
  if (*file == nullptr) return ENOENT;
  return (*file)->directory ? EISDIR : 0;
}

int SimulatedDisk::Read(const FilePtr& file, uint64_t offset, size_t bytes, char* to,
                        size_t* read) {
  const std::lock_guard lock(mutex_);
  *read = 0;
  if (const int error = Enter(Class::kRead)) return error;
  if (offset >= file->bytes.size()) return 0;
  *read = std::min<size_t>(bytes, file->bytes.size() - offset);
  std::memcpy(to, file->bytes.data() + offset, *read);
  return 0;
}

int SimulatedDisk::Put(const FilePtr& file, uint64_t offset, std::string_view bytes) {
  int error = Enter(Class::kBytes);
  // A write that fails may have written a part, but never all of it.
  size_t written = bytes.size();
  if (error != 0) {
    written = plan_.kind == FaultKind::kShortWrite ? bytes.size() / 2 : 0;
  } else if (used_ + bytes.size() > capacity_) {
    error = ENOSPC;
    written = std::min<uint64_t>(bytes.size() / 2, capacity_ > used_ ? capacity_ - used_ : 0);
  }
  bytes = bytes.substr(0, written);
  const uint64_t within = std::min<uint64_t>(file->synced, offset + bytes.size());
  if (offset < within) {
    file->overwritten.push_back({offset, file->bytes.substr(offset, within - offset)});
  }
  const size_t before = file->bytes.size();
  if (offset + bytes.size() > before) file->bytes.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), file->bytes.begin() + static_cast<ptrdiff_t>(offset));
  used_ += file->bytes.size() - before;
  file->modified_s = std::time(nullptr);
  return error;
}

int SimulatedDisk::Append(const FilePtr& file, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  return Put(file, file->bytes.size(), bytes);
}

int SimulatedDisk::Overwrite(const FilePtr& file, uint64_t offset, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  return Put(file, offset, bytes);
}

int SimulatedDisk::Truncate(const FilePtr& file, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kWrite)) return error;
  used_ += bytes - file->bytes.size();
  file->bytes.resize(bytes);
  file->synced = std::min(file->synced, bytes);
  return 0;
}

int SimulatedDisk::Sync(const FilePtr& file) {
  uint64_t delay_us = 0;
  uint64_t target = 0;
  {
    const std::lock_guard lock(mutex_);
    delay_us = sync_delay_us_;
    target = file->bytes.size();
  }
  // Other operations go on while the disk works; what comes meanwhile is not covered.
  if (delay_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kSync)) {
    if (target > file->synced) file->lost.emplace_back(file->synced, target);
    file->synced = std::max(file->synced, target);
    return error;
  }
  if (lie_every_ != 0 && file->log && ++syncs_ % lie_every_ == 0) return 0;
  file->synced = std::max(file->synced, std::min<uint64_t>(target, file->bytes.size()));
  file->overwritten.clear();
  file->emptied.reset();
  return 0;
}

uint64_t SimulatedDisk::Size(const FilePtr& file) const {
  const std::lock_guard lock(mutex_);
  return file->bytes.size();
}

int SimulatedDisk::SyncDirectory(const std::string& path) {
  const std::string clean = Clean(path);
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kSync)) return error;
  std::vector<NameChange> others;
  for (NameChange& change : names_.changes) {
    const bool here = (!change.gone.empty() && Parent(change.gone) == clean) ||
                      (!change.come.empty() && Parent(change.come) == clean);
    if (!here) {
      others.push_back(std::move(change));
      continue;
    }
    ApplyToDurable(change);
    // The name under which the file came is gone with this, synced or not.
    std::erase_if(others, [&](const NameChange& other) {
      return !change.gone.empty() && other.come == change.gone && other.file == change.file;
    });
  }
  names_.changes = std::move(others);
  return 0;
}

int SimulatedDisk::Rename(const std::string& from, const std::string& to) {
  const std::string clean_from = Clean(from);
  const std::string clean_to = Clean(to);
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kWrite)) return error;
  FilePtr file = Find(clean_from);
  if (file == nullptr || Find(Parent(clean_to)) == nullptr) return ENOENT;
  if (const FilePtr replaced = Find(clean_to)) used_ -= replaced->bytes.size();
  Change({clean_from, clean_to, std::move(file)});
  return 0;
}

int SimulatedDisk::Link(const std::string& from, const std::string& to) {
  const std::string clean_to = Clean(to);
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kWrite)) return error;
  FilePtr file = Find(Clean(from));
  if (file == nullptr) return ENOENT;
  if (Find(clean_to) != nullptr) return EEXIST;
  used_ += file->bytes.size();
  Change({{}, clean_to, std::move(file)});
  return 0;
}

int SimulatedDisk::Remove(const std::string& path) {
  const std::string clean = Clean(path);
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kWrite)) return error;
  FilePtr file = Find(clean);
  if (file == nullptr) return ENOENT;
  used_ -= file->bytes.size();
  Change({clean, {}, std::move(file)});
  return 0;
}

int SimulatedDisk::MakeDirectory(const std::string& path, bool may_exist) {
  const std::string clean = Clean(path);
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kWrite)) return error;
  if (const FilePtr found = Find(clean)) return may_exist && found->directory ? 0 : EEXIST;
  if (Find(Parent(clean)) == nullptr) return ENOENT;
  auto made = std::make_shared<File>();
  made->directory = true;
  made->modified_s = std::time(nullptr);
  Change({{}, clean, std::move(made)});
  return 0;
}

int SimulatedDisk::List(const std::string& path, std::vector<std::string>* names) {
  const std::string clean = Clean(path);
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kRead)) return error;
  const FilePtr directory = Find(clean);
  if (directory == nullptr || !directory->directory) return ENOENT;
  names->clear();
  for (const auto& [name, file] : names_.live) {
    if (name != "/" && Parent(name) == clean) names->push_back(name.substr(name.rfind('/') + 1));
  }
  return 0;
}

int SimulatedDisk::Stat(const std::string& path, Attributes* attributes) {
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kRead)) return error;
  const FilePtr file = Find(Clean(path));
  if (file == nullptr) return ENOENT;
  *attributes = {file->bytes.size(), file->modified_s, file->directory};
  return 0;
}

int SimulatedDisk::Lock(const std::string& path) {
  FilePtr file;
  const std::string clean = Clean(path);
  const std::lock_guard lock(mutex_);
  if (const int error = Enter(Class::kWrite)) return error;
  if (!locks_.insert(clean).second) return EAGAIN;
  if (Find(clean) == nullptr) Change({{}, clean, std::make_shared<File>()});
  return 0;
}

int SimulatedDisk::Unlock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  locks_.erase(Clean(path));
  return 0;
}

void SimulatedDisk::CutPowerIn(uint64_t operations) {
  const std::lock_guard lock(mutex_);
  cut_at_ = operations_ + operations;
}

void SimulatedDisk::CutPower() {
  const std::lock_guard lock(mutex_);
  if (!cut_) KeepForLoss();
}

// One copy a file, whatever its names.
void SimulatedDisk::KeepForLoss() {
  cut_ = true;
  std::map<const File*, FilePtr> twins;
  const auto twin = [&twins](const FilePtr& file) {
    FilePtr& copy = twins[file.get()];
    if (copy == nullptr) copy = std::make_shared<File>(*file);
    return copy;
  };
  at_cut_ = names_;
  for (auto& [path, file] : at_cut_.live) file = twin(file);
  for (auto& [path, file] : at_cut_.durable) file = twin(file);
  for (NameChange& change : at_cut_.changes) change.file = twin(change.file);
}

bool SimulatedDisk::cut() const {
  const std::lock_guard lock(mutex_);
  return cut_;
}

void SimulatedDisk::PowerLoss(Random* random) {
  const std::lock_guard lock(mutex_);
  if (!cut_) KeepForLoss();
  names_ = std::move(at_cut_);
  at_cut_ = {};
  const bool in_order = Draw(random, 2) == 0;
  const uint64_t prefix = Draw(random, names_.changes.size() + 1);
  for (size_t i = 0; i < names_.changes.size(); ++i) {
    const bool happened = in_order ? i < prefix : Draw(random, 2) == 0;
    // Nothing comes into a directory that is not there.
    const std::string& come = names_.changes[i].come;
    if (happened && (come.empty() || names_.durable.contains(Parent(come))))
      ApplyToDurable(names_.changes[i]);
  }
  names_.changes.clear();
  // A file whose directory did not make it is lost with it.
  std::erase_if(names_.durable, [this](const auto& entry) {
    return entry.first != "/" && !names_.durable.contains(Parent(entry.first));
  });
  names_.live = names_.durable;
  used_ = 0;
  std::set<File*> seen;
  for (const auto& [path, file] : names_.live) {
    const bool garbled = garble_manifests_ || path.find("/MANIFEST-") == std::string::npos;
    if (seen.insert(file.get()).second) file->Survive(random, garbled);
    used_ += file->bytes.size();
  }
  locks_.clear();
  cut_ = false;
  cut_at_ = kNoLimit;
}

void SimulatedDisk::SetFault(const FaultPlan& plan) {
  const std::lock_guard lock(mutex_);
  plan_ = plan;
  met_ = 0;
  std::fill(std::begin(class_counts_), std::end(class_counts_), 0);
}

uint64_t SimulatedDisk::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

uint64_t SimulatedDisk::Chances(FaultKind kind) const {
  const std::lock_guard lock(mutex_);
  uint64_t chances = 0;
  for (int i = 0; i < 4; ++i) {
    if (Meets(kind, static_cast<Class>(i))) chances += class_counts_[i];
  }
  return chances;
}

void SimulatedDisk::SetCapacity(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

uint64_t SimulatedDisk::FreeBytes() const {
  const std::lock_guard lock(mutex_);
  if (plan_.kind == FaultKind::kNoSpace && plan_.for_good && met_ >= plan_.at) return 0;
  const uint64_t capacity = capacity_ == kNoLimit ? uint64_t{1} << 40 : capacity_;
  return capacity > used_ ? capacity - used_ : 0;
}

void SimulatedDisk::SetSyncDelay(uint64_t microseconds) {
  const std::lock_guard lock(mutex_);
  sync_delay_us_ = microseconds;
}

void SimulatedDisk::LieAboutLogSyncs(uint64_t nth) {
  const std::lock_guard lock(mutex_);
  lie_every_ = nth;
}

void SimulatedDisk::GarbleManifests() {
  const std::lock_guard lock(mutex_);
  garble_manifests_ = true;
}

std::vector<std::pair<std::string, uint64_t>> SimulatedDisk::Files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, uint64_t>> files;
  for (const auto& [path, file] : names_.live) {
    if (!file->directory) files.emplace_back(path, file->bytes.size());
  }
  return files;
}

std::string SimulatedDisk::BytesOf(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const FilePtr file = Find(path);
  return file == nullptr ? "" : file->bytes;
}

void SimulatedDisk::Flip(const std::string& path, uint64_t offset, uint8_t bits) {
  const std::lock_guard lock(mutex_);
  std::string& bytes = Find(path)->bytes;
  bytes[offset] = static_cast<char>(bytes[offset] ^ bits);
}

void SimulatedDisk::CutFile(const std::string& path, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  File& file = *Find(path);
  file.bytes.resize(bytes);
  file.synced = bytes;
}

}  // namespace cairn::harness
