// SPDX-License-Identifier: Apache-2.0
// What an import reads: documents out of a file, whatever its form, each with the line on which it
// began. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "server/cli/input_file.h"

namespace cairn::server {

enum class FileType {
  kJson,  ///< Extended JSON, one document a line or one array.
  kCsv,   ///< Comma-separated values.
  kTsv,   ///< Tab-separated values.
};

/// The type that a file's name says: ".csv", ".tsv", with or without ".gz" behind it; else kJson.
FileType FileTypeOf(const std::string& path);

struct SeparatedValues {
  std::vector<std::string> fields;  ///< Heads of the columns; empty: the first record.
  bool typed = false;               ///< The heads end with types (csv_columns.h).
  bool ignore_blanks = false;
};

class ImportSource {
 public:
  virtual ~ImportSource() = default;

  /// The next document into `document`, or why what stands there is none (then the next one can
  /// be read all the same). False at the end. Errors, behind which there is nothing to be read:
  /// FailedToParse, BadValue for bad heads, OperationFailed when reading fails.
  virtual Result<bool> Next(Result<bson::Document>* document) = 0;
  /// Where it began, from 1.
  virtual uint64_t line() const = 0;
};

/// Borrows `file`, at its start.
std::unique_ptr<ImportSource> NewImportSource(FileType type, const SeparatedValues& values,
                                              InputFile* file);

}  // namespace cairn::server
