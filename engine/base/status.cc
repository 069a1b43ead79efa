// SPDX-License-Identifier: Apache-2.0
#include "cairn/status.h"

#include <algorithm>
#include <iterator>

namespace cairn {
namespace {

constexpr ErrorCodeRow kRows[] = {
#define CAIRN_ERROR(name, number, http_status, retryable) \
  {ErrorCode::k##name, #name, http_status, retryable},
#include "cairn/error_codes.def"
#undef CAIRN_ERROR
};

constexpr bool StrictlyAscending() {
  for (size_t i = 1; i < std::size(kRows); ++i) {
    if (kRows[i - 1].code >= kRows[i].code) return false;
  }
  return true;
}
static_assert(StrictlyAscending(), "error_codes.def must be sorted by number, without duplicates");

const ErrorCodeRow* FindRow(ErrorCode code) {
  const auto* row = std::lower_bound(
      std::begin(kRows), std::end(kRows), code,
      [](const ErrorCodeRow& candidate, ErrorCode wanted) { return candidate.code < wanted; });
  return row != std::end(kRows) && row->code == code ? row : nullptr;
}

const std::string kEmpty;

}  // namespace

ErrorCodeRow ErrorRow(ErrorCode code) {
  if (const ErrorCodeRow* row = FindRow(code)) return *row;
  return {code, "Location", 400, false};
}

std::string ErrorName(ErrorCode code) {
  if (code == ErrorCode::kOk) return "OK";
  if (const ErrorCodeRow* row = FindRow(code)) return row->name;
  return "Location" + std::to_string(static_cast<int32_t>(code));
}

Status::Status(ErrorCode code, std::string message)
    : state_(new State{code, std::move(message), {}}) {
  assert(code != ErrorCode::kOk);
}

Status::Status(const Status& other)
    : state_(other.state_ ? std::make_unique<State>(*other.state_) : nullptr) {}

Status& Status::operator=(const Status& other) {
  if (this != &other) state_ = other.state_ ? std::make_unique<State>(*other.state_) : nullptr;
  return *this;
}

const std::string& Status::message() const noexcept { return state_ ? state_->message : kEmpty; }

const std::string& Status::details() const noexcept { return state_ ? state_->details : kEmpty; }

Status Status::WithDetails(std::string bson) && {
  if (state_) state_->details = std::move(bson);
  return std::move(*this);
}

Status Status::WithContext(std::string_view prefix) && {
  if (state_) state_->message.insert(0, prefix);
  return std::move(*this);
}

std::string Status::ToString() const {
  return ok() ? "OK" : ErrorName(state_->code) + ": " + state_->message;
}

}  // namespace cairn
