// SPDX-License-Identifier: Apache-2.0
// $graphLookup: from the values of an expression on, collects the documents of another collection
// that connections lead to, breadth first, each once. One query a level, of at most
// kValuesPerQuery values.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "engine/base/out_of_memory.h"
#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "engine/collation/collator.h"
#include "query/exec/read_context.h"
#include "query/match/matcher.h"
#include "query/pipeline/equality.h"
#include "query/pipeline/set_path.h"
#include "query/pipeline/stages.h"
#include "query/pipeline/sub_pipeline.h"

namespace cairn::pipeline {
namespace {

constexpr size_t kValuesPerQuery = 10'000;

struct GraphLookup {
  std::optional<SubPipeline> from;
  expression::ExpressionPtr start_with;
  std::optional<path::FieldPath> connect_from;
  std::optional<path::FieldPath> connect_to;
  std::optional<path::FieldPath> as;
  std::optional<path::FieldPath> depth_field;
  int64_t depth_max = INT64_MAX;
  bson::Document restrict;  // Taken in by `from` once all is known.
};

struct Less {
  const collation::Collator* collator = nullptr;
  bool operator()(const bson::OwnedValue& a, const bson::OwnedValue& b) const {
    return collation::CompareValues(a.value(), b.value(), collator) < 0;
  }
};
using ValueSet = std::set<bson::OwnedValue, Less>;

class GraphLookupStage final : public Stage {
 public:
  GraphLookupStage(GraphLookup graph, const expression::Globals& globals)
      : graph_(std::move(graph)), globals_(globals) {}

  Result<bool> Next() override {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) return false;
    CAIRN_TRY(Prepare());
    const bson::View start = input_->document();
    CAIRN_TRY_ASSIGN(const bson::Document found, Search(start));
    bson::Builder out(std::move(bytes_));
    AppendWithPath(start, *graph_.as, bson::Value(bson::Type::kArray, found.view().data()), &out);
    bytes_ = out.Finish().TakeBytes();
    document_ = bson::View(bytes_.data());
    return true;
  }

  bool AddDependencies(expression::Dependencies* dependencies) const override {
    graph_.start_with->AddDependencies(dependencies);
    if (graph_.as->size() > 1) dependencies->paths.insert(std::string(graph_.as->part(0)));
    return true;
  }
  bool Makes(std::string_view name) const override {
    return graph_.as->size() == 1 && graph_.as->part(0) == name;
  }
  std::optional<path::FieldPath> PathBefore(const path::FieldPath& path) const override {
    if (Overlap(path, *graph_.as)) return {};
    return path;
  }
  bool IsOneToOne() const override { return true; }
  void AppendStatistics(bson::Builder* out) const override;

 private:
  /// The state of one search.
  struct Walk {
    ValueSet known;     // Values that were, or are to be, looked for.
    ValueSet frontier;  // Those of the next level.
    ValueSet ids;       // Of documents found.
    size_t bytes = 0;
    bson::Builder found;
    MemoryShare share{};
  };

  Status Prepare();
  Result<bson::Document> Search(bson::View start);
  Status Level(int64_t depth, Walk* walk);
  Status Take(bson::View document, int64_t depth, Walk* walk);
  void Reach(bson::Value value, Walk* walk) {
    if (walk->known.insert(bson::OwnedValue(value)).second) {
      walk->frontier.insert(bson::OwnedValue(value));
      walk->bytes += 2 * (value.size() + sizeof(bson::OwnedValue));
    }
  }

