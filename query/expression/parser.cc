// SPDX-License-Identifier: Apache-2.0
// From a value to an expression: constants, field paths, variables, arrays and documents.
#include "query/expression/parser.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/try.h"
#include "query/expression/operators.h"
#include "query/path/field_path.h"

namespace cairn::expression {
namespace {

class Constant : public Expression {
 public:
  explicit Constant(bson::Value value) : value_(value) {}
  Result<bson::Value> Evaluate(const Context&) const override { return value_.value(); }
  bool IsConstant() const override { return true; }
  void AddDependencies(Dependencies*) const override {}

 private:
  const bson::OwnedValue value_;
};

// A variable whose value changes from run to run.
class LateVariable : public Expression {
 public:
  explicit LateVariable(std::shared_ptr<const bson::OwnedValue> value) : value_(std::move(value)) {}
  Result<bson::Value> Evaluate(const Context&) const override { return value_->value(); }
  void AddDependencies(Dependencies*) const override {}

 private:
  const std::shared_ptr<const bson::OwnedValue> value_;
};

// $$ROOT, and $$CURRENT unless a variable of that name is around.
class Root : public Expression {
 public:
  Result<bson::Value> Evaluate(const Context& context) const override { return context.root; }
  void AddDependencies(Dependencies* dependencies) const override { dependencies->whole = true; }
};

// A variable of $let and its kin, by the number of bindings before it.
class Variable : public Expression {
 public:
  explicit Variable(size_t distance) : distance_(distance) {}
  Result<bson::Value> Evaluate(const Context& context) const override {
    const Binding* binding = context.bindings;
    for (size_t i = 0; i < distance_; ++i) binding = binding->outer;
    return binding->value;
  }
  void AddDependencies(Dependencies*) const override {}

 private:
  const size_t distance_;
};

// A field below a value: the root, or a variable. Arrays on the way give the array of what is found
// in their documents.
class Field : public Expression {
 public:
  Field(ExpressionPtr base, bool of_root, path::FieldPath path)
      : base_(std::move(base)), of_root_(of_root), path_(std::move(path)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    if (of_root_) return Below(context.root.AsView(), 0, context.scratch);
    CAIRN_TRY_ASSIGN(const bson::Value base, base_->Evaluate(context));
    if (base.type() == bson::Type::kArray) return InArray(base.AsView(), 0, context.scratch);
    if (base.type() != bson::Type::kDocument) return bson::Value();
    return Below(base.AsView(), 0, context.scratch);
  }
  bool IsConstant() const override { return base_->IsConstant(); }
  const path::FieldPath* RootField() const override { return of_root_ ? &path_ : nullptr; }
  void AddDependencies(Dependencies* dependencies) const override {
    if (of_root_) {
      dependencies->paths.insert(path_.dotted());
    } else {
      base_->AddDependencies(dependencies);
    }
  }

 private:
  Result<bson::Value> Below(bson::View document, size_t part, Scratch* scratch) const {
    while (true) {
      const bson::Value value = document.Find(path_.part(part));
      if (++part == path_.size()) return value;
      if (value.type() == bson::Type::kArray) return InArray(value.AsView(), part, scratch);
      if (value.type() != bson::Type::kDocument) return bson::Value();
      document = value.AsView();
    }
  }

  Result<bson::Value> InArray(bson::View array, size_t part, Scratch* scratch) const {
    bson::Builder builder;
    builder.OpenArray("");
    for (const bson::Element& element : array) {
      if (element.value.type() != bson::Type::kDocument) continue;
      CAIRN_TRY_ASSIGN(const bson::Value found, Below(element.value.AsView(), part, scratch));
      if (!found.missing()) builder.Append(builder.NextIndex(), found);
    }
    builder.Close();
    const bson::Document made = builder.Finish();
    const bson::Value values = made[""];
    return scratch->Copy(values.type(), {values.payload(), values.size()});
  }

