// SPDX-License-Identifier: Apache-2.0
// Cuts a file into the texts of its documents: one a line, or the elements of one JSON array. Only
// the piece at hand is in memory. One thread.
//   file = { line "\n" } | ws "[" [ element { "," element } ] "]" ws
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cairn/status.h"
#include "server/cli/input_file.h"

namespace cairn::server {

class DocumentReader {
 public:
  /// Borrows `file`, at its start. Pieces longer than `piece_bytes_max` are cut to one byte more,
  /// which no parser with that limit accepts.
  DocumentReader(InputFile* file, size_t piece_bytes_max);

  /// The next piece into `text`; false at the end. Error FailedToParse when an array is malformed
  /// between its elements, after which nothing more can be read; OperationFailed when reading
  /// fails.
  Result<bool> Next(std::string* text);
  /// The line on which the piece began, from 1.
  uint64_t line() const { return piece_line_; }

 private:
  enum class Form { kUnknown, kLines, kArray, kEnd };

  int Peek() { return file_->Peek(); }
  int Take();
  void SkipSpace();
  void Keep(char c, std::string* text);
  bool NextLine(std::string* text);
  Result<bool> NextElement(std::string* text);
  Status EndArray();

  InputFile* file_;
  const size_t piece_bytes_max_;
  uint64_t line_ = 1;
  uint64_t piece_line_ = 1;
  Form form_ = Form::kUnknown;
  bool first_element_ = true;
};

}  // namespace cairn::server
