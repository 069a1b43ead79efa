// SPDX-License-Identifier: Apache-2.0
// Random pipelines over random documents: what is optimised gives the answer of what runs as it was
// written. Without indexes the order of documents is part of the answer.
// CAIRN_RANDOM_PIPELINES sets how many are asked.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "cairn/json.h"
#include "tests/query/fixture.h"

namespace cairn {
namespace {

int PipelinesWanted() {
  const char* wanted = std::getenv("CAIRN_RANDOM_PIPELINES");
  return wanted == nullptr ? 1000 : std::atoi(wanted);
}

class Generator {
 public:
  /// `ordered`: what depends on the order of its input may be asked, too.
  Generator(uint64_t seed, bool ordered) : random_(seed), ordered_(ordered) {}

  size_t Below(size_t n) { return random_() % n; }

  std::string Document() {
    std::string text;
    for (const char* name : {"a", "b", "c"}) {
      if (Below(6) != 0) text += Field(name, Value(2));
    }
    if (Below(3) != 0) text += Field("x", "{" + Field("y", Value(1)).substr(1) + "}");
    if (Below(3) != 0) text += Field("t", "[" + Value(0) + "," + Value(1) + "]");
    return text.empty() ? text : text.substr(1);
  }

  std::string Pipeline() {
    std::string text = "[";
    const size_t count = 1 + Below(5);
    for (size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + Stage(true);
    return text + "]";
  }

 private:
  template <size_t n>
  std::string Pick(const char* const (&choices)[n]) {
    return choices[Below(n)];
  }
  std::string Number() { return std::to_string(Below(5)); }
  static std::string Field(const std::string& name, const std::string& value) {
    return ",\"" + name + "\":" + value;
  }
  std::string Name() { return Pick({"a", "b", "c"}); }
  std::string Path() {
    return Pick({"a", "b", "c", "x", "x.y", "t", "a.y", "_id", "n", "m", "j", "j.a", "_id.k"});
  }

  std::string Value(int depth) {
    switch (Below(depth > 0 ? 9 : 6)) {
      case 0:
        return "null";
      case 1:
        return "\"" + Number() + "\"";
      case 2:
        // Which of equal numbers is shown depends on the order.
        return Number() + (ordered_ ? ".0" : "");
      case 6:
        return "[" + Value(depth - 1) + "," + Value(0) + "]";
      case 7:
        return "{\"y\":" + Value(depth - 1) + "}";
      default:
        return Number();
    }
  }

  std::string Condition() {
    switch (Below(9)) {
      case 0:
        return Value(1);
      case 1:
        return R"({"$exists":)" + std::string(Below(2) == 0 ? "true}" : "false}");
      case 2:
        return R"({"$in":[)" + Value(0) + "," + Value(1) + "]}";
      case 3:
        return R"({"$ne":)" + Value(0) + "}";
      case 4:
        return R"({"$type":"number"})";
      case 5:
        return R"({"$gt":)" + Number() + R"(,"$lt":4})";
      case 6:
        return R"({"$not":{"$gte":)" + Number() + "}}";
      case 7:
        return R"({"$elemMatch":{"$lt":)" + Number() + "}}";
      default:
        return R"({"$lte":)" + Number() + "}";
    }
  }

  std::string Filter(int depth) {
    if (depth > 0 && Below(5) == 0) {
      return "{\"" + Pick({"$or", "$and", "$nor"}) + "\":[" + Filter(depth - 1) + "," +
             Filter(depth - 1) + "]}";
    }
    if (Below(8) == 0) return R"({"$expr":{"$gt":["$)" + Path() + "\"," + Number() + "]}}";
    std::string text = "{\"" + Path() + "\":" + Condition();
    const std::string other = Path();
    if (Below(3) == 0 && text.find("\"" + other + "\":") == std::string::npos) {
      text += Field(other, Condition());
    }
    return text + "}";
  }

  std::string Expression() {
    switch (Below(6)) {
      case 0:
        return R"({"$ifNull":["$)" + Path() + "\"," + Number() + "]}";
      case 1:
        return R"({"$eq":["$)" + Path() + "\"," + Number() + "]}";
      case 2:
        return "{\"k\":\"$" + Path() + "\"}";
      default:
        return "\"$" + Path() + "\"";
    }
  }

