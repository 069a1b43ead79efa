// SPDX-License-Identifier: Apache-2.0
#include "server/cli/verify.h"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "cairn/json.h"
#include "cairn/maintenance.h"
#include "server/cli/command_client.h"
#include "server/cli/exit_code.h"

namespace cairn::server {
namespace {

/// A large collection takes its time, and nothing can be said before its end.
constexpr std::chrono::seconds kReplyTime = std::chrono::hours(24);

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

int Show(const DirectoryReport& report) {
  std::printf("%" PRIu64 " files with %" PRIu64 " bytes\n", report.files, report.bytes);
  std::printf("%" PRIu64 " collections with %" PRId64 " documents and %" PRId64 " index entries\n",
              report.collections, report.documents, report.index_entries);
  if (report.oldest_commit == 0) {
    std::printf("the log of changes is empty; the newest commit is %" PRIu64 "\n",
                report.newest_commit);
  } else {
    std::printf("commits %" PRIu64 " to %" PRIu64 " in the log of changes\n", report.oldest_commit,
                report.newest_commit);
  }
  return Conclude(report.damages);
}

uint64_t NumberOf(bson::Value value) {
  if (value.type() == bson::Type::kInt64) return static_cast<uint64_t>(value.AsInt64());
  return value.type() == bson::Type::kInt32 ? static_cast<uint64_t>(value.AsInt32()) : 0;
}

// A running server, by its own commands.
class OnlineVerification {
 public:
  explicit OnlineVerification(const ServerUrl& server) : client_(server, kReplyTime) {}

  Status Run() {
    Status status = VerifyParts();
    if (!status.ok()) return status;
    Result<bson::Document> databases =
        client_.Run("admin", R"({"listDatabases":1,"nameOnly":true})");
    if (!databases.ok()) return std::move(databases).status();
    for (const bson::Element& one : (*databases)["databases"].AsView()) {
      status = VerifyDatabase(std::string(one.value.AsView()["name"].AsString()));
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }
  /// `damages` is complete when Run was ok.
  const DirectoryReport& report() const { return report_; }

 private:
  // What lies under the collections.
  Status VerifyParts() {
    std::string command = R"({"verifyStore":1})";
    while (true) {
      const Result<bson::Document> part = client_.Run("admin", command);
      if (!part.ok()) return part.status();
      report_.files += NumberOf((*part)["files"]);
      report_.bytes += NumberOf((*part)["bytes"]);
      const uint64_t oldest = NumberOf((*part)["oldestCommit"]);
      if (report_.oldest_commit == 0) report_.oldest_commit = oldest;
      report_.newest_commit = std::max(report_.newest_commit, NumberOf((*part)["newestCommit"]));
      for (const bson::Element& damage : (*part)["damages"].AsView()) {
        report_.damages.emplace_back(damage.value.AsString());
      }
      const bson::Value next = (*part)["next"];
      if (next.missing()) return Status::Ok();
      command = R"({"verifyStore":1,"from":)";
      json::WriteString(next.AsString(), &command);
      command += "}";
    }
  }

  Status VerifyDatabase(const std::string& database) {
    // More collections than a batch holds come with getMore, as in every cursor.
    Result<bson::Document> reply =
        client_.Run(database, R"({"listCollections":1,"nameOnly":true,"cursor":{}})");
    const char* batch = "firstBatch";
    while (reply.ok()) {
      const bson::View cursor = (*reply)["cursor"].AsView();
      for (const bson::Element& one : cursor[batch].AsView()) {
        const bson::View collection = one.value.AsView();
        if (collection["type"].AsString() == "view") continue;
        Status status = VerifyCollection(database, std::string(collection["name"].AsString()));
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
    ++report_.collections;
    if (!reply.ok()) {
      report_.damages.push_back(prefix + reply.status().message());
      return Status::Ok();
    }
    report_.documents += static_cast<int64_t>(NumberOf((*reply)["nrecords"]));
    for (const bson::Element& keys : (*reply)["keysPerIndex"].AsView()) {
      report_.index_entries += static_cast<int64_t>(NumberOf(keys.value));
    }
    for (const bson::Element& error : (*reply)["errors"].AsView()) {
      report_.damages.push_back(prefix + std::string(error.value.AsString()));
    }
    return Status::Ok();
  }

  CommandClient client_;
  DirectoryReport report_;
};

}  // namespace

int RunVerify(const std::string& directory) {
  const Result<DirectoryReport> report = VerifyDirectory(directory);
  if (report.ok()) return Show(*report);
  const int code = Fail("verify", report.status());
  if (report.status().code() == ErrorCode::kStoreLocked) {
    std::fputs("A running server is checked with `cairn verify http://HOST:PORT`.\n", stderr);
  }
  return code;
}

int RunVerify(const ServerUrl& server) {
  OnlineVerification verification(server);
  const Status status = verification.Run();
  if (!status.ok()) return Fail("verify", status);
  return Show(verification.report());
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
  if (done.status().code() == ErrorCode::kOutOfDiskSpace) {
    std::fputs("cairn repair: there is no space for the second copy that a repair makes.\n",
               stderr);
    return kExitFailure;
  }
  if (!done.ok()) return Fail("repair", done.status());
  std::printf("%" PRIu64 " collections with %" PRIu64 " documents saved, %" PRIu64
              " indexes built anew\n",
              done->collections, done->documents, done->indexes);
  for (const std::string& one : done->damages) std::printf("DAMAGED %s\n", one.c_str());
  for (const std::string& one : done->lost) std::printf("LOST %s\n", one.c_str());
  if (done->lost.empty()) std::puts("nothing is lost but the log of changes, which begins anew");
  std::printf("the store as it was is in %s\n", done->damaged_directory.c_str());
  return kExitOk;
}

}  // namespace cairn::server
