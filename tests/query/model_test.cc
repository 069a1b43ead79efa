// SPDX-License-Identifier: Apache-2.0
// Random operations on a database and on a vector of plain structs that knows a few filters, told
// apart by nothing; the database is closed and opened again in between.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>

#include "tests/query/fixture.h"

namespace cairn {
namespace {

// A document of the model: a and b are integers, or missing; t is an array of integers, or missing.
struct Row {
  std::optional<int> a;
  std::optional<int> b;
  std::optional<std::vector<int>> t;
};
using Model = std::map<int, Row>;

bson::Document ToDocument(int id, const Row& row) {
  bson::Builder builder;
  builder.AppendInt32("_id", id);
  if (row.a) builder.AppendInt32("a", *row.a);
  if (row.b) builder.AppendInt32("b", *row.b);
  if (row.t) {
    builder.OpenArray("t");
    for (const int element : *row.t) builder.AppendInt32(builder.NextIndex(), element);
    builder.Close();
  }
  return builder.Finish();
}

// One condition on one field, and its naive meaning.
struct Condition {
  std::string field;
  std::string op;
  int value = 0;

  std::string Text() const {
    const std::string operand = op == "null" ? "null" : std::to_string(value);
    if (op == "null") return "\"" + field + "\":null";
    return "\"" + field + "\":{\"" + op +
           "\":" + (op == "$in" ? "[" + operand + "," + std::to_string(value + 2) + "]" : operand) +
           "}";
  }
  bool Holds(int found) const {
    if (op == "$eq") return found == value;
    if (op == "$gt") return found > value;
    if (op == "$lte") return found <= value;
    return found == value || found == value + 2;  // $in
  }
  bool Holds(int id, const Row& row) const {
    if (field == "_id") return op != "null" && Holds(id);
    if (field == "t") {
      if (!row.t) return op == "null";
      return op != "null" && std::any_of(row.t->begin(), row.t->end(),
                                         [this](int element) { return Holds(element); });
    }
    const std::optional<int>& found = field == "a" ? row.a : row.b;
    return found ? op != "null" && Holds(*found) : op == "null";
  }
};

class ModelTest : public testing::Test {
 protected:
  ModelTest() {
    const char* given = std::getenv("CAIRN_TEST_SEED");
    seed_ = given != nullptr ? std::strtoul(given, nullptr, 10) : std::random_device()();
    random_.seed(seed_);
  }

  int Random(int below) { return static_cast<int>(random_() % static_cast<uint32_t>(below)); }

  Row RandomRow() {
    Row row;
    if (Random(5) != 0) row.a = Random(20);
    if (Random(3) != 0) row.b = Random(5);
    if (Random(3) == 0) {
      row.t.emplace();
      for (int i = Random(4); i > 0; --i) row.t->push_back(Random(10));
    }
    return row;
  }

  std::vector<Condition> RandomFilter() {
    static const char* const kFields[] = {"_id", "a", "b", "t"};
    static const char* const kOps[] = {"$eq", "$gt", "$lte", "$in", "null"};
    std::vector<Condition> filter;
    for (const char* field : kFields) {
      if (Random(3) == 0) filter.push_back({field, kOps[Random(5)], Random(20)});
    }
    return filter;
  }

  static bson::Document Text(const std::vector<Condition>& filter) {
    std::string text = "{";
    for (const Condition& condition : filter) {
      text += (text.size() > 1 ? "," : "") + condition.Text();
    }
    return J(text + "}");
  }

  std::vector<int> Matches(const std::vector<Condition>& filter) const {
    std::vector<int> ids;
    for (const auto& [id, row] : model_) {
      const bool all = std::all_of(filter.begin(), filter.end(),
                                   [&, id = id, &row = row](const Condition& condition) {
                                     return condition.Holds(id, row);
                                   });
      if (all) ids.push_back(id);
    }
    return ids;
  }

  void Open() {
    collection_.reset();
    database_.reset();
    OpenOptions options;
    options.cache_bytes = 8 << 20;
    database_ = Must(Database::Open(directory_.path(), options));
    collection_.emplace(Must(database_->GetCollection("d", "c")));
  }

  void Insert() {
    std::vector<bson::Document> documents;
    std::vector<bson::View> views;
    std::vector<std::pair<int, Row>> rows;
    for (int i = 1 + Random(5); i > 0; --i) rows.emplace_back(Random(400), RandomRow());
    for (const auto& [id, row] : rows) documents.push_back(ToDocument(id, row));
    for (const bson::Document& document : documents) views.push_back(document);
    const bool ordered = Random(2) == 0;
    const auto result = Must(collection_->InsertMany(views, {relaxed_, ordered}));
    size_t errors = 0;
    for (const auto& [id, row] : rows) {
      if (model_.emplace(id, row).second) continue;
      ++errors;
      if (ordered) break;
    }
    EXPECT_EQ(result.errors.size(), errors);
  }

