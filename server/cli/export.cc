// SPDX-License-Identifier: Apache-2.0
// Walks a find's cursor and writes each document on a line.
#include "server/cli/export.h"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "server/cli/command_client.h"
#include "server/cli/exit_code.h"
#include "server/cli/progress.h"

namespace cairn::server {
namespace {

constexpr int kBatchDocuments = 2000;

class Exporter {
 public:
  Exporter(const ExportOptions& options, std::FILE* out)
      : options_(options), client_(options.server), out_(out), progress_(0) {}

  uint64_t documents() const { return documents_; }

  Status Run() {
    std::string command = R"({"find":)";
    json::WriteString(options_.collection, &command);
    // maxTimeMS 0: an export takes as long as it takes.
    command += R"(,"maxTimeMS":0,"batchSize":)" + std::to_string(kBatchDocuments) + "}";
    int64_t cursor = 0;
    Status status = Fetch(command, "firstBatch", &cursor);
    while (status.ok() && cursor != 0) {
      command = R"({"getMore":{"$numberLong":")" + std::to_string(cursor) + R"("},"collection":)";
      json::WriteString(options_.collection, &command);
      command += R"(,"batchSize":)" + std::to_string(kBatchDocuments) + "}";
      status = Fetch(command, "nextBatch", &cursor);
    }
    if (status.ok() && std::fflush(out_) != 0) status = WriteFailed();
    return status;
  }

 private:
  static Status WriteFailed() {
    return Status(ErrorCode::kOperationFailed,
                  std::string("the documents cannot be written: ") + std::strerror(errno));
  }

  Status Fetch(const std::string& command, std::string_view batch_name, int64_t* cursor_id) {
    Result<bson::Document> reply = client_.Run(options_.database, command);
    if (!reply.ok()) return std::move(reply).status();
    const bson::Value cursor = (*reply)["cursor"];
    if (cursor.type() != bson::Type::kDocument) return Malformed();
    const bson::Value id = cursor.AsView()["id"];
    const bson::Value batch = cursor.AsView()[batch_name];
    if (id.type() != bson::Type::kInt64 || batch.type() != bson::Type::kArray) return Malformed();
    std::string line;
    for (const bson::Element& document : batch.AsView()) {
      if (document.value.type() != bson::Type::kDocument) return Malformed();
      line.clear();
      json::Write(document.value.AsView(), options_.format, &line);
      line += '\n';
      if (std::fwrite(line.data(), 1, line.size(), out_) != line.size()) return WriteFailed();
      ++documents_;
    }
    progress_.Show(0, documents_);
    *cursor_id = id.AsInt64();
    return Status::Ok();
  }

  static Status Malformed() {
    return Status(ErrorCode::kUnknownError, "the server's reply is not a cursor");
  }

  const ExportOptions& options_;
  CommandClient client_;
  std::FILE* out_;
  Progress progress_;
  uint64_t documents_ = 0;
};

int Report(const Status& status, uint64_t documents) {
  if (!status.ok()) {
    std::fprintf(stderr, "cairn export: %s\n", status.message().c_str());
    return kExitFailure;
  }
  std::fprintf(stderr, "%" PRIu64 " documents exported\n", documents);
  return kExitOk;
}

}  // namespace

int RunExport(const ExportOptions& options) {
  if (options.file.empty()) {
    Exporter exporter(options, stdout);
    const Status status = exporter.Run();
    return Report(status, exporter.documents());
  }
  // What a link names is replaced, not the link; a device or pipe is written to, not replaced.
  std::error_code error;
  const std::filesystem::path named = std::filesystem::weakly_canonical(options.file, error);
  const std::string file = error ? options.file : named.string();
  const std::filesystem::file_status kind = std::filesystem::status(file, error);
  const bool replace = !std::filesystem::exists(kind) || std::filesystem::is_regular_file(kind);
  const std::string unfinished = replace ? file + ".partial" : file;
  std::FILE* out = std::fopen(unfinished.c_str(), "wb");
  if (out == nullptr) {
    std::fprintf(stderr, "cairn export: %s: %s\n", unfinished.c_str(), std::strerror(errno));
    return kExitFailure;
  }
  Exporter exporter(options, out);
  Status status = exporter.Run();
  const bool closed = std::fclose(out) == 0;
  if (status.ok() && (!closed || (replace && std::rename(unfinished.c_str(), file.c_str()) != 0))) {
    status = Status(ErrorCode::kOperationFailed, options.file + ": " + std::strerror(errno));
  }
  if (!status.ok() && replace) std::remove(unfinished.c_str());
  return Report(status, exporter.documents());
}

}  // namespace cairn::server
