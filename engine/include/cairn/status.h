// SPDX-License-Identifier: Apache-2.0
// The one error type of the program. A Status is a null pointer when all went well, so it costs
// nothing to return; otherwise it carries one of MongoDB's error codes, a text that says what and
// where, and, for some codes, a BSON document with details (a duplicate key's pattern and value).
//
// Thread safety: a Status is a value; const access from several threads is safe.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cairn/export.h"

namespace cairn {

/// MongoDB's error codes. The table in cairn/error_codes.def is the only place that lists them.
enum class ErrorCode : int32_t {
  kOk = 0,
#define CAIRN_ERROR(name, number, http_status, retryable) k##name = number,
#include "cairn/error_codes.def"
#undef CAIRN_ERROR
};

/// One row of the error table.
struct ErrorCodeRow {
  ErrorCode code;
  const char* name;  ///< MongoDB's codeName, such as "BadValue".
  int http_status;   ///< The HTTP status that reports it.
  bool retryable;    ///< Whether the same request may succeed when sent again.
};

/// The row of `code`; a code that is not in the table has the name "Location<number>", status 400.
[[nodiscard]] CAIRN_API ErrorCodeRow ErrorRow(ErrorCode code);
/// MongoDB's codeName of `code`.
[[nodiscard]] CAIRN_API std::string ErrorName(ErrorCode code);

/// The outcome of an operation.
class [[nodiscard]] CAIRN_API Status {
 public:
  Status() noexcept = default;
  /// An error; `code` must not be kOk.
  Status(ErrorCode code, std::string message);
  Status(const Status& other);
  Status& operator=(const Status& other);
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;
  ~Status() = default;

  static Status Ok() noexcept { return Status(); }

  bool ok() const noexcept { return state_ == nullptr; }
  ErrorCode code() const noexcept { return state_ ? state_->code : ErrorCode::kOk; }
  /// The text for people, empty when ok. It never holds paths or values of other users.
  const std::string& message() const noexcept;
  /// Bytes of a BSON document with further fields of the error (keyPattern, keyValue, …), or empty.
  const std::string& details() const noexcept;

  /// The same error with BSON details attached. No effect on an ok status.
  Status WithDetails(std::string bson) &&;
  /// The same error with `prefix` before its message. No effect on an ok status.
  Status WithContext(std::string_view prefix) &&;

  /// "BadValue: message", or "OK".
  std::string ToString() const;

  /// Says in code that the outcome is deliberately not looked at.
  void PermitUncheckedError() const noexcept {}

 private:
  struct State {
    ErrorCode code;
    std::string message;
    std::string details;
  };
  std::unique_ptr<State> state_;
};

/// A value, or the Status that explains why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    assert(!status_.ok());
  }

  bool ok() const noexcept { return status_.ok(); }
  const Status& status() const& noexcept { return status_; }
  Status&& status() && noexcept { return std::move(status_); }

  /// The value. Only when ok().
  T& value() & {
    assert(ok());
    return *value_;
  }
  const T& value() const& {
    assert(ok());
    return *value_;
  }
  T&& value() && {
    assert(ok());
    return std::move(*value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace cairn
