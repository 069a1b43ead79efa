// SPDX-License-Identifier: Apache-2.0
// Documents are parsed here, so that a bad one is named by its line, and sent in insert commands in
// canonical Extended JSON, so that every type survives.
#include "server/cli/import.h"

#include <signal.h>

#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "cairn/json.h"
#include "server/cli/command_client.h"
#include "server/cli/exit_code.h"
#include "server/cli/progress.h"

namespace cairn::server {
namespace {

constexpr size_t kBatchDocuments = 1000;
constexpr size_t kBatchBytes = size_t{4} << 20;
// Reasons that are printed; past them only the number is told.
constexpr uint64_t kReasonsMax = 100;

int32_t Int32Of(bson::Value value) {
  return value.type() == bson::Type::kInt32 ? value.AsInt32() : 0;
}

// Set by the first SIGINT, SIGTERM or SIGHUP; a second one ends the program at once.
volatile std::sig_atomic_t interrupted = 0;

void NoticeInterruptions() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

class Importer {
 public:
  Importer(const ImportOptions& options, InputFile* file)
      : options_(options),
        client_(options.server),
        file_(*file),
        source_(NewImportSource(options.type, options.values, file)),
        progress_(file->bytes_total()) {}

  int Run() {
    Status status = ReadAll();
    progress_.Clear();
    if (!status.ok()) std::fprintf(stderr, "cairn import: %s\n", status.message().c_str());
    std::fprintf(stderr, "%s imported", Documents(imported_).c_str());
    if (rejected_ > 0) std::fprintf(stderr, ", %" PRIu64 " rejected", rejected_);
    std::fputc('\n', stderr);
    return status.ok() && rejected_ == 0 ? kExitOk : kExitFailure;
  }

 private:
  // Once something has been read that can take its place, or the end of what is empty.
  Status DropOnce() {
    if (!options_.drop || std::exchange(dropped_, true)) return Status::Ok();
    std::string command = R"({"drop":)";
    json::WriteString(options_.collection, &command);
    command += '}';
    Result<bson::Document> reply = client_.Run(options_.database, command);
    return reply.ok() ? Status::Ok() : std::move(reply).status();
  }

  Status ReadAll() {
    Result<bson::Document> document = bson::Document();
    while (!stopped_) {
      Result<bool> more = source_->Next(&document);
      if (interrupted != 0) {
        const std::string line = std::to_string(source_->line());
        Status flushed = Flush();
        if (!flushed.ok()) return flushed;
        return Status(ErrorCode::kInterrupted, "interrupted: nothing from line " + line + " on");
      }
      if (!more.ok()) {
        Status flushed = Flush();
        return flushed.ok() ? std::move(more).status() : std::move(flushed);
      }
      if (!*more) {
        Status dropped = DropOnce();
        if (!dropped.ok()) return dropped;
        break;
      }
      Status status = document.ok() ? Take(*document) : Refuse(document.status());
      if (!status.ok()) return status;
      progress_.Show(file_.position(), imported_);
    }
    return Flush();
  }

  Status Refuse(const Status& reason) {
    if (!options_.keep_going) {
      // What came before it goes in first, so that the count says where to go on.
      Status flushed = Flush();
      if (!flushed.ok() || stopped_) return flushed;
    }
    Reject(source_->line(), reason.message());
    return Status::Ok();
  }

  Status Take(bson::View document) {
    if (!lines_.empty()) documents_ += ',';
    json::Write(document, json::Format::kCanonical, &documents_);
    lines_.push_back(source_->line());
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
    Status dropped = DropOnce();
    if (!dropped.ok()) return dropped;
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
  const InputFile& file_;
  const std::unique_ptr<ImportSource> source_;
  Progress progress_;
  std::string documents_;        // of the batch, with commas
  std::vector<uint64_t> lines_;  // where each of them began
  uint64_t imported_ = 0;
  uint64_t rejected_ = 0;
  bool stopped_ = false;
  bool dropped_ = false;
};

}  // namespace

int RunImport(const ImportOptions& options) {
  Result<InputFile> file = InputFile::Open(options.file);
  if (!file.ok()) {
    std::fprintf(stderr, "cairn import: %s\n", file.status().message().c_str());
    return kExitFailure;
  }
  NoticeInterruptions();
  return Importer(options, &*file).Run();
}

}  // namespace cairn::server
