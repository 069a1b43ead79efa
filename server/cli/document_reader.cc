// SPDX-License-Identifier: Apache-2.0
// Cutting lines and array elements.
#include "server/cli/document_reader.h"

namespace cairn::server {
namespace {

constexpr int kEof = -1;

bool IsSpace(int c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsBlank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

DocumentReader::DocumentReader(InputFile* file, size_t piece_bytes_max)
    : file_(file), piece_bytes_max_(piece_bytes_max) {}

int DocumentReader::Take() {
  const int c = file_->Take();
  if (c == '\n') ++line_;
  return c;
}

void DocumentReader::SkipSpace() {
  while (IsSpace(Peek())) Take();
}

void DocumentReader::Keep(char c, std::string* text) {
  if (text->size() <= piece_bytes_max_) text->push_back(c);
}

Result<bool> DocumentReader::Next(std::string* text) {
  text->clear();
  if (form_ == Form::kUnknown) {
    file_->SkipByteOrderMark();
    SkipSpace();
    form_ = Peek() == '[' ? Form::kArray : Form::kLines;
    if (form_ == Form::kArray) Take();
  }
  if (form_ == Form::kEnd) return false;
  Result<bool> more = form_ == Form::kLines ? Result<bool>(NextLine(text)) : NextElement(text);
  if (!file_->status().ok()) {
    form_ = Form::kEnd;
    return file_->status();
  }
  if (!more.ok() || !*more) form_ = Form::kEnd;
  return more;
}

bool DocumentReader::NextLine(std::string* text) {
  while (true) {
    text->clear();
    piece_line_ = line_;
    if (Peek() == kEof) return false;
    for (int c = Take(); c != kEof && c != '\n'; c = Take()) Keep(static_cast<char>(c), text);
    if (!IsBlank(*text)) return true;
  }
}

Result<bool> DocumentReader::NextElement(std::string* text) {
  SkipSpace();
  piece_line_ = line_;
  uint64_t depth = 0;
  bool in_string = false;
  bool escaped = false;
  while (true) {
    const int c = Take();
    if (c == kEof) return Status(ErrorCode::kFailedToParse, "the array has no end");
    if (!in_string && depth == 0 && (c == ',' || c == ']')) {
      const bool empty_array = c == ']' && first_element_ && IsBlank(*text);
      first_element_ = false;
      if (c == ']') {
        Status end = EndArray();
        if (!end.ok()) return end;
      }
      return !empty_array;
    }
    if (in_string) {
      if (!escaped && c == '"') in_string = false;
      escaped = !escaped && c == '\\';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
    Keep(static_cast<char>(c), text);
  }
}

Status DocumentReader::EndArray() {
  SkipSpace();
  if (Peek() != kEof) {
    return Status(ErrorCode::kFailedToParse,
                  "line " + std::to_string(line_) + ": there is something after the array");
  }
  form_ = Form::kEnd;
  return Status::Ok();
}

}  // namespace cairn::server
