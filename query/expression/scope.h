// SPDX-License-Identifier: Apache-2.0
// What names mean while an expression is parsed: the variables of its query, and those that $let
// and its kin define around it. Thread safety: Globals are a value; a Scope belongs to one parse.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::collation {
class Collator;
}

namespace cairn::expression {

/// What is fixed for a whole query. Trees copy what they need of it.
struct Globals {
  /// $$NOW is the time of construction.
  Globals();

  /// Evaluates the fields of `let` in order, each of which sees those before it as variables, and
  /// adds them. They see no document. Errors: FailedToParse for a malformed name, and those of
  /// expressions.
  Status AddLet(bson::View let);

  /// How strings compare; null: by their bytes.
  std::shared_ptr<const collation::Collator> collator;
  int64_t now_ms;
  /// Variables with their values; a missing value is one that removes. Later ones come first.
  std::vector<std::pair<std::string, bson::OwnedValue>> variables;
  /// Variables whose values change from run to run of what is parsed: of $lookup, whose pipeline
  /// runs for each document. Trees share them. They hide the others; later ones come first.
  std::vector<std::pair<std::string, std::shared_ptr<const bson::OwnedValue>>> late_variables;
  /// Whether what is parsed is for the values that the late variables have now.
  bool fixes_late_variables = false;
  /// Whether what is constant is evaluated while it is parsed. False where variables have no values
  /// yet: what is parsed then is checked, but not to be evaluated.
  bool evaluates_constants = true;
};

/// The value of a variable of $let, $map, …; they form a list, the innermost first.
struct Binding {
  bson::Value value;
  const Binding* outer = nullptr;
};

class Scope {
 public:
  /// Borrows `globals`.
  explicit Scope(const Globals* globals) : globals_(globals) {}

  const Globals& globals() const { return *globals_; }

  /// From here on `name` is the innermost variable.
  void Enter(std::string_view name) { names_.emplace_back(name); }
  /// Forgets the innermost `count` variables.
  void Leave(size_t count = 1) { names_.resize(names_.size() - count); }
  /// Whether constant parts are to be evaluated while parsing. Not in a part that is never reached,
  /// where an error of theirs would be none.
  bool folds() const { return folds_; }
  void set_folds(bool folds) { folds_ = folds; }
  /// How many bindings lie before that of `name`.
  std::optional<size_t> Find(std::string_view name) const;

 private:
  const Globals* const globals_;
  std::vector<std::string> names_;
  bool folds_ = true;
};

/// Error FailedToParse unless it is a name that users may give: a lower-case letter or a non-ASCII
/// character first, then letters, digits and underscores.
Status CheckUserVariable(std::string_view name);
/// The same for names that are used: they may begin with any letter.
Status CheckVariable(std::string_view name);

}  // namespace cairn::expression
