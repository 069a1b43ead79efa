// SPDX-License-Identifier: Apache-2.0
#include "query/expression/named_arguments.h"

#include <string>

namespace cairn::expression {

Status ReadNamedArguments(std::string_view name, bson::Value operand,
                          std::span<const NamedArgument> arguments, ErrorCode not_document,
                          ErrorCode unknown, bson::Value* values) {
  const std::string operator_name(name);
  if (operand.type() != bson::Type::kDocument) {
    return Status(not_document, operator_name + " requires an object as an argument, found: " +
                                    std::string(bson::TypeName(operand.type())));
  }
  for (const bson::Element& field : operand.AsView()) {
    size_t i = 0;
    while (i < arguments.size() && arguments[i].name != field.name) ++i;
    if (i == arguments.size()) {
      return Status(unknown,
                    operator_name + " found an unknown argument: " + std::string(field.name));
    }
    values[i] = field.value;
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!values[i].missing() || arguments[i].missing == ErrorCode::kOk) continue;
    return Status(arguments[i].missing,
                  operator_name + " requires '" + std::string(arguments[i].name) + "'");
  }
  return Status::Ok();
}

}  // namespace cairn::expression
