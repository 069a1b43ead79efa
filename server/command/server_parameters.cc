// SPDX-License-Identifier: Apache-2.0
// getParameter, setParameter and setFeatureCompatibilityVersion: settings of the running server,
// by MongoDB's names where there is such a thing here.
#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/command/commands.h"
#include "server/command/cursor_table.h"
#include "server/command/parameters.h"
#include "server/command/version.h"

namespace cairn::server {
namespace {

struct ServerParameter {
  std::string_view name;
  bool at_runtime = false;
  bool at_startup = false;
  /// The value as it is unless setParameter has set one.
  void (*append_default)(const ServerState& state, std::string_view name, bson::Builder* reply);
  /// Checks a new value, gives it effect and its normal form.
  Result<bson::OwnedValue> (*set)(Invocation* invocation, bson::Value value) = nullptr;
};

bson::OwnedValue Own(const bson::Document& document) {
  return bson::OwnedValue(document.view().begin()->value);
}

Result<int64_t> IntegerBetween(bson::Value value, int64_t least, int64_t most) {
  if (!value.IsNumber() && value.type() != bson::Type::kBool) {
    return Status(ErrorCode::kBadValue, "the value of this parameter must be a number");
  }
  const int64_t number = value.IsNumber() ? ToInt64(value) : (IsTrue(value) ? 1 : 0);
  if (number >= least && number <= most) return number;
  return Status(ErrorCode::kBadValue, "the value of this parameter must be between " +
                                          std::to_string(least) + " and " + std::to_string(most));
}

Result<bson::OwnedValue> SetLogLevel(Invocation* invocation, bson::Value value) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  Result<int64_t> level = IntegerBetween(value, 0, kMost);
  if (!level.ok()) return std::move(level).status();
  const auto& changed = invocation->state->options.on_log_level;
  if (changed) changed(static_cast<int>(*level));
  return Own(bson::Builder().AppendInt32("", static_cast<int32_t>(*level)).Finish());
}

Result<bson::OwnedValue> SetCursorTimeout(Invocation* invocation, bson::Value value) {
  Result<int64_t> ms = IntegerBetween(value, 1, std::numeric_limits<int64_t>::max());
  if (!ms.ok()) return std::move(ms).status();
  invocation->cursors->SetIdleMax(*ms);
  return Own(bson::Builder().AppendInt64("", *ms).Finish());
}

// Whether sorts and groups may use the disk where a command does not say.
Result<bson::OwnedValue> SetBool(Invocation* /*invocation*/, bson::Value value) {
  if (!value.IsNumber() && value.type() != bson::Type::kBool) {
    return Status(ErrorCode::kBadValue, "the value of this parameter must be true or false");
  }
  return Own(bson::Builder().AppendBool("", IsTrue(value)).Finish());
}

// A text that a tool leaves for other tools.
Result<bson::OwnedValue> SetDescriptor(Invocation* /*invocation*/, bson::Value value) {
  constexpr size_t kBytesMax = 64;
  if (value.type() != bson::Type::kString) {
    return Status(ErrorCode::kTypeMismatch, "automationServiceDescriptor must be a string");
  }
  if (value.AsString().size() > kBytesMax) {
    return Status(ErrorCode::kOverflow,
                  "automationServiceDescriptor must be no more than 64 bytes long");
  }
  return bson::OwnedValue(value);
}

void AppendVersion(const ServerState& state, std::string_view name, bson::Builder* reply) {
  reply->OpenDocument(name).AppendString("version", state.compatible_version()).Close();
}
void AppendNoText(const ServerState& /*state*/, std::string_view name, bson::Builder* reply) {
  reply->AppendString(name, "");
}
void AppendNoList(const ServerState& /*state*/, std::string_view name, bson::Builder* reply) {
  reply->OpenArray(name).Close();
}
void AppendTrue(const ServerState& /*state*/, std::string_view name, bson::Builder* reply) {
  reply->AppendBool(name, true);
}
void AppendFalse(const ServerState& /*state*/, std::string_view name, bson::Builder* reply) {
  reply->AppendBool(name, false);
}
void AppendZero(const ServerState& /*state*/, std::string_view name, bson::Builder* reply) {
  reply->AppendInt32(name, 0);
}
void AppendIdleMax(const ServerState& /*state*/, std::string_view name, bson::Builder* reply) {
  reply->AppendInt64(name, CursorTableOptions().idle_ms_max);
}
void AppendSessionMinutes(const ServerState&, std::string_view name, bson::Builder* reply) {
  reply->AppendInt32(name, kSessionMinutes);
}

// table: sorted
constexpr ServerParameter kTable[] = {
    {"allowDiskUseByDefault", true, true, AppendTrue, SetBool},
    {"authenticationMechanisms", false, true, AppendNoList},
    {"automationServiceDescriptor", true, true, AppendNoText, SetDescriptor},
    {"cursorTimeoutMillis", true, true, AppendIdleMax, SetCursorTimeout},
    {"enableTestCommands", false, true, AppendFalse},
    {"featureCompatibilityVersion", false, false, AppendVersion},
    {"localLogicalSessionTimeoutMinutes", false, true, AppendSessionMinutes},
    {"logLevel", true, true, AppendZero, SetLogLevel},
    {"notablescan", false, true, AppendFalse},
    {"quiet", false, true, AppendFalse},
};
static_assert(std::ranges::is_sorted(kTable, {}, &ServerParameter::name));

void AppendParameter(const ServerState& state, const ServerParameter& parameter,
                     std::string_view name, bson::Builder* reply) {
  const bson::OwnedValue set = state.parameter(parameter.name);
  if (set.missing()) {
    parameter.append_default(state, name, reply);
  } else {
    reply->Append(name, set.value());
  }
}

// table: sorted
constexpr Parameter kGetOptions[] = {
    {"allParameters", Use::kOptional, Accepts::kBoolOrNumber},
    {"setAt", Use::kOptional, Accepts::kString},
    {"showDetails", Use::kOptional, Accepts::kBoolOrNumber},
};
static_assert(IsSorted(kGetOptions));

struct Wanted {
  bool all = false;
  bool details = false;
  bool only_runtime = false;
  bool only_startup = false;
};

Result<Wanted> ParseWanted(bson::Value target) {
  Wanted wanted;
  if (target.type() == bson::Type::kString) wanted.all = target.AsString() == "*";
  if (target.type() != bson::Type::kDocument) return wanted;
  Result<Arguments> options = Arguments::OfDocument("getParameter", kGetOptions, target.AsView());
  if (!options.ok()) return std::move(options).status();
  wanted.all = options->Bool("allParameters", false);
  wanted.details = options->Bool("showDetails", false);
  if (!options->Has("setAt")) return wanted;
  const std::string_view set_at = (*options)["setAt"].AsString();
  wanted.only_runtime = set_at == "runtime";
  wanted.only_startup = set_at == "startup";
  if (wanted.only_runtime || wanted.only_startup) return wanted;
  return Status(ErrorCode::kBadValue, "Enumeration value '" + std::string(set_at) +
                                          "' for field 'getParameter.setAt' is not a valid value.");
}

Status CheckVersion(std::string_view version) {
  if (std::ranges::find(kCompatibleVersions, version) != std::end(kCompatibleVersions)) {
    return Status::Ok();
  }
  return Status(ErrorCode::kLocation4926900,
                "Invalid feature compatibility version '" + std::string(version) + "'");
}

// table: sorted
constexpr Parameter kSetVersion[] = {
    {"confirm", Use::kOptional, Accepts::kBoolOrNumber},
    {"fromConfigServer", Use::kIgnored, Accepts::kBoolOrNumber},
    {"phase", Use::kUnsupported, Accepts::kString},
};
static_assert(IsSorted(kSetVersion));

}  // namespace

