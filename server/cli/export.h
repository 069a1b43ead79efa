// SPDX-License-Identifier: Apache-2.0
// cairn export: a collection of a running server as lines of Extended JSON.
#pragma once

#include <string>

#include "cairn/json.h"
#include "server/cli/address.h"

namespace cairn::server {

struct ExportOptions {
  Address server;
  std::string database;
  std::string collection;
  std::string file;  ///< Empty: standard output.
  json::Format format = json::Format::kCanonical;
};

/// An exit code. A file gets its name only when it is whole.
int RunExport(const ExportOptions& options);

}  // namespace cairn::server