  const ExpressionPtr base_;
  const bool of_root_;
  const path::FieldPath path_;
};

// [expression, …] or {name: expression, …}.
class Container : public Expression {
 public:
  using Parts = std::vector<std::pair<std::string, ExpressionPtr>>;
  Container(bson::Type type, Parts parts) : type_(type), parts_(std::move(parts)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    bson::Builder builder;
    const bool array = type_ == bson::Type::kArray;
    if (array) {
      builder.OpenArray("");
    } else {
      builder.OpenDocument("");
    }
    for (const auto& [name, part] : parts_) {
      CAIRN_TRY_ASSIGN(bson::Value value, part->Evaluate(context));
      if (value.missing()) {
        if (!array) continue;
        value = Scratch::Null();
      }
      if (builder.size() + value.size() > kScratchBytesMax) {
        return Status(ErrorCode::kExceededMemoryLimit, "an expression makes too large a value");
      }
      builder.Append(array ? builder.NextIndex() : std::string_view(name), value);
    }
    builder.Close();
    const bson::Document made = builder.Finish();
    const bson::Value value = made[""];
    return context.scratch->Copy(type_, {value.payload(), value.size()});
  }
  bool IsConstant() const override {
    return std::ranges::all_of(parts_, [](const auto& part) { return part.second->IsConstant(); });
  }
  void AddDependencies(Dependencies* dependencies) const override {
    for (const auto& [name, part] : parts_) part->AddDependencies(dependencies);
  }

 private:
  const bson::Type type_;
  const Parts parts_;
};

Status CheckFieldName(std::string_view name) {
  if (name.empty()) {
    return Status(ErrorCode::kLocation15998, "FieldPath field names may not be empty strings.");
  }
  if (name[0] == '$') {
    return Status(ErrorCode::kLocation16410,
                  "FieldPath field names may not start with '$'. Consider using $getField or "
                  "$setField.");
  }
  if (name.find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation16411, "FieldPath field names may not contain '\\0'.");
  }
  return Status::Ok();
}

// The field at `dotted` below `base`.
Result<ExpressionPtr> MakeField(std::string_view dotted, ExpressionPtr base, bool of_root) {
  if (dotted.empty()) {
    return Status(ErrorCode::kLocation16872, "'$' by itself is not a valid FieldPath");
  }
  if (dotted.back() == '.') {
    return Status(ErrorCode::kLocation40353, "FieldPath must not end with a '.'.");
  }
  CAIRN_TRY_ASSIGN(auto path, path::FieldPath::Parse(dotted));
  for (size_t i = 0; i < path.size(); ++i) CAIRN_TRY(CheckFieldName(path.part(i)));
  return ExpressionPtr(std::make_unique<Field>(std::move(base), of_root, std::move(path)));
}

// MongoDB's variables that Cairn does not have.
// table "unsupported variables": sorted
constexpr std::string_view kUnsupportedVariables[] = {
    "IS_MR",
    "JS_SCOPE",
    "SEARCH_META",
};
static_assert(std::ranges::is_sorted(kUnsupportedVariables));

// The time of the query, as the clock of a cluster would say it.
ExpressionPtr MakeClusterTime(const Globals& globals) {
  constexpr int64_t kMsPerSecond = 1000;
  bson::Builder builder;
  builder.AppendTimestamp(
      "", {.increment = 1, .seconds = static_cast<uint32_t>(globals.now_ms / kMsPerSecond)});
  return MakeConstant(builder.Finish()[""]);
}

// A variable that every query has, or of `globals`; null when there is none.
Result<ExpressionPtr> FindGlobal(std::string_view name, const Globals& globals) {
  for (const auto& [known, value] : globals.late_variables) {
    if (known != name) continue;
    if (globals.fixes_late_variables) return MakeConstant(value->value());
    return ExpressionPtr(std::make_unique<LateVariable>(value));
  }
  for (const auto& [known, value] : globals.variables) {
    if (known == name) return MakeConstant(value.value());
  }
  if (name == "ROOT" || name == "CURRENT") return ExpressionPtr(std::make_unique<Root>());
  if (name == "REMOVE") return MakeConstant(bson::Value());
  if (name == "NOW") {
    Scratch scratch;
    CAIRN_TRY_ASSIGN(const bson::Value now, scratch.Date(globals.now_ms));
    return MakeConstant(now);
  }
  if (name == "CLUSTER_TIME") return MakeClusterTime(globals);
  if (name == "USER_ROLES") {
    return MakeConstant(bson::Value(bson::Type::kArray, bson::View().data()));
  }
  if (std::ranges::binary_search(kUnsupportedVariables, name)) {
    return Status(ErrorCode::kNotImplemented,
                  "the variable $$" + std::string(name) + " is not supported");
  }
  return Status(ErrorCode::kLocation17276, "Use of undefined variable: " + std::string(name));
}

// What comes after $$.
Result<ExpressionPtr> ParseVariable(std::string_view dotted, const Scope& scope) {
  const size_t dot = std::min(dotted.find('.'), dotted.size());
  const std::string_view name = dotted.substr(0, dot);
  CAIRN_TRY(CheckVariable(name));
  ExpressionPtr base;
  bool of_root = false;
  if (const auto distance = scope.Find(name)) {
    base = std::make_unique<Variable>(*distance);
  } else {
    CAIRN_TRY_ASSIGN(base, FindGlobal(name, scope.globals()));
    of_root = name == "ROOT" || name == "CURRENT";
  }
  if (dot == dotted.size()) return base;
  if (dot + 1 == dotted.size()) {
    return Status(ErrorCode::kLocation40353, "FieldPath must not end with a '.'.");
  }
  CAIRN_TRY_ASSIGN(auto field, MakeField(dotted.substr(dot + 1), std::move(base), of_root));
  return Fold(std::move(field), scope);
}

// What comes after the one $ of a field path, which begins at $$CURRENT.
Result<ExpressionPtr> ParseFieldPath(std::string_view dotted, const Scope& scope) {
  const auto distance = scope.Find("CURRENT");
  if (!distance) return MakeField(dotted, std::make_unique<Root>(), true);
  return MakeField(dotted, std::make_unique<Variable>(*distance), false);
}

Result<ExpressionPtr> ParseDocument(bson::View fields, Scope* scope, int depth) {
  if (!fields.empty() && fields.begin()->name.starts_with('$')) {
    if (++fields.begin() != fields.end()) {
      return Status(ErrorCode::kLocation15983,
                    "an object representing an expression must have exactly one field");
    }
    return ParseCall(*fields.begin(), scope, depth);
  }
  Container::Parts parts;
  for (const bson::Element& field : fields) {
    CAIRN_TRY(CheckFieldName(field.name));
    if (field.name.find('.') != std::string_view::npos) {
      return Status(ErrorCode::kLocation16412, "FieldPath field names may not contain '.'.");
    }
    CAIRN_TRY_ASSIGN(auto part, Parse(field.value, scope, depth + 1));
    parts.emplace_back(field.name, std::move(part));
  }
  return Fold(std::make_unique<Container>(bson::Type::kDocument, std::move(parts)), *scope);
}

}  // namespace

