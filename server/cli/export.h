// SPDX-License-Identifier: Apache-2.0
// cairn export: a collection of a running server, or what a query finds in it, as Extended JSON or
// as separated values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/json.h"
#include "server/cli/address.h"
#include "server/cli/import_source.h"

namespace cairn::server {

struct ExportOptions {
  ServerUrl server;
  std::string database;
  std::string collection;
  std::string file;  ///< Empty: standard output.
  FileType type = FileType::kJson;
  json::Format format = json::Format::kCanonical;
  bool json_array = false;  ///< One array instead of lines.
  bool gzip = false;
  std::vector<std::string> fields;  ///< Only these, in this order; columns need them.
  bool typed = false;               ///< The columns' heads end with types (csv_columns.h).
  bson::Document query{};
  bson::Document sort{};
  int64_t skip = 0;
  int64_t limit = 0;  ///< 0: none.
};

/// An exit code. A file gets its name only when it is whole.
int RunExport(const ExportOptions& options);

}  // namespace cairn::server
