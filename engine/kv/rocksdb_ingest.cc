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
    database_.files->env()->DeleteFile(path).PermitUncheckedError();
  }
}

Status TableSet::Write(const IngestSource& source) {
  rocksdb::ColumnFamilyHandle* family = database_.family(family_);
  const rocksdb::Options options = database_.db->GetOptions(family);
  std::unique_ptr<rocksdb::SstFileWriter> writer;
  std::string_view key;
  std::string_view value;
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, source(&key, &value));
    if (writer != nullptr && (!more || writer->FileSize() >= kFileBytes)) {
      CAIRN_TRY(FromRocksDb(writer->Finish(), "cannot write a table"));
      writer.reset();
    }
    if (!more) return Status::Ok();
    if (writer == nullptr) {
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
  }
}

Status TableSet::TakeIn() {
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.failed_move_fall_back_to_copy = true;
  const rocksdb::Status taken =
      database_.db->IngestExternalFile(database_.family(family_), paths_, options);
  return FromRocksDb(taken, "cannot take in tables");
}

}  // namespace cairn::kv
