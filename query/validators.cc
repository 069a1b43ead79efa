// SPDX-License-Identifier: Apache-2.0
#include "query/validators.h"

#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/restricted_operators.h"
#include "query/validation_error.h"

namespace cairn {
namespace {

using bson::Type;
using bson::Value;

bool IsSetTo(const catalog::Collection& collection, std::string_view option,
             std::string_view value) {
  const Value given = collection.options[option];
  return given.type() == Type::kString && given.AsString() == value;
}

}  // namespace

Status CheckValidator(std::string_view database, std::string_view name, bson::View validator) {
  if (validator.empty()) return Status::Ok();
  if (database == "admin" || database == "config" || database == "local") {
    return Status(ErrorCode::kInvalidOptions,
                  "Document validators are not allowed on collections in the '" +
                      std::string(database) + "' database");
  }
  if (name.starts_with("system.")) {
    return Status(
        ErrorCode::kInvalidOptions,
        "Document validators are not allowed on system collection '" + std::string(name) + "'");
  }
  CAIRN_TRY(CheckRestrictedOperators(validator));
  return match::Matcher::Parse(validator).status();
}

Result<std::shared_ptr<const match::Matcher>> Validators::Parsed(
    const catalog::Collection& collection) {
  const bson::View validator = collection.options["validator"].AsView();
  {
    const std::lock_guard lock(mutex_);
    const auto found = parsed_.find(collection.id);
    if (found != parsed_.end() && found->second->source().bytes() == validator.bytes()) {
      return found->second;
    }
  }
  CAIRN_TRY_ASSIGN(match::Matcher matcher, match::Matcher::Parse(validator));
  auto parsed = std::make_shared<const match::Matcher>(std::move(matcher));
  const std::lock_guard lock(mutex_);
  if (parsed_.size() >= kKeptMax) parsed_.clear();
  parsed_.insert_or_assign(collection.id, parsed);
  return parsed;
}

Status Validators::CheckWithValidator(const catalog::Collection& collection,
                                      const bson::View* before, bson::View after) {
  if (IsSetTo(collection, "validationLevel", "off")) return Status::Ok();
  CAIRN_TRY_ASSIGN(const auto matcher, Parsed(collection));
  CAIRN_TRY_ASSIGN(const bool valid, matcher->Matches(after));
  if (valid) return Status::Ok();
  // Moderate: a document that was not valid before may stay so.
  if (before != nullptr && IsSetTo(collection, "validationLevel", "moderate")) {
    CAIRN_TRY_ASSIGN(const bool was_valid, matcher->Matches(*before));
    if (!was_valid) return Status::Ok();
  }
  if (IsSetTo(collection, "validationAction", "warn")) {
    if (log_) {
      log_(LogLevel::kWarning,
           "a document of " + collection.Namespace() + " would fail the collection's validator");
    }
    return Status::Ok();
  }
  bson::Builder details;
  details.OpenDocument("errInfo");
  const Value id = after["_id"];
  if (!id.missing()) details.Append("failingDocumentId", id);
  details.AppendDocument("details", DescribeValidationError(matcher->source(), after));
  details.Close();
  return Status(ErrorCode::kDocumentValidationFailure, "Document failed validation")
      .WithDetails(details.Finish().bytes());
}

}  // namespace cairn
