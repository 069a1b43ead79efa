// SPDX-License-Identifier: Apache-2.0
// Recursion is as deep as documents may nest.
#include "query/plan/query_shape.h"

#include <openssl/sha.h>

#include <algorithm>

namespace cairn::plan {
namespace {

using bson::Type;
using bson::Value;

std::string_view TypeWord(Type type) {
  switch (type) {
    case Type::kDouble:
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDecimal128:
      return "number";
    case Type::kString:
      return "string";
    case Type::kDocument:
      return "object";
    case Type::kArray:
      return "array";
    case Type::kBool:
      return "bool";
    case Type::kDate:
      return "date";
    default:
      return bson::TypeName(type);
  }
}

bool IsOperators(Value value) {
  return value.type() == Type::kDocument && !value.AsView().empty() &&
         value.AsView().begin()->name.starts_with('$');
}

}  // namespace

std::string Placeholder(Value value) {
  std::string text = "?";
  if (value.type() != Type::kArray) return text.append(TypeWord(value.type()));
  if (value.AsView().empty()) return "[]";
  const std::string_view first = TypeWord(value.AsView().begin()->value.type());
  const bool uniform =
      std::all_of(value.AsView().begin(), value.AsView().end(),
                  [&](const auto& each) { return TypeWord(each.value.type()) == first; });
  return text.append("array<").append(uniform ? "?" : "").append(uniform ? first : "").append(">");
}

void AppendExpressionShape(std::string_view name, Value value, bson::Builder* out) {
  const bool is_path = value.type() == Type::kString && value.AsString().starts_with('$');
  if (is_path) {
    out->Append(name, value);
  } else if (value.type() == Type::kDocument && !value.AsView().empty()) {
    out->OpenDocument(name);
    for (const bson::Element& each : value.AsView()) {
      if (each.name == "$literal") {
        out->AppendString(each.name, Placeholder(each.value));
      } else {
        AppendExpressionShape(each.name, each.value, out);
      }
    }
    out->Close();
  } else if (value.type() == Type::kArray && !value.AsView().empty()) {
    out->OpenArray(name);
    for (const bson::Element& each : value.AsView()) {
      AppendExpressionShape(out->NextIndex(), each.value, out);
    }
    out->Close();
  } else {
    out->AppendString(name, Placeholder(value));
  }
}

namespace {

void AppendOperators(std::string_view name, bson::View operators, bson::Builder* out) {
  out->OpenDocument(name);
  for (const bson::Element& each : operators) {
    if (each.name == "$not" && IsOperators(each.value)) {
      AppendOperators(each.name, each.value.AsView(), out);
    } else if (each.name == "$elemMatch" && IsOperators(each.value)) {
      AppendOperators(each.name, each.value.AsView(), out);
    } else if (each.name == "$elemMatch" && each.value.type() == Type::kDocument) {
      out->OpenDocument(each.name);
      AppendFilterShape(each.value.AsView(), out);
      out->Close();
    } else {
      out->AppendString(each.name, Placeholder(each.value));
    }
  }
  out->Close();
}

void AppendPredicate(const bson::Element& field, bson::Builder* out) {
  const Value value = field.value;
  if (value.type() == Type::kArray &&
      (field.name == "$and" || field.name == "$or" || field.name == "$nor")) {
    out->OpenArray(field.name);
    for (const bson::Element& member : value.AsView()) {
      if (member.value.type() != Type::kDocument) continue;
      out->OpenDocument(out->NextIndex());
      AppendFilterShape(member.value.AsView(), out);
      out->Close();
    }
    out->Close();
  } else if (field.name == "$expr") {
    AppendExpressionShape(field.name, value, out);
  } else if (field.name == "$comment") {
    return;
  } else if (field.name.starts_with('$')) {
    out->AppendString(field.name, Placeholder(value));
  } else if (IsOperators(value)) {
    AppendOperators(field.name, value.AsView(), out);
  } else if (value.type() == Type::kRegex) {
    out->OpenDocument(field.name).AppendString("$regex", "?string").Close();
  } else {
    out->OpenDocument(field.name).AppendString("$eq", Placeholder(value)).Close();
  }
}

}  // namespace

void AppendFilterShape(bson::View filter, bson::Builder* out) {
  for (const bson::Element& field : filter) AppendPredicate(field, out);
}

namespace {

void AppendStages(std::string_view name, bson::View stages, bson::Builder* out);

// The options of a stage stay, but filters and pipelines in them lose their values.
void AppendStage(const bson::Element& stage, bson::Builder* out) {
  const Value value = stage.value;
  if (stage.name == "$match" && value.type() == Type::kDocument) {
    out->OpenDocument(stage.name);
    AppendFilterShape(value.AsView(), out);
    out->Close();
  } else if (stage.name == "$limit" || stage.name == "$skip") {
    out->AppendString(stage.name, Placeholder(value));
  } else if (value.type() == Type::kDocument) {
    out->OpenDocument(stage.name);
    for (const bson::Element& option : value.AsView()) {
      const bool stages = option.value.type() == Type::kArray &&
                          (option.name == "pipeline" || stage.name == "$facet");
      if (stages) {
        AppendStages(option.name, option.value.AsView(), out);
      } else {
        out->Append(option.name, option.value);
      }
    }
    out->Close();
  } else {
    out->Append(stage.name, value);
  }
}

void AppendStages(std::string_view name, bson::View stages, bson::Builder* out) {
  out->OpenArray(name);
  for (const bson::Element& stage : stages) {
    if (stage.value.type() != Type::kDocument) continue;
    out->OpenDocument(out->NextIndex());
    for (const bson::Element& each : stage.value.AsView()) AppendStage(each, out);
    out->Close();
  }
  out->Close();
}

void AppendValues(std::string_view name, bson::View values, bson::Builder* out) {
  if (values.empty()) return;
  out->OpenDocument(name);
  for (const bson::Element& each : values) out->AppendString(each.name, Placeholder(each.value));
  out->Close();
}

}  // namespace

bson::Document DebugShape(const ShapedRead& read) {
  bson::Builder out;
  out.OpenDocument("cmdNs").AppendString("db", read.database);
  out.AppendString("coll", read.collection.empty() ? "$cmd.aggregate" : read.collection).Close();
  out.AppendString("command", read.command);
  if (read.command == "aggregate") {
    AppendStages("pipeline", read.pipeline, &out);
  } else {
    if (read.command == "distinct") out.AppendString("key", read.key);
    out.OpenDocument(read.command == "distinct" ? "query" : "filter");
    AppendFilterShape(read.filter, &out);
    out.Close();
  }
  if (!read.sort.empty()) out.AppendDocument("sort", read.sort);
  if (!read.projection.empty()) out.AppendDocument("projection", read.projection);
  AppendValues("min", read.min, &out);
  AppendValues("max", read.max, &out);
  if (read.limited) out.AppendString("limit", "?number");
  if (read.skips) out.AppendString("skip", "?number");
  if (!read.collation.empty()) out.AppendDocument("collation", read.collation);
  AppendValues("let", read.let, &out);
  return out.Finish();
}

std::string ShapeHash(bson::View debug_shape) {
  const std::string_view bytes = debug_shape.bytes();
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const unsigned char byte : digest) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

}  // namespace cairn::plan
