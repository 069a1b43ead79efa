// SPDX-License-Identifier: Apache-2.0
// A head is cut at its dots; the type, whose argument may hold dots, is cut off first.
#include "server/cli/csv_columns.h"

#include <algorithm>
#include <utility>

namespace cairn::server {
namespace {

constexpr size_t kColumnsMax = 10000;

// "a.b.int32()" into "a.b" and "int32()".
Result<std::pair<std::string_view, std::string_view>> CutType(std::string_view head) {
  const size_t open = head.find('(');
  const size_t dot =
      open == std::string_view::npos ? std::string_view::npos : head.rfind('.', open);
  if (dot == std::string_view::npos) {
    return Status(ErrorCode::kBadValue, "the column '" + std::string(head) +
                                            "' has no type: one is written as " +
                                            std::string(head.substr(0, open)) + ".string()");
  }
  return std::pair(head.substr(0, dot), head.substr(dot + 1));
}

Result<std::vector<std::string>> CutPath(std::string_view text) {
  std::vector<std::string> path;
  while (true) {
    const size_t dot = text.find('.');
    path.emplace_back(text.substr(0, dot));
    if (path.back().empty() || path.back().find('\0') != std::string::npos ||
        path.size() > static_cast<size_t>(bson::kMaxDepth) / 2) {
      return Status(ErrorCode::kBadValue, "'" + std::string(text) + "' is no name of a field");
    }
    if (dot == std::string_view::npos) return path;
    text.remove_prefix(dot + 1);
  }
}

// Down documents by name and arrays by position.
bson::Value ValueAt(bson::View document, const std::vector<std::string>& path) {
  bson::Value value(bson::Type::kDocument, document.data());
  for (const std::string& name : path) {
    if (value.type() != bson::Type::kDocument && value.type() != bson::Type::kArray) return {};
    value = value.AsView()[name];
  }
  return value;
}

Status AppendField(std::string_view text, char delimiter, std::string* out) {
  const bool special = text.empty() || text.front() == ' ' || text.back() == ' ' ||
                       text.find_first_of("\"\r\n") != std::string_view::npos ||
                       text.find(delimiter) != std::string_view::npos;
  if (delimiter == '\t') {
    if (text.find_first_of("\t\r\n") != std::string_view::npos) {
      return Status(ErrorCode::kFailedToParse,
                    "a tab or a line feed within a value cannot be written; use csv");
    }
    *out += text;
    return Status::Ok();
  }
  if (!special) {
    *out += text;
    return Status::Ok();
  }
  *out += '"';
  for (const char c : text) {
    if (c == '"') *out += '"';
    *out += c;
  }
  *out += '"';
  return Status::Ok();
}

}  // namespace

Result<CsvColumns> CsvColumns::Parse(const std::vector<std::string>& heads, bool typed) {
  if (heads.size() > kColumnsMax) {
    return Status(ErrorCode::kBadValue,
                  "there are more than " + std::to_string(kColumnsMax) + " columns");
  }
  CsvColumns columns;
  for (const std::string& head : heads) {
    CsvColumn column{head, {}, {}};
    std::string_view name = head;
    if (typed) {
      auto cut = CutType(head);
      if (!cut.ok()) return std::move(cut).status();
      name = cut->first;
      Result<CsvType> type = CsvType::Parse(cut->second);
      if (!type.ok()) return std::move(type).status().WithContext("column '" + head + "': ");
      column.type = std::move(type).value();
    }
    auto path = CutPath(name);
    if (!path.ok()) return std::move(path).status().WithContext("column '" + head + "': ");
    column.path = std::move(path).value();
    columns.columns_.push_back(std::move(column));
    Status placed = columns.Place(columns.columns_.size() - 1);
    if (!placed.ok()) return placed;
  }
  if (columns.columns_.empty()) return Status(ErrorCode::kBadValue, "there are no columns");
  return columns;
}

Status CsvColumns::Place(size_t column) {
  Node* node = &root_;
  const std::vector<std::string>& path = columns_[column].path;
  for (size_t i = 0; i < path.size(); ++i) {
    const auto found = std::find_if(node->children.begin(), node->children.end(),
                                    [&](const Node& child) { return child.name == path[i]; });
    const bool last = i + 1 == path.size();
    if (found == node->children.end()) {
      node->children.push_back(Node{path[i], column});
      node = &node->children.back();
    } else if (last || found->children.empty()) {
      return Status(ErrorCode::kBadValue, "the columns '" + columns_[found->column].head +
                                              "' and '" + columns_[column].head +
                                              "' cannot be in one document");
    } else {
      node = &*found;
    }
  }
  return Status::Ok();
}

bool CsvColumns::Empty(const Node& node, const std::vector<CsvField>& record,
                       bool ignore_blanks) const {
  if (node.children.empty()) {
    if (node.column >= record.size()) return true;
    const CsvField& field = record[node.column];
    return ignore_blanks && field.text.empty() && !field.quoted;
  }
  return std::all_of(node.children.begin(), node.children.end(),
                     [&](const Node& child) { return Empty(child, record, ignore_blanks); });
}

Status CsvColumns::Build(const Node& node, const std::vector<CsvField>& record, bool ignore_blanks,
                         bson::Builder* builder) const {
  for (const Node& child : node.children) {
    if (Empty(child, record, ignore_blanks)) continue;
    Status status;
    if (child.children.empty()) {
      const CsvColumn& column = columns_[child.column];
      status = AppendCsvText(column.type, child.name, record[child.column].text, builder);
      if (!status.ok()) return std::move(status).WithContext("column '" + column.head + "': ");
      continue;
    }
    builder->OpenDocument(child.name);
    status = Build(child, record, ignore_blanks, builder);
    if (!status.ok()) return status;
    builder->Close();
  }
  return Status::Ok();
}

Result<bson::Document> CsvColumns::ToDocument(const std::vector<CsvField>& record,
                                              bool ignore_blanks) const {
  if (record.size() > columns_.size()) {
    return Status(ErrorCode::kFailedToParse, "the record has " + std::to_string(record.size()) +
                                                 " fields, and there are " +
                                                 std::to_string(columns_.size()) + " columns");
  }
  bson::Builder builder;
  Status status = Build(root_, record, ignore_blanks, &builder);
  if (!status.ok()) return status;
  bson::Document document = builder.Finish();
  // Text from a file may be anything.
  Status valid = bson::Validate(document.bytes());
  if (!valid.ok()) return valid;
  return document;
}

Status CsvColumns::AppendRecord(bson::View document, char delimiter, std::string* out) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) *out += delimiter;
    const CsvColumn& column = columns_[i];
    const bson::Value value = ValueAt(document, column.path);
    const bool writes_null = column.type.kind == CsvType::Kind::kJson && !value.missing();
    if (value.IsNullish() && !writes_null) continue;
    const Result<std::string> text = CsvText(column.type, value);
    Status status = text.ok() ? AppendField(*text, delimiter, out) : text.status();
    if (!status.ok()) return std::move(status).WithContext("column '" + column.head + "': ");
  }
  *out += '\n';
  return Status::Ok();
}

Status CsvColumns::AppendHead(char delimiter, std::string* out) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) *out += delimiter;
    Status status = AppendField(columns_[i].head, delimiter, out);
    if (!status.ok()) return status;
  }
  *out += '\n';
  return Status::Ok();
}

}  // namespace cairn::server
