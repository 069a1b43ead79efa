// SPDX-License-Identifier: Apache-2.0
// Documents from Extended JSON and from separated values.
#include "server/cli/import_source.h"

#include <string_view>
#include <utility>

#include "cairn/json.h"
#include "server/cli/csv_columns.h"
#include "server/cli/csv_reader.h"
#include "server/cli/document_reader.h"

namespace cairn::server {
namespace {

// Real files hold bare NaN.
constexpr json::ParseLimits kDocumentLimits = {
    .document_bytes_max = bson::kMaxDocumentBytes,
    .special_numbers = true,
};

class JsonSource : public ImportSource {
 public:
  explicit JsonSource(InputFile* file) : reader_(file, kDocumentLimits.bytes_max) {}

  Result<bool> Next(Result<bson::Document>* document) override {
    Result<bool> more = reader_.Next(&text_);
    if (more.ok() && *more) *document = json::Parse(text_, kDocumentLimits);
    return more;
  }
  uint64_t line() const override { return reader_.line(); }

 private:
  DocumentReader reader_;
  std::string text_;
};

class SeparatedSource : public ImportSource {
 public:
  SeparatedSource(char delimiter, const SeparatedValues& values, InputFile* file)
      : values_(values), reader_(file, delimiter, kDocumentLimits.bytes_max) {}

  Result<bool> Next(Result<bson::Document>* document) override {
    if (columns_.columns().empty()) {
      Status status = ReadHeads();
      if (!status.ok()) return status;
      if (columns_.columns().empty()) return false;
    }
    Result<bool> more = reader_.Next(&record_);
    if (!more.ok() && more.status().code() == ErrorCode::kFailedToParse) {
      *document = std::move(more).status();
      return true;
    }
    if (more.ok() && *more) *document = columns_.ToDocument(record_, values_.ignore_blanks);
    return more;
  }
  uint64_t line() const override { return reader_.line(); }

 private:
  // Leaves no columns when there is no first record.
  Status ReadHeads() {
    std::vector<std::string> heads = values_.fields;
    if (heads.empty()) {
      Result<bool> more = reader_.Next(&record_);
      if (!more.ok()) return std::move(more).status().WithContext("line 1: ");
      if (!*more) return Status::Ok();
      for (CsvField& field : record_) heads.push_back(std::move(field.text));
    }
    Result<CsvColumns> columns = CsvColumns::Parse(heads, values_.typed);
    if (!columns.ok()) return std::move(columns).status();
    columns_ = std::move(columns).value();
    return Status::Ok();
  }

  const SeparatedValues values_;
  CsvReader reader_;
  CsvColumns columns_;
  std::vector<CsvField> record_;
};

}  // namespace

FileType FileTypeOf(const std::string& path) {
  std::string_view name = path;
  if (name.ends_with(".gz")) name.remove_suffix(3);
  if (name.ends_with(".csv")) return FileType::kCsv;
  if (name.ends_with(".tsv")) return FileType::kTsv;
  return FileType::kJson;
}

std::unique_ptr<ImportSource> NewImportSource(FileType type, const SeparatedValues& values,
                                              InputFile* file) {
  if (type == FileType::kJson) return std::make_unique<JsonSource>(file);
  return std::make_unique<SeparatedSource>(type == FileType::kCsv ? ',' : '\t', values, file);
}

}  // namespace cairn::server
