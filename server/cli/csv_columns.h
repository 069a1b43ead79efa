// SPDX-License-Identifier: Apache-2.0
// What the columns of a file of separated values mean: where in a document they stand and of which
// type their values are. Text becomes documents and documents become text. Any thread, const.
//   column = path [ "." type "(" [ argument ] ")" ]        as mongoimport's --columnsHaveTypes
// The types are those of csv_value.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "server/cli/csv_reader.h"
#include "server/cli/csv_value.h"

namespace cairn::server {

struct CsvColumn {
  std::string head;               ///< As written, with its type.
  std::vector<std::string> path;  ///< At least one name, at most bson::kMaxDepth.
  CsvType type;
};

class CsvColumns {
 public:
  /// `heads` as written; `typed`: each ends with its type. Errors: BadValue for an empty name, an
  /// unknown type, or two columns of which one is the other or lies within it.
  static Result<CsvColumns> Parse(const std::vector<std::string>& heads, bool typed);

  const std::vector<CsvColumn>& columns() const { return columns_; }

  /// The document of a record. Fields that are empty without quotes are left out when
  /// `ignore_blanks`. Errors name the column: FailedToParse for text that is not of its type, or a
  /// record with more fields than there are columns (fields that it lacks are left out).
  Result<bson::Document> ToDocument(const std::vector<CsvField>& record, bool ignore_blanks) const;

  /// Appends the line of a document, with its line feed. A missing value or null is an empty field,
  /// an empty string a quoted one. Errors: TypeMismatch when a value is not of its column's type;
  /// with the tab as delimiter FailedToParse for a tab or a line feed within a value.
  Status AppendRecord(bson::View document, char delimiter, std::string* out) const;
  /// Appends the first line, the heads.
  Status AppendHead(char delimiter, std::string* out) const;

 private:
  // A name in a document; a column, or a document of further names.
  struct Node {
    std::string name;
    size_t column = 0;  // when there are no children
    std::vector<Node> children{};
  };

  Status Place(size_t column);
  bool Empty(const Node& node, const std::vector<CsvField>& record, bool ignore_blanks) const;
  Status Build(const Node& node, const std::vector<CsvField>& record, bool ignore_blanks,
               bson::Builder* builder) const;

  std::vector<CsvColumn> columns_;
  Node root_;
};

}  // namespace cairn::server
