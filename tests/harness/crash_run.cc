// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/crash_run.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "cairn/json.h"
#include "engine/base/try.h"

namespace cairn::harness {
namespace {

using server::CommandClient;
using SteadyClock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr uint64_t kCyclesPerDirectory = 10;
constexpr uint64_t kWriteMsMin = 300;
constexpr uint64_t kWriteMsMore = 250;
constexpr double kAcknowledgedPerSecondMin = 100;
constexpr uint64_t kOpeningMs = 60;  // about what opening takes
constexpr const char* kComeAndGo[] = {"t", "p", "tags", "nowhere"};

// Every document of a collection, in the order of _id.
Result<std::vector<bson::Document>> FindAll(CommandClient* client, const std::string& name) {
  std::vector<bson::Document> found;
  CAIRN_TRY_ASSIGN(bson::Document reply,
                   client->Run(kCrashDatabase, R"({"find":")" + name + R"(","batchSize":5000})"));
  for (const char* batch = "firstBatch";; batch = "nextBatch") {
    const bson::View cursor = reply["cursor"].AsView();
    for (const bson::Element& one : cursor[batch].AsView()) {
      found.emplace_back(one.value.AsView());
    }
    const int64_t id = cursor["id"].AsInt64();
    if (id == 0) return found;
    const std::string more = R"({"getMore":{"$numberLong":")" + std::to_string(id) +
                             R"("},"collection":")" + name + "\"}";
    CAIRN_TRY_ASSIGN(reply, client->Run(kCrashDatabase, more));
  }
}

std::string IndexOn(const std::string& field, bool unique) {
  return R"({"key":{")" + field + R"(":1},"name":")" + field + "\"" +
         (unique ? R"(,"unique":true)" : "") + "}";
}

}  // namespace

std::string CrashRun::directory() const {
  return scratch_ == nullptr ? "" : scratch_->path().string();
}

std::string CrashRun::Run() {
  while (figures_.cycles < options_.cycles) {
    if (cycles_left_ == 0) {
      std::string wrong = NewDirectory();
      if (!wrong.empty()) return wrong;
    }
    --cycles_left_;
    const std::string wrong = Cycle();
    if (!wrong.empty()) return "cycle " + std::to_string(figures_.cycles + 1) + ": " + wrong;
    if (figures_.void_cycles > 10 + options_.cycles) return "too many void cycles";
  }
  return {};
}

