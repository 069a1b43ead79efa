// SPDX-License-Identifier: Apache-2.0
#include "server/http/request.h"

#include <strings.h>

namespace cairn::server {

std::string_view Request::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return {};
}

}  // namespace cairn::server