ExpressionPtr MakeCurrent(const Scope& scope) {
  if (const auto distance = scope.Find("CURRENT")) return std::make_unique<Variable>(*distance);
  return std::make_unique<Root>();
}

ExpressionPtr MakeConstant(bson::Value value) { return std::make_unique<Constant>(value); }

Result<ExpressionPtr> Fold(ExpressionPtr expression, const Scope& scope) {
  const bool evaluates = scope.folds() && scope.globals().evaluates_constants;
  if (!evaluates || !expression->IsConstant()) return expression;
  Scratch scratch;
  const Context context(bson::View(), &scratch, scope.globals().collator.get());
  CAIRN_TRY_ASSIGN(const bson::Value value, expression->Evaluate(context));
  return MakeConstant(value);
}

std::string_view NameOfType(bson::Value value) {
  return value.missing() ? "missing" : bson::TypeName(value.type());
}

Result<std::vector<ExpressionPtr>> ParseArguments(bson::Value operand, Scope* scope, int depth) {
  std::vector<ExpressionPtr> arguments;
  if (operand.type() != bson::Type::kArray) {
    CAIRN_TRY_ASSIGN(auto argument, Parse(operand, scope, depth + 1));
    arguments.push_back(std::move(argument));
    return arguments;
  }
  for (const bson::Element& element : operand.AsView()) {
    CAIRN_TRY_ASSIGN(auto argument, Parse(element.value, scope, depth + 1));
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

Result<ExpressionPtr> Parse(bson::Value value, Scope* scope, int depth) {
  if (depth > kExpressionDepthMax) {
    return Status(ErrorCode::kBadValue, "the expression is nested more than " +
                                            std::to_string(kExpressionDepthMax) + " levels deep");
  }
  switch (value.type()) {
    case bson::Type::kString: {
      const std::string_view text = value.AsString();
      if (text.starts_with("$$")) return ParseVariable(text.substr(2), *scope);
      if (text.starts_with('$')) return ParseFieldPath(text.substr(1), *scope);
      return MakeConstant(value);
    }
    case bson::Type::kDocument:
      return ParseDocument(value.AsView(), scope, depth);
    case bson::Type::kArray: {
      Container::Parts parts;
      for (const bson::Element& element : value.AsView()) {
        CAIRN_TRY_ASSIGN(auto part, Parse(element.value, scope, depth + 1));
        parts.emplace_back(std::string(), std::move(part));
      }
      return Fold(std::make_unique<Container>(bson::Type::kArray, std::move(parts)), *scope);
    }
    default:
      return MakeConstant(value);
  }
}

Result<ExpressionPtr> Parse(bson::Value value, const Globals& globals) {
  Scope scope(&globals);
  return Parse(value, &scope);
}

}  // namespace cairn::expression
