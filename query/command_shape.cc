// SPDX-License-Identifier: Apache-2.0
// Commands as the log shows them.
#include <algorithm>
#include <string_view>

#include "cairn/profile.h"
#include "query/plan/query_shape.h"

namespace cairn {
namespace {

using bson::Type;
using bson::Value;

// Statements of a batch that are shown.
constexpr size_t kStatementsShownMax = 3;

bool IsFilter(std::string_view name) { return name == "filter" || name == "query" || name == "q"; }

void AppendStages(std::string_view name, bson::View stages, bson::Builder* out) {
  out->OpenArray(name);
  for (const bson::Element& stage : stages) {
    if (stage.value.type() != Type::kDocument) continue;
    out->OpenDocument(out->NextIndex());
    for (const bson::Element& part : stage.value.AsView()) {
      if (part.name == "$match" && part.value.type() == Type::kDocument) {
        out->OpenDocument(part.name);
        plan::AppendFilterShape(part.value.AsView(), out);
        out->Close();
      } else {
        plan::AppendExpressionShape(part.name, part.value, out);
      }
    }
    out->Close();
  }
  out->Close();
}

void AppendFields(bson::View fields, bson::Builder* out);

void AppendStatements(std::string_view name, bson::View statements, bson::Builder* out) {
  size_t shown = 0;
  out->OpenArray(name);
  for (const bson::Element& statement : statements) {
    if (++shown > kStatementsShownMax) break;
    if (statement.value.type() != Type::kDocument) continue;
    out->OpenDocument(out->NextIndex());
    AppendFields(statement.value.AsView(), out);
    out->Close();
  }
  out->Close();
}

void AppendField(const bson::Element& field, bson::Builder* out) {
  const Value value = field.value;
  const std::string_view name = field.name;
  if (name.starts_with('$') || name == "lsid") return;
  if (IsFilter(name) && value.type() == Type::kDocument) {
    out->OpenDocument(name);
    plan::AppendFilterShape(value.AsView(), out);
    out->Close();
  } else if ((name == "sort" || name == "key" || name == "hint") &&
             (value.type() == Type::kDocument || value.type() == Type::kString)) {
    out->Append(name, value);
  } else if (name == "projection" || name == "fields") {
    plan::AppendExpressionShape(name, value, out);
  } else if (name == "pipeline" && value.type() == Type::kArray) {
    AppendStages(name, value.AsView(), out);
  } else if ((name == "updates" || name == "deletes") && value.type() == Type::kArray) {
    AppendStatements(name, value.AsView(), out);
  } else if (name != "documents") {
    out->AppendString(name, plan::Placeholder(value));
  }
}

void AppendFields(bson::View fields, bson::Builder* out) {
  for (const bson::Element& field : fields) AppendField(field, out);
}

}  // namespace

bson::Document CommandShape(bson::View command) {
  bson::Builder out;
  auto field = command.begin();
  if (field == command.end()) return out.Finish();
  // The name, and the collection's.
  if (field->value.type() == Type::kDocument) {
    out.OpenDocument(field->name).AppendAll(CommandShape(field->value.AsView())).Close();
  } else if (field->value.type() == Type::kString || field->name == "getMore") {
    out.Append(field->name, field->value);
  } else {
    out.AppendString(field->name, plan::Placeholder(field->value));
  }
  for (++field; field != command.end(); ++field) AppendField(*field, &out);
  return out.Finish();
}

}  // namespace cairn