  void Update() {
    const std::vector<Condition> filter = RandomFilter();
    const std::vector<int> ids = Matches(filter);
    const bool many = Random(2) == 0;
    const int value = Random(20);
    const bson::Document update =
        J("{\"$set\":{\"b\":" + std::to_string(value) + "},\"$inc\":{\"a\":3}}");
    const auto result = many ? collection_->UpdateMany(Text(filter), update, {relaxed_, false})
                             : collection_->UpdateOne(Text(filter), update, {relaxed_, false});
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    const auto apply = [&](Row* row) {
      row->b = value;
      row->a = row->a.value_or(0) + 3;
    };
    if (many) {
      EXPECT_EQ(result->modified, static_cast<int64_t>(ids.size()));
      for (const int id : ids) apply(&model_[id]);
      return;
    }
    EXPECT_EQ(result->modified, ids.empty() ? 0 : 1);
    // Which one is free: the one that has changed.
    for (const int id : ids) {
      Row changed = model_[id];
      apply(&changed);
      if (Stored(id) == ToDocument(id, changed).bytes() &&
          ToDocument(id, model_[id]).bytes() != Stored(id)) {
        model_[id] = changed;
        return;
      }
    }
    EXPECT_TRUE(ids.empty());
  }

  void Delete() {
    const std::vector<Condition> filter = RandomFilter();
    if (filter.empty() || Random(3) == 0) return;
    const std::vector<int> ids = Matches(filter);
    if (ids.size() > 40) return;
    EXPECT_EQ(Must(collection_->DeleteMany(Text(filter), {relaxed_})).deleted,
              static_cast<int64_t>(ids.size()));
    for (const int id : ids) model_.erase(id);
  }

  std::string Stored(int id) {
    bson::Document found;
    if (!Must(collection_->FindOne(bson::Builder().AppendInt32("_id", id).Finish(), &found))) {
      return "";
    }
    // The order of fields depends on the history; the model knows one.
    bson::Builder builder;
    for (const char* name : {"_id", "a", "b", "t"}) {
      if (!found[name].missing()) builder.Append(name, found[name]);
    }
    return builder.Finish().bytes();
  }

  void Find() {
    const std::vector<Condition> filter = RandomFilter();
    std::vector<int> expected = Matches(filter);
    FindOptions options;
    if (Random(2) == 0) options.sort = J(R"({"_id":-1})");
    const bool descending = !options.sort.empty();
    Cursor cursor = Must(collection_->Find(Text(filter), options));
    std::vector<int> found;
    while (Must(cursor.Next())) {
      found.push_back(cursor.document()["_id"].AsInt32());
      if (Random(4) == 0) cursor.Pause();
    }
    if (descending) {
      std::reverse(expected.begin(), expected.end());
    } else {
      std::sort(found.begin(), found.end());  // An index gives another order.
    }
    ASSERT_EQ(found, expected) << json::ToJson(Text(filter));
    ASSERT_EQ(Must(collection_->Count(Text(filter))), static_cast<int64_t>(expected.size()));
  }

  void CheckAll() {
    EXPECT_EQ(Must(collection_->Count(bson::View())), static_cast<int64_t>(model_.size()));
    for (const auto& [id, row] : model_) ASSERT_EQ(Stored(id), ToDocument(id, row).bytes());
    const auto validated = collection_->Validate();
    if (validated.ok()) {
      EXPECT_TRUE(validated->valid) << (validated->errors.empty() ? "" : validated->errors[0]);
    }
  }

  unsigned long seed_ = 0;
  std::mt19937 random_;
  TemporaryDirectory directory_;
  std::unique_ptr<Database> database_;
  std::optional<Collection> collection_;
  Model model_;
  const WriteOptions relaxed_{Durability::kRelaxed};
};

TEST_F(ModelTest, AgreesWithTheDatabase) {
  std::printf("CAIRN_TEST_SEED=%lu\n", seed_);
  Open();
  for (int step = 0; step < 4000 && !HasFailure(); ++step) {
    const int choice = Random(100);
    if (choice < 30) {
      Insert();
    } else if (choice < 45) {
      Update();
    } else if (choice < 55) {
      Delete();
    } else {
      Find();
    }
    if (step == 1000 || step == 2000) {
      IndexModel models[2];
      models[0].keys = J(step == 1000 ? R"({"a":1})" : R"({"b":-1})");
      models[1].keys = J(R"({"t":1})");
      ASSERT_TRUE(collection_->CreateIndexes(models).ok());
    }
    if (step % 900 == 899) {
      Open();
      CheckAll();
    }
  }
  CheckAll();
  EXPECT_FALSE(HasFailure()) << "CAIRN_TEST_SEED=" << seed_;
}

}  // namespace
}  // namespace cairn
