// SPDX-License-Identifier: Apache-2.0
// The naive matcher. Handles the types that the random tests make.
#include "tests/query/naive_matcher.h"

#include <cmath>
#include <optional>

namespace cairn {
namespace {

using bson::Type;

bool IsNumber(const Tree& t) {
  return t.type == Type::kInt32 || t.type == Type::kInt64 || t.type == Type::kDouble ||
         t.type == Type::kDecimal128;
}

// The brackets of the types in their order.
int Bracket(const Tree& t) {
  switch (t.type) {
    case Type::kMinKey:
      return 0;
    case Type::kEndOfObject:
    case Type::kUndefined:
      return 1;
    case Type::kNull:
      return 2;
    case Type::kString:
      return 4;
    case Type::kDocument:
      return 5;
    case Type::kArray:
      return 6;
    case Type::kBool:
      return 7;
    case Type::kDate:
      return 8;
    case Type::kMaxKey:
      return 9;
    default:
      return 3;  // Numbers.
  }
}

}  // namespace

int NaiveOrder(const Tree& a, const Tree& b) {
  if (Bracket(a) != Bracket(b)) return Bracket(a) < Bracket(b) ? -1 : 1;
  if (IsNumber(a) || a.type == Type::kBool || a.type == Type::kDate) {
    if (std::isnan(a.number) || std::isnan(b.number)) {
      return static_cast<int>(std::isnan(b.number)) - static_cast<int>(std::isnan(a.number));
    }
    return a.number < b.number ? -1 : (a.number > b.number ? 1 : 0);
  }
  if (a.type == Type::kString) return a.text < b.text ? -1 : (a.text > b.text ? 1 : 0);
  for (size_t i = 0; i < a.fields.size() && i < b.fields.size(); ++i) {
    const auto& [a_name, a_value] = a.fields[i];
    const auto& [b_name, b_value] = b.fields[i];
    if (Bracket(a_value) != Bracket(b_value)) return NaiveOrder(a_value, b_value);
    if (a.type == Type::kDocument && a_name != b_name) return a_name < b_name ? -1 : 1;
    if (const int order = NaiveOrder(a_value, b_value); order != 0) return order;
  }
  if (a.fields.size() == b.fields.size()) return 0;
  return a.fields.size() < b.fields.size() ? -1 : 1;
}

namespace {

std::vector<std::string> Split(const std::string& path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

const Tree* Get(const Tree& document, const std::string& name) {
  for (const auto& [field, value] : document.fields) {
    if (field == name) return &value;
  }
  return nullptr;
}

using Parts = std::vector<std::string>;

std::vector<Tree> ValuesIn(const Tree& document, Parts rest, bool open);

// What the rest of a path finds below a value that a name or a position led to.
std::vector<Tree> ValuesBelow(const Tree& value, const Parts& rest, bool open, bool by_position) {
  std::vector<Tree> found;
  if (rest.empty()) {
    if (value.type == Type::kArray && open && !by_position) {
      for (const auto& [name, element] : value.fields) found.push_back(element);
    }
    found.push_back(value);
  } else if (value.type == Type::kDocument) {
    return ValuesIn(value, rest, open);
  } else if (value.type == Type::kArray) {
    for (const auto& [name, element] : value.fields) {
      if (element.type == Type::kDocument) {
        for (Tree& each : ValuesIn(element, rest, open)) found.push_back(std::move(each));
      }
      if (name == rest[0]) {  // The names of an array's elements are its positions.
        const Parts after(rest.begin() + 1, rest.end());
        if (!after.empty() && element.type != Type::kDocument && element.type != Type::kArray) {
          continue;
        }
        for (Tree& each : ValuesBelow(element, after, open, true)) found.push_back(std::move(each));
      }
    }
  } else {
    found.emplace_back();
  }
  return found;
}

std::vector<Tree> ValuesIn(const Tree& document, Parts rest, bool open) {
  const Tree* const value = Get(document, rest[0]);
  if (value == nullptr) return {Tree()};
  rest.erase(rest.begin());
  return ValuesBelow(*value, rest, open, false);
}

bool Compares(const std::string& op, const Tree& value, const Tree& operand, PlantedBug bug) {
  const bool or_equal = op == "$eq" || op == "$gte" || op == "$lte";
  if (value.type == Type::kEndOfObject && operand.type == Type::kNull) {
    return or_equal && bug != PlantedBug::kNullIgnoresMissing;
  }
  const bool across = value.type == Type::kEndOfObject || Bracket(value) != Bracket(operand);
  if (across && operand.type == Type::kMinKey) return op == "$gt" || op == "$gte";
  if (across && operand.type == Type::kMaxKey) return op == "$lt" || op == "$lte";
  if (value.type == Type::kEndOfObject) return false;
  if (across && bug != PlantedBug::kTypesCompareAcross) return false;
  if (IsNumber(value) && IsNumber(operand) &&
      (std::isnan(value.number) || std::isnan(operand.number))) {
    return or_equal && std::isnan(value.number) && std::isnan(operand.number);
  }
  const int order = NaiveOrder(value, operand);
  if (op == "$eq") return order == 0;
  if (op == "$gt") return order > 0;
  if (op == "$gte") return order >= 0;
  if (op == "$lt") return order < 0;
  return order <= 0;
}

bool AnyCompares(const std::string& op, const std::vector<Tree>& values, const Tree& operand,
                 PlantedBug bug) {
  for (const Tree& value : values) {
    if (value.type == Type::kArray && bug == PlantedBug::kWholeArrayForgotten) continue;
    if (Compares(op, value, operand, bug)) return true;
  }
  return false;
}

std::string TypeOf(const Tree& value) { return std::string(bson::TypeName(value.type)); }

bool HasRemainder(const Tree& value, const Tree& operand) {
  if (!IsNumber(value) || !std::isfinite(value.number)) return false;
  const long double divisor = operand.fields[0].second.number;
  return std::fmod(std::trunc(value.number), divisor) == operand.fields[1].second.number;
}

// What a condition looks at: the values of a path, and them with arrays at its end opened.
struct Found {
  std::vector<Tree> ends;
  std::vector<Tree> opened;
};

bool Holds(const std::string& op, const Tree& operand, const Found& found, PlantedBug bug);

bool AnyElementMatches(const Tree& array, const Tree& condition, PlantedBug bug) {
  const bool by_value = !condition.fields.empty() && condition.fields[0].first[0] == '$';
  for (const auto& [name, element] : array.fields) {
    bool matches = true;
    if (!by_value) {
      matches = (element.type == Type::kDocument || element.type == Type::kArray) &&
                NaiveMatches(condition, element, bug);
    } else {
      for (const auto& [op, operand] : condition.fields) {
        matches = matches && Holds(op, operand, {{element}, {element}}, bug);
      }
    }
    if (matches) return true;
  }
  return false;
}

bool ArrayHolds(const std::string& op, const Tree& operand, const Found& found, PlantedBug bug) {
  for (const Tree& value : found.ends) {
    if (value.type != Type::kArray) continue;
    if (op == "$size" ? static_cast<long double>(value.fields.size()) == operand.number
                      : AnyElementMatches(value, operand, bug)) {
      return true;
    }
  }
  return false;
}

bool OneHolds(const std::string& op, const Tree& operand, const Tree& value) {
  if (op == "$mod") return HasRemainder(value, operand);
  if (op == "$regex") {
    return value.type == Type::kString && value.text.find(operand.text) != std::string::npos;
  }
  if (value.type == Type::kEndOfObject) return false;
  return operand.text == "number" ? IsNumber(value) : TypeOf(value) == operand.text;
}

bool Holds(const std::string& op, const Tree& operand, const Found& found, PlantedBug bug) {
  if (op == "$exists") {
    bool exists = false;
    for (const Tree& value : found.ends) exists = exists || value.type != Type::kEndOfObject;
    return exists == (operand.number != 0);
  }
  if (op == "$ne") return !AnyCompares("$eq", found.opened, operand, bug);
  if (op == "$in" || op == "$nin") {
    bool in = false;
    for (const auto& [name, each] : operand.fields) {
      in = in || AnyCompares("$eq", found.opened, each, bug);
    }
    return in == (op == "$in");
  }
  if (op == "$all") {
    for (const auto& [name, each] : operand.fields) {
      if (!AnyCompares("$eq", found.opened, each, bug)) return false;
    }
    return !operand.fields.empty();
  }
  if (op == "$not") {
    for (const auto& [inner, each] : operand.fields) {
      if (!Holds(inner, each, found, bug)) return true;
    }
    return false;
  }
  if (op == "$size" || op == "$elemMatch") return ArrayHolds(op, operand, found, bug);
  if (op == "$type" || op == "$mod" || op == "$regex") {
    for (const Tree& value : found.opened) {
      if (OneHolds(op, operand, value)) return true;
    }
    return false;
  }
  return AnyCompares(op, found.opened, operand, bug);
}

// Patterns that begin with ^ and are plain behind it.
bool BeginsWith(const std::vector<Tree>& values, const std::string& pattern) {
  for (const Tree& value : values) {
    if (value.type == Type::kString && value.text.starts_with(pattern.substr(1))) return true;
  }
  return false;
}

bool FieldMatches(const std::string& path, const std::string& op, const Tree& operand,
                  const Tree& document, PlantedBug bug) {
  const Parts parts = Split(path);
  if (operand.type == Type::kRegex)
    return BeginsWith(ValuesIn(document, parts, true), operand.text);
  return Holds(op, operand, {ValuesIn(document, parts, false), ValuesIn(document, parts, true)},
               bug);
}

}  // namespace

Tree ToTree(bson::Value value) {
  Tree tree;
  tree.type = value.type();
  switch (value.type()) {
    case Type::kInt32:
      tree.number = value.AsInt32();
      break;
    case Type::kInt64:
      tree.number = static_cast<long double>(value.AsInt64());
      break;
    case Type::kDouble:
      tree.number = value.AsDouble();
      break;
    case Type::kBool:
      tree.number = value.AsBool() ? 1 : 0;
      break;
    case Type::kDate:
      tree.number = static_cast<long double>(value.AsDateMs());
      break;
    case Type::kDecimal128:
      tree.number = std::stold(value.AsDecimal128().ToString());
      break;
    case Type::kString:
      tree.text = value.AsString();
      break;
    case Type::kRegex:
      tree.text = value.RegexPattern();
      break;
    case Type::kDocument:
    case Type::kArray:
      for (const bson::Element& element : value.AsView()) {
        tree.fields.emplace_back(element.name, ToTree(element.value));
      }
      break;
    default:
      break;
  }
  return tree;
}

Tree ToTree(bson::View document) { return ToTree(bson::Value(Type::kDocument, document.data())); }

bool NaiveMatches(const Tree& filter, const Tree& document, PlantedBug bug) {
  for (const auto& [name, operand] : filter.fields) {
    bool matches = true;
    if (name == "$and" || name == "$or" || name == "$nor") {
      size_t count = 0;
      for (const auto& [index, each] : operand.fields) {
        count += NaiveMatches(each, document, bug) ? 1 : 0;
      }
      matches = name == "$and" ? count == operand.fields.size() : (count > 0) == (name == "$or");
    } else if (operand.type == Type::kDocument && !operand.fields.empty() &&
               operand.fields[0].first[0] == '$') {
      for (const auto& [op, each] : operand.fields) {
        matches = matches && FieldMatches(name, op, each, document, bug);
      }
    } else {
      matches = FieldMatches(name, "$eq", operand, document, bug);
    }
    if (!matches) return false;
  }
  return true;
}

}  // namespace cairn
