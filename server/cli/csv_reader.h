// SPDX-License-Identifier: Apache-2.0
// Records of comma- or tab-separated values. One thread.
//   file   = [ byte order mark ] { record ( LF | CRLF ) }
//   record = field { delimiter field }
//   field  = { any byte but delimiter, LF } | '"' { any byte but '"' | '""' } '"'
// https://www.rfc-editor.org/rfc/rfc4180; tab-separated values have no quotes, so that a tab or a
// line feed cannot be within a field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cairn/status.h"
#include "server/cli/input_file.h"

namespace cairn::server {

struct CsvField {
  std::string text;
  bool quoted = false;
};

class CsvReader {
 public:
  /// Borrows `file`, at its start. `delimiter` is ',' or '\t'.
  CsvReader(InputFile* file, char delimiter, size_t record_bytes_max);

  /// The next record that is not a blank line; false at the end. Errors: FailedToParse, after which
  /// the next record can be read, when something stands behind a closing quote, a quote is never
  /// closed, or the record is too long; OperationFailed when reading fails.
  Result<bool> Next(std::vector<CsvField>* record);
  /// The line on which the record began, from 1.
  uint64_t line() const { return record_line_; }

 private:
  int Take();
  /// One field; the byte behind it, -1 at the end.
  int TakeField(CsvField* field);
  int TakeQuoted(CsvField* field);
  int SkipRecord(int at);
  void Keep(int c, CsvField* field);

  InputFile* file_;
  const char delimiter_;
  const size_t record_bytes_max_;
  size_t record_bytes_ = 0;
  uint64_t line_ = 1;
  uint64_t record_line_ = 1;
  const char* fault_ = nullptr;  // of the record at hand
};

}  // namespace cairn::server
