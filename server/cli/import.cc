// SPDX-License-Identifier: Apache-2.0
// Documents are parsed here, so that a bad one is named by its line, and sent in insert commands in
// canonical Extended JSON, so that every type survives.
#include "server/cli/import.h"

#include <sys/stat.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "cairn/json.h"
#include "server/cli/command_client.h"
#include "server/cli/document_reader.h"
#include "server/cli/exit_code.h"
#include "server/cli/progress.h"

namespace cairn::server {
namespace {

constexpr size_t kBatchDocuments = 1000;
constexpr size_t kBatchBytes = size_t{4} << 20;
// Reasons that are printed; past them only the number is told.
constexpr uint64_t kReasonsMax = 100;

// Real files hold bare NaN.
constexpr json::ParseLimits kDocumentLimits = {
    .document_bytes_max = bson::kMaxDocumentBytes,
    .special_numbers = true,
};

uint64_t FileBytes(std::FILE* file) {
  struct stat info {};
  if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) return 0;
  return static_cast<uint64_t>(info.st_size);
}

int32_t Int32Of(bson::Value value) {
  return value.type() == bson::Type::kInt32 ? value.AsInt32() : 0;
}

class Importer {
 public:
  Importer(const ImportOptions& options, std::FILE* file)
      : options_(options),
        client_(options.server),
        reader_(file, kDocumentLimits.bytes_max),
        progress_(FileBytes(file)) {}

  int Run() {
    Status status = options_.drop ? Drop() : Status::Ok();
    if (status.ok()) status = ReadAll();
    progress_.Clear();
    if (!status.ok()) std::fprintf(stderr, "cairn import: %s\n", status.message().c_str());
    std::fprintf(stderr, "%" PRIu64 " documents imported", imported_);
    if (rejected_ > 0) std::fprintf(stderr, ", %" PRIu64 " rejected", rejected_);
    std::fputc('\n', stderr);
    return status.ok() && rejected_ == 0 ? kExitOk : kExitFailure;
  }

 private:
  Status Drop() {
    std::string command = R"({"drop":)";
    json::WriteString(options_.collection, &command);
    command += '}';
    Result<bson::Document> reply = client_.Run(options_.database, command);
    return reply.ok() ? Status::Ok() : std::move(reply).status();
  }

  Status ReadAll() {
    std::string text;
    while (!stopped_) {
      Result<bool> more = reader_.Next(&text);
      if (!more.ok()) {
        Status flushed = Flush();
        return flushed.ok() ? std::move(more).status() : std::move(flushed);
      }
      if (!*more) break;
      Status status = Take(text);
      if (!status.ok()) return status;
      progress_.Show(reader_.position(), imported_);
    }
    return Flush();
  }

  Status Take(const std::string& text) {
    Result<bson::Document> document = json::Parse(text, kDocumentLimits);
    if (!document.ok()) {
      if (!options_.keep_going) {
        // What came before it goes in first, so that the count says where to go on.
        Status flushed = Flush();
        if (!flushed.ok() || stopped_) return flushed;
      }
      Reject(reader_.line(), document.status().message());
      return Status::Ok();
    }
    if (!lines_.empty()) documents_ += ',';
    json::Write(*document, json::Format::kCanonical, &documents_);
    lines_.push_back(reader_.line());
    if (lines_.size() < kBatchDocuments && documents_.size() < kBatchBytes) return Status::Ok();
    return Flush();
  }

  void Reject(uint64_t line, const std::string& reason) {
    progress_.Clear();
    if (rejected_++ < kReasonsMax) {
      std::fprintf(stderr, "line %" PRIu64 ": %s\n", line, reason.c_str());
    }
    if (!options_.keep_going) stopped_ = true;
  }

  // Sends what has been collected.
  Status Flush() {
    if (lines_.empty()) return Status::Ok();
    std::string command = R"({"insert":)";
    json::WriteString(options_.collection, &command);
    command += options_.keep_going ? R"(,"ordered":false,"documents":[)" : R"(,"documents":[)";
    command += documents_;
    command += "]}";
    Result<bson::Document> reply = client_.Run(options_.database, command);
    const std::vector<uint64_t> lines = std::exchange(lines_, {});
    documents_.clear();
    if (!reply.ok()) {
      return std::move(reply).status().WithContext("lines " + std::to_string(lines.front()) +
                                                   " to " + std::to_string(lines.back()) + ": ");
    }
    imported_ += static_cast<uint64_t>(Int32Of((*reply)["n"]));
    const bson::Value errors = (*reply)["writeErrors"];
    if (errors.type() != bson::Type::kArray) return Status::Ok();
    for (const bson::Element& error : errors.AsView()) {
      if (error.value.type() != bson::Type::kDocument) continue;
      const auto index = static_cast<size_t>(Int32Of(error.value.AsView()["index"]));
      const bson::Value reason = error.value.AsView()["errmsg"];
      Reject(index < lines.size() ? lines[index] : 0,
             reason.type() == bson::Type::kString ? std::string(reason.AsString()) : "refused");
    }
    return Status::Ok();
  }

  const ImportOptions& options_;
  CommandClient client_;
  DocumentReader reader_;
  Progress progress_;
  std::string documents_;        // of the batch, with commas
  std::vector<uint64_t> lines_;  // where each of them began
  uint64_t imported_ = 0;
  uint64_t rejected_ = 0;
  bool stopped_ = false;
};

}  // namespace

int RunImport(const ImportOptions& options) {
  const bool from_stdin = options.file == "-";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(
      from_stdin ? nullptr : std::fopen(options.file.c_str(), "rb"),
      [](std::FILE* file) { return std::fclose(file); });
  if (!from_stdin && opened == nullptr) {
    std::fprintf(stderr, "cairn import: %s: %s\n", options.file.c_str(), std::strerror(errno));
    return kExitFailure;
  }
  return Importer(options, from_stdin ? stdin : opened.get()).Run();
}

}  // namespace cairn::server
