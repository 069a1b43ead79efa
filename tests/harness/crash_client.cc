// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/crash_client.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cairn/json.h"

namespace cairn::harness {
namespace {

constexpr int64_t kSlots = 120;  // documents of one client
constexpr size_t kBulkMax = 20;
constexpr uint64_t kUniqueTexts = 4000;

std::string LongText(int64_t number) {
  return R"({"$numberLong":")" + std::to_string(number) + "\"}";
}

// The version without its _id, which an update leaves alone.
std::string FieldsOf(const std::string& document) {
  return "{" + document.substr(document.find(',') + 1);
}

}  // namespace

void CrashWork::AddViolation(std::string what) {
  const std::lock_guard lock(mutex_);
  if (violation_.empty()) violation_ = std::move(what);
}

std::string CrashWork::violation() {
  const std::lock_guard lock(mutex_);
  return violation_;
}

void CrashClient::Run(const server::Address& address, uint64_t seed) {
  random_.seed(seed);
  client_ = std::make_unique<server::CommandClient>(address);
  while (Step()) {
  }
  client_.reset();
}

bool CrashClient::Step() {
  const uint64_t what = Draw(100);
  const size_t count = Draw(4) == 0 ? 2 + Draw(kBulkMax - 1) : 1;
  if (what < 12) return Race();
  if (what < 50) return Write(Kind::kInsert, count, Draw(2) == 0);
  if (what < 78) return Write(Kind::kUpdate, count, Draw(2) == 0);
  if (what < 90) return Write(Kind::kDelete, count, Draw(2) == 0);
  return FindAndModify();
}

std::vector<int64_t> CrashClient::DrawIds(bool present, size_t count) {
  std::vector<int64_t> ids;
  const uint64_t start = Draw(kSlots);
  for (int64_t i = 0; i < kSlots && ids.size() < count; ++i) {
    const int64_t id = number_ * kIdsPerClient + (static_cast<int64_t>(start) + i * 7) % kSlots;
    if (record_.Known(id).has_value() == present) ids.push_back(id);
  }
  return ids;
}

