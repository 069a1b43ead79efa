// SPDX-License-Identifier: Apache-2.0
#include "server/cli/verify.h"

#include <cinttypes>
#include <cstdio>
#include <vector>

#include "cairn/json.h"
#include "cairn/maintenance.h"
#include "server/cli/command_client.h"
#include "server/cli/exit_code.h"

namespace cairn::server {
namespace {

int Conclude(const std::vector<std::string>& damages) {
  for (const std::string& damage : damages) std::printf("DAMAGED %s\n", damage.c_str());
  if (damages.empty()) {
    std::puts("no damage found");
    return kExitOk;
  }
  std::printf("%zu damages found\n", damages.size());
  return kExitFailure;
}

int Fail(const char* command, const Status& status) {
  std::fprintf(stderr, "cairn %s: %s\n", command, status.message().c_str());
  return kExitFailure;
}

// The collections of a running server, by its own command.
class OnlineVerification {
 public:
  explicit OnlineVerification(const ServerUrl& server) : client_(server) {}

  Status Run() {
    Result<bson::Document> databases =
        client_.Run("admin", R"({"listDatabases":1,"nameOnly":true})");
    if (!databases.ok()) return std::move(databases).status();
    for (const bson::Element& one : (*databases)["databases"].AsView()) {
      Status status = VerifyDatabase(std::string(one.value.AsView()["name"].AsString()));
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }
  uint64_t collections() const { return collections_; }
  int64_t documents() const { return documents_; }
  const std::vector<std::string>& damages() const { return damages_; }

 private:
  Status VerifyDatabase(const std::string& database) {
    // More collections than a batch holds come with getMore, as in every cursor.
    Result<bson::Document> reply =
        client_.Run(database, R"({"listCollections":1,"nameOnly":true,"cursor":{}})");
    const char* batch = "firstBatch";
    while (reply.ok()) {
      const bson::View cursor = (*reply)["cursor"].AsView();
      for (const bson::Element& one : cursor[batch].AsView()) {
        Status status =
            VerifyCollection(database, std::string(one.value.AsView()["name"].AsString()));
        if (!status.ok()) return status;
      }
      const int64_t id = cursor["id"].AsInt64();
      if (id == 0) return Status::Ok();
      reply = client_.Run(database, R"({"getMore":{"$numberLong":")" + std::to_string(id) +
                                        R"("},"collection":"$cmd.listCollections"})");
      batch = "nextBatch";
    }
    return std::move(reply).status();
  }

  Status VerifyCollection(const std::string& database, const std::string& name) {
    std::string command = R"({"validate":)";
    json::WriteString(name, &command);
    Result<bson::Document> reply = client_.Run(database, command + R"(,"full":true})");
    const std::string prefix = "collection " + database + "." + name + ": ";
    if (reply.status().code() == ErrorCode::kNamespaceNotFound) return Status::Ok();
    if (reply.status().code() == ErrorCode::kHostUnreachable) return std::move(reply).status();
    ++collections_;
    if (!reply.ok()) {
      damages_.push_back(prefix + reply.status().message());
      return Status::Ok();
    }
    const bson::Value records = (*reply)["nrecords"];
    documents_ += records.type() == bson::Type::kInt64 ? records.AsInt64() : records.AsInt32();
    for (const bson::Element& error : (*reply)["errors"].AsView()) {
      damages_.push_back(prefix + std::string(error.value.AsString()));
    }
    return Status::Ok();
  }

  CommandClient client_;
  uint64_t collections_ = 0;
  int64_t documents_ = 0;
  std::vector<std::string> damages_;
};

}  // namespace

int RunVerify(const std::string& directory) {
  const Result<DirectoryReport> report = VerifyDirectory(directory);
  if (!report.ok()) return Fail("verify", report.status());
  std::printf("%" PRIu64 " files with %" PRIu64 " bytes\n", report->files, report->bytes);
  std::printf("%" PRIu64 " collections with %" PRId64 " documents and %" PRId64 " index entries\n",
              report->collections, report->documents, report->index_entries);
  if (report->oldest_commit == 0) {
    std::printf("the log of changes is empty; the newest commit is %" PRIu64 "\n",
                report->newest_commit);
  } else {
    std::printf("commits %" PRIu64 " to %" PRIu64 " in the log of changes\n", report->oldest_commit,
                report->newest_commit);
  }
  return Conclude(report->damages);
}

int RunVerify(const ServerUrl& server) {
  OnlineVerification verification(server);
  const Status status = verification.Run();
  if (!status.ok()) return Fail("verify", status);
  std::printf("%" PRIu64 " collections with %" PRId64 " documents\n", verification.collections(),
              verification.documents());
  std::puts(
      "files and the log of changes are checked when the server is stopped and its directory is "
      "given");
  return Conclude(verification.damages());
}

int RunRepair(const RepairOptions& options) {
  if (!options.accept_data_loss) {
    std::fputs(
        "cairn repair: makes a new store of what can be read, and cannot bring back the rest.\n"
        "Restore a backup if there is one; else say --accept-data-loss.\n",
        stderr);
    return kExitUsage;
  }
  const Result<DirectoryRepair> done = RepairDirectory(options.directory);
  if (!done.ok()) return Fail("repair", done.status());
  std::printf("%" PRIu64 " collections with %" PRIu64 " documents saved, %" PRIu64
              " indexes built anew\n",
              done->collections, done->documents, done->indexes);
  for (const std::string& lost : done->lost) std::printf("LOST %s\n", lost.c_str());
  if (done->lost.empty()) std::puts("nothing is lost but the log of changes, which begins anew");
  std::printf("the store as it was is in %s\n", done->damaged_directory.c_str());
  return kExitOk;
}

}  // namespace cairn::server
