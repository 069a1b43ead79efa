// SPDX-License-Identifier: Apache-2.0
// Documents and arrays of {k, v}; $mergeObjects; and fields by any name: $getField, $setField,
// $unsetField.
#include <string>
#include <utility>
#include <vector>

#include "engine/base/try.h"
#include "query/expression/array_maker.h"
#include "query/expression/field_list.h"
#include "query/expression/named_call.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;

struct Pair {
  std::string_view name;
  bson::Value value;
};

Result<Pair> PairOfArray(bson::Value element) {
  if (element.type() != bson::Type::kArray) {
    return Status(ErrorCode::kLocation40396,
                  "$arrayToObject needs all elements alike: an array came first, then " +
                      std::string(NameOfType(element)));
  }
  std::vector<bson::Value> parts;
  for (const bson::Element& part : element.AsView()) parts.push_back(part.value);
  if (parts.size() != 2) {
    return Status(ErrorCode::kLocation40397, "$arrayToObject needs arrays of two elements, not " +
                                                 std::to_string(parts.size()));
  }
  if (parts[0].type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation40395,
                  "$arrayToObject needs strings as keys, not " + std::string(NameOfType(parts[0])));
  }
  if (parts[0].AsString().find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation4940400, "a key of $arrayToObject holds a NUL");
  }
  return Pair{parts[0].AsString(), parts[1]};
}

Result<Pair> PairOfDocument(bson::Value element) {
  if (element.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40391,
                  "$arrayToObject needs all elements alike: an object came first, then " +
                      std::string(NameOfType(element)));
  }
  const bson::View fields = element.AsView();
  if (std::distance(fields.begin(), fields.end()) != 2) {
    return Status(ErrorCode::kLocation40392, "$arrayToObject needs objects of the fields k and v");
  }
  const bson::Value key = fields.Find("k");
  const bson::Value value = fields.Find("v");
  if (key.missing() || value.missing()) {
    return Status(ErrorCode::kLocation40393, "$arrayToObject needs objects of the fields k and v");
  }
  if (key.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation40394,
                  "$arrayToObject needs strings as keys, not " + std::string(NameOfType(key)));
  }
  if (key.AsString().find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation4940401, "a key of $arrayToObject holds a NUL");
  }
  return Pair{key.AsString(), value};
}

Status Merge(bson::Value value, FieldList* fields) {
  if (value.IsNullish()) return Status::Ok();
  if (value.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40400,
                  "$mergeObjects requires objects, not " + std::string(NameOfType(value)));
  }
  for (const bson::Element& field : value.AsView()) CAIRN_TRY(fields->Set(field.name, field.value));
  return Status::Ok();
}

class GetField : public Expression {
 public:
  GetField(ExpressionPtr field, ExpressionPtr input)
      : field_(std::move(field)), input_(std::move(input)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value field, field_->Evaluate(context));
    if (field.type() != bson::Type::kString) {
      return Status(ErrorCode::kLocation3041704,
                    "$getField requires 'field' to evaluate to a string, but got " +
                        std::string(NameOfType(field)));
    }
    CAIRN_TRY_ASSIGN(const bson::Value input, input_->Evaluate(context));
    if (input.type() == bson::Type::kDocument) return input.AsView().Find(field.AsString());
    return input.IsNullish() && !input.missing() ? Scratch::Null() : bson::Value();
  }
  bool IsConstant() const override { return field_->IsConstant() && input_->IsConstant(); }
  void AddDependencies(Dependencies* dependencies) const override {
    field_->AddDependencies(dependencies);
    input_->AddDependencies(dependencies);
  }

 private:
  const ExpressionPtr field_;
  const ExpressionPtr input_;
};

