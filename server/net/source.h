// SPDX-License-Identifier: Apache-2.0
// A body that is made while it is sent. Belongs to one thread at a time.
#pragma once

#include <string>

#include "cairn/status.h"

namespace cairn::server {

/// Pulled when the socket can take more.
class Source {
 public:
  virtual ~Source() = default;
  /// Appends the next bytes to `chunk`; false when there are none left. An error ends the
  /// connection, so that a cut reply never looks complete.
  virtual Result<bool> Next(std::string* chunk) = 0;
};

}  // namespace cairn::server
