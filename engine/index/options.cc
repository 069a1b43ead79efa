// SPDX-License-Identifier: Apache-2.0
#include "engine/index/options.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "engine/collation/collator.h"
#include "engine/index/wildcard.h"

namespace cairn::index {
namespace {

using bson::Type;
using bson::Value;

// What becomes of an option.
enum class Treatment {
  kCollation,    // Kept in full.
  kDocument,     // A document that is kept.
  kExpire,       // expireAfterSeconds.
  kHidden,       // A bool, kept when true.
  kIgnored,      // Without effect, not kept.
  kKept,         // Shown again by listIndexes, without effect.
  kSwitch,       // A bool or a number, kept when true.
  kUnsupported,  // MongoDB has it, Cairn has not.
  kVersion,      // 1 or 2.
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
    {"collation", Treatment::kCollation},
    {"default_language", Treatment::kUnsupported},
    {"dropDups", Treatment::kIgnored},
    {"expireAfterSeconds", Treatment::kExpire},
    {"hidden", Treatment::kHidden},
    {"language_override", Treatment::kUnsupported},
    {"max", Treatment::kUnsupported},
    {"min", Treatment::kUnsupported},
    {"ns", Treatment::kIgnored},
    {"partialFilterExpression", Treatment::kDocument},
    {"prepareUnique", Treatment::kSwitch},
    {"sparse", Treatment::kSwitch},
    {"storageEngine", Treatment::kIgnored},
    {"textIndexVersion", Treatment::kUnsupported},
    {"v", Treatment::kVersion},
    {"weights", Treatment::kUnsupported},
    {"wildcardProjection", Treatment::kDocument},
};
static_assert(std::is_sorted(std::begin(kOptions), std::end(kOptions),
                             [](const OptionRow& a, const OptionRow& b) {
                               return a.name < b.name;
                             }));

Status CannotCreate(std::string message) {
  return Status(ErrorCode::kCannotCreateIndex, std::move(message));
}

Status WrongType(const bson::Element& option, std::string_view expected) {
  return Status(ErrorCode::kTypeMismatch, "The field '" + std::string(option.name) + "' must be " +
                                              std::string(expected) + ", but got " +
                                              std::string(bson::TypeName(option.value.type())));
}

Status CheckVersion(const bson::Element& option) {
  if (!option.value.IsNumber()) return WrongType(option, "a number");
  const std::optional<int64_t> version = bson::ToInt64Exact(bson::Number::From(option.value));
  if (version == 1 || version == 2) return Status::Ok();
  return CannotCreate("Invalid index specification: cannot create an index with this 'v'");
}

bool IsTrue(Value value) {
  if (value.type() == Type::kBool) return value.AsBool();
  return value.IsNumber() && bson::Sign(bson::Number::From(value)) != 0;
}

bool IsSimpleCollation(Value value) {
  if (value.type() != Type::kDocument) return false;
  const bson::View view = value.AsView();
  const Value locale = view["locale"];
  return view.empty() || (locale.type() == Type::kString && locale.AsString() == "simple");
}

Status AddCollation(bson::View collation, bson::Builder* kept) {
  CAIRN_TRY_ASSIGN(const auto collator, collation::Collator::Parse(collation));
  if (collator != nullptr) kept->AppendDocument("collation", collator->spec());
  return Status::Ok();
}

Status AddOption(const bson::Element& option, Treatment treatment, bson::Builder* kept) {
  const Value value = option.value;
  switch (treatment) {
    case Treatment::kCollation:
      if (value.type() != Type::kDocument) return WrongType(option, "an object");
      if (IsSimpleCollation(value)) return Status::Ok();
      return AddCollation(value.AsView(), kept);
    case Treatment::kDocument:
      if (value.type() != Type::kDocument) return WrongType(option, "an object");
      kept->Append(option.name, value);
      return Status::Ok();
    case Treatment::kExpire: {
      CAIRN_TRY_ASSIGN(const int32_t seconds, ParseExpireAfterSeconds(value));
      kept->AppendInt32(option.name, seconds);
      return Status::Ok();
    }
    case Treatment::kHidden:
      if (value.type() != Type::kBool) return WrongType(option, "a bool");
      if (value.AsBool()) kept->AppendBool(option.name, true);
      return Status::Ok();
    case Treatment::kIgnored:
      return Status::Ok();
    case Treatment::kKept:
      kept->Append(option.name, value);
      return Status::Ok();
    case Treatment::kSwitch:
      if (value.type() != Type::kBool && !value.IsNumber()) return WrongType(option, "a bool");
      if (IsTrue(value)) kept->AppendBool(option.name, true);
      return Status::Ok();
    case Treatment::kUnsupported:
      break;
    case Treatment::kVersion:
      return CheckVersion(option);
  }
  return CannotCreate("the index option '" + std::string(option.name) +
                      "' is not supported by Cairn");
}

// What the pattern consists of.
struct Shape {
  int fields = 0;
  bool hashed = false;
  std::string_view wildcard;  // The wildcard field's name, or empty.
  bool is_id = false;
};

Shape ShapeOf(bson::View key_pattern) {
  Shape shape;
  for (const bson::Element& element : key_pattern) {
    ++shape.fields;
    if (element.value.type() == Type::kString) shape.hashed = true;
    if (IsWildcardField(element.name)) shape.wildcard = element.name;
    if (element.name == "_id") shape.is_id = true;
  }
  shape.is_id &= shape.fields == 1 && !shape.hashed;
  return shape;
}

Status CheckWildcard(bson::View key_pattern, const Shape& shape, bool unique, bson::View kept) {
  const Value projection = kept["wildcardProjection"];
  if (shape.wildcard.empty()) {
    if (projection.missing()) return Status::Ok();
    return Status(ErrorCode::kBadValue,
                  "The field 'wildcardProjection' is only allowed in a wildcard index");
  }
  if (unique) return CannotCreate("Index type 'wildcard' does not support the unique option");
  for (const std::string_view option : {"sparse", "expireAfterSeconds"}) {
    if (kept[option].missing()) continue;
    return CannotCreate("Index type 'wildcard' does not support the " + std::string(option) +
                        " option");
  }
  CAIRN_TRY_ASSIGN(const WildcardPaths paths, WildcardPaths::Parse(shape.wildcard, projection));
  if (shape.fields == 1) return Status::Ok();
  if (shape.wildcard == "$**" && projection.missing()) {
    return CannotCreate("a compound wildcard index on all fields needs a 'wildcardProjection'");
  }
  for (const bson::Element& element : key_pattern) {
    if (element.name == shape.wildcard || paths.LeavesOut(element.name)) continue;
    if (projection.missing()) {
      return CannotCreate("the wildcard field overlaps with '" + std::string(element.name) + "'");
    }
    return Status(ErrorCode::kLocation7246209, "wildcardProjection overlaps with the field '" +
                                                   std::string(element.name) +
                                                   "' of a compound wildcard index");
  }
  return Status::Ok();
}

Status CheckTogether(bson::View key_pattern, bool unique, bson::View kept,
                     FilterCompiler compiler) {
  const Shape shape = ShapeOf(key_pattern);
  CAIRN_TRY(CheckWildcard(key_pattern, shape, unique, kept));
  if (shape.hashed && unique) {
    return Status(ErrorCode::kLocation16764,
                  "Currently hashed indexes cannot guarantee uniqueness. Use a regular index.");
  }
  const Value filter = kept["partialFilterExpression"];
  if (!filter.missing() && !kept["sparse"].missing()) {
    return CannotCreate("cannot mix \"partialFilterExpression\" and \"sparse\" options");
  }
  if (!kept["expireAfterSeconds"].missing() && shape.fields != 1) {
    return CannotCreate(
        "TTL indexes are single-field indexes, compound indexes do not support TTL");
  }
  if (shape.is_id || filter.missing()) return Status::Ok();
  if (compiler == nullptr) return CannotCreate("partial indexes are not available here");
  return compiler(filter.AsView(), nullptr).status();
}

}  // namespace

Result<int32_t> ParseExpireAfterSeconds(Value value) {
  if (!value.IsNumber()) {
    return Status(ErrorCode::kTypeMismatch,
                  "TTL index 'expireAfterSeconds' option must be numeric, but received a type of " +
                      std::string(bson::TypeName(value.type())));
  }
  const double seconds = bson::ToDouble(bson::Number::From(value));
  if (!(seconds > -1) || seconds >= 2147483648.0) {
    return CannotCreate(
        "TTL index 'expireAfterSeconds' option must be within an acceptable range, between 0 and "
        "2147483647");
  }
  return static_cast<int32_t>(seconds);
}

Result<bson::Document> ParseOptions(bson::View key_pattern, bool unique, bson::View options,
                                    FilterCompiler compiler) {
  bson::Builder kept;
  for (const bson::Element& option : options) {
    const auto* row =
        std::lower_bound(std::begin(kOptions), std::end(kOptions), option.name,
                         [](const OptionRow& a, std::string_view name) { return a.name < name; });
    if (row == std::end(kOptions) || row->name != option.name) {
      return Status(
          ErrorCode::kInvalidIndexSpecificationOption,
          "The field '" + std::string(option.name) + "' is not valid for an index specification");
    }
    CAIRN_TRY(AddOption(option, row->treatment, &kept));
  }
  const Value version = options["v"];
  if (version.IsNumber() && bson::ToDouble(bson::Number::From(version)) == 1 &&
      !ShapeOf(key_pattern).wildcard.empty()) {
    return CannotCreate("wildcard indexes need index version 2");
  }
  bson::Document document = kept.Finish();
  CAIRN_TRY(CheckTogether(key_pattern, unique, document, compiler));
  return document;
}

std::optional<int64_t> ExpireAfterSeconds(const catalog::IndexSpec& index) {
  const Value seconds = index.options["expireAfterSeconds"];
  if (seconds.type() != Type::kInt32) return std::nullopt;
  return seconds.AsInt32();
}

bool IsHidden(const catalog::IndexSpec& index) { return IsTrue(index.options["hidden"]); }

bool IsSparse(const catalog::IndexSpec& index) { return IsTrue(index.options["sparse"]); }

}  // namespace cairn::index
