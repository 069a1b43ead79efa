// SPDX-License-Identifier: Apache-2.0
// Documents are checked against their collection's validator within the transaction that writes
// them, so that collMod comes before or after a write as a whole. Parsed validators are kept.
// Thread safety: any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "cairn/bson.h"
#include "cairn/log.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"
#include "query/match/matcher.h"

namespace cairn {

/// Whether `validator` may be the validator of `database`.`name`. Errors: those of filters,
/// InvalidOptions for the databases and collections of the system, BadValue for $where and $text,
/// Location5626500 for $near.
Status CheckValidator(std::string_view database, std::string_view name, bson::View validator);

class Validators {
 public:
  explicit Validators(LogSink log) : log_(std::move(log)) {}

  /// Whether `after` may be written in the place of `before` (null: a new document). Error
  /// DocumentValidationFailure with errInfo in details().
  Status Check(const catalog::Collection& collection, const bson::View* before, bson::View after) {
    if (!collection.has_validator) [[likely]]
      return Status::Ok();
    return CheckWithValidator(collection, before, after);
  }

 private:
  static constexpr size_t kKeptMax = 1024;

  Status CheckWithValidator(const catalog::Collection& collection, const bson::View* before,
                            bson::View after);
  Result<std::shared_ptr<const match::Matcher>> Parsed(const catalog::Collection& collection);

  const LogSink log_;
  std::mutex mutex_;
  // Guarded by mutex_. By collection id; a matcher knows the validator that it was made from.
  std::unordered_map<uint32_t, std::shared_ptr<const match::Matcher>> parsed_;
};

}  // namespace cairn
