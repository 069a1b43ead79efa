// SPDX-License-Identifier: Apache-2.0
// Forms of updates.
#include "server/command/update_style.h"

#include <string>

namespace cairn::server {

UpdateStyle StyleOf(bson::Value update) {
  if (update.type() == bson::Type::kArray) return UpdateStyle::kPipeline;
  const bson::View document = update.AsView();
  const bool operators = !document.empty() && document.begin()->name.starts_with('$');
  return operators ? UpdateStyle::kOperators : UpdateStyle::kReplacement;
}

Result<std::vector<bson::Document>> ParseArrayFilters(std::string_view where,
                                                      const Arguments& arguments) {
  std::vector<bson::Document> filters;
  const bson::Value list = arguments["arrayFilters"];
  if (list.missing()) return filters;
  for (const bson::Element& element : list.AsView()) {
    std::string field(where);
    field += ".arrayFilters.";
    field += element.name;
    Status type = CheckType(field, element.value, Accepts::kObject);
    if (!type.ok()) return type;
    filters.emplace_back(element.value.AsView());
  }
  return filters;
}

Status OneStatementOnly() {
  return Status(ErrorCode::kInvalidLength, "explained write batches must be of size 1");
}

bson::Value HintOf(const Arguments& arguments) {
  const bson::Value hint = arguments["hint"];
  const bool nothing = hint.type() == bson::Type::kDocument && hint.AsView().empty();
  return nothing ? bson::Value() : hint;
}

FindOptions SelectionOf(const Invocation& invocation, const Arguments& statement) {
  FindOptions options;
  options.sort = bson::Document(statement.Object("sort"));
  options.hint = HintOf(statement);
  options.collation = bson::Document(statement.Object("collation"));
  options.max_time_ms = MaxTimeMs(invocation);
  return options;
}

bson::Document WithConstants(bson::View let, bson::View constants) {
  bson::Builder variables;
  for (const bson::Element& variable : let) {
    if (constants[variable.name].missing()) variables.Append(variable.name, variable.value);
  }
  for (const bson::Element& constant : constants) {
    variables.OpenDocument(constant.name).Append("$literal", constant.value).Close();
  }
  return variables.Finish();
}

}  // namespace cairn::server