  const GraphLookup graph_;
  const expression::Globals globals_;
  std::unique_ptr<Pipeline> pipeline_;  // Of one level.
  Examined past_;                       // By pipelines before.
  expression::Scratch scratch_;
  std::string bytes_;  // Keeps its memory.
};

Result<bson::Document> GraphLookupStage::Search(bson::View start) {
  const Less less{globals_.collator.get()};
  Walk walk{ValueSet(less), ValueSet(less), ValueSet(Less{}), 0, {}};
  walk.found.OpenArray("");
  scratch_.Clear();
  CAIRN_TRY_ASSIGN(const bson::Value value,
                   graph_.start_with->Evaluate({start, &scratch_, globals_.collator.get()}));
  if (value.type() == bson::Type::kArray) {
    for (const bson::Element& element : value.AsView()) Reach(element.value, &walk);
  } else {
    Reach(value.missing() ? expression::Scratch::Null() : value, &walk);
  }
  for (int64_t depth = 0; !walk.frontier.empty() && depth <= graph_.depth_max; ++depth) {
    CAIRN_TRY(Level(depth, &walk));
  }
  walk.found.Close();
  return bson::Document(walk.found.Finish()[""].AsView());
}

Status GraphLookupStage::Prepare() {
  if (pipeline_ != nullptr && graph_.from->IsCurrent(*run_)) return Status::Ok();
  if (pipeline_ != nullptr) past_.Add(pipeline_->examined());
  CAIRN_TRY_ASSIGN(pipeline_, graph_.from->Make(run_, &globals_, graph_.connect_to));
  return Status::Ok();
}

void GraphLookupStage::AppendStatistics(bson::Builder* out) const {
  Examined examined = past_;
  if (pipeline_ != nullptr) examined.Add(pipeline_->examined());
  out->AppendInt64("totalDocsExamined", static_cast<int64_t>(examined.docs));
  out->AppendInt64("totalKeysExamined", static_cast<int64_t>(examined.keys));
}

Status GraphLookupStage::Level(int64_t depth, Walk* walk) {
  const ValueSet frontier = std::exchange(walk->frontier, ValueSet(walk->known.key_comp()));
  for (auto at = frontier.begin(); at != frontier.end();) {
    std::vector<bson::Value> values;
    for (; at != frontier.end() && values.size() < kValuesPerQuery; ++at) {
      values.push_back(at->value());
    }
    CAIRN_TRY(pipeline_->Join(values));
    CAIRN_TRY(pipeline_->Open());
    while (true) {
      CAIRN_TRY(run_->Tick());
      CAIRN_TRY_ASSIGN(const bool more, pipeline_->Next());
      if (!more) break;
      CAIRN_TRY(Take(pipeline_->document(), depth, walk));
    }
  }
  return Status::Ok();
}

Status GraphLookupStage::Take(bson::View document, int64_t depth, Walk* walk) {
  if (!walk->ids.insert(bson::OwnedValue(document["_id"])).second) return Status::Ok();
  for (bson::Value value : JoinValues(document, *graph_.connect_from)) {
    if (!value.IsNullish()) Reach(value, walk);
  }
  if (graph_.depth_field) {
    bson::Builder number;
    const bson::Document depth_value = number.AppendInt64("", depth).Finish();
    bson::Builder out;
    AppendWithPath(document, *graph_.depth_field, depth_value[""], &out);
    walk->found.AppendDocument(walk->found.NextIndex(), out.Finish());
  } else {
    walk->found.AppendDocument(walk->found.NextIndex(), document);
  }
  const size_t bytes = walk->bytes + walk->found.size();
  if (!exec::Fits(bytes, &walk->share)) {
    if (bytes <= exec::kOperatorBytesMax && base::OthersAreInTheWay(bytes)) {
      return base::OthersHoldMemory("$graphLookup");
    }
    return Status(ErrorCode::kLocation40099, "$graphLookup reached maximum memory consumption");
  }
  return Status::Ok();
}

Status ParseDepth(bson::Value value, GraphLookup* graph) {
  if (!value.IsNumber()) {
    return Status(ErrorCode::kLocation40100, "maxDepth must be numeric, found type: " +
                                                 std::string(bson::TypeName(value.type())));
  }
  const auto depth = bson::ToInt64Exact(bson::Number::From(value));
  if (!depth) {
    return Status(ErrorCode::kLocation40102, "maxDepth could not be represented as a long long");
  }
  if (*depth < 0) {
    return Status(ErrorCode::kLocation40101, "maxDepth requires a nonnegative argument");
  }
  graph->depth_max = *depth;
  return Status::Ok();
}

Status ParseText(const bson::Element& field, const ParseContext& context, GraphLookup* graph) {
  if (field.value.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation40103,
                  "expected string as argument for " + std::string(field.name) +
                      ", found: " + std::string(bson::TypeName(field.value.type())));
  }
  if (field.name == "from") {
    const std::string_view from = field.value.AsString();
    if (from.empty() || from[0] == '.' || from.find('\0') != std::string_view::npos) {
      return Status(ErrorCode::kInvalidNamespace,
                    "Invalid $graphLookup namespace: " + std::string(from));
    }
    CAIRN_TRY_ASSIGN(graph->from, SubPipeline::Parse(context.database, from, bson::Value(), context,
                                                     Place::kLookup));
    return Status::Ok();
  }
  CAIRN_TRY_ASSIGN(auto path, ParseUserPath(field.value.AsString()));
  if (field.name == "as") {
    graph->as = std::move(path);
  } else if (field.name == "connectFromField") {
    graph->connect_from = std::move(path);
  } else if (field.name == "connectToField") {
    graph->connect_to = std::move(path);
  } else {
    graph->depth_field = std::move(path);
  }
  return Status::Ok();
}

Status ParseField(const bson::Element& field, const ParseContext& context, GraphLookup* graph) {
  if (field.name == "startWith") {
    CAIRN_TRY_ASSIGN(graph->start_with, expression::Parse(field.value, context.globals));
    return Status::Ok();
  }
  if (field.name == "maxDepth") return ParseDepth(field.value, graph);
  if (field.name == "restrictSearchWithMatch") {
    if (field.value.type() != bson::Type::kDocument) {
      return Status(ErrorCode::kLocation40185, "restrictSearchWithMatch must be an object, found " +
                                                   std::string(bson::TypeName(field.value.type())));
    }
    CAIRN_TRY(match::Matcher::Parse(field.value.AsView(), context.globals).status());
    graph->restrict = bson::Document(field.value.AsView());
    return Status::Ok();
  }
  for (std::string_view text : {"from", "as", "connectFromField", "connectToField", "depthField"}) {
    if (field.name == text) return ParseText(field, context, graph);
  }
  return Status(ErrorCode::kLocation40104,
                "unknown argument to $graphLookup: " + std::string(field.name));
}

}  // namespace

Status ParseGraphLookup(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40327,
                  "the $graphLookup stage specification must be an "
                  "object, but found " +
                      std::string(bson::TypeName(spec.type())));
  }
  GraphLookup graph;
  for (const bson::Element& field : spec.AsView()) CAIRN_TRY(ParseField(field, context, &graph));
  if (!graph.from || graph.start_with == nullptr || !graph.connect_from || !graph.connect_to ||
      !graph.as) {
    return Status(ErrorCode::kLocation40105,
                  "$graphLookup requires 'from', 'as', 'startWith', 'connectFromField', and "
                  "'connectToField' to be specified.");
  }
  if (!graph.restrict.empty()) graph.from->AddMatch(graph.restrict, context.globals);
  stages->push_back(std::make_unique<GraphLookupStage>(std::move(graph), context.globals));
  return Status::Ok();
}

}  // namespace cairn::pipeline
