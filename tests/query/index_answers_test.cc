// SPDX-License-Identifier: Apache-2.0
// Random collections, indexes and queries: every index gives the answer of a scan of the
// collection, sorts, counts and projections included; and an index that has lost an entry is
// noticed. CAIRN_INDEX_QUERIES sets how many queries are asked.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "cairn/json.h"
#include "engine/store/document_store.h"
#include "query/exec/execution.h"
#include "query/plan/cache.h"
#include "query/plan/partial_filter.h"

namespace cairn {
namespace {

int QueriesWanted() {
  const char* wanted = std::getenv("CAIRN_INDEX_QUERIES");
  return wanted == nullptr ? 2500 : std::atoi(wanted);
}

bson::Document J(const std::string& text) {
  auto document = json::Parse(text);
  EXPECT_TRUE(document.ok()) << text << ": " << document.status().ToString();
  return std::move(document).value();
}

struct Question {
  std::string filter = "{}";
  std::string sort = "{}";
  std::string projection = "{}";
  int limit = 0;
  bool count = false;
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {
    kv::OpenOptions options;
    options.in_memory = true;
    store_ = store::DocumentStore::Open(options, plan::CompilePartialFilter).value();
    environment_ = {store_.get(), base::Clock::System(), 1 << 20, {}, &plans_};
    MakeIndexes();
    const int documents = 20 + static_cast<int>(Below(120));
    for (int id = 0; id < documents; ++id) Insert(id);
  }

  uint64_t Below(uint64_t n) { return random_() % n; }

  const store::CollectionPtr collection() { return store_->FindCollection("d", "c"); }

  void Churn() {
    const auto victim = static_cast<int>(Below(140));
    const store::CollectionPtr where = collection();
    const bson::Document id = J("{\"_id\":" + std::to_string(victim) + "}");
    const bson::Document after = J(Document(victim));
    const bool remove = Below(3) == 0;
    const auto commit = store_->Write(where, [&](store::WriteTransaction& transaction) -> Status {
      bson::View before;
      auto found = transaction.ReadForUpdate(key::EncodeId(id["_id"]), &before);
      if (!found.ok()) return found.status();
      if (!*found) return transaction.Insert(after);
      const bson::Document old(before);
      if (remove) return transaction.Delete(key::EncodeId(id["_id"]), old);
      return transaction.Update(key::EncodeId(id["_id"]), old, after, bson::View());
    });
    const ErrorCode code = commit.status().code();
    ASSERT_TRUE(code == ErrorCode::kOk || code == ErrorCode::kCannotIndexParallelArrays ||
                code == ErrorCode::kLocation7246301 || code == ErrorCode::kLocation16766)
        << commit.status().ToString();
  }

  Question Ask() {
    Question question;
    const uint64_t kind = Below(10);
    question.filter = kind == 0 ? "{}" : kind < 8 ? Conjunction() : Disjunction();
    if (Below(3) == 0) question.sort = Sort();
    if (Below(4) == 0) {
      question.projection = Below(2) == 0 ? R"({"a":1,"_id":0})" : R"({"a":1,"b":1,"_id":0})";
    }
    if (question.sort != "{}" && Below(3) == 0) question.limit = 1 + static_cast<int>(Below(8));
    question.count = question.sort == "{}" && question.projection == "{}" && Below(4) == 0;
    return question;
  }

  // The rows as sorted text; with a sort the sort keys in order decide instead.
  std::vector<std::string> Answer(const Question& question, const std::string& hint,
                                  std::string* plan) {
    const bson::Document hint_document = J("{\"h\":" + hint + "}");
    exec::Query query{match::Matcher::Parse(J(question.filter)).value(),
                      plan::SortPattern::Parse(J(question.sort)).value(), std::nullopt};
    query.sort_source = J(question.sort);
    query.projection_source = J(question.projection);
    if (!query.projection_source.empty()) {
      query.projection = project::Projection::Parse(query.projection_source).value();
    }
    query.limit = static_cast<uint64_t>(question.limit);
    query.count = question.count;
    query.hint = hint_document["h"];
    auto execution = exec::Execution::Open(environment_, collection(), std::move(query));
    if (!execution.ok()) return {execution.status().ToString()};
    *plan = plan::Summary((*execution)->plan());
    std::vector<std::string> rows;
    while (true) {
      const Result<bool> more = (*execution)->Next();
      if (!more.ok()) return {more.status().ToString()};
      if (!*more) break;
      rows.push_back(question.count ? "row" : Text((*execution)->document()));
      if (Below(20) == 0) (*execution)->Pause();
    }
    if (question.sort == "{}") std::sort(rows.begin(), rows.end());
    return rows;
  }

  // Names of indexes that hold all documents, as hints.
  const std::vector<std::string>& complete() const { return complete_; }