// Canonical Extended JSON, as the server gives it back.
std::string CrashClient::MakeDocument(int64_t id) {
  bson::Builder builder;
  builder.AppendInt64("_id", id);
  builder.AppendInt64("t", number_ * int64_t{1'000'000'000} + ++versions_);
  builder.AppendString("u", "u" + std::to_string(Draw(kUniqueTexts)));
  builder.AppendInt32("a", static_cast<int32_t>(Draw(50)));
  builder.OpenArray("tags");
  for (uint64_t i = Draw(4); i > 0; --i) {
    builder.AppendInt32(builder.NextIndex(), static_cast<int32_t>(Draw(20)));
  }
  builder.Close();
  std::string padding(Draw(Draw(40) == 0 ? 20000 : 300), '\0');
  for (char& c : padding) c = static_cast<char>('a' + Draw(26));
  builder.AppendString("p", padding);
  std::string text;
  json::Write(builder.Finish(), json::Format::kCanonical, &text);
  return text;
}

bool CrashClient::Race() {
  const int64_t id = work_.races.NextId();
  const Answer answer =
      Send(std::string(R"({"insert":")") + kCrashRaces + R"(","documents":[{"_id":)" +
           LongText(id) + R"(,"by":)" + std::to_string(number_) + "}]}");
  if (answer.lost) {
    work_.races.LeaveUnknown(id, number_);
    return false;
  }
  if (answer.done == 1) {
    work_.races.Win(id, number_);
    ++work_.acknowledged;
    ++work_.documents;
  } else {
    work_.races.Lose(id);
    ++work_.refused;
  }
  return true;
}

bool CrashClient::Write(Kind kind, size_t count, bool ordered) {
  std::vector<Intent> intents;
  for (const int64_t id : DrawIds(kind != Kind::kInsert, count)) {
    intents.push_back({id, kind == Kind::kDelete ? Version() : Version(MakeDocument(id))});
  }
  if (intents.empty()) return true;
  const Answer answer = Send(CommandFor(kind, intents, ordered));
  return Settle(kind, std::move(intents), ordered, answer);
}

bool CrashClient::FindAndModify() {
  const std::vector<int64_t> ids = DrawIds(true, 1);
  if (ids.empty()) return true;
  const Intent intent{ids[0], MakeDocument(ids[0])};
  const Answer answer =
      Send(std::string(R"({"findAndModify":")") + kCrashMain + R"(","query":{"_id":)" +
           LongText(intent.id) + R"(},"update":{"$set":)" + FieldsOf(*intent.after) + "}}");
  return Settle(Kind::kUpdate, {intent}, true, answer);
}

std::string CrashClient::CommandFor(Kind kind, const std::vector<Intent>& intents, bool ordered) {
  constexpr const char* kNames[] = {"insert", "update", "delete"};
  constexpr const char* kLists[] = {"documents", "updates", "deletes"};
  const auto which = static_cast<size_t>(kind);
  std::string command =
      std::string("{\"") + kNames[which] + "\":\"" + kCrashMain + "\",\"" + kLists[which] + "\":[";
  for (const Intent& intent : intents) {
    if (command.back() != '[') command += ',';
    const std::string query = R"({"q":{"_id":)" + LongText(intent.id) + "},";
    switch (kind) {
      case Kind::kInsert:
        command += *intent.after;
        break;
      case Kind::kUpdate:
        command += query;
        command += Draw(2) == 0 ? R"("u":)" + *intent.after + "}"
                                : R"("u":{"$set":)" + FieldsOf(*intent.after) + "}}";
        break;
      case Kind::kDelete:
        command += query + R"("limit":1})";
        break;
    }
  }
  return command + "],\"ordered\":" + (ordered ? "true" : "false") + "}";
}

CrashClient::Answer CrashClient::Send(const std::string& command) {
  Answer answer;
  const Result<bson::Document> reply = client_->Run(kCrashDatabase, command);
  if (!reply.ok()) {
    if (reply.status().code() == ErrorCode::kDuplicateKey) {  // of findAndModify
      answer.duplicates.push_back(0);
      return answer;
    }
    answer.lost = true;
    ++work_.unknown;
    if (reply.status().code() != ErrorCode::kHostUnreachable) {
      work_.AddViolation("a write failed: " + reply.status().ToString());
    }
    return answer;
  }
  const bson::Value n = (*reply)["n"];
  const bson::Value last = (*reply)["lastErrorObject"];
  answer.done = static_cast<size_t>(last.missing() ? n.AsInt32() : last.AsView()["n"].AsInt32());
  const bson::Value errors = (*reply)["writeErrors"];
  if (errors.missing()) return answer;
  for (const bson::Element& error : errors.AsView()) {
    const bson::View one = error.value.AsView();
    answer.duplicates.push_back(static_cast<size_t>(one["index"].AsInt32()));
    if (one["code"].AsInt32() != static_cast<int>(ErrorCode::kDuplicateKey)) {
      work_.AddViolation("a write failed: " + json::ToJson(*reply));
    }
  }
  return answer;
}

bool CrashClient::Settle(Kind kind, std::vector<Intent> intents, bool ordered,
                         const Answer& answer) {
  if (answer.lost) {
    record_.LeaveUnknown(std::move(intents), ordered && kind == Kind::kInsert);
    return false;
  }
  work_.refused += answer.duplicates.size();
  size_t done = 0;
  for (size_t i = 0; i < intents.size(); ++i) {
    const auto& duplicates = answer.duplicates;
    if (std::find(duplicates.begin(), duplicates.end(), i) != duplicates.end()) {
      if (ordered) break;
      continue;
    }
    record_.Acknowledge(intents[i]);
    ++done;
  }
  if (done != answer.done) {
    work_.AddViolation("client " + std::to_string(number_) + ", _id " +
                       std::to_string(intents[0].id) + ": " + std::to_string(done) +
                       " documents should have been written, but the reply says " +
                       std::to_string(answer.done));
  }
  work_.acknowledged += done > 0 ? 1 : 0;
  work_.documents += done;
  return true;
}

}  // namespace cairn::harness
