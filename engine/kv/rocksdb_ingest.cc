// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_ingest.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>

#include "engine/base/try.h"
#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {

TableSet::~TableSet() {
  for (const std::string& path : paths_) {
    database_.files->open_logs().new_tables.Remove(path);
    database_.files->env()->DeleteFile(path).PermitUncheckedError();
  }
}

Status TableSet::Write(const IngestSource& source) {
  rocksdb::ColumnFamilyHandle* family = database_.family(family_);
  const rocksdb::Options options = database_.db->GetOptions(family);
  std::unique_ptr<rocksdb::SstFileWriter> writer;
  TableEnds ends;
  std::string_view key;
  std::string_view value;
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, source(&key, &value));
    if (writer != nullptr && (!more || writer->FileSize() >= kFileBytes)) {
      // What was put last is in a block that is not yet in the file.
      ends.last_begin = writer->FileSize();
      database_.files->open_logs().new_tables.Add(paths_.back(), ends);
      CAIRN_TRY(FromRocksDb(writer->Finish(), "cannot write a table"));
      writer.reset();
    }
    if (!more) return Status::Ok();
    if (writer == nullptr) {
      ends = {};
      paths_.push_back(database_.files->path() + "/ingest-" + std::to_string(id_) + "-" +
                       std::to_string(paths_.size()) + ".sst");
      writer =
          std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(options), options, family);
      CAIRN_TRY(FromRocksDb(writer->Open(paths_.back()), "cannot make a table"));
    }
    const rocksdb::Status put = writer->Put(rocksdb::Slice(key.data(), key.size()),
                                            rocksdb::Slice(value.data(), value.size()));
    if (put.IsInvalidArgument()) {
      return Status(ErrorCode::kBadValue, "entries to be ingested must ascend strictly");
    }
    CAIRN_TRY(FromRocksDb(put, "cannot write a table"));
    if (ends.first_end == 0) ends.first_end = writer->FileSize();
  }
}

Status TableSet::TakeIn() {
  // RocksDB would go on with a file number of 0.
  if (database_.health->background_ever_failed) {
    return Status(ErrorCode::kCommandNotSupported,
                  "tables cannot be taken in until the store is opened again, as a flush or "
                  "compaction has failed");
  }
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.failed_move_fall_back_to_copy = true;
  const rocksdb::Status taken =
      database_.db->IngestExternalFile(database_.family(family_), paths_, options);
  return FromRocksDb(taken, "cannot take in tables");
}

}  // namespace cairn::kv
