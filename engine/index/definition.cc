// SPDX-License-Identifier: Apache-2.0
#include "engine/index/definition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "engine/index/key_generator.h"
#include "engine/index/message_text.h"
#include "engine/index/options.h"
#include "engine/index/wildcard.h"

namespace cairn::index {
namespace {

using bson::Type;
using bson::Value;

// Kinds of index that MongoDB has and Cairn has not.
// table: sorted
constexpr std::string_view kUnsupportedKinds[] = {
    "2d", "2dsphere", "2dsphere_bucket", "columnstore", "geoHaystack", "text", "wildcard",
};
static_assert(std::is_sorted(std::begin(kUnsupportedKinds), std::end(kUnsupportedKinds)));

constexpr std::string_view kHashed = "hashed";

Status CannotCreate(std::string message) {
  return Status(ErrorCode::kCannotCreateIndex, std::move(message));
}

Status CheckPath(std::string_view path) {
  if (path.empty()) return CannotCreate("Index keys cannot contain an empty field name");
  if (path == "$**") return Status::Ok();
  if (IsWildcardField(path)) path.remove_suffix(4);
  int components = 0;
  for (size_t begin = 0; begin <= path.size(); ++components) {
    const size_t end = std::min(path.find('.', begin), path.size());
    const std::string_view component = path.substr(begin, end - begin);
    if (component.empty()) {
      return CannotCreate("Index key contains an illegal field name: '" + std::string(path) +
                          "' has an empty component");
    }
    if (component[0] == '$' && component != "$db" && component != "$id" && component != "$ref") {
      return CannotCreate(
          "Index key contains an illegal field name: field name starts with '$' in '" +
          std::string(path) + "'");
    }
    begin = end + 1;
  }
  if (components > kPathComponentsMax) {
    return CannotCreate("Index key has a path of more than " + std::to_string(kPathComponentsMax) +
                        " components");
  }
  return Status::Ok();
}

Status CheckDirection(Value value) {
  if (value.type() == Type::kString) {
    const std::string kind(value.AsString());
    if (kind == kHashed) return Status::Ok();
    const bool known = std::binary_search(std::begin(kUnsupportedKinds),
                                          std::end(kUnsupportedKinds), std::string_view(kind));
    if (known) return CannotCreate(kind + " indexes are not supported by Cairn");
    return CannotCreate("Unknown index plugin '" + kind + "'");
  }
  if (!value.IsNumber()) {
    return CannotCreate("Values in v:2 index key pattern cannot be of type " +
                        std::string(bson::TypeName(value.type())) +
                        ". Only numbers > 0, numbers < 0, and strings are allowed.");
  }
  const bson::Number number = bson::Number::From(value);
  if (bson::IsNaN(number)) return CannotCreate("Values in the index key pattern cannot be NaN.");
  if (bson::Sign(number) == 0) {
    return CannotCreate("Values in the index key pattern cannot be 0.");
  }
  return Status::Ok();
}

// What fields may stand beside each other.
Status CheckKinds(bson::View pattern, int fields) {
  int hashed = 0;
  int wildcards = 0;
  for (const bson::Element& element : pattern) {
    const bool wildcard = IsWildcardField(element.name);
    if (element.value.type() == Type::kString) {
      if (wildcard) return CannotCreate("a wildcard field cannot be hashed");
      ++hashed;
    }
    if (wildcard) ++wildcards;
  }
  if (hashed > 1) {
    return Status(ErrorCode::kLocation31303,
                  "A maximum of one index field is allowed to be hashed but found " +
                      std::to_string(hashed) + " for 'key' " + MessageText(pattern));
  }
  if (wildcards > 1) {
    return Status(ErrorCode::kLocation7246201,
                  "A compound wildcard index can only have one wildcard field");
  }
  if (wildcards != 0 && hashed != 0) {
    return CannotCreate("a wildcard index cannot have a hashed field");
  }
  // A wildcard field takes two fields of a key.
  if (fields + wildcards > kFieldsMax) {
    return Status(ErrorCode::kLocation13103, "too many compound keys");
  }
  return Status::Ok();
}

Status CheckPattern(bson::View pattern) {
  if (pattern.empty()) return CannotCreate("Index keys cannot be an empty object.");
  int fields = 0;
  for (const bson::Element& element : pattern) {
    CAIRN_TRY(CheckPath(element.name));
    CAIRN_TRY(CheckDirection(element.value));
    if (++fields > kFieldsMax) break;
  }
  return CheckKinds(pattern, fields);
}

Status CheckName(std::string_view name, bool id_pattern) {
  if (name == "*") return Status(ErrorCode::kBadValue, "The index name '*' is not valid.");
  if (name == catalog::kIdIndexName && !id_pattern) {
    return Status(
        ErrorCode::kBadValue,
        "The index name '_id_' is reserved for the _id index, which must have key pattern "
        "{_id: 1}");
  }
  if (name.size() > kIndexNameBytesMax) {
    return CannotCreate("index name is longer than " + std::to_string(kIndexNameBytesMax) +
                        " bytes");
  }
  if (name.find('\0') != std::string_view::npos) {
    return CannotCreate("index names cannot contain NUL bytes");
  }
  return Status::Ok();
}

bool SameOption(const catalog::IndexSpec& a, const catalog::IndexSpec& b, std::string_view name) {
  const Value one = a.options[name];
  const Value other = b.options[name];
  if (one.missing() || other.missing()) return one.missing() && other.missing();
  return bson::Compare(one, other) == 0;
}

// Indexes that differ in one of these may stand beside each other.
bool SameIdentity(const catalog::IndexSpec& a, const catalog::IndexSpec& b) {
  return a.unique == b.unique && bson::Compare(a.key_pattern.view(), b.key_pattern.view()) == 0 &&
         SameOption(a, b, "sparse") && SameOption(a, b, "partialFilterExpression") &&
         SameOption(a, b, "collation") && SameOption(a, b, "wildcardProjection");
}

bool SameOtherOptions(const catalog::IndexSpec& a, const catalog::IndexSpec& b) {
  return SameOption(a, b, "expireAfterSeconds") && SameOption(a, b, "hidden");
}

std::string Describe(const catalog::IndexSpec& index) {
  return "{ key: " + MessageText(index.key_pattern) + ", name: \"" + index.name + "\"" +
         (index.unique ? ", unique: true" : "") +
         (index.options.empty() ? " }" : ", options: " + MessageText(index.options) + " }");
}

}  // namespace

std::string DefaultName(bson::View key_pattern) {
  if (IsIdPattern(key_pattern)) return std::string(catalog::kIdIndexName);
  std::string name;
  for (const bson::Element& element : key_pattern) {
    if (!name.empty()) name += '_';
    name.append(element.name);
    name += '_';
    if (element.value.type() == Type::kString) {
      name.append(element.value.AsString());
    } else if (element.value.IsNumber()) {
      const bson::Number number = bson::Number::From(element.value);
      if (const std::optional<int64_t> integer = bson::ToInt64Exact(number)) {
        name += std::to_string(*integer);
      } else {
        std::array<char, 32> text;
        const auto end = std::to_chars(text.begin(), text.end(), bson::ToDouble(number));
        name.append(text.data(), end.ptr);
      }
    }
  }
  return name;
}

bool IsIdPattern(bson::View key_pattern) {
  auto element = key_pattern.begin();
  if (element == key_pattern.end() || element->name != "_id" || !element->value.IsNumber()) {
    return false;
  }
  const std::optional<int64_t> direction = bson::ToInt64Exact(bson::Number::From(element->value));
  return (direction == 1 || direction == -1) && ++element == key_pattern.end();
}

Result<catalog::IndexSpec> MakeSpec(std::string_view name, bson::View key_pattern, bool unique,
                                    bson::View options, FilterCompiler compiler) {
  CAIRN_TRY(CheckPattern(key_pattern));
  const bool id_pattern = IsIdPattern(key_pattern);
  CAIRN_TRY(CheckName(name, id_pattern));
  catalog::IndexSpec spec;
  spec.name = name.empty() ? DefaultName(key_pattern) : std::string(name);
  spec.key_pattern = bson::Document(key_pattern);
  spec.unique = unique;
  CAIRN_TRY_ASSIGN(spec.options, ParseOptions(key_pattern, unique, options, compiler));
  CAIRN_TRY_ASSIGN(spec.collator, catalog::CollatorOf(spec.options));
  if (spec.collator != nullptr) spec.icu_version = collation::Collator::Version();
  if (!id_pattern) return spec;
  spec.name = catalog::kIdIndexName;
  if (*bson::ToInt64Exact(bson::Number::From(key_pattern.begin()->value)) != 1) {
    return Status(ErrorCode::kBadValue,
                  "The field 'key' for an _id index must be {_id: 1}, but got { _id: -1 }");
  }
  if (spec.options["hidden"].type() == Type::kBool) {
    return Status(ErrorCode::kBadValue, "can't hide _id index");
  }
  const bool kept_only = spec.options.empty() ||
                         spec.options.view().begin()->name == "background" ||
                         spec.options.view().begin()->name == "collation";
  if (unique || !kept_only) {
    return Status(ErrorCode::kInvalidIndexSpecificationOption,
                  "The field '" +
                      std::string(unique ? "unique" : spec.options.view().begin()->name) +
                      "' is not valid for an _id index specification");
  }
  return spec;
}

Result<bool> FindExisting(const catalog::IndexSpec& wanted,
                          const std::vector<catalog::IndexSpec>& existing) {
  for (const catalog::IndexSpec& index : existing) {
    if (index.name != wanted.name) continue;
    if (!SameIdentity(index, wanted)) {
      return Status(
          ErrorCode::kIndexKeySpecsConflict,
          "An existing index has the same name as the requested index. When index names are "
          "not specified, they are auto generated and can cause conflicts. Please refer to "
          "our documentation. Requested index: " +
              Describe(wanted) + ", existing index: " + Describe(index));
    }
    if (SameOtherOptions(index, wanted)) return true;
    return Status(ErrorCode::kIndexOptionsConflict,
                  "An equivalent index already exists with the same name but different options. "
                  "Requested index: " +
                      Describe(wanted) + ", existing index: " + Describe(index));
  }
  for (const catalog::IndexSpec& index : existing) {
    if (!SameIdentity(index, wanted)) continue;
    return Status(ErrorCode::kIndexOptionsConflict,
                  "Index already exists with a different name: " + index.name);
  }
  return false;
}

}  // namespace cairn::index
