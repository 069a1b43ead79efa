// SPDX-License-Identifier: Apache-2.0
#include "engine/store/verify.h"

#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "engine/base/try.h"
#include "engine/catalog/catalog.h"
#include "engine/kv/verify_files.h"
#include "engine/store/change_record.h"

namespace cairn::store {
namespace {

using key::Family;
using SteadyClock = std::chrono::steady_clock;

constexpr size_t kPartDamagesMax = 1000;
constexpr uint64_t kCommitsBetweenLooks = 16;
constexpr std::string_view kFilesPart = "files ";
constexpr std::string_view kCommitsPart = "commits ";

// Documents and entries of collections and indexes that are not there, on one snapshot.
class IdCheck {
 public:
  explicit IdCheck(DocumentStore* store) : reader_(store->NewSnapshot()) {}

  Status Run() {
    CAIRN_TRY(ReadCatalog());
    CAIRN_TRY(Check(Family::kDocuments, collections_, "documents of a collection"));
    return Check(Family::kIndexes, indexes_, "entries of an index");
  }
  std::vector<std::string>& strays() { return strays_; }

 private:
  Status ReadCatalog() {
    const std::unique_ptr<kv::Scan> scan =
        reader_->NewScan(Family::kCatalog, key::CollectionsRange({}), {});
    while (scan->Next()) {
      CAIRN_TRY(bson::Validate(scan->value()));
      CAIRN_TRY_ASSIGN(const catalog::Collection collection,
                       catalog::DecodeCollection(bson::View(scan->value().data())));
      collections_.insert(collection.id);
      for (const catalog::IndexSpec& index : collection.indexes) {
        indexes_.insert(index.id);
        if (index.build.has_value()) {
          indexes_.insert(index.build->runs.begin(), index.build->runs.end());
        }
      }
    }
    CAIRN_TRY(scan->status());
    // What was dropped may not be removed yet.
    const std::unique_ptr<kv::Scan> dropped =
        reader_->NewScan(Family::kCatalog, key::DroppedRange(), {});
    while (dropped->Next()) {
      if (dropped->key().size() != 5) continue;
      const auto id = base::LoadBig<uint32_t>(dropped->key().data() + 1);
      collections_.insert(id);
      indexes_.insert(id);
    }
    return dropped->status();
  }

  Status Check(Family family, const std::set<uint32_t>& known, const std::string& what) {
    std::string from;
    do {
      const std::unique_ptr<kv::Scan> scan = reader_->NewScan(family, {from, {}}, {});
      if (!scan->Next()) return scan->status();
      if (scan->key().size() < 4) {
        strays_.emplace_back("a key of less than four bytes");
        return Status::Ok();
      }
      const auto id = base::LoadBig<uint32_t>(scan->key().data());
      if (!known.contains(id)) {
        strays_.push_back("there are " + what + " that is not there: id " + std::to_string(id));
      }
      from = key::PrefixEnd(key::IdPrefix(id));
    } while (!from.empty());
    return Status::Ok();
  }

