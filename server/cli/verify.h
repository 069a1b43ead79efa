// SPDX-License-Identifier: Apache-2.0
// `cairn verify`: a directory that no server has open, or a running server.
// `cairn repair`: makes a sound store of a damaged one. One thread.
#pragma once

#include <string>

#include "server/cli/address.h"

namespace cairn::server {

/// A directory that no server has open. Exit code 0 when all is well.
int RunVerify(const std::string& directory);
/// A running server, while others use it. Exit code 0 when all is well.
int RunVerify(const ServerUrl& server);

struct RepairOptions {
  std::string directory;
  bool accept_data_loss = false;
};

int RunRepair(const RepairOptions& options);

}  // namespace cairn::server