std::string CrashRun::NewDirectory() {
  server_ = std::make_unique<server::RunningServer>();
  scratch_ = std::make_unique<server::TemporaryDirectory>();
  work_ = std::make_unique<CrashWork>();
  clients_.clear();
  for (int i = 0; i < options_.clients; ++i) {
    clients_.push_back(std::make_unique<CrashClient>(i + 1, work_.get()));
  }
  indexes_ = {};
  files_ = {};
  cycles_left_ = kCyclesPerDirectory;
  ++figures_.directories;
  std::string wrong = Start();
  if (!wrong.empty()) return wrong;
  CommandClient client(server_->address());
  for (const std::string& command :
       {std::string(R"({"createIndexes":")") + kCrashMain + R"(","indexes":[)" +
            IndexOn("u", true) + "," + IndexOn("a", false) + "]}",
        std::string(R"({"create":")") + kCrashRaces + "\"}"}) {
    const auto done = client.Run(kCrashDatabase, command);
    if (!done.ok()) return "cannot prepare: " + done.status().ToString();
  }
  return {};
}

std::string CrashRun::Start() {
  const auto begun = SteadyClock::now();
  // Small caches: tables, flushes and several logs within a short time.
  if (!server_->Start({*scratch_ / "data", "--memory-mb", "128"})) {
    return "the server does not start: " + server_->error();
  }
  const double ms = Milliseconds(SteadyClock::now() - begun).count();
  figures_.ready_ms_max = std::max(figures_.ready_ms_max, ms);
  figures_.ready_ms_total += ms;
  ++figures_.ready_count;
  return {};
}

std::string CrashRun::Cycle() {
  const uint64_t acknowledged = work_->acknowledged;
  const double seconds = WriteAndKill();
  const uint64_t more = work_->acknowledged - acknowledged;
  if (std::string wrong = work_->violation(); !wrong.empty()) return wrong;
  const kv::CommitNumber commits = files_.commits();
  std::string wrong = files_.Check(*scratch_ / "data");
  if (!wrong.empty()) return "the directory: " + wrong;
  figures_.commits += files_.commits() - commits;
  if (Draw(4) == 0) {
    ++figures_.killed_openings;
    server_->Launch({*scratch_ / "data", "--memory-mb", "128"});
    std::this_thread::sleep_for(std::chrono::milliseconds(Draw(kOpeningMs)));
    server_->Stop(SIGKILL);
  }
  wrong = Start();
  if (wrong.empty()) wrong = CheckServer();
  if (!wrong.empty()) return wrong;
  if (static_cast<double>(more) < kAcknowledgedPerSecondMin * seconds) {
    ++figures_.void_cycles;
    return {};
  }
  ++figures_.cycles;
  figures_.writing_s += seconds;
  figures_.acknowledged += more;
  figures_.documents += work_->documents.exchange(0);
  figures_.refused += work_->refused.exchange(0);
  figures_.unknown += work_->unknown.exchange(0);
  return {};
}

// How long the clients wrote.
double CrashRun::WriteAndKill() {
  const auto begun = SteadyClock::now();
  std::vector<std::thread> threads;
  for (const auto& client : clients_) {
    threads.emplace_back(
        [&client, address = server_->address(), seed = random_()] { client->Run(address, seed); });
  }
  threads.emplace_back([this] { BuildIndexes(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(kWriteMsMin + Draw(kWriteMsMore)));
  server_->Stop(SIGKILL);
  const std::chrono::duration<double> took = SteadyClock::now() - begun;
  for (std::thread& thread : threads) thread.join();
  return took.count();
}

void CrashRun::BuildIndexes() {
  CommandClient client(server_->address());
  for (uint64_t i = figures_.index_builds;; ++i) {
    const std::string name = kComeAndGo[i % std::size(kComeAndGo)];
    const bool there = indexes_.there(name);
    const std::string command =
        there ? std::string(R"({"dropIndexes":")") + kCrashMain + R"(","index":")" + name + "\"}"
              : std::string(R"({"createIndexes":")") + kCrashMain + R"(","indexes":[)" +
                    IndexOn(name, false) + "]}";
    const auto done = client.Run(kCrashDatabase, command);
    // An interrupted build that is done anew may have been faster, or an unknown drop.
    if (done.status().code() == ErrorCode::kIndexNotFound && indexes_.unknown(name)) {
      indexes_.Drop(name);
      continue;
    }
    if (!done.ok()) {
      indexes_.LeaveUnknown(name);
      if (done.status().code() != ErrorCode::kHostUnreachable) {
        work_->AddViolation("an index cannot be built or dropped: " + done.status().ToString());
      }
      return;
    }
    ++figures_.index_builds;
    if (there) {
      indexes_.Drop(name);
    } else {
      indexes_.Build(name);
    }
  }
}

std::string CrashRun::CheckServer() {
  CommandClient client(server_->address());
  size_t documents = 0;
  std::string wrong = CheckMain(&client, &documents);
  if (wrong.empty()) wrong = CheckIndexes(&client);
  if (wrong.empty()) wrong = CheckCollection(&client, kCrashMain, documents);
  if (wrong.empty()) wrong = CheckRaces(&client, &documents);
  if (wrong.empty()) wrong = CheckCollection(&client, kCrashRaces, documents);
  return wrong;
}

std::string CrashRun::CheckMain(CommandClient* client, size_t* count) {
  const auto found = FindAll(client, kCrashMain);
  if (!found.ok()) return "reading: " + found.status().ToString();
  *count = found->size();
  std::map<int64_t, std::map<int64_t, std::string>> seen;  // by client
  std::set<std::string> unique;
  for (const bson::Document& document : *found) {
    const int64_t id = document["_id"].AsInt64();
    std::string text;
    json::Write(document, json::Format::kCanonical, &text);
    seen[id / kIdsPerClient].emplace(id, std::move(text));
    if (!unique.emplace(document["u"].AsString()).second) {
      return "_id " + std::to_string(id) + " shares its unique value";
    }
  }
  for (size_t i = 0; i < clients_.size(); ++i) {
    std::string wrong = clients_[i]->record().Check(seen[static_cast<int64_t>(i) + 1]);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

std::string CrashRun::CheckRaces(CommandClient* client, size_t* count) {
  const auto found = FindAll(client, kCrashRaces);
  if (!found.ok()) return "reading races: " + found.status().ToString();
  *count = found->size();
  std::map<int64_t, int> seen;
  for (const bson::Document& document : *found) {
    if (!seen.emplace(document["_id"].AsInt64(), document["by"].AsInt32()).second) {
      return "a race's document is there twice";
    }
  }
  return work_->races.Check(seen);
}

std::string CrashRun::CheckCollection(CommandClient* client, const std::string& name,
                                      size_t count) {
  const auto counted = client->Run(kCrashDatabase, R"({"count":")" + name + "\"}");
  if (!counted.ok()) return "counting: " + counted.status().ToString();
  const auto expected = static_cast<int32_t>(count);
  if ((*counted)["n"].AsInt32() != expected) {
    return name + " counts " + std::to_string((*counted)["n"].AsInt32()) + " and has " +
           std::to_string(count) + " documents";
  }
  const auto valid = client->Run(kCrashDatabase, R"({"validate":")" + name + R"(","full":true})");
  if (!valid.ok()) return "validating: " + valid.status().ToString();
  if (!(*valid)["valid"].AsBool() || (*valid)["nrecords"].AsInt32() != expected) {
    return name + " is not valid: " + json::ToJson(*valid);
  }
  // One entry a document, but for the index on an array.
  for (const bson::Element& index : (*valid)["keysPerIndex"].AsView()) {
    if (index.name != "tags" && index.value.AsInt32() != expected) {
      return name + " has " + std::to_string(count) + " documents, but index " +
             std::string(index.name) + " has " + std::to_string(index.value.AsInt32()) + " entries";
    }
  }
  return {};
}

std::string CrashRun::CheckIndexes(CommandClient* client) {
  const auto listed =
      client->Run(kCrashDatabase, std::string(R"({"listIndexes":")") + kCrashMain + "\"}");
  if (!listed.ok()) return "listing indexes: " + listed.status().ToString();
  std::set<std::string> seen;
  for (const bson::Element& one : (*listed)["cursor"].AsView()["firstBatch"].AsView()) {
    const std::string name(one.value.AsView()["name"].AsString());
    if (name != "_id_" && name != "u" && name != "a") seen.insert(name);
  }
  return indexes_.Check(seen);
}

}  // namespace cairn::harness