class SetField : public Expression {
 public:
  SetField(std::string_view name, std::string field, ExpressionPtr input, ExpressionPtr value)
      : name_(name), field_(std::move(field)), input_(std::move(input)), value_(std::move(value)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value input, input_->Evaluate(context));
    if (input.IsNullish()) return Scratch::Null();
    if (input.type() != bson::Type::kDocument) {
      return Status(ErrorCode::kLocation4161105, name_ + " requires 'input' to be an object, not " +
                                                     std::string(NameOfType(input)));
    }
    CAIRN_TRY_ASSIGN(const bson::Value value, value_->Evaluate(context));
    bson::Builder made;
    bool there = false;
    for (const bson::Element& field : input.AsView()) {
      const bool is_it = field.name == field_;
      there = there || is_it;
      if (!is_it) {
        made.Append(field.name, field.value);
      } else if (!value.missing()) {
        made.Append(field.name, value);
      }
    }
    if (!there && !value.missing()) made.Append(field_, value);
    return context.scratch->Document(made.Finish());
  }
  bool IsConstant() const override { return input_->IsConstant() && value_->IsConstant(); }
  void AddDependencies(Dependencies* dependencies) const override {
    input_->AddDependencies(dependencies);
    value_->AddDependencies(dependencies);
  }

 private:
  const std::string name_;
  const std::string field_;
  const ExpressionPtr input_;
  const ExpressionPtr value_;
};

// The constant name that $setField and $unsetField need: a string, or one behind $literal.
Result<std::string> ConstantField(std::string_view name, bson::Value operand) {
  bson::Value value = operand;
  if (operand.type() == bson::Type::kDocument && !operand.AsView().empty()) {
    const bson::Element first = *operand.AsView().begin();
    if (first.name == "$literal" || first.name == "$const") value = first.value;
  }
  const bool literal = value.payload() != operand.payload();
  const std::string prefix = std::string(name) + " requires 'field' to be ";
  if (!literal && value.type() == bson::Type::kString && value.AsString().starts_with('$')) {
    return Status(ErrorCode::kLocation4161108,
                  prefix + "a constant, not a field path; $literal takes names that begin with $");
  }
  const bool computed = value.type() == bson::Type::kArray ||
                        (value.type() == bson::Type::kDocument && !value.AsView().empty());
  if (!literal && computed) {
    return Status(ErrorCode::kLocation4161106, prefix + "a constant");
  }
  if (value.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation4161107,
                  prefix + "a string, not " + std::string(NameOfType(value)));
  }
  if (value.AsString().find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation9534700, prefix + "without NUL");
  }
  return std::string(value.AsString());
}

Result<ExpressionPtr> ParseSetOrUnset(std::string_view name, bool unset, bson::Value operand,
                                      Scope* scope, int depth) {
  static constexpr NamedField kArguments[] = {{"field", ErrorCode::kLocation4161102},
                                              {"input", ErrorCode::kLocation4161109},
                                              {"value", ErrorCode::kLocation4161103}};
  bson::Value values[3];
  CAIRN_TRY(ReadNamedFields({name, ErrorCode::kLocation4161100, ErrorCode::kLocation4161101,
                             std::span(kArguments).first(unset ? 2 : 3)},
                            operand, values));
  CAIRN_TRY_ASSIGN(auto input, Parse(values[1], scope, depth + 1));
  ExpressionPtr value = MakeConstant(bson::Value());
  if (!unset) {
    CAIRN_TRY_ASSIGN(value, Parse(values[2], scope, depth + 1));
  }
  CAIRN_TRY_ASSIGN(std::string field, ConstantField(name, values[0]));
  return ExpressionPtr(
      std::make_unique<SetField>(name, std::move(field), std::move(input), std::move(value)));
}

}  // namespace

