// SPDX-License-Identifier: Apache-2.0
// A disk in memory that knows what a power cut would leave of it, and that can be made to fail.
//
// A file's bytes survive once it is synced; a name (created, renamed, removed, linked) once its
// directory is. PowerLoss keeps a random part of everything else: tails of files are cut anywhere,
// sectors in them come back as zeros, noise or with a flipped bit, overwritten sectors come back
// old or new, and each unsynced name change has happened or has not (in order, as a journal would
// have it, or in any combination). A sync that fails loses what it should have synced for good,
// even when a later sync of the same file succeeds, as Linux does it. A rename is atomic.
//
// Calls answer 0 or an errno. Thread safety: any thread, except where said otherwise.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::harness {

using Random = std::mt19937_64;

/// A number from 0 to `below` - 1.
uint64_t Draw(Random* random, uint64_t below);

enum class FaultKind {
  kNone,
  kIoError,     ///< EIO, any operation.
  kNoSpace,     ///< ENOSPC, any operation that writes.
  kShortWrite,  ///< EIO after a part of the bytes, appends and overwrites.
  kFailedSync,  ///< EIO, syncs of files and directories.
};

/// The operation `at` (from 1, counted among those that the kind can meet) fails; or that one and
/// all later ones.
struct FaultPlan {
  FaultKind kind = FaultKind::kNone;
  uint64_t at = 0;
  bool for_good = false;
};

class SimulatedDisk {
 public:
  static constexpr uint64_t kNoLimit = ~uint64_t{0};
  static constexpr size_t kSectorBytes = 512;

  struct File;
  using FilePtr = std::shared_ptr<File>;
  struct Attributes {
    uint64_t bytes = 0;
    int64_t modified_s = 0;
    bool directory = false;
  };

  SimulatedDisk();
  ~SimulatedDisk();
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;
  /// What is on the disk now, as a disk of its own, all of it synced.
  std::unique_ptr<SimulatedDisk> Copy() const;

  // What a file system does. Paths are absolute.
  int Create(const std::string& path, FilePtr* file);  ///< Empties an existing one.
  int Open(const std::string& path, FilePtr* file);
  int Read(const FilePtr& file, uint64_t offset, size_t bytes, char* to, size_t* read);
  int Append(const FilePtr& file, std::string_view bytes);
  int Overwrite(const FilePtr& file, uint64_t offset, std::string_view bytes);
  int Truncate(const FilePtr& file, uint64_t bytes);
  int Sync(const FilePtr& file);
  uint64_t Size(const FilePtr& file) const;
  int SyncDirectory(const std::string& path);
  int Rename(const std::string& from, const std::string& to);
  int Link(const std::string& from, const std::string& to);
  int Remove(const std::string& path);
  int MakeDirectory(const std::string& path, bool may_exist);
  int List(const std::string& path, std::vector<std::string>* names);
  int Stat(const std::string& path, Attributes* attributes);
  int Lock(const std::string& path);
  int Unlock(const std::string& path);

  // Power. After a cut all goes on as if nothing had happened, since the program that runs is as
  // good as dead, but what it does is not on the disk that PowerLoss gives back. Whoever was told
  // of success while cut() was false was told in time.
  /// Unsynced tails of RocksDB's manifests are torn but not garbled, unless this is called: RocksDB
  /// does not open a store with such a manifest.
  void GarbleManifests();
  /// Cuts at the operation that comes `operations` from now.
  void CutPowerIn(uint64_t operations);
  void CutPower();
  bool cut() const;
  /// Turns the disk into what the cut left, and the power on. Nobody may use the disk meanwhile.
  void PowerLoss(Random* random);

  // Faults.
  void SetFault(const FaultPlan& plan);
  uint64_t faults() const;
  /// How many operations a fault of this kind could have met since SetFault.
  uint64_t Chances(FaultKind kind) const;
  /// Writes beyond this many bytes on the disk fail with ENOSPC.
  void SetCapacity(uint64_t bytes);
  uint64_t FreeBytes() const;
  /// Each sync of a file takes this long.
  void SetSyncDelay(uint64_t microseconds);
  /// Every `nth` sync of a log says ok and does nothing: a defect that a check must find. 0: none.
  void LieAboutLogSyncs(uint64_t nth);

  // Damage to what is there, as a worn disk does it.
  std::vector<std::pair<std::string, uint64_t>> Files() const;  ///< Path and bytes.
  std::string BytesOf(const std::string& path) const;
  void Flip(const std::string& path, uint64_t offset, uint8_t bits);
  void CutFile(const std::string& path, uint64_t bytes);

 private:
  enum class Class { kRead, kWrite, kBytes, kSync };
  struct NameChange {
    std::string gone;  // empty, or the path that goes
    std::string come;  // empty, or the path that comes
    FilePtr file;
  };

  /// The names that there are, those that a cut leaves for certain, and what lies between the two.
  struct Names {
    std::map<std::string, FilePtr> live;
    std::map<std::string, FilePtr> durable;
    std::vector<NameChange> changes;  // in order
  };

  int Enter(Class what);
  void KeepForLoss();
  bool Meets(FaultKind kind, Class what) const;
  FilePtr Find(const std::string& path) const;
  void Change(NameChange change);
  void ApplyToDurable(const NameChange& change);
  int Put(const FilePtr& file, uint64_t offset, std::string_view bytes);

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  Names names_;
  Names at_cut_;  // copies, files included, as they were at the cut
  std::set<std::string> locks_;
  bool cut_ = false;
  bool garble_manifests_ = false;
  uint64_t operations_ = 0;
  uint64_t cut_at_ = kNoLimit;
  FaultPlan plan_;
  uint64_t met_ = 0;
  uint64_t faults_ = 0;
  uint64_t class_counts_[4] = {};
  uint64_t capacity_ = kNoLimit;
  uint64_t used_ = 0;
  uint64_t sync_delay_us_ = 0;
  uint64_t lie_every_ = 0;
  uint64_t syncs_ = 0;
};

}  // namespace cairn::harness