  // Takes one entry from an index that is not empty. False when there is none.
  bool LoseAnEntry() {
    for (const catalog::IndexSpec& index : collection()->indexes) {
      if (index.name != "a_1") continue;
      std::string key;
      {
        const auto reader = store_->kv().NewSnapshot();
        const auto scan =
            reader->NewScan(key::Family::kIndexes, key::PrefixRange(key::IdPrefix(index.id)), {});
        if (!scan->Next()) return false;
        key = scan->key();
      }
      auto transaction = store_->kv().Begin({});
      return transaction->Delete(key::Family::kIndexes, key).ok() &&
             store_->kv().Commit(std::move(transaction)).ok();
    }
    return false;
  }

 private:
  // Fields in the order of their names, as a covered answer has them in the order of the index.
  static std::string Text(bson::View document) {
    std::vector<std::string> fields;
    for (const bson::Element& element : document) {
      bson::Builder one;
      one.Append(element.name, element.value);
      fields.push_back(json::ToJson(one.Finish()));
    }
    std::sort(fields.begin(), fields.end());
    std::string text;
    for (const std::string& field : fields) text += field;
    return text;
  }

  void MakeIndexes() {
    struct Made {
      const char* name;
      const char* keys;
      const char* options;
    };
    static constexpr Made kIndexes[] = {
        {"a_1", R"({"a":1})", "{}"},
        {"b_-1", R"({"b":-1})", "{}"},
        {"a_b", R"({"a":1,"b":-1})", "{}"},
        {"b_a_c", R"({"b":1,"a":1,"c":1})", "{}"},
        {"cd", R"({"c.d":1})", "{}"},
        {"cd_ce", R"({"c.d":1,"c.e":-1})", "{}"},
        {"hash", R"({"b":"hashed"})", "{}"},
        {"sparse", R"({"a":-1})", R"({"sparse":true})"},
        {"partial", R"({"a":1,"c":1})", R"({"partialFilterExpression":{"b":{"$gt":1}}})"},
        {"wild", R"({"$**":1})", "{}"},
        {"wild_a", R"({"a":1,"$**":-1})", R"({"wildcardProjection":{"a":0}})"},
    };
    arrays_ = Below(2) == 0;
    std::vector<store::IndexDefinition> definitions;
    for (const Made& made : kIndexes) {
      const std::string_view name = made.name;
      if (name != "a_1" && Below(2) == 0) continue;
      if (arrays_ && (name == "hash" || name == "wild_a")) continue;
      definitions.push_back({made.name, J(made.keys), false, J(made.options)});
      if (!name.starts_with("wild") && name != "sparse" && name != "partial") {
        complete_.push_back("\"" + std::string(name) + "\"");
      }
    }
    ASSERT_TRUE(store_->CreateIndexes("d", "c", definitions).ok());
  }

  void Insert(int id) {
    const bson::Document document = J(Document(id));
    const auto commit = store_->Write(collection(), [&](store::WriteTransaction& transaction) {
      return transaction.Insert(document);
    });
    const ErrorCode code = commit.status().code();
    ASSERT_TRUE(code == ErrorCode::kOk || code == ErrorCode::kCannotIndexParallelArrays)
        << commit.status().ToString();
  }

  std::string Scalar() {
    static constexpr const char* kScalars[] = {"0",
                                               "1",
                                               "2",
                                               "3",
                                               "1.5",
                                               "null",
                                               "\"\"",
                                               "\"a\"",
                                               "\"ab\"",
                                               "\"b\"",
                                               "true",
                                               "false",
                                               R"({"$numberLong":"2"})",
                                               R"({"$numberDecimal":"1.50"})",
                                               R"({"$minKey":1})",
                                               R"({"$maxKey":1})",
                                               R"({"$date":"2020-01-01T00:00:00Z"})",
                                               R"({"$numberDouble":"NaN"})",
                                               R"({"$numberDouble":"-0.0"})",
                                               "{}",
                                               R"({"d":1})"};
    const size_t n = Below(2) == 0 ? 5 : std::size(kScalars);
    return kScalars[Below(n)];
  }

  std::string Value() {
    if (!arrays_ || Below(4) != 0) return Scalar();
    std::string text = "[";
    for (uint64_t i = Below(4); i > 0; --i) {
      text += Below(10) == 0 ? "[" + Scalar() + "]" : Scalar();
      if (i > 1) text += ",";
    }
    return text + "]";
  }

  std::string Inner() {
    std::string text = "{";
    if (Below(4) != 0) text += "\"d\":" + Value();
    if (Below(3) != 0) text += (text.size() > 1 ? ",\"e\":" : "\"e\":") + Scalar();
    return text + "}";
  }

  std::string Document(int id) {
    std::string text = "{\"_id\":" + std::to_string(id);
    if (Below(6) != 0) text += ",\"a\":" + Value();
    if (Below(6) != 0) text += ",\"b\":" + Scalar();
    const uint64_t kind = Below(6);
    if (kind < 3) text += ",\"c\":" + Inner();
    if (kind == 3) text += ",\"c\":" + Scalar();
    if (kind == 4 && arrays_) text += ",\"c\":[" + Inner() + "," + Inner() + "]";
    return text + "}";
  }

