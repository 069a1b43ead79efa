// SPDX-License-Identifier: Apache-2.0
// The random documents and questions of IndexWorld.
#include <iterator>

#include "tests/query/fixture.h"
#include "tests/query/index_world.h"

namespace cairn {

std::string IndexWorld::Scalar() {
  static constexpr const char* kScalars[] = {"0",
                                             "1",
                                             "2",
                                             "3",
                                             "1.5",
                                             "null",
                                             "\"\"",
                                             "\"a\"",
                                             "\"A\"",
                                             "\"ab\"",
                                             "\"aB\"",
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

std::string IndexWorld::Value() {
  if (!arrays_ || Below(4) != 0) return Scalar();
  std::string text = "[";
  for (uint64_t i = Below(4); i > 0; --i) {
    text += Below(10) == 0 ? "[" + Scalar() + "]" : Scalar();
    if (i > 1) text += ",";
  }
  return text + "]";
}

std::string IndexWorld::Inner() {
  std::string text = "{";
  if (Below(4) != 0) text += "\"d\":" + Value();
  if (Below(3) != 0) text += (text.size() > 1 ? ",\"e\":" : "\"e\":") + Scalar();
  return text + "}";
}

std::string IndexWorld::Document(int id) {
  std::string text = "{\"_id\":" + std::to_string(id);
  if (Below(6) != 0) text += ",\"a\":" + Value();
  if (Below(6) != 0) text += ",\"b\":" + Scalar();
  const uint64_t kind = Below(6);
  if (kind < 3) text += ",\"c\":" + Inner();
  if (kind == 3) text += ",\"c\":" + Scalar();
  if (kind == 4 && arrays_) text += ",\"c\":[" + Inner() + "," + Inner() + "]";
  if (kind == 5 && arrays_) text += ",\"c\":" + Value();
  return text + "}";
}

std::string IndexWorld::Predicate(bool patterns) {
  static constexpr const char* kPaths[] = {"a",   "b",     "c.d", "c.e",   "c",
                                           "_id", "c.d.d", "a.0", "c.0.d", "c.0"};
  const std::string path = kPaths[Below(std::size(kPaths))];
  const std::string value = path == "_id" ? std::to_string(Below(kIdsBelow)) : Scalar();
  const auto wrap = [&](const std::string& condition) {
    return "{\"" + path + "\":" + condition + "}";
  };
  switch (Below(18)) {
    case 0:
      return wrap("{\"$gt\":" + value + "}");
    case 1:
      return wrap("{\"$lte\":" + value + "}");
    case 2:
      return wrap("{\"$gte\":" + value + ",\"$lt\":" + Scalar() + "}");
    case 3:
      return wrap("{\"$in\":[" + value + "," + Scalar() + "," + Scalar() + "]}");
    case 4:
      return wrap("{\"$ne\":" + (Below(3) == 0 ? "null" : value) + "}");
    case 5:
      return wrap("{\"$nin\":[" + value + "," + Scalar() + "]}");
    case 6:
      return wrap(Below(2) == 0 ? R"({"$exists":true})" : R"({"$exists":false})");
    case 7:
      return wrap(R"({"$not":{"$gt":)" + value + "}}");
    case 8:
      if (!patterns) return wrap(value);
      return wrap(R"({"$regularExpression":{"pattern":"^a","options":""}})");
    case 9:
      if (Below(3) == 0) return wrap(R"({"$elemMatch":{"$elemMatch":{"$gte":)" + value + "}}}");
      return wrap(R"({"$elemMatch":{"$gt":)" + value + R"(,"$lt":)" + Scalar() + "}}");
    case 10:
      return R"({"c":{"$elemMatch":{"d":)" + value + R"(,"e":)" + Scalar() + "}}}";
    case 11:
      return wrap(Below(2) == 0 ? R"({"$type":"number"})" : R"({"$type":"string"})");
    case 12:
      return wrap("{\"$all\":[" + value + (Below(2) == 0 ? "" : "," + Scalar()) + "]}");
    case 13:
      return wrap("{\"$size\":" + std::to_string(Below(3)) + "}");
    case 14:
      return wrap(R"({"$mod":[2,)" + std::to_string(Below(2)) + "]}");
    case 15: {
      static constexpr const char* kNegated[] = {
          R"({"$eq":null})",   R"({"$in":[null,1]})",         R"({"$type":"number"})",
          R"({"$mod":[2,0]})", R"({"$elemMatch":{"$gt":1}})", R"({"$exists":true})"};
      return wrap(std::string(R"({"$not":)") + kNegated[Below(std::size(kNegated))] + "}");
    }
    default:
      return wrap(value);
  }
}

std::string IndexWorld::Members(const char* name, bool disjunction, bool patterns) {
  std::string text = std::string("{\"") + name + "\":[";
  for (uint64_t i = 1 + Below(3); i > 0; --i) {
    text += disjunction ? Members("$and", false, patterns) : Predicate(patterns);
    if (i > 1) text += ",";
  }
  return text + "]}";
}

std::string IndexWorld::Comparison() {
  static constexpr const char* kNames[] = {"$eq", "$gt", "$gte", "$lt", "$lte"};
  static constexpr const char* kPaths[] = {"$a", "$b", "$c.d", "$c.e"};
  return std::string("{\"") + kNames[Below(5)] + "\":[\"" + kPaths[Below(4)] + "\"," + Scalar() +
         "]}";
}

std::string IndexWorld::Place(const std::string& sort) {
  const bson::Document fields = J(sort);
  std::string key;
  for (const bson::Element& field : fields.view()) {
    if (!key.empty()) key += ",";
    key += field.name == "_id" ? std::to_string(Below(kIdsBelow)) : Scalar();
  }
  return "{\"sort\":" + sort + ",\"key\":[" + key + "]}";
}

Question IndexWorld::Ask() {
  static constexpr const char* kSorts[] = {
      R"({"a":1,"_id":1})",   R"({"a":-1,"_id":1})",       R"({"b":1,"_id":-1})",
      R"({"_id":-1})",        R"({"a":1,"b":-1,"_id":1})", R"({"b":1,"a":1,"_id":1})",
      R"({"a":-1,"_id":-1})", R"({"b":-1,"_id":-1})",      R"({"c.d":1,"_id":1})"};
  Question question;
  question.collated = Below(5) == 0;
  const bool patterns = !question.collated;
  const uint64_t shape = Below(10);
  question.filter = shape == 0  ? "{}"
                    : shape < 8 ? Members("$and", false, patterns)
                                : Members("$or", true, patterns);
  if (Below(6) == 0) question.expression = Comparison();
  const uint64_t kind = Below(8);
  if (Below(16) == 0) question.behind = Place(kSorts[Below(std::size(kSorts))]);
  if (kind == 0) {
    static constexpr const char* kKeys[] = {"a", "b", "c.d", "c"};
    question.kind = Question::Kind::kDistinct;
    question.key = kKeys[Below(4)];
    return question;
  }
  if (kind == 1) {
    question.kind = Question::Kind::kCount;
  } else {
    if (Below(3) == 0) question.sort = kSorts[Below(std::size(kSorts))];
    if (question.sort != "{}" && Below(3) == 0) question.behind = Place(question.sort);
    if (Below(4) == 0) {
      question.projection = Below(2) == 0 ? R"({"a":1,"_id":0})" : R"({"a":1,"b":1,"_id":0})";
    }
    if (question.sort == "{}") return question;
  }
  if (Below(3) == 0) question.limit = 1 + static_cast<int>(Below(8));
  if (Below(4) == 0) question.skip = 1 + static_cast<int>(Below(5));
  return question;
}

}  // namespace cairn
