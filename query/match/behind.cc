// SPDX-License-Identifier: Apache-2.0
#include "query/match/behind.h"

#include <algorithm>
#include <utility>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/match/parser.h"

namespace cairn::match {
namespace {

Status Malformed(const char* what) {
  return Status(ErrorCode::kFailedToParse, std::string("$_behind ") + what);
}

// The fields of a sort, without their keys.
Result<std::vector<Behind::Field>> ParseSort(bson::View sort) {
  std::vector<Behind::Field> fields;
  for (const bson::Element& element : sort) {
    const auto direction = element.value.IsNumber()
                               ? bson::ToInt64Exact(bson::Number::From(element.value))
                               : std::nullopt;
    if (direction != 1 && direction != -1) return Malformed("needs directions of 1 or -1");
    if (element.name.starts_with('$') || element.name.find(".$") != std::string_view::npos) {
      return Malformed("sorts by fields");
    }
    const bool twice = std::ranges::any_of(
        fields, [&](const Behind::Field& field) { return field.path.dotted() == element.name; });
    if (twice) return Malformed("names a field twice");
    if (fields.size() == static_cast<size_t>(index::kFieldsMax)) {
      return Malformed("has too many fields");
    }
    CAIRN_TRY_ASSIGN(path::FieldPath path, path::FieldPath::Parse(element.name));
    fields.push_back({std::move(path), direction < 0, {}});
  }
  return fields;
}

}  // namespace

Behind::Behind(index::KeyGenerator generator, std::vector<Field> fields)
    : Expression(Kind::kBehind), generator_(std::move(generator)), fields_(std::move(fields)) {}

bool Behind::Matches(bson::View document, Evaluation* evaluation) const {
  std::string key;
  for (size_t i = 0; i < fields_.size(); ++i) {
    bson::Value value;
    if (!path::ValueWithoutArrays(document, fields_[i].path, &value)) {
      return MatchesGenerated(document, evaluation);
    }
    key.clear();
    generator_.AppendField(static_cast<int>(i), value, &key);
    const int order = key.compare(fields_[i].key);
    if (order != 0) return order > 0;
  }
  return false;
}

bool Behind::MatchesGenerated(bson::View document, Evaluation* evaluation) const {
  index::KeySet keys;
  Status status = generator_.GenerateWhole(document, &keys);
  if (!status.ok()) return evaluation->Fail(std::move(status));
  std::string place;
  for (const Field& field : fields_) place += field.key;
  return keys.keys().front().fields > place;
}

Status ParseBehind(Parser* parser, bson::Value operand, int, Children* into) {
  if (operand.type() != bson::Type::kDocument) return Malformed("must be a document");
  for (const bson::Element& field : operand.AsView()) {
    if (field.name != "sort" && field.name != "key")
      return Malformed("takes a sort and a key only");
  }
  const bson::Value sort = operand.AsView()["sort"];
  const bson::Value key = operand.AsView()["key"];
  if (sort.type() != bson::Type::kDocument || key.type() != bson::Type::kArray) {
    return Malformed("needs a sort and a key");
  }
  CAIRN_TRY_ASSIGN(std::vector<Behind::Field> fields, ParseSort(sort.AsView()));
  index::KeyGenerator generator(sort.AsView(), parser->globals().collator);
  size_t values = 0;
  for (const bson::Element& element : key.AsView()) {
    if (values == fields.size()) return Malformed("has more values than fields");
    generator.AppendField(static_cast<int>(values), element.value, &fields[values].key);
    ++values;
  }
  if (values == 0 || values != fields.size()) return Malformed("needs a value for each field");
  return parser->Add(std::make_unique<Behind>(std::move(generator), std::move(fields)), into);
}

}  // namespace cairn::match