  const std::unique_ptr<kv::Reader> reader_;
  std::set<uint32_t> collections_;
  std::set<uint32_t> indexes_;
  std::vector<std::string> strays_;
};

// An index build takes in its entries outside of snapshots, so what looks stray is looked at again.
void CheckIds(DocumentStore* store, std::vector<std::string>* damages) {
  for (int look = 1; look <= 2; ++look) {
    IdCheck check(store);
    const Status status = check.Run();
    if (!status.ok()) return damages->push_back("ids: " + status.message());
    if (check.strays().empty()) return;
    if (look == 2) damages->insert(damages->end(), check.strays().begin(), check.strays().end());
  }
}

// Whether the commit after `after` is there.
Status ReadOne(kv::Store* kv, kv::CommitNumber after) {
  CAIRN_TRY_ASSIGN(const auto reader, kv->ReadLog(after));
  kv::LogEntry entry;
  return reader->Next(&entry).status();
}

// Retention has removed a beginning: found by halving. `newest` when nothing is left.
kv::CommitNumber FindBeginning(kv::Store* kv, kv::CommitNumber newest) {
  kv::CommitNumber begin = 0;
  kv::CommitNumber end = newest;
  while (begin < end) {
    const kv::CommitNumber middle = begin + (end - begin) / 2;
    if (ReadOne(kv, middle).code() == ErrorCode::kChangeStreamHistoryLost) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

Status DamagedCommit(kv::CommitNumber commit, const std::string& what) {
  return Status(ErrorCode::kDataCorruptionDetected,
                "commit " + std::to_string(commit) + " " + what);
}

Status CheckRecord(const kv::LogEntry& entry) {
  ChangeReader changes(entry.record);
  Change change;
  while (true) {
    const Result<bool> read = changes.Next(&change);
    if (!read.ok()) {
      return DamagedCommit(entry.number, "cannot be read: " + read.status().message());
    }
    if (!*read) return Status::Ok();
  }
}

// Follows the log from behind `after` to `newest`, or for `time`, which runs from the first commit
// on, as to find that may take longer; the commit it came to, which is always a later one than the
// first unless that is the newest.
Result<kv::CommitNumber> FollowLog(kv::Store* kv, kv::CommitNumber after, kv::CommitNumber newest,
                                   std::optional<std::chrono::milliseconds> time) {
  CAIRN_TRY_ASSIGN(const auto reader, kv->ReadLog(after));
  uint64_t timestamp = 0;
  SteadyClock::time_point began;
  for (kv::CommitNumber next = after + 1; next <= newest; ++next) {
    kv::LogEntry entry;
    CAIRN_TRY_ASSIGN(const bool more, reader->Next(&entry));
    if (!more || entry.number != next) return DamagedCommit(next, "is missing");
    if (entry.timestamp <= timestamp) {
      return DamagedCommit(next, "is older than the one before it");
    }
    timestamp = entry.timestamp;
    CAIRN_TRY(CheckRecord(entry));
    if (next == after + 1) began = SteadyClock::now();
    const bool looks = time && (next - after) % kCommitsBetweenLooks == 0;
    if (looks && SteadyClock::now() - began >= *time) return next;
  }
  return newest;
}

class Verification {
 public:
  Verification(const kv::OpenOptions& options, index::FilterCompiler compiler)
      : options_(options), compiler_(compiler) {
    options_.read_only = true;
  }

  Result<VerifyReport> Run() {
    CAIRN_TRY_ASSIGN(kv::FileReport files, kv::VerifyFiles(options_));
    report_.files = files.files;
    report_.bytes = files.bytes;
    report_.damages = std::move(files.damages);
    if (!files.opens) return std::move(report_);
    CAIRN_TRY_ASSIGN(std::unique_ptr<kv::Store> kv, kv::OpenRocksDb(options_));
    CheckLog(kv.get());
    Result<std::unique_ptr<DocumentStore>> store =
        DocumentStore::Over(std::move(kv), options_, compiler_);
    if (!store.ok()) {
      Report("the catalog: " + store.status().message());
      return std::move(report_);
    }
    for (const CollectionPtr& collection : (*store)->ListCollections({})) {
      CheckCollection(store->get(), *collection);
    }
    CheckIds(store->get(), &report_.damages);
    return std::move(report_);
  }

 private:
  void Report(std::string damage) { report_.damages.push_back(std::move(damage)); }

  void CheckCollection(DocumentStore* store, const catalog::Collection& collection) {
    if (collection.is_view) return;
    ++report_.collections;
    const std::string name = "collection " + collection.Namespace() + ": ";
    const Result<ValidateOutcome> outcome = store->Validate(collection);
    if (!outcome.ok()) return Report(name + outcome.status().message());
    report_.documents += outcome->documents;
    for (const auto& [index, entries] : outcome->index_keys) report_.index_entries += entries;
    for (const std::string& error : outcome->errors) Report(name + error);
  }

  void CheckLog(kv::Store* kv) {
    const kv::CommitNumber newest = kv->visible();
    report_.newest_commit = newest;
    const kv::CommitNumber begin = FindBeginning(kv, newest);
    if (begin == newest) return;
    report_.oldest_commit = begin + 1;
    const auto followed = FollowLog(kv, begin, newest, std::nullopt);
    if (!followed.ok()) Report("the commit log: " + followed.status().message());
  }

  kv::OpenOptions options_;
  const index::FilterCompiler compiler_;
  VerifyReport report_;
};

std::string CommitsFrom(kv::CommitNumber first, kv::CommitNumber newest) {
  return std::string(kCommitsPart) + std::to_string(first) + " " + std::to_string(newest);
}

// What CommitsFrom has made.
bool ReadCommits(std::string_view text, kv::CommitNumber* first, kv::CommitNumber* newest) {
  const char* const end = text.data() + text.size();
  const auto one = std::from_chars(text.data(), end, *first);
  if (one.ec != std::errc() || one.ptr == end || *one.ptr != ' ') return false;
  const auto two = std::from_chars(one.ptr + 1, end, *newest);
  return two.ec == std::errc() && two.ptr == end;
}

VerifiedPart FilesPart(DocumentStore* store, std::string_view from) {
  kv::FileCheck look;
  if (auto* checker = dynamic_cast<kv::FileChecker*>(&store->kv()))
    look = checker->CheckFiles(from);
  VerifiedPart part;
  part.files = look.files;
  part.bytes = look.bytes;
  part.damages = std::move(look.damages);
  if (from.empty()) CheckIds(store, &part.damages);
  if (part.damages.size() > kPartDamagesMax) {
    const size_t more = part.damages.size() - kPartDamagesMax;
    part.damages.resize(kPartDamagesMax);
    part.damages.push_back("and " + std::to_string(more) + " more");
  }
  part.next = look.next.empty() ? CommitsFrom(0, store->kv().durable())
                                : std::string(kFilesPart) + look.next;
  return part;
}

// Follows the log to `newest` from the commit `first` on, which is read once more so that
// timestamps can be compared; 0: from the oldest commit on.
VerifiedPart CommitsPart(kv::Store* kv, kv::CommitNumber first, kv::CommitNumber newest,
                         std::chrono::milliseconds time) {
  VerifiedPart part;
  part.newest_commit = newest;
  kv::CommitNumber after = first == 0 ? FindBeginning(kv, newest) : first - 1;
  Result<kv::CommitNumber> followed = FollowLog(kv, after, newest, time);
  while (followed.status().code() == ErrorCode::kChangeStreamHistoryLost) {
    // Retention has passed by, unless it has not.
    const kv::CommitNumber beginning = FindBeginning(kv, newest);
    if (beginning <= after) break;
    after = beginning;
    followed = FollowLog(kv, after, newest, time);
  }
  if (after < newest) part.oldest_commit = after + 1;
  if (!followed.ok()) {
    part.damages.push_back("the commit log: " + followed.status().message());
  } else if (*followed < newest) {
    part.next = CommitsFrom(*followed, newest);
  }
  return part;
}

}  // namespace

Result<VerifyReport> VerifyStore(const kv::OpenOptions& options, index::FilterCompiler compiler) {
  return Verification(options, compiler).Run();
}

Result<VerifiedPart> VerifyPart(DocumentStore* store, std::string_view from,
                                std::chrono::milliseconds time) {
  if (from.empty()) return FilesPart(store, from);
  if (from.starts_with(kFilesPart) && from.size() > kFilesPart.size()) {
    return FilesPart(store, from.substr(kFilesPart.size()));
  }
  kv::CommitNumber first = 0;
  kv::CommitNumber newest = 0;
  if (from.starts_with(kCommitsPart) &&
      ReadCommits(from.substr(kCommitsPart.size()), &first, &newest) && first <= newest &&
      newest <= store->kv().durable()) {
    return CommitsPart(&store->kv(), first, newest, time);
  }
  return Status(ErrorCode::kBadValue, "'from' is not what an earlier part gave as 'next'");
}

}  // namespace cairn::store
