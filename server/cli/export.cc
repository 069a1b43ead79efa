// SPDX-License-Identifier: Apache-2.0
// Walks a find's cursor and writes each document.
#include "server/cli/export.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "server/cli/command_client.h"
#include "server/cli/csv_columns.h"
#include "server/cli/exit_code.h"
#include "server/cli/output_file.h"
#include "server/cli/progress.h"

namespace cairn::server {
namespace {

constexpr int kBatchDocuments = 2000;

// Makes the file's text of documents.
class DocumentWriter {
 public:
  DocumentWriter(const ExportOptions& options, CsvColumns columns)
      : options_(options),
        columns_(std::move(columns)),
        delimiter_(options.type == FileType::kCsv ? ',' : '\t') {}

  Status Begin(std::string* out) const {
    if (options_.type != FileType::kJson) return columns_.AppendHead(delimiter_, out);
    if (options_.json_array) *out += '[';
    return Status::Ok();
  }
  Status Append(bson::View document, std::string* out) {
    if (options_.type != FileType::kJson) return columns_.AppendRecord(document, delimiter_, out);
    if (options_.json_array) *out += first_ ? "\n" : ",\n";
    first_ = false;
    json::Write(document, options_.format, out);
    if (!options_.json_array) *out += '\n';
    return Status::Ok();
  }
  void End(std::string* out) const {
    if (options_.type == FileType::kJson && options_.json_array) *out += "\n]\n";
  }

 private:
  const ExportOptions& options_;
  const CsvColumns columns_;
  const char delimiter_;
  bool first_ = true;
};

// Of the fields that are wanted, what find can leave out: for columns, whose paths may go through
// arrays, whole top-level fields.
bson::Document Projection(const ExportOptions& options, const CsvColumns& columns) {
  bson::Builder projection;
  bool with_id = false;
  std::vector<std::string> names = options.fields;
  if (options.type != FileType::kJson) {
    names.clear();
    for (const CsvColumn& column : columns.columns()) {
      const std::string& name = column.path.front();
      if (name.starts_with('$')) return {};
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  if (names.empty()) return {};
  for (const std::string& name : names) {
    with_id = with_id || name == "_id" || name.starts_with("_id.");
    projection.AppendInt32(name, 1);
  }
  if (!with_id && options.type != FileType::kJson) projection.AppendInt32("_id", 0);
  return projection.Finish();
}

class Exporter {
 public:
  Exporter(const ExportOptions& options, const CsvColumns& columns, OutputFile* out)
      : options_(options),
        client_(options.server),
        writer_(options, columns),
        projection_(Projection(options, columns)),
        out_(out) {}

  uint64_t documents() const { return documents_; }

  Status Run() {
    Status status = writer_.Begin(&text_);
    if (!status.ok()) return status;
    const uint64_t total = Count();
    Progress progress(total);
    int64_t cursor = 0;
    status = Fetch(FindCommand(), "firstBatch", &progress, &cursor);
    while (status.ok() && cursor != 0) {
      std::string command =
          R"({"getMore":{"$numberLong":")" + std::to_string(cursor) + R"("},"collection":)";
      json::WriteString(options_.collection, &command);
      command += R"(,"batchSize":)" + std::to_string(kBatchDocuments) + "}";
      status = Fetch(command, "nextBatch", &progress, &cursor);
    }
    if (!status.ok()) return status;
    writer_.End(&text_);
    status = out_->Write(text_);
    return status.ok() ? out_->Finish() : std::move(status);
  }

 private:
  std::string FindCommand() const {
    std::string command = R"({"find":)";
    json::WriteString(options_.collection, &command);
    command += R"(,"filter":)" + json::ToJson(options_.query, json::Format::kCanonical);
    command += R"(,"sort":)" + json::ToJson(options_.sort, json::Format::kCanonical);
    command += R"(,"projection":)" + json::ToJson(projection_, json::Format::kCanonical);
    command += R"(,"skip":{"$numberLong":")" + std::to_string(options_.skip);
    command += R"("},"limit":{"$numberLong":")" + std::to_string(options_.limit);
    // maxTimeMS 0: an export takes as long as it takes.
    return command + R"("},"maxTimeMS":0,"batchSize":)" + std::to_string(kBatchDocuments) + "}";
  }

  // Of documents, for the progress; 0 when it is not cheap to know.
  uint64_t Count() {
    if (!options_.query.empty() || options_.skip != 0 || options_.limit != 0) return 0;
    std::string command = R"({"count":)";
    json::WriteString(options_.collection, &command);
    const Result<bson::Document> reply = client_.Run(options_.database, command + "}");
    if (!reply.ok()) return 0;
    const bson::Value n = (*reply)["n"];
    if (n.type() == bson::Type::kInt32) return static_cast<uint64_t>(n.AsInt32());
    return n.type() == bson::Type::kInt64 ? static_cast<uint64_t>(n.AsInt64()) : 0;
  }

  Status Fetch(const std::string& command, std::string_view batch_name, Progress* progress,
               int64_t* cursor_id) {
    Result<bson::Document> reply = client_.Run(options_.database, command);
    if (!reply.ok()) return std::move(reply).status();
    const bson::Value cursor = (*reply)["cursor"];
    if (cursor.type() != bson::Type::kDocument) return Malformed();
    const bson::Value id = cursor.AsView()["id"];
    const bson::Value batch = cursor.AsView()[batch_name];
    if (id.type() != bson::Type::kInt64 || batch.type() != bson::Type::kArray) return Malformed();
    for (const bson::Element& document : batch.AsView()) {
      if (document.value.type() != bson::Type::kDocument) return Malformed();
      Status status = Append(document.value.AsView());
      if (!status.ok()) return status;
    }
    progress->Show(documents_, documents_);
    *cursor_id = id.AsInt64();
    return Status::Ok();
  }

  Status Append(bson::View document) {
    Status status = writer_.Append(document, &text_);
    if (!status.ok()) {
      return std::move(status).WithContext("document " + std::to_string(documents_ + 1) + ": ");
    }
    ++documents_;
    status = out_->Write(text_);
    text_.clear();
    return status;
  }

  static Status Malformed() {
    return Status(ErrorCode::kUnknownError, "the server's reply is not a cursor");
  }

  const ExportOptions& options_;
  CommandClient client_;
  DocumentWriter writer_;
  const bson::Document projection_;
  OutputFile* out_;
  std::string text_;  // made and not yet written
  uint64_t documents_ = 0;
};

int Report(const Status& status, uint64_t documents) {
  if (!status.ok()) {
    std::fprintf(stderr, "cairn export: %s\n", status.message().c_str());
    return kExitFailure;
  }
  std::fprintf(stderr, "%s exported\n", Documents(documents).c_str());
  return kExitOk;
}

}  // namespace

int RunExport(const ExportOptions& options) {
  CsvColumns columns;
  if (options.type != FileType::kJson) {
    Result<CsvColumns> parsed = CsvColumns::Parse(options.fields, options.typed);
    if (!parsed.ok()) return Report(parsed.status(), 0);
    columns = std::move(parsed).value();
  }
  Result<OutputFile> out = OutputFile::Create(options.file, options.gzip);
  if (!out.ok()) return Report(out.status(), 0);
  Exporter exporter(options, columns, &*out);
  const Status status = exporter.Run();
  return Report(status, exporter.documents());
}

}  // namespace cairn::server
