// SPDX-License-Identifier: Apache-2.0
// How commands read their parameters: each command has one sorted table of what it knows, and
// anything else is an error with MongoDB's code and wording. Values are looked up by name after one
// pass. Thread safety: tables are constants; Arguments is a value that borrows the command's bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/cairn.h"

namespace cairn::server {

/// What a command does with a parameter.
enum class Use : uint8_t {
  kOptional,
  kRequired,
  kIgnored,      ///< Checked for its type, without effect here.
  kUnsupported,  ///< Refused unless its value asks for nothing: null, false, 0, {} or [].
};

/// The types that a parameter may have.
enum class Accepts : uint8_t {
  kAny,
  kArray,
  kBool,          ///< Only true and false.
  kBoolOrNumber,  ///< A number means whether it is not zero.
  kInt32,         ///< Only a 32-bit integer.
  kInteger,       ///< Any number, cut to an integer.
  kLong,          ///< Only a 64-bit integer.
  kObject,
  kObjectOrArray,
  kString,
  kStringOrObject,
  kTimestamp,
  kStringOrNumber,
  kBoolNumberOrObject,
  kBoolNumberOrBinary,
};

/// What null means.
enum class Null : uint8_t { kAbsent, kWrongType };

struct Parameter {
  std::string_view name;
  Use use = Use::kOptional;
  Accepts accepts = Accepts::kAny;
  Null null = Null::kAbsent;
  /// The error of a value of another type, where MongoDB has one of its own.
  ErrorCode wrong_type = ErrorCode::kTypeMismatch;
  std::string_view wrong_type_message = {};
  /// For kUnsupported: whether a value asks for nothing; null: the rule above.
  bool (*harmless)(bson::Value) = nullptr;
};

/// Index of `name` in `table`, which is sorted by name; -1 when it is not there.
int FindParameter(std::span<const Parameter> table, std::string_view name);

template <size_t N>
constexpr bool IsSorted(const Parameter (&table)[N]) {
  for (size_t i = 1; i < N; ++i) {
    if (!(table[i - 1].name < table[i].name)) return false;
  }
  return true;
}

/// hint: its own error for a wrong type, null included.
constexpr Parameter HintParameter(Use use) {
  return {"hint",
          use,
          Accepts::kStringOrObject,
          Null::kWrongType,
          ErrorCode::kFailedToParse,
          "Hint must be a string or an object"};
}
/// What stands in it is read by the operation.
constexpr Parameter CollationParameter() { return {"collation", Use::kOptional, Accepts::kObject}; }
/// {} and {locale: "simple"}.
bool IsSimpleCollation(bson::Value value);

/// The parameters of one command, or of one document inside it.
class Arguments {
 public:
  /// Of a command: its first field and the generic arguments (see generic_arguments.h) are left
  /// out.
  static Result<Arguments> OfCommand(std::span<const Parameter> table, bson::View body);
  /// Of a document inside a command. `where` names it in errors, as "update.updates".
  static Result<Arguments> OfDocument(std::string_view where, std::span<const Parameter> table,
                                      bson::View document);

  /// The value; missing when it is absent, or null where null means that.
  bson::Value operator[](std::string_view name) const;
  bool Has(std::string_view name) const { return !(*this)[name].missing(); }

  /// kObject parameters; {} when absent.
  bson::View Object(std::string_view name) const;
  /// kBool and kBoolOrNumber parameters.
  bool Bool(std::string_view name, bool otherwise) const;
  /// kInteger parameters that must not be negative. Error BadValue.
  Result<int64_t> NonNegative(std::string_view name, int64_t otherwise) const;

 private:
  Arguments(std::string_view where, std::span<const Parameter> table)
      : where_(where), table_(table) {}
  /// `index`: of its row in the table, or -1.
  Status Read(int index, bson::Element element);
  Status CheckRequired() const;

  std::string where_;
  std::span<const Parameter> table_;
  /// Few of a table's parameters are given at a time, and most are asked for.
  std::vector<bson::Element> given_;
};

/// TypeMismatch as MongoDB words it, unless `value` has one of the types.
Status CheckType(std::string_view field, bson::Value value, Accepts accepts);

/// A number cut to 64 bits: doubles toward zero, decimals to the nearest; NaN is 0; limits clamp.
int64_t ToInt64(bson::Value number);
/// The number, if it is an integer of 64 bits.
std::optional<int64_t> ExactInt64(bson::Value number);
/// Booleans and numbers: whether they mean true.
bool IsTrue(bson::Value value);

/// "BSON field 'find.foo' is an unknown field."
Status UnknownField(std::string_view where, std::string_view name);
/// "BSON field 'find.foo' is missing but a required field"
Status MissingField(std::string_view where, std::string_view name);
Status UnsupportedField(std::string_view where, std::string_view name);

}  // namespace cairn::server