bool DiskUseByDefault(const Invocation& invocation) {
  const bson::OwnedValue set = invocation.state->parameter("allowDiskUseByDefault");
  return set.missing() || IsTrue(set.value());
}

Status RunGetParameter(Invocation* invocation, bson::Builder* reply) {
  Result<Wanted> wanted = ParseWanted(invocation->target());
  if (!wanted.ok()) return std::move(wanted).status();
  const size_t before = reply->size();
  for (const ServerParameter& parameter : kTable) {
    if (!wanted->all && invocation->body[parameter.name].missing()) continue;
    if (wanted->only_runtime && !parameter.at_runtime) continue;
    if (wanted->only_startup && !parameter.at_startup) continue;
    if (!wanted->details) {
      AppendParameter(*invocation->state, parameter, parameter.name, reply);
      continue;
    }
    reply->OpenDocument(parameter.name);
    AppendParameter(*invocation->state, parameter, "value", reply);
    reply->AppendBool("settableAtRuntime", parameter.at_runtime);
    reply->AppendBool("settableAtStartup", parameter.at_startup).Close();
  }
  if (reply->size() != before) return Status::Ok();
  return Status(ErrorCode::kInvalidOptions, "no option found to get");
}

Status RunSetParameter(Invocation* invocation, bson::Builder* reply) {
  // All are looked at before the first is set.
  std::vector<std::pair<const ServerParameter*, bson::Value>> wanted;
  for (auto field = ++invocation->body.begin(); field != invocation->body.end(); ++field) {
    if (IsGenericArgument(field->name)) continue;
    if (field->name == "featureCompatibilityVersion") {
      return Status(ErrorCode::kIllegalOperation,
                    "Cannot set featureCompatibilityVersion: use the command "
                    "setFeatureCompatibilityVersion");
    }
    const auto* parameter = std::ranges::find(kTable, field->name, &ServerParameter::name);
    if (parameter == std::end(kTable) || parameter->set == nullptr) {
      return Status(ErrorCode::kInvalidOptions,
                    "attempted to set unrecognized parameter [" + std::string(field->name) + "]");
    }
    wanted.emplace_back(parameter, field->value);
  }
  if (wanted.empty()) return Status(ErrorCode::kInvalidOptions, "no option found to set");
  AppendParameter(*invocation->state, *wanted.front().first, "was", reply);
  for (const auto& [parameter, given] : wanted) {
    Result<bson::OwnedValue> value = parameter->set(invocation, given);
    if (!value.ok()) return std::move(value).status();
    invocation->state->SetParameter(parameter->name, value->value());
  }
  return Status::Ok();
}

Status RunSetFeatureCompatibilityVersion(Invocation* invocation, bson::Builder* /*reply*/) {
  constexpr std::string_view kName = "setFeatureCompatibilityVersion";
  const bson::Value target = invocation->target();
  if (target.IsNullish()) return MissingField(kName, kName);
  Status type = CheckType(std::string(kName) + "." + std::string(kName), target, Accepts::kString);
  if (!type.ok()) return type;
  Result<Arguments> arguments = Arguments::OfCommand(kSetVersion, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Status known = CheckVersion(target.AsString());
  if (!known.ok()) return known;
  if (!arguments->Bool("confirm", false)) {
    return Status(ErrorCode::kLocation7369100,
                  "Once you have changed the feature compatibility version, going back is not "
                  "sure; say confirm: true to go on");
  }
  invocation->state->SetCompatibleVersion(target.AsString());
  return Status::Ok();
}

}  // namespace cairn::server
