// SPDX-License-Identifier: Apache-2.0
// The write-ahead logs of a store, read without the store: its tables and manifest may be gone.
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/base/bytes.h"
#include "engine/kv/commit_record.h"
#include "engine/kv/log_scan.h"
#include "engine/kv/rocksdb_watched_fs.h"
#include "engine/kv/salvage.h"

namespace cairn::kv {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHeadBytes = 7;
enum RecordType : uint8_t { kWhole = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

// Oldest first, the archived ones among them.
std::vector<fs::path> LogsOf(const fs::path& directory) {
  std::vector<fs::path> logs;
  std::error_code ignored;
  for (const fs::path& one : {directory, directory / kArchiveName}) {
    for (const auto& file : fs::directory_iterator(one, ignored)) {
      if (IsLog(file.path().filename().string())) logs.push_back(file.path());
    }
  }
  std::sort(logs.begin(), logs.end(), [](const fs::path& a, const fs::path& b) {
    const std::string x = a.filename().string();
    const std::string y = b.filename().string();
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  });
  return logs;
}

// Calls `take` with each batch of a log, up to the first damage.
void ReadBatches(const fs::path& log, const std::function<void(std::string)>& take) {
  std::ifstream file(log, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const uint64_t sound = SoundLogBytes(bytes);
  std::string batch;
  for (size_t at = 0; at + kHeadBytes <= sound;) {
    const size_t left = kLogBlockBytes - at % kLogBlockBytes;
    if (left < kHeadBytes) {
      at += left;
      continue;
    }
    const auto length = base::LoadLittle<uint16_t>(bytes.data() + at + 4);
    const auto type = static_cast<uint8_t>(bytes[at + 6]);
    if (type == kWhole || type == kFirst) batch.clear();
    batch.append(bytes, at + kHeadBytes, length);
    at += kHeadBytes + length;
    if (type == kWhole || type == kLast) take(std::move(batch));
  }
}

// What stands before the first commit of a batch is given with that commit.
class BatchReader final : public rocksdb::WriteBatch::Handler {
 public:
  using Take = std::function<void(const LoggedWrite&)>;

  rocksdb::Status PutCF(uint32_t family, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    return Add({0, static_cast<Family>(family), true, View(key), View(value)});
  }
  rocksdb::Status DeleteCF(uint32_t family, const rocksdb::Slice& key) override {
    return Add({0, static_cast<Family>(family), false, View(key), {}});
  }
  void LogData(const rocksdb::Slice& blob) override {
    LogEntry entry;
    if (!DecodeLogRecord(View(blob), &entry)) return;
    commits.push_back(entry.number);
    for (LoggedWrite& write : writes) {
      if (write.commit == 0) write.commit = entry.number;
    }
  }

  std::vector<CommitNumber> commits;
  std::vector<LoggedWrite> writes;

 private:
  static std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
  rocksdb::Status Add(LoggedWrite write) {
    if (static_cast<int>(write.family) >= key::kFamilyCount) {
      return rocksdb::Status::Corruption("unknown column family");
    }
    if (!commits.empty()) write.commit = commits.back();
    writes.push_back(write);
    return rocksdb::Status::OK();
  }
};

// Calls `take` with each batch of commits, as it was parsed.
void ReadCommits(const std::string& directory,
                 const std::function<void(const BatchReader&)>& take) {
  for (const fs::path& log : LogsOf(directory)) {
    ReadBatches(log, [&take](std::string bytes) {
      const rocksdb::WriteBatch batch(std::move(bytes));
      BatchReader reader;
      if (batch.Iterate(&reader).ok() && !reader.commits.empty()) take(reader);
    });
  }
}

}  // namespace

LoggedCommits FindLoggedCommits(const std::string& directory) {
  LoggedCommits found;
  ReadCommits(directory, [&found](const BatchReader& batch) {
    ++found.batches;
    for (const CommitNumber number : batch.commits) {
      if (number != found.last + 1 || found.last == 0) {
        found.first = number;
        found.first_batch = found.batches;
      }
      found.last = number;
    }
  });
  return found;
}

void ReadLoggedCommits(const std::string& directory, const LoggedCommits& commits,
                       const std::function<void(const LoggedWrite&)>& take) {
  uint64_t batches = 0;
  ReadCommits(directory, [&](const BatchReader& batch) {
    if (++batches < commits.first_batch) return;
    for (const LoggedWrite& write : batch.writes) {
      if (write.commit >= commits.first && write.commit <= commits.last) take(write);
    }
  });
}

}  // namespace cairn::kv
