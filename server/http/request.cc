// SPDX-License-Identifier: Apache-2.0
#include "server/http/request.h"

#include "server/net/header_text.h"

namespace cairn::server {
namespace {

const std::string* Find(const Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (EqualsIgnoringCase(key, name)) return &value;
  }
  return nullptr;
}

}  // namespace

std::string_view Request::Header(std::string_view name) const {
  const std::string* const value = Find(*this, name);
  return value == nullptr ? std::string_view() : *value;
}

bool Request::HasHeader(std::string_view name) const { return Find(*this, name) != nullptr; }

}  // namespace cairn::server
