// SPDX-License-Identifier: Apache-2.0
// The database profiler: {profile: level, slowms, sampleRate, filter}, and what it records in
// system.profile, a capped collection of the database.
#include <chrono>
#include <limits>
#include <random>
#include <string>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

constexpr std::string_view kCollection = "system.profile";
constexpr int64_t kCollectionBytes = int64_t{1} << 20;
// A longer command is recorded without its arguments.
constexpr size_t kCommandBytesMax = 4096;
constexpr int32_t kLevelMax = 2;

// table: sorted
constexpr Parameter kParameters[] = {
    {"filter", Use::kOptional, Accepts::kStringOrObject},
    {"sampleRate", Use::kOptional, Accepts::kInteger},
    {"slowms", Use::kOptional, Accepts::kInteger},
};
static_assert(IsSorted(kParameters));

double AsDouble(bson::Value number) {
  switch (number.type()) {
    case bson::Type::kDouble:
      return number.AsDouble();
    case bson::Type::kDecimal128:
      return std::stod(number.AsDecimal128().ToString());
    default:
      return static_cast<double>(ToInt64(number));
  }
}

// The filter as it is shown: an equality that is only a value becomes {$eq: value}.
bson::Document WithOperators(bson::View filter) {
  bson::Builder out;
  for (const bson::Element& clause : filter) {
    const bool nested = clause.value.type() == bson::Type::kDocument &&
                        !clause.value.AsView().empty() &&
                        clause.value.AsView().begin()->name.starts_with('$');
    if (clause.name.starts_with('$') || nested || clause.value.type() == bson::Type::kRegex) {
      out.Append(clause.name, clause.value);
    } else {
      out.OpenDocument(clause.name).Append("$eq", clause.value).Close();
    }
  }
  return out.Finish();
}

Status SetFilter(bson::Value value, ProfileSettings* settings) {
  if (value.missing()) return Status::Ok();
  if (value.type() == bson::Type::kString) {
    if (value.AsString() != "unset") {
      return Status(ErrorCode::kBadValue, "Expected an object, or the string 'unset'.");
    }
    settings->filter.reset();
    return Status::Ok();
  }
  Result<Filter> parsed = Filter::Parse(value.AsView());
  if (!parsed.ok()) return std::move(parsed).status();
  settings->filter = WithOperators(value.AsView());
  return Status::Ok();
}

bool Chance(double rate) {
  if (rate >= 1) return true;
  thread_local std::minstd_rand random{std::random_device()()};
  return std::uniform_real_distribution<double>(0, 1)(random) < rate;
}

bool IsWanted(const ProfileSettings& settings, const bson::Document& entry, int64_t millis) {
  if (settings.level == 0) return false;
  if (settings.level == kLevelMax) return true;
  if (settings.filter) {
    Result<Filter> filter = Filter::Parse(*settings.filter);
    if (!filter.ok()) return false;
    Result<bool> matches = filter->Matches(entry);
    return matches.ok() && *matches;
  }
  return millis > settings.slow_ms && Chance(settings.sample_rate);
}

}  // namespace

Status RunProfile(Invocation* invocation, bson::Builder* reply) {
  const bson::Value target = invocation->target();
  if (target.IsNullish()) return MissingField("profile", "profile");
  Status type = CheckType("profile.profile", target, Accepts::kInteger);
  if (!type.ok()) return type;
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  const ProfileSettings was = invocation->state->profiles.Get(invocation->database_name);
  ProfileSettings settings = was;
  const int64_t level = ToInt64(target);
  if (level >= 0 && level <= kLevelMax) settings.level = static_cast<int32_t>(level);
  if (arguments->Has("slowms")) settings.slow_ms = ToInt64((*arguments)["slowms"]);
  if (arguments->Has("sampleRate")) {
    settings.sample_rate = AsDouble((*arguments)["sampleRate"]);
    if (!(settings.sample_rate >= 0 && settings.sample_rate <= 1)) {
      return Status(ErrorCode::kBadValue, "'sampleRate' must be between 0.0 and 1.0 inclusive");
    }
  }
  Status filter = SetFilter((*arguments)["filter"], &settings);
  if (!filter.ok()) return filter;
  invocation->state->profiles.Set(invocation->database_name, settings);
  reply->AppendInt32("was", was.level);
  if (was.slow_ms >= std::numeric_limits<int32_t>::min()) {
    AppendCount("slowms", was.slow_ms, reply);
  } else {
    reply->AppendInt64("slowms", was.slow_ms);
  }
  reply->AppendDouble("sampleRate", was.sample_rate);
  if (was.filter) {
    reply->AppendDocument("filter", *was.filter);
    reply->AppendString("note",
                        "When a filter expression is set, slowms and sampleRate are not used for "
                        "profiling and slow-query log lines.");
  }
  return Status::Ok();
}

void Profile(const Invocation& invocation, const ProfiledOperation& operation) {
  const ProfileSettings settings = invocation.state->profiles.Get(invocation.database_name);
  if (settings.level == 0 || operation.ns.ends_with(std::string(".") + std::string(kCollection))) {
    return;
  }
  const int64_t millis = operation.time_us / 1000;
  bson::Builder entry;
  entry.AppendString("op", KindName(operation.kind)).AppendString("ns", operation.ns);
  if (invocation.body.size() <= kCommandBytesMax) {
    entry.AppendDocument("command", invocation.body);
  } else {
    entry.OpenDocument("command").Append(invocation.name, invocation.target());
    entry.AppendString("$truncated", "the command is too long to be recorded").Close();
  }
  if (!operation.status.ok()) {
    entry.AppendBool("ok", false);
    entry.AppendString("errMsg", operation.status.message());
    entry.AppendString("errName", ErrorName(operation.status.code()));
    entry.AppendInt32("errCode", static_cast<int32_t>(operation.status.code()));
  }
  AppendCount("responseLength", static_cast<int64_t>(operation.reply_bytes), &entry);
  AppendCount("millis", millis, &entry);
  entry.AppendInt64("durationMicros", operation.time_us);
  entry.AppendDate("ts", std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count());
  entry.AppendString("client", invocation.client->address);
  const bson::Document document = entry.Finish();
  if (!IsWanted(settings, document, millis)) return;
  Result<Collection> profile =
      invocation.database->GetCollection(invocation.database_name, kCollection);
  if (!profile.ok()) return;
  CreateOptions create;
  create.capped = true;
  create.size = kCollectionBytes;
  // What cannot be recorded must not fail the operation that is done.
  if (!profile->Info().ok()) (void)profile->Create(create);
  InsertOptions insert;
  insert.durability = Durability::kRelaxed;
  (void)profile->InsertOne(document, insert);
}

}  // namespace cairn::server
