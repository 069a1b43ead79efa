// SPDX-License-Identifier: Apache-2.0
#include "tests/query/index_world.h"

#include <algorithm>
#include <cctype>

#include "engine/key/encoding.h"
#include "query/distinct_values.h"
#include "query/plan/partial_filter.h"
#include "tests/query/fixture.h"

namespace cairn {
namespace {

// Fields in the order of their names, as a covered answer has them in the order of the index.
std::string Text(bson::View document) {
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

void Lower(Tree* tree) {
  for (char& c : tree->text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (auto& [name, value] : tree->fields) Lower(&value);
}

const Tree* Field(const Tree& document, const std::string& name) {
  for (const auto& [field, value] : document.fields) {
    if (field == name) return &value;
  }
  return nullptr;
}

std::pair<std::string, std::string> SplitFirst(const std::string& path) {
  const size_t dot = path.find('.');
  if (dot == std::string::npos) return {path, ""};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

// What an expression's path leads to: an array of documents gives an array.
Tree ExpressionValue(const Tree& value, const std::string& path) {
  if (path.empty()) return value;
  const auto [name, rest] = SplitFirst(path);
  if (value.type == bson::Type::kArray) {
    Tree array;
    array.type = bson::Type::kArray;
    for (const auto& [position, element] : value.fields) {
      const Tree found = ExpressionValue(element, path);
      if (found.type == bson::Type::kEndOfObject) continue;
      array.fields.emplace_back(std::to_string(array.fields.size()), found);
    }
    return array;
  }
  if (value.type != bson::Type::kDocument) return Tree();
  const Tree* const field = Field(value, name);
  return field == nullptr ? Tree() : ExpressionValue(*field, rest);
}

// {"$gt": ["$a.b", value]}
bool ExpressionHolds(const Tree& comparison, const Tree& document) {
  const auto& [name, sides] = comparison.fields[0];
  const Tree left = ExpressionValue(document, sides.fields[0].second.text.substr(1));
  const int order = NaiveOrder(left, sides.fields[1].second);
  if (name == "$eq") return order == 0;
  if (name == "$gt") return order > 0;
  if (name == "$gte") return order >= 0;
  if (name == "$lt") return order < 0;
  return order <= 0;
}

// The values that documents are sorted by: those of arrays one by one.
void SortValues(const Tree& value, const std::string& path, std::vector<Tree>* values) {
  if (path.empty()) {
    if (value.type == bson::Type::kArray) {
      for (const auto& [position, element] : value.fields) values->push_back(element);
      if (value.fields.empty()) {
        values->emplace_back();
        values->back().type = bson::Type::kUndefined;
      }
    } else {
      values->push_back(value);
    }
    return;
  }
  const auto [name, rest] = SplitFirst(path);
  if (value.type == bson::Type::kArray) {
    for (const auto& [position, element] : value.fields) {
      if (element.type == bson::Type::kArray) {
        SortValues(Tree(), "", values);
      } else {
        SortValues(element, path, values);
      }
    }
    if (value.fields.empty()) SortValues(Tree(), "", values);
    return;
  }
  const Tree* const field = value.type == bson::Type::kDocument ? Field(value, name) : nullptr;
  if (field == nullptr) {
    values->push_back(Tree());
  } else {
    SortValues(*field, rest, values);
  }
}

Tree SortKey(const Tree& document, const std::string& path, bool descending) {
  std::vector<Tree> values;
  SortValues(document, path, &values);
  for (Tree& value : values) {
    if (value.type == bson::Type::kEndOfObject) value.type = bson::Type::kNull;
  }
  Tree best = values[0];
  for (const Tree& value : values) {
    const int order = NaiveOrder(value, best);
    if (descending ? order > 0 : order < 0) best = value;
  }
  return best;
}

// {sort: {a: 1, …}, key: [1, …]}
bool ComesBehind(const Tree& document, const Tree& place) {
  const Tree& sort = place.fields[0].second;
  const Tree& key = place.fields[1].second;
  for (size_t i = 0; i < sort.fields.size(); ++i) {
    const auto& [path, direction] = sort.fields[i];
    const bool descending = direction.number < 0;
    const int order = NaiveOrder(SortKey(document, path, descending), key.fields[i].second);
    if (order != 0) return (order > 0) != descending;
  }
  return false;
}

bson::Document Projected(const bson::Document& document, const bson::Document& projection) {
  if (projection.empty()) return document;
  bson::Builder out;
  for (const bson::Element& field : document.view()) {
    const bson::Value wanted = projection[field.name];
    if (!wanted.missing() && wanted.AsInt32() != 0) out.Append(field.name, field.value);
  }
  return out.Finish();
}

std::string Wrapped(const Question& question) {
  std::string text = "{\"$and\":[" + question.filter;
  if (!question.expression.empty()) text += ",{\"$expr\":" + question.expression + "}";
  if (!question.behind.empty()) text += ",{\"$_behind\":" + question.behind + "}";
  return text + "]}";
}

// The same text for equal values, of whatever type of number, and of whatever case.
std::vector<std::string> DistinctRows(const bson::Document& values,
                                      const collation::Collator* collator) {
  std::vector<std::string> rows;
  for (const bson::Element& each : values.view()) {
    bson::Builder keyed;
    if (collator == nullptr) {
      keyed.Append("", each.value);
    } else {
      collation::AppendWithSortKeys("", each.value, *collator, &keyed);
    }
    const bson::Document row = keyed.Finish();
    rows.push_back(key::EncodeId(row.view().begin()->value));
  }
  return rows;
}

}  // namespace

std::string Question::ToString() const {
  return "kind " + std::to_string(static_cast<int>(kind)) + " filter " + filter + " expression " +
         expression + " behind " + behind + " sort " + sort + " projection " + projection +
         " key " + key + " skip " + std::to_string(skip) + " limit " + std::to_string(limit) +
         (collated ? " collated" : "");
}

IndexWorld::IndexWorld(uint64_t seed) : random_(seed) {
  kv::OpenOptions options;
  options.in_memory = true;
  store_ = store::DocumentStore::Open(options, plan::CompilePartialFilter).value();
  environment_ = {store_.get(), base::Clock::System(), 1 << 20, {}, &plans_, &settings_};
  collator_ = collation::Collator::Parse(J(R"({"locale":"en","strength":2})")).value();
  MakeIndexes();
  const int documents = 20 + static_cast<int>(Below(120));
  for (int id = 0; id < documents; ++id) Insert(id);
}

void IndexWorld::MakeIndexes() {
  struct Made {
    const char* name;
    const char* keys;
    const char* options;
    bool unique;
  };
  static constexpr Made kIndexes[] = {
      {"a_1", R"({"a":1})", "{}", false},
      {"b_-1", R"({"b":-1})", "{}", false},
      {"a_b", R"({"a":1,"b":-1})", "{}", false},
      {"b_a_c", R"({"b":1,"a":1,"c":1})", "{}", false},
      {"cd", R"({"c.d":1})", "{}", false},
      {"cd_ce", R"({"c.d":1,"c.e":-1})", "{}", false},
      {"hash", R"({"b":"hashed"})", "{}", false},
      {"hash_a", R"({"b":"hashed","a":1})", "{}", false},
      {"unique", R"({"b":1,"_id":-1})", "{}", true},
      {"collated", R"({"a":1,"b":1})", R"({"collation":{"locale":"en","strength":2}})", false},
      {"hash_collated", R"({"b":"hashed"})", R"({"collation":{"locale":"en","strength":2}})",
       false},
      {"partial_collated", R"({"b":1})",
       R"({"collation":{"locale":"en","strength":2},"partialFilterExpression":{"a":{"$gte":"a"}}})",
       false},
      {"partial_named", R"({"a":1})",
       R"({"collation":{"locale":"en","strength":2},"partialFilterExpression":{"b":{"$in":["ab",1]}}})",
       false},
      {"sparse", R"({"a":-1})", R"({"sparse":true})", false},
      {"sparse_ab", R"({"a":1,"b":1})", R"({"sparse":true})", false},
      {"sparse_cd", R"({"c.d":1})", R"({"sparse":true})", false},
      {"partial", R"({"a":1,"c":1})", R"({"partialFilterExpression":{"b":{"$gt":1}}})", false},
      {"partial_or", R"({"b":1})",
       R"({"partialFilterExpression":{"$or":[{"a":1},{"b":{"$lte":2}}]}})", false},
      {"partial_cd", R"({"c.d":1})", R"({"partialFilterExpression":{"c.d":{"$exists":true}}})",
       false},
      {"partial_ce", R"({"a":1})", R"({"partialFilterExpression":{"c.e":{"$gte":1}}})", false},
      {"partial_in", R"({"c.d":-1,"b":1})",
       R"({"partialFilterExpression":{"c.d":{"$in":[1,2,"a"]}}})", false},
      {"hidden", R"({"b":1,"c":1})", R"({"hidden":true})", false},
      {"wild", R"({"$**":1})", "{}", false},
      {"wild_c", R"({"c.$**":1})", "{}", false},
      {"wild_a", R"({"a":1,"$**":-1})", R"({"wildcardProjection":{"a":0}})", false},
  };
  arrays_ = Below(2) == 0;
  std::vector<store::IndexDefinition> definitions;
  for (const Made& made : kIndexes) {
    const std::string_view name = made.name;
    if (name != "a_1" && Below(2) == 0) continue;
    if (arrays_ && (name.starts_with("hash") || name == "wild_a")) continue;
    definitions.push_back({made.name, J(made.keys), made.unique, J(made.options)});
    if (name != "hidden") indexes_.emplace_back(name);
    if (!name.starts_with("wild") && !name.starts_with("sparse") && !name.starts_with("partial") &&
        name != "hidden") {
      complete_.push_back("\"" + std::string(name) + "\"");
    }
  }
  const auto made = store_->CreateIndexes("d", "c", definitions);
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  for (const catalog::IndexSpec& index : collection()->indexes) {
    if (index.name == "hidden") hidden_id_ = index.id;
  }
}

void IndexWorld::Hold(const bson::Document& document) {
  held_[document["_id"].AsInt32()] = {document, ToTree(document.view())};
}

void IndexWorld::Insert(int id) {
  const bson::Document document = J(Document(id));
  const auto commit = store_->Write(collection(), [&](store::WriteTransaction& transaction) {
    return transaction.Insert(document);
  });
  const ErrorCode code = commit.status().code();
  ASSERT_TRUE(code == ErrorCode::kOk || code == ErrorCode::kCannotIndexParallelArrays)
      << commit.status().ToString();
  if (commit.ok()) Hold(document);
}

void IndexWorld::Churn() {
  const auto victim = static_cast<int>(Below(kIdsBelow));
  const store::CollectionPtr where = collection();
  const bson::Document id = J("{\"_id\":" + std::to_string(victim) + "}");
  const bson::Document after = J(Document(victim));
  const bool remove = Below(3) == 0;
  bool removed = false;
  const auto commit = store_->Write(where, [&](store::WriteTransaction& transaction) -> Status {
    bson::View before;
    auto found = transaction.ReadForUpdate(key::EncodeId(id["_id"]), &before);
    if (!found.ok()) return found.status();
    if (!*found) return transaction.Insert(after);
    const bson::Document old(before);
    removed = remove;
    if (remove) return transaction.Delete(key::EncodeId(id["_id"]), old);
    return transaction.Update(key::EncodeId(id["_id"]), old, after, bson::View());
  });
  const ErrorCode code = commit.status().code();
  ASSERT_TRUE(code == ErrorCode::kOk || code == ErrorCode::kCannotIndexParallelArrays ||
              code == ErrorCode::kLocation7246301 || code == ErrorCode::kLocation16766)
      << commit.status().ToString();
  if (!commit.ok()) return;
  if (removed) {
    held_.erase(victim);
  } else {
    Hold(after);
  }
}

bool IndexWorld::LoseAnEntry(const std::string& index_name) {
  for (const catalog::IndexSpec& index : collection()->indexes) {
    if (index.name != index_name) continue;
    std::string key;
    {
      const auto reader = store_->kv().NewSnapshot();
      const auto scan =
          reader->NewScan(key::Family::kIndexes, key::PrefixRange(key::IdPrefix(index.id)), {});
      const uint64_t steps = 1 + Below(4);
      for (uint64_t i = 0; i < steps && scan->Next(); ++i) key = scan->key();
    }
    if (key.empty()) return false;
    auto transaction = store_->kv().Begin({});
    return transaction->Delete(key::Family::kIndexes, key).ok() &&
           store_->kv().Commit(std::move(transaction)).ok();
  }
  return false;
}

// --- Answers -------------------------------------------------------------------------------------

exec::Query IndexWorld::QueryOf(const Question& question, const Way& way,
                                const bson::Document& hint) const {
  expression::Globals globals;
  if (question.collated) globals.collator = collator_;
  exec::Query query{match::Matcher::Parse(J(Wrapped(question)), globals).value(),
                    plan::SortPattern::Parse(J(question.sort)).value(), std::nullopt};
  query.sort_source = J(question.sort);
  query.projection_source = J(question.projection);
  if (!query.projection_source.empty()) {
    query.projection = project::Projection::Parse(query.projection_source, globals).value();
  }
  query.skip = static_cast<uint64_t>(question.skip);
  query.limit = static_cast<uint64_t>(question.limit);
  query.count = question.kind == Question::Kind::kCount;
  if (question.kind == Question::Kind::kDistinct) {
    query.distinct = true;
    query.projection_source = J("{\"" + question.key + "\":1,\"_id\":0}");
  }
  query.hint = hint["h"];
  if (!way.allowed.empty()) {
    query.settings = J(R"({"indexHints":[{"ns":{"db":"d","coll":"c"},"allowedIndexes":[")" +
                       way.allowed + "\"]}]}");
  }
  return query;
}

std::vector<std::string> IndexWorld::Answer(const Question& question, const Way& way,
                                            std::string* plan) {
  const bson::Document hint = J("{\"h\":" + way.hint + "}");
  auto execution = exec::Execution::Open(environment_, collection(), QueryOf(question, way, hint));
  if (!execution.ok()) return {execution.status().ToString()};
  *plan = plan::Summary((*execution)->plan());
  const std::vector<uint32_t>& used = (*execution)->plan().indexes;
  if (hidden_id_ != 0 && std::find(used.begin(), used.end(), hidden_id_) != used.end()) {
    return {"a hidden index was used"};
  }
  if (question.kind == Question::Kind::kDistinct) return Distinct(execution->get(), question.key);
  std::vector<std::string> rows;
  while (true) {
    const Result<bool> more = (*execution)->Next();
    if (!more.ok()) return {more.status().ToString()};
    if (!*more) break;
    const bool counts = question.kind == Question::Kind::kCount;
    rows.push_back(counts ? "row" : Text((*execution)->document()));
    if (Below(20) == 0) (*execution)->Pause();
  }
  if (question.sort == "{}") std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<std::string> IndexWorld::Distinct(exec::Execution* execution, const std::string& key) {
  DistinctValues values(path::FieldPath::Parse(key).value(), execution->filter().collator());
  while (true) {
    const Result<bool> more = execution->Next();
    if (!more.ok()) return {more.status().ToString()};
    if (!*more) break;
    EXPECT_TRUE(values.AddFrom(execution->document()).ok());
    execution->SkipValue();
    if (Below(20) == 0) execution->Pause();
  }
  return DistinctRows(values.Finish(), execution->filter().collator().get());
}

std::vector<std::string> IndexWorld::NaiveAnswer(const Question& question) const {
  Tree filter = ToTree(J(question.filter).view());
  Tree expression;
  if (!question.expression.empty()) expression = ToTree(J(question.expression).view());
  Tree behind;
  if (!question.behind.empty()) behind = ToTree(J(question.behind).view());
  if (question.collated) Lower(&behind);
  if (question.collated) Lower(&filter);
  if (question.collated) Lower(&expression);
  std::vector<std::pair<const Held*, Tree>> found;
  for (const auto& [id, held] : held_) {
    Tree tree = held.tree;
    if (question.collated) Lower(&tree);
    if (!NaiveMatches(filter, tree)) continue;
    if (!question.behind.empty() && !ComesBehind(tree, behind)) continue;
    if (!question.expression.empty() && !ExpressionHolds(expression, tree)) continue;
    found.emplace_back(&held, std::move(tree));
  }
  const bson::Document sort = J(question.sort);
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    for (const bson::Element& field : sort.view()) {
      const bool descending = field.value.AsInt32() < 0;
      const std::string path(field.name);
      const int order =
          NaiveOrder(SortKey(a.second, path, descending), SortKey(b.second, path, descending));
      if (order != 0) return (order < 0) != descending;
    }
    return false;
  });
  const auto skip = std::min(static_cast<size_t>(question.skip), found.size());
  found.erase(found.begin(), found.begin() + static_cast<ptrdiff_t>(skip));
  if (question.limit != 0 && found.size() > static_cast<size_t>(question.limit)) {
    found.resize(static_cast<size_t>(question.limit));
  }
  if (question.kind == Question::Kind::kDistinct) {
    DistinctValues values(path::FieldPath::Parse(question.key).value(),
                          question.collated ? collator_ : nullptr);
    for (const auto& [held, tree] : found) EXPECT_TRUE(values.AddFrom(held->document).ok());
    return DistinctRows(values.Finish(), question.collated ? collator_.get() : nullptr);
  }
  const bson::Document projection = J(question.projection);
  std::vector<std::string> rows;
  for (const auto& [held, tree] : found) {
    const bool counts = question.kind == Question::Kind::kCount;
    rows.push_back(counts ? "row" : Text(Projected(held->document, projection)));
  }
  if (question.sort == "{}") std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace cairn