Result<bson::Value> ArrayToObject(Arguments arguments, const Context& context) {
  const bson::Value array = arguments[0];
  if (array.IsNullish()) return Scratch::Null();
  if (array.type() != bson::Type::kArray) {
    return Status(ErrorCode::kLocation40386,
                  "$arrayToObject requires an array, not " + std::string(NameOfType(array)));
  }
  FieldList fields;
  bson::Type form = bson::Type::kEndOfObject;
  for (const bson::Element& element : array.AsView()) {
    if (form == bson::Type::kEndOfObject) form = element.value.type();
    if (form != bson::Type::kArray && form != bson::Type::kDocument) {
      return Status(ErrorCode::kLocation40398,
                    "$arrayToObject needs an array of pairs or of objects, not of " +
                        std::string(NameOfType(element.value)));
    }
    CAIRN_TRY_ASSIGN(const Pair pair, form == bson::Type::kArray ? PairOfArray(element.value)
                                                                 : PairOfDocument(element.value));
    CAIRN_TRY(fields.Set(pair.name, pair.value));
  }
  return fields.AsDocument(context.scratch);
}

Result<bson::Value> ObjectToArray(Arguments arguments, const Context& context) {
  const bson::Value object = arguments[0];
  if (object.IsNullish()) return Scratch::Null();
  if (object.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40390,
                  "$objectToArray requires an object, not " + std::string(NameOfType(object)));
  }
  ArrayMaker made;
  for (const bson::Element& field : object.AsView()) {
    bson::Builder pair;
    pair.AppendString("k", field.name).Append("v", field.value);
    const bson::Document finished = pair.Finish();
    CAIRN_TRY(made.Append(bson::Value(bson::Type::kDocument, finished.view().data())));
  }
  return made.Finish(context.scratch);
}

Result<bson::Value> MergeObjects(Arguments arguments, const Context& context) {
  FieldList fields;
  if (arguments.size() == 1 && arguments[0].type() == bson::Type::kArray) {
    for (const bson::Element& element : arguments[0].AsView()) {
      CAIRN_TRY(Merge(element.value, &fields));
    }
  } else {
    for (const bson::Value value : arguments) CAIRN_TRY(Merge(value, &fields));
  }
  return fields.AsDocument(context.scratch);
}

Result<ExpressionPtr> ParseGetField(bson::Value operand, Scope* scope, int depth) {
  bson::Value field = operand;
  bson::Value input;
  const bool named = operand.type() == bson::Type::kDocument &&
                     (operand.AsView().empty() || !operand.AsView().begin()->name.starts_with('$'));
  if (named) {
    static constexpr NamedField kArguments[] = {{"field", ErrorCode::kLocation3041702},
                                                {"input", ErrorCode::kLocation3041703}};
    bson::Value values[2];
    CAIRN_TRY(ReadNamedFields(
        {"$getField", ErrorCode::kLocation3041701, ErrorCode::kLocation3041701, kArguments},
        operand, values));
    field = values[0];
    input = values[1];
  }
  CAIRN_TRY_ASSIGN(auto parsed_field, Parse(field, scope, depth + 1));
  if (parsed_field->IsConstant()) {
    Scratch scratch;
    CAIRN_TRY_ASSIGN(const bson::Value name,
                     parsed_field->Evaluate(Context(bson::View(), &scratch)));
    if (name.type() != bson::Type::kString) {
      return Status(
          ErrorCode::kLocation5654602,
          "$getField requires 'field' to be a string, but got " + std::string(NameOfType(name)));
    }
  }
  ExpressionPtr parsed_input = MakeCurrent(*scope);
  if (named) {
    CAIRN_TRY_ASSIGN(parsed_input, Parse(input, scope, depth + 1));
  }
  return ExpressionPtr(
      std::make_unique<GetField>(std::move(parsed_field), std::move(parsed_input)));
}

Result<ExpressionPtr> ParseSetField(bson::Value operand, Scope* scope, int depth) {
  return ParseSetOrUnset("$setField", false, operand, scope, depth);
}

Result<ExpressionPtr> ParseUnsetField(bson::Value operand, Scope* scope, int depth) {
  return ParseSetOrUnset("$unsetField", true, operand, scope, depth);
}

}  // namespace cairn::expression
