// SPDX-License-Identifier: Apache-2.0
// A random collection with indexes of all kinds, random questions about it, and their answers: by a
// plan, and naively. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "cairn/json.h"
#include "engine/collation/collator.h"
#include "engine/store/document_store.h"
#include "query/exec/execution.h"
#include "query/plan/cache.h"
#include "query/plan/query_settings.h"
#include "tests/query/naive_matcher.h"

namespace cairn {

struct Question {
  enum class Kind { kFind, kCount, kDistinct };
  Kind kind = Kind::kFind;
  std::string filter = "{}";  ///< What the naive matcher knows.
  std::string expression;     ///< A comparison beside it: of $expr, or nothing.
  std::string behind;         ///< A place beside it: the operand of $_behind, or nothing.
  std::string sort = "{}";
  std::string projection = "{}";
  std::string key;  ///< Of a distinct.
  int skip = 0;
  int limit = 0;
  bool collated = false;

  std::string ToString() const;
};

/// How a question is to be answered.
struct Way {
  std::string hint = "{}";  ///< As of find.
  std::string allowed;      ///< The only index that may be used; empty: any.
};

class IndexWorld {
 public:
  static constexpr int kIdsBelow = 140;
  explicit IndexWorld(uint64_t seed);

  uint64_t Below(uint64_t n) { return random_() % n; }
  /// Changes, inserts or deletes a document.
  void Churn();
  Question Ask();
  /// Rows as text, in order where the question has one, else sorted. `plan`: which one it was.
  std::vector<std::string> Answer(const Question& question, const Way& way, std::string* plan);
  std::vector<std::string> NaiveAnswer(const Question& question) const;

  /// Hints that any question may have: of indexes that hold all documents.
  const std::vector<std::string>& complete() const { return complete_; }
  /// Names of all that are not hidden.
  const std::vector<std::string>& indexes() const { return indexes_; }
  /// Takes one entry from an index. False when it has none.
  bool LoseAnEntry(const std::string& index_name);

 private:
  struct Held {
    bson::Document document;
    Tree tree;
  };

  store::CollectionPtr collection() { return store_->FindCollection("d", "c"); }
  void MakeIndexes();
  void Insert(int id);
  void Hold(const bson::Document& document);
  std::string Scalar();
  std::string Value();
  std::string Inner();
  std::string Document(int id);
  std::string Predicate(bool patterns);
  std::string Members(const char* name, bool disjunction, bool patterns);
  std::string Comparison();
  std::string Place(const std::string& sort);
  exec::Query QueryOf(const Question& question, const Way& way, const bson::Document& hint) const;
  std::vector<std::string> Distinct(exec::Execution* execution, const std::string& key);

  std::mt19937_64 random_;
  std::unique_ptr<store::DocumentStore> store_;
  plan::PlanCache plans_;
  plan::QuerySettings settings_;
  exec::Environment environment_;
  std::shared_ptr<const collation::Collator> collator_;
  std::map<int, Held> held_;
  std::vector<std::string> complete_;
  std::vector<std::string> indexes_;
  uint32_t hidden_id_ = 0;
  bool arrays_ = false;
};

}  // namespace cairn
