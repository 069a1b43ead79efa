// SPDX-License-Identifier: Apache-2.0
// cairn import: a file of documents into a running server.
#pragma once

#include <string>

#include "server/cli/address.h"
#include "server/cli/import_source.h"

namespace cairn::server {

struct ImportOptions {
  ServerUrl server;
  std::string database;
  std::string collection;
  std::string file;  ///< "-": standard input.
  FileType type = FileType::kJson;
  SeparatedValues values{};
  bool keep_going = false;  ///< Past documents that cannot be imported.
  bool drop = false;        ///< The collection, first.
};

/// An exit code. Reports to standard error. Every document that it counts as imported is
/// acknowledged.
int RunImport(const ImportOptions& options);

}  // namespace cairn::server
