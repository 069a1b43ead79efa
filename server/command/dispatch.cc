// SPDX-License-Identifier: Apache-2.0
// Dispatch: from a command's name to its reply.
#include "server/command/dispatch.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <new>
#include <utility>

#include "server/command/commands.h"
#include "server/command/cursor_table.h"
#include "server/command/parameters.h"
#include "server/command/slow_log.h"

namespace cairn::server {
namespace {

// Of a command that others leave too little memory for.
constexpr int kTriesMax = 4;
// Cursors that nobody has read for so long leave their memory to others.
constexpr int64_t kIdleMs = 10'000;
constexpr int64_t kUsPerMs = 1000;

void AppendErrorFields(const Status& status, bson::Builder* reply) {
  reply->AppendString("errmsg", status.message());
  reply->AppendInt32("code", static_cast<int32_t>(status.code()));
  reply->AppendString("codeName", ErrorName(status.code()));
}

int64_t NowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Whether a pipeline ends with a stage that writes.
bool WritesByPipeline(bson::View body) {
  const bson::Value pipeline = body["pipeline"];
  if (pipeline.type() != bson::Type::kArray) return false;
  std::string_view last;
  for (const bson::Element& stage : pipeline.AsView()) {
    if (stage.value.type() != bson::Type::kDocument || stage.value.AsView().empty()) continue;
    last = stage.value.AsView().begin()->name;
  }
  return last == "$out" || last == "$merge";
}

// Whether the command writes what clients keep here, which a lock of fsync forbids.
bool Writes(const CommandRow& command, bson::View body) {
  if (command.concerns == Concerns::kWrite || command.concerns == Concerns::kSchema) return true;
  return command.concerns == Concerns::kReadWrite && WritesByPipeline(body);
}

// The write concern of a command that brings none.
Status SetDefaults(const CommandRow& command, Invocation* invocation) {
  const bool takes_concern = command.concerns == Concerns::kWrite ||
                             command.concerns == Concerns::kSchema ||
                             command.concerns == Concerns::kReadWrite;
  if (!takes_concern || !invocation->body["writeConcern"].missing()) return Status::Ok();
  const std::optional<bson::Document> concern = invocation->state->default_write_concern();
  if (!concern) return Status::Ok();
  Result<WriteConcern> parsed = ParseWriteConcern(*concern);
  if (!parsed.ok()) return std::move(parsed).status();
  invocation->generic.write_concern = std::move(parsed).value();
  return Status::Ok();
}

Status CheckApi(const CommandRow& command, const GenericArguments& generic) {
  if (!generic.api_strict || IsInStableApi(command.name)) return Status::Ok();
  return Status(ErrorCode::kAPIStrictError, "Provided apiStrict:true, but the command " +
                                                std::string(command.name) +
                                                " is not in API Version 1");
}

// Whether the command finds what it works on, which may take any time.
bool Searches(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "aggregate", "count",   "delete",        "distinct",      "explain",
      "find",      "getMore", "findAndModify", "findandmodify", "update"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

// Whether it takes turns with others once it takes long.
bool TakesTurns(std::string_view name) { return Searches(name) || name == "bulkWrite"; }

bool NamesId(bson::Value filter) {
  if (filter.type() != bson::Type::kDocument || filter.AsView().empty()) return false;
  const bson::Element first = *filter.AsView().begin();
  if (first.name != "_id") return false;
  return first.value.type() != bson::Type::kDocument ||
         (!first.value.AsView().empty() && first.value.AsView().begin()->name == "$eq");
}

// Whether it finds what it works on by its _id, which is short.
bool FindsById(std::string_view name, bson::View body) {
  if (name == "find") return NamesId(body["filter"]);
  if (name == "findAndModify" || name == "findandmodify") return NamesId(body["query"]);
  if (name != "update" && name != "delete") return false;
  const bson::Value statements = body[name == "update" ? "updates" : "deletes"];
  return statements.type() == bson::Type::kArray &&
         std::ranges::all_of(statements.AsView(), [](const bson::Element& statement) {
           return statement.value.type() == bson::Type::kDocument &&
                  NamesId(statement.value.AsView()["q"]);
         });
}

// Whether a command that has failed leaves nothing behind.
bool CanBeginAgain(std::string_view name, bson::View body) {
  static constexpr std::string_view kNames[] = {"aggregate", "count", "distinct", "find"};
  return std::ranges::find(kNames, name) != std::end(kNames) && !WritesByPipeline(body);
}

// Looks the command up, reads what any command may carry, and runs it.
Status Run(Invocation* invocation, bson::Builder* reply) {
  Result<const CommandRow*> row = FindCommand(invocation->name);
  if (!row.ok()) return std::move(row).status();
  const CommandRow& command = **row;
  if (command.admin_only && invocation->database_name != "admin") {
    return Status(ErrorCode::kUnauthorized,
                  std::string(command.name) + " may only be run against the admin database.");
  }
  Result<GenericArguments> generic =
      ParseGenericArguments(invocation->body, invocation->database_name, command.concerns);
  if (!generic.ok()) return std::move(generic).status();
  invocation->generic = std::move(generic).value();
  Status defaulted = SetDefaults(command, invocation);
  if (!defaulted.ok()) return defaulted;
  Status in_api = CheckApi(command, invocation->generic);
  if (!in_api.ok()) return in_api;
  if (invocation->state->fsync_locks.load(std::memory_order_relaxed) > 0 &&
      Writes(command, invocation->body)) {
    return Status(ErrorCode::kLockTimeout, "writes are locked by fsync, until fsyncUnlock");
  }
  if (Searches(invocation->name) && !FindsById(invocation->name, invocation->body)) {
    Status room = invocation->operation->AwaitRoom();
    if (!room.ok()) return room;
  }
  return command.run(invocation, reply);
}

// The collection that the command is about, as far as its first field tells.
std::string_view CollectionName(const Invocation& invocation) {
  const bson::Value target =
      invocation.name == "getMore" ? invocation.body["collection"] : invocation.target();
  return target.type() == bson::Type::kString ? target.AsString() : std::string_view();
}

// The time that the command as a whole may take; 0: no limit. Of a getMore, maxTimeMS says how long
// it may wait.
int64_t WholeTimeMs(const Invocation& invocation) {
  const bson::Value given = invocation.body["maxTimeMS"];
  if (!given.IsNumber() || invocation.name == "getMore") return 0;
  return std::max<int64_t>(ToInt64(given), 0);
}

// Whether the command ends when its client has gone. What inserts or changes a collection goes on,
// so that it is not left half done for want of a listener; an update or a delete of many documents
// is asked for by what it finds, and can be sent again.
bool StopsWithClient(std::string_view name, bson::View body) {
  return Searches(name) && !WritesByPipeline(body);
}

// As how many operations it counts.
int64_t TotalOf(const Invocation& invocation, OperationKind kind) {
  if (kind != OperationKind::kInsert) return 1;
  const bson::Value documents = invocation.body["documents"];
  if (documents.type() != bson::Type::kArray) return 1;
  const bson::View each = documents.AsView();
  return std::distance(each.begin(), each.end());
}

// What is remembered of a command that is over.
void Remember(const Invocation& invocation, const Status& status, size_t reply_bytes) {
  ProfiledOperation operation;
  operation.kind = KindOf(invocation.name);
  const std::string_view collection = CollectionName(invocation);
  if (!collection.empty()) operation.ns = Namespace(invocation.database_name, collection);
  operation.time_us = invocation.took_us;
  invocation.state->usage.Add(operation.kind, operation.ns, operation.time_us,
                              TotalOf(invocation, operation.kind));
  if (!invocation.state->profiles.Active()) return;
  if (collection.empty()) operation.ns = Namespace(invocation.database_name, "$cmd");
  operation.reply_bytes = reply_bytes;
  operation.status = status;
  Profile(invocation, operation);
}

// The edge for exceptions of libraries and the allocator; their texts stay here.
Status RunCatching(Invocation* invocation, bson::Builder* reply) {
  try {
    return Run(invocation, reply);
  } catch (const std::bad_alloc&) {
    return Status(ErrorCode::kExceededMemoryLimit, "not enough memory for this command");
  } catch (const std::exception&) {
    return Status(ErrorCode::kInternalError, "the command failed by an error of the server");
  }
}

// What the client waits for: its own word, else the server's.
bool WaitsForSync(const WriteConcern& concern, Durability otherwise) {
  if (concern.journaled) return *concern.journaled;
  return concern.acknowledged && otherwise == Durability::kJournaled;
}

}  // namespace

Dispatcher::Dispatcher(Database* database, const DispatcherOptions& options)
    : database_(database),
      options_(options),
      cursors_(std::make_unique<CursorTable>()),
      state_(options.state != nullptr ? options.state
                                      : std::make_shared<ServerState>(ServerOptions{})) {}

Dispatcher::~Dispatcher() = default;

CommandReply Dispatcher::Dispatch(const Command& command, const Client& client) {
  const bson::View body = command.body;
  if (body.empty()) {
    return EncodeError(Status(ErrorCode::kCommandNotFound, "no such command: ''"));
  }
  MemoryShare memory(MemoryShare::Use::kPassing);
  Invocation invocation;
  invocation.memory = &memory;
  invocation.began_bytes = WorkMemory::thread_bytes();
  invocation.database = database_;
  invocation.cursors = cursors_.get();
  invocation.state = state_.get();
  invocation.client = &client;
  invocation.database_name = command.database;
  invocation.name = body.begin()->name;
  invocation.body = body;

  const Operation operation(
      database_,
      {.kind = KindName(KindOf(invocation.name)),
       .database = command.database,
       .collection = CollectionName(invocation),
       .client = client.address,
       .command = body,
       .max_time_ms = WholeTimeMs(invocation),
       .turns = TakesTurns(invocation.name) ? options_.turns : nullptr,
       .can_begin_again = CanBeginAgain(invocation.name, body),
       .stop = StopsWithClient(invocation.name, body) ? client.gone : std::stop_token()});
  invocation.operation = &operation;
  if (options_.slow_ms < 0) return Answer(&invocation);
  OperationProfile profile;
  CommandReply answer;
  {
    const Profiling profiling(&profile, options_.slow_ms);
    answer = Answer(&invocation);
  }
  const int64_t took = invocation.took_us / kUsPerMs;
  if (took >= options_.slow_ms) {
    LogSlowOperation(options_.log, command.database, body, profile, took, answer.body);
  }
  return answer;
}

CommandReply Dispatcher::Answer(Invocation* running) const {
  Invocation& invocation = *running;
  const int64_t began_us = NowUs();
  bson::Builder reply;
  Status status = RunCatching(&invocation, &reply);
  for (int tries = 1; status.code() == ErrorCode::kTemporarilyUnavailable && tries < kTriesMax &&
                      CanBeginAgain(invocation.name, invocation.body);
       ++tries) {
    invocation.memory->Release();
    reply = bson::Builder();
    cursors_->CloseIdle(kIdleMs);
    invocation.began_bytes = WorkMemory::thread_bytes();
    status = invocation.operation->AwaitAnotherTry();
    if (!status.ok()) break;  // It has waited for as long as may be.
    status = RunCatching(&invocation, &reply);
  }
  invocation.took_us = NowUs() - began_us;
  Remember(invocation, status, reply.size());
  if (!status.ok()) return EncodeError(status);
  const WriteConcern& concern = invocation.generic.write_concern;
  if (!concern.unsatisfiable.ok()) {
    reply.OpenDocument("writeConcernError");
    AppendErrorFields(concern.unsatisfiable, &reply);
    reply.Close();
  }
  CommandReply answer;
  answer.memory = std::move(*invocation.memory);
  if (invocation.integer_ok) {
    reply.AppendInt32("ok", 1);
  } else {
    reply.AppendDouble("ok", 1.0);
  }
  answer.body = reply.Finish();
  if (invocation.commit != 0) {
    const bool waits = WaitsForSync(concern, options_.durability);
    answer.durability = waits ? Durability::kJournaled : Durability::kRelaxed;
    if (waits) answer.held_for = invocation.commit;
  }
  return answer;
}

CommandReply EncodeError(const Status& status) {
  bson::Builder reply;
  reply.AppendDouble("ok", 0.0);
  AppendErrorFields(status, &reply);
  if (!status.details().empty()) {
    for (const bson::Element& detail : bson::View(status.details().data())) {
      if (detail.name == "ok" || detail.name == "errmsg" || detail.name == "code" ||
          detail.name == "codeName") {
        continue;
      }
      reply.Append(detail.name, detail.value);
    }
  }
  return {.body = reply.Finish(), .code = status.code()};
}

Result<std::string_view> TargetName(const Invocation& invocation) {
  const bson::Value target = invocation.target();
  if (target.type() != bson::Type::kString) {
    return Status(ErrorCode::kInvalidNamespace,
                  "collection name has invalid type " + std::string(bson::TypeName(target.type())));
  }
  const std::string_view name = target.AsString();
  if (name.empty()) {
    return Status(ErrorCode::kInvalidNamespace,
                  "Invalid namespace specified '" + std::string(invocation.database_name) + ".'");
  }
  return name;
}

Result<Collection> TargetCollection(const Invocation& invocation) {
  Result<std::string_view> name = TargetName(invocation);
  if (!name.ok()) return std::move(name).status();
  return invocation.database->GetCollection(invocation.database_name, *name);
}

int64_t MaxTimeMs(const Invocation& invocation) {
  return invocation.generic.max_time_ms.value_or(kDefaultMaxTimeMs);
}

void AppendCount(std::string_view name, int64_t count, bson::Builder* reply) {
  if (count <= std::numeric_limits<int32_t>::max()) {
    reply->AppendInt32(name, static_cast<int32_t>(count));
  } else {
    reply->AppendInt64(name, count);
  }
}

std::string Namespace(std::string_view database, std::string_view collection) {
  std::string ns(database);
  ns += '.';
  ns += collection;
  return ns;
}

}  // namespace cairn::server