  std::string Predicate() {
    static constexpr const char* kPaths[] = {"a", "b", "c.d", "c.e", "c", "_id"};
    const std::string path = kPaths[Below(6)];
    const std::string value = path == "_id" ? std::to_string(Below(140)) : Scalar();
    const auto wrap = [&](const std::string& condition) {
      return "{\"" + path + "\":" + condition + "}";
    };
    switch (Below(13)) {
      case 0:
        return wrap("{\"$gt\":" + value + "}");
      case 1:
        return wrap("{\"$lte\":" + value + "}");
      case 2:
        return wrap("{\"$gte\":" + value + ",\"$lt\":" + Scalar() + "}");
      case 3:
        return wrap("{\"$in\":[" + value + "," + Scalar() + "," + Scalar() + "]}");
      case 4:
        return wrap("{\"$ne\":" + value + "}");
      case 5:
        return wrap("{\"$nin\":[" + value + "," + Scalar() + "]}");
      case 6:
        return wrap(Below(2) == 0 ? R"({"$exists":true})" : R"({"$exists":false})");
      case 7:
        return wrap(R"({"$not":{"$gt":)" + value + "}}");
      case 8:
        return wrap(R"({"$regularExpression":{"pattern":"^a","options":""}})");
      case 9:
        return wrap(R"({"$elemMatch":{"$gt":)" + value + R"(,"$lt":)" + Scalar() + "}}");
      case 10:
        return R"({"c":{"$elemMatch":{"d":)" + value + R"(,"e":)" + Scalar() + "}}}";
      case 11:
        return wrap(Below(2) == 0 ? R"({"$type":"number"})" : R"({"$type":["string","array"]})");
      default:
        return wrap(value);
    }
  }

  std::string Members(const char* name, std::string (World::*member)()) {
    std::string text = std::string("{\"") + name + "\":[";
    for (uint64_t i = 1 + Below(3); i > 0; --i) {
      text += (this->*member)();
      if (i > 1) text += ",";
    }
    return text + "]}";
  }
  std::string Conjunction() { return Members("$and", &World::Predicate); }
  std::string Disjunction() { return Members("$or", &World::Conjunction); }

  std::string Sort() {
    static constexpr const char* kSorts[] = {
        R"({"a":1,"_id":1})",  R"({"a":-1,"_id":1})",       R"({"b":1,"_id":-1})",
        R"({"_id":-1})",       R"({"a":1,"b":-1,"_id":1})", R"({"b":1,"a":1,"_id":1})",
        R"({"c.d":1,"_id":1})"};
    return kSorts[Below(std::size(kSorts))];
  }

  std::mt19937_64 random_;
  std::unique_ptr<store::DocumentStore> store_;
  plan::PlanCache plans_;
  exec::Environment environment_;
  std::vector<std::string> complete_;
  bool arrays_ = false;
};

uint64_t Seed() {
  const char* seed = std::getenv("CAIRN_SEED");
  return seed == nullptr ? std::random_device()() : std::strtoull(seed, nullptr, 10);
}

// Returns how many answers differed.
int Compare(World* world, const Question& question, bool report) {
  std::string plan;
  int differences = 0;
  const std::vector<std::string> expected = world->Answer(question, R"({"$natural":1})", &plan);
  std::vector<std::string> hints = {"{}"};
  hints.insert(hints.end(), world->complete().begin(), world->complete().end());
  for (const std::string& hint : hints) {
    const std::vector<std::string> answer = world->Answer(question, hint, &plan);
    if (answer == expected) continue;
    ++differences;
    if (report) {
      ADD_FAILURE() << "filter " << question.filter << " sort " << question.sort << " projection "
                    << question.projection << " limit " << question.limit << " count "
                    << question.count << " hint " << hint << " plan " << plan << "\nexpected "
                    << testing::PrintToString(expected) << "\ngot "
                    << testing::PrintToString(answer);
    }
  }
  return differences;
}

TEST(IndexAnswers, AreThoseOfAScan) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("CAIRN_SEED=" + std::to_string(seed));
  const int wanted = QueriesWanted();
  int failures = 0;
  for (int asked = 0, worlds = 0; asked < wanted && failures < 3; ++worlds) {
    World world(seed + static_cast<uint64_t>(worlds));
    for (int i = 0; i < 120 && asked < wanted && failures < 3; ++i, ++asked) {
      if (i % 3 == 0) world.Churn();
      failures += Compare(&world, world.Ask(), true) != 0;
    }
  }
}

TEST(IndexAnswers, AnEntryThatWasNotPutIsNoticed) {
  World world(7);
  ASSERT_TRUE(world.LoseAnEntry());
  int differences = 0;
  for (int i = 0; i < 300 && differences == 0; ++i) {
    differences += Compare(&world, world.Ask(), false);
  }
  EXPECT_GT(differences, 0);
}

}  // namespace
}  // namespace cairn
