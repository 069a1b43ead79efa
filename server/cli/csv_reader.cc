// SPDX-License-Identifier: Apache-2.0
// Cutting records into fields.
#include "server/cli/csv_reader.h"

namespace cairn::server {
namespace {

constexpr int kEof = -1;

bool EndsRecord(int c) { return c == '\n' || c == kEof; }

}  // namespace

CsvReader::CsvReader(InputFile* file, char delimiter, size_t record_bytes_max)
    : file_(file), delimiter_(delimiter), record_bytes_max_(record_bytes_max) {
  file_->SkipByteOrderMark();
}

int CsvReader::Take() {
  const int c = file_->Take();
  if (c == '\n') ++line_;
  return c;
}

void CsvReader::Keep(int c, CsvField* field) {
  if (record_bytes_++ < record_bytes_max_) {
    field->text.push_back(static_cast<char>(c));
  } else {
    fault_ = "the record is too long";
  }
}

int CsvReader::SkipRecord(int at) {
  while (!EndsRecord(at)) at = Take();
  return at;
}

int CsvReader::TakeQuoted(CsvField* field) {
  field->quoted = true;
  while (true) {
    int c = Take();
    if (c == kEof) {
      fault_ = "a quoted field has no end";
      return c;
    }
    if (c == '"') {
      c = Take();
      if (c == '\r' && file_->Peek() == '\n') c = Take();
      if (c == delimiter_ || EndsRecord(c)) return c;
      if (c != '"') {
        fault_ = "something stands between a closing quote and the end of the field";
        return SkipRecord(c);
      }
    }
    Keep(c, field);
  }
}

int CsvReader::TakeField(CsvField* field) {
  int c = Take();
  if (c == '"' && delimiter_ != '\t') return TakeQuoted(field);
  while (c != delimiter_ && !EndsRecord(c)) {
    if (c == '\r' && EndsRecord(file_->Peek())) return Take();
    Keep(c, field);
    c = Take();
  }
  return c;
}

Result<bool> CsvReader::Next(std::vector<CsvField>* record) {
  while (true) {
    record->clear();
    record_bytes_ = 0;
    fault_ = nullptr;
    record_line_ = line_;
    if (file_->Peek() == kEof) {
      if (!file_->status().ok()) return file_->status();
      return false;
    }
    int behind;
    do {
      // A delimiter costs a byte too, so that the number of fields is bounded.
      if (record_bytes_++ >= record_bytes_max_) fault_ = "the record is too long";
      if (fault_ == nullptr || record->empty()) record->emplace_back();
      record->back().quoted = false;
      behind = TakeField(&record->back());
    } while (!EndsRecord(behind));
    if (!file_->status().ok()) return file_->status();
    if (fault_ != nullptr) return Status(ErrorCode::kFailedToParse, fault_);
    const bool blank =
        record->size() == 1 && record->front().text.empty() && !record->front().quoted;
    if (!blank) return true;
  }
}

}  // namespace cairn::server
