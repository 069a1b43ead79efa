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

namespace cairn::index {
namespace {

using bson::Type;
using bson::Value;

// What becomes of an option.
enum class Treatment {
  kKept,         // Shown again by listIndexes, without effect.
  kIgnored,      // From old versions, without effect, not kept.
  kVersion,      // 1 or 2.
  kOff,          // Accepted when it is false, that is, switched off.
  kUnsupported,  // MongoDB has it, Cairn has not.
};

struct OptionRow {
  std::string_view name;
  Treatment treatment;
};

// table: sorted
constexpr OptionRow kOptions[] = {
    {"2dsphereIndexVersion", Treatment::kUnsupported},
    {"background", Treatment::kKept},
    {"bits", Treatment::kUnsupported},
    {"bucketSize", Treatment::kUnsupported},
    {"clustered", Treatment::kUnsupported},
    {"collation", Treatment::kUnsupported},
    {"default_language", Treatment::kUnsupported},
    {"dropDups", Treatment::kIgnored},
    {"expireAfterSeconds", Treatment::kUnsupported},
    {"hidden", Treatment::kOff},
    {"language_override", Treatment::kUnsupported},
    {"max", Treatment::kUnsupported},
    {"min", Treatment::kUnsupported},
    {"ns", Treatment::kIgnored},
    {"partialFilterExpression", Treatment::kUnsupported},
    {"prepareUnique", Treatment::kOff},
    {"sparse", Treatment::kOff},
    {"storageEngine", Treatment::kUnsupported},
    {"textIndexVersion", Treatment::kUnsupported},
    {"v", Treatment::kVersion},
    {"weights", Treatment::kUnsupported},
    {"wildcardProjection", Treatment::kUnsupported},
};
static_assert(std::is_sorted(std::begin(kOptions), std::end(kOptions),
                             [](const OptionRow& a, const OptionRow& b) {
                               return a.name < b.name;
                             }));

// Kinds of index that MongoDB has and Cairn has not.
// table: sorted
constexpr std::string_view kUnsupportedKinds[] = {
    "2d", "2dsphere", "2dsphere_bucket", "columnstore", "geoHaystack", "hashed", "text", "wildcard",
};
static_assert(std::is_sorted(std::begin(kUnsupportedKinds), std::end(kUnsupportedKinds)));

Status CannotCreate(std::string message) {
  return Status(ErrorCode::kCannotCreateIndex, std::move(message));
}

Status CheckPath(std::string_view path) {
  if (path.empty()) return CannotCreate("Index keys cannot contain an empty field name");
  if (path == "$**" || path.ends_with(".$**")) {
    return CannotCreate("wildcard indexes are not supported by Cairn yet");
  }
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
    const bool known = std::binary_search(std::begin(kUnsupportedKinds),
                                          std::end(kUnsupportedKinds), std::string_view(kind));
    if (known) return CannotCreate(kind + " indexes are not supported by Cairn yet");
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

Status CheckPattern(bson::View pattern) {
  if (pattern.empty()) return CannotCreate("Index keys cannot be an empty object.");
  int fields = 0;
  for (const bson::Element& element : pattern) {
    CAIRN_TRY(CheckPath(element.name));
    CAIRN_TRY(CheckDirection(element.value));
    if (++fields > kFieldsMax) break;
  }
  if (fields > 1) return CannotCreate("compound indexes are not supported by Cairn yet");
  return Status::Ok();
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

Status CheckVersion(Value value) {
  if (!value.IsNumber()) {
    return Status(ErrorCode::kTypeMismatch, "The field 'v' must be a number, but got " +
                                                std::string(bson::TypeName(value.type())));
  }
  const std::optional<int64_t> version = bson::ToInt64Exact(bson::Number::From(value));
  if (version == 1 || version == 2) return Status::Ok();
  return CannotCreate("Invalid index specification: cannot create an index with this 'v'");
}

bool IsOff(Value value) {
  if (value.type() == Type::kBool) return !value.AsBool();
  return value.IsNumber() && bson::Sign(bson::Number::From(value)) == 0;
}

Status CheckOption(const bson::Element& option, bson::Builder* kept) {
  const auto* row =
      std::lower_bound(std::begin(kOptions), std::end(kOptions), option.name,
                       [](const OptionRow& a, std::string_view name) { return a.name < name; });
  if (row == std::end(kOptions) || row->name != option.name) {
    return Status(
        ErrorCode::kInvalidIndexSpecificationOption,
        "The field '" + std::string(option.name) + "' is not valid for an index specification");
  }
  switch (row->treatment) {
    case Treatment::kKept:
      kept->Append(option.name, option.value);
      return Status::Ok();
    case Treatment::kIgnored:
      return Status::Ok();
    case Treatment::kVersion:
      return CheckVersion(option.value);
    case Treatment::kOff:
      if (IsOff(option.value)) return Status::Ok();
      break;
    case Treatment::kUnsupported:
      break;
  }
  return CannotCreate("the index option '" + std::string(option.name) +
                      "' is not supported by Cairn yet");
}

std::string Describe(const catalog::IndexSpec& index) {
  return "{ key: " + MessageText(index.key_pattern) + ", name: \"" + index.name + "\"" +
         (index.unique ? ", unique: true }" : " }");
}

}  // namespace

std::string DefaultName(bson::View key_pattern) {
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
                                    bson::View options) {
  CAIRN_TRY(CheckPattern(key_pattern));
  const bool id_pattern = IsIdPattern(key_pattern);
  CAIRN_TRY(CheckName(name, id_pattern));
  catalog::IndexSpec spec;
  spec.name = name.empty() ? DefaultName(key_pattern) : std::string(name);
  spec.key_pattern = bson::Document(key_pattern);
  spec.unique = unique;
  bson::Builder kept;
  for (const bson::Element& option : options) CAIRN_TRY(CheckOption(option, &kept));
  spec.options = kept.Finish();
  if (id_pattern) {
    spec.name = catalog::kIdIndexName;
    const int64_t direction = *bson::ToInt64Exact(bson::Number::From(key_pattern.begin()->value));
    if (direction != 1) {
      return Status(ErrorCode::kBadValue,
                    "The field 'key' for an _id index must be {_id: 1}, but got { _id: -1 }");
    }
    if (unique) {
      return Status(ErrorCode::kInvalidIndexSpecificationOption,
                    "The field 'unique' is not valid for an _id index specification");
    }
  }
  return spec;
}

Result<bool> FindExisting(const catalog::IndexSpec& wanted,
                          const std::vector<catalog::IndexSpec>& existing) {
  // Unequal uniqueness makes two indexes of one key pattern different ones.
  const auto same = [&](const catalog::IndexSpec& index) {
    return index.unique == wanted.unique &&
           bson::Compare(index.key_pattern.view(), wanted.key_pattern.view()) == 0;
  };
  for (const catalog::IndexSpec& index : existing) {
    if (index.name != wanted.name) continue;
    if (same(index)) return true;
    return Status(
        ErrorCode::kIndexKeySpecsConflict,
        "An existing index has the same name as the requested index. When index names are "
        "not specified, they are auto generated and can cause conflicts. Please refer to "
        "our documentation. Requested index: " +
            Describe(wanted) + ", existing index: " + Describe(index));
  }
  for (const catalog::IndexSpec& index : existing) {
    if (!same(index)) continue;
    return Status(ErrorCode::kIndexOptionsConflict,
                  "Index already exists with a different name: " + index.name);
  }
  return false;
}

}  // namespace cairn::index
