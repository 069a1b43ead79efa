// SPDX-License-Identifier: Apache-2.0
// $pull and $pullAll. A condition of $pull is one of three: a document without operators is a
// filter for elements that are documents; operators and regular expressions are a filter for the
// element itself; anything else is a value to be equal to.
#include <algorithm>
#include <optional>
#include <vector>

#include "engine/base/try.h"
#include "engine/collation/collator.h"
#include "query/match/matcher.h"
#include "query/update/array_writer.h"
#include "query/update/condition.h"

namespace cairn::update {
namespace {

// Operators that begin a filter for whole documents.
// table "filters of documents": sorted
constexpr std::string_view kDocumentOperators[] = {
    "$alwaysFalse", "$alwaysTrue", "$and",        "$comment", "$expr",  "$jsonSchema",
    "$nor",         "$or",         "$sampleRate", "$text",    "$where",
};
static_assert(std::ranges::is_sorted(kDocumentOperators));

// An operator that removes the elements that it asks for.
class Culling : public Operator {
 public:
  Culling(path::FieldPath path, std::string_view name) : Operator(std::move(path)), name_(name) {}

  bool Creates(bool) const override { return false; }
  bool NeedsViablePath(bool) const override { return true; }

  Result<Change> Apply(bson::Value current, bool, std::string* room) const override {
    if (current.missing()) return Change();
    if (current.type() != bson::Type::kArray) {
      return NotAnArray(ErrorCode::kBadValue, name_, path(), current.type());
    }
    ArrayWriter writer(room);
    bool removed = false;
    std::string scratch;
    for (const bson::Element& element : current.AsView()) {
      CAIRN_TRY_ASSIGN(const bool goes, Removes(element.value, &scratch));
      removed |= goes;
      if (!goes) writer.Append(element.value);
    }
    const Change change = writer.Finish();
    return removed ? change : Change();
  }

 protected:
  virtual Result<bool> Removes(bson::Value element, std::string* scratch) const = 0;

 private:
  const std::string_view name_;
};

class PullEqual : public Culling {
 public:
  PullEqual(path::FieldPath path, bson::Value value, const collation::Collator* collator)
      : Culling(std::move(path), "$pull"), value_(value), collator_(collator) {}

 private:
  Result<bool> Removes(bson::Value element, std::string*) const override {
    return collation::CompareValues(element, value_, collator_) == 0;
  }
  bson::Value value_;
  const collation::Collator* const collator_;
};

class PullMatching : public Culling {
 public:
  /// `wrapped`: the filter asks for the element as the field "" of a document.
  PullMatching(path::FieldPath path, match::Matcher filter, bool wrapped)
      : Culling(std::move(path), "$pull"), filter_(std::move(filter)), wrapped_(wrapped) {}

 private:
  Result<bool> Removes(bson::Value element, std::string* scratch) const override {
    if (!wrapped_) {
      if (element.type() != bson::Type::kDocument) return false;
      return filter_.Matches(element.AsView());
    }
    bson::Builder builder(std::move(*scratch));
    builder.Append("", element);
    bson::Document document = builder.Finish();
    Result<bool> matches = filter_.Matches(document);
    *scratch = std::move(document).TakeBytes();
    return matches;
  }

  const match::Matcher filter_;
  const bool wrapped_;
};

class PullAll : public Culling {
 public:
  PullAll(path::FieldPath path, std::vector<bson::Value> values,
          const collation::Collator* collator)
      : Culling(std::move(path), "$pullAll"), values_(std::move(values)), less_{collator} {
    std::ranges::sort(values_, less_);
  }

 private:
  Result<bool> Removes(bson::Value element, std::string*) const override {
    return std::ranges::binary_search(values_, element, less_);
  }
  struct Less {
    const collation::Collator* collator;
    bool operator()(bson::Value a, bson::Value b) const {
      return collation::CompareValues(a, b, collator) < 0;
    }
  };

  std::vector<bson::Value> values_;
  const Less less_;
};

bool BeginsWithElementOperator(bson::View condition) {
  if (condition.empty()) return false;
  const std::string_view name = condition.begin()->name;
  if (!name.starts_with('$') || name == "$ref" || name == "$id" || name == "$db") return false;
  return !std::ranges::binary_search(kDocumentOperators, name);
}

}  // namespace

Result<std::unique_ptr<Operator>> ParsePull(path::FieldPath path, bson::Value operand,
                                            const expression::Globals& globals) {
  const bool is_document = operand.type() == bson::Type::kDocument;
  const bool wrapped = operand.type() == bson::Type::kRegex ||
                       (is_document && BeginsWithElementOperator(operand.AsView()));
  if (!is_document && !wrapped) {
    return std::unique_ptr<Operator>(
        std::make_unique<PullEqual>(std::move(path), operand, globals.collator.get()));
  }
  bson::Document source = is_document ? bson::Document(operand.AsView()) : bson::Document();
  if (wrapped) {
    bson::Builder builder;
    builder.Append("", operand);
    source = builder.Finish();
  }
  CAIRN_TRY_ASSIGN(auto filter, ParseCondition(source, globals));
  return std::unique_ptr<Operator>(
      std::make_unique<PullMatching>(std::move(path), std::move(filter), wrapped));
}

Result<std::unique_ptr<Operator>> ParsePullAll(path::FieldPath path, bson::Value operand,
                                               const expression::Globals& globals) {
  if (operand.type() != bson::Type::kArray) {
    return Status(ErrorCode::kBadValue, "$pullAll requires an array argument but was given a " +
                                            std::string(bson::TypeName(operand.type())));
  }
  std::vector<bson::Value> values;
  for (const bson::Element& element : operand.AsView()) values.push_back(element.value);
  return std::unique_ptr<Operator>(
      std::make_unique<PullAll>(std::move(path), std::move(values), globals.collator.get()));
}

}  // namespace cairn::update