  std::string Sort() {
    return R"({"$sort":{")" + Name() + "\":" + (Below(2) == 0 ? "1" : "-1") + R"(,"_id":1}})";
  }

  std::string Group() {
    const std::string id = Pick({"\"$a\"", "\"$b\"", "null", R"({"k":"$a"})",
                                 R"({"k":"$b","l":"$c"})", R"({"$ifNull":["$a",0]})", "\"$x.y\""});
    std::string text = R"({"$group":{"_id":)" + id;
    if (Below(2) == 0) text += R"(,"n":{"$sum":1})";
    if (Below(3) == 0) text += R"(,"m":{"$max":"$)" + Name() + "\"}";
    if (ordered_ && Below(3) == 0) text += R"(,"f":{"$first":"$)" + Name() + "\"}";
    if (ordered_ && Below(5) == 0) text += R"(,"p":{"$push":"$_id"})";
    return text + "}}";
  }

  std::string Lookup() {
    std::string text = R"({"$lookup":{"from":"d","as":"j")";
    const bool by_fields = Below(3) != 0;
    if (by_fields) {
      text += R"(,"localField":")" + Pick({"a", "b", "t", "x.y"}) + R"(","foreignField":")" +
              Pick({"a", "b", "_id", "x.y"}) + "\"";
    }
    if (!by_fields || Below(3) == 0) {
      text += R"(,"let":{"v":"$a"},"pipeline":[{"$match":{"$expr":{"$gte":["$b","$$v"]}}})";
      if (Below(2) == 0) text += "," + Stage(false);
      text += "]";
    }
    text += "}}";
    if (!ordered_ || Below(2) == 0) {
      text += R"(,{"$unwind":{"path":"$j","preserveNullAndEmptyArrays":)";
      text += Below(2) == 0 ? "true" : "false";
      if (ordered_ && Below(3) == 0) text += R"(,"includeArrayIndex":"n")";
      text += "}}";
      if (Below(2) == 0) text += R"(,{"$match":{"j.a":)" + Condition() + "}}";
    }
    return text;
  }

  std::string Stage(bool outer) {
    const std::string n = Number();
    switch (Below(outer ? 18 : 12)) {
      case 0:
      case 1:
      case 2:
        return R"({"$match":)" + Filter(2) + "}";
      case 3:
        return R"({"$project":{")" + Name() + R"(":1,")" + Pick({"n", "m"}) + "\":" + Expression() +
               "}}";
      case 4:
        return R"({"$project":{")" + Name() + R"(":1,"x.y":1}})";
      case 5:
        return R"({"$unset":")" + Pick({"a", "b", "x.y", "_id"}) + "\"}";
      case 6:
      case 7:
        return R"({"$set":{")" + Pick({"n", "m", "a", "x.z"}) + "\":" + Expression() + "}}";
      case 8:
        return Sort();
      case 9:
        if (!ordered_) return Sort();
        return Below(2) == 0 ? R"({"$limit":)" + std::to_string(1 + Below(20)) + "}"
                             : R"({"$skip":)" + n + "}";
      case 10:
        return R"({"$unwind":{"path":"$)" + Pick({"t", "a"}) +
               R"(","preserveNullAndEmptyArrays":)" + (Below(2) == 0 ? "true" : "false") + "}}";
      case 11:
        return Group();
      case 12:
      case 13:
        return Lookup();
      case 14:
        return R"({"$unionWith":{"coll":"d","pipeline":[)" + Stage(false) + "]}}";
      case 15:
        return Below(2) == 0 ? R"({"$count":"n"})" : R"({"$replaceWith":{"a":"$b","c":"$$ROOT"}})";
      case 16:
        return R"({"$redact":{"$cond":[{"$gt":["$y",)" + n + R"(]},"$$PRUNE","$$DESCEND"]}})";
      default:
        if (!ordered_) return Sort();
        return R"({"$facet":{"n":[)" + Stage(false) + R"(],"m":[{"$count":"n"}]}})";
    }
  }

  std::mt19937_64 random_;
  const bool ordered_;
};

class PipelineRandomTest : public InMemory {
 protected:
  struct Answer {
    std::vector<std::string> documents;
    Status status;
  };

  Answer Ask(const std::string& stages, bool optimise) {
    const bson::Document pipeline = J("{\"p\":" + stages + "}");
    AggregateOptions options;
    options.optimise = optimise;
    Result<Cursor> cursor = Get("c").Aggregate(pipeline["p"].AsView(), options);
    if (!cursor.ok()) return {{}, cursor.status()};
    Answer answer;
    while (true) {
      const Result<bool> more = cursor->Next();
      if (!more.ok()) return {{}, more.status()};
      if (!*more) return answer;
      answer.documents.push_back(json::ToJson(cursor->document(), json::Format::kCanonical));
    }
  }

  // Of `count` pipelines. What comes in any order is compared without it.
  void Compare(uint64_t seed, int count, bool ordered) {
    Generator generator(seed, ordered);
    int answered = 0;
    int found = 0;
    for (int i = 0; i < count; ++i) {
      const std::string stages = generator.Pipeline();
      Answer plain = Ask(stages, false);
      Answer optimised = Ask(stages, true);
      // Fewer documents reach what may fail.
      if (!plain.status.ok()) continue;
      ASSERT_TRUE(optimised.status.ok())
          << "seed " << seed << ": " << stages << ": " << optimised.status.ToString();
      if (!ordered) {
        std::ranges::sort(plain.documents);
        std::ranges::sort(optimised.documents);
      }
      ASSERT_EQ(optimised.documents, plain.documents) << "seed " << seed << ": " << stages;
      ++answered;
      found += plain.documents.empty() ? 0 : 1;
    }
    // It would be easy to ask only for what fails or is empty.
    EXPECT_GT(answered, count * 3 / 4);
    EXPECT_GT(found, count / 3);
  }

  void FillBoth(uint64_t seed, bool ordered) {
    Generator generator(seed, ordered);
    for (const char* name : {"c", "d"}) {
      Collection collection = Get(name);
      ASSERT_TRUE(collection.Drop().ok());
      Fill(&collection, 30, [&generator](int) { return generator.Document(); });
    }
  }
};

TEST_F(PipelineRandomTest, OptimisedGivesTheSame) {
  for (uint64_t round = 0; round < 10; ++round) {
    FillBoth(round, true);
    Compare(round, PipelinesWanted() / 10, true);
    if (HasFatalFailure()) return;
  }
}

TEST_F(PipelineRandomTest, OptimisedGivesTheSameWithIndexes) {
  for (uint64_t round = 100; round < 105; ++round) {
    FillBoth(round, false);
    Collection c = Get("c");
    Collection d = Get("d");
    Index(&c, R"({"a":1,"_id":1})");
    Index(&c, R"({"b":1})");
    Index(&d, R"({"a":1})");
    if (round % 2 == 0) Index(&d, R"({"b":1,"_id":1})");
    Compare(round, PipelinesWanted() / 10, false);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace cairn
